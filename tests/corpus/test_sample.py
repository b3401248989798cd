"""The bundled sample: packed from its sources byte for byte, readable, clean, in every language."""

from __future__ import annotations

import importlib.util
import re
import types
from pathlib import Path

import pytest
import yaml

from charkha.core.errors import SourceError
from charkha.corpus.dump import Tally
from charkha.corpus.pages import read_pages
from charkha.languages import codes, load

REPO = Path(__file__).parent.parent.parent
WIKIS = sorted(folder.name for folder in (REPO / "sample").iterdir() if folder.is_dir())
RESIDUE = re.compile(r"\[\[|\]\]|\{\{|\}\}|''|<\w|\{\||\(\)|\( | \)|[^\n ] {2}| [।,۔]|__")


@pytest.fixture(scope="module")
def packer() -> types.ModuleType:
    spec = importlib.util.spec_from_file_location("pack_sample", REPO / "tools" / "pack_sample.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_language_has_a_sample() -> None:
    assert set(codes()) <= set(WIKIS)


@pytest.mark.parametrize("wiki", WIKIS)
def test_the_packed_file_is_what_the_sources_say(packer: types.ModuleType, wiki: str) -> None:
    target = packer.target_of(wiki)
    assert target.read_bytes() == packer.pack(load(wiki), REPO / "sample" / wiki), "run: python tools/pack_sample.py"


@pytest.mark.parametrize("wiki", WIKIS)
def test_the_sample_reads_clean(packer: types.ModuleType, wiki: str) -> None:
    tally = Tally()
    pages = list(read_pages(packer.target_of(wiki), load(wiki), tally))
    redirects = [p for p in pages if p.redirect_to]
    choices = [p for p in pages if p.disambiguation]
    articles = [p for p in pages if not p.redirect_to and not p.disambiguation]
    categories = yaml.safe_load((REPO / "sample" / wiki / "categories.yaml").read_text(encoding="utf-8"))["tree"]
    assert tally.other_namespaces == len(categories) + 1  # and a template
    assert (tally.damaged, tally.cut) == ([], None)
    assert redirects
    assert choices
    assert {p.redirect_to for p in redirects} <= {p.title for p in articles}
    for p in articles:
        found = RESIDUE.search(p.text)
        assert found is None, p.text[max(0, found.start() - 30) : found.end() + 30]
        assert len(p.lead) > 200
        assert len(p.sections) >= 4
        assert len(p.links) >= 4
        assert len(p.infobox) >= 3
        assert p.captions
        assert 2 <= len(p.categories) <= 5
        assert (p.dump_date, p.licence) == ("20261101", "CC BY-SA 4.0")
        assert p.url.startswith(f"https://{wiki}.charkha.example/wiki/")
    assert any(p.tables for p in articles)


def test_malformed_sources_are_named(packer: types.ModuleType, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="has no \\*.wikitext file"):
        packer.pack(load("en"), tmp_path)
    (tmp_path / "01-a.wikitext").write_text("no header\n\ntext", encoding="utf-8")
    with pytest.raises(SourceError, match="01-a"):
        packer.pack(load("en"), tmp_path)
    (tmp_path / "01-a.wikitext").write_text("title: A\n\ntext", encoding="utf-8")
    (tmp_path / "01-b.wikitext").write_text("title: B\n\ntext", encoding="utf-8")
    with pytest.raises(SourceError, match="same number or title"):
        packer.pack(load("en"), tmp_path)

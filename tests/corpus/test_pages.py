"""A dump to finished pages, counts included; the real excerpt and the synthetic truth where they lie at hand."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from charkha.corpus.dump import SiteInfo, Tally
from charkha.corpus.pages import dump_date, licence_of, page_url, read_pages
from charkha.corpus.wikitext import section_spans
from charkha.languages import load
from corpus.test_dump import page, write

REPO = Path(__file__).parent.parent.parent
EXCERPT = REPO.parent / "shared" / "data" / "bnwiki-excerpt.xml.bz2"
MAKE_DUMP = REPO.parent / "shared" / "bench" / "make_dump.py"
RESIDUE = re.compile(r"\[\[|\]\]|\{\{|\}\}|''|<ref|\{\|| \(\)")


def test_pages_and_counts(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        page(1, "ঢাকা", "<text>'''ঢাকা''' [[বাংলাদেশ]]ের রাজধানী। [[বিষয়শ্রেণী:শহর]]</text>"),
        page(2, "Dhaka", "<text>#REDIRECT [[ঢাকা]]</text>", extra='    <redirect title="ঢাকা" />\n'),
        page(3, "ঢাকা (দ্ব্যর্থতা নিরসন)", "<text>* [[ঢাকা]]</text>"),
        page(4, "বিষয়শ্রেণী:শহর", ns=14),
        page(5, "M").replace("<model>wikitext", "<model>Scribunto"),
        page(6, "E", "<text />"),
        page(7).replace("<id>7</id>", "", 1),
        page(1, "Again"),
    )
    dated = path.rename(tmp_path / "bnwiki-20230501-pages-articles.xml")
    tally = Tally()
    pages = list(read_pages(dated, load("bn"), tally))
    assert [p.title for p in pages] == ["ঢাকা", "Dhaka", "ঢাকা (দ্ব্যর্থতা নিরসন)"]
    first, redirect, choice = pages
    assert first.text == "ঢাকা বাংলাদেশের রাজধানী।"
    assert (first.lang, first.page_id, first.revision_id, first.categories) == ("bn", 1, 1001, ["শহর"])
    assert (first.dump_date, first.licence, first.source) == ("20230501", "CC BY-SA 3.0", "bnwiki")
    assert first.url == "https://bn.wikipedia.org/wiki/%E0%A6%A2%E0%A6%BE%E0%A6%95%E0%A6%BE"
    assert (redirect.redirect_to, redirect.text, redirect.sections) == ("ঢাকা", "", [])
    assert choice.disambiguation
    assert not first.disambiguation
    assert tally.told() == {
        "pages": 8, "articles": 2, "redirects": 1, "other_namespaces": 1, "other_models": 1, "without_text": 1, "damaged": 1, "duplicates": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "date"),
    [
        ("hiwiki-20230501-pages-articles.xml.bz2", "20230501"),
        ("enwiki-2026-11-01-p1p41242.xml.bz2", "20261101"),
        ("bnwiki-excerpt.xml.bz2", ""),
        ("hiwiki-latest-pages.xml", ""),
    ],
)
def test_the_dumps_date_is_in_its_name(name: str, date: str) -> None:
    assert dump_date(name) == date


def test_the_licence_follows_the_date() -> None:
    assert [licence_of(date) for date in ("20230601", "20230607", "20261101", "")] == [
        "CC BY-SA 3.0",
        *["CC BY-SA 4.0"] * 3,
    ]


def test_urls() -> None:
    site = SiteInfo(base="https://hi.wikipedia.org/wiki/Main_Page")
    assert page_url("A B/C (d): e?", site) == "https://hi.wikipedia.org/wiki/A_B/C_(d):_e%3F"
    assert page_url("A", SiteInfo()) == ""


@pytest.mark.skipif(not EXCERPT.exists(), reason="the real excerpt is not here")
def test_the_real_excerpt() -> None:
    tally = Tally()
    articles = [p for p in read_pages(EXCERPT, load("bn"), tally) if not p.redirect_to]
    assert len(articles) == 380
    assert all(p.text.strip() for p in articles)
    assert (tally.pages, tally.damaged, tally.cut) == (722, [], None)
    clean = [p for p in articles if not RESIDUE.search(p.text)]
    assert len(clean) >= 0.99 * len(articles)
    for p in articles:
        assert all(p.text[link.start : link.end] == link.surface for link in p.links)
        assert [p.text[a:b] for a, b in section_spans(p)] == [section.text for section in p.sections]
    assert sum(len(p.links) for p in articles) > 24_000


@pytest.mark.slow
@pytest.mark.skipif(not MAKE_DUMP.exists(), reason="the maker of synthetic dumps is not here")
@pytest.mark.parametrize("wiki", ["hi", "bn", "ta", "en"])
def test_sentences_of_a_synthetic_dump_are_kept(tmp_path: Path, wiki: str) -> None:
    command = [sys.executable, str(MAKE_DUMP), "--lang", wiki, "--pages", "300", "--out", str(tmp_path), "--seed", "11"]
    subprocess.run(command, check=True, capture_output=True)
    lines = (tmp_path / f"{wiki}wiki-syn-truth.jsonl").read_text(encoding="utf-8").splitlines()
    truth = {row["id"]: row for row in map(json.loads, lines)}
    seen = kept = 0
    for p in read_pages(tmp_path / f"{wiki}wiki-syn-pages-articles-multistream.xml.bz2", load(wiki), Tally()):
        row = truth[p.page_id]
        if row["kind"] == "redirect":
            assert p.redirect_to == row["target"]
        elif row["kind"] == "disambig":
            assert p.disambiguation
        else:
            assert [(s.level, s.title) for s in p.sections] == [(s["level"], s["heading"]) for s in row["sections"]]
            assert set(p.categories) == set(row["categories"])
            assert set(p.langlinks) == set(row["langlinks"])
            assert not RESIDUE.search(p.text)
            assert "JUNK" not in p.text
            for section, true in zip(p.sections, row["sections"], strict=True):
                seen += len(true["sents"])
                kept += sum(sentence in section.text for sentence in true["sents"])
    assert kept / seen >= 0.998

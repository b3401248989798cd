"""charkha's parser and a real MediaWiki read the same pages and must agree; see compare.py for what is compared."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml

from charkha.corpus.dump import Tally, read_dump
from charkha.corpus.names import names_of
from charkha.corpus.wikitext import Parsed, parse
from charkha.languages import load
from corpus.recovery import RECOVERY
from oracle.compare import EXCERPT, SAMPLE, Verdict, compare, differences
from oracle.mediawiki import MediaWiki, install, is_installed

BATTERY = Path(__file__).resolve().parents[1] / "corpus" / "battery"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def _wiki() -> None:
    if os.environ.get("CHARKHA_ORACLE"):
        install()  # where one is asked for, a failure is an error
    elif not is_installed():
        pytest.skip("no MediaWiki here: bash tests/oracle/setup.sh")


def _agree(dump: Path) -> None:
    verdict = Verdict()
    said = []
    for page in differences(dump):
        verdict.add(page)
        if page.missing or page.found:
            said.append(page)
    assert verdict.complaints() == [], said[:10]


@pytest.mark.parametrize("dump", sorted(SAMPLE.glob("*.bz2")), ids=lambda path: path.name.partition("-")[0])
def test_the_sample_is_read_as_mediawiki_reads_it(dump: Path) -> None:
    _agree(dump)


@pytest.mark.skipif(not EXCERPT.exists(), reason="the excerpt lies beside the repository, not in it")
def test_real_pages_are_read_as_mediawiki_reads_them() -> None:
    _agree(EXCERPT)


@pytest.mark.parametrize("dump", sorted(SAMPLE.glob("*.bz2")), ids=lambda path: path.name.partition("-")[0])
def test_a_redirect_leads_where_the_dump_says(dump: Path) -> None:
    tally = Tally()
    redirects = [page for page in read_dump(dump, tally) if page.redirect]
    language = load(tally.siteinfo.dbname.removesuffix("wiki"))
    assert redirects
    with MediaWiki(language, tally.siteinfo.namespaces) as oracle:
        for page in redirects:
            assert oracle.render(page.title, page.text or "").redirect == page.redirect


def test_the_comparison_sees_what_is_wrong() -> None:
    language = load("en")
    wikitext = "A sentence. [[Another]] one.\n== B ==\nc\n[[Category:D]]\n[[fr:E]]"
    with MediaWiki(language) as oracle:
        theirs = oracle.render("Page", wikitext)
    page = compare("Page", Parsed(text="[[Another]] one."), theirs, names_of(language))
    assert page.missing == ["A sentence.", "Another one.", "c"]
    assert set(page.found) == {"residue", "categories", "langlinks", "sections", "extra"}
    ours = parse(wikitext, language)
    ours.links[0] = ours.links[0]._replace(start=0)
    ours.text += " d"
    assert set(compare("Page", ours, theirs, names_of(language)).found) == {"links", "extra"}


@pytest.mark.parametrize("wiki", sorted(path.stem for path in BATTERY.glob("*.yaml")))
def test_the_small_cases_are_mediawikis_own(wiki: str) -> None:
    language = load(wiki)
    names = names_of(language)
    battery = yaml.safe_load((BATTERY / f"{wiki}.yaml").read_text(encoding="utf-8"))
    small = {case["name"]: case["wikitext"] for case in battery if not case.get("literal")}
    small |= {name: case[1] for name, case in RECOVERY.items() if case[0] == wiki}
    with MediaWiki(language) as oracle:
        for name, wikitext in small.items():
            page = compare(name, parse(wikitext, language, title="Page"), oracle.render("Page", wikitext), names)
            assert page.found == {}, name
            assert page.missing == [] or name not in RECOVERY, name

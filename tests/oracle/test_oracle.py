"""charkha's parser and a real MediaWiki read the same pages and must agree; see compare.py for what is compared."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from charkha.corpus.names import names_of
from charkha.corpus.wikitext import parse
from charkha.languages import load
from corpus.recovery import RECOVERY
from oracle.compare import EXCERPT, SAMPLE, Verdict, compare, differences
from oracle.mediawiki import MediaWiki, install, is_installed

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


@pytest.mark.parametrize("wiki", sorted({case[0] for case in RECOVERY.values()}))
def test_the_cases_of_recovery_are_mediawikis_own(wiki: str) -> None:
    language = load(wiki)
    names = names_of(language)
    with MediaWiki(language) as oracle:
        for name, (_, wikitext, *_) in ((n, case) for n, case in RECOVERY.items() if case[0] == wiki):
            page = compare(name, parse(wikitext, language), oracle.render("Page", wikitext), names)
            assert (page.missing, page.found) == ([], {}), name

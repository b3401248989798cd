"""charkha's parser and a real MediaWiki read the same pages and must agree; see compare.py for what is compared."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from oracle.compare import EXCERPT, SAMPLE, Verdict, differences
from oracle.mediawiki import install, is_installed

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

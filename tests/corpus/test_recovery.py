"""Odd and broken markup is read as MediaWiki reads it; the oracle's tests ask MediaWiki itself about the same cases."""

from __future__ import annotations

import pytest

from charkha.corpus.wikitext import parse
from charkha.languages import load
from corpus.recovery import RECOVERY, Case


@pytest.mark.parametrize("case", RECOVERY.values(), ids=RECOVERY)
def test_markup_recovers_as_in_mediawiki(case: Case) -> None:
    wiki, wikitext, prose, sections, categories = case
    parsed = parse(wikitext, load(wiki))
    assert "\n".join(section.text for section in parsed.sections if section.text) == prose
    assert [(section.level, section.title) for section in parsed.sections[1:]] == sections
    assert parsed.categories == categories

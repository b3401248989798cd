"""A battery of small wikitexts per wiki, battery/<wiki>.yaml: what a page holds, stated as data.

A case has a `name`, `wikitext` (and `title`), and what must come of it: `text` and `lead` in full, or what the text
`contains` and `lacks`; `sections` as "level title", `links` as [target, surface, trail], and the page's other parts as
they stand in Parsed. What must hold of every page is checked in every case; `literal: true` allows markup that the
wikitext asked to be shown.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest
import yaml

from charkha.corpus.wikitext import Parsed, parse, section_spans
from charkha.languages import codes, load

BATTERY = Path(__file__).parent / "battery"
PARTS = {"categories", "langlinks", "infobox", "tables", "captions", "coordinates", "disambiguation"}
KEYS = PARTS | {"name", "wikitext", "title", "text", "lead", "contains", "lacks", "sections", "links", "literal"}
RESIDUE = re.compile(r"\[\[|\]\]|\{\{|\}\}|''|\{\||\|\}|</?(?:ref|span|div|small|nowiki)\b|<!--|__[A-Z]+__")
CASES = [
    pytest.param(path.stem, case, id=f"{path.stem}-{case['name']}")
    for path in sorted(BATTERY.glob("*.yaml"))
    for case in yaml.safe_load(path.read_text(encoding="utf-8"))
]


def test_every_language_has_its_cases() -> None:
    told = [param.values[0] for param in CASES]
    assert all(told.count(wiki) >= 15 for wiki in codes()), {wiki: told.count(wiki) for wiki in codes()}
    assert len({param.id for param in CASES}) == len(CASES)


@pytest.mark.parametrize(("wiki", "case"), CASES)
def test_case(wiki: str, case: dict[str, Any]) -> None:
    assert set(case) <= KEYS
    parsed = parse(case["wikitext"], load(wiki), title=case.get("title", ""))
    _check_invariants(parsed, literal=case.get("literal", False))
    for part in {"text", "lead"} & set(case):
        assert getattr(parsed, part) == unicodedata.normalize("NFC", case[part])
    for words in case.get("contains", ()):
        assert words in parsed.text
    for words in case.get("lacks", ()):
        assert words not in parsed.text
    if "sections" in case:
        assert [f"{section.level} {section.title}" for section in parsed.sections[1:]] == case["sections"]
    if "links" in case:
        assert [[link.target, link.surface, link.trail] for link in parsed.links] == case["links"]
    for part in PARTS & set(case):
        assert getattr(parsed, part) == case[part], part


def _check_invariants(parsed: Parsed, *, literal: bool) -> None:
    everything = [parsed.text, *parsed.captions, *parsed.infobox, *parsed.infobox.values(), *parsed.categories]
    everything += [cell for table in parsed.tables for row in table for cell in row]
    for text in everything:
        assert unicodedata.is_normalized("NFC", text)
        assert not re.search("[\ufdd0-\ufdef]", text), text
        assert literal or not RESIDUE.search(text), text
    for link in parsed.links:
        assert parsed.text[link.start : link.end] == link.surface
        assert link.surface.endswith(link.trail)
    for section, (start, end) in zip(parsed.sections, section_spans(parsed), strict=True):
        assert parsed.text[start:end] == section.text
    assert not re.search(r"\S  |\( | \)|\(\)| [।,۔]", parsed.text) or literal, parsed.text

"""A template under a local name that no list has: told by the shape of its arguments. What it leaves: template_rules.py."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from charkha.corpus.interwiki import LANGUAGES
from charkha.corpus.marks import GAP
from charkha.corpus.template_rules import NUMBER, RULES, UNITS, Args

if TYPE_CHECKING:
    from charkha.corpus.templates import Expander

may_have_shape = re.compile(
    r"\|\s*(?:[-+−]?\d[\d.,]*\s*\|\s*(?:[A-Za-z°]|(?:\d[\d.]*\s*\|\s*){1,2}[NS]\s*\|)|[a-z]{2,3}\s*\|"
    r"|\d{3,4}\s*\|\s*\d\d?\s*\|\s*\d\d?\s*(?:\||\Z))"
).match
_PLAIN_UNITS = frozenset("km m cm mm mi ft in yd kg g t lb oz ha acre acres l L ml gal K MW kW W hp kn".split())


def by_shape(args: Args, page: Expander) -> str:
    """The words of a call whose arguments prove to be a measure, a date, a point or a phrase of another language."""
    values = args.positional()
    if len(values) >= 2:
        first, second = values[0].strip(), values[1].strip()
        if any(value.strip() in ("N", "S") for value in values):
            return RULES["coordinates"](args, page)
        if NUMBER.fullmatch(first) and (second in UNITS or second in _PLAIN_UNITS):
            return RULES["convert"](args, page)
        if first in LANGUAGES and second and len(values) <= 4 and not second.isascii():
            return RULES["lang"](args, page)
        if len(values) in (3, 6) and _is_date(values):
            return RULES["date"](args, page)
    return GAP


def _is_date(values: list[str]) -> bool:
    """Whether the first three are a year, a month and a day; a second date may follow (born, died)."""
    numbers = [int(value) if value.strip().isdecimal() else 0 for value in values]
    return all(numbers) and len(values[0].strip()) >= 3 and numbers[1] <= 12 and numbers[2] <= 31

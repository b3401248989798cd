"""Numbers as parser functions write and compare them: {{formatnum:}}, {{#ifeq:}}, {{#switch:}}."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_ASCII = "0123456789"
_PART = re.compile(r"(?<![.\d])([0-9]+)")  # digits of a whole number, not those behind its point
_NUMERIC = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[-+]?[0-9]+)?", re.IGNORECASE)
_THREES = re.compile(r"(?<=[0-9])(?=(?:[0-9]{3})+$)")
_THREE_AND_TWOS = re.compile(r"(?<=[0-9])(?=(?:[0-9]{2})*[0-9]{3}$)")


@dataclass(frozen=True)
class Numbers:
    """How one wiki writes numbers: its ten digits, and whether it groups them as in India (12,34,567)."""

    digits: str = _ASCII
    indian: bool = False
    _local: dict[int, str] = field(init=False, repr=False)
    _ascii: dict[int, str | None] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_local", str.maketrans(_ASCII, self.digits))
        object.__setattr__(self, "_ascii", str.maketrans(self.digits, _ASCII, ","))

    def format(self, text: str, how: str = "") -> str:
        """Every number of the text in local digits and groups; how: "R" for the way back, "NOSEP" for no groups."""
        if how == "R":
            return text.translate(self._ascii)
        if how != "NOSEP":
            places = _THREE_AND_TWOS if self.indian else _THREES
            text = _PART.sub(lambda part: places.sub(",", part[1]), text)
        return text.translate(self._local)


def same(one: str, other: str) -> bool:
    """Whether two values are equal as #ifeq and #switch see it: as numbers where both are."""
    if one == other:
        return True
    numeric = _NUMERIC.fullmatch(one) and _NUMERIC.fullmatch(other)
    return bool(numeric) and float(one) == float(other)

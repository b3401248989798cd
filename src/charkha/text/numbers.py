"""Numbers by value: native digits folded, Indian and western grouping read alike (1,87,500 = 187500 = 187,500)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from fractions import Fraction

import regex

_NUMBER = regex.compile(r"(?<![\p{Nd}])\p{Nd}+(?:[,٬]\p{Nd}{2,3}(?!\p{Nd}))*(?:[.٫]\p{Nd}+)?")
_GROUPED = regex.compile(r"\d{1,3}(?:,\d{2,3})*,\d{3}")
MAX_OPERANDS = 60  # pairs grow with the square; a passage of 60 numbers is a table


def ascii_digits(text: str) -> str:
    """The text with every decimal digit of any script as 0-9; the length stays."""
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() and not c.isascii() else c for c in text)


def numbers(text: str) -> list[Fraction]:
    """The values of the numbers written in digits, in order.

    "1,87,500" is one number, "3, 4" are two; "1,23" (no grouping of any kind) is two.
    """
    found: list[Fraction] = []
    for match in _NUMBER.finditer(text):
        written = ascii_digits(match[0]).replace("٬", ",").replace("٫", ".")
        whole, _, decimals = written.partition(".")
        if "," in whole and not _GROUPED.fullmatch(whole):
            *parts, whole = whole.split(",")
            found.extend(Fraction(part) for part in parts)
        found.append(Fraction(whole.replace(",", "") + (f".{decimals}" if decimals else "")))
    return found


def one_step(values: Iterable[Fraction]) -> set[Fraction]:
    """All values that are one +, -, x or a count away from the given ones, and the given ones."""
    given = list(dict.fromkeys(values))[:MAX_OPERANDS]
    reached = set(given)
    for i, a in enumerate(given):
        for b in given[i + 1 :]:
            reached.update((a + b, abs(a - b), a * b))
    return reached


def unsupported(answer: str, evidence: str, grounding: str, ignore_up_to: int = 31) -> list[str]:
    """Numbers of `answer` that are neither in the grounding nor one step from the numbers of the evidence.

    Whole numbers up to `ignore_up_to` pass when the grounding may spell them out: days, small counts, centuries in words.
    """
    known = set(numbers(grounding))
    loose = [value for value in numbers(answer) if value not in known]
    if not loose:
        return []
    reached = one_step(numbers(evidence))
    return [_show(v) for v in loose if v not in reached and not (v.denominator == 1 and v <= ignore_up_to)]


def _show(value: Fraction) -> str:
    return str(value.numerator) if value.denominator == 1 else str(float(value))

"""NFC, fast for text that already is: the standard library takes ten times as long where vowel signs might compose.

Bengali, Tamil, Malayalam and others have a vowel sign that composes after one other sign only, so the library's quick
check answers "maybe" for nearly every text and then normalises it whole. Here one search over a class of harmless
characters and a few for pairs settle it; where another character stands, the library looks at a window around it.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_INDIC = range(0x900 >> 7, (0xD7F >> 7) + 1)  # blocks of 128, one script each
_FIRST_LETTER = re.compile("[\u0900-\u0d7f]")
_STAND_INS = ("\ufdd0", "\ufdef")  # of marks.py: no wiki's text holds them, and whoever asks wants to know of them
_STAND_IN = re.compile(f"[{_STAND_INS[0]}-{_STAND_INS[1]}]")
_WINDOW, _STEP, _BACK = 96, 80, 8  # longer than any sequence of marks that occurs; windows overlap by more than one


@lru_cache(maxsize=1)
def _composing() -> dict[str, list[str]]:
    """The characters that compose behind another, and behind which: the canonical compositions of Unicode, Hangul apart."""
    found: dict[str, list[str]] = {}
    for point in range(0xA0, 0x1_0000):
        char = chr(point)
        parts = unicodedata.decomposition(char).split()
        if len(parts) == 2 and not parts[0].startswith("<") and unicodedata.normalize("NFC", char) == char:
            found.setdefault(chr(int(parts[1], 16)), []).append(chr(int(parts[0], 16)))
    return found


@lru_cache(maxsize=1)
def _starters() -> list[int]:
    """Code points of the BMP that never change, whatever stands beside them."""
    composing = _composing()
    return [
        point
        for point in (*range(0x1100), *range(0x1200, 0xD800), *range(0xF900, 0x1_0000))
        if not unicodedata.combining(chr(point))
        and unicodedata.is_normalized("NFC", chr(point))
        and chr(point) not in composing
        and not _STAND_INS[0] <= chr(point) <= _STAND_INS[1]
    ]


@lru_cache(maxsize=32)
def _harmless(block: int) -> tuple[re.Pattern[str], tuple[str, ...]]:
    """For a script: what is not harmless by itself, and the pairs that compose or change places."""
    points = [chr(point) for point in range(block << 7, (block + 1) << 7)] if block in _INDIC else []
    composing = _composing()
    marks = [char for char in points if unicodedata.combining(char) in (7, 9)]  # nukta and virama
    signs = [char for char in points if char in composing and not unicodedata.combining(char)]
    pairs = [first + second for second in (*signs, *marks) for first in composing.get(second, [])]
    # A virama before a nukta has to change places; a sign is a starter, so that no mark lets it compose at a distance.
    pairs += [
        first + second
        for first in marks
        for second in marks
        if unicodedata.combining(first) > unicodedata.combining(second)
    ]
    return re.compile(f"[^{_ranges([*_starters(), *map(ord, (*marks, *signs))])}]"), tuple(dict.fromkeys(pairs))


def _ranges(points: list[int]) -> str:
    """The inside of a character class."""
    spans: list[list[int]] = []
    for point in sorted(points):
        if spans and spans[-1][1] == point - 1:
            spans[-1][1] = point
        else:
            spans.append([point, point])
    return "".join(f"{re.escape(chr(first))}-{re.escape(chr(last))}" for first, last in spans)


def is_plain(text: str) -> bool:
    """Whether a text is in NFC and free of stand-ins; False may also mean that it is too odd to say so quickly."""
    if text.isascii():
        return True
    letter = _FIRST_LETTER.search(text)
    unusual, pairs = _harmless(ord(letter[0]) >> 7 if letter else 0)
    for pair in pairs:
        if pair in text:
            return False
    at = 0
    while found := unusual.search(text, at):
        start = found.start()
        if _STAND_IN.search(text, start, start + _STEP):
            return False
        if not unicodedata.is_normalized("NFC", text[max(0, start - _BACK) : start + _WINDOW]):
            return False
        at = start + _STEP
    return True


def nfc(text: str) -> str:
    """The text in NFC."""
    return text if is_plain(text) else unicodedata.normalize("NFC", text)

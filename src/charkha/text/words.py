"""Words, graphemes and folding, right for scripts whose vowel signs Python's `re` does not see as letters."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

import regex

_WORD = regex.compile(r"[\p{M}\u200c\u200d]*[\p{L}\p{N}][\p{L}\p{M}\p{N}\u200c\u200d]*")  # not a mark alone
_GRAPHEME = regex.compile(r"\X")
_SPACE = regex.compile(r"[\s\u00a0\u200b\ufeff]+")
_JOINERS = {0x200C: None, 0x200D: None}
# Letters that models and keyboards write in either of two ways; folded for comparison only, never in output.
_ALIKE = str.maketrans(
    {
        "\u093c": None, "\u09bc": None, "\u0a3c": None, "\u0abc": None, "\u0b3c": None,  # nukta
        "ൺ": "ണ്", "ൻ": "ന്", "ർ": "ര്", "ൽ": "ല്", "ൾ": "ള്", "ൿ": "ക്",  # chillu against consonant + virama
        "ي": "ی", "ى": "ی", "ك": "ک", "ه": "ہ", "ة": "ہ",  # Arabic and Urdu code points of one letter
        "\u0901": "\u0902", "\u0981": "\u0982",  # candrabindu as anusvara
        "’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-",
    }
)  # fmt: skip


def words(text: str) -> list[str]:
    """The words of a text, with their vowel signs, viramas and joiners."""
    found: list[str] = _WORD.findall(text)
    return found


def word_spans(text: str) -> list[tuple[int, int]]:
    """The spans of the words."""
    return [match.span() for match in _WORD.finditer(text)]


def graphemes(text: str) -> list[str]:
    """User-perceived characters (extended grapheme clusters, UAX #29)."""
    found: list[str] = _GRAPHEME.findall(text)
    return found


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """A form in which spellings that a reader takes as equal are equal.

    NFC, no ZWJ/ZWNJ, no nukta, one spelling of chillu, kaf, yeh and heh, ASCII digits, single spaces, lower case.
    """
    # Taken apart first, so that a nukta is a mark of its own whether or not NFC composes it (ऩ does, क़ does not).
    text = unicodedata.normalize("NFC", text.translate(_JOINERS)).replace("\u06c2", "\u06c1")  # ۂ, before NFD splits it
    text = unicodedata.normalize("NFD", text).translate(_ALIKE)
    text = "".join(str(unicodedata.digit(c)) if not c.isascii() and _is_digit(c) else c for c in text)
    spaced: str = _SPACE.sub(" ", unicodedata.normalize("NFC", text))
    return spaced.strip().casefold()


def _is_digit(char: str) -> bool:
    return unicodedata.decimal(char, None) is not None


def content_start(text: str, count: int = 6) -> tuple[str, ...]:
    """The first `count` words, folded: how a text opens."""
    return tuple(fold(word) for word in words(text)[:count])

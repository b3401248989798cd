"""Which script a text is in, once what belongs to no language is taken out."""

from __future__ import annotations

import regex

from charkha.languages import Language

_FOREIGN = regex.compile(
    r"```.*?(?:```|\Z)|`[^`\n]*`"  # code
    r"|\$\$.*?\$\$|\$[^$\n]{1,200}\$|\\\[.*?\\\]|\\\(.*?\\\)|\\[a-zA-Z]+(?:\{[^{}]*\})*"  # LaTeX
    r"|(?:https?://|www\.)\S+|\S+@\S+\.\w+",  # URLs, mail
    regex.DOTALL,
)
_LETTER = regex.compile(r"[\p{L}\p{M}]")


def prose(text: str) -> str:
    """The text without code, maths, URLs and mail addresses, which no language identifier should see."""
    clean: str = _FOREIGN.sub(" ", text)
    return clean


def script_share(text: str, language: Language) -> float:
    """The share (0..1) of letters and marks that are in the language's script; 1.0 for a text without letters."""
    letters = _LETTER.findall(prose(text))
    if not letters:
        return 1.0
    return sum(_inside(ord(letter), language) for letter in letters) / len(letters)


def letter_count(text: str) -> int:
    """How many letters and marks the prose of a text has."""
    return len(_LETTER.findall(prose(text)))


def _inside(point: int, language: Language) -> bool:
    # Combining marks (U+0300..) belong to any script: ẹ́ and ọ̀ have no precomposed form.
    return 0x300 <= point <= 0x36F or any(first <= point <= last for first, last in language.script.ranges)

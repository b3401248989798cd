"""Which script a text is in, once what belongs to no language is taken out."""

from __future__ import annotations

from functools import lru_cache

import regex

from charkha.languages import Language

_FOREIGN = regex.compile(
    r"```.*?(?:```|\Z)|`[^`\n]*`"  # code
    r"|\$\$.*?\$\$|\$[^$\n]{1,200}\$|\\\[.{0,2000}?\\\]|\\\(.{0,2000}?\\\)|\\[a-zA-Z]+(?:\{[^{}]*\})*"  # LaTeX
    r"|(?:https?://|www\.)\S+|[^\s@]{1,64}@[^\s@]{1,255}\.\w+",  # URLs, mail; bounded, since a word may be a whole file
    regex.DOTALL,
)
_LETTER = regex.compile(r"[\p{L}\p{M}]")


def prose(text: str) -> str:
    """The text without code, maths, URLs and mail addresses, which no language identifier should see."""
    clean: str = _FOREIGN.sub(" ", text)
    return clean


def script_share(text: str, language: Language) -> float:
    """The share (0..1) of letters and marks that are in the language's script; 1.0 for a text without letters."""
    clean = prose(text)
    letters = len(_LETTER.findall(clean))
    return len(_own_letters(language.script.ranges).findall(clean)) / letters if letters else 1.0


def letter_count(text: str) -> int:
    """How many letters and marks the prose of a text has."""
    return len(_LETTER.findall(prose(text)))


@lru_cache(maxsize=64)
def _own_letters(ranges: tuple[tuple[int, int], ...]) -> regex.Pattern[str]:
    # Combining marks (U+0300..) belong to any script: ẹ́ and ọ̀ have no precomposed form.
    inside = "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ((0x300, 0x36F), *ranges))
    return regex.compile(rf"[[\p{{L}}\p{{M}}]&&[{inside}]]", regex.V1)

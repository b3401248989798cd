"""NFC, fast for text that already is: the standard library takes ten times as long where vowel signs might compose.

Bengali, Tamil, Malayalam and others have a vowel sign that composes after one other sign only, so the library's quick
check answers "maybe" for nearly every text and then normalises it whole. Here one search over a class of harmless
characters and a few for pairs settle it; anything else goes to the library.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Characters that never change, whatever of this list or of one script stands beside them; dandas serve all of India.
_COMMON = "\u0000-\u02ff\u0964\u0965\u200b-\u2063\u20a0-\u20bf\u2190-\u2328\ufdd0-\ufdef"
_OTHER = re.compile(f"[^{_COMMON}]")
_ARABIC = range(0x600 >> 7, (0x6FF >> 7) + 1)
_INDIC = range(0x900 >> 7, (0xD7F >> 7) + 1)


@lru_cache(maxsize=32)
def _harmless(block: int) -> tuple[re.Pattern[str], tuple[str, ...]]:
    """For a script: what is not harmless by itself, and the pairs that compose or change places."""
    first, last = (0x600, 0x6FF) if block in _ARABIC else (block << 7, (block << 7) + 0x7F)
    points = [chr(point) for point in range(first, last + 1)]
    marks = [char for char in points if unicodedata.combining(char) in (7, 9)]  # nukta and virama
    pairs: list[str] = []
    harmless: list[str] = []
    for char in points:
        parts = unicodedata.normalize("NFD", char)
        if unicodedata.normalize("NFC", char) != char or (unicodedata.combining(char) and char not in marks):
            continue
        harmless.append(char)
        if len(parts) > 1:
            pairs.append(unicodedata.normalize("NFC", parts[:-1]) + parts[-1])
    nuktas = [mark for mark in marks if unicodedata.combining(mark) == 7]
    pairs += [virama + nukta for virama in marks if virama not in nuktas for nukta in nuktas]
    # A composing sign may also follow at a distance, behind a nukta or virama: unusual, so the library decides.
    seconds = {pair[1] for pair in pairs}
    pairs += [mark + second for mark in marks for second in seconds if unicodedata.combining(second)]
    escaped = "".join(map(re.escape, harmless))
    return re.compile(f"[^{_COMMON}{escaped}]"), tuple(dict.fromkeys(pairs))


def nfc(text: str) -> str:
    """The text in NFC."""
    other = _OTHER.search(text)
    if other is None:
        return text
    block = ord(other[0]) >> 7
    if block in _INDIC or block in _ARABIC:
        unusual, pairs = _harmless(block)
        if not unusual.search(text, other.start()) and not any(pair in text for pair in pairs):
            return text
    return unicodedata.normalize("NFC", text)

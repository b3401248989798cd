"""Near-identical pages: what a bot wrote about ten thousand villages or years is one text with other names in it.

A passage's sketch is what is left of it without names, title and numbers, as a few hashes; passages that share one of their bands are of a
family. The method is one-permutation MinHash with banding (Li, Owen, Zhang 2012; Indyk, Motwani 1998).
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Sequence

from charkha.text.words import words

LONGEST = 3_000  # characters; no bot's stub is longer, and half of a wiki need not be looked at
_SHINGLE = 3  # words
BANDS, ROWS = 6, 6  # two texts that share 90% of their shingles meet in a band with 99%, 80% with 84%, 20% with 0.04%
_DIGITS = re.compile(r"\d+")
_BINS = BANDS * ROWS


def sketch(text: str, title: str, names: Iterable[str]) -> list[int]:
    """A passage's bands as 64-bit numbers, equal where another passage's are; none for a long or tiny text.

    Args:
        text: the passage's text.
        title: its page's title.
        names: the surfaces of its links.
    """
    if len(text) > LONGEST:
        return []
    found = words(_DIGITS.sub("0", _masked(text, title, names)))
    if len(found) < _SHINGLE * 4:
        return []
    marks = [zlib.crc32(word.encode()) for word in found]
    least = [1 << 32] * _BINS
    for one, two, three in zip(marks, marks[1:], marks[2:], strict=False):
        value = (one * 0x9E3779B1 ^ two * 0x85EBCA77 ^ three * 0xC2B2AE3D) >> 7 & 0xFFFFFFFF
        place = value % _BINS
        if value < least[place]:
            least[place] = value
    _fill(least)
    return [_band(number, least[number * ROWS : (number + 1) * ROWS]) for number in range(BANDS)]


def _masked(text: str, title: str, names: Iterable[str]) -> str:
    """The text without its title and the names that are links, the longest taken out first."""
    for name in sorted({title.partition(" (")[0], *names}, key=len, reverse=True):
        if name:
            text = text.replace(name, " ")
    return text


def _fill(least: list[int]) -> None:
    """An empty bin takes its neighbour's value, so that short texts have a whole sketch too."""
    for _ in range(2):
        for at in range(len(least)):
            if least[at] == 1 << 32:
                least[at] = least[at - 1]


def _band(number: int, rows: Sequence[int]) -> int:
    text = f"{number} {rows}".encode()
    return zlib.crc32(text) << 31 | zlib.adler32(text) >> 1


def families(bands: Iterable[tuple[int, int]], count: int) -> list[int]:
    """For each passage the lowest number of its family; its own where it stands alone.

    Args:
        bands: (band, passage number) pairs, sorted by band.
        count: how many passages there are.
    """
    leader = list(range(count))

    def top(at: int) -> int:
        while leader[at] != at:
            leader[at] = leader[leader[at]]
            at = leader[at]
        return at

    band, first = None, 0
    for value, number in bands:
        if value != band:
            band, first = value, number
            continue
        one, other = sorted((top(first), top(number)))
        leader[other] = one
    return [top(at) for at in range(count)]

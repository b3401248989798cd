"""How much of a text is copied from another: Newsroom's extractive fragments (Grusky et al. 2018), over folded words."""

from __future__ import annotations

from dataclasses import dataclass

from charkha.text.words import fold, words


@dataclass(frozen=True, slots=True)
class Overlap:
    """What of a text stands in another.

    coverage: share of words inside copied fragments. longest: words of the longest fragment. copied: share of words
    inside fragments of at least `COPY_WORDS` words, or of `COPY_CHARS` characters in a script that says much in few
    words. words: how many the text has.
    """

    coverage: float
    longest: int
    copied: float
    words: int


COPY_WORDS = 8  # a shared run this long is a quotation
# So is one of this many characters and four words: Tamil says in them what English says in seven words.
COPY_CHARS, COPY_FEWEST = 32, 4


def overlap(text: str, source: str) -> Overlap:
    """Compares a text with what it was made from, greedily, longest shared run first at each place."""
    ours, theirs = [fold(w) for w in words(text)], [fold(w) for w in words(source)]
    starts: dict[tuple[str, ...], list[int]] = {}
    for at in range(len(theirs)):
        starts.setdefault(tuple(theirs[at : at + 2]), []).append(at)
        starts.setdefault((theirs[at],), []).append(at)
    fragments = _fragments(ours, theirs, starts)
    total = len(ours) or 1
    quoted = sum(len(run) for run in fragments if _is_quotation(run))
    return Overlap(
        coverage=sum(map(len, fragments)) / total,
        longest=max(map(len, fragments), default=0),
        copied=quoted / total,
        words=len(ours),
    )


def _is_quotation(run: list[str]) -> bool:
    return len(run) >= COPY_WORDS or (len(run) >= COPY_FEWEST and len(" ".join(run)) >= COPY_CHARS)


def _fragments(ours: list[str], theirs: list[str], starts: dict[tuple[str, ...], list[int]]) -> list[list[str]]:
    found: list[list[str]] = []
    at = 0
    while at < len(ours):
        best = 0
        for start in starts.get(tuple(ours[at : at + 2]), ()) or starts.get((ours[at],), ()):
            length = 0
            while (
                at + length < len(ours) and start + length < len(theirs) and ours[at + length] == theirs[start + length]
            ):
                length += 1
            best = max(best, length)
        if best:
            found.append(ours[at : at + best])
        at += best or 1
    return found


FRAME_WORDS, FRAME_SHARE = 2, 0.5  # what two texts must share at their ends: so many words, and so much of the shorter


def repeated_frames(texts: list[str]) -> float:
    """How far several short texts are one frame with something put into it.

    Two texts have one frame when what they share at their beginning and end is at least `FRAME_WORDS` words and
    `FRAME_SHARE` of the shorter. Returns the share (0..1) of texts in the largest group around one of them; 0 for fewer
    than two texts.
    """
    split = [[fold(word) for word in words(text)] for text in texts]
    if len(split) < 2:
        return 0.0
    return max(1 + sum(_one_frame(a, b) for b in split if b is not a) for a in split) / len(split) if split else 0.0


def _one_frame(a: list[str], b: list[str]) -> bool:
    shorter = min(len(a), len(b))
    head = next((n for n in range(shorter) if a[n] != b[n]), shorter)
    tail = next((n for n in range(shorter - head) if a[-1 - n] != b[-1 - n]), shorter - head)
    return head + tail >= max(FRAME_WORDS, FRAME_SHARE * shorter)

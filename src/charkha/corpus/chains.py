"""Chains of linked passages, for questions that need more than one page: each joined to the one before by a real link.

The next page is the one that the fewest passages link to: nearly every article links to its country and its century, and hopping there says
nothing about either.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import lru_cache
from hashlib import blake2b

LENGTH = 3  # passages of a chain at most
BRANCHES = 2  # pages remembered per passage: the second is for when the first would lead back


class Titles:
    """Which passage is a title's first one: 12 bytes a title, whatever the wiki's size."""

    def __init__(self, pairs: Iterable[tuple[str, int]]) -> None:
        marked = sorted((_mark(title), place) for title, place in pairs)
        self._marks = array("Q", (mark for mark, _ in marked))
        self._places = array("I", (place for _, place in marked))
        self.place = lru_cache(maxsize=1 << 16)(self._place)  # most links lead to few pages

    def _place(self, title: str) -> int | None:
        """The number of the page's first passage; None for a page without one."""
        mark = _mark(title)
        at = bisect_left(self._marks, mark)
        return self._places[at] if at < len(self._marks) and self._marks[at] == mark else None


def _mark(title: str) -> int:
    return int.from_bytes(blake2b(title.encode("utf-8", "replace"), digest_size=8).digest(), "big")


def best(targets: Iterable[int], linked: Sequence[int], own: Iterable[int]) -> list[int]:
    """The `BRANCHES` targets that are linked to least, earlier ones first where equal; `own` are the page's own passages."""
    mine = set(own)
    ranked = sorted(dict.fromkeys(target for target in targets if target not in mine), key=lambda target: linked[target])
    return ranked[:BRANCHES]


def chain(anchor: int, first: int, branches: Sequence[Sequence[int]]) -> list[int]:
    """The passages that follow an anchor.

    Args:
        anchor: the passage's number.
        first: the number of its page's first passage, to which no link may lead back.
        branches: each passage's best targets.
    """
    found: list[int] = []
    at = anchor
    while len(found) < LENGTH - 1:
        following = next((to for to in branches[at] if to not in (anchor, first, *found)), None)
        if following is None:
            break
        found.append(following)
        at = following
    return found

"""The category tree of a wiki, in flat arrays, and the walk through it from a root.

A node is a category that has a page. Nothing here is a dict per category: a wiki may have millions of them.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

_CHILD = (1 << 32) - 1


def stored(title: str) -> bytes:
    """A title as the database has it: UTF-8, underscores for spaces."""
    return title.strip().replace(" ", "_").encode("utf-8", "replace")


def shown(title: bytes) -> str:
    """A title as a reader sees it. Bytes that are no UTF-8 become U+FFFD."""
    return title.replace(b"_", b" ").decode("utf-8", "replace")


class Tree:
    """Categories by number, and which stands in which.

    Args:
        ids: page ids of the categories, uint64.
        titles: their titles as stored, binary, in the order of `ids`; each once.
        edges: what `packed` made, all of it; 8 bytes an edge, and twice that while they are sorted.
    """

    def __init__(self, ids: pa.Array, titles: pa.Array, edges: array[int]) -> None:
        self.ids, self.titles = ids, titles
        self.hidden: set[int] = set()
        held = as_arrow(edges)
        self._edges = whole_numbers(held.take(pc.sort_indices(held)))
        pa.default_memory_pool().release_unused()

    def __len__(self) -> int:
        return len(self.ids)

    def find(self, title: str) -> int | None:
        """The node of a category's title; None where it has no page."""
        at = int(pc.index(self.titles, pa.scalar(stored(title), pa.binary())).as_py())
        return at if at >= 0 else None

    def nodes_of(self, page_ids: pa.Array) -> pa.Array:
        """Node numbers of page ids, int32; null for a page that is no category."""
        return places_of(page_ids, self.ids)

    def node_of(self, page_id: int) -> int | None:
        """The node of a page id; None for a page that is no category."""
        at = int(pc.index(self.ids, pa.scalar(page_id, pa.uint64())).as_py())
        return at if at >= 0 else None

    def nodes_titled(self, titles: pa.Array) -> pa.Array:
        """Node numbers of stored titles, int32; null for a category without a page."""
        return places_of(titles, self.titles)

    def name(self, node: int) -> str:
        """The title as a reader sees it."""
        return shown(self.titles[node].as_py())

    def children(self, node: int) -> list[int]:
        """The categories in a category, by title, so that a walk does not depend on numbers."""
        start = bisect_left(self._edges, node << 32)
        stop = bisect_left(self._edges, (node + 1) << 32, start)
        found = list(dict.fromkeys(edge & _CHILD for edge in self._edges[start:stop]))  # a dump may say it twice
        return sorted(found, key=lambda child: self.titles[child].as_py()) if len(found) > 1 else found


def packed(parents: pa.Array, children: pa.Array) -> memoryview:
    """Edges as bytes: the parent's number in the upper half of 64 bits, the child's in the lower; without those that have a null."""
    table = pa.table({"parent": parents, "child": children}).drop_null()
    above, below = (pc.cast(table.column(name), pa.uint64()) for name in ("parent", "child"))
    edges = pc.bit_wise_or(pc.shift_left(above, pa.scalar(32, pa.uint64())), below).combine_chunks()
    return whole_numbers(edges).cast("B")


def places_of(values: pa.Array, among: pa.Array) -> pa.Array:
    """Where each value stands among others, int32; null where it does not.

    The table of hashes that is made for it is given back at once: arrow would keep it, and it is larger than all that we hold.
    """
    found = pc.index_in(values, value_set=among)
    pa.default_memory_pool().release_unused()
    return found


def as_arrow(numbers: array[int]) -> pa.Array:
    """An array("Q") as uint64, not copied."""
    return pa.Array.from_buffers(pa.uint64(), len(numbers), [None, pa.py_buffer(numbers)])


def whole_numbers(numbers: pa.Array) -> memoryview:
    """The values of a uint64 array without nulls, not copied."""
    if not len(numbers):
        return memoryview(b"").cast("Q")
    return memoryview(numbers.buffers()[1]).cast("Q")[numbers.offset : numbers.offset + len(numbers)]


Step = tuple[int, bool]  # a node, and whether the way to it has passed what was asked for


@dataclass
class Walk:
    """What was reached from a root, by its shortest ways.

    depth: step -> hops from the root, whose own depth is 0. above: step -> the one it was reached from.
    """

    root: Step
    depth: dict[Step, int] = field(default_factory=dict)
    above: dict[Step, Step] = field(default_factory=dict)

    def path(self, step: Step) -> list[int]:
        """The nodes from the root to a step's, both included."""
        found = [step]
        while found[-1] != self.root:
            found.append(self.above[found[-1]])
        return [node for node, _ in reversed(found)]

    def passed(self) -> list[int]:
        """The nodes to which a way leads that has passed what was asked for."""
        return [node for node, has_passed in self.depth if has_passed]


def walk(tree: Tree, root: int, depth: int, enters: Callable[[int], bool], asked: Callable[[int], bool]) -> Walk:
    """Walks a tree breadth first, whatever circles it has: each category once, and once more by a way that passes what was asked for.

    A way that goes round in a circle passes nothing: what stands above a category is not below it.

    Args:
        tree: the categories.
        root: where to begin; it is entered whatever it is called.
        depth: hops from the root at most.
        enters: whether a category is walked at all.
        asked: whether a category is one that a way must pass.
    """
    start = (root, asked(root))
    found = Walk(start, {start: 0})
    level: Iterable[Step] = [start]
    for hops in range(1, depth + 1):
        following: list[Step] = []
        for step in level:
            for child in tree.children(step[0]):
                reached = (child, step[1] or asked(child))
                if reached in found.depth or (child, True) in found.depth or child in tree.hidden or not enters(child):
                    continue
                if (child, False) in found.depth and child in found.path(step):
                    continue
                found.depth[reached], found.above[reached] = hops, step
                following.append(reached)
        level = following
    return found

"""The endless, deterministic sequence of groundings of a language: the same for all its tasks, so that tasks meet on the same passages.

Position p is use p // n of anchor p % n in one order: families of near-identical pages capped, a part of it artifacts' pages, spread over their
classes and the weightier ones earlier, the rest spread over categories. A task takes of it what it
can rest on: a chain where one begins, a document where one begins, and only passages that the policy lets it use. What is held per passage is a
few numbers; passages are read a shard at a time.
"""

from __future__ import annotations

import math
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import count
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from charkha.core.ids import digest, grounding_id
from charkha.core.policy import allows
from charkha.core.protocols import Reads, Task
from charkha.core.recipe import Recipe
from charkha.core.records import Grounding, Passage
from charkha.core.run import Run
from charkha.core.tables import open_table, passage_of, read_table
from charkha.languages import artifact_classes

Allowed = Callable[[Task, Sequence[str]], bool]  # whether the policy lets a task use text with these tags


def everything(task: Task, tags: Sequence[str]) -> bool:
    """The policy that forbids nothing."""
    return True


def offered(run: Run, lang: str, recipe: Recipe, tasks: Mapping[str, Task]) -> Groundings:
    """What a recipe's tasks are offered in a language, by its policy: a passage that a task may not have is never paid for."""

    def allowed(task: Task, tags: Sequence[str]) -> bool:
        return allows(recipe.policy, task.makes, tags)

    share = recipe.culture.share if recipe.culture else 0.0
    return Groundings(run, lang, Drawing(recipe.seed, recipe.max_alike, share), tasks, allowed)


class Drawing(NamedTuple):
    """How a recipe draws an order: its seed, how many of a family of near-identical pages are used, the artifacts' part of the order."""

    seed: int
    alike: int
    share: float = 0.5


class Groundings:
    """The anchors of a language in the order in which they are used, and what each task can make of them.

    Args:
        run: a run whose language was ingested.
        lang: its Wikipedia code.
        drawing: what the order is drawn by: another seed, another order.
        tasks: the tasks, by name.
        allowed: the policy.
    """

    def __init__(
        self, run: Run, lang: str, drawing: Drawing, tasks: Mapping[str, Task], allowed: Allowed = everything
    ) -> None:  # fmt: skip
        self.lang, self._tasks, self._allowed, self._share = lang, tasks, allowed, drawing.share
        self._files = [open_table(path) for path in run.tables("passages", lang)]
        self._sizes = [[file.metadata.row_group(g).num_rows for g in range(file.num_row_groups)] for file in self._files]
        self._places = array("Q")  # file << 32 | row, by passage number
        self._chains: list[tuple[int, ...]] = []
        self._documents = array("I")
        self._tags: list[int] = []
        self._kinds: list[tuple[str, ...]] = [()]
        self._artifacts: dict[int, str] = {}  # passage number -> id
        self._about: dict[int, tuple[int, ...]] = {}
        self._order = self._ordered(run.groundings_path(lang), drawing.seed, drawing.alike)
        self._masks: dict[str, _Mask] = {}
        self._group = lru_cache(maxsize=64)(self._read_group)

    def __len__(self) -> int:
        """Anchors, each counted once."""
        return len(self._order)

    def _ordered(self, path: Any, seed: int, alike: int) -> array[int]:
        kinds: dict[tuple[str, ...], int] = {(): 0}
        groups: dict[str, int] = {}
        columns: dict[str, list[int]] = defaultdict(list)
        seen: set[str] = set()
        for number, row in enumerate(read_table(path)):
            self._places.append(row["file"] << 32 | row["row"])
            self._chains.append(tuple(row["chain"]))
            self._documents.append(row["document"])
            if row["artifact"]:
                self._artifacts[number] = row["artifact"]
                if row["about"]:
                    self._about[number] = tuple(row["about"])
            self._tags.append(kinds.setdefault(tuple(row["sensitivity"]), len(kinds)))
            if row["passage"] in seen:  # a page twice
                continue
            seen.add(row["passage"])
            columns["number"].append(number)
            columns["family"].append(row["family"])
            columns["artifact"].append(int(bool(row["artifact"])))
            columns["group"].append(groups.setdefault(row["kind"] or f" {row['category']}", len(groups)))
            drawn = int(digest([seed, row["passage"]])[:15], 16)
            columns["key"].append(_weighted(drawn, row["weight"]) if row["artifact"] else drawn)
            columns["slow"].append(round(1 / artifact_classes()[row["kind"]].weight) if row["kind"] in artifact_classes() else 1)
        self._kinds = list(kinds)
        names = ("number", "family", "artifact", "group", "key", "slow")
        table = _capped(pa.table({name: pa.array(columns[name], pa.int64()) for name in names}), alike)
        artifacts, others = (_spread(table.filter(pc.equal(table.column("artifact"), is_one))) for is_one in (1, 0))
        return array("I", _mixed(artifacts, others, self._share))

    def supply(self, task: str) -> int:
        """How many anchors the task can use, each counted once."""
        return self._mask(task).total

    def offers(self, task: str, position: int) -> bool:
        """Whether the task has a seed at a position."""
        return bool(self._mask(task).usable[position % len(self._order)])

    def count(self, task: str, start: int, stop: int) -> int:
        """How many seeds the task has at positions start..stop."""
        mask = self._mask(task)
        return mask.before(stop) - mask.before(start)

    def after(self, task: str, start: int, wanted: int, last: int) -> int:
        """The first position behind `wanted` seeds of the task from `start` on, `last` at most."""
        low, high = start, last
        while low < high:
            middle = (low + high) // 2
            if self.count(task, start, middle) >= wanted:
                high = middle
            else:
                low = middle + 1
        return low

    def between(self, start: int, stop: int) -> Iterator[tuple[int, int]]:
        """Yields (position, draw) for positions start..stop."""
        for position in range(start, stop):
            yield position, position // len(self._order)

    def grounding(self, position: int, reads: Reads) -> Grounding:
        """What a task that reads passages, chains, documents or artifacts rests on at a position.

        Raises:
            KeyError: nothing of the kind begins there, which `offers` tells.
        """
        number = self._order[position % len(self._order)]
        numbers = self._numbers(number, reads)
        if not numbers:
            raise KeyError(reads)
        passages = tuple(self._passage(at) for at in numbers)
        artifact = self._artifacts.get(number, "")
        if len(passages) == 1:
            return Grounding(passages[0].id, self.lang, passages, artifact)
        spans = [(p.page_id, p.revision_id, p.start, p.end) for p in passages]
        return Grounding(grounding_id(self.lang, spans), self.lang, passages, artifact)

    def _numbers(self, number: int, reads: str) -> tuple[int, ...]:
        """The passages of the grounding of a kind that begins at one; empty where none does."""
        if reads == "chain":
            following = self._chains[number]
            return (number, *following) if following else ()
        if reads == "document":
            return tuple(range(number, number + self._documents[number]))
        if reads == "artifact":
            following = self._about.get(number, ())
            return (number, *following) if following else ()
        return (number,)

    def _mask(self, name: str) -> _Mask:
        if name not in self._masks:
            task = self._tasks[name]
            allowed = {kind for kind, tags in enumerate(self._kinds) if self._allowed(task, tags)}

            def usable(number: int) -> bool:
                numbers = self._numbers(number, task.reads)
                return bool(numbers) and all(self._tags[at] in allowed for at in numbers)

            self._masks[name] = _Mask(usable(number) for number in self._order)
        return self._masks[name]

    def _passage(self, number: int) -> Passage:
        file, row = self._places[number] >> 32, self._places[number] & 0xFFFF_FFFF
        group = 0
        while row >= self._sizes[file][group]:
            row -= self._sizes[file][group]
            group += 1
        return self._group(file, group)[row]

    def _read_group(self, file: int, group: int) -> list[Passage]:
        return [passage_of(row) for row in self._files[file].read_row_group(group).to_pylist()]


class _Mask:
    """Which anchors a task can use, in order, and how many before each."""

    def __init__(self, usable: Iterator[bool]) -> None:
        self.usable = bytearray(usable)
        self._sums = array("I", [0])
        for one in self.usable:
            self._sums.append(self._sums[-1] + one)

    @property
    def total(self) -> int:
        """Usable anchors."""
        return self._sums[-1]

    def before(self, position: int) -> int:
        """Usable positions before one, uses of an anchor counted each."""
        size = len(self.usable)
        if not size:
            return 0
        rounds, rest = divmod(position, size)
        return rounds * self.total + self._sums[rest]


def _capped(table: pa.Table, alike: int) -> pa.Table:
    """The rows without those beyond the first `alike` of a family, first by key."""
    table = table.sort_by([("family", "ascending"), ("key", "ascending"), ("number", "ascending")])
    return table.filter(pa.array((rank < alike for rank in _ranks(table.column("family"))), pa.bool_()))


def _spread(table: pa.Table) -> pa.Table:
    """The first of every group, then the second of every group, and so on, each in the order of its key; a slow group's turn comes less often."""
    table = table.sort_by([("group", "ascending"), ("key", "ascending"), ("number", "ascending")])
    ranks = pc.multiply(pa.array(_ranks(table.column("group")), pa.int64()), table.column("slow"))
    ranked = table.append_column("rank", ranks)
    return ranked.sort_by([("rank", "ascending"), ("key", "ascending"), ("number", "ascending")])


def _weighted(drawn: int, weight: float) -> int:
    """A key that makes what weighs more come earlier, by chance and in proportion (Efraimidis and Spirakis 2006, weighted reservoirs).

    Args:
        drawn: 60 random bits.
        weight: above 0.
    """
    return int(-math.log((drawn + 1) / (1 << 60)) / max(weight, 1e-6) * 1e9)


def _mixed(artifacts: pa.Table, others: pa.Table, share: float) -> Iterator[int]:
    """Passage numbers of both, `share` of them artifacts' as long as there are both."""
    one, two = (iter(table.column("number").to_pylist()) for table in (artifacts, others))
    taken = 0
    for position in count(1):
        from_artifacts = taken < int(position * share + 1e-9)
        found = next(one if from_artifacts else two, None)
        if found is None:
            yield from two if from_artifacts else one
            return
        taken += from_artifacts
        yield found


def _ranks(column: pa.ChunkedArray) -> Iterator[int]:
    """The rank of each row among the rows of its value; the rows are sorted by it."""
    value, rank = None, -1
    for chunk in column.chunks:
        for found in chunk.to_pylist():
            rank = rank + 1 if found == value else 0
            value = found
            yield rank

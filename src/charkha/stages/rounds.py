"""Rounds: how many seeds are tried, decided only from rounds that are closed, and written down before the first request."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

from charkha.core.files import append_line
from charkha.core.recipe import Targets
from charkha.core.run import Run

LEAST_YIELD = 0.05  # a cell that keeps less than one in twenty is not chased with ever larger rounds
HOPELESS_AFTER, HOPELESS_YIELD = (
    60,
    0.02,
)  # attempts after which a cell that keeps fewer than one in fifty is left alone
SURPLUS = 1.1  # a little more than the yield asks for, so that the last rows do not cost a round each
LARGEST = 100_000  # groundings of one round


@dataclass(frozen=True, slots=True)
class Round:
    """Positions start..stop of a language's sequence, tried by `tasks`, in shards of `shard` groundings."""

    round: int
    tasks: tuple[str, ...]
    start: int
    stop: int
    shard: int

    def shards(self) -> Iterator[tuple[int, int, int]]:
        """(number, start, stop) of each shard."""
        for number, start in enumerate(range(self.start, self.stop, self.shard)):
            yield number, start, min(start + self.shard, self.stop)


@dataclass(frozen=True, slots=True)
class Plan:
    """A language's rounds so far; `superseded` tells up to which round a task's rows are set aside (exclusive)."""

    rounds: tuple[Round, ...]
    superseded: Mapping[str, int]

    def counts(self, task: str) -> list[Round]:
        """The rounds whose rows of a task count."""
        return [r for r in self.rounds if task in r.tasks and r.round >= self.superseded.get(task, 0)]

    def next_position(self, task: str) -> int:
        """Where the task goes on; superseded rounds used their positions up."""
        return max((r.stop for r in self.rounds if task in r.tasks), default=0)

    def last_position(self, task: str, groundings: int, max_uses: int) -> int:
        """Where the task's source is exhausted; uses of superseded rounds do not count."""
        gone = [r.stop for r in self.rounds if task in r.tasks and r.round < self.superseded.get(task, 0)]
        return max(gone, default=0) + groundings * max_uses


def read_plan(run: Run, lang: str) -> Plan:
    """The rounds of a language as they stand in its file."""
    rounds, superseded = [], {}
    for line in run.rounds(lang):
        if "superseded" in line:
            superseded[line["superseded"]] = line["before_round"]
        else:
            rounds.append(Round(line["round"], tuple(line["tasks"]), line["start"], line["stop"], line["shard"]))
    return Plan(tuple(rounds), superseded)


def append_round(run: Run, lang: str, item: Round) -> None:
    """Writes a round down, durably, before its first request."""
    append_line(run.rounds_path(lang), {"lang": lang, **asdict(item), "groundings": item.stop - item.start})


def supersede(run: Run, lang: str, task: str) -> None:
    """Sets the rows of a task's rounds so far aside."""
    plan = read_plan(run, lang)
    append_line(run.rounds_path(lang), {"superseded": task, "before_round": len(plan.rounds)})


def next_round(
    plan: Plan, kept: Mapping[str, int], targets: Targets, groundings: int, max_uses: int, shard: int
) -> Round | None:
    """The round that follows from closed ones; None when every task has its target or no text is left.

    One round at a time, written as one line, so that a crash cannot leave half a decision behind. Tasks at the same place share it up to
    the smallest want: they meet on the same passages.

    Args:
        plan: rounds so far, all of them closed.
        kept: kept rows per task, in the rounds that count; names the tasks of the recipe.
        targets: what is wanted.
        groundings: passages of the language.
        max_uses: how often a task may use one passage.
        shard: groundings of a shard.
    """
    wants: dict[str, tuple[int, int]] = {}
    for task, have in kept.items():
        start = plan.next_position(task)
        last = plan.last_position(task, groundings, max_uses)
        size = min(_size(plan, task, have, targets), LARGEST, last - start)
        if size > 0:
            wants[task] = (start, start + size)
    if not wants:
        return None
    start = min(begin for begin, _ in wants.values())
    together = {task: stop for task, (begin, stop) in wants.items() if begin == start}
    return Round(len(plan.rounds), tuple(sorted(together)), start, min(together.values()), shard)


def hopeless(kept: int, tried: int) -> bool:
    """True when so little was kept of so much that going on would be paying for nothing."""
    return tried >= HOPELESS_AFTER and kept < HOPELESS_YIELD * tried


def _size(plan: Plan, task: str, have: int, targets: Targets) -> int:
    tried = sum(r.stop - r.start for r in plan.counts(task))
    if targets.seeds is not None:
        return targets.seeds - tried
    missing = (targets.rows or 0) - have
    if missing <= 0 or not tried:
        return missing
    if hopeless(have, tried):
        return 0
    rate = max(have / tried, LEAST_YIELD)
    return math.ceil(missing / rate * SURPLUS)

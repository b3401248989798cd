"""Rounds: how many seeds are tried, decided only from rounds that are closed, and written down before the first request."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Protocol

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
    """Positions start..stop of a language's sequence, tried by `tasks`, in shards of `shard` groundings.

    `seeds` holds the number of seeds in each shard of a task that has not one at every position.
    """

    round: int
    tasks: tuple[str, ...]
    start: int
    stop: int
    shard: int
    seeds: Mapping[str, Sequence[int]] = field(default_factory=dict)

    def shards(self) -> Iterator[tuple[int, int, int]]:
        """(number, start, stop) of each shard that has a seed."""
        for number, start, stop in self._spans():
            if any(self.size(task, number) for task in self.tasks):
                yield number, start, stop

    def _spans(self) -> Iterator[tuple[int, int, int]]:
        for number, start in enumerate(range(self.start, self.stop, self.shard)):
            yield number, start, min(start + self.shard, self.stop)

    def size(self, task: str, shard: int) -> int:
        """How many seeds a task has in a shard."""
        if task in self.seeds:
            return self.seeds[task][shard]
        start = self.start + shard * self.shard
        return min(start + self.shard, self.stop) - start

    def tried(self, task: str) -> int:
        """How many seeds a task has in the round."""
        return sum(self.seeds[task]) if task in self.seeds else self.stop - self.start

    def counted(self, supply: Supply) -> Round:
        """The round with its seeds counted, where some position has none for a task."""
        seeds = {}
        for task in self.tasks:
            counts = [supply.count(task, start, stop) for _, start, stop in self._spans()]
            if sum(counts) != self.stop - self.start:
                seeds[task] = counts
        return replace(self, seeds=seeds)


class Supply(Protocol):
    """What a language's order of anchors offers each task, by the task's name."""

    def __len__(self) -> int:
        """Anchors, each counted once."""
        ...

    def count(self, task: str, start: int, stop: int) -> int:
        """How many seeds a task has at positions start..stop."""
        ...

    def after(self, task: str, start: int, wanted: int, last: int) -> int:
        """The first position behind `wanted` seeds of a task from `start` on, `last` at most."""
        ...


@dataclass(frozen=True, slots=True)
class Plan:
    """A language's rounds so far; `superseded` tells up to which round a task's rows are set aside (exclusive).

    `renewed` tells the same of all tasks, because a newer dump was taken in: its passages stand in another order, which
    is begun anew. What was bought for unchanged passages is not bought again.
    """

    rounds: tuple[Round, ...]
    superseded: Mapping[str, int]
    renewed: int = 0

    def is_aside(self, task: str, number: int) -> str | None:
        """Why a round's rows of a task do not count; None when they do."""
        if number < self.renewed:
            return "renewed"
        return "superseded" if number < self.superseded.get(task, 0) else None

    def counts(self, task: str) -> list[Round]:
        """The rounds whose rows of a task count."""
        return [r for r in self.rounds if task in r.tasks and not self.is_aside(task, r.round)]

    def tried(self, task: str) -> int:
        """Seeds of a task in the rounds that count."""
        return sum(item.tried(task) for item in self.counts(task))

    def next_position(self, task: str) -> int:
        """Where the task goes on; superseded rounds used their positions up."""
        return max((r.stop for r in self.current() if task in r.tasks), default=0)

    def current(self) -> list[Round]:
        """The rounds over the passages that the language has now."""
        return [r for r in self.rounds if r.round >= self.renewed]

    def last_position(self, task: str, groundings: int, max_uses: int) -> int:
        """Where the task's source is exhausted; uses of superseded rounds do not count."""
        gone = [r.stop for r in self.current() if task in r.tasks and self.is_aside(task, r.round)]
        return max(gone, default=0) + groundings * max_uses


def read_plan(run: Run, lang: str) -> Plan:
    """The rounds of a language as they stand in its file."""
    rounds, superseded, renewed = [], {}, 0
    for line in run.rounds(lang):
        if "superseded" in line:
            superseded[line["superseded"]] = line["before_round"]
        elif "renewed" in line:
            renewed = line["before_round"]
        else:
            number, start, stop, shard = (line[name] for name in ("round", "start", "stop", "shard"))
            rounds.append(Round(number, tuple(line["tasks"]), start, stop, shard, line.get("seeds", {})))
    return Plan(tuple(rounds), superseded, renewed)


def append_round(run: Run, lang: str, item: Round) -> None:
    """Writes a round down, durably, before its first request."""
    append_line(run.rounds_path(lang), {"lang": lang, **asdict(item), "groundings": item.stop - item.start})


def supersede(run: Run, lang: str, task: str) -> None:
    """Sets the rows of a task's rounds so far aside."""
    plan = read_plan(run, lang)
    append_line(run.rounds_path(lang), {"superseded": task, "before_round": len(plan.rounds)})


def renew(run: Run, lang: str, mark: str) -> None:
    """Notes that a dump with this fingerprint takes the place of the one that the rounds so far were drawn from."""
    lines = run.rounds(lang)
    last = next((line["renewed"] for line in reversed(lines) if "renewed" in line), None)
    if lines and last != mark:
        append_line(run.rounds_path(lang), {"renewed": mark, "before_round": len(read_plan(run, lang).rounds)})
    run.note("renewed", run.record().get("renewed", {}) | {lang: mark})


def next_round(
    plan: Plan, kept: Mapping[str, int], targets: Targets, supply: Supply, max_uses: int, shard: int
) -> Round | None:
    """The round that follows from closed ones; None when every task has its target or no text is left.

    One round at a time, written as one line, so that a crash cannot leave half a decision behind. Tasks at the same place share it up to
    the smallest want: they meet on the same passages.

    Args:
        plan: rounds so far, all of them closed.
        kept: kept rows per task, in the rounds that count; names the tasks of the recipe.
        targets: what is wanted.
        supply: what the language's passages offer each task.
        max_uses: how often a task may use one passage.
        shard: groundings of a shard.
    """
    wants: dict[str, tuple[int, int]] = {}
    for task, have in kept.items():
        start = plan.next_position(task)
        last = plan.last_position(task, len(supply), max_uses)
        # A stretch of the largest size may hold no seed of a task that few anchors suit; that is not the end of its text.
        last = min(last, max(start + LARGEST, supply.after(task, start, 1, last)))
        size = _size(plan, task, have, targets)
        if size > 0 and supply.count(task, start, last):
            wants[task] = (start, supply.after(task, start, size, last))
    if not wants:
        return None
    start = min(begin for begin, _ in wants.values())
    together = {task: stop for task, (begin, stop) in wants.items() if begin == start}
    return Round(len(plan.rounds), tuple(sorted(together)), start, min(together.values()), shard).counted(supply)


def hopeless(kept: int, tried: int) -> bool:
    """True when so little was kept of so much that going on would be paying for nothing."""
    return tried >= HOPELESS_AFTER and kept < HOPELESS_YIELD * tried


def _size(plan: Plan, task: str, have: int, targets: Targets) -> int:
    tried = plan.tried(task)
    if targets.seeds is not None:
        return targets.seeds - tried
    missing = (targets.rows or 0) - have
    if missing <= 0 or not tried:
        return missing
    if hopeless(have, tried):
        return 0
    rate = max(have / tried, LEAST_YIELD)
    return math.ceil(missing / rate * SURPLUS)

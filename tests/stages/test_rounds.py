"""Rounds follow from closed rounds alone, meet their targets or use the text up, and never more."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charkha.core.recipe import Targets
from charkha.core.run import Run
from charkha.stages import rounds
from charkha.stages.rounds import Plan, Round, append_round, hopeless, next_round, read_plan, supersede

ROWS = Targets(rows=10)


class Anchors:
    """A supply of anchors of which a task can use every n-th."""

    def __init__(self, size: int, **every: int) -> None:
        self.size, self.every = size, every

    def __len__(self) -> int:
        return self.size

    def count(self, task: str, start: int, stop: int) -> int:
        return sum(position % self.size % self.every.get(task, 1) == 0 for position in range(start, stop))

    def after(self, task: str, start: int, wanted: int, last: int) -> int:
        return next((stop for stop in range(start, last) if self.count(task, start, stop) >= wanted), last)


def given_up(plan: Plan, task: str, kept: int) -> bool:
    """True when hardly any of the task's seeds that count was kept."""
    return hopeless(kept, sum(item.stop - item.start for item in plan.counts(task)))


def simulated(
    shares: dict[str, float], targets: Targets, groundings: int, uses: int, plan: Plan | None = None, kept: dict[str, int] | None = None
) -> tuple[Plan, dict[str, int]]:
    """Rounds until there is no other, each seed kept with its task's share."""
    plan = plan or Plan((), {})
    kept = {task: 0 for task in shares} | (kept or {})
    draws = random.Random(3)
    for _ in range(10_000):
        item = next_round(plan, kept, targets, Anchors(groundings), uses, 8)
        if item is None:
            return plan, kept
        assert item == next_round(plan, dict(reversed(kept.items())), targets, Anchors(groundings), uses, 8)
        assert item.round == len(plan.rounds)
        assert item.stop > item.start
        assert item.tasks == tuple(sorted(item.tasks))
        assert all(item.start == plan.next_position(task) for task in item.tasks)
        plan = replace(plan, rounds=(*plan.rounds, item))
        for task in item.tasks:
            kept[task] += sum(draws.random() < shares[task] for _ in range(item.stop - item.start))
    raise AssertionError("no end")


TASKS = st.dictionaries(st.sampled_from(["a", "b", "c"]), st.floats(0, 1), min_size=1)


@settings(deadline=None)
@given(TASKS, st.integers(1, 60), st.integers(0, 40), st.integers(1, 5))
def test_targets_are_met_or_the_text_is_used_up(shares: dict[str, float], rows: int, groundings: int, uses: int) -> None:
    plan, kept = simulated(shares, Targets(rows=rows), groundings, uses)
    for task in shares:
        assert plan.next_position(task) <= groundings * uses
        assert kept[task] >= rows or plan.next_position(task) == groundings * uses or given_up(plan, task, kept[task])
        spans = [(item.start, item.stop) for item in plan.counts(task)]
        assert [start for start, _ in spans] == [0, *(stop for _, stop in spans)][: len(spans)]


@settings(deadline=None)
@given(TASKS, st.integers(1, 300), st.integers(0, 40), st.integers(1, 5))
def test_seeds_are_tried_exactly(shares: dict[str, float], seeds: int, groundings: int, uses: int) -> None:
    plan, _ = simulated(shares, Targets(seeds=seeds), groundings, uses)
    assert {plan.next_position(task) for task in shares} == {min(seeds, groundings * uses)}


@settings(deadline=None)
@given(TASKS, st.integers(1, 20), st.integers(1, 40), st.floats(0, 1))
def test_a_task_added_later_begins_at_its_own_place(shares: dict[str, float], rows: int, groundings: int, share: float) -> None:
    plan, kept = simulated(shares, Targets(rows=rows), groundings, 3)
    more, _ = simulated({**shares, "later": share}, Targets(rows=rows), groundings, 3, plan, kept)
    assert more.rounds[: len(plan.rounds)] == plan.rounds
    new = more.rounds[len(plan.rounds) :]
    assert new
    assert new[0].start == 0
    assert all(item.tasks == ("later",) for item in new)


@settings(deadline=None)
@given(TASKS, st.integers(1, 20), st.integers(1, 20), st.integers(1, 30))
def test_a_larger_target_is_topped_up(shares: dict[str, float], rows: int, more: int, groundings: int) -> None:
    plan, kept = simulated(shares, Targets(rows=rows), groundings, 4)
    topped, after = simulated(shares, Targets(rows=rows + more), groundings, 4, plan, kept)
    assert topped.rounds[: len(plan.rounds)] == plan.rounds
    for task in shares:
        assert after[task] >= rows + more or topped.next_position(task) == groundings * 4 or given_up(topped, task, after[task])


@settings(deadline=None)
@given(TASKS, st.integers(1, 20), st.integers(1, 30), st.integers(1, 4))
def test_a_superseded_task_begins_anew_behind_its_old_seeds(shares: dict[str, float], rows: int, groundings: int, uses: int) -> None:
    plan, kept = simulated(shares, Targets(rows=rows), groundings, uses)
    task, used = min(shares), plan.next_position(min(shares))
    plan = replace(plan, superseded={task: len(plan.rounds)})
    assert plan.counts(task) == []
    again, after = simulated(shares, Targets(rows=rows), groundings, uses, plan, {**kept, task: 0})
    new = again.counts(task)
    assert new[0].start == used
    assert again.next_position(task) <= used + groundings * uses
    assert after[task] >= rows or again.next_position(task) == used + groundings * uses or given_up(again, task, after[task])
    assert all(item.tasks == (task,) for item in again.rounds[len(plan.rounds) :])


def test_tasks_at_one_place_share_a_round_and_others_do_not() -> None:
    first = next_round(Plan((), {}), {"b": 0, "a": 0}, ROWS, Anchors(100), 4, 64)
    assert first == Round(0, ("a", "b"), 0, 10, 64)
    second = next_round(Plan((first,), {}), {"a": 5, "b": 9, "c": 0}, ROWS, Anchors(100), 4, 64)
    assert second == Round(1, ("c",), 0, 10, 64)
    third = next_round(Plan((first,), {}), {"a": 5, "b": 9}, ROWS, Anchors(100), 4, 64)
    assert third == Round(1, ("a", "b"), 10, 12, 64)  # the smaller want of the two


@pytest.mark.parametrize(
    ("kept", "targets", "groundings"), [({"a": 10}, ROWS, 9), ({"a": 12}, ROWS, 9), ({}, ROWS, 9), ({"a": 0}, ROWS, 0)]
)
def test_nothing_more_is_wanted(kept: dict[str, int], targets: Targets, groundings: int) -> None:
    assert next_round(Plan((), {}), kept, targets, Anchors(groundings), 4, 64) is None


def test_a_cell_that_keeps_nothing_is_not_chased_without_end() -> None:
    _, kept = simulated({"a": 0.0}, ROWS, 1000, 4)
    assert kept == {"a": 0}
    plan = Plan((Round(0, ("a",), 0, 10, 64),), {})
    item = next_round(plan, {"a": 0}, ROWS, Anchors(10**6), 4, 64)
    assert item is not None
    assert item.stop - item.start <= 10 / 0.05 * 1.1 + 1


@given(st.integers(0, 50), st.integers(1, 200), st.integers(1, 70))
def test_shards_are_the_round(start: int, size: int, shard: int) -> None:
    parts = list(Round(0, ("a",), start, start + size, shard).shards())
    assert [number for number, _, _ in parts] == list(range(len(parts)))
    assert [place for _, a, b in parts for place in range(a, b)] == list(range(start, start + size))
    assert max(b - a for _, a, b in parts) <= shard


def test_a_plan_comes_back_from_its_file(tmp_path: Path) -> None:
    with Run(tmp_path) as run:
        assert read_plan(run, "hi") == Plan((), {})
        items = (Round(0, ("a", "b"), 0, 10, 4), Round(1, ("a",), 10, 12, 4))
        append_round(run, "hi", items[0])
        supersede(run, "hi", "b")
        append_round(run, "hi", items[1])
        with run.rounds_path("hi").open("ab") as handle:
            handle.write(b'{"lang": "hi", "round": 2, "tas')
        plan = read_plan(run, "hi")
        assert plan == Plan(items, {"b": 1})
        assert plan.counts("b") == []
        assert plan.counts("a") == list(items)
        append_round(run, "hi", Round(2, ("b",), 10, 20, 4))
        assert read_plan(run, "hi").counts("b") == [Round(2, ("b",), 10, 20, 4)]
        assert read_plan(run, "ta") == Plan((), {})


def test_a_task_that_few_anchors_suit_takes_a_longer_stretch_of_the_same_order() -> None:
    supply = Anchors(100, chained=10)
    first = next_round(Plan((), {}), {"plain": 0, "chained": 0}, ROWS, supply, 4, 64)
    assert first == Round(0, ("chained", "plain"), 0, 10, 64, {"chained": [1]})  # they meet where both have a seed
    second = next_round(Plan((first,), {}), {"plain": 10, "chained": 1}, ROWS, supply, 4, 64)
    assert second is not None
    assert (second.tasks, second.start, second.tried("chained")) == (("chained",), 10, 10)
    assert sum(second.size("chained", number) for number, _, _ in second.shards()) == 10


def test_a_long_stretch_without_a_seed_is_not_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "LARGEST", 10)
    plan, supply = Plan((), {}), Anchors(100, rare=40)
    while item := next_round(plan, {"rare": 0}, Targets(seeds=9), supply, 1, 8):
        plan = replace(plan, rounds=(*plan.rounds, item))
    assert plan.tried("rare") == 3


def test_a_shard_without_a_seed_is_none() -> None:
    item = Round(0, ("a",), 0, 12, 4, {"a": [0, 2, 0]})
    assert list(item.shards()) == [(1, 4, 8)]


@settings(deadline=None)
@given(st.integers(1, 30), st.integers(1, 40), st.integers(1, 4), st.integers(1, 7))
def test_a_sparse_supply_is_used_up_exactly(seeds: int, groundings: int, uses: int, every: int) -> None:
    supply, plan = Anchors(groundings, a=every), Plan((), {})
    while item := next_round(plan, {"a": 0, "b": 0}, Targets(seeds=seeds), supply, uses, 8):
        plan = replace(plan, rounds=(*plan.rounds, item))
    assert plan.tried("a") == min(seeds, supply.count("a", 0, groundings * uses))
    assert plan.tried("b") == min(seeds, groundings * uses)

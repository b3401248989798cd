"""Where every seed went: attempted = kept + dropped{reason} + failed{reason} + pending, per subset and language.

Attempts are counted from the rounds, outcomes from the finished shards: two sources, so that a sum that differs means something.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from charkha.core.run import Run
from charkha.core.tables import read_table
from charkha.stages.rounds import Plan, Round, read_plan


@dataclass
class Cell:
    """One subset in one language."""

    attempted: int = 0
    kept: int = 0
    pending: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)

    @property
    def balanced(self) -> bool:
        """True when every attempt has exactly one outcome."""
        return self.attempted == self.kept + self.dropped.total() + self.failed.total() + self.pending

    def row(self) -> dict[str, Any]:
        """The cell as JSON."""
        return {
            "attempted": self.attempted, "kept": self.kept, "pending": self.pending,
            "dropped": dict(self.dropped), "failed": dict(self.failed), "balanced": self.balanced,
        }  # fmt: skip


Cells = dict[tuple[str, str], Cell]  # (subset, language)


def account(run: Run, languages: list[str] | None = None) -> Cells:
    """Counts a run from what lies in its folder."""
    cells: Cells = {}
    for lang in languages if languages is not None else languages_with_rounds(run):
        plan = read_plan(run, lang)
        for item in plan.rounds:
            for number, _, _ in item.shards():
                _count_shard(run, lang, plan, item, number, cells)
    return cells


def languages_with_rounds(run: Run) -> list[str]:
    """The languages for which seeds were drawn."""
    return sorted(path.stem for path in (run.folder / "rounds").glob("*.jsonl"))


def _count_shard(run: Run, lang: str, plan: Plan, item: Round, number: int, cells: Cells) -> None:
    for task in item.tasks:
        cells.setdefault((task, lang), Cell()).attempted += item.size(task, number)
    if not is_finished(run, lang, item.round, number):
        for task in item.tasks:
            if item.round < plan.renewed:  # its passages are gone; nothing of it was ever a row
                cells[task, lang].failed["renewed"] += item.size(task, number)
            else:
                cells[task, lang].pending += item.size(task, number)
        return
    for row in read_table(run.shard_path("failed", lang, item.round, number), ["subset", "code"]):
        cells[row["subset"], lang].failed[row["code"]] += 1
    for identity, subset, code in outcomes(run, lang, item.round, number):
        del identity
        cell = cells[subset, lang]
        if aside := plan.is_aside(subset, item.round):
            cell.dropped[aside] += 1
        elif code is None:
            cell.kept += 1
        else:
            cell.dropped[code] += 1


PARTS = ("failed", "decisions/generate", "decisions/filter", "examples")  # in the order in which a shard writes them


def is_finished(run: Run, lang: str, round_number: int, shard: int) -> bool:
    """True when every file of a shard stands: one that was lost is made again from the reply store."""
    return all(run.shard_path(part, lang, round_number, shard).exists() for part in PARTS)


def outcomes(run: Run, lang: str, round_number: int, shard: int) -> Iterator[tuple[str, str, str | None]]:
    """(id, subset, reason or None when kept) of every example of a finished shard, by all stages' decisions."""
    dropped: dict[str, str] = {}
    for path in decision_paths(run, lang, round_number, shard):
        for row in read_table(path, ["id", "kept", "code"]):
            if not row["kept"]:
                dropped.setdefault(row["id"], row["code"])
    for row in read_table(run.shard_path("examples", lang, round_number, shard), ["id", "subset"]):
        yield row["id"], row["subset"], dropped.get(row["id"])


STAGES = ("generate", "filter", "dedup", "judge")  # in the order in which they decide


def decision_paths(run: Run, lang: str, round_number: int, shard: int) -> list[Path]:
    """The decision files of a shard, those that exist, in stage order."""
    paths = (run.shard_path(f"decisions/{stage}", lang, round_number, shard) for stage in STAGES)
    return [path for path in paths if path.exists()]


def stats(cells: Cells) -> dict[str, Any]:
    """The accounting as stats.json carries it."""
    total = Cell()
    for cell in cells.values():
        total.attempted += cell.attempted
        total.kept += cell.kept
        total.pending += cell.pending
        total.dropped += cell.dropped
        total.failed += cell.failed
    return {
        "balanced": all(cell.balanced for cell in cells.values()),
        "total": total.row(),
        "cells": [{"subset": s, "lang": lang, **cell.row()} for (s, lang), cell in sorted(cells.items())],
    }

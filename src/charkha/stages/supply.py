"""Supply and demand: what a language's passages offer each task, and how often a recipe has to use each of them.

A small wiki runs out: sixteen thousand rows of nine subsets do not fit into ten thousand articles. It has to be seen before a run, not after.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from charkha.core.protocols import Task
from charkha.core.recipe import Recipe
from charkha.core.run import Run
from charkha.core.tables import read_table
from charkha.stages.accounting import Cell, account
from charkha.stages.groundings import offered


@dataclass(frozen=True, slots=True)
class Demand:
    """One task in one language. `share` is what part of its seeds is kept: measured in the run, or 1.0 where nothing was tried."""

    lang: str
    task: str
    reads: str
    usable: int  # anchors, each counted once
    wanted: int  # seeds
    share: float
    measured: bool
    max_uses: int

    @property
    def uses(self) -> int:
        """How often each anchor has to be used; 0 where there is none."""
        return math.ceil(self.wanted / self.usable) if self.usable else 0

    @property
    def short(self) -> int:
        """Seeds that the text does not give."""
        return max(0, self.wanted - self.usable * self.max_uses)


def demands(run: Run, recipe: Recipe, langs: list[str], tasks: Mapping[str, Task]) -> list[Demand]:
    """Supply and demand of every cell of a recipe whose languages were ingested."""
    cells = account(run)
    found = []
    for lang in langs:
        groundings = offered(run, lang, recipe, tasks)
        for name, task in tasks.items():
            share, measured = _share(cells.get((name, lang), Cell()))
            wanted = recipe.targets.seeds or math.ceil((recipe.targets.rows or 0) / share)
            usable = groundings.supply(name)
            fields = (lang, name, task.reads, usable, wanted, share, measured, recipe.max_uses_per_passage)
            found.append(Demand(*fields))
    return found


def _share(cell: Cell) -> tuple[float, bool]:
    dropped = cell.dropped.total() - cell.dropped["renewed"] - cell.dropped["superseded"]
    done = cell.kept + dropped + cell.failed.total() - cell.failed["renewed"] - cell.failed["superseded"]
    return (max(cell.kept / done, 0.05), True) if done >= 20 else (1.0, False)


@dataclass
class Stock:
    """What a language has: its passages by what can rest on them."""

    passages: int = 0
    pages: int = 0
    chains: int = 0
    documents: int = 0
    artifacts: int = 0  # passages on artifacts' pages
    alike: int = 0  # passages of families that are larger than the recipe's cap, beyond it
    splits: Counter[str] = field(default_factory=Counter)
    tags: Counter[str] = field(default_factory=Counter)


def stock(run: Run, lang: str, max_alike: int) -> Stock:
    """Counts a language's groundings."""
    found = Stock()
    families: Counter[int] = Counter()
    page = None
    for row in read_table(run.groundings_path(lang)):
        found.passages += 1
        found.pages += row["page_id"] != page
        page = row["page_id"]
        found.chains += bool(row["chain"])
        found.documents += row["document"] > 0
        found.artifacts += bool(row["artifact"])
        found.tags.update(row["sensitivity"])
        families[row["family"]] += 1
    found.alike = sum(count - max_alike for count in families.values() if count > max_alike)
    for table in run.tables("passages", lang):
        found.splits.update(row["split"] for row in read_table(table, ["split"]))
    return found

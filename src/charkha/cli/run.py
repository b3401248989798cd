"""Everything, by a recipe: ingest, generate, export, report. Stop it anywhere and run it again: nothing is paid twice."""

from __future__ import annotations

import argparse

from charkha.cli.steps import Work, closing, opened, recipe_of, run_flags
from charkha.core.errors import CharkhaError
from charkha.core.recipe import Recipe
from charkha.core.run import Run


def arguments(parser: argparse.ArgumentParser) -> None:
    """RECIPE --out RUN [--set ...] [--supersede ...]."""
    run_flags(parser)


def command(given: argparse.Namespace) -> int:
    """All stages, in order."""
    recipe = recipe_of(given)
    with opened(recipe, given.out) as run:
        return whole(run, recipe, given.supersede)


def whole(run: Run, recipe: Recipe, superseded: list[str]) -> int:
    """Every step; the dataset and the report are also made of what an interrupted generate left."""
    from charkha.report.page import write_report

    work = Work(run, recipe)
    work.admit(superseded)
    trouble = work.ingest()
    stopped: CharkhaError | None = None
    bugs: list[str] = []
    try:
        bugs = work.generate()
    except CharkhaError as error:
        stopped = error
    if stopped is not None and not any((run.folder / "examples").glob("*/*.parquet")):
        raise stopped
    try:
        stats = work.export()
        write_report(run)
    except CharkhaError:
        if stopped is None:
            raise
        raise stopped from None
    code = closing(run, stats, trouble, bugs, work.told)
    if stopped is not None:
        raise stopped
    return code

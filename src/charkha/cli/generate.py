"""Passages become examples: every reply is kept, checked, filtered, and accounted for. Needs what `ingest` made; reads a recipe."""

from __future__ import annotations

import argparse

from charkha.cli.steps import Work, closing, opened, recipe_of, run_flags
from charkha.stages.export import write_stats


def arguments(parser: argparse.ArgumentParser) -> None:
    """RECIPE --out RUN [--set ...] [--supersede ...]."""
    run_flags(parser)


def command(given: argparse.Namespace) -> int:
    """The generate stage; dumps that were not read yet are read first."""
    recipe = recipe_of(given)
    with opened(recipe, given.out) as run:
        work = Work(run, recipe)
        work.admit(given.supersede)
        trouble = work.ingest()
        bugs = work.generate()
        return closing(run, write_stats(run, recipe), trouble, bugs, work.told)

"""Kept rows become the dataset: parquet per subset and language, its card, the attribution of every row, stats.json."""

from __future__ import annotations

import argparse

from charkha.cli.steps import Work, closing, folder_flag, folder_of, opened, recipe_in


def arguments(parser: argparse.ArgumentParser) -> None:
    """RUN."""
    folder_flag(parser)


def command(given: argparse.Namespace) -> int:
    """The export stage."""
    folder = folder_of(given)
    recipe = recipe_in(folder)
    with opened(recipe, folder) as run:
        return closing(run, Work(run, recipe).export(), [], [])

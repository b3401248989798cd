"""Decides again on the stored scores, with other limits: --set filters.language.confidence=0.9. Buys nothing."""

from __future__ import annotations

import argparse
from pathlib import Path

from charkha.cli.steps import folder_flag, folder_of, opened, recipe_in
from charkha.core.errors import RecipeError
from charkha.core.files import write_text
from charkha.core.recipe import dump_recipe
from charkha.stages.accounting import account, languages_with_rounds, stats
from charkha.stages.export import write_stats
from charkha.stages.filter import limits_of, redecide


def arguments(parser: argparse.ArgumentParser) -> None:
    """RUN [--set filters.NAME.LIMIT=VALUE]."""
    folder_flag(parser)
    parser.add_argument(
        "--set", metavar="KEY=VALUE", action="append", default=[], help="e.g. filters.language.confidence=0.9"
    )


def command(given: argparse.Namespace) -> int:
    """The filter stage."""
    for change in given.set:
        if not change.startswith(("filters.", "filters=")):
            raise RecipeError(
                f"--set {change!r}: this command changes filters only. For the rest: charkha run RECIPE --out RUN"
            )
    folder: Path = folder_of(given)
    recipe = recipe_in(folder, given.set)
    with opened(recipe, folder) as run:
        before = account(run)
        changes = redecide(run, recipe, languages_with_rounds(run))
        write_text(folder / "recipe.yaml", dump_recipe(recipe))
        run.note("limits", limits_of(recipe))
        after = write_stats(run, recipe)
    print(f"kept {stats(before)['total']['kept']:,} -> {after['total']['kept']:,}")
    for change, count in sorted(changes.items()):
        print(f"  {change} {count:,}")
    print(f"Next: charkha export {folder}")
    return 0

"""The run on one page: report.html, self-contained, with retention, reasons, sources and samples in their own scripts."""

from __future__ import annotations

import argparse

from charkha.cli.steps import folder_flag, folder_of, opened, recipe_in
from charkha.report.page import write_report
from charkha.stages.export import write_stats


def arguments(parser: argparse.ArgumentParser) -> None:
    """RUN."""
    folder_flag(parser)


def command(given: argparse.Namespace) -> int:
    """Writes the report from what lies in the run."""
    folder = folder_of(given)
    recipe = recipe_in(folder)
    with opened(recipe, folder) as run:
        write_stats(run, recipe)
        print(write_report(run))
    return 0

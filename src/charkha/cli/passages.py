"""What the passages of a run offer, and with --plan whether they are enough for a recipe, before anything is paid for.

charkha passages RUN                      # passages, chains, documents, artifacts, families, tags per language
charkha passages --plan RECIPE            # reads the recipe's dumps into runs/RECIPE if need be, then supply against demand
"""

from __future__ import annotations

import argparse
from pathlib import Path

from charkha.cli.steps import Work, folder_of, opened, recipe_in
from charkha.core.errors import EXIT_DONE, EXIT_UNFINISHED, RunError
from charkha.core.recipe import Recipe, load_recipe
from charkha.core.run import Run
from charkha.stages.supply import Demand, demands, stock


def arguments(parser: argparse.ArgumentParser) -> None:
    """[RUN] [--plan RECIPE [--out RUN] [--set ...]]."""
    parser.add_argument("run", metavar="RUN", type=Path, nargs="?", help="the run folder")
    parser.add_argument("--plan", metavar="RECIPE", type=Path, help="the recipe whose demand is told")
    parser.add_argument("--out", metavar="RUN", type=Path, help="with --plan: the run folder (runs/RECIPE)")
    parser.add_argument(
        "--set", metavar="KEY=VALUE", action="append", default=[], help="with --plan: change a key, e.g. targets.rows=500"
    )


def command(given: argparse.Namespace) -> int:
    """One line a language, or one line a language and task; exit 3 when the text is short."""
    if given.plan is not None:
        recipe = load_recipe(given.plan, given.set)
        with opened(recipe, given.out or given.run or Path("runs") / given.plan.stem) as run:
            return _plan(run, recipe)
    if given.run is None and given.out is None:
        raise RunError("neither a run folder nor a recipe is named. Example: charkha passages --plan recipes/demo.yaml")
    folder = folder_of(given)
    known = (folder / "recipe.yaml").exists()
    _tell(Run(folder), recipe_in(folder).max_alike if known else Recipe.model_fields["max_alike"].default)
    return EXIT_DONE


def _plan(run: Run, recipe: Recipe) -> int:
    work = Work(run, recipe)
    work.ingest()
    langs = [language.wiki for language in work.languages]
    found = demands(run, recipe, langs, work.tasks)
    print(f"run folder: {run.folder}\n")
    _tell(run, recipe.max_alike, langs)
    print(f"\n{'lang':<6}{'task':<24}{'reads':<10}{'usable':>10}{'seeds':>10}{'kept':>7}{'uses':>6}{'of':>4}  ")
    for demand in found:
        print(_line(demand))
    short = [demand for demand in found if demand.short]
    if not any(demand.measured for demand in found):
        print("\nseeds: as many as rows, as if every one were kept; after a run its own share is taken")
    if short:
        worst = max(short, key=lambda demand: demand.short)
        print(
            f"\nshort: {len(short)} of {len(found)} cells; {worst.task} in {worst.lang} by {worst.short:,} seeds. "
            "Ask for fewer rows, allow more with max_uses_per_passage, or bring more text."
        )
    return EXIT_UNFINISHED if short else EXIT_DONE


def _line(demand: Demand) -> str:
    verdict = f"short by {demand.short:,} seeds" if demand.short else "enough"
    kept = f"{demand.share:.0%}" if demand.measured else "-"
    return (
        f"{demand.lang:<6}{demand.task:<24}{demand.reads:<10}{demand.usable:>10,}{demand.wanted:>10,}{kept:>7}"
        f"{demand.uses or '-':>6}{demand.max_uses:>4}  {verdict}"
    )


def _tell(run: Run, max_alike: int, langs: list[str] | None = None) -> None:
    print(f"{'lang':<6}{'pages':>10}{'passages':>10}{'chains':>9}{'documents':>11}{'artifacts':>11}{'alike':>8}{'dev':>6}{'test':>6}  sensitive")
    for lang in langs or run.languages():
        found = stock(run, lang, max_alike)
        tags = ", ".join(f"{tag} {count:,}" for tag, count in found.tags.most_common()) or "-"
        print(
            f"{lang:<6}{found.pages:>10,}{found.passages:>10,}{found.chains:>9,}{found.documents:>11,}{found.artifacts:>11,}{found.alike:>8,}"
            f"{found.splits['dev']:>6,}{found.splits['test']:>6,}  {tags}"
        )

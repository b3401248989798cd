"""What is cultural: category trees are walked from a culture's roots, and what they hold is joined over all languages, classed and weighed.

charkha artifacts RUN                          # of the languages that the run has read, with its recipe's roots and SQL dumps
charkha artifacts RUN --sql wikipedia          # with the SQL dumps in a folder (charkha download); an edition needs no more than them
charkha artifacts RUN --root "en:Culture of India" --depth 2 --exclude "*films*"

A root is EDITION:TITLE of a category in any edition; by default each language's own file names them, in several countries. A page in a category d hops
below a root has depth d. The table is RUN/artifacts/artifacts.parquet; the picture of it is in the report.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from charkha.cli.screen import Screen
from charkha.cli.steps import recipe_in
from charkha.core.culture import CulturePlan
from charkha.core.errors import EXIT_DONE, EXIT_UNFINISHED, RunError
from charkha.core.recipe import Recipe
from charkha.core.run import Run
from charkha.languages import Language, codes, load
from charkha.stages.artifacts import Harvest, find_artifacts, keep
from charkha.stages.sources import sql_of
from charkha.stages.wiki_files import Files, sql_files

SHOWN = 20  # losses on the screen, so that those of all our editions are among them; all stand in artifacts.json


def arguments(parser: argparse.ArgumentParser) -> None:
    """RUN [--sql PATH ...] [--lang CODE ...] [--root ...] [--depth N] [--include ...] [--exclude ...]."""
    parser.add_argument("run", metavar="RUN", type=Path, nargs="?", help="the run folder; made when it is not there")
    parser.add_argument("--out", metavar="RUN", type=Path, help="the same, as the other verbs take it")
    parser.add_argument("--sql", metavar="PATH", type=Path, action="append", default=[], help="a folder of SQL dumps, or one of them")
    parser.add_argument("--lang", metavar="CODE", action="append", default=[], help="only the roots of this language (repeatable)")
    parser.add_argument("--root", metavar="WIKI:TITLE", action="append", default=[], help="a root instead of the languages' own")
    parser.add_argument("--depth", metavar="N", type=int, help="hops from a root to a category at most (3)")
    parser.add_argument("--include", metavar="PHRASE", action="append", default=[], help="only what lies below such a category")
    parser.add_argument("--exclude", metavar="PHRASE", action="append", default=[], help="categories that are not walked")


def command(given: argparse.Namespace) -> int:
    """Makes the table, says what is in it and what could not be known; exit 3 when a file ends too early."""
    folder: Path | None = given.run or given.out
    if folder is None:
        raise RunError("no run folder is named. Example: charkha artifacts runs/first --sql wikipedia")
    with Run(folder) as run, Screen("artifacts") as screen:
        recipe = recipe_in(folder) if (folder / "recipe.yaml").exists() else None
        files = _files(given.sql, recipe)
        languages = _languages(given.lang, run, recipe, files)
        harvest = find_artifacts(run, languages, files, _plan(given, recipe), screen.step)
        keep(run, harvest)
    tell(harvest, languages)
    return EXIT_UNFINISHED if harvest.cut else EXIT_DONE


def _files(given: list[Path], recipe: Recipe | None) -> Files:
    found = sql_of(recipe) if recipe else {}
    for wiki, tables in sql_files(given).items():
        found.setdefault(wiki, {}).update(tables)
    return found


def _languages(named: list[str], run: Run, recipe: Recipe | None, files: Files) -> list[Language]:
    if named:
        return [load(name, "--lang") for name in named]
    if recipe:
        return [load(name) for name in recipe.languages]
    wikis = sorted({*run.languages(), *files}.intersection(codes()))
    if not wikis:
        raise RunError(
            f"{str(run.folder)!r} has read no language, and no SQL dumps are named. Name their folder: charkha artifacts {run.folder} --sql DIR"
        )
    return [load(wiki) for wiki in wikis]


def _plan(given: argparse.Namespace, recipe: Recipe | None) -> CulturePlan:
    """The recipe's plan with what the flags change."""
    plan = (recipe.culture if recipe else None) or CulturePlan()
    changes = {name: value for name in ("depth", "include", "exclude") if (value := getattr(given, name)) not in (None, [])}
    if given.root:
        changes["roots"] = given.root
    try:
        return CulturePlan.model_validate({**plan.model_dump(), **changes})
    except ValueError as error:
        told = error.errors()[0] if hasattr(error, "errors") else {"loc": ("flag",), "msg": str(error)}
        message = str(told["msg"]).removeprefix("Value error, ")
        raise RunError(f"--{told['loc'][0]} {changes.get(told['loc'][0])!r}: {message}. See: charkha artifacts --help") from error


def tell(harvest: Harvest, languages: list[Language]) -> None:
    """What was found, a line a language, and what is lost."""
    placed = sum(bool(root["placed"]) for root in harvest.roots)
    print(f"{harvest.artifacts:,} artifacts from {placed} of {len(harvest.roots)} roots, {harvest.depth} hops deep at most")
    own = {language.wiki for language in languages}
    print(f"{'lang':<6}{'with a page':>12}{'of its roots':>14}  classes")
    for code in sorted(harvest.counts, key=lambda code: (code not in own, code)):
        counts = sorted(harvest.counts[code].items(), key=lambda item: (-item[1], item[0]))
        classes = ", ".join(f"{kind} {count:,}" for kind, count in counts[:6]) + (", ..." if len(counts) > 6 else "")
        print(f"{code:<6}{harvest.titled[code]:>12,}{sum(count for _, count in counts):>14,}  {classes or '-'}")
    for line in harvest.lost[:SHOWN]:
        print(f"lost: {line}", file=sys.stderr)
    if len(harvest.lost) > SHOWN:
        print(f"lost: {len(harvest.lost) - SHOWN} more lines stand in artifacts.json", file=sys.stderr)

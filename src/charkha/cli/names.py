"""The names of a wiki, mined from its links: prints each language's suffixes and how often links inflect a name. Remakes names/."""

from __future__ import annotations

import argparse
from itertools import islice
from pathlib import Path

from charkha.cli.steps import folder_flag, folder_of, opened, recipe_in
from charkha.core.errors import RunError
from charkha.core.run import Run
from charkha.core.tables import read_table
from charkha.languages import Language, load
from charkha.stages.names import Mined, mine

TOP = 20


def arguments(parser: argparse.ArgumentParser) -> None:
    """RUN [--lang CODE] [--top N]."""
    folder_flag(parser)
    parser.add_argument("--lang", help="one language only: a code (hi, hin_Deva) or a language file")
    parser.add_argument("--top", metavar="N", type=int, default=TOP, help=f"suffixes to print, a language ({TOP})")


def command(given: argparse.Namespace) -> int:
    """Mines again and prints, language by language."""
    folder = folder_of(given)
    if (folder / "recipe.yaml").exists():
        with opened(recipe_in(folder), folder) as run:  # a language given by its path is known from here on
            return _mine(run, given)
    with Run(folder) as run:
        return _mine(run, given)


def _mine(run: Run, given: argparse.Namespace) -> int:
    languages = [load(given.lang, "--lang")] if given.lang else [load(lang) for lang in run.languages()]
    for language in languages:
        if not run.tables("pages", language.wiki):
            raise RunError(
                f"{str(run.folder)!r} has no pages of {language.wiki!r}. Read its dump first: "
                f"charkha ingest DUMP --lang {language.wiki} --out {run.folder}"
            )
        _tell(mine(run, language, again=True), language, run.folder / "names" / language.wiki, given.top)
    return 0


def _tell(found: Mined, language: Language, folder: Path, top: int) -> None:
    whole = found.links or 1
    print(
        f"{language.wiki}: {found.links:,} links; {found.bare / whole:.1%} show the name as it is, {found.inflected / whole:.1%} in "
        f"another form; {found.names:,} names ({found.red:,} without a page), {found.suffixes:,} suffixes"
    )
    print("  links titles  suffix")
    for row in islice(read_table(folder / "suffixes.parquet"), max(0, top)):
        rule = f"-{row['cut']} +{row['suffix']}" if row["cut"] else f"+{row['suffix']}"
        made = f" = {' + '.join(row['parts'])}" if row["parts"] else ""
        shown = ", ".join(f"{example['name']} -> {example['surface']}" for example in row["examples"])
        print(f"{row['links']:>7,}{row['titles']:>7,}  {rule}{made}  ({shown})")
    print(f"  tables: {folder / 'suffixes.parquet'}, {folder / 'gazetteer.parquet'}")

"""The names of a wiki, mined from its links: prints each language's suffixes and how often links inflect a name. Remakes names/."""

from __future__ import annotations

import argparse
from itertools import islice
from pathlib import Path

from charkha.cli.steps import folder_flag, folder_of, opened, recipe_in
from charkha.core.errors import RunError, SourceError
from charkha.core.run import Run
from charkha.core.tables import read_table
from charkha.languages import Language, load
from charkha.stages.names import Mined, mine
from charkha.text.names import Names, Suffixes, displayed, same_name

TOP = 20


def arguments(parser: argparse.ArgumentParser) -> None:
    """RUN [--lang CODE] [--top N] [--find FILE]."""
    folder_flag(parser)
    parser.add_argument("--lang", help="one language only: a code (hi, hin_Deva) or a language file")
    parser.add_argument("--top", metavar="N", type=int, default=TOP, help=f"suffixes to print, a language ({TOP})")
    parser.add_argument(
        "--find", metavar="FILE", type=Path, help="forms to look up, a line each: FORM, or FORM|NAME to compare the two"
    )


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
        asked = _asked(given.find)
        _tell(mine(run, language, again=True), language, run.folder / "names" / language.wiki, given.top)
        if asked:
            _find(asked, run.folder / "names" / language.wiki)
    return 0


def _asked(path: Path | None) -> list[tuple[str, str]]:
    """(form, name or nothing) of every line that is no comment."""
    try:
        text = path.read_text(encoding="utf-8") if path else ""
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(
            f"cannot read the list of forms {str(path)!r}: {error}. It must be a text file in UTF-8."
        ) from error
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(form.strip(), name.strip()) for form, _, name in (line.partition("|") for line in lines)]


def _find(asked: list[tuple[str, str]], folder: Path) -> None:
    names, suffixes = Names.load(folder), Suffixes.load(folder / "suffixes.parquet")
    seen = [form for form, _ in asked if names.was_seen(form)]
    lost = [form for form, _ in asked if names.find(form) is None]
    print(
        f"  of {len(asked)} forms {len(seen)} are in the gazetteer, {len(asked) - len(seen) - len(lost)} lead to a name in it by "
        f"their suffixes, {len(lost)} do not{': ' if lost else ''}{', '.join(lost)}"
    )
    pairs = [(form, name) for form, name in asked if name]
    if pairs:
        apart = [f"{form} / {name}" for form, name in pairs if not same_name(form, name, suffixes)]
        print(
            f"  {len(pairs) - len(apart)} of {len(pairs)} are forms of the name beside them by the suffixes alone"
            f"{'; not ' if apart else ''}{', '.join(apart)}"
        )


def _tell(found: Mined, language: Language, folder: Path, top: int) -> None:
    whole = found.links or 1
    print(
        f"{language.wiki}: {found.links:,} links; {found.bare / whole:.1%} show the name as it is, {found.inflected / whole:.1%} in "
        f"another form; {found.names:,} names ({found.red:,} without a page), {found.suffixes:,} suffixes"
    )
    print("  links titles  suffix")
    for row in islice(read_table(folder / "suffixes.parquet"), max(0, top)):
        rule = f"{displayed(row['cut'])} > {displayed(row['suffix'])}" if row["cut"] else displayed(row["suffix"])
        made = f" = {' + '.join(map(displayed, row['parts']))}" if row["parts"] else ""
        shown = ", ".join(f"{example['name']} -> {example['surface']}" for example in row["examples"])
        print(f"{row['links']:>7,}{row['titles']:>7,}  {rule}{made}  ({shown})")
    print(f"  tables: {folder / 'suffixes.parquet'}, {folder / 'gazetteer.parquet'}")

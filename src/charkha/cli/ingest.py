"""A dump becomes pages and passages: pages-articles(-multistream).xml or its parts, plain, .bz2, .gz, .xz or .zst.

A newer dump of a language that the run has read already is taken in: pages whose revision is unchanged keep their rows.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from charkha.cli.screen import Screen
from charkha.cli.steps import blocked_of, trouble_of
from charkha.core.errors import EXIT_DONE, EXIT_UNFINISHED, RecipeError
from charkha.core.run import Run
from charkha.languages import load
from charkha.stages.ingest import ingest
from charkha.stages.sources import Blocklist, Dump


def arguments(parser: argparse.ArgumentParser) -> None:
    """DUMP --lang CODE --out RUN."""
    parser.add_argument("dump", metavar="DUMP", type=Path, nargs="+", help="a pages-articles dump, or all its parts")
    parser.add_argument("--lang", required=True, help="its language: a code (hi, hin_Deva) or a language file")
    parser.add_argument("--out", metavar="RUN", type=Path, required=True, help="the run folder")
    parser.add_argument(
        "--blocklist", metavar="FILE", type=Path, action="append", default=[], help="pages never to be used (JSONL)"
    )
    parser.add_argument("--licence", default="", help="of the text, where the dump's date does not tell it")
    parser.add_argument("--dump-date", metavar="YYYYMMDD", default="", help="where the file's name does not tell it")
    parser.add_argument("--processes", metavar="N", type=int, help="how many read at once (default: one a core)")


def command(given: argparse.Namespace) -> int:
    """Reads one dump."""
    language, blocklist = load(given.lang, "--lang"), Blocklist.read(given.blocklist)
    if given.dump_date and not re.fullmatch(r"20\d{6}", given.dump_date):
        raise RecipeError(f"--dump-date {given.dump_date!r} is no date. Write it as 20261101.")
    dump = Dump(tuple(given.dump), given.licence, given.dump_date)
    with Run(given.out) as run, Screen("ingest") as screen:
        found = ingest(run, language, dump, blocklist, screen.pages, renew=True, processes=given.processes)
    print(
        f"{language.wiki}: {found.pages:,} articles ({found.disambiguations:,} disambiguations, {found.without_text:,} without "
        f"text), {found.redirects:,} redirects, {found.passages:,} passages"
    )
    if found.pages_seconds:
        size = found.tally["xml_bytes"] / 1e6
        print(
            f"{size:,.0f} MB of XML; pages {size / found.pages_seconds:.1f} MB a second and core, with passages "
            f"{size / (found.pages_seconds + found.passages_seconds):.1f}"
        )
    if found.since:
        print("against the dump before: " + ", ".join(f"{count:,} {name}" for name, count in found.since.items()))
    for line in blocked_of([found.blocked]):
        print(line)
    trouble = trouble_of(found.dump, found.cut, found.tally)
    for line in trouble:
        print(f"charkha: {line}", file=sys.stderr)
    return EXIT_UNFINISHED if trouble else EXIT_DONE

"""A dump becomes pages and passages: pages-articles(-multistream).xml, plain, .bz2 or .gz."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from charkha.cli.screen import Screen
from charkha.cli.steps import trouble_of
from charkha.core.errors import EXIT_DONE, EXIT_UNFINISHED
from charkha.core.run import Run
from charkha.languages import load
from charkha.stages.ingest import ingest
from charkha.stages.names import mine
from charkha.stages.sources import Blocklist


def arguments(parser: argparse.ArgumentParser) -> None:
    """DUMP --lang CODE --out RUN."""
    parser.add_argument("dump", metavar="DUMP", type=Path, help="a pages-articles dump")
    parser.add_argument("--lang", required=True, help="its language: a code (hi, hin_Deva) or a language file")
    parser.add_argument("--out", metavar="RUN", type=Path, required=True, help="the run folder")
    parser.add_argument(
        "--blocklist", metavar="FILE", type=Path, action="append", default=[], help="pages never to be used (JSONL)"
    )


def command(given: argparse.Namespace) -> int:
    """Reads one dump."""
    language, blocklist = load(given.lang, "--lang"), Blocklist.read(given.blocklist)
    with Run(given.out) as run, Screen("ingest") as screen:
        found = ingest(run, language, given.dump, blocklist, screen.pages)
        mine(run, language)
    print(
        f"{language.wiki}: {found.pages:,} articles ({found.disambiguations:,} disambiguations, {found.without_text:,} without "
        f"text), {found.redirects:,} redirects, {found.passages:,} passages"
    )
    for entry, hits in found.blocked.items():
        print(f"blocked by {entry}: {hits}")
    trouble = trouble_of(found.dump, found.cut, found.tally)
    for line in trouble:
        print(f"charkha: {line}", file=sys.stderr)
    return EXIT_UNFINISHED if trouble else EXIT_DONE

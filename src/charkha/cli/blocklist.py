"""A benchmark's own files become a blocklist: the pages it was made of, for `source.blocklist` or `charkha ingest --blocklist`.

Reads .json, .jsonl, .csv, .tsv, .parquet. A row names its page by a Wikipedia or Wikidata address in any field, or by a title.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from pathlib import Path

from charkha.cli.screen import Screen
from charkha.core.errors import EXIT_DONE, EXIT_UNFINISHED, RecipeError
from charkha.core.files import write_text
from charkha.core.run import Run
from charkha.languages import load
from charkha.stages.blocklist import FileFound, Listing
from charkha.stages.matching import Passages


def arguments(parser: argparse.ArgumentParser) -> None:
    """FILE ... --out BLOCKLIST [--lang CODE] [--match RUN]."""
    parser.add_argument("file", metavar="FILE", type=Path, nargs="+", help="a benchmark's file")
    parser.add_argument("--out", metavar="BLOCKLIST", type=Path, required=True, help="the list to write (JSONL)")
    parser.add_argument("--lang", help="the language of titles whose row names none: a code or a language file")
    parser.add_argument(
        "--match", metavar="RUN", type=Path, help="find rows that name no page among this run's pages, by their text"
    )


def command(given: argparse.Namespace) -> int:
    """Reads the files, writes the list, tells what each file named."""
    if given.out.resolve() in [path.resolve() for path in given.file]:
        raise RecipeError(f"--out {str(given.out)!r} is one of the files to read. Name another --out.")
    listing = Listing(load(given.lang, "--lang").wiki if given.lang else "", Passages() if given.match else None)
    run = Run(given.match) if given.match else None
    if run is not None:
        run.record()  # a wrong folder is told before anything is read
    for path in given.file:
        listing.read(path)
    if run is not None and listing.passages is not None:
        with Screen("match") as screen:
            listing.passages.search(run, screen.pages)
        listing.settle()
    write_text(given.out, "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in listing.entries()))
    for found in listing.files:
        print(_told(found))
    total = sum((found.pages for found in listing.files), Counter[str]())
    print(f"{given.out}: {total.total():,} pages{_by_language(total)}")
    trouble = _trouble(listing, matched=run is not None)
    for line in trouble:
        print(f"charkha: {line}", file=sys.stderr)
    return EXIT_UNFINISHED if trouble else EXIT_DONE


def _told(found: FileFound) -> str:
    named = found.rows - found.nameless - found.matched
    parts = [f"{found.rows:,} rows", f"{named:,} name a page"]
    parts += [f"{found.matched:,} matched by text"] * bool(found.matched)
    parts += [f"{found.nameless:,} name none"] * bool(found.nameless)
    return f"{found.file}: {', '.join(parts)}; {found.pages.total():,} new pages{_by_language(found.pages)}"


def _by_language(pages: Counter[str]) -> str:
    return f" ({', '.join(f'{lang} {count:,}' for lang, count in sorted(pages.items()))})" if pages else ""


def _trouble(listing: Listing, *, matched: bool) -> list[str]:
    """What the list lacks, in lines."""
    lines = [
        f"{found.file}: {found.without_language:,} rows have a title of no known language. Say it: --lang CODE"
        for found in listing.files
        if found.without_language
    ]
    if not listing.pages and not lines:
        way = "The run holds none of their texts." if matched else "Compare their texts with a run's pages: --match RUN"
        lines.append(f"the files name no page, and the list is empty. {way}")
    return lines

"""A Wikipedia's dump files, fetched: resumed where it stopped, verified, a few at a time.

charkha download hi ta --out wikipedia        the newest finished dump, into wikipedia/hi and wikipedia/ta
charkha download --list                       what the files are for
"""

from __future__ import annotations

import argparse
import asyncio
import re
import signal
import sys
from pathlib import Path
from shlex import quote

from charkha.cli.steps import Interrupted
from charkha.cli.transfers import TransferScreen, told_size
from charkha.core.errors import EXIT_DONE, EXIT_UNFINISHED, RecipeError
from charkha.languages import codes
from charkha.stages.download import Download, Order, Outcome, chosen_groups, wiki_of
from charkha.stages.mirror import PURPOSES, TABLES, Dump, checked_mirror
from charkha.stages.web import PUBLIC_AT_ONCE, PUBLIC_MIRROR, Manners, is_public

HERE = ("verified", "unverified", "present")


def arguments(parser: argparse.ArgumentParser) -> None:
    """LANG ... [--what ...] [--mirror URL] [--date DATE] [--out DIR]."""
    parser.add_argument("lang", metavar="LANG", nargs="*", help="languages: codes (hi, hin_Deva) or language files")
    parser.add_argument("--what", default=",".join(PURPOSES), help="groups of files (default: %(default)s)")
    parser.add_argument("--mirror", metavar="URL", default=PUBLIC_MIRROR, help="a dump server (%(default)s)")
    parser.add_argument("--date", default="latest", help="such as 20261101, or latest: the newest finished (default)")
    parser.add_argument("--out", metavar="DIR", type=Path, default=Path("wikipedia"), help="gets a folder a language (wikipedia)")
    parser.add_argument("--verify", action="store_true", help="hash again what is there already")
    parser.add_argument("--list", action="store_true", help="say what the files are for and what is published; fetch nothing")
    parser.add_argument("--at-once", metavar="N", type=int, default=2, help=f"connections (2; at most {PUBLIC_AT_ONCE} to the public server)")
    parser.add_argument("--tries", metavar="N", type=int, default=10, help="in a row without progress before a file is given up (10)")
    parser.add_argument("--stall", metavar="SECONDS", type=float, default=60.0, help="without a byte before a connection is given up (60)")


def command(given: argparse.Namespace) -> int:
    """Fetches the files, says what is where, what is missing and what to do next."""
    if given.list and not given.lang:
        print("\n".join(_purposes(list(PURPOSES))))
        return EXIT_DONE
    order, manners = _order(given), _manners(given)
    if not given.list:
        print("\n".join(_purposes(order.groups)), flush=True)
    with TransferScreen("download") as screen:
        download = Download(order, manners, screen.say, screen.watch)
        outcome = asyncio.run(_until_interrupted(download, fetch=not given.list))
    if given.list:
        _tell_plan(outcome)
    else:
        _tell(outcome, order, {wiki_of(name): name for name in given.lang if name.endswith((".yaml", ".yml"))})
    for line in outcome.trouble:
        print(f"charkha: {line}", file=sys.stderr)
    return EXIT_UNFINISHED if outcome.trouble else EXIT_DONE


def _order(given: argparse.Namespace) -> Order:
    if not given.lang:
        raise RecipeError("no language is named. Name some, e.g.: charkha download hi ta. See: charkha languages")
    if given.date != "latest" and not re.fullmatch(r"20\d{6}", given.date, re.ASCII):
        raise RecipeError(f"--date {given.date!r} is no date. Write it as 20261101, or latest.")
    wikis = list(dict.fromkeys(wiki_of(name) for name in given.lang))
    return Order(wikis, chosen_groups(given.what), checked_mirror(given.mirror), given.date, given.out, given.verify)


def _manners(given: argparse.Namespace) -> Manners:
    for name, low, high in (("at_once", 1, 16), ("tries", 1, 1000), ("stall", 0.1, 3600)):
        if not low <= getattr(given, name) <= high:
            raise RecipeError(f"--{name.replace('_', '-')} {getattr(given, name)} is out of range. Take {low} to {high}.")
    if is_public(given.mirror) and given.at_once > PUBLIC_AT_ONCE:
        raise RecipeError(f"--at-once {given.at_once} is more than the public server allows. Take at most {PUBLIC_AT_ONCE}, or name another --mirror.")
    return Manners(given.at_once, given.tries, given.stall)


async def _until_interrupted(download: Download, *, fetch: bool) -> Outcome:
    loop = asyncio.get_running_loop()
    work = asyncio.ensure_future(download.run() if fetch else download.plan())
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, work.cancel)
    try:
        return await work
    except asyncio.CancelledError:
        raise Interrupted("interrupted; what came is kept, run the same command again to go on") from None


def _purposes(groups: list[str]) -> list[str]:
    """What the files of each group are, a line each."""
    lines = []
    for group in groups:
        names = [f"{table}.sql.gz" for table in TABLES[group]] or ["pages-articles-multistream.xml.bz2"]
        lines.append(f"{group + ':':<11}{', '.join(names)}: {PURPOSES[group]}")
    return lines


def _tell_plan(outcome: Outcome) -> None:
    for dump in outcome.dumps:
        known = sum(file.size or 0 for file in dump.files)
        whole = all(file.size is not None for file in dump.files)
        size = told_size(known) if whole else f"{told_size(known)} and more" if known else "their sizes are not published"
        print(f"{dump.wiki}: the dump of {dump.date}, {len(dump.files)} files, {size}")
        for file in dump.files:
            checked = "sha1" if file.sha1 else "md5" if file.md5 else "no checksum"
            print(f"  {told_size(file.size):>9}  {checked:<11}  {file.name}  ({PURPOSES[file.group]})")


def _tell(outcome: Outcome, order: Order, files: dict[str, str]) -> None:
    """What is where, and what to do next; `files` are the language files that were named, by wiki."""
    for dump in outcome.dumps:
        own = [transfer for transfer in outcome.transfers if transfer.lang == dump.wiki and transfer.state != "absent"]
        here = [transfer for transfer in own if transfer.state in HERE]
        present = sum(transfer.state == "present" for transfer in here)
        known = f", {present} of them there already" if present else ""
        size = told_size(sum(transfer.have for transfer in here))
        print(f"{dump.wiki}: the dump of {dump.date}, {len(here)} of {len(own) + len(dump.lacking)} files, {size}{known}, in {order.out / dump.wiki}")
        for transfer in here:
            if transfer.state == "unverified":
                print(f"  unverified, no checksum is published: {transfer.file.name}")
        print(f"  next: {_next(dump, order, files.get(dump.wiki, dump.wiki), {transfer.file.group for transfer in here})}")


def _next(dump: Dump, order: Order, lang: str, groups: set[str]) -> str:
    """The next command, as a shell takes it."""
    folder, out = quote(str(order.out / dump.wiki)), quote(str(order.out))
    if "articles" not in groups:
        mirror = "" if order.mirror == PUBLIC_MIRROR else f" --mirror {quote(order.mirror)}"
        return f"charkha download {dump.wiki} --what articles --date {dump.date}{mirror} --out {out}"
    if dump.wiki not in codes():
        return f"write a language file for {dump.wiki!r} (docs/languages.md), then: charkha ingest {folder} --lang ./{dump.wiki}.yaml --out runs/{dump.wiki}"
    return f"charkha ingest {folder} --lang {quote(lang)} --out runs/{dump.wiki}"

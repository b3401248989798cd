"""A dump, or documents of your own, or both, become pages and passages.

A dump: pages-articles(-multistream).xml or its parts, plain, .bz2, .gz, .xz or .zst, or the folder that holds it (its newest is taken).
Documents: a folder of .txt, .md, .html, .jsonl, .parquet and .arrow files, or one of these; what they may be used for is said by --licence.
Newer ones of a language that the run has read already are taken in: pages whose revision is unchanged keep their rows.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from charkha.cli.screen import Screen
from charkha.cli.steps import blocked_of, left_out_of, trouble_of
from charkha.core.errors import EXIT_DONE, EXIT_UNFINISHED, RecipeError, SourceError
from charkha.core.recipe import Documents
from charkha.core.run import Run
from charkha.corpus.dump import read_siteinfo
from charkha.corpus.folder import KINDS
from charkha.languages import Language, load
from charkha.stages.documents import in_words
from charkha.stages.ingest import Ingested, ingest
from charkha.stages.sources import Blocklist, Dump, Own, newest_dump
from charkha.stages.wiki_files import sql_beside, sql_files


def arguments(parser: argparse.ArgumentParser) -> None:
    """PATH --lang CODE --out RUN."""
    parser.add_argument("source", metavar="PATH", type=Path, nargs="+", help="a dump, all its parts, or documents")
    parser.add_argument("--lang", required=True, help="its language: a code (hi, hin_Deva) or a language file")
    parser.add_argument("--out", metavar="RUN", type=Path, required=True, help="the run folder")
    parser.add_argument(
        "--blocklist", metavar="FILE", type=Path, action="append", default=[], help="pages never to be used (JSONL)"
    )
    parser.add_argument(
        "--sql", metavar="PATH", type=Path, action="append", default=[], help="its SQL dumps, for Wikidata ids (default: beside the dump)"
    )
    parser.add_argument("--licence", "--license", default="", help="of the documents; of a dump where its date does not tell it")
    parser.add_argument("--source", dest="named", metavar="NAME", default="", help="whom to credit for the documents")
    parser.add_argument("--text-column", metavar="NAME", default="", help="of documents in rows (default: text)")
    parser.add_argument("--dump-date", metavar="YYYYMMDD", default="", help="where the file's name does not tell it")
    parser.add_argument("--processes", metavar="N", type=int, help="how many read at once (default: one a core)")


def command(given: argparse.Namespace) -> int:
    """Reads one language's source."""
    language, blocklist = load(given.lang, "--lang"), Blocklist.read(given.blocklist)
    if given.dump_date and not re.fullmatch(r"20\d{6}", given.dump_date):
        raise RecipeError(f"--dump-date {given.dump_date!r} is no date. Write it as 20261101.")
    dump = _source(given, language)
    with Run(given.out) as run, Screen("ingest") as screen:
        found = ingest(run, language, dump, blocklist, screen.pages, renew=True, processes=given.processes)
    _say(found, language)
    if "page_props" in dump.sql and "wikidata_id" not in found.split_by:
        print(f"{language.wiki}: first read without Wikidata ids, and splits stay as they were; to have them, name another --out")
    trouble = trouble_of(found.dump, found.cut, found.tally) + left_out_of(run, language.wiki, found.documents)
    for line in trouble:
        print(f"charkha: {line}", file=sys.stderr)
    return EXIT_UNFINISHED if trouble else EXIT_DONE


def _source(given: argparse.Namespace, language: Language) -> Dump:
    """What the paths are, by what they hold."""
    dumps: list[Path] = []
    documents: list[Path] = []
    for path in given.source:
        found = newest_dump(path, language) if path.is_dir() else [path] if _is_dump(path) else []
        dumps += found
        documents += [] if found else [path]
    if not documents:
        if given.named or given.text_column:
            raise RecipeError("--source and --text-column are for documents, and only a dump is named. Leave them out.")
        return Dump(tuple(dumps), given.licence, given.dump_date, sql=_sql(given, language, dumps))
    own = Own.of(Documents(path=documents, licence=given.licence, source=given.named, text=given.text_column))
    return Dump(tuple(dumps), "", given.dump_date, own, _sql(given, language, dumps))


def _sql(given: argparse.Namespace, language: Language, dumps: list[Path]) -> dict[str, Path]:
    """The SQL dumps that are named, else those beside the dump."""
    if not given.sql:
        return sql_beside(language.wiki, dumps)
    files = sql_files(given.sql)
    if language.wiki not in files:
        raise RecipeError(f"--sql names no SQL dump of {language.wiki!r}. They are named as {language.wiki}wiki-20261101-page_props.sql.gz is.")
    return files[language.wiki]


def _is_dump(path: Path) -> bool:
    """Whether a file is a dump; one that is neither a dump nor of a kind that documents have is told as no dump."""
    try:
        if path.is_file():
            read_siteinfo(path)
        return path.is_file() or path.suffix.lower() not in KINDS
    except SourceError:
        return path.suffix.lower() not in KINDS


def _say(found: Ingested, language: Language) -> None:
    print(
        f"{language.wiki}: {found.pages:,} articles ({found.disambiguations:,} disambiguations, {found.without_text:,} without "
        f"text), {found.redirects:,} redirects, {found.passages:,} passages"
    )
    for line in in_words(found.documents):
        print(line)
    if found.pages_seconds and found.tally["xml_bytes"] and not found.documents:
        size = found.tally["xml_bytes"] / 1e6
        print(
            f"{size:,.0f} MB of XML; pages {size / found.pages_seconds:.1f} MB a second and core, with passages "
            f"{size / (found.pages_seconds + found.passages_seconds):.1f}"
        )
    if found.since:
        before = "what was read before" if found.documents else "the dump before"
        print(f"against {before}: " + ", ".join(f"{count:,} {name}" for name, count in found.since.items()))
    for line in blocked_of([found.blocked]):
        print(line)

"""Which SQL dumps are there for which edition: by their names, as the dump server gives them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from charkha.core.errors import SourceError
from charkha.corpus.sql_wiki import TABLES

_NAME = re.compile(rf"([a-z][a-z0-9_]*)wiki(?:-(\d{{8}}|latest))?-({'|'.join(TABLES)})\.sql(?:\.(?:gz|bz2|xz|zst))?")
Files = dict[str, dict[str, Path]]  # edition -> table -> file


def sql_files(paths: Iterable[Path]) -> Files:
    """The SQL dumps among some files and in some folders: those of one date for each edition, the newest that has a `page` table.

    A table that is not there at that date is taken as it was at another one, the newest.

    Raises:
        SourceError: a path that is not there, or a file whose name does not tell what it is.
    """
    found: dict[str, dict[str, dict[str, Path]]] = {}  # edition -> table -> date -> file
    for path in paths:
        if not path.exists():
            raise SourceError(f"{str(path)!r} is not there. Name a folder of SQL dumps, or fetch them: charkha download hi")
        if path.is_file() and not _NAME.fullmatch(path.name):
            raise SourceError(f"{path.name!r} does not say which table of which wiki it is. Name it as hiwiki-20261101-page.sql.gz is.")
        for file in [path] if path.is_file() else sorted(path.rglob("*.sql*")):
            if named := _NAME.fullmatch(file.name):
                tables = found.setdefault(named[1].replace("_", "-"), {})
                tables.setdefault(named[3], {})[named[2] or ""] = file
    files: Files = {}
    for wiki, tables in sorted(found.items()):
        wanted = max(tables.get("page", {}), key=_age, default="")
        files[wiki] = {table: dates.get(wanted) or dates[max(dates, key=_age)] for table, dates in sorted(tables.items())}
    return files


def _age(date: str) -> str:
    """Sorts dates; `latest` is the newest, no date the oldest."""
    return "99999999" if date == "latest" else date


def sql_beside(wiki: str, dumps: Iterable[Path]) -> dict[str, Path]:
    """The SQL dumps of an edition that lie beside its dumps and are of their date."""
    heads = {(dump.parent, head[0]) for dump in dumps if (head := re.match(r"[a-z][a-z0-9_]*wiki-(?:\d{8}|latest)-", dump.name))}
    found = [path for folder, head in sorted(heads) for path in folder.glob(f"{head}*.sql*") if _NAME.fullmatch(path.name)]
    return sql_files(sorted(found)).get(wiki, {})

"""names: the links of a language's pages become its suffixes and its gazetteer. Finished when `names/<lang>/mined.json` stands.

Pages are streamed, a thousand at a time, and only their links are read; the links are sorted and counted on disk, by SQLite. Memory is flat
in the size of a wiki but for the rules of corpus/gazetteer.py.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow as pa

from charkha.core.errors import RunError
from charkha.core.files import TEMPORARY, disk_errors, write_json
from charkha.core.run import Run
from charkha.core.tables import GAZETTEER, SUFFIXES, damaged, open_table, write_table
from charkha.corpus.gazetteer import Entry, Miner, Seen, entry, name_of
from charkha.languages import Language
from charkha.text.names import Suffixes, teach

PAGES_AT_ONCE = 1_000
_LINKS = [
    "title",
    "page_id",
    "redirect_to",
    "links.list.element.target",
    "links.list.element.surface",
    "links.list.element.trail",
]

_TABLES = """
PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA temp_store = FILE; PRAGMA cache_size = -65536;
CREATE TABLE page (title TEXT PRIMARY KEY, id INTEGER, redirect TEXT) WITHOUT ROWID;
CREATE TABLE seen (target TEXT, surface TEXT, trail TEXT, n INTEGER);
"""
# The most linked target first; a rowid keeps the order, so that it is sorted once and read twice.
_SORT = """
CREATE TABLE link AS SELECT target, surface, trail, SUM(n) AS n FROM seen GROUP BY target, surface, trail;
DROP TABLE seen;
CREATE TABLE total (target TEXT PRIMARY KEY, n INTEGER) WITHOUT ROWID;
INSERT INTO total SELECT target, SUM(n) FROM link GROUP BY target ORDER BY target;
CREATE TABLE ordered AS SELECT link.* FROM link JOIN total USING (target)
    ORDER BY total.n DESC, link.target, link.n DESC, surface, trail;
DROP TABLE link;
"""
_EACH = """
SELECT o.target, COALESCE(NULLIF(p.redirect, ''), o.target), COALESCE(q.id, p.id, 0), o.surface, o.trail, o.n
FROM ordered AS o LEFT JOIN page AS p ON p.title = o.target LEFT JOIN page AS q ON q.title = NULLIF(p.redirect, '')
ORDER BY o.rowid
"""
_UNLINKED = """
SELECT p.title, COALESCE(NULLIF(p.redirect, ''), p.title), COALESCE(q.id, p.id)
FROM page AS p LEFT JOIN page AS q ON q.title = NULLIF(p.redirect, '')
WHERE NOT EXISTS (SELECT 1 FROM total WHERE total.target = p.title) ORDER BY p.title
"""


@dataclass
class Mined:
    """What mined.json says of a language. Counts are links of the prose but for names (rows of the gazetteer) and suffixes."""

    lang: str
    links: int = 0
    bare: int = 0  # show the name of their target as it is
    inflected: int = 0  # show it in another form
    names: int = 0
    red: int = 0  # names whose page is not in the dump
    suffixes: int = 0


def mine(run: Run, language: Language, again: bool = False) -> Mined:
    """Mines a language's links, unless that was done since its pages were read, and teaches the language its suffixes.

    Raises:
        RunError: a table of pages is not whole, or the disk is full.
    """
    folder = run.folder / "names" / language.wiki
    found = None if again else _standing(folder, run.tables("pages", language.wiki))
    if found is None:
        (folder / "mined.json").unlink(missing_ok=True)
        found = _mine(run, language, folder)
        write_json(folder / "mined.json", asdict(found))
    teach_from(run, language)
    return found


def teach_from(run: Run, language: Language) -> None:
    """Teaches the checks what was mined, where something was."""
    path = run.folder / "names" / language.wiki / "suffixes.parquet"
    if path.exists():
        teach(language, Suffixes.load(path))


def _standing(folder: Path, pages: list[Path]) -> Mined | None:
    """What an earlier call found; None where a file is lost or pages are newer."""
    done = folder / "mined.json"
    if not all(path.exists() for path in (done, folder / "suffixes.parquet", folder / "gazetteer.parquet")):
        return None
    if any(path.stat().st_mtime_ns > done.stat().st_mtime_ns for path in pages):
        return None
    try:
        return Mined(**json.loads(done.read_text(encoding="utf-8")))
    except (ValueError, TypeError):
        return None


def _mine(run: Run, language: Language, folder: Path) -> Mined:
    found = Mined(language.wiki)
    with _database(folder) as links:
        links.executescript(_TABLES)
        for path in run.tables("pages", language.wiki):
            _pour(path, links)
        links.executescript(_SORT)
        miner = Miner()
        for seen in _each(links):
            miner.see(seen)
        suffixes = miner.suffixes(_alone(links, miner.candidates()))
        found.suffixes = write_table(folder / "suffixes.parquet", SUFFIXES, map(asdict, suffixes))
        rules = Suffixes((rule.cut, rule.suffix) for rule in suffixes)
        found.names = write_table(folder / "gazetteer.parquet", GAZETTEER, _rows(links, rules, found))
    return found


@contextmanager
def _database(folder: Path) -> Iterator[sqlite3.Connection]:
    """A database beside the tables that is gone afterwards; what a killed process leaves is swept up as a temporary file."""
    path = folder / f"{TEMPORARY}links.sqlite"
    with disk_errors(path):
        folder.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(path)) as links:
            yield links
    except sqlite3.OperationalError as error:
        raise RunError(
            f"cannot sort the links of {folder.name!r} in {str(path)!r}: {error}. Free some space and run the same command again."
        ) from error
    finally:
        path.unlink(missing_ok=True)


def _pour(path: Path, links: sqlite3.Connection) -> None:
    with open_table(path) as file:
        try:
            for batch in file.iter_batches(batch_size=PAGES_AT_ONCE, columns=_LINKS):
                pages = (batch.column(name).to_pylist() for name in ("title", "page_id", "redirect_to"))
                links.executemany("INSERT OR IGNORE INTO page VALUES (?, ?, ?)", zip(*pages, strict=True))
                each = batch.column("links").flatten()
                seen = Counter(
                    zip(*(each.field(name).to_pylist() for name in ("target", "surface", "trail")), strict=True)
                )
                links.executemany("INSERT INTO seen VALUES (?, ?, ?, ?)", ((*key, n) for key, n in seen.items()))
        except (pa.ArrowException, OSError) as error:
            raise damaged(path, error) from error


def _each(links: sqlite3.Connection) -> Iterator[Seen]:
    for row in links.execute(_EACH):
        yield Seen(*row)


def _alone(links: sqlite3.Connection, pieces: set[str]) -> dict[str, int]:
    """How many links show each piece and nothing else."""
    links.execute("CREATE TEMP TABLE piece (surface TEXT PRIMARY KEY)")
    links.executemany("INSERT INTO piece VALUES (?)", ((piece,) for piece in pieces))
    return dict(links.execute("SELECT surface, SUM(n) FROM ordered JOIN piece USING (surface) GROUP BY surface"))


def _rows(links: sqlite3.Connection, suffixes: Suffixes, found: Mined) -> Iterator[dict[str, Any]]:
    """The rows of the gazetteer, the most linked first, then names without a link; counted as they pass."""
    for _, group in groupby(_each(links), key=lambda seen: seen.target):
        made = entry(group, suffixes)
        found.links += made.links
        found.bare += made.bare
        found.inflected += made.inflected
        found.red += not made.page_id
        yield asdict(made)
    for target, title, page_id in links.execute(_UNLINKED):
        yield asdict(Entry(name_of(target), title, page_id, title != target))

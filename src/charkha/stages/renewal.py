"""What an earlier ingest left, while a newer source is read: set beside, put back, its rows of unchanged pages copied by columns."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from charkha.core.run import Run
from charkha.core.tables import open_table, write_columns
from charkha.stages.reading import Revisions

PARTS = ("pages", "passages", "categories")  # the folders of a run that an ingest fills
BESIDE, ASIDE = "before-", "before-ingest.json"  # what the dump before left, while a newer one is read


def put_back(run: Run, lang: str) -> None:
    """What was set beside for a newer dump that was not taken in after all stands again as it stood."""
    aside, done = (run.folder / "pages" / lang / name for name in (ASIDE, "ingest.json"))
    folders = [run.folder / part / lang for part in PARTS]
    if aside.exists() and not done.exists():
        for folder in folders:
            for left in folder.glob("[0-9]*.parquet"):
                left.unlink()
        aside.rename(done)
    for folder in folders:
        rename(folder, f"{BESIDE}*.parquet", lambda name: name.removeprefix(BESIDE))


def rename(folder: Path, pattern: str, name: Callable[[str], str]) -> None:
    """Gives the files of a pattern other names in the same folder."""
    for path in sorted(folder.glob(pattern)):
        path.rename(path.with_name(name(path.name)))


def revisions_of(paths: list[Path]) -> Revisions:
    """The page ids and revision ids of page tables, sorted by page."""
    tables = []
    for path in paths:
        with open_table(path) as file:
            tables.append(file.read(columns=["page_id", "revision_id"]))
    table = pa.concat_tables(tables).sort_by("page_id")
    ids, revisions = (array("q", table.column(name).to_pylist()) for name in ("page_id", "revision_id"))
    return Revisions(ids, revisions)


def filter_rows(source: Path, to: Path, schema: pa.Schema, page_ids: array[int], *, keep: bool) -> list[str]:
    """Writes the rows of some pages (or of all others) to a file; returns the titles of the rows that `page_ids` names."""
    named: list[str] = []
    wanted = pa.array(page_ids, pa.int64())

    def groups() -> Iterator[pa.Table]:
        with open_table(source) as file:
            for number in range(file.num_row_groups):
                table = _in_columns(file.read_row_group(number), schema)
                hit = pc.is_in(table.column("page_id"), value_set=wanted)
                found = table.filter(hit)
                named.extend(found.column("title").to_pylist())
                yield found if keep else table.filter(pc.invert(hit))

    write_columns(to, schema, groups())
    return named


def _in_columns(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """A table that was written before a column of text was thought of has it empty."""
    for field in schema:
        if field.name not in table.schema.names:
            table = table.append_column(field, pa.array([""] * len(table), field.type))
    return table.select(schema.names)

"""Files of rows (JSONL, parquet, Arrow) -> rows with their fields by column. A torn line or a damaged file is told, the rest is read on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from charkha.corpus.decode import Unfit
from charkha.corpus.folder import DocumentFile, open_document

MOST_LINE = 128 << 20  # bytes of a JSONL line
_BATCH = 128
_FIELDS = ("title", "url", "id", "licence", "license", "source", "lang")
_DAMAGE = (pa.ArrowException, OSError, ValueError, MemoryError, OverflowError)


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns hold what, where they are not named so themselves."""

    text: str = ""
    title: str = ""
    url: str = ""
    id: str = ""
    licence: str = ""

    def of(self, field: str) -> str:
        """The column of a field."""
        return getattr(self, field, "") or field


Row = tuple[int, dict[str, Any] | Unfit]  # its number from 1, its fields by name or what is wrong with it


def read_rows(file: DocumentFile, columns: Columns) -> Iterator[Row]:
    """The rows of a file, each with the fields text, title, url, id, licence, source and lang that it has.

    Raises:
        Unfit: `damaged` or `no_text_column`, of the file; what was read before counts.
    """
    with open_document(file.path) as handle:
        if file.kind == "jsonl":
            yield from _lines(handle, file, columns)
        else:
            yield from _table(handle, file, columns)


def _lines(handle: BinaryIO, file: DocumentFile, columns: Columns) -> Iterator[Row]:
    handle.seek(file.start)
    at, number = file.start, file.row
    while (file.end is None or at < file.end) and (line := handle.readline(MOST_LINE)):
        at += len(line)
        number += 1
        if len(line) == MOST_LINE and not line.endswith(b"\n"):
            raise Unfit("too_large", f"line {number:,} is longer than {MOST_LINE >> 20} MB; the rest of the file is not read")
        line = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
        if line.strip():
            yield number, _parsed(line, columns)


def _parsed(line: bytes, columns: Columns) -> dict[str, Any] | Unfit:
    try:
        data = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError:
        return Unfit("encoding", "it is no UTF-8")
    except (ValueError, RecursionError) as error:
        told = f"{error.msg} at character {error.pos:,}" if isinstance(error, json.JSONDecodeError) else "nested too deeply, or a number too long"
        return Unfit("torn", f"it is no JSON: {told}")
    if not isinstance(data, dict):
        return Unfit("torn", f"it holds {type(data).__name__}, no fields")
    if columns.of("text") not in data:
        return _no_column(columns, list(data))
    return _fields(data, columns)


def _fields(data: Mapping[str, Any], columns: Columns) -> dict[str, Any]:
    return {field: data.get(columns.of(field)) for field in ("text", *_FIELDS)}


def _no_column(columns: Columns, there: list[str]) -> Unfit:
    names = ", ".join(repr(name[:60]) for name in there[:20]) + (", ..." if len(there) > 20 else "")
    return Unfit(
        "no_text_column",
        f"it has no column {columns.of('text')!r}, but {names or 'none at all'}. Name it: `text:` in the recipe, or --text-column",
    )


def _table(handle: BinaryIO, file: DocumentFile, columns: Columns) -> Iterator[Row]:
    number = 0
    try:
        for batch in _batches(handle, file, columns):
            held = {name: batch.column(name) for name in batch.schema.names}
            for at in range(len(batch)):
                number += 1
                yield number, _cells(held, at, columns)
    except _DAMAGE as error:
        told = str(error).strip().partition("\n")[0][:200] or type(error).__name__
        raise Unfit("damaged", f"{file.kind} is damaged behind row {number:,}: {told}") from error


def _batches(handle: BinaryIO, file: DocumentFile, columns: Columns) -> Iterator[pa.RecordBatch]:
    if file.kind == "parquet":
        table = pq.ParquetFile(handle, thrift_string_size_limit=64 << 20, thrift_container_size_limit=1 << 20)
        wanted, schema = _wanted(table.schema_arrow.names, columns), table.schema_arrow
        # As dictionaries: a few kilobytes that name one long text a million times are not unfolded.
        long = [name for name in wanted if pa.types.is_string(schema.field(name).type) or pa.types.is_large_string(schema.field(name).type)]
        table = pq.ParquetFile(handle, metadata=table.metadata, read_dictionary=long)
        yield from table.iter_batches(_BATCH, columns=wanted)
        return
    magic = handle.read(6)
    handle.seek(0)
    if magic == b"ARROW1":
        reader = pa.ipc.open_file(handle)
        batches = (reader.get_batch(at) for at in range(reader.num_record_batches))
    else:
        reader = pa.ipc.open_stream(handle)
        batches = iter(reader)
    wanted = _wanted(reader.schema.names, columns)
    for batch in batches:
        batch.validate(full=True)
        yield batch.select(wanted)


def _wanted(there: list[str], columns: Columns) -> list[str]:
    if columns.of("text") not in there:
        raise _no_column(columns, there)
    wanted = [name for name in dict.fromkeys(columns.of(field) for field in ("text", *_FIELDS)) if name in there]
    if twice := next((name for name in wanted if there.count(name) > 1), None):
        raise Unfit("damaged", f"it has {there.count(twice):,} columns {twice!r}, and nobody says which one is meant")
    return wanted


def _cells(held: Mapping[str, pa.Array], at: int, columns: Columns) -> dict[str, Any] | Unfit:
    try:
        return _fields({name: column[at].as_py() for name, column in held.items()}, columns)
    except UnicodeDecodeError:
        return Unfit("encoding", "it is no UTF-8")

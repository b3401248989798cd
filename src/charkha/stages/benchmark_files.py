"""The rows of a benchmark's own file, one at a time: JSON, JSON lines, CSV, TSV, parquet. It refuses to know what a row means.

Of a JSON document, the list that holds its rows (the document itself, or its `data`, `examples`, `rows`) is read element by element;
at most one row is held. A row is whatever stands there: mostly a dict, which gets the document's own plain fields (a `lang` beside `data`).
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TextIO

import pyarrow as pa
import pyarrow.parquet as pq

from charkha.core.errors import SourceError

CONTAINERS = ("data", "examples", "rows")
MOST_CHARS = 16 << 20  # of one row or field; a file that needs more is not what its name says
_BLOCK = 1 << 16
_LONGEST_NAME = 100  # characters of a column's name
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?")
_SPACE = re.compile(r"\s*")
_DECODER = json.JSONDecoder()


def rows_of(path: Path) -> Iterator[Any]:
    """The rows of a file, by the ending of its name.

    Raises:
        SourceError: no such file, an unknown ending, or content that is not what the ending says, with its place.
    """
    read = READERS.get(path.suffix.casefold())
    if read is None:
        raise SourceError(f"cannot tell what {str(path)!r} is. Name a file that ends in {', '.join(READERS)}.")
    try:
        yield from read(path)
    except UnicodeDecodeError as error:
        raise SourceError(f"{str(path)!r} is not text in UTF-8 ({error.reason}). Convert it first.") from error
    except OSError as error:
        raise SourceError(f"cannot read {str(path)!r}: {error.strerror or error}. Check the path.") from error


def _lines(path: Path) -> Iterator[Any]:
    with path.open(encoding="utf-8-sig") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                try:
                    yield json.loads(line)
                except ValueError as error:
                    raise SourceError(f"{path}:{number} is not JSON ({error}). Write one object a line.") from error


def _table(delimiter: str) -> Callable[[Path], Iterator[Any]]:
    def read(path: Path) -> Iterator[Any]:
        csv.field_size_limit(MOST_CHARS)
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.reader(file, delimiter=delimiter)
            try:
                header = next(lines, None)
                if header is None:
                    return
                _check_header(path, header)
                for cells in lines:
                    if cells:
                        yield dict(zip(header, cells, strict=False))
            except csv.Error as error:
                raise SourceError(f"{path}:{lines.line_num}: {error}. Is it a table with quoted fields?") from error

    return read


def _check_header(path: Path, header: list[str]) -> None:
    names = [name.strip() for name in header]
    odd = next((name for name in names if len(name) > _LONGEST_NAME or "://" in name or _NUMBER.fullmatch(name)), None)
    if odd is not None or len(set(names)) < len(names) or not any(names):
        shown = repr((odd or ", ".join(names))[:40])
        raise SourceError(f"{path}:1 is no header ({shown}). Write the names of the columns in the first line.")


def _parquet(path: Path) -> Iterator[Any]:
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=256):
                yield from batch.to_pylist()
    except pa.ArrowException as error:
        raise SourceError(f"{str(path)!r} is not a whole parquet file ({error}). Get it again.") from error


def _document(path: Path) -> Iterator[Any]:
    with path.open(encoding="utf-8-sig") as file:
        reader = _Json(file)
        try:
            while reader.peek():
                yield from reader.rows()  # a file of JSON lines may be called .json too
        except ValueError as error:
            message = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
            raise SourceError(f"{path}:{reader.line} is not JSON ({message}). Mend it, or get it again.") from error


class _Json:
    """A JSON text of which no more is held than the value at hand."""

    def __init__(self, file: TextIO) -> None:
        self._file, self._held, self._at, self._passed = file, "", 0, 1

    @property
    def line(self) -> int:
        """The line that is being read."""
        return self._passed + self._held.count("\n", 0, self._at)

    def rows(self) -> Iterator[Any]:
        """The elements of the list at hand, or of the containers of the object at hand; else the value itself."""
        first = self.peek()
        if first == "[":
            yield from self._elements()
        elif first == "{":
            yield from self._members()
        else:
            yield self._value()

    def peek(self) -> str:
        """The next character that is no space; empty at the end."""
        while True:
            space = _SPACE.match(self._held, self._at)
            self._at = space.end() if space else self._at
            if self._at < len(self._held):
                return self._held[self._at]
            if not self._more():
                return ""

    def _more(self, chars: int = _BLOCK) -> bool:
        block = self._file.read(chars)
        self._passed = self.line
        self._held, self._at = self._held[self._at :] + block, 0
        return bool(block)

    def _value(self) -> Any:
        self.peek()
        while True:
            try:
                value, end = _DECODER.raw_decode(self._held, self._at)
                if end < len(self._held):
                    self._at = end
                    return value
                if not self._more():  # a number may go on
                    self._at = len(self._held)
                    return value
            except json.JSONDecodeError:
                if len(self._held) - self._at > MOST_CHARS:
                    raise ValueError(f"a value of more than {MOST_CHARS >> 20} million characters") from None
                if not self._more(max(_BLOCK, len(self._held))):
                    raise

    def _take(self, chars: str) -> str:
        found = self.peek()
        if not found or found not in chars:
            raise ValueError(f"expected {' or '.join(chars)}, found {found or 'the end'}")
        self._at += 1
        return found

    def _name(self) -> str:
        name = self._value()
        if not isinstance(name, str):
            raise ValueError(f"expected a name, found {name!r}")
        return name

    def _elements(self) -> Iterator[Any]:
        self._take("[")
        if self.peek() == "]":
            self._at += 1
            return
        while True:
            yield self._value()
            if self._take(",]") == "]":
                return

    def _members(self) -> Iterator[Any]:
        own: dict[str, Any] = {}
        held = False  # a container's rows were given out
        self._take("{")
        if self.peek() == "}":
            self._at += 1
            return
        while True:
            name = self._name()
            self._take(":")
            if name in CONTAINERS and self.peek() == "[":
                held = True
                plain = {key: value for key, value in own.items() if isinstance(value, str)}
                yield from ({**plain, **row} if isinstance(row, dict) else row for row in self._elements())
            else:
                own[name] = self._value()
            if self._take(",}") == "}":
                break
        if not held:
            yield own


READERS: dict[str, Callable[[Path], Iterator[Any]]] = {
    ".json": _document, ".jsonl": _lines, ".ndjson": _lines, ".csv": _table(","), ".tsv": _table("\t"), ".parquet": _parquet,
}  # fmt: skip

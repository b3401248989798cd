"""Records as parquet (zstd), and back. The schemas here are the columns that DESIGN promises."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from charkha.core.errors import RunError
from charkha.core.files import whole, write_whole
from charkha.core.records import (
    Decision,
    Evidence,
    Example,
    Failure,
    Link,
    Message,
    Page,
    Passage,
    Reason,
    Score,
    Section,
    Sentence,
)

_text, _int, _float = pa.string(), pa.int64(), pa.float64()


def _struct(**fields: pa.DataType) -> pa.StructType:
    return pa.struct(list(fields.items()))


MESSAGES = pa.list_(_struct(role=_text, content=_text))
EVIDENCE = pa.list_(_struct(page_id=_int, revision_id=_int, start=_int, end=_int, text=_text))
PROVENANCE = _struct(
    title=_text, url=_text, page_id=_int, revision_id=_int, dump_date=_text, licence=_text,
    artifact=_text, source_dataset=_text, source_row=_text, source=_text,
)  # fmt: skip
GENERATION = _struct(
    kind=_text, provider=_text, model=_text, terms=_text, prompt=_text, sampling=_text, tokens_in=_int, tokens_out=_int
)
QUALITY = pa.list_(_struct(name=_text, message=pa.int32(), value=_float))

PAGES = pa.schema(
    list(
        {
            "lang": _text, "title": _text, "page_id": _int, "revision_id": _int, "timestamp": _text, "dump_date": _text,
            "url": _text, "wikidata_id": _text, "text": _text, "lead": _text,
            "sections": pa.list_(_struct(level=pa.int32(), title=_text, text=_text)),
            "categories": pa.list_(_text),
            "links": pa.list_(_struct(target=_text, surface=_text, trail=_text, start=_int, end=_int)),
            "langlinks": pa.map_(_text, _text), "infobox": pa.map_(_text, _text),
            "tables": pa.list_(pa.list_(pa.list_(_text))), "captions": pa.list_(_text), "coordinates": pa.list_(_float),
            "redirect_to": _text, "disambiguation": pa.bool_(), "sensitivity": pa.list_(_text), "split": _text,
            "licence": _text, "source": _text,
        }.items()
    )
)  # fmt: skip
PASSAGES = pa.schema(
    list(
        {
            "id": _text, "lang": _text, "page_id": _int, "revision_id": _int, "title": _text, "url": _text,
            "dump_date": _text, "licence": _text, "split": _text, "start": _int, "end": _int, "text": _text,
            "sentences": pa.list_(_struct(start=_int, end=_int, section=_text)),
            "names": pa.list_(_text), "links": pa.list_(_text), "categories": pa.list_(_text), "sensitivity": pa.list_(_text),
            "source": _text,
        }.items()
    )
)  # fmt: skip
CATEGORIES = pa.schema(
    [("page_id", _int), ("title", _text), ("parents", pa.list_(_text)), ("hidden", pa.bool_()), ("langlinks", pa.map_(_text, _text)),
     ("wikidata_id", _text)]
)  # fmt: skip
ARTIFACTS = pa.schema(
    [("id", _text), ("wikidata_id", _text), ("kind", _text), ("weight", _float), ("depth", pa.int32()), ("path", pa.list_(_text)),
     ("path_wiki", _text), ("sitelinks", pa.int32()), ("origin", _text), ("langs", pa.list_(_text)), ("titles", pa.map_(_text, _text)),
     ("pages", pa.map_(_text, _int))]
)  # fmt: skip
GROUNDINGS = pa.schema(
    list(
        {
            "passage": _text, "file": pa.int32(), "row": pa.int32(), "page_id": _int, "title": _text, "category": _text,
            "sensitivity": pa.list_(_text), "family": pa.int32(), "chain": pa.list_(pa.int32()), "document": pa.int32(),
            "artifact": _text, "kind": _text, "weight": _float, "about": pa.list_(pa.int32()),
        }.items()
    )
)  # fmt: skip
SUFFIXES = pa.schema(
    [("suffix", _text), ("cut", _text), ("links", _int), ("titles", _int), ("parts", pa.list_(_text)),
     ("examples", pa.list_(_struct(name=_text, surface=_text)))]
)  # fmt: skip
_FORMS = pa.list_(_struct(form=_text, count=_int))
GAZETTEER = pa.schema(
    [("name", _text), ("title", _text), ("page_id", _int), ("redirect", pa.bool_()), ("links", _int), ("bare", _int),
     ("inflected", _int), ("forms", _FORMS), ("aliases", _FORMS)]
)  # fmt: skip
EXAMPLES = pa.schema(
    list(
        {
            "id": _text, "subset": _text, "lang": _text, "split": _text, "round": _int, "position": _int,
            "messages": MESSAGES, "message_langs": pa.list_(_text), "context": _text, "grounding_id": _text,
            "evidence": EVIDENCE, "provenance": PROVENANCE, "generation": GENERATION,
            "variety": _text, "extra": _text, "replies": pa.list_(_text),
        }.items()
    )
)  # fmt: skip
FAILED = pa.schema(
    [
        ("id", _text), ("subset", _text), ("lang", _text), ("round", _int), ("position", _int), ("code", _text),
        ("detail", _text), ("replies", pa.list_(_text)),
    ]
)  # fmt: skip
DECISIONS = pa.schema(
    [("id", _text), ("subset", _text), ("kept", pa.bool_()), ("code", _text), ("detail", _text), ("kind", _text),
     ("scores", QUALITY)]
)  # fmt: skip
DATASET = pa.schema(
    list(
        {
            "id": _text, "messages": MESSAGES, "subset": _text, "lang": _text, "message_langs": pa.list_(_text),
            "context": _text, "split": _text, "seed_id": _text, "evidence": EVIDENCE, "provenance": PROVENANCE,
            "generation": GENERATION, "quality": QUALITY,
        }.items()
    )
)  # fmt: skip
ATTRIBUTION = pa.schema(
    [("lang", _text), ("title", _text), ("url", _text), ("page_id", _int), ("revision_id", _int), ("dump_date", _text),
     ("licence", _text), ("source", _text), ("rows", _int)]
)  # fmt: skip


def as_table(records: Sequence[Any], schema: pa.Schema) -> pa.Table:
    """Records as a table, column by column: fifty times as fast as a dict per row.

    Args:
        records: objects that have the schema's columns as attributes; structs are such objects too, maps are dicts.
        schema: the columns.
    """
    columns = [_column([getattr(record, field.name) for record in records], field.type) for field in schema]
    return pa.Table.from_arrays(columns, schema=schema)


def _column(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    if pa.types.is_map(kind):
        keys, items, ends = [], [], [0]
        for value in values:
            keys += value
            items += value.values()
            ends.append(len(keys))
        return pa.MapArray.from_arrays(
            pa.array(ends, pa.int32()), _column(keys, kind.key_type), _column(items, kind.item_type)
        )
    if pa.types.is_list(kind):
        flat: list[Any] = []
        ends = [0]
        for value in values:
            flat += value
            ends.append(len(flat))
        return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), _column(flat, kind.value_type))
    if pa.types.is_struct(kind):
        parts = [_column([getattr(value, part.name) for value in values], part.type) for part in kind]
        return pa.StructArray.from_arrays(parts, fields=list(kind))
    return pa.array(values, kind)


@contextmanager
def record_writer(path: Path, schema: pa.Schema) -> Iterator[Callable[[Sequence[Any]], None]]:
    """A function that appends records to a parquet file as a row group; the file is there whole at the end, or not at all.

    Texts stand once each, so only short columns that repeat are worth a dictionary. Raises RunError when the disk is full.
    """
    repeating = [name for name in ("lang", "dump_date", "licence", "split", "source") if name in schema.names]
    with whole(path) as temporary, _writer(temporary, schema, use_dictionary=repeating) as to:
        yield lambda records: to.write_table(as_table(records, schema))


def _writer(path: Path, schema: pa.Schema, *, use_dictionary: bool | list[str] = True) -> pq.ParquetWriter:
    """Without statistics: nothing asks for the least and the last of a text, and they stay in memory until the file is closed."""
    return pq.ParquetWriter(path, schema, compression="zstd", use_dictionary=use_dictionary, write_statistics=False)


def write_columns(path: Path, schema: pa.Schema, tables: Iterable[pa.Table]) -> None:
    """Writes tables as the row groups of one parquet file, whole or not at all."""
    with whole(path) as temporary, _writer(temporary, schema) as to:
        for table in tables:
            if len(table):
                to.write_table(table)


def write_table(path: Path, schema: pa.Schema, rows: Iterable[dict[str, Any]], batch: int = 1000) -> int:
    """Writes rows as one parquet file, whole or not at all; returns how many.

    At most `batch` rows are held. Raises RunError when the disk is full.
    """
    count = 0

    def fill(temporary: Path) -> None:
        nonlocal count
        with _writer(temporary, schema) as writer:
            held: list[dict[str, Any]] = []
            for row in rows:
                held.append(row)
                if len(held) >= batch:
                    writer.write_table(pa.Table.from_pylist(held, schema=schema))
                    count += len(held)
                    held = []
            if held:
                writer.write_table(pa.Table.from_pylist(held, schema=schema))
                count += len(held)

    write_whole(path, fill)
    return count


def read_table(path: Path, columns: list[str] | None = None) -> Iterator[dict[str, Any]]:
    """Yields the rows of a parquet file, a batch at a time.

    Raises:
        RunError: the file is not a whole parquet file.
    """
    with open_table(path) as file:
        batches = file.iter_batches(batch_size=500, columns=columns)
        while True:
            try:
                batch = next(batches, None)
            except (pa.ArrowException, OSError) as error:
                raise damaged(path, error) from error
            if batch is None:
                return
            yield from batch.to_pylist()


def open_table(path: Path) -> pq.ParquetFile:
    """Opens a parquet file.

    Raises:
        RunError: it is not there, or not whole.
    """
    try:
        return pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise damaged(path, error) from error


def damaged(path: Path, error: Exception) -> RunError:
    """The line for a table that cannot be read: what to remove so that it is made again.

    Of passages and pages it is the mark of the finished ingest, of the rest the file itself.
    """
    read = path.parent.parent.name in ("pages", "passages")
    remove = path.parents[2] / "pages" / path.parent.name / "ingest.json" if read else path
    return RunError(
        f"{str(path)!r} is not a whole parquet file ({type(error).__name__}). Remove {str(remove)!r} and run `charkha run` "
        "with its recipe again: what it held is made anew, from the dump or from the replies already bought."
    )


def count_rows(path: Path) -> int:
    """The number of rows, from the file's footer."""
    return int(pq.read_metadata(path).num_rows)


def page_of(row: dict[str, Any]) -> Page:
    """The page of a row."""
    return Page(
        **{
            **row,
            "sections": [Section(**section) for section in row["sections"]],
            "links": [Link(**link) for link in row["links"]],
            "langlinks": dict(row["langlinks"]),
            "infobox": dict(row["infobox"]),
        }
    )


def passage_of(row: dict[str, Any]) -> Passage:
    """The passage of a row."""
    lists = {name: tuple(row[name]) for name in ("names", "links", "categories", "sensitivity")}
    return Passage(**{**row, **lists, "sentences": tuple(Sentence(**item) for item in row["sentences"])})


def example_row(example: Example) -> dict[str, Any]:
    """An example as a row of `examples/<lang>/`; variety and extra as JSON."""
    row = asdict(example)
    row["variety"] = json.dumps(example.variety, ensure_ascii=False, sort_keys=True)
    row["extra"] = json.dumps(example.extra, ensure_ascii=False, sort_keys=True)
    return row


def example_of(row: dict[str, Any]) -> Example:
    """The example of a row."""
    return Example(
        **{
            **row,
            "messages": [Message(**message) for message in row["messages"]],
            "evidence": [Evidence(**span) for span in row["evidence"]],
            "variety": json.loads(row["variety"]),
            "extra": json.loads(row["extra"]),
        }
    )


def failure_row(failure: Failure) -> dict[str, Any]:
    """A failure as a row of `failed/<lang>/`."""
    return asdict(failure)


def decision_row(decision: Decision) -> dict[str, Any]:
    """A decision as a row of `decisions/<stage>/<lang>/`."""
    reason = decision.reason
    return {
        "id": decision.id,
        "subset": decision.subset,
        "kept": decision.kept,
        "code": reason.code if reason else None,
        "detail": reason.detail if reason else None,
        "kind": reason.kind if reason else None,
        "scores": [asdict(score) for score in decision.scores],
    }


def decision_of(row: dict[str, Any]) -> Decision:
    """The decision of a row."""
    reason = Reason(row["code"], row["detail"] or "", row["kind"]) if row["code"] else None
    scores = tuple(Score(**score) for score in row["scores"])
    return Decision(row["id"], row["subset"], row["kept"], reason, scores)

"""The rows a reader sees: a few of each cell, always the same ones, their messages cut into shown and folded parts.

The sample is the rows whose ids hash lowest: it does not depend on order or shards. Ids are read first, then only the
row groups that hold a chosen row; of the passages, only the row groups that hold a chosen row's page.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from charkha.core.run import Run
from charkha.report.facts import Facts, Tongue, batches, tongue, whole

ROWS_A_CELL = 3
SHOWN = 1_200  # characters of a message before it is folded
FOLDED = 6_000  # characters of one folded part; `charkha why` prints the rest
_Span = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class Text:
    """A text as the page shows it: `head` open, `rest` folded, `left` characters not on the page at all."""

    head: str
    rest: str = ""
    left: int = 0


@dataclass(frozen=True, slots=True)
class Turn:
    """One message. `passage` is the part of it that is the page's own text."""

    role: str
    tongue: Tongue
    text: Text
    passage: Text | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """One row. `passage` is what it rests on where no message holds it; `link` is empty unless it is a web address."""

    id: str
    context: str
    split: str
    kind: str
    model: str
    turns: list[Turn]
    passage: Text | None
    provenance: dict[str, Any]
    link: str
    quality: list[dict[str, Any]]


def sample(run: Run, facts: Facts) -> dict[tuple[str, str], list[Shown]]:
    """Up to three rows of every cell, lowest id hash first."""
    raw = {key: [_row(path, at) for path, at in _chosen(paths)] for key, paths in sorted(facts.files.items())}
    wanted: dict[str, set[int]] = {}
    for (_, lang), rows in raw.items():
        wanted.setdefault(lang, set()).update(row["provenance"]["page_id"] or 0 for row in rows)
    passages = {lang: _passages(run, lang, pages) for lang, pages in wanted.items()}
    tongues: dict[str, Tongue] = {}
    return {
        key: [_shown(row, passages[key[1]], tongues, facts.tongues[key[1]]) for row in rows]
        for key, rows in raw.items()
    }


def _chosen(paths: list[Path]) -> list[tuple[Path, int]]:
    """(file, row number) of the rows with the lowest id hashes."""

    def hashed() -> Iterator[tuple[bytes, str, int]]:
        for path in paths:
            at = 0
            for batch in batches(path, ["id"]):
                for identity in batch.column("id").to_pylist():
                    yield hashlib.blake2b(str(identity).encode("utf-8"), digest_size=8).digest(), str(path), at
                    at += 1

    return [(Path(path), at) for _, path, at in heapq.nsmallest(ROWS_A_CELL, hashed())]


def _row(path: Path, at: int) -> dict[str, Any]:
    with whole(path) as file:
        for group in range(file.num_row_groups):
            size = file.metadata.row_group(group).num_rows
            if at < size:
                found: dict[str, Any] = file.read_row_group(group).slice(at, 1).to_pylist()[0]
                return found
            at -= size
    raise IndexError(at)


def _passages(run: Run, lang: str, pages: set[int]) -> dict[int, list[_Span]]:
    """Page id -> (start, end, text) of its passages, for the pages asked for."""
    found: dict[int, list[_Span]] = {}
    for path in run.tables("passages", lang):
        with whole(path) as file:
            for group in range(file.num_row_groups):
                here = file.read_row_group(group, columns=["page_id"]).column("page_id").to_pylist()
                if pages.isdisjoint(here):
                    continue
                for row in file.read_row_group(group, columns=["page_id", "start", "end", "text"]).to_pylist():
                    if row["page_id"] in pages:
                        found.setdefault(row["page_id"], []).append((row["start"], row["end"], row["text"]))
    return found


def _shown(row: dict[str, Any], passages: dict[int, list[_Span]], tongues: dict[str, Tongue], own: Tongue) -> Shown:
    spans = passages.get(row["provenance"]["page_id"] or 0, [])
    codes = [*row["message_langs"], *[own.code] * len(row["messages"])]
    turns = []
    for message, code in zip(row["messages"], codes, strict=False):
        if code not in tongues:
            tongues[code] = own if code in (own.code, own.wiki) else tongue(code)
        turns.append(_turn(message, tongues[code], row["context"], spans))
    inside = any(turn.passage for turn in turns)
    resting = "" if inside or row["context"] == "open" else _resting(row["evidence"], spans)
    return Shown(
        id=row["id"],
        context=row["context"],
        split=row["split"],
        kind=row["generation"]["kind"],
        model=row["generation"]["model"],
        turns=turns,
        passage=_folded(resting) if resting else None,
        provenance=row["provenance"],
        link=web_address(row["provenance"]["url"]),
        quality=row["quality"],
    )


def _turn(message: dict[str, str], said_in: Tongue, context: str, spans: list[_Span]) -> Turn:
    """A user's turn that ends in the passage is cut there, so that the passage is folded and printed once."""
    content = message["content"]
    if message["role"] == "user" and context == "open":
        for _, _, text in sorted(spans, key=lambda span: -len(span[2])):
            if text and content.endswith(text):
                return Turn(message["role"], said_in, fold_long(content[: -len(text)].rstrip()), _folded(text))
    return Turn(message["role"], said_in, fold_long(content))


def _resting(evidence: list[dict[str, Any]], spans: list[_Span]) -> str:
    """The passage that holds the row's evidence; the evidence itself where the passages are gone."""
    for start, end, text in spans:
        if evidence and all(start <= span["start"] and span["end"] <= end for span in evidence):
            return text
    return " … ".join(span["text"] for span in evidence)


def fold_long(text: str, shown: int = SHOWN) -> Text:
    """Cuts a long text at the last white space before `shown` characters, so that no letter loses its vowel sign."""
    if len(text) <= shown * 1.1:  # folding away three words helps nobody
        return Text(text)
    at = max(text.rfind(" ", 0, shown), text.rfind("\n", 0, shown))
    at = at if at > shown // 2 else shown
    rest = text[at:].lstrip()
    return Text(text[:at], rest[:FOLDED], max(0, len(rest) - FOLDED))


def _folded(text: str) -> Text:
    return Text("", text[:FOLDED], max(0, len(text) - FOLDED))


def web_address(url: str | None) -> str:
    """The URL when a browser may follow it (http or https with a host), else an empty string."""
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return ""
    return (url or "") if parts.scheme in ("http", "https") and parts.netloc else ""

"""Own documents in an ingest: the look before any is read, and the account of them after. seen = pages + twice + refused{reason}."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from charkha.core.errors import SourceError
from charkha.core.files import read_lines, write_text
from charkha.core.ids import is_document
from charkha.core.run import Run
from charkha.core.tables import open_table
from charkha.corpus.documents import Heard
from charkha.corpus.folder import IN_ROWS, Refusal, Survey
from charkha.stages.sources import Own

LIST = "documents.jsonl"  # in pages/<lang>/: a line for everything that gave no page


def look(own: Own) -> Survey:
    """What there is to read.

    Raises:
        SourceError: there is nothing, or nothing that anybody may use: documents without a licence are nobody's to publish.
    """
    survey = own.survey()
    if not survey.files and not survey.refused:
        others = f", only {_counted(survey.others)}" if survey.others else ""
        raise SourceError(
            f"{str(own.paths[0])!r} holds no documents{others}. Read are .txt, .md, .html, .jsonl, .parquet and .arrow files."
        )
    telling = IN_ROWS | {"markdown"}  # kinds whose documents may say their own licence
    if survey.files and not own.terms.licence and not any(file.kind in telling for file in survey.files):
        raise SourceError(
            f"nobody says under which licence the documents in {str(own.paths[0])!r} are. Write `licence: NAME` beside their "
            'path in the recipe, or name it: charkha ingest PATH --licence "CC BY 4.0"'
        )
    return survey


def tell(folder: Path, survey: Survey, heard: Heard, repeats: Sequence[Refusal]) -> dict[str, Any]:
    """Writes down everything that gave no page, a line each, and returns the counts; nothing where there were no documents.

    Args:
        folder: `pages/<lang>` of the run.
        survey: what was looked at.
        heard: what the processes made of it.
        repeats: documents whose id one in an earlier pile has.
    """
    refused, twice = [*survey.refused, *heard.refused, *repeats], sum(one.rows for one in repeats)
    path = folder / LIST
    if not refused:
        path.unlink(missing_ok=True)
    else:
        write_text(path, "".join(json.dumps(one._asdict(), ensure_ascii=False) + "\n" for one in refused))
    if not heard.seen and not refused:
        return {}
    reasons = heard.reasons + Counter(one.reason for one in survey.refused)
    return {
        "seen": heard.seen + len(survey.refused), "pages": heard.pages - twice, "twice": twice,
        "refused": dict(sorted(reasons.items())), "others": dict(sorted(survey.others.items())), "bytes": heard.size,
        "lines": len(refused),
    }  # fmt: skip


def without_passage(run: Run, lang: str) -> int:
    """How many documents are pages but too short, or too much of a list, for a passage."""
    held = 0
    for part, sign in (("pages", 1), ("passages", -1)):
        for path in run.tables(part, lang):
            with open_table(path) as file:
                ids = pc.unique(file.read(columns=["page_id"]).column("page_id"))  # a page's passages stand in one file
            held += sign * sum(map(is_document, ids.to_pylist()))
    return held


def refusals(folder: Path, most: int) -> list[str]:
    """The first lines of what gave no page, as they are told."""
    return [Refusal(**line).told for line in read_lines(folder / LIST)[:most]]


def in_words(counts: dict[str, Any]) -> list[str]:
    """The account in a line, and what was not looked at in another."""
    if not counts:
        return []
    refused = sum(counts["refused"].values())
    why = f" ({_counted(counts['refused'])})" if refused else ""
    twice = f" + {counts['twice']:,} twice" if counts["twice"] else ""
    lines = [f"documents: {counts['seen']:,} seen = {counts['pages']:,} pages{twice} + {refused:,} without a page{why}"]
    if counts.get("without_passage"):
        lines.append(f"{counts['without_passage']:,} of the pages hold no passage: too short, mostly lists, or blocked")
    if counts["others"]:
        lines.append(f"not documents, and left alone: {_counted(counts['others'])}")
    return lines


def no_page(survey: Survey, heard: Heard) -> SourceError:
    """The line for documents of which not one became a page."""
    refused = [*survey.refused, *heard.refused]
    first = f" The first: {refused[0].told}" if refused else ""
    return SourceError(f"not one of {len(refused):,} documents became a page.{first}")


def _counted(counts: dict[str, int]) -> str:
    named = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    more = f", {len(named) - 8:,} more kinds" if len(named) > 8 else ""
    return ", ".join(f"{number:,} {name.replace('_', ' ')}" for name, number in named[:8]) + more

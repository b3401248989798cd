"""The blocklist's second look, after all slices: at what no slice can know of, because it stands in another one or was not read again.

An entry may name a redirect: the page it leads to is blocked, through a chain of redirects too. A page whose revision is unchanged
since the dump before is in no slice; it is looked at here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from charkha.core.tables import open_table, read_table
from charkha.corpus.links import clean_title
from charkha.stages.sources import Blocklist

Led = set[tuple[str, str]]  # (title, entry): what a blocked redirect leads to, and which entry blocked it
_SEEN = ["lang", "title", "page_id", "wikidata_id", "langlinks", "redirect_to"]


def second_look(tables: list[Path], kept: list[Path], blocklist: Blocklist, led: Led) -> dict[Path, list[int]]:
    """The ids of pages still to be blocked, by the table of pages that holds them; their entries' hits are counted.

    Args:
        tables: all tables of pages of a language.
        kept: those of them whose pages were not read again.
        blocklist: counts the hits.
        led: what the slices found blocked redirects to lead to.
    """
    found: dict[Path, list[int]] = defaultdict(list)
    led = set(led)
    for path in kept if blocklist.ids else ():
        for row in read_table(path, _SEEN):
            links = dict(row["langlinks"] or ())
            entries = blocklist.naming(row["lang"], row["title"], row["page_id"], row["wikidata_id"], links)
            if row["redirect_to"]:
                led.update((clean_title(row["redirect_to"]), entry) for entry in entries)
            elif entries:
                found[path].append(row["page_id"])
                blocklist.count(entries)
    seen: Led = set()
    while led := led - seen:  # a redirect may lead to a redirect
        seen |= led
        led = _follow(tables, led, blocklist, found)
    return found


def _follow(tables: list[Path], led: Led, blocklist: Blocklist, found: dict[Path, list[int]]) -> Led:
    """Blocks the pages of these titles; returns what those of them that are redirects lead to."""
    entries: dict[str, list[str]] = defaultdict(list)
    for title, entry in led:
        entries[title].append(entry)
    further: Led = set()
    for path in tables:
        for row in _titled(path, pa.array(entries, pa.string())):
            if row["redirect_to"]:
                further.update((clean_title(row["redirect_to"]), entry) for entry in entries[row["title"]])
            else:
                found[path].append(row["page_id"])
                blocklist.count(entries[row["title"]])
    return further


def _titled(path: Path, titles: pa.Array) -> Iterator[dict[str, Any]]:
    with open_table(path) as file:
        for batch in file.iter_batches(batch_size=10_000, columns=["title", "page_id", "redirect_to"]):
            yield from batch.filter(pc.is_in(batch.column("title"), value_set=titles)).to_pylist()

"""An artifact's surroundings: which pages of a language are artifacts, and the passages of the pages that each of them is linked with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import pyarrow.parquet as pq

from charkha.core.ids import digest
from charkha.core.run import Run
from charkha.core.tables import read_table
from charkha.corpus.chains import LENGTH

MOST = 256  # pages looked at on either side of an artifact: a page that half the wiki links to needs no more
MARK = b"artifacts"  # under this name a table of groundings says which artifacts it was woven with


class Held(NamedTuple):
    """What a page is, where it is an artifact of its language."""

    id: str
    kind: str
    weight: float


def artifacts_of(run: Run, lang: str) -> dict[int, Held]:
    """Page id -> artifact, of those with a page in the language to which a root of the language leads."""
    path = run.folder / "artifacts" / "artifacts.parquet"
    found: dict[int, Held] = {}
    for row in read_table(path, ["id", "kind", "weight", "langs", "pages"]) if path.exists() else ():
        page_id = dict(row["pages"]).get(lang)
        if page_id is not None and (not row["langs"] or lang in row["langs"]):
            found[page_id] = Held(row["id"], row["kind"], row["weight"])
    return found


def mark_of(held: Mapping[int, Held]) -> str:
    """The same for the same artifacts; empty for none."""
    return digest(sorted([page_id, *artifact] for page_id, artifact in held.items()))[:16] if held else ""


def woven_with(run: Run, lang: str) -> str | None:
    """The mark of the artifacts that a language's groundings were woven with; None where there are no groundings."""
    path = run.groundings_path(lang)
    return (pq.read_schema(path).metadata or {}).get(MARK, b"").decode() if path.exists() else None


def surroundings(
    links: Iterable[tuple[int, Sequence[int]]], first: Sequence[int], split: Sequence[int], linked: Sequence[int], held: set[int]
) -> dict[int, list[int]]:  # fmt: skip
    """The first passage of an artifact's page -> the first passages of the pages that it is linked with, the nearest first.

    Nearest is what links back, then another artifact, then what fewest link to. All are of the artifact's split.

    Args:
        links: (passage, the first passages of the pages that it links to).
        first: by passage, the first passage of its page.
        split: by passage, the split of its page.
        linked: by passage, how many link to it.
        held: the first passages of artifacts' pages.
    """
    out: dict[int, dict[int, None]] = defaultdict(dict)
    into: dict[int, dict[int, None]] = defaultdict(dict)
    for number, places in links:
        page = first[number]
        for place in places:
            if page in held and len(out[page]) < MOST:
                out[page][place] = None
            if place in held and len(into[place]) < MOST:
                into[place][page] = None

    def near(artifact: int) -> Iterator[int]:
        both = out[artifact].keys() & into[artifact].keys()
        found = {page for page in (*out[artifact], *into[artifact]) if page != artifact and split[page] == split[artifact]}
        yield from sorted(found, key=lambda page: (page not in both, page not in held, linked[page], page))

    return {artifact: list(near(artifact))[: LENGTH - 1] for artifact in sorted(held)}

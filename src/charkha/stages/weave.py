"""weave: passages become groundings. One small table says what a seed of each kind can rest on: `groundings/<lang>.parquet`.

A row a passage: where it lies, its family of near-identical pages, the chain of linked passages that begins at it, and, at the first passage of
a long article, how many passages the document has; of an artifact's page, which artifact it is, and at its first passage those of the pages that it
is linked with. Made again whenever it is missing; nothing in it was paid for.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from charkha.core.run import Run
from charkha.core.tables import GROUNDINGS, open_table, read_table, write_table
from charkha.corpus.chains import Titles, best, chain
from charkha.corpus.families import LONGEST, families, sketch
from charkha.stages.surroundings import MARK, Held, artifacts_of, mark_of, surroundings

DOCUMENT_PASSAGES, DOCUMENT_CHARS = 3, 6_000  # an article of fewer is no long one
DOCUMENT_MOST = 24_000  # characters of a document at most: about 8K tokens of English, 20K of Malayalam


@dataclass
class _Threads:
    """What is known of each passage by its number, in flat arrays."""

    page: array[int] = field(default_factory=lambda: array("q"))
    first: array[int] = field(default_factory=lambda: array("I"))  # the number of its page's first passage
    chars: array[int] = field(default_factory=lambda: array("I"))
    split: bytearray = field(default_factory=bytearray)
    bands: array[int] = field(default_factory=lambda: array("Q"))
    banded: array[int] = field(default_factory=lambda: array("I"))
    titles: list[tuple[str, int]] = field(default_factory=list)

    def add(self, table: pa.Table) -> None:
        """Takes the next passages in, by their columns page_id, title, split, text and names."""
        start = len(self.page)
        pages, titles = table.column("page_id").to_pylist(), table.column("title").to_pylist()
        self.chars.extend(pc.utf8_length(table.column("text")).to_pylist())
        self.split.extend(map(("train", "dev", "test").index, table.column("split").to_pylist()))
        for number, (page, title) in enumerate(zip(pages, titles, strict=True), start):
            same = number > 0 and self.page[-1] == page
            self.first.append(self.first[-1] if same else number)
            if not same:
                self.titles.append((title, number))
            self.page.append(page)
        self._sketch(table, start)

    def _sketch(self, table: pa.Table, start: int) -> None:
        """Sketches the pages of one short passage: what a bot writes is short."""
        stop = len(self.page)
        alone = [
            number
            for number in range(start, stop)
            if self.first[number] == number and self.chars[number] <= LONGEST
            and (number + 1 == stop or self.first[number + 1] == number + 1)
        ]  # fmt: skip
        found = table.select(["text", "title", "names"]).take(pa.array([number - start for number in alone], pa.int64()))
        for number, row in zip(alone, found.to_pylist(), strict=True):
            for band in sketch(row["text"], row["title"], row["names"]):
                self.bands.append(band)
                self.banded.append(number)

    def pages_passages(self, first: int) -> range:
        """The numbers of all passages of the page whose first one this is."""
        stop = first
        while stop < len(self.page) and self.first[stop] == first:
            stop += 1
        return range(first, stop)

    def document(self, number: int) -> int:
        """How many passages the document has that begins here; 0 for none."""
        if self.first[number] != number:
            return 0
        size = taken = 0
        for at in self.pages_passages(number):
            if size + self.chars[at] > DOCUMENT_MOST:
                break
            size += self.chars[at]
            taken += 1
        return taken if taken >= DOCUMENT_PASSAGES and size >= DOCUMENT_CHARS else 0


def weave(run: Run, lang: str) -> int:
    """Writes the language's groundings if they are not there; returns how many passages it has."""
    path = run.groundings_path(lang)
    threads = _Threads()
    for path_ in run.tables("passages", lang):
        with open_table(path_) as file:
            for batch in file.iter_batches(batch_size=2_000, columns=["page_id", "title", "split", "text", "names"]):
                threads.add(pa.Table.from_batches([batch]))
    links = _Links(run, lang, threads)
    branches = links.branches()
    family = families(_sorted_bands(threads), len(threads.page))
    held = artifacts_of(run, lang)
    firsts = {number for number in threads.first if threads.page[number] in held}
    about = surroundings(links, threads.first, threads.split, links.linked, firsts) if firsts else {}
    nothing = Held("", "", 0.0)

    def rows() -> Iterator[dict[str, Any]]:
        number = 0
        for file, table in enumerate(run.tables("passages", lang)):
            for row, found in enumerate(read_table(table, ["id", "page_id", "title", "categories", "sensitivity"])):
                artifact = held.get(found["page_id"], nothing)
                yield {
                    "passage": found["id"], "file": file, "row": row, "page_id": found["page_id"], "title": found["title"],
                    "category": found["categories"][0] if found["categories"] else "",
                    "sensitivity": found["sensitivity"], "family": family[number],
                    "chain": chain(number, threads.first[number], branches), "document": threads.document(number),
                    "artifact": artifact.id, "kind": artifact.kind, "weight": artifact.weight, "about": about.get(number, []),
                }  # fmt: skip
                number += 1

    return write_table(path, GROUNDINGS.with_metadata({MARK: mark_of(held).encode()}), rows(), batch=10_000)


def is_woven(run: Run, lang: str) -> bool:
    """Whether the language's groundings are there, with all that today's tables hold."""
    path = run.groundings_path(lang)
    return path.exists() and set(pq.read_schema(path).names) >= set(GROUNDINGS.names)


def _with_redirects(run: Run, lang: str, titles: list[tuple[str, int]]) -> Iterator[tuple[str, int]]:
    yield from titles
    direct = Titles(titles)
    for table in run.tables("pages", lang):
        for row in read_table(table, ["title", "redirect_to"]):
            if row["redirect_to"] and (place := direct.place(row["redirect_to"].partition("#")[0])) is not None:
                yield row["title"], place


class _Branches:
    """Each passage's best targets, flat."""

    def __init__(self) -> None:
        self._targets = array("i")

    def append(self, targets: list[int]) -> None:
        self._targets.extend((targets + [-1, -1])[:2])

    def __getitem__(self, number: int) -> list[int]:
        return [target for target in self._targets[2 * number : 2 * number + 2] if target >= 0]


class _Links:
    """Where the links of each passage lead: the first passages of pages."""

    def __init__(self, run: Run, lang: str, threads: _Threads) -> None:
        self._run, self._lang, self._threads = run, lang, threads
        self._titles = Titles(_with_redirects(run, lang, threads.titles))
        threads.titles.clear()
        self.linked = array("I", bytes(4 * len(threads.page)))  # by passage: how many link to it
        for _, places in self:
            for place in places:
                self.linked[place] += 1

    def __iter__(self) -> Iterator[tuple[int, list[int]]]:
        """(passage, the first passages of the pages that it links to)."""
        number = 0
        for table in self._run.tables("passages", self._lang):
            for row in read_table(table, ["links"]):
                found = (self._titles.place(title) for title in row["links"])
                yield number, [place for place in found if place is not None]
                number += 1

    def branches(self) -> Any:
        """For every passage the first passages of the pages that it links to and that the fewest others link to.

        A seed over several pages takes pages of its anchor's split only.
        """
        threads, found = self._threads, _Branches()
        for number, places in self:
            mine = threads.pages_passages(threads.first[number])
            fit = [place for place in places if threads.split[place] == threads.split[number]]
            found.append(best(fit, self.linked, mine))
        return found


def _sorted_bands(threads: _Threads) -> Iterator[tuple[int, int]]:
    """(band, passage) by band: sorted in arrow's memory, 12 bytes each."""
    columns = [pa.array(threads.bands, pa.uint64()), pa.array(threads.banded, pa.uint32())]
    table = pa.table(columns, names=["band", "number"]).sort_by([("band", "ascending"), ("number", "ascending")])
    for batch in table.to_batches(max_chunksize=10_000):
        yield from zip(batch.column(0).to_pylist(), batch.column(1).to_pylist(), strict=True)

"""What the SQL tables say of single pages: the Wikidata item, whether it is a disambiguation or a hidden category, its links to other editions.

Kept in two files that are mapped into memory, so that all processes that read a dump share them.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from charkha.corpus.sql import SqlTally, read_numbered
from charkha.corpus.trees import as_arrow, shown, whole_numbers

HIDDEN, DISAMBIGUATION = 1, 2
KINDS = (b"wikibase_item", b"hiddencat", b"disambiguation")
_ITEMS, _LINKS = "facts-items.arrow", "facts-links.arrow"


@dataclass
class Props:
    """What page_props says: page ids with the numbers of their Wikidata items, hidden categories, disambiguations."""

    pages: array[int] = field(default_factory=lambda: array("Q"))
    items: array[int] = field(default_factory=lambda: array("Q"))
    hidden: array[int] = field(default_factory=lambda: array("Q"))
    disambiguations: array[int] = field(default_factory=lambda: array("Q"))

    def read(self, rows: Iterator[tuple[list[bytes], ...]]) -> Props:
        """Takes rows of pp_page, pp_propname and pp_value in."""
        for ids, names, values in rows:
            for page_id, name, value in zip(ids, names, values, strict=True):
                if name == b"wikibase_item":
                    if value[:1] in b"Qq" and value[1:].isdigit() and len(value) < 20:
                        self.pages.append(int(page_id))
                        self.items.append(int(value[1:]))
                elif name == b"hiddencat":
                    self.hidden.append(int(page_id))
                elif name == b"disambiguation":
                    self.disambiguations.append(int(page_id))
        return self


class Items:
    """Which Wikidata item a page is, and which page an item has: 20 bytes a page, asked by bisection.

    Args:
        pages: page ids, uint64.
        items: the numbers of their items, uint64.
    """

    def __init__(self, pages: pa.Array, items: pa.Array) -> None:
        if len(pages) > 1 and not pc.all(pc.less_equal(pages[:-1], pages[1:])).as_py():  # a dump is in this order already
            order = pc.sort_indices(pages)
            pages, items = pages.take(order), items.take(order)
        self._pages, self._items = whole_numbers(pages), whole_numbers(items)
        order = pc.cast(pc.sort_indices(items), pa.uint32())
        self._order = memoryview(order.buffers()[1]).cast("I")[order.offset : order.offset + len(order)] if len(order) else memoryview(b"").cast("I")
        pa.default_memory_pool().release_unused()

    def item(self, page_id: int) -> int:
        """The number of a page's item; 0 for none."""
        at = bisect_left(self._pages, page_id)
        return self._items[at] if at < len(self._pages) and self._pages[at] == page_id else 0

    def page(self, item: int) -> int | None:
        """The page of an item, the one with the least id if there are several."""
        at = bisect_left(self._order, item, key=self._items.__getitem__)
        found = []
        while at < len(self._order) and self._items[self._order[at]] == item:
            found.append(self._pages[self._order[at]])
            at += 1
        return min(found, default=None)


class PageFacts:
    """The facts of one wiki's pages, in a folder.

    Args:
        folder: where `write` put them; without its files nothing is known of any page.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def item(self, page_id: int) -> str:
        """The Wikidata id; empty where there is none."""
        ids, items, _ = _items(self._folder)
        at = bisect_left(ids, page_id)
        return f"Q{items[at]}" if at < len(ids) and ids[at] == page_id and items[at] else ""

    def flags(self, page_id: int) -> int:
        """HIDDEN and DISAMBIGUATION, as bits."""
        ids, _, flags = _items(self._folder)
        at = bisect_left(ids, page_id)
        return flags[at] if at < len(ids) and ids[at] == page_id else 0

    def links(self, page_id: int) -> dict[str, str]:
        """Edition -> title there."""
        ids, langs, titles = _links(self._folder)
        start = bisect_left(ids, page_id)
        stop = bisect_right(ids, page_id, start)
        if start == stop:
            return {}
        pairs = zip(langs[start:stop].to_pylist(), titles[start:stop].to_pylist(), strict=True)
        return {shown(lang): shown(title) for lang, title in pairs}


def write_facts(folder: Path, files: Mapping[str, Path], langs: Collection[str], cut: list[str]) -> PageFacts:
    """Writes what page_props and langlinks say, as far as they are there.

    Args:
        folder: where to.
        files: table -> SQL dump.
        langs: editions whose links are kept.
        cut: gets a line for each file that ends too early; what was whole is used.

    Raises:
        SourceError: a file is no dump of its table.
    """
    forget_facts(folder)
    folder.mkdir(parents=True, exist_ok=True)
    tallies = {table: SqlTally() for table in ("page_props", "langlinks") if table in files}
    if "page_props" in files:
        columns = ("pp_page", "pp_propname", "pp_value")
        rows = read_numbered(files["page_props"], columns, only={"pp_propname": KINDS}, tally=tallies["page_props"])
        _write(folder / _ITEMS, _flat(Props().read(rows)))
    if "langlinks" in files:
        wanted = {lang.encode() for lang in langs}
        chunks = [
            pa.table([pa.array(map(int, ids), pa.int64()), pa.array(names, pa.binary()), pa.array(titles, pa.binary())], ["page", "lang", "title"])
            for ids, names, titles in read_numbered(
                files["langlinks"], ("ll_from", "ll_lang", "ll_title"), only={"ll_lang": wanted}, tally=tallies["langlinks"]
            )
        ]
        if chunks:
            _write(folder / _LINKS, pa.concat_tables(chunks).sort_by([("page", "ascending"), ("lang", "ascending")]))
    cut += [f"{files[table].name}: {tally.cut}" for table, tally in tallies.items() if tally.cut]
    return PageFacts(folder)


def forget_facts(folder: Path) -> None:
    """Removes what `write_facts` wrote."""
    _items.cache_clear()
    _links.cache_clear()
    for name in (_ITEMS, _LINKS):
        (folder / name).unlink(missing_ok=True)


def _flat(props: Props) -> pa.Table:
    """A row a page, by page: its item, or 0, and its flags."""
    hidden, disambiguations = as_arrow(props.hidden), as_arrow(props.disambiguations)
    known = pa.table({"page": as_arrow(props.pages), "item": as_arrow(props.items)})
    known = known.group_by("page").aggregate([("item", "min")])
    others = pc.unique(pa.concat_arrays([hidden, disambiguations]))
    others = others.filter(pc.invert(pc.is_in(others, value_set=known.column("page").combine_chunks())))
    pages = pa.chunked_array([*known.column("page").chunks, others], pa.uint64())
    items = pa.chunked_array([*known.column("item_min").chunks, pa.array([0] * len(others), pa.uint64())], pa.uint64())
    flags = [pc.cast(pc.is_in(pages, value_set=marked), pa.uint64()) for marked in (hidden, disambiguations)]
    both = pc.add(flags[0], pc.multiply(flags[1], pa.scalar(DISAMBIGUATION, pa.uint64())))
    return pa.table({"page": pages, "item": items, "flags": both}).sort_by("page")


def _write(path: Path, table: pa.Table) -> None:
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table.combine_chunks())


def _mapped(path: Path) -> pa.Table | None:
    return pa.ipc.open_file(pa.memory_map(str(path))).read_all() if path.exists() else None


@lru_cache(maxsize=4)
def _items(folder: Path) -> tuple[Sequence[int], Sequence[int], Sequence[int]]:
    table = _mapped(folder / _ITEMS)
    if table is None or not len(table):
        return (), (), ()
    one, two, three = (whole_numbers(table.column(name).combine_chunks()) for name in ("page", "item", "flags"))
    return one, two, three


@lru_cache(maxsize=4)
def _links(folder: Path) -> tuple[Sequence[int], pa.Array, pa.Array]:
    table = _mapped(folder / _LINKS)
    if table is None or not len(table):
        return (), pa.array([]), pa.array([])
    pages = pc.cast(table.column("page"), pa.uint64()).combine_chunks()
    return whole_numbers(pages), table.column("lang").combine_chunks(), table.column("title").combine_chunks()



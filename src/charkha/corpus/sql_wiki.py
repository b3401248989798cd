"""One wiki as its SQL dumps tell it: the category tree, what stands in it, Wikidata ids, links to other editions.

Each table is read as a stream; what is kept are flat arrays of categories and of Wikidata ids. Tables are read again for what only a later step
can ask (the pages in the categories that were reached), since a pass costs less than holding two hundred million rows.
"""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence, Set
from pathlib import Path
from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from charkha.core.errors import SourceError
from charkha.corpus.page_facts import KINDS, Items, Props
from charkha.corpus.sql import DIGITS, SqlTally, columns_of, read_numbered
from charkha.corpus.trees import Tree, as_arrow, packed, places_of, shown, stored

T = TypeVar("T")
TABLES = ("page", "categorylinks", "linktarget", "langlinks", "page_props")
ARTICLE, CATEGORY = b"0", b"14"
TELL_SECONDS = 5.0
_MANY = 1 << 16  # rows whose titles are looked up together


class SqlWiki:
    """A wiki's SQL files, read.

    Args:
        code: of the edition, as in hi.wikipedia.org.
        files: table name -> dump; `page` must be there, what else is missing is told in `lost`.
        tell: told what is read, every few seconds.

    Raises:
        SourceError: a file is no dump of its table, or the layout of categorylinks needs a linktarget that is not there.
    """

    def __init__(self, code: str, files: Mapping[str, Path], tell: Callable[[str], None] | None = None) -> None:
        self.code, self._files, self._tell = code, files, tell
        self._told = time.monotonic()
        self.tallies = {table: SqlTally() for table in files}
        self.lost = [f"{code}: no {table}.sql, so {lost}" for table, lost in _LOST.items() if table not in files]
        self.cut: list[str] = []  # the files that end too early, a line each; they stand in `lost` too
        self._disambiguations: set[int] = set()
        hidden = self._read_props()
        self.tree = self._read_tree()
        self.tree.hidden.update(node for node in self.tree.nodes_of(hidden).to_pylist() if node is not None)

    def _rows(self, table: str, columns: Sequence[str], **only: Collection[bytes]) -> Iterator[tuple[list[bytes], ...]]:
        if table not in self._files:
            return
        path = self._files[table]
        known = {name: values for name, values in only.items() if name in columns_of(path)}
        tally = self.tallies[table] = SqlTally()
        for batch in read_numbered(path, columns, only=known, tally=tally):
            if self._tell and time.monotonic() - self._told > TELL_SECONDS:
                self._told = time.monotonic()
                self._tell(f"{self.code}: {table}, {tally.rows:,} rows")
            yield batch
        if tally.cut:
            self._lose(f"{path.name}: {tally.cut}; what was whole is used", self.cut)

    def _lose(self, what: str, *also: list[str]) -> None:
        """Tells a loss once, in `lost` and in other lists; a table is read more than once."""
        line = f"{self.code}: {what}"
        for told in (self.lost, *also):
            if line not in told:
                told.append(line)

    def _read_props(self) -> pa.Array:
        """Keeps Wikidata ids and disambiguations; returns the page ids of hidden categories."""
        columns = ("pp_page", "pp_propname", "pp_value")
        props = Props().read(self._rows("page_props", columns, pp_propname=KINDS))
        self._disambiguations.update(props.disambiguations)
        self._items = Items(as_arrow(props.pages), as_arrow(props.items))
        return as_arrow(props.hidden)

    def _read_tree(self) -> Tree:
        ids, titles = _Column(pa.uint64()), _Column(pa.binary())
        for numbers, names, _ in self._rows("page", ("page_id", "page_title", "page_namespace"), page_namespace={CATEGORY}):
            ids.add(list(map(int, numbers)))
            titles.add(names)
        tree = Tree(ids.array(), titles.array(), array("Q"))
        if "categorylinks" not in self._files:
            return tree
        targets = self._read_targets(tree)
        edges = array("Q")
        held: tuple[list[int], list[bytes]] = ([], [])

        def settle() -> None:
            edges.frombytes(packed(_nodes(tree, targets, held[1]), tree.nodes_of(pa.array(held[0], pa.uint64()))))
            held[0].clear()
            held[1].clear()

        for froms, names in self._edges(b"subcat"):
            held[0].extend(map(int, froms))
            held[1].extend(names)
            if len(held[0]) > _MANY:
                settle()
        settle()
        return Tree(tree.ids, tree.titles, edges)

    def _edges(self, kind: bytes) -> Iterator[tuple[list[bytes], list[bytes]]]:
        """Page ids, and what categorylinks calls the category: its title, else `#` and an id of linktarget.

        Old dumps have cl_to, new ones cl_target_id; those in between have both, and either may be empty. Where a dump does not tell kinds,
        rows of every kind come.
        """
        columns = columns_of(self._files["categorylinks"])
        named = [name for name in ("cl_to", "cl_target_id") if name in columns]
        told = ["cl_type"] if "cl_type" in columns else []
        for froms, names, *others in self._rows("categorylinks", ["cl_from", *named, *told], cl_type={kind}):
            if named == ["cl_to"]:
                yield froms, names
            elif named == ["cl_target_id"]:
                yield froms, [b"#" + number for number in names]
            else:
                if b"" in names and "linktarget" not in self._files:
                    self._lose("no linktarget.sql, so what stands in categories that categorylinks names by number alone is not in its tree")
                yield froms, [name or b"#" + number for name, number in zip(names, others[0], strict=True)]

    def _needs_targets(self) -> bool:
        """Whether categories are named by linktarget's ids.

        Raises:
            SourceError: they are, and there is no linktarget; or they are not named at all.
        """
        path = self._files["categorylinks"]
        columns = columns_of(path)
        if "cl_target_id" not in columns and "cl_to" not in columns:
            raise SourceError(f"{str(path)!r} names no category (neither cl_to nor cl_target_id). Is it a categorylinks dump?")
        if "cl_target_id" in columns and "cl_to" not in columns and "linktarget" not in self._files:
            raise SourceError(
                f"{str(path)!r} is of the layout that needs {self.code}'s linktarget.sql, which is not there. "
                f"Get it: charkha download {self.code} --what category"
            )
        return "cl_target_id" in columns and "linktarget" in self._files

    def _read_targets(self, tree: Tree) -> tuple[pa.Array, pa.Array]:
        """The ids that linktarget gives categories, and their nodes; empty where titles are given."""
        ids, nodes = _Column(pa.uint64()), _Column(pa.int32())
        held: tuple[list[int], list[bytes]] = ([], [])

        def settle() -> None:
            ids.add(held[0])
            nodes.add(tree.nodes_titled(pa.array(held[1], pa.binary())))
            held[0].clear()
            held[1].clear()

        for numbers, names in self._category_targets():
            held[0].extend(map(int, numbers))
            held[1].extend(names)
            if len(held[0]) > _MANY:
                settle()
        settle()
        return ids.array(), nodes.array()

    def _category_targets(self) -> Iterator[tuple[list[bytes], list[bytes]]]:
        columns = ("lt_id", "lt_title", "lt_namespace")
        if self._needs_targets():
            for numbers, names, _ in self._rows("linktarget", columns, lt_namespace={CATEGORY}):
                yield numbers, names

    def members(self, nodes: Collection[int]) -> Iterator[tuple[int, int]]:
        """(page id, node) of every page in some categories; what is no article is among them."""
        if "categorylinks" not in self._files or not nodes:
            return
        names = self._names_of(nodes)
        for froms, called in self._edges(b"page"):
            for page_id, name in zip(froms, called, strict=True):
                if name in names:
                    yield int(page_id), names[name]

    def _names_of(self, nodes: Collection[int]) -> dict[bytes, int]:
        """What categorylinks may call some categories."""
        titled = {self.tree.titles[node].as_py(): node for node in nodes}
        found = dict(titled)
        for numbers, titles in self._category_targets():
            found.update((b"#" + number, titled[title]) for number, title in zip(numbers, titles, strict=True) if title in titled)
        return found

    def items(self, page_ids: Iterable[int]) -> dict[int, int]:
        """Page id -> number of the Wikidata item, of those that have one."""
        return {page_id: item for page_id in page_ids if (item := self._items.item(page_id))}

    def pages_of(self, items: Iterable[int]) -> dict[int, int]:
        """Number of a Wikidata item -> the page id it has here."""
        return {item: page_id for item in items if (page_id := self._items.page(item)) is not None}

    def links(self, page_ids: Collection[int], titles: Mapping[str, Collection[str]]) -> Iterator[tuple[int, str, str]]:
        """(page id, edition, title there) of links to other editions: of some pages to all, of all pages to some titles by edition."""
        wanted = _looked_up(page_ids)
        named = {lang.encode(): _looked_up(some) for lang, some in titles.items() if some}
        if not wanted and not named:
            return
        for froms, langs, called in self._rows("langlinks", ("ll_from", "ll_lang", "ll_title")):
            for page_id, lang, title in zip(froms, langs, called, strict=True):
                if int(page_id) in wanted or (lang in named and shown(title) in named[lang]):
                    yield int(page_id), shown(lang), shown(title)

    def articles(self, page_ids: Collection[int], titles: Collection[str] = ()) -> Iterator[tuple[int, str]]:
        """(page id, title) of the articles among some pages, and of those with some titles; no redirects, no disambiguations."""
        wanted, named = _looked_up(page_ids), set(map(stored, titles))
        if not wanted and not named:
            return
        redirects = "page_is_redirect" in columns_of(self._files["page"])
        columns = ("page_id", "page_title", "page_namespace", *(("page_is_redirect",) if redirects else ()))
        for numbers, names, _, *_ in self._rows("page", columns, page_namespace={ARTICLE}, page_is_redirect={b"0"}):
            for page_id, name in zip(numbers, names, strict=True):
                if (int(page_id) in wanted or name in named) and int(page_id) not in self._disambiguations:
                    yield int(page_id), shown(name)


_LOST = {
    "categorylinks": "its tree is not walked",
    "langlinks": "pages without a Wikidata id are not joined with other languages', and how many editions have a page is not known",
    "page_props": "Wikidata ids, hidden categories and disambiguations are not known",
}


class _Column:
    """A column that grows by chunks."""

    def __init__(self, kind: pa.DataType) -> None:
        self._kind = kind
        self._chunks: list[pa.Array] = []

    def add(self, values: Sequence[object] | pa.Array) -> None:
        """Appends a chunk."""
        self._chunks.append(values if isinstance(values, pa.Array) else pa.array(values, self._kind))

    def array(self) -> pa.Array:
        """All of it as one array."""
        found = pa.chunked_array(self._chunks, self._kind).combine_chunks()
        return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found


def _looked_up(values: Collection[T]) -> Container[T]:
    """The same values in what answers at once; not copied where it does already, since there may be hundreds of thousands."""
    return values if isinstance(values, (Set, Mapping)) else frozenset(values)


def _nodes(tree: Tree, targets: tuple[pa.Array, pa.Array], names: list[bytes]) -> pa.Array:
    """The nodes of what categorylinks calls categories."""
    by_title = tree.nodes_titled(pa.array(names, pa.binary()))
    ids, nodes = targets
    if not len(ids):
        return by_title
    numbers = pa.array([int(name[1:]) if name[:1] == b"#" and name[1:].isdigit() and len(name) <= DIGITS else None for name in names], pa.uint64())
    return pc.coalesce(nodes.take(places_of(numbers, ids)), by_title)

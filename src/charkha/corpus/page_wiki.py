"""One wiki as its own pages tell it, for where there are no SQL dumps: categories as they stand in the text.

What a template sets is not there: many categories, most hidden ones; and nearly all links to other editions come from Wikidata today.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

import pyarrow as pa

from charkha.corpus.trees import Tree, packed, stored

Rows = Callable[[], Iterator[Mapping[str, Any]]]


class PageWiki:
    """A wiki's pages, as `pages/<lang>/` and `categories/<lang>/` hold them.

    Args:
        code: of the edition.
        categories: rows of category pages: page_id, title, parents, hidden, langlinks, wikidata_id.
        pages: rows of all pages: page_id, title, categories, langlinks, wikidata_id, redirect_to, disambiguation.
    """

    def __init__(self, code: str, categories: Iterable[Mapping[str, Any]], pages: Rows) -> None:
        self.code, self._rows = code, pages
        self._categories = {row["page_id"]: row for row in categories}
        self._items = {page_id: item for page_id, row in self._categories.items() if (item := _number(row["wikidata_id"]))}
        ids, titles = list(self._categories), [row["title"] for row in self._categories.values()]
        above = [stored(parent) for row in self._categories.values() for parent in row["parents"]]
        below = [page_id for page_id, row in self._categories.items() for _ in row["parents"]]
        tree = Tree(pa.array(ids, pa.uint64()), pa.array(map(stored, titles), pa.binary()), array("Q"))
        edges = packed(tree.nodes_titled(pa.array(above, pa.binary())), tree.nodes_of(pa.array(below, pa.uint64())))
        self.tree = Tree(tree.ids, tree.titles, array("Q", edges.tobytes()))
        self.tree.hidden = {node for node, row in enumerate(self._categories.values()) if row["hidden"]}
        self.pages = linked = 0
        for row in self._articles():
            self.pages += 1
            linked += bool(row["langlinks"])
            if item := _number(row["wikidata_id"]):
                self._items[row["page_id"]] = item
        self._page_of = {item: page_id for page_id, item in self._items.items()}
        self.lost = [self._loss(linked)]

    def _loss(self, linked: int) -> str:
        known = len(self._items)
        ids = f"Wikidata ids of {known:,} pages are known" if known else "no Wikidata id is known"
        return (
            f"{self.code}: no SQL files, so the tree is that of the {len(self.tree):,} category pages in the dump; categories and hidden marks "
            f"that templates set are not in it, {ids}, and {linked:,} of {self.pages:,} articles link to another edition by themselves"
        )

    def _articles(self) -> Iterator[Mapping[str, Any]]:
        return (row for row in self._rows() if not row["redirect_to"] and not row["disambiguation"])

    def members(self, nodes: Collection[int]) -> Iterator[tuple[int, int]]:
        """(page id, node) of every article in some categories."""
        names = {self.tree.name(node): node for node in nodes}
        for row in self._articles() if names else ():
            for category in row["categories"]:
                if category in names:
                    yield row["page_id"], names[category]

    def items(self, page_ids: Iterable[int]) -> dict[int, int]:
        """Page id -> number of the Wikidata item, of those that have one."""
        return {page_id: self._items[page_id] for page_id in page_ids if page_id in self._items}

    def pages_of(self, items: Iterable[int]) -> dict[int, int]:
        """Number of a Wikidata item -> the page id it has here."""
        return {item: self._page_of[item] for item in items if item in self._page_of}

    def links(self, page_ids: Collection[int], titles: Mapping[str, Collection[str]]) -> Iterator[tuple[int, str, str]]:
        """(page id, edition, title there) of links to other editions: of some pages to all, of all pages to some titles by edition."""
        wanted, nothing = set(page_ids), frozenset[str]()
        named = {lang: frozenset(some) for lang, some in titles.items()}
        for rows in (self._categories.values(), self._articles()):
            for row in rows:
                for lang, title in dict(row["langlinks"] or ()).items():
                    if row["page_id"] in wanted or title in named.get(lang, nothing):
                        yield row["page_id"], lang, title

    def articles(self, page_ids: Collection[int], titles: Collection[str] = ()) -> Iterator[tuple[int, str]]:
        """(page id, title) of the articles among some pages, and of those with some titles; no redirects, no disambiguations."""
        wanted, named = set(page_ids), set(titles)
        for row in self._articles() if wanted or named else ():
            if row["page_id"] in wanted or row["title"] in named:
                yield row["page_id"], row["title"]


def _number(wikidata_id: str) -> int:
    """The number of a Wikidata id; 0 for none."""
    return int(wikidata_id[1:]) if wikidata_id[:1] == "Q" and wikidata_id[1:].isdigit() else 0

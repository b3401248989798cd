"""Artifacts: what the trees of all editions hold, joined over languages, with a class and a weight.

Pages are joined by Wikidata id, and by links between editions where one of the two has none. What is joined is one thing: no two ids, and one page
an edition.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from charkha.core.records import Artifact
from charkha.corpus.culture import CultureRoot, Trace, Wiki, joined
from charkha.languages import artifact_classes

# The numbers of the weight are our own choice; docs/design.md says what each is for.
TURN = 0.5  # of the weight is left after each turn from one class's branch into another's
HOME, UNKNOWN, ELSEWHERE = 1.0, 0.7, 0.3  # of the weight, by the country that the page itself names

Place = tuple[str, int]  # edition, page id
Link = tuple[str, int, str, str]  # edition, page id, other edition, title there
Origin = Callable[[str, int], str]  # edition, page id -> ISO 3166 codes of the countries that the page says it is from, or ""


@dataclass(slots=True)
class _Item:
    """One thing, while its pages are gathered. There may be hundreds of thousands, so it holds no list and no set."""

    item: int = 0
    pages: tuple[Place, ...] = ()
    trace: Trace | None = None
    editions: int = 0  # that have a page of it, ours and others; a bit each

    def has(self, code: str) -> bool:
        """Whether an edition has a page of it."""
        return any(at == code for at, _ in self.pages)

    def found_by(self, trace: Trace | None) -> None:
        """Takes one more way to it in."""
        self.trace = joined(self.trace, trace) if self.trace and trace else self.trace or trace


class Gathering:
    """The pages that the trees hold, put together step by step.

    Args:
        wikis: the editions.
        reached: edition -> page id -> trace; pages that are no articles are dropped here, and it is emptied.
    """

    def __init__(self, wikis: Mapping[str, Wiki], reached: dict[str, dict[int, Trace]]) -> None:
        self._wikis = wikis
        self.titles: dict[str, dict[int, str]] = {code: {} for code in wikis}
        self._bits: dict[str, int] = {}  # edition -> number
        self._by_page: dict[Place, _Item] = {}
        self._by_item: dict[int, _Item] = {}
        self._items: dict[Place, int] = {}  # of pages that links lead to
        for code in sorted(reached):
            traces = reached.pop(code)
            self.titles[code].update(wikis[code].articles(traces))
            items = wikis[code].items(self.titles[code])
            for page_id in sorted(self.titles[code]):
                self._put(code, page_id, items.get(page_id, 0)).found_by(traces[page_id])
        self._join_by_item(self._by_item)
        self._join_by_link()

    def _put(self, code: str, page_id: int, item: int) -> _Item:
        found = self._by_item.get(item)
        if found is None or found.has(code):
            found = _Item() if found else _Item(item)  # two pages of one edition are two things, whatever their ids say
        if found.item:
            self._by_item[item] = found
        self._claim(found, code, page_id)
        return found

    def _claim(self, item: _Item, code: str, page_id: int) -> None:
        place = (code, page_id)
        if place not in item.pages:
            item.pages = (*item.pages, place)
        item.editions |= self._bit(code)
        self._by_page[place] = item

    def _bit(self, edition: str) -> int:
        return 1 << self._bits.setdefault(edition, len(self._bits))

    def _join_by_item(self, items: Collection[int]) -> None:
        """Every edition's page of some items, whether a tree holds it there or not."""
        for code, wiki in self._wikis.items() if items else ():
            wanted = wiki.pages_of(sorted(items))
            self.titles[code].update(wiki.articles([page_id for page_id in wanted.values() if page_id not in self.titles[code]]))
            for item, page_id in sorted(wanted.items()):
                if page_id in self.titles[code] and not self._by_item[item].has(code):
                    self._claim(self._by_item[item], code, page_id)

    def _join_by_link(self) -> None:
        """Links between editions: they say how many have a page, and join pages of which one has no Wikidata id.

        What a link brings in may have links of its own, and an id by which there are more pages; so until nothing is new.
        """
        seen: set[tuple[str, int]] = set()
        while fresh := self._by_page.keys() - seen:
            seen |= fresh
            links = self._read(list(self._links(fresh)))
            known = set(self._by_item)
            for one, other in links:
                if self._item_of(one) or self._item_of(other):  # what an id says comes before what links alone say
                    self._link(one, other)
            self._join_by_item(self._by_item.keys() - known)
            for one, other in links:
                self._link(one, other)

    def _links(self, fresh: Collection[Place]) -> Iterator[Link]:
        """(edition, page id, other edition, title there) of links from and to some pages, where they could join something."""
        mine: dict[str, set[int]] = defaultdict(set)
        named: dict[str, set[str]] = defaultdict(set)
        for code, page_id in fresh:
            mine[code].add(page_id)
            named[code].add(self.titles[code][page_id])
        for code, wiki in self._wikis.items():
            for page_id, lang, title in wiki.links(mine[code], {lang: some for lang, some in named.items() if lang != code}):
                held = self._by_page.get((code, page_id))
                if held is not None:
                    held.editions |= self._bit(lang)
                if lang in self._wikis and lang != code and (held is None or not held.has(lang)):
                    yield code, page_id, lang, title

    def _read(self, links: Sequence[Link]) -> list[tuple[Place, Place]]:
        """The links between articles, as pages: first those that both of them say, then by their titles, so that no number decides."""
        sought: dict[str, set[str]] = defaultdict(set)
        asked: dict[str, set[int]] = defaultdict(set)
        for code, page_id, lang, title in links:
            asked[code].add(page_id)
            sought[lang].add(title)
        places: dict[tuple[str, str], int] = {}
        for code in sorted({*asked, *sought}):
            titles, wiki = self.titles[code], self._wikis[code]
            titles.update(wiki.articles(asked[code].difference(titles), sought[code].difference(titles.values())))
            found = {title: page_id for page_id, title in titles.items() if title in sought[code]}
            places.update({(code, title): page_id for title, page_id in found.items()})
            items = wiki.items(sorted(asked[code].union(found.values())))
            self._items.update({(code, page_id): item for page_id, item in items.items()})
        said = {
            (code, self.titles[code][page_id], lang, title): ((code, page_id), (lang, places[lang, title]))
            for code, page_id, lang, title in links
            if page_id in self.titles[code] and (lang, title) in places
        }
        return [said[link] for link in sorted(said, key=lambda link: ((*link[2:], *link[:2]) not in said, link))]

    def _item_of(self, page: Place) -> int:
        held = self._by_page.get(page)
        return held.item if held else self._items.get(page, 0)

    def _link(self, one: Place, other: Place) -> None:
        """Makes two pages one thing, if they can be."""
        here, there = (self._by_page.get(page) or self._alone(page) for page in (one, other))
        if here is there or (here.item and there.item) or any(there.has(code) for code, _ in here.pages):
            return
        if here.trace is None and there.trace is None:
            return
        here.item = here.item or there.item
        if here.item:
            self._by_item[here.item] = here
        here.found_by(there.trace)
        here.editions |= there.editions
        for code, page_id in (*here.pages, *there.pages):  # one that stood alone is known of from now on
            self._claim(here, code, page_id)

    def _alone(self, page: Place) -> _Item:
        """A page that no tree holds: as a thing of its own, else what has its id."""
        code, page_id = page
        item = self._items.get(page, 0)
        return self._by_item.get(item) or _Item(item, (page,), None, self._bit(code))

    def artifacts(self, roots: Sequence[CultureRoot], origin: Origin) -> Iterator[Artifact]:
        """What was gathered, by weight, the heaviest first.

        Args:
            roots: by number, as traces name them.
            origin: where a page says that its thing is from.
        """
        told = _Roots(roots)
        ranked = []
        for place, item in self._by_page.items():
            if item.trace is not None and place == min(item.pages):
                heavy = weight(item.trace, item.editions.bit_count(), _said(item.pages, origin), told.countries(item.trace.roots))
                ranked.append((-round(heavy, 6), f"Q{item.item}" if item.item else f"{place[0]}:{place[1]}", item.trace, item))
        ranked.sort(key=lambda one: one[:2])
        for heavy, name, trace, item in ranked:
            yield Artifact(
                id=name, wikidata_id=f"Q{item.item}" if item.item else "", kind=trace.kind, weight=-heavy, depth=trace.depth,
                path=trace.path, path_wiki=trace.wiki, sitelinks=item.editions.bit_count(), origin=_said(item.pages, origin),
                langs=told.langs(trace.roots), titles={at: self.titles[at][page] for at, page in sorted(item.pages)}, pages=dict(sorted(item.pages)),
            )  # fmt: skip


class _Roots:
    """What some roots, by their numbers, say together."""

    def __init__(self, roots: Sequence[CultureRoot]) -> None:
        def countries(numbers: frozenset[int]) -> frozenset[str]:
            return frozenset(country for number in numbers for country in roots[number].countries)

        def langs(numbers: frozenset[int]) -> tuple[str, ...]:
            return tuple(sorted({lang for number in numbers for lang in roots[number].langs}))

        self.countries, self.langs = lru_cache(maxsize=1 << 12)(countries), lru_cache(maxsize=1 << 12)(langs)


def _said(pages: Sequence[Place], origin: Origin) -> str:
    return next((said for place in sorted(pages) if (said := origin(*place))), "")


def weight(trace: Trace, editions: int, origin: str, countries: Collection[str]) -> float:
    """How particular a thing is to the culture it was found in: above 0, 1 at most.

    Few editions have a page of what is particular (1 / (1 + ln of their number)); a country that the page names is one of the
    roots' or is not; each turn from the branch of one class into another's halves it, so that the cricketers behind sport
    and the films behind dance count little; classes that fill trees count less (tables/classes.yaml). Depth as such does not count.
    """
    specific = 1 / (1 + math.log(max(editions, 1)))
    known = origin and countries  # a root that names no country makes none foreign
    home = UNKNOWN if not known else HOME if set(origin.split()).intersection(countries) else ELSEWHERE
    return specific * home * TURN**trace.turns * artifact_classes()[trace.kind].weight

"""From a root category to traces: which pages a culture's tree holds, by which way, and of what class each way makes them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from charkha.corpus.trees import Tree, walk
from charkha.languages import Language, artifact_classes
from charkha.text.phrases import Phrases, name_words

T = TypeVar("T")
OTHER = "other"  # the class of what no phrase names


class Wiki(Protocol):
    """What is asked of a wiki, whether its SQL dumps or its pages answer; SqlWiki and PageWiki say what each means."""

    code: str
    tree: Tree
    lost: list[str]

    def members(self, nodes: Collection[int]) -> Iterator[tuple[int, int]]: ...  # noqa: D102
    def items(self, page_ids: Iterable[int]) -> dict[int, int]: ...  # noqa: D102
    def pages_of(self, items: Iterable[int]) -> dict[int, int]: ...  # noqa: D102
    def links(self, page_ids: Collection[int], titles: Mapping[str, Collection[str]]) -> Iterator[tuple[int, str, str]]: ...  # noqa: D102
    def articles(self, page_ids: Collection[int], titles: Collection[str] = ()) -> Iterator[tuple[int, str]]: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class CultureRoot:
    """Where a culture begins: a category of an edition, the languages that name it as theirs, the countries it speaks of."""

    wiki: str
    category: str
    langs: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.wiki}:{self.category}"


def roots_of(languages: Iterable[Language]) -> list[CultureRoot]:
    """The roots of some languages, each once, in the order in which they are named; all languages that name one are in it."""
    found: dict[tuple[str, str], CultureRoot] = {}
    for language in languages:
        for root in language.culture.roots:
            key = (root.wiki, root.category)
            known = found.get(key, CultureRoot(*key))
            found[key] = replace(
                known,
                langs=tuple(dict.fromkeys((*known.langs, language.wiki))),
                countries=tuple(dict.fromkeys((*known.countries, *root.countries))),
            )
    return list(found.values())


class Signposts:
    """What a category's title says: whether it is walked, whether it is what was asked for, and of which class its pages are.

    Args:
        language: of the edition; None for one that we have no file of.
        include: when there are any, a way must pass a category that one of these phrases names.
        exclude: phrases of categories that are not walked, beside the language's own.
    """

    def __init__(self, language: Language | None, include: Sequence[str] = (), exclude: Sequence[str] = ()) -> None:
        culture = language.culture if language else None
        self._classes = Phrases(culture.classes if culture else {})
        self._exclude = Phrases({"": [*(culture.exclude if culture else ()), *exclude]})
        self._include = Phrases({"": include}) if include else None
        self._ranks = {name: rank for rank, name in enumerate(artifact_classes())}

    def leaves_out(self, title: str) -> bool:
        """Whether a category is not walked."""
        return next(self._exclude.found(name_words(title)), None) is not None

    def asks_for(self, title: str) -> bool:
        """Whether a way that passes a category leads through what was asked for."""
        return self._include is None or next(self._include.found(name_words(title)), None) is not None

    def class_of(self, title: str) -> str:
        """The class of a category's pages by its title alone; the one that stands higher in the table where it speaks of two."""
        return min(self._classes.found(name_words(title)), key=self._ranks.__getitem__, default=OTHER)


Way = tuple[int, tuple[str, ...], str]  # depth, path, edition


@dataclass(frozen=True, slots=True)
class Trace:
    """One of the shortest ways from a root to a page.

    path: titles of the categories, the root's first. kind: the class of the last of them that has one, else that of another way to
    the page, the nearest that has one. turns: how often that way left the branch of one class for that of another. roots: numbers of all
    roots from which the page is reached. lent: the way that the class is from, where it is another.
    """

    wiki: str
    path: tuple[str, ...]
    kind: str
    turns: int
    roots: frozenset[int]
    lent: Way | None = None

    @property
    def depth(self) -> int:
        """Hops from the root to the category that holds the page; 0 where that is the root itself."""
        return len(self.path) - 1

    @property
    def way(self) -> Way:
        """Where it leads along."""
        return self.depth, self.path, self.wiki

    @property
    def rank(self) -> tuple[int, bool, Way]:
        """The least is the way that is told: the shortest, and of those one that has a class of its own."""
        return self.depth, self.kind == OTHER or self.lent is not None, self.way


def joined(one: Trace, other: Trace) -> Trace:
    """Two ways to the same page as one: the better path, all roots, the class of another way where that path has none.

    Of many ways the same comes out in whatever order they are met.
    """
    best, rest = (one, other) if one.rank <= other.rank else (other, one)
    told = min((trace for trace in (best, rest) if trace.kind != OTHER), key=lambda trace: trace.lent or trace.way, default=best)
    roots = one.roots | other.roots
    if roots == best.roots and told is best:
        return best
    lent = best.lent if told is best else told.lent or told.way
    return replace(best, kind=told.kind, turns=told.turns, roots=roots, lent=lent)


def traces(wiki: Wiki, starts: Sequence[tuple[int, int]], depth: int, signposts: Signposts) -> dict[int, Trace]:
    """Page id -> its trace, for everything in the categories within `depth` hops of some nodes.

    Args:
        wiki: the edition.
        starts: (number of a root, its node in this edition's tree).
        depth: hops from a root to the category that holds a page, at most.
        signposts: what this edition's categories say.
    """
    told = _Told(wiki.tree, signposts)
    ways: dict[int, Trace] = {}
    for number, root in starts:
        found = walk(wiki.tree, root, depth, told.enters.__getitem__, told.asked.__getitem__)
        for node in found.passed():
            trace = told.trace(wiki.code, number, found.path((node, True)))
            ways[node] = joined(ways[node], trace) if node in ways else trace
    reached: dict[int, Trace] = {}
    for page_id, node in wiki.members(ways.keys()):
        held = reached.get(page_id)
        reached[page_id] = ways[node] if held is None else joined(held, ways[node])
    return reached


class _Asked(dict[int, T]):
    """What is asked of each category once, however many roots lead to it."""

    def __init__(self, ask: Callable[[int], T]) -> None:
        self._ask = ask

    def __missing__(self, node: int) -> T:
        self[node] = self._ask(node)
        return self[node]


class _Told:
    """What the titles of a tree's categories say."""

    def __init__(self, tree: Tree, signposts: Signposts) -> None:
        self._names = _Asked(tree.name)
        self.enters = _Asked(lambda node: not signposts.leaves_out(self._names[node]))
        self.asked = _Asked(lambda node: signposts.asks_for(self._names[node]))
        self._kinds = _Asked(lambda node: signposts.class_of(self._names[node]))

    def trace(self, wiki: str, root: int, path: Sequence[int]) -> Trace:
        """The trace of a path."""
        kinds = [kind for kind in map(self._kinds.__getitem__, path) if kind != OTHER]
        turns = sum(here != there for here, there in zip(kinds, kinds[1:], strict=False))
        return Trace(wiki, tuple(map(self._names.__getitem__, path)), kinds[-1] if kinds else OTHER, turns, frozenset({root}))


def place_roots(roots: Sequence[CultureRoot], wikis: Mapping[str, Wiki], names: Mapping[str, Sequence[str]]) -> dict[str, list[tuple[int, int]]]:
    """Edition -> (number of a root, its node there): the root itself in its own edition, its counterparts in the others.

    Args:
        roots: where cultures begin.
        wikis: the editions there are.
        names: edition -> names of its category namespace, `Category` among them.
    """
    places: dict[str, dict[int, int]] = defaultdict(dict)
    sought: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))  # edition -> title with its namespace -> roots
    pages: Pages = defaultdict(lambda: defaultdict(list))
    for number, root in enumerate(roots):
        for name in names.get(root.wiki, ("Category",)):
            sought[root.wiki][f"{name}:{root.category}"].append(number)
        home = wikis.get(root.wiki)
        node = home.tree.find(root.category) if home else None
        if home and node is not None:
            places[root.wiki][number] = node
            pages[root.wiki][int(home.tree.ids[node].as_py())].append(number)
    _place_by_item(wikis, pages, places)
    for _, code, number, node in sorted(_by_link(wikis, pages, sought)):
        places[code].setdefault(number, node)
    return {code: sorted(found.items()) for code, found in places.items()}


Pages = dict[str, dict[int, list[int]]]  # edition -> page id -> the roots that it is; two titles may name one page


def _place_by_item(wikis: Mapping[str, Wiki], pages: Pages, places: dict[str, dict[int, int]]) -> None:
    """By Wikidata ids; roots of several editions may be one item, and each is placed for itself."""
    roots: dict[int, list[int]] = defaultdict(list)
    for home in pages:
        for page_id, item in wikis[home].items(pages[home]).items():
            roots[item] += pages[home][page_id]
    for code, wiki in wikis.items():
        for item, page_id in wiki.pages_of(roots).items():
            if (node := wiki.tree.node_of(page_id)) is not None:
                for number in roots[item]:
                    places[code].setdefault(number, node)


def _by_link(wikis: Mapping[str, Wiki], pages: Pages, sought: Mapping[str, Mapping[str, list[int]]]) -> Iterator[tuple[tuple[bool, str], str, int, int]]:
    """(rank, edition, root, node there) by links from a root to another edition, which rank first, and from another edition to a root."""
    for code, wiki in wikis.items():
        mine = pages.get(code, {})
        for page_id, lang, title in wiki.links(mine, sought):
            if page_id in mine and lang in wikis and (node := wikis[lang].tree.find(title.partition(":")[2])) is not None:
                yield from (((False, title), lang, number, node) for number in mine[page_id])
            numbers = sought.get(lang, {}).get(title, ())
            if numbers and (node := wiki.tree.node_of(page_id)) is not None:
                yield from (((True, wiki.tree.name(node)), code, number, node) for number in numbers)

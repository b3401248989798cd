"""From a root category to traces: which pages a culture's tree holds, by which way, and of what class each way makes them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from charkha.corpus.trees import Tree, Walk, walk
from charkha.languages import Language, artifact_classes
from charkha.text.phrases import Phrases, name_words

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

    def includes(self, path: Iterable[str]) -> bool:
        """Whether a way leads through what was asked for."""
        asked = self._include
        return asked is None or any(next(asked.found(name_words(title)), None) is not None for title in path)

    def class_of(self, title: str) -> str:
        """The class of a category's pages by its title alone; the one that stands higher in the table where it speaks of two."""
        return min(self._classes.found(name_words(title)), key=self._ranks.__getitem__, default=OTHER)


@dataclass(frozen=True, slots=True)
class Trace:
    """One of the shortest ways from a root to a page.

    path: titles of the categories, the root's first. kind: the class of the last of them that has one. turns: how often the
    way left the branch of one class for that of another. roots: numbers of all roots from which the page is reached.
    """

    wiki: str
    path: tuple[str, ...]
    kind: str
    turns: int
    roots: frozenset[int]

    @property
    def depth(self) -> int:
        """Hops from the root to the category that holds the page; 0 where that is the root itself."""
        return len(self.path) - 1

    @property
    def rank(self) -> tuple[int, bool, tuple[str, ...], str]:
        """The least is the way that is told: the shortest, and of those one that has a class."""
        return self.depth, self.kind == OTHER, self.path, self.wiki


def joined(one: Trace, other: Trace) -> Trace:
    """Two ways to the same page as one: the better path, the class of the other where that path has none, all roots."""
    best, rest = (one, other) if one.rank <= other.rank else (other, one)
    told = rest if best.kind == OTHER else best
    roots = one.roots | other.roots
    if roots == best.roots and told is best:
        return best
    return replace(best, kind=told.kind, turns=told.turns, roots=roots)


def traces(wiki: Wiki, starts: Sequence[tuple[int, int]], depth: int, signposts: Signposts) -> dict[int, Trace]:
    """Page id -> its trace, for everything in the categories within `depth` hops of some nodes.

    Args:
        wiki: the edition.
        starts: (number of a root, its node in this edition's tree).
        depth: hops from a root to the category that holds a page, at most.
        signposts: what this edition's categories say.
    """
    tree = wiki.tree
    walks = [(number, walk(tree, node, depth, lambda child: not signposts.leaves_out(tree.name(child)))) for number, node in starts]
    ways: dict[int, Trace] = {}
    for number, found in walks:
        for node in found.depth:
            trace = _trace(wiki, number, found, node, signposts)
            if signposts.includes(trace.path):
                ways[node] = joined(ways[node], trace) if node in ways else trace
    reached: dict[int, Trace] = {}
    for page_id, node in wiki.members(ways.keys()):
        held = reached.get(page_id)
        reached[page_id] = ways[node] if held is None else joined(held, ways[node])
    return reached


def _trace(wiki: Wiki, root: int, found: Walk, node: int, signposts: Signposts) -> Trace:
    path = tuple(wiki.tree.name(at) for at in found.path(node))
    kinds = [kind for kind in map(signposts.class_of, path) if kind != OTHER]
    turns = sum(here != there for here, there in zip(kinds, kinds[1:], strict=False))
    return Trace(wiki.code, path, kinds[-1] if kinds else OTHER, turns, frozenset({root}))


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
            node = wiki.tree.node_of(page_id)
            for number in roots[item] if node is not None else ():
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

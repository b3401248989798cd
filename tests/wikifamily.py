"""A made-up family of 14 wikis with everything that has to be borne; familytruth.py says what is true of it, familydumps.py writes it down.

Circles, diamonds, hidden and excluded categories, red ones, pages in one edition and in all, pages joined by links alone. Calls nothing of ours.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import yaml

WIKIS = "as bn en gu hi kn ml mr ne or pa ta te ur".split()
LANGUAGE_FILES = Path(__file__).parent.parent / "src" / "charkha" / "languages"
FORBIDDEN = "zzforbidden"  # the phrase of --exclude
WANTED = "zzwanted"  # the phrase of --include
ARTICLE, TALK, FILE, CATEGORY = 0, 1, 6, 14
_LETTERS = {
    "as": "কখগঘচছজঝটঠ", "bn": "কখগঘচছজঝটঠ", "en": "bcdfghjklmpqvwxz", "gu": "કખગઘચછજઝટઠ", "hi": "कखगघचछजझटठ", "kn": "ಕಖಗಘಚಛಜಝಟಠ",
    "ml": "കഖഗഘചഛജഝടഠ", "mr": "कखगघचछजझटठ", "ne": "कखगघचछजझटठ", "or": "କଖଗଘଚଛଜଝଟଠ", "pa": "ਕਖਗਘਚਛਜਝਟਠ", "ta": "கஙசஞடணதநபம",
    "te": "కఖగఘచఛజఝటఠ", "ur": "بپتثجچحخدذ",
}  # fmt: skip
_ODD = ["O'Neil", 'the "first"', "),(", "\\", "50% off", "🪔", "(a),(b)", "x;y", "à--b", "'); DROP", "NULL", "\\N", "q\\'", "/* c */", "a&b"]
_PLAIN = ["O'Neil", 'the "first"', "(a), (b)", "50% off", "🪔", "x;y", "a&b"]  # what wikitext takes in a link without care


@dataclass
class Page:
    """A page: `cats` are titles of categories, `links` edition -> title there with its namespace."""

    wiki: str
    page_id: int
    ns: int
    title: str
    item: int = 0
    cats: list[str] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)
    redirect: bool = False
    disambiguation: bool = False
    hidden: bool = False
    excluded: bool = False
    wanted: bool = False

    @property
    def full(self) -> str:
        """The title as another edition links to it."""
        return f"{namespace(self.wiki)}:{self.title}" if self.ns == CATEGORY else self.title


Root = tuple[str, str]  # edition, title


@dataclass
class Family:
    """All pages by edition, and root -> languages that name it."""

    pages: dict[str, list[Page]]
    roots: dict[Root, set[str]]
    agreed: list[tuple[str, str]] = field(default_factory=list)  # titles that link to each other, whoever else links to them

    def all(self) -> Iterator[Page]:
        """Every page."""
        return (page for pages in self.pages.values() for page in pages)


def language_file(wiki: str) -> dict:  # type: ignore[type-arg]
    """A language's YAML as it stands."""
    return yaml.safe_load((LANGUAGE_FILES / f"{wiki}.yaml").read_text(encoding="utf-8"))


def namespace(wiki: str) -> str:
    """The name of an edition's category namespace."""
    return _NAMESPACES[wiki]


FILES = {wiki: language_file(wiki) for wiki in WIKIS}
_NAMESPACES = {wiki: FILES[wiki]["mediawiki"]["namespaces"][14][0] if wiki != "en" else "Category" for wiki in WIKIS}


def own_roots() -> dict[Root, set[str]]:
    """The roots that the language files name, and which languages name each."""
    found: dict[Root, set[str]] = defaultdict(set)
    for wiki in WIKIS:
        for root in FILES[wiki]["culture"]["roots"]:
            found[root["wiki"], root["category"]].add(wiki)
    return dict(found)


def _excluded_phrase(wiki: str) -> str:
    """A phrase of the language's own that stands for itself."""
    phrases = FILES[wiki]["culture"]["exclude"]
    return next(phrase for phrase in phrases if not set(phrase) & set("*^$"+'{}"') and len(phrase) > 5)


class _Maker:
    """Draws a family."""

    def __init__(self, seed: int, plain: bool) -> None:
        self.pick, self.plain = random.Random(seed), plain
        self.used: set[tuple[str, int, str]] = set()
        self.ids = {wiki: (1 << 33 if number % 5 == 4 else 10) for number, wiki in enumerate(WIKIS)}
        self.items = 5 if seed % 2 else 1 << 34
        self.family = Family({wiki: [] for wiki in WIKIS}, own_roots())
        self.where: dict[int, dict[str, Page]] = {}  # concept of a category -> edition -> page
        self.titles: dict[int, dict[str, str]] = {}  # the same of titles, red ones too

    def item(self) -> int:
        self.items += self.pick.randint(1, 99)
        return self.items

    def title(self, wiki: str, ns: int, *more: str) -> str:
        while True:
            words = ["".join(self.pick.choices(_LETTERS[wiki], k=self.pick.randint(3, 6))) for _ in range(self.pick.randint(1, 2))]
            words += [self.pick.choice(_PLAIN if self.plain else _ODD)] * (self.pick.random() < 0.3) + list(more)
            self.pick.shuffle(words)
            title = " ".join(words)
            title = title[0].upper() + title[1:]
            if title[0] not in "/*\\;)('" and (wiki, ns, title) not in self.used:
                self.used.add((wiki, ns, title))
                return title

    def page(self, wiki: str, ns: int, title: str, **what: object) -> Page:
        self.ids[wiki] += self.pick.randint(1, 9)
        made = Page(wiki, self.ids[wiki], ns, title, **what)  # type: ignore[arg-type]
        self.family.pages[wiki].append(made)
        return made

    # categories

    def roots(self) -> list[int]:
        """Root concepts: with an item nearly everywhere; some editions' counterparts are joined by a link alone, in either direction."""
        named = [
            {"en": "Culture of India", "hi": "भारतीय संस्कृति", "ta": "இந்தியப் பண்பாடு"},
            {"en": "Tamil culture", "ta": "தமிழர் பண்பாடு"},
            {"en": "Culture of Nepal"},
            {"hi": "भारत की संस्कृति"},
        ]
        for concept, titles in enumerate(named):
            item, home = self.item(), min(titles)
            there = WIKIS if concept == 0 else sorted({*titles, *self.pick.sample(WIKIS, 5)})
            pages = {}
            self.titles[concept] = {wiki: titles.get(wiki) or self.title(wiki, CATEGORY) for wiki in WIKIS}
            for wiki in there:
                pages[wiki] = self.page(wiki, CATEGORY, self.titles[concept][wiki], item=item)
            bare = self.pick.sample([wiki for wiki in there if wiki not in titles], 2)
            pages[bare[0]].item = pages[bare[1]].item = 0
            pages[home].links[bare[0]] = pages[bare[0]].full
            pages[bare[1]].links[home] = pages[home].full
            self.where[concept] = pages
        return list(self.where)

    def categories(self) -> None:
        """Levels below the roots, with ways that cut across, lead back, and lead to themselves."""
        above = self.roots()
        number, kinds = len(above), {}
        parents: dict[int, list[int]] = {concept: [] for concept in above}
        for level in range(1, 6):
            made = []
            for _ in range(self.pick.randint(4, 7)):
                concept, number = number, number + 1
                kinds[concept] = self.pick.choices(["", "excluded", "own", "hidden", "wanted"], [12, 1, 1, 1, 2])[0]
                if level == 2 and not made:
                    kinds[concept] = "wanted"  # one at least
                parents[concept] = self.pick.sample(above, min(len(above), self.pick.choice((1, 1, 2, 2, 3))))
                if self.pick.random() < 0.4:  # a way of another length
                    parents[concept].append(self.pick.choice(list(parents)))
                made.append(concept)
            above = made
            for concept in made:
                if self.pick.random() < 0.25:  # back up: a circle, of length 1 sometimes
                    parents[self.pick.choice(list(parents))].append(concept)
        for concept, kind in kinds.items():
            self._category(concept, kind)
        self._hang(parents)

    def _category(self, concept: int, kind: str) -> None:
        item = self.item()
        self.titles[concept], self.where[concept] = {}, {}
        for wiki in WIKIS:
            more = {"excluded": (FORBIDDEN,), "own": (_excluded_phrase(wiki),), "wanted": (WANTED,)}.get(kind, ())
            self.titles[concept][wiki] = self.title(wiki, CATEGORY, *more)
            if self.pick.random() < 0.9:
                hidden = self.pick.random() < (0.8 if kind == "hidden" else 0.03)
                self.where[concept][wiki] = self.page(
                    wiki, CATEGORY, self.titles[concept][wiki], item=item if self.pick.random() < 0.8 else 0, hidden=hidden,
                    excluded=kind in ("excluded", "own"), wanted=kind == "wanted",
                )  # fmt: skip

    def _hang(self, parents: dict[int, list[int]]) -> None:
        for concept, above in parents.items():
            for wiki, page in self.where[concept].items():
                page.cats += [self.titles[up][wiki] for up in above if self.pick.random() < 0.9]
                page.cats = list(dict.fromkeys(page.cats))
                if self.pick.random() < 0.1:
                    page.cats.append(f"Red {page.title}")

    # articles

    def articles(self, count: int) -> None:
        for _ in range(count):
            kind = self.pick.choices(["items", "mixed", "bare", "chain"], [10, 4, 3, 2])[0]
            there = self.pick.choice([WIKIS, self.pick.sample(WIKIS, 1), *[self.pick.sample(WIKIS, self.pick.randint(2, 7))] * 4])
            self._thing(kind, list(there))

    def _cats(self, wiki: str, reached: float) -> list[str]:
        if self.pick.random() > reached:
            return self.pick.choice([[], ["Elsewhere"], ["Elsewhere", "Red place"]])
        return [self.titles[concept][wiki] for concept in self.pick.sample(list(self.titles), self.pick.choice((1, 1, 2, 3)))]

    def _thing(self, kind: str, there: list[str]) -> None:
        item = self.item() if kind in ("items", "mixed") else 0
        pages = [self.page(wiki, ARTICLE, self.title(wiki, ARTICLE), item=item, cats=self._cats(wiki, 0.5)) for wiki in there]
        if kind == "mixed":
            for page in pages[1:]:
                if self.pick.random() < 0.4:
                    page.item = 0
                    other = self.pick.choice([other for other in pages if other.item])
                    one, two = self.pick.choice([(page, other), (other, page)])
                    one.links[two.wiki] = two.full
        if kind in ("bare", "chain"):
            for at, page in enumerate(pages[1:], 1):
                other = pages[at - 1 if kind == "chain" else 0]
                one, two = self.pick.choice([(page, other), (other, page)])
                one.links[two.wiki] = two.full
        for page in pages:
            for other in self.pick.sample(pages, min(len(pages), 3)):
                if other.wiki != page.wiki and self.pick.random() < 0.3:
                    page.links[other.wiki] = other.full
            for elsewhere in self.pick.sample(["fr", "de", "zh-min-nan"], 2):
                page.links[elsewhere] = f"{page.title} là"

    def noise(self) -> None:
        """What stands in categories and is no article; pages of two ids that link to each other."""
        for wiki in WIKIS:
            for what in ({"redirect": True}, {"disambiguation": True}, {}):
                ns = TALK if not what else ARTICLE
                self.page(wiki, ns, self.title(wiki, ns), item=self.item(), cats=self._cats(wiki, 1.0), **what)
            self.page(wiki, FILE, self.title(wiki, FILE), cats=self._cats(wiki, 1.0))
        for _ in range(0 if self.plain else 4):  # two ids are two things, whatever links say; where no id is told nobody could know
            one, two = self.pick.sample([page for page in self.family.all() if page.ns == ARTICLE and page.item and not page.redirect], 2)
            if one.wiki != two.wiki and one.item != two.item:
                one.links[two.wiki] = two.full


    def quarrels(self) -> None:
        """Links that cannot all be right: two pages claim one counterpart, and a page two of an edition; what both say is right."""
        for number in range(8):
            home, there = self.pick.sample(WIKIS, 2)
            one, two = (self.page(home, ARTICLE, self.title(home, ARTICLE), cats=[self.titles[0][home]]) for _ in range(2))
            other = self.page(there, ARTICLE, self.title(there, ARTICLE), item=self.item() if number % 2 else 0)
            one.links[there] = two.links[there] = other.full
            if number % 4 == 3:
                other.links[home] = self.pick.choice([one, two]).full
                self.family.agreed.append((other.full, other.links[home]))


def make(seed: int, things: int = 60, plain: bool = False, quarrels: bool = False) -> Family:
    """A family.

    Args:
        seed: of every draw.
        things: how many articles' subjects.
        plain: what pages-articles can tell: titles that stand in wikitext without care, no links that only an id proves wrong.
        quarrels: with links that contradict each other, of which `truth` knows nothing.
    """
    maker = _Maker(seed, plain)
    maker.categories()
    maker.articles(things)
    maker.noise()
    if quarrels:
        maker.quarrels()
    return maker.family


def renumbered(family: Family, seed: int) -> Family:
    """The same pages under other ids, in another order."""
    pick = random.Random(seed)
    pages = {}
    for wiki, old in family.pages.items():
        numbers = pick.sample(range(1, 10 * len(old)), len(old))
        new = [replace(page, page_id=number + (pick.choice((0, 1 << 40)))) for page, number in zip(old, numbers, strict=True)]
        pages[wiki] = pick.sample(new, len(new))
    return replace(family, pages=pages)


def only(family: Family, wikis: Iterable[str]) -> Family:
    """Some of its editions, and the roots that their languages name."""
    there = set(wikis)
    roots = {root: langs & there for root, langs in family.roots.items() if langs & there}
    return Family({wiki: pages for wiki, pages in family.pages.items() if wiki in there}, roots)


def without_ids(family: Family) -> Family:
    """What pages-articles tell of it: no Wikidata ids."""
    return Family({wiki: [replace(page, item=0) for page in pages] for wiki, pages in family.pages.items()}, family.roots)

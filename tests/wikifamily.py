"""A made-up family of wikis, and what is true of it by a program so naive that one sees it is right; it calls nothing of ours.

`make` draws pages and categories of 14 editions with everything that has to be borne: circles, diamonds, hidden and excluded categories, red
ones, pages in one edition and in all, pages joined by links alone. `truth` finds the artifacts over dicts. `write_sql_files` and `write_xml`
write it down as dumps.
"""

from __future__ import annotations

import bz2
import gzip
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from html import escape
from pathlib import Path

import yaml

import sqldumps

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


@dataclass
class Thing:
    """What is true of an artifact; `ways`: edition -> the pages' depth there."""

    pages: dict[str, int]
    titles: dict[str, str]
    item: int
    depth: int
    langs: set[str]
    editions: set[str]


def language_file(wiki: str) -> dict:  # type: ignore[type-arg]
    """A language's YAML as it stands."""
    return yaml.safe_load((LANGUAGE_FILES / f"{wiki}.yaml").read_text(encoding="utf-8"))


def namespace(wiki: str) -> str:
    """The name of an edition's category namespace."""
    return _NAMESPACES[wiki]


_FILES = {wiki: language_file(wiki) for wiki in WIKIS}
_NAMESPACES = {wiki: _FILES[wiki]["mediawiki"]["namespaces"][14][0] if wiki != "en" else "Category" for wiki in WIKIS}


def own_roots() -> dict[Root, set[str]]:
    """The roots that the language files name, and which languages name each."""
    found: dict[Root, set[str]] = defaultdict(set)
    for wiki in WIKIS:
        for root in _FILES[wiki]["culture"]["roots"]:
            found[root["wiki"], root["category"]].add(wiki)
    return dict(found)


def _excluded_phrase(wiki: str) -> str:
    """A phrase of the language's own that stands for itself."""
    phrases = _FILES[wiki]["culture"]["exclude"]
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
        for _level in range(1, 6):
            made = []
            for _ in range(self.pick.randint(4, 7)):
                concept, number = number, number + 1
                kinds[concept] = self.pick.choices(["", "excluded", "own", "hidden", "wanted"], [12, 1, 1, 1, 2])[0]
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


# What is true


def places(family: Family) -> dict[tuple[Root, str], Page]:
    """(root, edition) -> the category that stands for the root there."""
    found = {}
    categories = [page for page in family.all() if page.ns == CATEGORY]
    for root in family.roots:
        names = {f"{name}:{root[1]}" for name in (namespace(root[0]), "Category")}
        home = next((page for page in categories if (page.wiki, page.title) == root), None)
        for wiki in family.pages:
            here = [page for page in categories if page.wiki == wiki]
            candidates = [page for page in here if home and page.item and page.item == home.item]
            candidates += [page for page in here if home and home.links.get(wiki) == page.full]
            candidates += [page for page in here if page.links.get(root[0]) in names]
            if home and home.wiki == wiki:
                candidates = [home]
            if candidates:
                found[root, wiki] = candidates[0]
    return found


def shortest(family: Family, depth: int, include: bool) -> dict[tuple[str, int], dict[Root, int]]:
    """(edition, page id) -> root -> hops: every simple way of categories is tried."""
    found: dict[tuple[str, int], dict[Root, int]] = defaultdict(dict)
    for (root, wiki), start in places(family).items():
        titled = {page.title: page for page in family.pages[wiki] if page.ns == CATEGORY}
        below: dict[str, list[Page]] = defaultdict(list)
        for page in family.pages[wiki]:
            for cat in page.cats:
                if cat in titled:
                    below[cat].append(page)
        ways = [[start]]
        while ways:
            way = ways.pop()
            for page in below[way[-1].title]:
                if page.ns == ARTICLE and (not include or any(step.wanted for step in way)):
                    best = found[wiki, page.page_id]
                    best[root] = min(best.get(root, 99), len(way) - 1)
                enters = page.ns == CATEGORY and not page.hidden and not page.excluded
                if enters and len(way) <= depth and all(page is not step for step in way):
                    ways.append([*way, page])
    return found


def truth(family: Family, depth: int = 3, include: bool = False) -> list[Thing]:
    """The artifacts."""
    articles = [page for page in family.all() if page.ns == ARTICLE and not page.redirect and not page.disambiguation]
    groups = [[page] for page in articles]
    of = {(page.wiki, page.title): group for group in groups for page in group}

    def merge(one: list[Page], two: list[Page]) -> None:
        if one is two or len({page.item for page in (*one, *two) if page.item}) > 1 or {p.wiki for p in one} & {p.wiki for p in two}:
            return
        one.extend(two)
        for page in two:
            of[page.wiki, page.title] = one

    by_item: dict[int, Page] = {}
    for page in articles:
        if page.item:
            merge(of[by_item.setdefault(page.item, page).wiki, by_item[page.item].title], of[page.wiki, page.title])
    for page in articles:
        for wiki, title in page.links.items():
            other = of.get((wiki, title))
            if other is not None and not (page.item and next(one for one in other if (one.wiki, one.title) == (wiki, title)).item):
                merge(of[page.wiki, page.title], other)
    reached = shortest(family, depth, include)
    found = []
    for group in {id(group): group for group in of.values()}.values():
        ways = [reached[page.wiki, page.page_id] for page in group if (page.wiki, page.page_id) in reached]
        if ways:
            found.append(
                Thing(
                    {page.wiki: page.page_id for page in group}, {page.wiki: page.title for page in group},
                    max(page.item for page in group), min(min(way.values()) for way in ways),
                    {lang for way in ways for root in way for lang in family.roots[root]},
                    {wiki for page in group for wiki in (page.wiki, *page.links)},
                )
            )  # fmt: skip
    return found


def is_way(family: Family, wiki: str, path: Iterable[str], page_id: int, include: bool = False) -> bool:
    """Whether a path leads from a root's place in an edition down to a page, through nothing that is not walked."""
    titled = {page.title: page for page in family.pages[wiki] if page.ns == CATEGORY}
    steps = [titled[title] for title in path]
    starts = [page.title for (_, at), page in places(family).items() if at == wiki]
    page = next(page for page in family.pages[wiki] if page.page_id == page_id)
    return (
        steps[0].title in starts
        and all(above.title in step.cats and not step.hidden and not step.excluded for above, step in zip(steps, steps[1:], strict=False))
        and steps[-1].title in page.cats
        and (not include or any(step.wanted for step in steps))
    )


# Dumps

LAYOUTS = ("legacy", "transitional", "new")


def write_sql_files(family: Family, folder: Path, seed: int = 0, plain: bool = False) -> Path:
    """The SQL dumps of all editions, in all layouts, packings and styles; `plain`: in none and one."""
    folder.mkdir(parents=True, exist_ok=True)
    pick = random.Random(seed)
    for number, wiki in enumerate(family.pages):
        layout = LAYOUTS[(number + seed) % 3]
        tables = _tables(family.pages[wiki], layout, pick)
        for name, rows in tables.items():
            table = sqldumps.table_of(name)
            if table == "linktarget" and layout == "legacy":
                continue
            pick.shuffle(rows)
            if plain:
                sqldumps.write_sql(folder / f"{wiki}wiki-20261101-{table}.sql", name, rows)
                continue
            style = pick.choice([sqldumps.Style(), sqldumps.ONE_A_LINE, sqldumps.Style(many=1), sqldumps.Style(many=7)])
            pack, ending = pick.choice([(bytes, ""), (gzip.compress, ".gz"), (bz2.compress, ".bz2")])
            path = folder / f"{wiki}wiki-20261101-{table}.sql{ending}"
            path.write_bytes(pack(sqldumps.dump(name, rows, style)))
    return folder


Rows = list[list[sqldumps.Value]]


def _tables(pages: list[Page], layout: str, pick: random.Random) -> dict[str, Rows]:
    stored = {title: title.replace(" ", "_").encode() for page in pages for title in (page.title, *page.cats)}
    targets = {title: number for number, title in enumerate(sorted({cat for page in pages for cat in page.cats}), 5)}
    props: Rows = [[page.page_id, b"wikibase_item", b"Q%d" % page.item, None] for page in pages if page.item]
    props += [[page.page_id, b"hiddencat", b"", None] for page in pages if page.hidden]
    props += [[page.page_id, b"disambiguation", b"", None] for page in pages if page.disambiguation]
    props += [[page.page_id, b"defaultsort", b"wikibase_item", 1.5] for page in pages[::3]]
    touched = b"20261031000000"
    tables: dict[str, Rows] = {
        "page": [
            [page.page_id, page.ns, stored[page.title], int(page.redirect), 0, 0.5, touched, touched, 7, 100, b"wikitext", None] for page in pages
        ],
        "page_props": props,
        "langlinks": [[page.page_id, lang.encode(), title.encode()] for page in pages for lang, title in page.links.items()],
        "linktarget": [row for title, number in targets.items() for row in ([number, 14, stored[title]], [number + 100_000, 10, stored[title]])],
    }
    links: Rows = []
    for page in pages:
        for cat in page.cats:
            links += [_categorylink(page, layout, stored[cat], targets[cat], pick)] * pick.choice((1, 1, 1, 2))
    for _ in range(5):  # of pages that are gone
        cat = pick.choice(sorted(targets))
        links.append(_categorylink(Page("", 1 << 50, pick.choice((0, 14)), ""), layout, stored[cat], targets[cat], pick))
    tables[f"categorylinks:{layout}"] = links
    return tables


def _categorylink(page: Page, layout: str, title: bytes, target: int, pick: random.Random) -> list[sqldumps.Value]:
    kind = {CATEGORY: b"subcat", FILE: b"file"}.get(page.ns, b"page")
    row = {
        "cl_from": page.page_id, "cl_to": title, "cl_sortkey": b"\x00'\\),(" + title[:9], "cl_timestamp": b"2026-10-31 12:34:56",
        "cl_sortkey_prefix": b"", "cl_collation": b"uca-hi-u-kn", "cl_type": kind, "cl_collation_id": 3, "cl_target_id": target,
    }  # fmt: skip
    if layout == "transitional":
        row |= pick.choice([{"cl_to": b""}, {"cl_target_id": None}, {"cl_target_id": 0}, {}])
    return [row[name] for name in sqldumps.columns_in(f"categorylinks:{layout}")]


def write_xml(family: Family, wiki: str, path: Path) -> Path:
    """An edition's pages-articles: categories, links and hidden marks in the text, no Wikidata ids."""
    names = "".join(
        f'      <namespace key="{key}" case="first-letter">{escape(values[0])}</namespace>\n'
        for key, values in _FILES[wiki]["mediawiki"]["namespaces"].items()
    )
    pages = "".join(map(_xml, sorted(family.pages[wiki], key=lambda page: page.page_id)))
    head = (
        f'<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" version="0.11" xml:lang="{wiki}">\n  <siteinfo>\n'
        f"    <dbname>{wiki}wiki</dbname>\n    <base>https://{wiki}.wikipedia.org/wiki/X</base>\n    <namespaces>\n"
        f'      <namespace key="0" case="first-letter" />\n{names}    </namespaces>\n  </siteinfo>\n'
    )
    path.write_text(head + pages + "</mediawiki>\n", encoding="utf-8")
    return path


def _in_category(page: Page, at: int, cat: str) -> str:
    """A link to a category as one writer or another writes it."""
    name = ["Category", namespace(page.wiki), "category", f" {namespace(page.wiki)} "][(page.page_id + at) % 4]
    title = [cat, cat.replace(" ", "_"), f" {cat[0].lower()}{cat[1:]}|*", f"{cat}|{page.title}"][page.page_id // 4 % 4]
    return f"[[{name}:{title}]]"


def _xml(page: Page) -> str:
    names = {TALK: 1, FILE: 6, CATEGORY: 14}
    prefix = f"{_FILES[page.wiki]['mediawiki']['namespaces'][names[page.ns]][0]}:" if page.ns else ""
    target = "    <redirect title=\"Elsewhere\" />\n" if page.redirect else ""
    lines = ["#REDIRECT [[Elsewhere]]"] if page.redirect else [f"{page.title} is told of here. It is told of at some length, in two sentences."]
    lines += [_in_category(page, at, cat) for at, cat in enumerate(page.cats)]
    lines += [f"[[{lang}:{title}]]" for lang, title in page.links.items()]
    lines += ["__HIDDENCAT__"] * page.hidden + ["{{disambiguation}}\n__DISAMBIG__"] * page.disambiguation
    text = "\n".join(lines)
    return (
        f"  <page>\n    <title>{escape(prefix + page.title)}</title>\n    <ns>{page.ns}</ns>\n    <id>{page.page_id}</id>\n{target}    <revision>\n"
        f"      <id>{page.page_id + 7}</id>\n      <timestamp>2026-10-01T00:00:00Z</timestamp>\n      <model>wikitext</model>\n"
        f'      <text xml:space="preserve">{escape(text)}</text>\n    </revision>\n  </page>\n'
    )

"""What is true of a made-up family of wikis, over dicts, by a program so naive that one sees that it is right. It calls nothing of ours."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from wikifamily import ARTICLE, CATEGORY, Family, Page, Root, namespace


@dataclass
class Thing:
    """What is true of an artifact; `editions`: those known to have a page of it."""

    pages: dict[str, int]
    titles: dict[str, str]
    item: int
    depth: int
    langs: set[str]
    editions: set[str]


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

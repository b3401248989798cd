"""The dumps of a made-up family of wikis: SQL in every layout, packing and style, and pages-articles."""

from __future__ import annotations

import bz2
import gzip
import random
from html import escape
from pathlib import Path

import sqldumps
from wikifamily import CATEGORY, FILE, FILES, TALK, Family, Page, namespace

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
        for key, values in FILES[wiki]["mediawiki"]["namespaces"].items()
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
    prefix = f"{FILES[page.wiki]['mediawiki']['namespaces'][names[page.ns]][0]}:" if page.ns else ""
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

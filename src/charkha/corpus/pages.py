"""A dump's pages as finished records: articles, disambiguation pages, redirects. It refuses to know parquet and runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from charkha.core.records import CategoryPage, Page
from charkha.corpus.dump import RawPage, SiteInfo, Tally, newest_revision, read_dump, read_siteinfo
from charkha.corpus.streams import Slice
from charkha.corpus.wikitext import parse
from charkha.languages import Language

_DATE = re.compile(r"-(\d{4})-?(\d{2})-?(\d{2})(?=[-.])")
CATEGORY = 14  # the namespace of categories
_CC_BY_SA_4_FROM = "20230607"  # Wikimedia's terms of use changed on 7 June 2023


@dataclass(frozen=True, slots=True)
class Stamp:
    """What every page of a dump carries: its date (20230501, or empty), its licence, its source."""

    date: str
    licence: str
    source: str


def stamp_of(path: Path, *, licence: str = "", date: str = "") -> Stamp:
    """A dump's stamp: the user's word, else the date in the file's name, else the day of its newest revision.

    Raises:
        SourceError: the file is no dump or cannot be opened.
    """
    date = date or dump_date(path.name) or newest_revision(path)
    return Stamp(date, licence or licence_of(date), read_siteinfo(path).dbname or path.name)


def read_pages(
    source: str | Path | Slice, language: Language, tally: Tally, *, stamp: Stamp | None = None,
    unchanged: Callable[[RawPage], bool] | None = None, categories: Callable[[CategoryPage], None] | None = None,
) -> Iterator[Page]:  # fmt: skip
    """Articles of a dump, parsed; redirects have `redirect_to` and no text, disambiguation pages their flag.

    Args:
        source: a dump file of the language's wiki, or a slice of one.
        language: the language of that wiki.
        tally: counts everything that is seen, also what is left out; a slice that is not its file's first takes the
            names of namespaces from its `siteinfo`.
        stamp: what the pages carry; by default what the file says of itself.
        unchanged: pages that need not be parsed; they are counted and left out.
        categories: told of the categories' own pages.

    Raises:
        SourceError: the file is no dump or cannot be opened.
    """
    path = source.path if isinstance(source, Slice) else Path(source)
    stamp = stamp or stamp_of(path)
    for raw in read_dump(source, tally, texts_of=(0, CATEGORY) if categories else (0,)):
        if raw.ns:
            tally.other_namespaces += 1
            if raw.ns == CATEGORY and categories and not raw.redirect and raw.text is not None:
                categories(_category(raw, language, tally.siteinfo))
            continue
        if raw.model != "wikitext":
            tally.other_models += 1
            continue
        if not raw.redirect and raw.text is None:
            tally.without_text += 1
            continue
        if raw.redirect:
            tally.redirects += 1
        else:
            tally.articles += 1
        if unchanged is not None and unchanged(raw):
            continue
        page = _page(raw, language, tally.siteinfo)
        page.dump_date, page.licence, page.source = stamp.date, stamp.licence, stamp.source
        yield page


def dump_date(name: str) -> str:
    """The date in a dump's file name, as 20230501; empty when it has none."""
    match = _DATE.search(name)
    return "".join(match.groups()) if match else ""


def licence_of(date: str) -> str:
    """The licence of a dump's text: CC BY-SA 3.0 before 7 June 2023, 4.0 from then on and for an unknown date."""
    return "CC BY-SA 3.0" if date and date < _CC_BY_SA_4_FROM else "CC BY-SA 4.0"


def page_url(title: str, site: SiteInfo) -> str:
    """The page's address, as MediaWiki writes it; empty for a dump that does not say its base."""
    if not site.base:
        return ""
    path = quote(title.replace(" ", "_"), safe=";@$!*(),/~:")
    return f"{site.base.rpartition('/')[0]}/{path}"


def _category(raw: RawPage, language: Language, site: SiteInfo) -> CategoryPage:
    text = raw.text or ""
    parsed = parse(text, language, siteinfo_namespaces=site.namespaces, title=raw.title)
    hidden = any(word in text for word in ("__HIDDENCAT__", *language.mediawiki.magic.get("hiddencat", ())))
    return CategoryPage(raw.page_id, raw.title.partition(":")[2] or raw.title, parsed.categories, hidden, parsed.langlinks)


def _page(raw: RawPage, language: Language, site: SiteInfo) -> Page:
    page = Page(
        lang=language.wiki, title=raw.title, page_id=raw.page_id, revision_id=raw.revision_id, timestamp=raw.timestamp,
        url=page_url(raw.title, site), redirect_to=raw.redirect,
    )  # fmt: skip
    if raw.redirect:
        return page
    parsed = parse(raw.text or "", language, siteinfo_namespaces=site.namespaces, title=raw.title)
    page.text, page.lead, page.sections, page.links = parsed.text, parsed.lead, parsed.sections, parsed.links
    page.categories, page.langlinks, page.infobox = parsed.categories, parsed.langlinks, parsed.infobox
    page.tables, page.captions, page.coordinates = parsed.tables, parsed.captions, parsed.coordinates
    page.disambiguation = parsed.disambiguation
    return page

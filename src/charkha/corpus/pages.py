"""A dump's pages as finished records: articles, disambiguation pages, redirects. It refuses to know parquet and runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from charkha.core.records import Page
from charkha.corpus.dump import RawPage, SiteInfo, Tally, read_dump
from charkha.corpus.wikitext import parse
from charkha.languages import Language

_DATE = re.compile(r"-(\d{4})-?(\d{2})-?(\d{2})(?=[-.])")
_CC_BY_SA_4_FROM = "20230607"  # Wikimedia's terms of use changed on 7 June 2023


def read_pages(path: str | Path, language: Language, tally: Tally) -> Iterator[Page]:
    """Articles of a dump, parsed; redirects have `redirect_to` and no text, disambiguation pages their flag.

    Args:
        path: a dump file of the language's wiki.
        language: the language of that wiki.
        tally: counts everything that is seen, also what is left out.

    Raises:
        SourceError: the file is no dump or cannot be opened.
    """
    place = Path(path)
    date = dump_date(place.name)
    licence = licence_of(date)
    for raw in read_dump(place, tally, texts_of=(0,)):
        if raw.ns:
            tally.other_namespaces += 1
            continue
        if raw.model != "wikitext":
            tally.other_models += 1
            continue
        if not raw.redirect and raw.text is None:
            tally.without_text += 1
            continue
        page = _page(raw, language, tally.siteinfo)
        page.dump_date, page.licence, page.source = date, licence, tally.siteinfo.dbname or place.name
        if raw.redirect:
            tally.redirects += 1
        else:
            tally.articles += 1
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

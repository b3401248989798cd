"""Addresses of Wikipedia pages and Wikidata items in any text, and the pages they name. It refuses to know who wrote the text.

Source of the forms: MediaWiki's Manual:Short URL and Manual:Parameters to index.php.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qs, unquote

from charkha.corpus.interwiki import LANGUAGES
from charkha.corpus.links import clean_title
from charkha.corpus.names import canonical_prefix, names_of
from charkha.corpus.normal import nfc
from charkha.languages import codes, load


@dataclass(frozen=True, slots=True)
class Named:
    """A page as somebody named it: wiki and title, or wiki and page id, or the Wikidata id alone."""

    lang: str = ""
    title: str = ""
    page_id: str = ""
    wikidata_id: str = ""


# An address ends at a space, at a quotation mark or bracket that no title holds, or where the next one begins.
_ADDRESS = re.compile(
    r"""(?<![\w.-])(?:([a-z][a-z0-9-]*)(?:\.m|\.zero)?\.wikipedia\.org(?::\d+)?(/(?:(?!https?://)[^\s"<>\[\]{}|`\\])*)"""
    r"|(?:www\.|m\.)?wikidata\.org/(?:wiki|entity)/(?:Special:EntityPage/)?(Q[1-9]\d*))",
    re.IGNORECASE,
)
# The article path, of a script variant too (/zh-cn/), with a title behind it.
_ARTICLE = re.compile(r"/(?:wiki|[a-z]{2,3}-[a-z]{2,4})/([^?#]+)")
_LONGEST_TITLE = 255  # bytes of UTF-8, MediaWiki's own limit
_BEHIND = ".,;:!?'’”»。।॥۔…*_~-"  # what prose puts behind an address; a title that ends so is cut only inside other text


def pages_named(text: str) -> list[Named]:
    """The pages whose addresses stand in a text, once each, in order; no special, talk or category pages, no lone revisions."""
    if ".org" not in text.casefold():
        return []
    alone = text.count("://") < 2 and len(text.split(maxsplit=1)) == 1  # then all of it is the address
    found: dict[Named, None] = {}
    for match in _ADDRESS.finditer(text):
        if match[3]:
            found[Named(wikidata_id=match[3].upper())] = None
            continue
        lang = match[1].lower()
        path = match[2] if alone and not text[: match.start()].strip(" :/htps\n\t") else _trimmed(match[2])
        if (lang in LANGUAGES or lang in codes()) and (named := _named(lang, path)):
            found[named] = None
    return list(found)


def article_title(lang: str, title: str) -> str:
    """A title as MediaWiki stores it; empty for none, and for a page that is no article."""
    clean = clean_title(nfc(" ".join(title.split())))
    if "\ufffd" in clean or len(clean.encode("utf-8", "replace")) > _LONGEST_TITLE:
        return ""
    prefix, colon, _ = clean.partition(":")
    return "" if colon and _prefix(lang)(prefix) else clean


@lru_cache(maxsize=512)
def _prefix(lang: str) -> Callable[[str], int]:
    """Whether a prefix leads out of a wiki's articles."""
    return names_of(load(lang)).prefix if lang in codes() else canonical_prefix


def _trimmed(path: str) -> str:
    """An address without what prose puts behind it: punctuation, brackets that were opened before it."""
    brackets = path.count(")") - path.count("(")
    end = len(path)
    while end and (path[end - 1] in _BEHIND or (path[end - 1] == ")" and brackets > 0)):
        end -= 1
        brackets -= path[end] == ")"
    return path[:end]


def _named(lang: str, path: str) -> Named | None:
    article = _ARTICLE.match(path)
    if article and (title := article_title(lang, unquote(article[1]))):
        return Named(lang, title)
    query = parse_qs(path.partition("#")[0].partition("?")[2])
    if "title" in query and (title := article_title(lang, query["title"][0])):
        return Named(lang, title)
    page_id = query.get("curid", query.get("pageids", [""]))[0]
    return Named(lang, page_id=page_id) if page_id.isascii() and page_id.isdigit() else None

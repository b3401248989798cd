"""The SQL dumps of a sample wiki, as MediaWiki's tables and mysqldump write them; tools/pack_sample.py calls this.

page, categorylinks, linktarget, langlinks and page_props, each gzipped without a time, so that the same input gives the same
bytes. Three layouts of categorylinks are in the wild and all are here: bn and ta have the legacy one (cl_to, no linktarget),
hi and ne the transitional one (both columns; in ne a third of the targets are not filled in yet), the others the one of today.
"""

from __future__ import annotations

import gzip
import hashlib
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sample_source import CATEGORY, Item, Page, Wiki, local_name, pages_of

from charkha.languages import Language

LEGACY, TRANSITIONAL = frozenset({"bn", "ta"}), frozenset({"hi", "ne"})
ROW_PER_LINE = frozenset({"gu", "te"})  # how newer servers dump
UNFILLED = frozenset({"ne"})  # where every third cl_target_id is still NULL
TIMESTAMP, TOUCHED = "2026-11-01 00:00:00", "20261101000000"
_FIRST_GONE = 5000  # ids that no page has any more
_ROWS_PER_INSERT = 50
_FIRST_TARGET = 2**32 - 50  # ids of linktarget pass 2^32, as they may
_ESCAPES = {b"\\": b"\\\\", b"'": b"\\'", b'"': b'\\"', b"\0": b"\\0", b"\n": b"\\n", b"\r": b"\\r", b"\x1a": b"\\Z"}

Value = str | bytes | int | float | None
Row = Sequence[Value]

_HEAD = """-- MariaDB dump 10.19  Distrib 10.11.11-MariaDB, for debian-linux-gnu (x86_64)
--
-- Host: localhost    Database: {wiki}wiki
-- ------------------------------------------------------
-- Server version\t10.11.11-MariaDB

/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!40101 SET NAMES utf8mb4 */;
/*!40103 SET TIME_ZONE='+00:00' */;
/*!40014 SET @OLD_UNIQUE_CHECKS=@@UNIQUE_CHECKS, UNIQUE_CHECKS=0 */;

--
-- Table structure for table `{table}`
--

DROP TABLE IF EXISTS `{table}`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `{table}` (
{columns}
) ENGINE=InnoDB DEFAULT CHARSET=binary ROW_FORMAT=COMPRESSED;
/*!40101 SET character_set_client = @saved_cs_client */;

--
-- Dumping data for table `{table}`
--

/*!40000 ALTER TABLE `{table}` DISABLE KEYS */;
"""
_TAIL = """/*!40000 ALTER TABLE `{table}` ENABLE KEYS */;

/*!40014 SET UNIQUE_CHECKS=@OLD_UNIQUE_CHECKS */;
/*!40101 SET CHARACTER_SET_CLIENT=@OLD_CHARACTER_SET_CLIENT */;

-- Dump completed on 2026-11-01  0:00:00
"""
_PAGE = """
  `page_id` int(8) unsigned NOT NULL AUTO_INCREMENT,
  `page_namespace` int(11) NOT NULL DEFAULT 0,
  `page_title` varbinary(255) NOT NULL DEFAULT '',
  `page_is_redirect` tinyint(1) unsigned NOT NULL DEFAULT 0,
  `page_is_new` tinyint(1) unsigned NOT NULL DEFAULT 0,
  `page_random` double unsigned NOT NULL DEFAULT 0,
  `page_touched` binary(14) NOT NULL,
  `page_links_updated` varbinary(14) DEFAULT NULL,
  `page_latest` int(8) unsigned NOT NULL DEFAULT 0,
  `page_len` int(8) unsigned NOT NULL DEFAULT 0,
  `page_content_model` varbinary(32) DEFAULT NULL,
  `page_lang` varbinary(35) DEFAULT NULL,
  PRIMARY KEY (`page_id`),
  UNIQUE KEY `page_name_title` (`page_namespace`,`page_title`),
  KEY `page_random` (`page_random`),
  KEY `page_len` (`page_len`),
  KEY `page_redirect_namespace_len` (`page_is_redirect`,`page_namespace`,`page_len`)"""
_CATEGORYLINKS = """
  `cl_from` int(8) unsigned NOT NULL DEFAULT 0,
  `cl_sortkey` varbinary(230) NOT NULL DEFAULT '',
  `cl_timestamp` timestamp NOT NULL DEFAULT current_timestamp() ON UPDATE current_timestamp(),
  `cl_sortkey_prefix` varbinary(255) NOT NULL DEFAULT '',
  `cl_type` enum('page','subcat','file') NOT NULL DEFAULT 'page',
  `cl_collation_id` smallint(5) unsigned NOT NULL DEFAULT 0,
  `cl_target_id` bigint(20) unsigned NOT NULL,
  PRIMARY KEY (`cl_from`,`cl_target_id`),
  KEY `cl_timestamp_id` (`cl_target_id`,`cl_timestamp`),
  KEY `cl_sortkey_id` (`cl_target_id`,`cl_type`,`cl_sortkey`,`cl_from`)"""
_CATEGORYLINKS_LEGACY = """
  `cl_from` int(8) unsigned NOT NULL DEFAULT 0,
  `cl_to` varbinary(255) NOT NULL DEFAULT '',
  `cl_sortkey` varbinary(230) NOT NULL DEFAULT '',
  `cl_timestamp` timestamp NOT NULL DEFAULT current_timestamp() ON UPDATE current_timestamp(),
  `cl_sortkey_prefix` varbinary(255) NOT NULL DEFAULT '',
  `cl_collation` varbinary(32) NOT NULL DEFAULT '',
  `cl_type` enum('page','subcat','file') NOT NULL DEFAULT 'page',
  PRIMARY KEY (`cl_from`,`cl_to`),
  KEY `cl_timestamp` (`cl_to`,`cl_timestamp`),
  KEY `cl_sortkey` (`cl_to`,`cl_type`,`cl_sortkey`,`cl_from`)"""
_CATEGORYLINKS_TRANSITIONAL = _CATEGORYLINKS_LEGACY.replace(
    "  PRIMARY KEY",
    "  `cl_collation_id` smallint(5) unsigned NOT NULL DEFAULT 0,\n  `cl_target_id` bigint(20) unsigned DEFAULT NULL,\n  PRIMARY KEY",
)
_LINKTARGET = """
  `lt_id` bigint(20) unsigned NOT NULL AUTO_INCREMENT,
  `lt_namespace` int(11) NOT NULL,
  `lt_title` varbinary(255) NOT NULL,
  PRIMARY KEY (`lt_id`),
  UNIQUE KEY `lt_namespace_title` (`lt_namespace`,`lt_title`)"""
_LANGLINKS = """
  `ll_from` int(8) unsigned NOT NULL DEFAULT 0,
  `ll_lang` varbinary(35) NOT NULL DEFAULT '',
  `ll_title` varbinary(255) NOT NULL DEFAULT '',
  PRIMARY KEY (`ll_from`,`ll_lang`),
  KEY `ll_lang` (`ll_lang`,`ll_title`)"""
_PAGE_PROPS = """
  `pp_page` int(8) unsigned NOT NULL,
  `pp_propname` varbinary(60) NOT NULL,
  `pp_value` blob NOT NULL,
  `pp_sortkey` float DEFAULT NULL,
  PRIMARY KEY (`pp_page`,`pp_propname`),
  UNIQUE KEY `pp_propname_page` (`pp_propname`,`pp_page`),
  UNIQUE KEY `pp_propname_sortkey_page` (`pp_propname`,`pp_sortkey`,`pp_page`)"""


@dataclass(frozen=True)
class _Link:
    """A row of categorylinks before its layout."""

    page_id: int
    category: str
    prefix: str
    kind: str
    collation_key: bytes


def tables(wiki: Wiki, items: list[Item], languages: dict[str, Language]) -> dict[str, bytes]:
    """Table name -> its gzipped dump, for one wiki; `languages` are those of all wikis, for what they call their namespaces."""
    code = wiki.language.wiki
    links = sorted(_links(wiki), key=lambda link: (link.page_id, link.category))
    targets = {
        link.category: _FIRST_TARGET + 7 * place
        for place, link in enumerate({one.category: one for one in links}.values())
    }
    found = {
        "page": _dump(code, "page", _PAGE, [_page_row(page) for page in pages_of(wiki)]),
        "categorylinks": _category_links(code, links, targets),
        "langlinks": _dump(code, "langlinks", _LANGLINKS, _language_links(wiki, items, languages)),
        "page_props": _dump(code, "page_props", _PAGE_PROPS, _properties(wiki, items)),
    }
    if code not in LEGACY:
        found["linktarget"] = _dump(code, "linktarget", _LINKTARGET, _link_targets(wiki, targets))
    return found


def _dump(wiki: str, table: str, columns: str, rows: Iterable[Row]) -> bytes:
    parts = [_HEAD.format(wiki=wiki, table=table, columns=columns.strip("\n")).encode()]
    values = [b"(" + b",".join(_literal(value) for value in row) + b")" for row in rows]
    for start in range(0, len(values), _ROWS_PER_INSERT):
        batch = values[start : start + _ROWS_PER_INSERT]
        opening = b"INSERT INTO `" + table.encode() + b"` VALUES"
        if wiki in ROW_PER_LINE:
            parts.append(opening + b"\n" + b",\n".join(batch) + b";\n")
        else:
            parts.append(opening + b" " + b",".join(batch) + b";\n")
    parts.append(_TAIL.format(table=table).encode())
    return gzip.compress(b"".join(parts), mtime=0)


def _literal(value: Value) -> bytes:
    if value is None:
        return b"NULL"
    if isinstance(value, int | float):
        return str(value).encode()
    raw = value.encode() if isinstance(value, str) else value
    return b"'" + b"".join(_ESCAPES.get(byte, byte) for byte in (raw[i : i + 1] for i in range(len(raw)))) + b"'"


def _key(title: str) -> str:
    """A title as MediaWiki's tables hold it: with underscores."""
    return title.replace(" ", "_")


def _links(wiki: Wiki) -> Iterator[_Link]:
    ids = wiki.category_ids
    placed = {
        title: [category for category, members in wiki.placed.items() if title in members] for title in _titles(wiki)
    }
    for article in wiki.articles:
        named = dict(article.categories)
        for category in [*named, *(one for one in placed[article.title] if one not in named)]:
            yield _Link(article.page_id, category, named.get(category, ""), "page", _collation_key(article.title))
    for title, parents in wiki.tree.items():
        for parent in parents:
            yield _Link(ids[title], parent, "", "subcat", _collation_key(title))
    gone = itertools.count(_FIRST_GONE)
    for category, times in wiki.gone.items():
        for page_id in itertools.islice(gone, times):
            yield _Link(page_id, category, "", "page", _collation_key(str(page_id)))


def _titles(wiki: Wiki) -> list[str]:
    return [article.title for article in wiki.articles]


def _collation_key(title: str) -> bytes:
    """Bytes like those of a real collation: of no encoding, with quotes and backslashes among them."""
    return hashlib.sha1(title.encode()).digest()[:12] + b"\x01'),(\\\x00"


def _category_links(code: str, links: list[_Link], targets: dict[str, int]) -> bytes:
    rows: list[Row] = []
    for place, link in enumerate(links):
        start: Row = (
            link.page_id,
            _key(link.category),
            link.collation_key,
            TIMESTAMP,
            link.prefix,
            f"uca-{code}-u-kn",
            link.kind,
        )
        unfilled = code in UNFILLED and place % 3 == 2
        if code in LEGACY:
            rows.append(start)
        elif code in TRANSITIONAL:
            rows.append((*start, 3, None if unfilled else targets[link.category]))
        else:
            rows.append(
                (link.page_id, link.collation_key, TIMESTAMP, link.prefix, link.kind, 3, targets[link.category])
            )
    if code in LEGACY:
        columns = _CATEGORYLINKS_LEGACY
    else:
        columns = _CATEGORYLINKS_TRANSITIONAL if code in TRANSITIONAL else _CATEGORYLINKS
    return _dump(code, "categorylinks", columns, rows)


def _link_targets(wiki: Wiki, targets: dict[str, int]) -> list[Row]:
    """Categories among what other tables point at: pages, templates, and articles that are called as a category is."""
    rows: list[Row] = [(number, 14, _key(title)) for title, number in targets.items()]
    others: list[tuple[int, str]] = [(0, _key(title)) for title in _titles(wiki)]
    others += [(0, _key(title)) for title in list(targets)[::5]]
    rows += [(number + 1, *other) for number, other in enumerate(dict.fromkeys(others))]
    return sorted(rows, key=lambda row: int(row[0] or 0))


def _page_row(page: Page) -> Row:
    start: Row = (page.page_id, page.namespace, _key(page.title), int(bool(page.redirect)), 0, _random(page.title))
    return (*start, TOUCHED, TOUCHED, page.page_id * 10 + 1, len(page.text.encode()), "wikitext", None)


def _random(title: str) -> float:
    return int.from_bytes(hashlib.sha1(title.encode()).digest()[:4]) / 2**32


def _language_links(wiki: Wiki, items: list[Item], languages: dict[str, Language]) -> list[Row]:
    code, ids = wiki.language.wiki, wiki.page_ids
    rows: list[tuple[int, str, str]] = []
    for item in items:
        if code not in item.titles:
            continue
        page_id = ids[item.titles[code]]
        rows += [
            (page_id, other, _shown(languages[other], title)) for other, title in item.titles.items() if other != code
        ]
        rows += [(page_id, other, title) for other, title in item.others.items()]
    return list(sorted(rows))


def _shown(language: Language, title: str) -> str:
    """A title with its wiki's own name of the category namespace."""
    if not title.startswith(CATEGORY):
        return title
    return f"{local_name(language, 14, 'Category')}:{title.removeprefix(CATEGORY)}"


def _properties(wiki: Wiki, items: list[Item]) -> list[Row]:
    """What an artifact is found by, and some of the other properties that surround it."""
    code, ids = wiki.language.wiki, wiki.page_ids
    rows: list[tuple[int, str, str]] = []
    rows += [(ids[item.titles[code]], "wikibase_item", item.name) for item in items if code in item.titles]
    rows += [(wiki.category_ids[title], "hiddencat", "") for title in wiki.hidden]
    for article in wiki.articles:
        if article.disambiguation:
            rows.append((article.page_id, "disambiguation", ""))
        if image := re.search(r"\[\[[^\[\]|:]+:([^\[\]|:]+\.jpg)", article.text):
            rows.append((article.page_id, "page_image_free", _key(image[1])))
        if article.page_id % 2 and not article.redirect:
            rows.append((article.page_id, "defaultsort", article.title))
            rows.append(
                (
                    article.page_id,
                    "wikibase-shortdesc",
                    f"{article.title}: the sample's own, (no page of Wikipedia),(\\)",
                )
            )
    return [(*row, None) for row in sorted(rows)]

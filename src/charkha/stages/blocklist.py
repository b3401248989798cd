"""blocklist: a benchmark's own files become the list of the pages it was made of, to be kept out before a passage is chosen.

A row names its page by an address in any field, by a Wikidata id, or by a title. One that names none may be matched by its text.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from charkha.core.errors import SourceError
from charkha.corpus.addresses import Named, article_title, pages_named
from charkha.corpus.interwiki import LANGUAGES
from charkha.languages import Language, load_all
from charkha.stages.benchmark_files import rows_of
from charkha.stages.matching import Passages
from charkha.text.script import script_share

TITLES = ("title", "wikipedia_title", "wiki_title", "page_title", "article_title", "document_title")
LANGS = ("lang", "language", "lang_code", "language_code", "locale")
ORIGINS = ("url", "uri", "link", "source", "source_url", "article_url", "document_url", "page_url")
ITEMS = ("wikidata_id", "wikidata", "qid", "wikibase_item")
_ITEM = re.compile(r"Q[1-9]\d*")


@dataclass
class FileFound:
    """What became of a file's rows."""

    file: str
    rows: int = 0
    matched: int = 0  # rows that named no page, found by their text
    nameless: int = 0  # rows without any page
    without_language: int = 0  # of these, rows whose title may be of any wiki
    pages: Counter[str] = field(default_factory=Counter)  # pages first named here, by Wikipedia code; "wikidata" for an item alone


@dataclass
class Listing:
    """The pages that files name: each page -> where it was named first."""

    fallback: str = ""  # Wikipedia code of titles whose row names no language
    passages: Passages | None = None  # collects the texts of rows that name no page, where they are to be matched
    pages: dict[Named, str] = field(default_factory=dict)
    files: list[FileFound] = field(default_factory=list)
    _waiting: list[tuple[FileFound, int, bool, list[int]]] = field(default_factory=list)  # (file, row, untold, passages)

    def read(self, path: Path) -> None:
        """Takes the pages of a file in.

        Raises:
            SourceError: it cannot be read, or holds no row.
        """
        found = FileFound(path.name)
        self.files.append(found)
        for row in rows_of(path):
            found.rows += 1
            seen = _Row(self.fallback)
            seen.walk(row, "")
            self._take(found, seen.pages, found.rows)
            if not seen.pages:
                found.nameless += 1
                found.without_language += seen.untold
                self._wait(found, row, seen.untold)
        if not found.rows:
            raise SourceError(f"{str(path)!r} holds no rows. Is it the benchmark's file?")

    def settle(self) -> None:
        """Takes in the pages that the texts were matched with."""
        best = self.passages.best if self.passages else {}
        for found, row, untold, numbers in self._waiting:
            pages = {best[number][1]: None for number in numbers if number in best}
            if pages:
                found.nameless -= 1
                found.without_language -= untold
                found.matched += 1
                self._take(found, pages, row)

    def entries(self) -> Iterator[dict[str, Any]]:
        """The lines of the blocklist."""
        for page, source in self.pages.items():
            entry: dict[str, Any] = {"lang": page.lang, "title": page.title, "wikidata_id": page.wikidata_id, "source": source}
            if page.page_id:
                entry["page_id"] = int(page.page_id)
            yield {name: value for name, value in entry.items() if value}

    def _take(self, found: FileFound, pages: dict[Named, None], row: int) -> None:
        for page in pages:
            if page not in self.pages:
                self.pages[page] = f"{found.file} row {row}"
                found.pages[page.lang or "wikidata"] += 1

    def _wait(self, found: FileFound, row: Any, untold: bool) -> None:
        if self.passages is not None:
            numbers = [at for text in _texts(row) if (at := self.passages.add(text)) is not None]
            if numbers:
                self._waiting.append((found, found.rows, untold, numbers))


@dataclass
class _Row:
    """The pages that one row names; `untold` when a title has no language."""

    fallback: str
    pages: dict[Named, None] = field(default_factory=dict)
    untold: bool = False

    def walk(self, node: Any, lang: str) -> None:
        """Looks at a value and all within it; `lang` is what the values around it say."""
        if isinstance(node, str):
            self.pages.update(dict.fromkeys(pages_named(node)))
        elif isinstance(node, dict):
            self._fields(node, lang)
        elif isinstance(node, list | tuple):
            for item in node:
                self.walk(item, lang)

    def _fields(self, node: dict[Any, Any], lang: str) -> None:
        fields = {str(name).strip().casefold(): value for name, value in node.items()}
        said = (language_named(fields[name]) for name in LANGS if isinstance(fields.get(name), str))
        lang = next(filter(None, said), lang)
        for name in ITEMS:
            if isinstance(fields.get(name), str) and _ITEM.fullmatch(fields[name].strip()):
                self.pages[Named(wikidata_id=fields[name].strip())] = None
        # A row that says where it comes from needs no title: it names its page, or it is no page of Wikipedia.
        if not any("://" in str(fields.get(name)) for name in ORIGINS):
            for title in (title for name in TITLES for title in _strings(fields.get(name))):
                self._title(title, lang or self.fallback)
        for value in node.values():
            self.walk(value, lang)

    def _title(self, title: str, lang: str) -> None:
        if "://" in title or not title.strip():
            return
        if not lang:
            self.untold = True
            return
        for wiki in (lang, *_wikis_written_like(title, lang)):
            if clean := article_title(wiki, title):
                self.pages[Named(wiki, clean)] = None


@lru_cache(maxsize=4096)
def language_named(name: str) -> str:
    """The Wikipedia code of a language by any of its codes (hi, hin, hin_Deva, hi-IN) or its name; empty when none is known."""
    key = name.strip().casefold()
    return _names().get(key) or _names().get(re.split("[-_]", key)[0], "")


@lru_cache(maxsize=1)
def _languages() -> list[Language]:
    return load_all()


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    names = {code: code for code in LANGUAGES}
    for language in _languages():
        for name in (language.wiki, language.code, language.code[:3], *language.names.values()):
            names[name.casefold()] = language.wiki
    return names


def _wikis_written_like(title: str, lang: str) -> list[str]:
    """The wikis of a title's script where it is not its row's: translated benchmarks keep the original's title."""
    own = next((language for language in _languages() if language.wiki == lang), None)
    if own is None or script_share(title, own) >= 0.5:
        return []
    return [language.wiki for language in _languages() if script_share(title, language) > 0.5]


def _strings(value: Any) -> list[str]:
    return [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str)]


def _texts(node: Any) -> Iterator[str]:
    """All texts in a value."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict | list | tuple):
        for item in node.values() if isinstance(node, dict) else node:
            yield from _texts(item)

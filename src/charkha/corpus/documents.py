"""Own documents -> Pages: files of text, Markdown and HTML, and rows of JSONL, parquet and Arrow files. A document that cannot be one is told.

It refuses to know runs and what pages become.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from charkha.core.ids import content_id, document_id
from charkha.core.records import Page
from charkha.corpus.decode import Unfit, decode
from charkha.corpus.folder import IN_ROWS, DocumentFile, Pile, Refusal, open_document
from charkha.corpus.hypertext import read_html
from charkha.corpus.markdown import read_markdown
from charkha.corpus.outline import Outline, address, fill, licence_said, one_line, plain
from charkha.corpus.rows import Columns, read_rows
from charkha.languages import Language
from charkha.text.script import script_share

MOST_BYTES = 64 << 20  # of a document
TOLD_PER_FILE = 1_000  # bad rows of one file that are told one by one
_GLANCE, _OWN_SCRIPT = 200_000, 0.1  # characters looked at for the script, and the share of it that a document in two languages has
_TURNS = re.compile("[\x00-\x1f\u202a-\u202e\u2066-\u2069]")  # in a file's name: control characters, and what turns the direction of text
_HEAD_CHARS = 80  # of a text that give its title where nothing else does


@dataclass(frozen=True, slots=True)
class Terms:
    """What the user says of all documents of a language: their licence, where they are from, which columns hold what."""

    licence: str = ""
    source: str = ""
    columns: Columns = Columns()


@dataclass
class Heard:
    """What became of documents: `seen` is `pages` and the sum of `reasons`; `refused` tells of each of the latter."""

    seen: int = 0
    pages: int = 0
    size: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    refused: list[Refusal] = field(default_factory=list)

    def add(self, other: Heard) -> None:
        """Takes in what another process heard."""
        self.seen += other.seen
        self.pages += other.pages
        self.size += other.size
        self.reasons += other.reasons
        self.refused += other.refused

    def refuse(self, refusal: Refusal) -> None:
        """Notes that no page comes of something."""
        self.seen += refusal.rows
        self.reasons[refusal.reason] += refusal.rows
        self.refused.append(refusal)


def read_documents(
    pile: Pile, language: Language, terms: Terms, heard: Heard, unchanged: Callable[[int, int], bool] | None = None
) -> Iterator[Page]:
    """The pages of some files, in order.

    Args:
        pile: the files.
        language: in which they are.
        terms: licence, source, columns.
        heard: counts them, and is told of every one that gives no page.
        unchanged: page id and revision id of documents that need not be read; they count as pages.
    """
    for file in pile.files:
        heard.size += (file.end or file.size) - file.start
        if file.kind in IN_ROWS:
            yield from _Rows(file, language, terms, heard, unchanged).pages()
            continue
        try:
            page = _page(file, language, terms, unchanged)
        except Unfit as error:
            heard.refuse(Refusal(file.name, 0, error.reason, error.detail))
            continue
        heard.seen += 1
        heard.pages += 1
        if page is not None:
            yield page


def _page(
    file: DocumentFile, language: Language, terms: Terms, unchanged: Callable[[int, int], bool] | None
) -> Page | None:
    """The page of a file; None for one that is known already."""
    if file.size > MOST_BYTES:
        raise Unfit("too_large", f"it has {file.size / 1e6:,.0f} MB, and {MOST_BYTES >> 20} MiB are the most")
    with open_document(file.path) as handle:
        data = handle.read(MOST_BYTES + 1)
    page = _bare(language, terms, document_id(file.name), content_id(file.kind, data, terms.licence, terms.source))
    if unchanged is not None and unchanged(page.page_id, page.revision_id):
        return None
    if not data.strip():
        raise Unfit("empty", "it holds nothing")
    text = decode(data, language, markup=file.kind == "html")
    read = {"html": read_html, "markdown": read_markdown}.get(file.kind, plain)
    outline = read(text)
    page.title = outline.title or _title_of(file)
    page.url = outline.url
    page.source = outline.source or terms.source
    page.licence = outline.licence or terms.licence
    return _finish(page, outline, language)


def _title_of(file: DocumentFile) -> str:
    """A file's name as a title: its own letters, joiners too, unless it is no text."""
    stem = PurePosixPath(file.name).stem
    named = file.path.stem
    try:
        return one_line(_TURNS.sub(" ", named).replace("_", " ").replace("-", " ")) or stem
    except Unfit:
        return stem


def _bare(language: Language, terms: Terms, page_id: int, revision_id: int) -> Page:
    return Page(lang=language.wiki, title="", page_id=page_id, revision_id=revision_id, source=terms.source, licence=terms.licence)


def _finish(page: Page, outline: Outline, language: Language) -> Page:
    """The page with its text.

    Raises:
        Unfit: `empty`, there is no prose; `other_script`, it is in another language's; `no_licence`, nobody said under
            which it may be used.
    """
    fill(page, outline)
    if not any(map(str.isalpha, page.text)):
        raise Unfit("empty", "there is no prose in it")
    if script_share(page.text[:_GLANCE], language) < _OWN_SCRIPT:
        raise Unfit("other_script", f"hardly a letter of it is in the script of {language.name}")
    if not page.licence:
        raise Unfit("no_licence", "nobody says under which licence it is; write `licence:` in the recipe, or --licence")
    return page


class _Rows:
    """The rows of a file; after TOLD_PER_FILE that are bad, or where all lack a column, they are told together."""

    def __init__(
        self, file: DocumentFile, language: Language, terms: Terms, heard: Heard, unchanged: Callable[[int, int], bool] | None
    ) -> None:
        self.file, self.language, self.terms, self.heard, self.unchanged = file, language, terms, heard, unchanged
        self.together: dict[tuple[str, str], list[int]] = {}  # reason and detail -> first row, how many
        self.told = 0
        self.tongues = _names_of(language)
        self.rows_of: dict[int, int] = {}  # page id of a row that has an id of its own -> its number

    def pages(self) -> Iterator[Page]:
        """The pages of the rows."""
        try:
            for number, fields in read_rows(self.file, self.terms.columns):
                try:
                    if isinstance(fields, Unfit):
                        raise fields
                    page = self._page(number, fields)
                except Unfit as error:
                    self._refuse(number, error)
                    continue
                self.heard.seen += 1
                self.heard.pages += 1
                if page is not None:
                    yield page
        except Unfit as error:
            self.heard.refuse(Refusal(self.file.name, 0, error.reason, error.detail))
        for (reason, detail), (row, rows) in self.together.items():
            self.heard.refuse(Refusal(self.file.name, row, reason, detail, rows))

    def _refuse(self, number: int, error: Unfit) -> None:
        detail = error.detail
        if error.reason not in ("no_text_column", "other_language"):
            self.told += 1
            if self.told <= TOLD_PER_FILE:
                self.heard.refuse(Refusal(self.file.name, number, error.reason, error.detail))
                return
            detail = "as others before"
        if len(self.together) >= TOLD_PER_FILE:
            detail = "other columns"
        self.together.setdefault((error.reason, detail), [number, 0])[1] += 1

    def _page(self, number: int, fields: dict[str, Any]) -> Page | None:
        terms, text = self.terms, fields["text"]
        if fields["lang"] and not self._speaks(str(fields["lang"]).strip().casefold()):
            raise Unfit("other_language", f"its `lang` is {str(fields['lang'])[:40]!r}, not {self.language.wiki!r}")
        if not isinstance(text, str):
            raise Unfit("empty", f"its text is {'null' if text is None else 'no string but ' + type(text).__name__}")
        if len(text) > MOST_BYTES:
            raise Unfit("too_large", f"its text has {len(text):,} characters")
        title, url, source = (_word(fields[name]) for name in ("title", "url", "source"))
        licence = licence_said(fields["licence"]) or licence_said(fields["license"]) or terms.licence
        row = fields["id"] if isinstance(fields["id"], str | int) and fields["id"] != "" else None
        page_id = document_id(self.file.name, number if row is None else f"id {json.dumps(row)}")
        if row is not None and (first := self.rows_of.setdefault(page_id, number)) != number:
            raise Unfit("same_id", f"row {first:,} has the same `id`, and is read; `id:` in the recipe names another column")
        revision = content_id(text, title, url, licence, source or terms.source)
        if self.unchanged is not None and self.unchanged(page_id, revision):
            return None
        if not text.strip():
            raise Unfit("empty", "its text is empty")
        page = _bare(self.language, terms, page_id, revision)
        outline = plain(text)
        page.title = one_line(title) or _head(outline)
        page.url, page.licence, page.source = address(url), one_line(licence), one_line(source) or terms.source
        return _finish(page, outline, self.language)

    def _speaks(self, name: str) -> bool:
        """Whether a name of a language is ours: `hi`, `Hindi`, `hin_Deva`, `hi-IN`, but not `hi-Latn`."""
        first, *more = re.split("[-_]", name)
        script = self.language.code.partition("_")[2].casefold()
        others = [part for part in more if len(part) == 4 and part.isalpha() and part != script]
        return name in self.tongues or (first in self.tongues and not others)


def _word(value: object) -> str:
    return value.strip() if isinstance(value, str) else str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def _head(outline: Outline) -> str:
    """The first words of a text that has no other title."""
    first = outline.blocks[0].text.removeprefix("- ").partition("\n")[0] if outline.blocks else ""
    if len(first) <= _HEAD_CHARS:
        return first
    return first[:_HEAD_CHARS].rpartition(" ")[0] or first[:_HEAD_CHARS]


def _names_of(language: Language) -> frozenset[str]:
    """What a column may call the language."""
    iso = language.code.partition("_")[0]
    return frozenset(name.casefold() for name in (language.wiki, language.code, language.code.replace("_", "-"), iso, *language.names.values()))

"""MediaWiki's HTML -> the sentences of its prose, apart from what carries no prose (tables, notes, captions)."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import NamedTuple

TEMPLATE = "\ufff9"  # stands where a template or another thing was that the bare wiki cannot show
NOTE = "\ufffa"  # stands where a reference, a file or a link that shows only its number was
_VOID = frozenset("br hr img wbr input link meta col area base embed source track".split())
_BLOCKS = frozenset("p li dd dt div ul ol dl blockquote pre h1 h2 h3 h4 h5 h6 table hr center".split())
_PROSE = frozenset("p li dd dt pre".split())
_SKIPPED = frozenset(("style", "script"))
_SKIPPED_CLASSES = frozenset("mw-references-wrap references thumb gallery mw-editsection error toc".split())
_HEADINGS = frozenset(f"h{level}" for level in range(1, 7))
SENTENCE = re.compile(r"(?<=[।॥۔؟.!?])\s+")


class _Reader(HTMLParser):
    def __init__(self, is_trailing: Callable[[str], bool]) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[str] = []
        self._is_trailing = is_trailing
        self._stack: list[tuple[str, str]] = []  # tag, and "table", "skip", "note", "prose" or ""
        self._text: list[str] = []
        self._heading: list[str] | None = None
        self._trailing = 0
        self.sections: list[tuple[int, str]] = []
        self.shown: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS:
            self._flush()
        if tag == "br":
            self._add(" ")
        if tag in _VOID:
            return
        classes = frozenset((dict(attrs).get("class") or "").split())
        kind = ""
        if tag == "table":
            kind = "table"
        elif tag in _SKIPPED or classes & _SKIPPED_CLASSES:
            kind = "skip"
        elif (tag == "sup" and "reference" in classes) or "autonumber" in classes:
            kind = "note"
            self._add(NOTE)
        elif classes & {"oracle-template", "oracle-tag"}:
            kind = "note"
            self._add(TEMPLATE)
            self.shown.append(TEMPLATE)
        elif "oracle-file" in classes:
            self._add(NOTE)
        elif tag in _PROSE:
            kind = "prose"
        if "mw-headline" in classes:
            self._heading = []
        self._stack.append((tag, kind))

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self._flush()
        if tag in _HEADINGS and self._heading is not None:
            self._enter(int(tag[1]), " ".join("".join(self._heading).split()))
            self._heading = None
        for at in range(len(self._stack) - 1, -1, -1):
            if self._stack[at][0] == tag:
                del self._stack[at:]
                return

    def handle_data(self, data: str) -> None:
        kinds = {kind for _, kind in self._stack}
        if not kinds & {"skip", "note"} and not self._trailing and self._heading is None:
            self.shown.append(data)
        if "note" not in kinds and (self._heading is not None or ("prose" in kinds and not kinds & {"skip", "table"})):
            self._add(data)

    def _add(self, text: str) -> None:
        (self._text if self._heading is None else self._heading).append(text)

    def close(self) -> None:
        super().close()
        self._flush()

    def _enter(self, level: int, title: str) -> None:
        if self._trailing and level > self._trailing:
            return
        self._trailing = level if self._is_trailing(title.replace(NOTE, "").strip()) else 0
        if not self._trailing:
            self.sections.append((level, title))
            self.shown.append(title)

    def _flush(self) -> None:
        text = " ".join("".join(self._text).split())
        self._text.clear()
        if text and not self._trailing:
            self.blocks.append(text)


class Reading(NamedTuple):
    """A page without trailing sections; spaces are folded, NOTE and TEMPLATE mark what was taken out."""

    sentences: list[str]  # of paragraphs and list items
    sections: list[tuple[int, str]]  # level and title
    shown: str  # all that is no note or caption, in its order; also what tables hold


def read(html: str, is_trailing: Callable[[str], bool]) -> Reading:
    """MediaWiki's HTML as prose."""
    reader = _Reader(is_trailing)
    reader.feed(html)
    reader.close()
    found = [sentence for block in reader.blocks for sentence in SENTENCE.split(block) if sentence]
    return Reading(found, reader.sections, "".join(reader.shown))

"""What a document's readers find (headings, paragraphs, list items) -> the text, lead and sections of a Page, as a wiki's pages have them.

It also reads plain text, which has nothing but lines. It refuses to know files and markup.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import NamedTuple

from charkha.core.records import Page, Section
from charkha.corpus.decode import Unfit, whole
from charkha.corpus.normal import nfc

_GONE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\ufeff\ufdd0-\ufdef\ufff9-\ufffb\ufffe\uffff]")
_ENDS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_SPACES = re.compile("[ \t\u00a0\u2000-\u200a\u202f\u205f\u3000]+")
_BULLET = re.compile(r"( *)[-*•‣·] +(?=\S)")
_WRAPPED, _WIDEST, _FULL = 45, 130, 0.6  # characters of a line in a text that was wrapped, and how full its lines are
_ENDED = 0.6  # of a verse's lines end where something said ends; where a text was wrapped, few do
TITLE_CHARS = 300
_CREATIVE = re.compile(r"https?://creativecommons\.org/(licenses|publicdomain)/([a-z-]+)/(\d\.\d)(?:/.*)?", re.IGNORECASE | re.DOTALL)


class Block(NamedTuple):
    """A heading (level 1-6), a list item, or a paragraph of one or more lines (level 0)."""

    text: str
    level: int = 0
    item: bool = False


@dataclass(slots=True)
class Outline:
    """A document as its reader found it."""

    title: str = ""
    licence: str = ""
    source: str = ""
    url: str = ""
    blocks: list[Block] = field(default_factory=list)
    tables: list[list[list[str]]] = field(default_factory=list)
    captions: list[str] = field(default_factory=list)


def clean(text: str) -> str:
    """Text in NFC with line feeds as its only breaks and without control characters.

    Raises:
        Unfit: it holds characters that stand for lost ones.
    """
    return nfc(_GONE.sub("", _ENDS.sub("\n", whole(text))))


def one_line(text: str, most: int = TITLE_CHARS) -> str:
    """A title or a name: clean, on one line, bounded."""
    return " ".join(clean(text[: most * 4]).split())[:most].strip()


def address(text: str) -> str:
    """The text where it is an address of the web, else nothing."""
    text = text.strip()
    fit = re.fullmatch(r"https?://[^\s<>\"'`\\{}|^\x00-\x1f\x7f]{1,2000}", text, re.IGNORECASE)
    return text if fit and text.isprintable() else ""


def licence_said(said: object) -> str:
    """The licence that a document says of itself, as a field of it may hold it; empty where it says none.

    Raises:
        Unfit: `no_licence`, it says something that is no name: what it is published under must not be guessed.
    """
    given = list(said) if isinstance(said, list | tuple) else [] if said is None or said != said else [said]
    names = [name for name in given if isinstance(name, str)]
    if len(names) < len(given):
        raise Unfit("no_licence", f"its own licence is no name but {type(said).__name__}; write it as text")
    return " and ".join(filter(None, (_licence_name(one_line(name)) for name in names)))


def _licence_name(said: str) -> str:
    """A licence by its name; Creative Commons' addresses are names, too."""
    found = _CREATIVE.fullmatch(said)
    if found is None:
        return said
    kind, version = found[2].upper(), found[3]
    if found[1].lower() == "licenses":
        return f"CC {kind} {version}"
    return {"ZERO": f"CC0 {version}", "MARK": "Public domain"}.get(kind, said)


def plain(text: str) -> Outline:
    """Plain text: an empty line parts paragraphs; lines that were wrapped are joined, lines of a verse are not."""
    outline = Outline()
    held: list[str] = []
    for line in _SPACES.sub(" ", clean(text)).split("\n"):
        if bullet := _BULLET.match(line):
            _paragraph(held, outline)
            outline.blocks.append(Block(f"- {line[bullet.end() :].rstrip()}", item=True))
        elif line.strip():
            held.append(line.strip())
        else:
            _paragraph(held, outline)
    _paragraph(held, outline)
    return outline


def _paragraph(held: list[str], outline: Outline) -> None:
    if held:
        widest = max(map(len, held))
        wrapped = _WRAPPED <= widest <= _WIDEST and all(len(line) >= _FULL * widest for line in held[:-1])
        ended = sum(unicodedata.category(line[-1]) in ("Po", "Pe", "Pf") for line in held[:-1])
        wrapped = wrapped and ended < _ENDED * len(held)
        outline.blocks.append(Block((" " if wrapped else "\n").join(held)))
        held.clear()


def fill(page: Page, outline: Outline) -> None:
    """Gives a page the document's text, lead, sections, tables and captions; `section_spans` finds the sections in it."""
    page.sections = _sections(outline.blocks)
    page.text = "\n\n".join(
        "\n".join(filter(None, (section.title, section.text))) for section in page.sections if section.title or section.text
    )
    page.lead = page.sections[0].text
    page.tables, page.captions = outline.tables, outline.captions


def _sections(blocks: list[Block]) -> list[Section]:
    sections: list[Section] = []
    level, title = 1, ""
    pieces: list[str] = []
    item = False  # whether the last block was one
    for block in (*blocks, Block("", 1)):
        if block.level:
            sections.append(Section(level, title, "".join(pieces)))
            level, title, pieces = block.level, block.text, []
        elif block.text:
            if pieces:
                pieces.append("\n" if item and block.item else "\n\n")
            pieces.append(block.text)
        item = block.item
    return sections

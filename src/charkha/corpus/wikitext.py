"""Wikitext of one page -> sections of clean prose with links, and everything else it holds, apart.

A few passes, each over the whole page and mostly in C: tags whose content is no prose, templates, tables, file and
category links, marks inside lines, lines. No tree is built and no wiki is asked: a template is known by name or vanishes.
The construct tables are templates.yaml, names.py and tags.py. It refuses to know XML, files and parquet.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from charkha.core.records import Link, Section
from charkha.corpus.blocks import prose, split_headings
from charkha.corpus.found import Found
from charkha.corpus.inline import polish
from charkha.corpus.links import lift, resolve
from charkha.corpus.marks import BETWEEN, BREAK, COMMENT, GAP, PIPE, bare
from charkha.corpus.names import Names, names_of
from charkha.corpus.normal import is_plain, nfc
from charkha.corpus.tables import html_as_wiki, is_html, rows, take_tables
from charkha.corpus.tags import take_out
from charkha.corpus.templates import Expander
from charkha.languages import Language

_MARKUP = re.compile(rf"[\[\]{{<&'_\n\t\u00a0{GAP}{BREAK}{COMMENT}]|  ")
_TITLED = re.compile(r"\(([^()]+)\)$")


@dataclass(slots=True)
class Parsed:
    """What one page's wikitext holds; offsets of `links` are code points of `text`."""

    text: str = ""
    lead: str = ""
    sections: list[Section] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    categories: list[str] = field(default_factory=list)
    langlinks: dict[str, str] = field(default_factory=dict)
    infobox: dict[str, str] = field(default_factory=dict)
    tables: list[list[list[str]]] = field(default_factory=list)
    captions: list[str] = field(default_factory=list)
    coordinates: list[float] = field(default_factory=list)
    disambiguation: bool = False


class HasSections(Protocol):
    """A Page or a Parsed."""

    @property
    def sections(self) -> Sequence[Section]:
        """The sections, the lead first."""


def parse(
    wikitext: str, language: Language, *, siteinfo_namespaces: Mapping[int, str] | None = None, title: str = ""
) -> Parsed:
    """Reads one page.

    Args:
        wikitext: the text of the page's revision.
        language: whose wiki it is from; gives local namespaces, magic words and trailing sections.
        siteinfo_namespaces: namespace names by number from the dump's head, which beat the language's.
        title: the page's title, which {{PAGENAME}} stands for; one that ends in "(disambiguation)" says what the page is.

    Returns:
        The page's parts. `text` is the sections' blocks joined by an empty line; a block is the heading's line (none for
        the lead) and the section's prose. `section_spans` finds the prose in it again.
    """
    names = names_of(language, siteinfo_namespaces)
    found = Found(names, title, plain=_plain, disambiguation=_titled_disambiguation(title, names))
    text = wikitext.replace("\r\n", "\n").replace("\r", "\n") if "\r" in wikitext else wikitext
    text = take_out(text, found)
    text = Expander(found).page(text)
    text = take_tables(text, found.tables)
    text = lift(text, found)
    if "__" in text and any(word in text.casefold() for word in names.disambiguation):
        found.disambiguation = True
    sections = _sections(text, names)
    parsed = Parsed(disambiguation=found.disambiguation, coordinates=found.coordinates)
    _assemble(parsed, sections, names)
    parsed.tables = [table for body in found.tables if (table := _rows(body, found))]
    parsed.categories, parsed.langlinks = list(found.categories), found.langlinks
    parsed.infobox, parsed.captions = found.infobox, found.captions
    parsed.coordinates = found.coordinates or _box_coordinates(found.infobox)
    return parsed


def _titled_disambiguation(title: str, names: Names) -> bool:
    match = _TITLED.search(title) if title.endswith(")") else None
    return match is not None and names.templates.is_disambiguation(match[1])


def section_spans(page: HasSections) -> list[tuple[int, int]]:
    """Spans of the sections' prose in the page's `text`, without heading lines; an empty section has an empty span."""
    spans: list[tuple[int, int]] = []
    at = 0
    for section in page.sections:
        block = _block_head(section)
        if at and (block or section.text):
            at += 2
        at += len(block)
        spans.append((at, at + len(section.text)))
        at += len(section.text)
    return spans


def _block_head(section: Section) -> str:
    return (section.title + "\n" if section.text else section.title) if section.title else ""


def _sections(text: str, names: Names) -> list[tuple[int, str, str]]:
    """(level, title, polished body), without trailing sections and what stands under them."""
    kept: list[tuple[int, str, str]] = []
    dropping = 0
    for level, raw, body in split_headings(text):
        if dropping and level > dropping:
            continue
        dropping = 0
        title = _one_line(raw, names) if raw else ""
        if raw and names.is_trailing(title):
            dropping = level
            continue
        kept.append((level, title, body))
    return kept


def _assemble(parsed: Parsed, sections: list[tuple[int, str, str]], names: Names) -> None:
    pieces: list[str] = []
    at = 0
    bodies = [prose(polish(raw, names)) for _, _, raw in sections]
    titles = [title for _, title, _ in sections]
    plain = is_plain("\n".join((*titles, *bodies)))  # one look at the whole page instead of two at each section
    for (level, title, _), body in zip(sections, bodies, strict=True):
        if not plain:
            title, body = nfc(title), nfc(body)
        if at and (title or body):
            pieces.append("\n\n")
            at += 2
        if title:
            pieces.append(title)
            at += len(title)
        start = at + 1 if title and body else at
        guarded = not plain and bare(body) is not body
        text, links = resolve(body, names, start, guarded=guarded)
        if guarded:
            text = bare(text)
        if text:
            if title:
                pieces.append("\n")
            pieces.append(text)
            at = start + len(text)
        parsed.links += links
        parsed.sections.append(Section(level, title, text))
    parsed.text = "".join(pieces)
    parsed.lead = parsed.sections[0].text


def _one_line(text: str, names: Names) -> str:
    """A fragment without templates and files, as plain text on one line."""
    if not _MARKUP.search(text):
        return bare(text.strip())
    shown, _ = resolve(polish(text, names), names)
    return nfc(bare(" ".join(shown.replace(BREAK, " ").split())))


def _plain(values: list[str], found: Found) -> list[str]:
    """Values (of an infobox, a caption) as plain text on one line each; items of a list are joined by commas."""
    text = BETWEEN.join(values).replace(PIPE, "|")  # one walk through the passes for all of them
    if _MARKUP.search(text):
        text = lift(take_tables(text, found.tables) if "{|" in text or "<table" in text else text, found)
        text, _ = resolve(polish(text, found.names), found.names)
    shown = bare(nfc(text.replace(BREAK, "\n")))
    return [_on_one_line(value) for value in shown.split(BETWEEN)]


def _on_one_line(value: str) -> str:
    value = value.strip(" *#:;\n")
    if "\n" not in value:
        return value
    joined = ""
    for line in value.split("\n"):
        if line := line.strip(" *#:;"):
            joined += ("" if not joined else " " if joined[-1] in ",;:،" else ", ") + line
    return joined


def _rows(body: str, found: Found) -> list[list[str]]:
    text = lift(html_as_wiki(body) if is_html(body) else body, found)
    shown, _ = resolve(polish(text, found.names), found.names)
    table = rows(nfc(shown.replace(BREAK, " ")))
    return table if bare(shown) is shown else [[bare(cell) for cell in row] for row in table]


_LATITUDE = "latitude lat_d lat_deg latd lat অক্ষাংশ अक्षांश அகலாங்கு అక్షాంశం ಅಕ್ಷಾಂಶ അക്ഷാംശം અક્ષાંશ ਅਕਸ਼ਾਂਸ਼ ଅକ୍ଷାଂଶ عرض_بلد".split()
_LONGITUDE = (
    "longitude long_d lon_deg longd long_deg lon_d long lon দ্রাঘিমাংশ দ্ৰাঘিমাংশ रेखांश देशांतर देशान्तर நெட்டாங்கு రేఖాంశం ರೇಖಾಂಶ രേഖാംശം "
    "રેખાંશ ਰੇਖਾਂਸ਼ ଦ୍ରାଘିମା طول_بلد".split()
)


def _box_coordinates(box: Mapping[str, str]) -> list[float]:
    """[latitude, longitude] from an infobox that gives degrees, minutes and a hemisphere in fields of their own."""
    point: list[float] = []
    for names, minute, second, half, limit in (
        (_LATITUDE, ("latm", "lat_m", "lat_min"), ("lats", "lat_s", "lat_sec"), ("latNS", "lat_NS", "lat_hem"), 90),
        (
            _LONGITUDE,
            ("longm", "long_m", "lon_min"),
            ("longs", "long_s", "lon_sec"),
            ("longEW", "long_EW", "lon_hem"),
            180,
        ),
    ):
        try:
            degrees = float(next(box[name] for name in names if box.get(name)))
            for power, keys in ((60, minute), (3600, second)):
                degrees += float(next((box[key] for key in keys if box.get(key)), "0")) / power
        except (StopIteration, ValueError):
            return []
        if next((box[key] for key in half if box.get(key)), "").strip().upper() in ("S", "W"):
            degrees = -degrees
        if abs(degrees) > limit:
            return []
        point.append(round(degrees, 6))
    return point

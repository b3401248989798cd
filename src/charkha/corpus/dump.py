"""A MediaWiki XML dump -> raw pages, streamed: a scan over bytes for the few marks that matter, never a DOM.

Reads export-0.3 to 0.11, plain or packed, one stream or many. A page that is damaged is counted with its title and the
rest goes on; a file that is cut off yields all that is whole. A file may be read a slice at a time: a page belongs to the
slice in which it begins. It refuses to know wikitext.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from charkha.core.errors import SourceError
from charkha.corpus.streams import Slice, read_blocks

MAX_PAGE = 32 << 20  # bytes of XML; MediaWiki's own limit for a page's text is 2 MB
_HEAD_LIMIT = 4 << 20
_OPEN, _CLOSE, _END = b"<page>", b"</page>", b"</mediawiki>"
_TITLE = re.compile(rb"<title>(.*?)</title>", re.DOTALL)
_NS = re.compile(rb"<ns>\s*(-?\d{1,9})\s*</ns>")
_ID = re.compile(rb"<id>\s*(\d{1,18})\s*</id>")  # what fits into 64 bits
_REDIRECT = re.compile(rb'<redirect\s+title="([^"]*)"')
_TIMESTAMP = re.compile(rb"<timestamp>([^<]*)</timestamp>")
_MODEL = re.compile(rb"<model>([^<]*)</model>")
_CONTRIBUTOR = re.compile(rb"<contributor\b.*?(?:</contributor>|/>)", re.DOTALL)
_ENTITY = re.compile(r"&(lt|gt|quot|amp|apos|#x[0-9a-fA-F]{1,6}|#[0-9]{1,7});")
_FIVE = {"lt": "<", "gt": ">", "quot": '"', "amp": "&", "apos": "'"}
_NAMESPACE = re.compile(rb'<namespace key="(-?\d{1,9})"[^>]*?(?:/>|>([^<]*)</namespace>)')


@dataclass(frozen=True, slots=True)
class SiteInfo:
    """What a dump's head says of its wiki; names of namespaces by number."""

    dbname: str = ""
    base: str = ""
    language: str = ""
    namespaces: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RawPage:
    """One page as the dump has it; `text` is None where the dump holds none, `redirect` empty where it is none."""

    title: str
    ns: int
    page_id: int
    revision_id: int
    timestamp: str
    redirect: str
    model: str
    text: str | None


@dataclass(slots=True)
class Tally:
    """What became of a dump's pages. `read_dump` fills pages, damaged, duplicates, cut; `read_pages` the rest."""

    pages: int = 0
    articles: int = 0
    redirects: int = 0
    other_namespaces: int = 0
    other_models: int = 0
    without_text: int = 0
    damaged: list[str] = field(default_factory=list)  # "TITLE: what is wrong"
    duplicates: list[str] = field(default_factory=list)  # titles of pages that came a second time
    cut: str | None = None  # where the file ends too early
    xml_bytes: int = 0  # read, without what a slice reads beyond its end
    siteinfo: SiteInfo = field(default_factory=SiteInfo)

    def told(self) -> dict[str, int | str]:
        """The counts as a table's row; `cut` only where there was one."""
        row: dict[str, int | str] = {name: getattr(self, name) for name in _COUNTS}
        row |= {"damaged": len(self.damaged), "duplicates": len(self.duplicates)}
        return row | ({"cut": self.cut} if self.cut else {})

    def add(self, other: Tally) -> None:
        """Takes in the counts of another slice or file."""
        for name in _COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.damaged += other.damaged
        self.duplicates += other.duplicates
        self.cut = "; ".join(filter(None, (self.cut, other.cut))) or None
        self.xml_bytes += other.xml_bytes


_COUNTS = ("pages", "articles", "redirects", "other_namespaces", "other_models", "without_text")


class Seen:
    """Which page ids came before: a bit each, since a set of seven million would not be flat memory."""

    def __init__(self) -> None:
        self._bits = bytearray()
        self._far: set[int] = set()

    def has(self, number: int) -> bool:
        """Whether the number came before."""
        at = number >> 3
        return number in self._far or (at < len(self._bits) and bool(self._bits[at] & 1 << (number & 7)))

    def add(self, number: int) -> bool:
        """True when the number is new."""
        if number >= 1 << 27:  # twice the English wiki's; a stray id must not cost memory
            new = number not in self._far
            self._far.add(number)
            return new
        at, bit = number >> 3, 1 << (number & 7)
        if at >= len(self._bits):
            self._bits.extend(bytes(at + 1 - len(self._bits) + 65_536))
        new = not self._bits[at] & bit
        self._bits[at] |= bit
        return new


def read_siteinfo(path: str | Path) -> SiteInfo:
    """The head of a dump.

    Raises:
        SourceError: the file is no MediaWiki dump or cannot be opened.
    """
    blocks = read_blocks(Slice(Path(path)), lambda place, cut: None)
    return _siteinfo(_read_head(Path(path), (block for block, _ in blocks)))


def newest_revision(path: str | Path, limit: int = 64 << 20) -> str:
    """The day (20230501) of the newest revision in the first `limit` bytes of a dump's XML; empty when there is none.

    A dump's oldest pages are edited all the time, so this is the day of the dump itself or a few days before it.
    """
    newest, held, seen = b"", b"", 0
    for block, _ in read_blocks(Slice(Path(path)), lambda place, cut: None):
        newest = max(newest, max(_TIMESTAMP.findall(held + block), default=b""))
        held, seen = block[-64:], seen + len(block)
        if seen >= limit:
            break
    return newest[:10].decode("ascii", "replace").replace("-", "")


def read_dump(source: str | Path | Slice, tally: Tally, *, texts_of: Container[int] | None = None) -> Iterator[RawPage]:
    """Pages in the file's order, damaged and repeated ones left out.

    Args:
        source: a dump file, or a slice of one.
        tally: counts what is seen; its `siteinfo` is set before the first page comes, unless a slice follows another.
        texts_of: the namespaces whose texts are wanted; other pages and redirects then come with an empty one.

    Raises:
        SourceError: the file is no MediaWiki dump or cannot be opened.
    """
    piece = source if isinstance(source, Slice) else Slice(Path(source))

    def stopped(where: str, cut: bool) -> None:
        if cut:
            tally.cut = where
        else:
            tally.damaged.append(where)

    if not piece.start:
        tally.siteinfo = read_siteinfo(piece.path)
    seen = Seen()
    for raw in _Scan(piece, read_blocks(piece, stopped, whole=True), tally).pages():
        tally.pages += 1
        page = _read_page(raw, texts_of)
        if isinstance(page, str):
            tally.damaged.append(page)
        elif seen.add(page.page_id):
            yield page
        else:
            tally.duplicates.append(page.title)


def _read_head(path: Path, blocks: Iterator[bytes]) -> bytes:
    """All before the first page."""
    buffer = b""
    for block in blocks:
        buffer += block
        if len(buffer) > 4096 and b"<mediawiki" not in buffer[:65_536]:
            break
        at = buffer.find(_OPEN)
        if at >= 0 and b"<mediawiki" in buffer[:65_536]:
            return buffer[:at]
        if len(buffer) > _HEAD_LIMIT or _END in buffer:
            break
    if b"<mediawiki" not in buffer[:65_536]:
        raise SourceError(
            f"{str(path)!r} is no MediaWiki dump: it has no <mediawiki> element. "
            "Give a pages-articles file from https://dumps.wikimedia.org."
        )
    return buffer


def _siteinfo(head: bytes) -> SiteInfo:
    def one(tag: str) -> str:
        match = re.search(rf"<{tag}>([^<]*)</{tag}>".encode(), head)
        return _text(match[1], "replace") if match else ""

    language = re.search(rb'<mediawiki[^>]*\bxml:lang="([^"]*)"', head)
    namespaces = {int(number): _text(name, "replace") for number, name in _NAMESPACE.findall(head)}
    return SiteInfo(one("dbname"), one("base"), _text(language[1], "replace") if language else "", namespaces)


class _Scan:
    """Finds the pages that begin in a slice, each whole, in blocks of bytes."""

    def __init__(self, piece: Slice, blocks: Iterator[tuple[bytes, bool]], tally: Tally) -> None:
        self.piece, self.blocks, self.tally = piece, blocks, tally
        self.buffer = self.tail = b""
        self.limit: int | None = None  # where in `buffer` the slice ends, once it has

    def pages(self) -> Iterator[bytes]:
        """The bytes between <page> and </page>."""
        scanned = 0  # the open page at the start of `buffer` has no end before this
        while self._more():
            at, opened = 0, False
            while (start := self.buffer.find(_OPEN, at)) >= 0:
                if self._is_past(start):
                    return
                close = self.buffer.find(_CLOSE, max(start, scanned))
                if close < 0:
                    opened = True
                    break
                start = self._torn(start, close)
                if self._is_past(start):
                    return
                yield self.buffer[start + 6 : close]
                at, scanned = close + len(_CLOSE), 0
            at = start if opened else max(at, len(self.buffer) - self._begun())
            if not opened and self._is_past(at):
                return
            self._forget(at)
            scanned = max(0, len(self.buffer) - len(_CLOSE)) if opened else 0
            if opened and len(self.buffer) > MAX_PAGE:
                _damaged(self.buffer, f"larger than {MAX_PAGE >> 20} MB", self.tally)
                self._forget(len(self.buffer))  # what is left of it holds no <page> and so is passed over
                scanned = 0
        self._finish()

    def _more(self) -> bool:
        """Appends the next block; False at the end of the file."""
        block, own = next(self.blocks, (None, True))
        if block is None:
            return False
        if not own and self.limit is None:
            self.limit = len(self.buffer)
        self.tail = (self.tail + block[-64:])[-64:]
        self.buffer += block
        self.tally.xml_bytes += len(block) if own else 0
        return True

    def _begun(self) -> int:
        """How many bytes of an opening stand at the very end, cut by the block's end."""
        return next((n for n in range(len(_OPEN) - 1, 0, -1) if self.buffer.endswith(_OPEN[:n])), 0)

    def _is_past(self, at: int) -> bool:
        return self.limit is not None and at >= self.limit

    def _forget(self, at: int) -> None:
        self.buffer = self.buffer[at:]
        if self.limit is not None:
            self.limit -= at

    def _torn(self, start: int, close: int) -> int:
        """Where the page that ends at `close` begins; text never holds a bare "<", so one that another opens in has lost its end."""
        if self.buffer.find(_OPEN, start + 6, close) < 0:
            return start
        inner = self.buffer.rfind(_OPEN, start + 6, close)
        at = start
        while at < inner and not self._is_past(at):
            following = self.buffer.find(_OPEN, at + 6)
            _damaged(self.buffer[at + 6 : following], "its end is missing", self.tally)
            at = following
        return at

    def _finish(self) -> None:
        tally, path = self.tally, self.piece.path
        start = self.buffer.find(_OPEN)
        if start >= 0 and not self._is_past(start):
            title = _TITLE.search(self.buffer, start)
            name = title[1].decode("utf-8", "replace") if title else "a page without a title"
            tally.cut = (tally.cut or f"the XML ends in {path.name}") + f", inside the page {name!r}"
        elif self.piece.last and _END not in self.tail and tally.cut is None:
            tally.cut = f"the XML of {path.name} ends without </mediawiki>"


def _damaged(raw: bytes, why: str, tally: Tally) -> None:
    tally.pages += 1
    tally.damaged.append(_complaint(raw, why))


def _complaint(raw: bytes, why: str) -> str:
    title = _TITLE.search(raw, 0, 65_536)
    return f"{_text(title[1], 'replace') if title else '(no title)'}: {why}"


def _text(raw: bytes, errors: str = "strict") -> str:
    """Decoded text with XML's five entities and numeric ones resolved; once: "&amp;lt;" is "&lt;". Lines end as XML says."""
    text = raw.decode("utf-8", errors)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "&" not in text:
        return text
    parts = _ENTITY.split(text)  # text, name, text, ...: quicker than a call for each of a page's hundred entities
    parts[1::2] = [_FIVE.get(name) or _character(name) for name in parts[1::2]]
    return "".join(parts)


def _character(name: str) -> str:
    point = int(name[2:], 16) if name[1] == "x" else int(name[1:])
    return f"&{name};" if point > 0x10FFFF or 0xD800 <= point <= 0xDFFF else chr(point)


def _read_page(raw: bytes, texts_of: Container[int] | None) -> RawPage | str:
    """The page, or what is wrong with it."""
    revision = raw.find(b"<revision")
    head_end = revision if revision >= 0 else len(raw)
    title, page_id = _TITLE.search(raw, 0, head_end), _ID.search(raw, 0, head_end)
    while (later := raw.find(b"<revision>", revision + 9)) >= 0:
        revision = later  # a dump with history: the last revision is the page
    if title is None or not title[1].strip():
        return _complaint(raw, "it has no title")
    if page_id is None:
        return _complaint(raw, "it has no id")
    if revision < 0:
        return _complaint(raw, "it has no revision")
    start = raw.find(b"<text", revision)
    body: bytes | None = None
    if start >= 0:
        tag_end = raw.find(b">", start)
        if tag_end < 0:
            return _complaint(raw, "its text is torn")
        if raw[tag_end - 1 : tag_end] != b"/":
            close = raw.find(b"</text>", tag_end)
            if close < 0:
                return _complaint(raw, "its text does not end")
            body = raw[tag_end + 1 : close]
            # Without a body the deleted text of a revision is marked so.
            if not body and b"deleted=" in raw[start:tag_end]:
                body = None
    # Later content slots stand behind the main text; a revision's own fields before it or, in old formats, around it.
    fields = _CONTRIBUTOR.sub(b"", raw[revision : start if start >= 0 else len(raw)])
    revision_id, timestamp, model = _ID.search(fields), _TIMESTAMP.search(fields), _MODEL.search(fields)
    if model is None and start >= 0:
        model = _MODEL.search(raw, raw.find(b"</text>", start) if body is not None else start)
    ns, redirect = _NS.search(raw, 0, head_end), _REDIRECT.search(raw, 0, head_end)
    if texts_of is not None and (redirect or (int(ns[1]) if ns else 0) not in texts_of):
        body = b"" if body is not None else None
    try:
        return RawPage(
            title=_text(title[1]).strip(), ns=int(ns[1]) if ns else 0, page_id=int(page_id[1]),
            revision_id=int(revision_id[1]) if revision_id else 0, timestamp=_text(timestamp[1]) if timestamp else "",
            redirect=_text(redirect[1]) if redirect else "", model=_text(model[1]) if model else "wikitext",
            text=None if body is None else _text(body),
        )  # fmt: skip
    except UnicodeDecodeError as error:
        return _complaint(raw, f"it is not UTF-8 ({error.reason} at byte {error.start})")

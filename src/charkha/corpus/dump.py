"""A MediaWiki XML dump -> raw pages, streamed: a scan over bytes for the few marks that matter, never a DOM.

Reads export-0.3 to 0.11, plain or packed, one stream or many. A page that is damaged is counted with its title and the
rest goes on; a file that is cut off yields all that is whole. It refuses to know wikitext.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from charkha.core.errors import SourceError
from charkha.corpus.streams import read_blocks

MAX_PAGE = 200 << 20  # bytes of XML; MediaWiki's own limit for a page's text is 2 MB
_HEAD_LIMIT = 4 << 20
_OPEN, _CLOSE, _END = b"<page>", b"</page>", b"</mediawiki>"
_TITLE = re.compile(rb"<title>(.*?)</title>", re.DOTALL)
_NS = re.compile(rb"<ns>\s*(-?\d+)\s*</ns>")
_ID = re.compile(rb"<id>\s*(\d+)\s*</id>")
_REDIRECT = re.compile(rb'<redirect\s+title="([^"]*)"')
_TIMESTAMP = re.compile(rb"<timestamp>([^<]*)</timestamp>")
_MODEL = re.compile(rb"<model>([^<]*)</model>")
_CONTRIBUTOR = re.compile(rb"<contributor\b.*?(?:</contributor>|/>)", re.DOTALL)
_ENTITY = re.compile(r"&(lt|gt|quot|amp|apos|#x[0-9a-fA-F]{1,6}|#[0-9]{1,7});")
_FIVE = {"lt": "<", "gt": ">", "quot": '"', "amp": "&", "apos": "'"}
_NAMESPACE = re.compile(rb'<namespace key="(-?\d+)"[^>]*?(?:/>|>([^<]*)</namespace>)')


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
    siteinfo: SiteInfo = field(default_factory=SiteInfo)

    def told(self) -> dict[str, int | str]:
        """The counts as a table's row; `cut` only where there was one."""
        row: dict[str, int | str] = {
            "pages": self.pages, "articles": self.articles, "redirects": self.redirects,
            "other_namespaces": self.other_namespaces, "other_models": self.other_models,
            "without_text": self.without_text, "damaged": len(self.damaged), "duplicates": len(self.duplicates),
        }  # fmt: skip
        return row | ({"cut": self.cut} if self.cut else {})


class _Seen:
    """Which page ids came before: a bit each, since a set of seven million would not be flat memory."""

    def __init__(self) -> None:
        self._bits = bytearray()
        self._far: set[int] = set()

    def add(self, number: int) -> bool:
        """True when the number is new."""
        if number >= 1 << 31:
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
    head, _ = _read_head(Path(path), read_blocks(Path(path), lambda place, cut: None))
    return _siteinfo(head)


def read_dump(path: str | Path, tally: Tally, *, texts_of: Container[int] | None = None) -> Iterator[RawPage]:
    """Pages in the file's order, damaged and repeated ones left out.

    Args:
        path: a dump file.
        tally: counts what is seen; its `siteinfo` is set before the first page comes.
        texts_of: the namespaces whose texts are wanted; other pages and redirects then come with an empty one.

    Raises:
        SourceError: the file is no MediaWiki dump or cannot be opened.
    """
    place = Path(path)

    def stopped(where: str, cut: bool) -> None:
        if cut:
            tally.cut = where
        else:
            tally.damaged.append(where)

    blocks = read_blocks(place, stopped)
    head, rest = _read_head(place, blocks)
    tally.siteinfo = _siteinfo(head)
    seen = _Seen()
    for raw in _page_bytes(rest, blocks, place, tally):
        tally.pages += 1
        page = _read_page(raw, texts_of)
        if isinstance(page, str):
            tally.damaged.append(page)
        elif seen.add(page.page_id):
            yield page
        else:
            tally.duplicates.append(page.title)


def _read_head(path: Path, blocks: Iterator[bytes]) -> tuple[bytes, bytes]:
    """All before the first page, and what was read beyond."""
    buffer = b""
    for block in blocks:
        buffer += block
        if len(buffer) > 4096 and b"<mediawiki" not in buffer[:65_536]:
            break
        at = buffer.find(_OPEN)
        if at >= 0 and b"<mediawiki" in buffer[:65_536]:
            return buffer[:at], buffer[at:]
        if len(buffer) > _HEAD_LIMIT or _END in buffer:
            break
    if b"<mediawiki" not in buffer[:65_536]:
        raise SourceError(
            f"{str(path)!r} is no MediaWiki dump: it has no <mediawiki> element. "
            "Give a pages-articles file from https://dumps.wikimedia.org."
        )
    return buffer, b""


def _siteinfo(head: bytes) -> SiteInfo:
    def one(tag: str) -> str:
        match = re.search(rf"<{tag}>([^<]*)</{tag}>".encode(), head)
        return _text(match[1]) if match else ""

    language = re.search(rb'<mediawiki[^>]*\bxml:lang="([^"]*)"', head)
    namespaces = {int(number): _text(name) for number, name in _NAMESPACE.findall(head)}
    return SiteInfo(one("dbname"), one("base"), _text(language[1]) if language else "", namespaces)


def _page_bytes(rest: bytes, blocks: Iterator[bytes], path: Path, tally: Tally) -> Iterator[bytes]:
    """The bytes between <page> and </page>, whole pages only."""
    buffer, tail = rest, rest[-64:]
    scanned = 0  # the open page at the start of `buffer` has no end before this
    while True:
        at = 0
        while (start := buffer.find(_OPEN, at)) >= 0:
            close = buffer.find(_CLOSE, max(start, scanned))
            if close < 0:
                break
            # Text never holds a bare "<": a page that another one opens inside has lost its end.
            if buffer.find(_OPEN, start + 6, close) >= 0:
                inner = buffer.rfind(_OPEN, start + 6, close)
                for torn in buffer[start:inner].split(_OPEN)[1:]:
                    _damaged(torn, "its end is missing", tally)
                start = inner
            yield buffer[start + 6 : close]
            at, scanned = close + len(_CLOSE), 0
        if start >= 0:
            at = start
        else:
            at = max(at, len(buffer) - len(_OPEN))  # an opening may be cut by the block's end
        buffer = buffer[at:]
        scanned = max(0, len(buffer) - len(_CLOSE)) if start >= 0 else 0
        if len(buffer) > MAX_PAGE:
            _damaged(buffer, f"larger than {MAX_PAGE >> 20} MB", tally)
            buffer, scanned = b"", 0  # what is left of it holds no <page> and so is passed over
        block = next(blocks, None)
        if block is None:
            break
        tail = (tail + block)[-64:]
        buffer += block
    _finish(buffer, tail, path, tally)


def _finish(buffer: bytes, tail: bytes, path: Path, tally: Tally) -> None:
    start = buffer.find(_OPEN)
    if start >= 0:
        title = _TITLE.search(buffer, start)
        name = title[1].decode("utf-8", "replace") if title else "a page without a title"
        tally.cut = (tally.cut or f"the XML ends in {path.name}") + f", inside the page {name!r}"
    elif _END not in tail and tally.cut is None:
        tally.cut = f"the XML of {path.name} ends without </mediawiki>"


def _damaged(raw: bytes, why: str, tally: Tally) -> None:
    tally.pages += 1
    tally.damaged.append(_complaint(raw, why))


def _complaint(raw: bytes, why: str) -> str:
    title = _TITLE.search(raw, 0, 65_536)
    return f"{_text(title[1], 'replace') if title else '(no title)'}: {why}"


def _text(raw: bytes, errors: str = "strict") -> str:
    """Decoded text with XML's five entities and numeric ones resolved; once: "&amp;lt;" is "&lt;"."""
    text = raw.decode("utf-8", errors)
    return _ENTITY.sub(_character, text) if "&" in text else text


def _character(match: re.Match[str]) -> str:
    name = match[1]
    if name[0] != "#":
        return _FIVE[name]
    point = int(name[2:], 16) if name[1] == "x" else int(name[1:])
    return match[0] if point > 0x10FFFF or 0xD800 <= point <= 0xDFFF else chr(point)


def _read_page(raw: bytes, texts_of: Container[int] | None) -> RawPage | str:
    """The page, or what is wrong with it."""
    revision = raw.find(b"<revision")
    head_end = revision if revision >= 0 else len(raw)
    title, page_id = _TITLE.search(raw, 0, head_end), _ID.search(raw, 0, head_end)
    while (later := raw.find(b"<revision>", revision + 9)) >= 0:
        revision = later  # a dump with history: the last revision is the page
    if title is None:
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

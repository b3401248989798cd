"""The text of a SQL dump, block by block: its statements, the header of its table, comments; what stands in the rows it does not know.

Held is a block, and what was not yet read of the one before; a statement of any length is passed over in pieces.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from charkha.core.errors import SourceError
from charkha.corpus.streams import Slice, read_blocks

BLOCK = 1 << 20  # decompressed bytes taken up at a time
_HEADER = 1 << 20  # bytes of a CREATE TABLE at most, and before it
_HEAD = 1 << 16  # bytes of an INSERT before its rows at most

_NAME = rb"(?:`(?:[^`]|``)++`|\"(?:[^\"]|\"\")++\"|[\w$\x80-\xff]++)"
_TABLE = rb"(?:" + _NAME + rb"\s*+\.\s*+)?(" + _NAME + rb")"
_CREATE = re.compile(rb"CREATE\s++(?:TEMPORARY\s++)?TABLE\b\s*+(?:IF\s++NOT\s++EXISTS\b\s*+)?" + _TABLE + rb"\s*+\(", re.IGNORECASE)
_INTO = rb"(?:INSERT|REPLACE)\b\s*+(?:(?:LOW_PRIORITY|DELAYED|HIGH_PRIORITY|IGNORE)\b\s*+)*(?:INTO\b\s*+)?" + _TABLE
_INSERT = re.compile(_INTO + rb"\s*+(?:\(([^()]*+)\)\s*+)?VALUES?\b", re.IGNORECASE)
_INSERT_INTO = re.compile(_INTO, re.IGNORECASE)
_NO_COLUMN = frozenset(b"PRIMARY KEY INDEX UNIQUE CONSTRAINT FOREIGN FULLTEXT SPATIAL CHECK PERIOD LIKE".split())
_BLANK = re.compile(rb"[\s;]*+")
_LINE_COMMENT = re.compile(rb"--(?=\s|\Z)|#")
_DUMPED = re.compile(rb"--\s(?:MySQL|MariaDB) dump ")
_DONE = re.compile(rb"--\sDump completed")
# The pieces of a statement; what stops them is its end, the end of the text, or a string or comment that is not whole in it.
_PIECE = re.compile(
    rb"[^'\"`;/#-]++|'(?:[^'\\]++|\\.)*+'|\"(?:[^\"\\]++|\\.)*+\"|`[^`]*+`|/(?=[^*])|-(?=[^-]|-\S)|/\*[^*]*+\*++(?:[^/*][^*]*+\*++)*+/",
    re.DOTALL,
)
_REST_OF = {quote: re.compile(rb"(?:[^%b\\]++|\\.)*+" % quote, re.DOTALL) for quote in (b"'", b'"')} | {b"`": re.compile(rb"[^`]*+")}
_TOKEN = re.compile(
    rb"(?P<name>`(?:[^`]|``)++`|\"(?:[^\"]|\"\")++\")|'(?:[^'\\]++|\\.|'')*+'|(?P<word>[\w$\x80-\xff]++)|/\*[^*]*+\*++(?:[^/*][^*]*+\*++)*+/|(?P<sign>[(),])|[^\w'`\"]",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Insert:
    """The beginning of a statement of rows, up to them.

    Attributes:
        head: its bytes.
        columns: the columns of the rows.
    """

    head: bytes
    columns: tuple[str, ...]


class SqlText:
    """A dump file with a place in it.

    Attributes:
        buffer: a stretch of the decompressed text.
        pos: what of it is read.
        table: the name of the file's table, the first one in it.
        header: the columns of the table.
        cut: where the data ended too early.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.buffer, self.pos, self.table = path, b"", 0, ""
        self.header: tuple[str, ...] = ()
        self.cut: str | None = None
        self._before = 0  # bytes before the buffer
        self._blocks = read_blocks(Slice(path), self._stopped)
        self._block, self._taken = b"", 0
        self._first, self._ended = b"", False
        self._held: Insert | None = None
        self._unfinished = False  # the file's first comment promises a last one

    def close(self) -> None:
        """Closes the file."""
        if isinstance(self._blocks, Iterator) and hasattr(self._blocks, "close"):
            self._blocks.close()

    @property
    def at(self) -> int:
        """The place, in decompressed bytes from the file's beginning."""
        return self._before + self.pos

    @property
    def read(self) -> int:
        """Decompressed bytes so far."""
        return self._before + len(self.buffer)

    def _stopped(self, where: str, early: bool) -> None:
        self.cut = self.cut or where

    def more(self, least: int = 0) -> bool:
        """Forgets what is read and takes up a block, of `least` bytes or more; False at the end."""
        if self._ended:
            return False
        pieces = [self.buffer[self.pos :]]
        wanted = max(least, BLOCK)
        while wanted > 0 and (piece := self._piece(wanted)):
            pieces.append(piece)
            wanted -= len(piece)
        self._before, self.pos, self.buffer = self._before + self.pos, 0, b"".join(pieces)
        self._first = self._first or self.buffer[:80]
        self._ended = len(pieces) == 1
        return not self._ended

    def _piece(self, size: int) -> bytes:
        while self._taken >= len(self._block):
            block = next(self._blocks, None)
            if block is None or self.cut:  # what stands behind damage does not follow on what stood before it
                return b""
            self._block, self._taken = block[0], 0
        piece = self._block[self._taken : self._taken + size]
        self._taken += len(piece)
        return piece

    def have(self, size: int) -> int:
        """Bytes behind the place: `size` or more, fewer at the end of the file."""
        left = len(self.buffer) - self.pos
        if left < size:
            self.more(size - left)
        return len(self.buffer) - self.pos

    def unreadable(self, what: str, at: int | None = None) -> SourceError:
        """The error of text that is no SQL."""
        place = self.at if at is None else at
        return SourceError(f"{what} at byte {place} of the unpacked {str(self.path)!r}. Fetch the file again and compare its checksum.")

    def ends_inside(self, what: str) -> None:
        """Notes that the file ends too early, where the packing did not tell."""
        self.cut = self.cut or f"the SQL ends inside {what} at byte {self.read} of {self.path.name}"
        self.pos = len(self.buffer)

    def find_table(self) -> None:
        """Goes to the first table of the file and reads its header, or the list of columns of its first INSERT.

        Raises:
            SourceError: there is none.
        """
        while self.at < _HEADER and self._to_statement():
            if _CREATE.match(self.buffer, self.pos):
                self._create()
            elif self._is_insert():
                self._held = self._insert()
                if self._held is None:
                    self.skip_statement()
            elif self.buffer[self.pos : self.pos + 1].isalpha():
                self.skip_statement()
            else:
                break
            if self.table:
                return
        begins = f"It begins with {self._first[:60]!r}" if self._first else "It is empty"
        cut = f" ({self.cut})" if self.cut else ""
        raise SourceError(f"{str(self.path)!r} holds no table of a SQL dump{cut}. {begins}. Give a file such as hiwiki-20261101-page.sql.gz.")

    def next_insert(self) -> Insert | None:
        """Goes to the rows of the table's next statement; None at the end of the file."""
        if self._held:
            held, self._held = self._held, None
            return held
        while self._to_statement():
            if self._is_insert() and (found := self._insert()):
                return found
            if (match := _CREATE.match(self.buffer, self.pos)) and _plain(match[1]) == self.table:
                self._create()
            elif self.buffer[self.pos : self.pos + 1].isalpha():
                self.skip_statement()
            elif self.buffer[self.pos :] in (b"/", b"-"):  # all that is left: the beginning of a comment
                self.ends_inside("a comment")
            elif self.pos < len(self.buffer):
                raise self.unreadable("no SQL statement")
        if self._unfinished and not self.cut:
            self.cut = f"the SQL ends at byte {self.read} of {self.path.name}, without the last line of a dump"
        return None

    def _to_statement(self) -> bool:
        """Passes over blanks and comments; False at the end of the file."""
        while self.have(_HEAD):
            self.pos = _blank_end(self.buffer, self.pos)
            if self.pos < len(self.buffer) and not self.skip_comment():
                self.have(_HEAD)
                return True
        return False

    def skip_comment(self) -> bool:
        """Passes over a comment; False where there is none."""
        self.have(80)
        if self.buffer.startswith(b"/*", self.pos):
            self.pos += 2
            if not self._skip_past(b"*/"):
                self.ends_inside("a comment")
            return True
        if not _LINE_COMMENT.match(self.buffer, self.pos):
            return False
        if _DUMPED.match(self.buffer, self.pos) and self.at == 0:
            self._unfinished = True
        elif _DONE.match(self.buffer, self.pos):
            self._unfinished = False
        self._skip_past(b"\n")
        return True

    def _skip_past(self, end: bytes) -> bool:
        while (found := self.buffer.find(end, self.pos)) < 0:
            self.pos = max(self.pos, len(self.buffer) - len(end) + 1)
            if not self.more():
                self.pos = len(self.buffer)
                return False
        self.pos = found + len(end)
        return True

    def skip_statement(self) -> None:
        """Passes over a statement, however long, with its semicolon."""
        while True:
            for match in iter(_PIECE.scanner(self.buffer, self.pos).match, None):  # type: ignore[attr-defined]
                self.pos = match.end()
            stop = self.buffer[self.pos : self.pos + 1]
            if stop == b";":
                self.pos += 1
                return
            if len(self.buffer) - self.pos < 3 and self.more():
                continue
            if stop in _REST_OF:
                self.pos += 1
                if not self._skip_string(stop):
                    return
            elif not stop:
                self.ends_inside("a statement")
                return
            elif not self.skip_comment():
                self.pos += 1

    def _skip_string(self, quote: bytes) -> bool:
        """Passes over the rest of a string; a doubled quote is the end of one and the beginning of another."""
        while True:
            match = _REST_OF[quote].match(self.buffer, self.pos)
            self.pos = match.end() if match else self.pos
            if self.buffer.startswith(quote, self.pos):
                self.pos += 1
                return True
            if not self.more():
                self.ends_inside("a string")
                return False

    def _is_insert(self) -> bool:
        return self.buffer[self.pos : self.pos + 7].upper() in (b"INSERT ", b"REPLACE", b"INSERT\n", b"INSERT\t", b"INSERT\r")

    def _insert(self) -> Insert | None:
        """The beginning of a statement of rows of the table; None, and the place behind it, for one of another table."""
        start = self.pos
        match = _INSERT.match(self.buffer, start)
        if match and not self.table and match[2]:
            self.table, self.header = _plain(match[1]), _names(match[2])
        into = match or _INSERT_INTO.match(self.buffer, start)
        if not into or (self.table and _plain(into[1]) != self.table):
            return None
        if not match:
            if b";" in self.buffer[start:]:
                raise self.unreadable("a statement without VALUES")
            return None
        if not self.table:
            raise SourceError(f"{str(self.path)!r} has no CREATE TABLE, and its INSERT names no columns. Give the whole dump.")
        self.pos = match.end()
        return Insert(self.buffer[start : self.pos], _names(match[2]) if match[2] else self.header)

    def _create(self) -> None:
        """Reads a CREATE TABLE and goes behind it."""
        self.have(_HEADER)
        match = _CREATE.match(self.buffer, self.pos)
        columns = _defined(self.buffer, match.end(), match.end() + _HEADER) if match else None
        if match is None or columns is None:
            raise self.unreadable("a CREATE TABLE without an end")
        self.table, self.header = _plain(match[1]), columns
        self.skip_statement()


def _blank_end(buffer: bytes, pos: int) -> int:
    match = _BLANK.match(buffer, pos)
    return match.end() if match else pos


def _plain(name: bytes) -> str:
    """A name without its quotes."""
    quote = name[:1]
    bare = name[1:-1].replace(quote * 2, quote) if quote in (b"`", b'"') else name
    return bare.decode("utf-8", "backslashreplace")


def _names(listed: bytes) -> tuple[str, ...]:
    return tuple(_plain(name) for name in re.findall(_NAME, listed))


def _defined(buffer: bytes, start: int, end: int) -> tuple[str, ...] | None:
    """The columns that a CREATE TABLE defines, from behind its bracket; None when that does not close before `end`."""
    names: list[str] = []
    depth, begins = 0, True
    for match in _TOKEN.finditer(buffer, start, end):
        if match["sign"]:
            depth += {b"(": 1, b")": -1}.get(match["sign"], 0)
            if depth < 0:
                return tuple(names)
            begins = depth == 0 and match["sign"] == b","
        elif begins and (match["name"] or match["word"]):
            if match["name"] or match["word"].upper() not in _NO_COLUMN:
                names.append(_plain(match[0]))
            begins = False
    return None


def column_list(names: Sequence[str]) -> str:
    """Names for a message, of bounded length."""
    listed = ", ".join(names)
    return listed if len(listed) <= 1000 else listed[:1000] + "..."

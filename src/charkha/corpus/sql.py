"""Rows of one table from a SQL dump of a wiki (page, categorylinks, langlinks, ...), in batches, column by column.

Memory is bounded by a block and by the longest row, whatever the file's size and however long its statements are. Knows no table: columns
are found by the names that the header gives them, so that one which moved, came or went does not matter. One pattern for a list of columns
walks over the rows at C speed. Nothing in it can match in two ways, so that hostile input takes linear time, too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from itertools import compress
from pathlib import Path

from charkha.core.errors import SourceError
from charkha.corpus.sql_text import Insert, SqlText, column_list

LONGEST_ROW = 16 << 20  # bytes; behind a quote that never closes lies the whole file
DIGITS = 18  # of an id at most, so that it fits into 64 bits
_FIRST_LOOK, _LOOK = 1 << 13, 1 << 20  # bytes of a statement read at once: few at first, so that a short one costs no more than it is

_INSIDE = rb"[^'\\]*+(?:(?:\\.|'')[^'\\]*+)*+"  # of a string
# What is no string: numbers, NULL, 0xFF; behind them what is rare: x'FF', _binary 'a', "a". Numbers are the rule, so they come first.
_OTHER = rb"[^\s'\"`,();\\]++|[xXbBnN]'" + _INSIDE + rb"'|_\w++\s*+'" + _INSIDE + rb"'|\"[^\"\\]*+(?:(?:\\.|\"\")[^\"\\]*+)*+\""
_VALUE = re.compile(rb"'" + _INSIDE + rb"'|[xXbBnN]'" + _INSIDE + rb"'|_\w++\s*+'" + _INSIDE + rb"'|" + _OTHER, re.DOTALL)
_OPEN_STRING = re.compile(rb"(?:_\w++\s*+|[xXbBnN])?['\"]|_\w++\s*+\Z")
_BEFORE_ROW, _SPACE = re.compile(rb"\s*+,?+\s*+"), re.compile(rb"\s*+")
_BEHIND_ROWS = re.compile(rb"\s*+(?:;|ON\s)", re.IGNORECASE)
_COMMENT = re.compile(rb"\s*+,?+\s*+(?=/\*|--\s|#)")
_NUMBERS = re.compile(rb"[-+.\deE\n]*+")
_ESCAPE = {b"'": re.compile(rb"\\(.)|''", re.DOTALL), b'"': re.compile(rb'\\(.)|""', re.DOTALL)}
_QUOTED = re.compile(rb"(_\w++\s*+|[xXbBnN])?(['\"])(.*)['\"]", re.DOTALL)
_MEANS = {b"0": b"\0", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"Z": b"\x1a", b"%": rb"\%", b"_": rb"\_"}


@dataclass(slots=True)
class SqlTally:
    """What was read of a dump so far.

    Attributes:
        table: the table's name.
        rows: rows read, those that were left out among them.
        kept: rows yielded.
        bytes: decompressed bytes.
        cut: where a truncated or damaged file ended; what was whole before is yielded. A plain file that ends behind a statement looks
            whole, unless its first line is mysqldump's, which promises a last one.
    """

    table: str = ""
    rows: int = 0
    kept: int = 0
    bytes: int = 0
    cut: str | None = None


def columns_of(path: Path) -> tuple[str, ...]:
    """The columns of the dump's table, in order, from its CREATE TABLE header (or from the column list of its first INSERT).

    Raises:
        SourceError: no file, or no table of a SQL dump in it.
    """
    with closing(SqlText(path)) as text:
        text.find_table()
        return text.header


def read_sql(
    path: Path,
    columns: Sequence[str],
    *,
    only: Mapping[str, Collection[bytes]] | None = None,
    tally: SqlTally | None = None,
) -> Iterator[tuple[list[bytes], ...]]:
    """The rows of the dump's table, the first one in the file; other tables' statements are skipped.

    Args:
        path: a .sql file, plain or packed (.gz, .bz2, .xz, .zst).
        columns: the names of the columns asked for, one or more.
        only: column -> values; a row is kept when each of these columns has one of its values.
        tally: told what was read, and whether the file is cut.

    Yields:
        A batch of rows: for each asked column a list of values, all of one length. Values are bytes, unescaped; NULL is b"".

    Raises:
        SourceError: no file, no SQL dump, a column that the table does not have, a row that cannot be read or is longer than LONGEST_ROW.
    """
    tally = SqlTally() if tally is None else tally
    wanted = {name: frozenset(values) for name, values in (only or {}).items()}
    needed = tuple(dict.fromkeys((*columns, *wanted)))
    with closing(SqlText(path)) as text:
        text.find_table()
        tally.table = text.table
        _refuse_missing(needed, text.header, text)
        while insert := text.next_insert():
            _refuse_missing(needed, insert.columns, text)
            captured = [name for name in insert.columns if name in needed]
            for rows in _rows(text, insert, _finder(insert, frozenset(needed))):
                tally.rows, tally.bytes = tally.rows + len(rows), text.read
                if kept := _kept(rows, captured, wanted):
                    tally.kept += len(kept)
                    batch = dict(zip(captured, _values(kept), strict=True))
                    yield tuple(batch[name] for name in columns)
        tally.bytes, tally.cut = text.read, text.cut


def read_numbered(
    path: Path, columns: Sequence[str], *, only: Mapping[str, Collection[bytes]] | None = None, tally: SqlTally | None = None
) -> Iterator[tuple[list[bytes], ...]]:  # fmt: skip
    """As `read_sql`, of tables whose first asked column holds whole numbers, such as page ids.

    Raises:
        SourceError: also where it holds anything else, or a number that no id has.
    """
    for batch in read_sql(path, columns, only=only, tally=tally):
        if not all(map(bytes.isdigit, batch[0])) or max(map(len, batch[0])) > DIGITS:
            wrong = next(value for value in batch[0] if not value.isdigit() or len(value) > DIGITS)
            raise SourceError(f"{str(path)!r} has {wrong[:40]!r} for a {columns[0]}, which is a whole number. Fetch the file again and compare its checksum.")
        yield batch


def _refuse_missing(needed: Sequence[str], columns: Sequence[str], text: SqlText) -> None:
    for name in needed:
        if name not in columns:
            raise SourceError(
                f"no column {name!r} in the table {text.table!r} of {str(text.path)!r}. It has: {column_list(columns)}. Give the dump of a table that has it."
            )


_Finder = Callable[[bytes, int, int], list[tuple[bytes, ...]]]


@lru_cache(64)
def _finder(insert: Insert, needed: frozenset[str]) -> _Finder:
    """Finds rows one behind the other: two groups for a needed column (string, anything else), and a last one that takes the rest.

    The separator may be the end of a statement and the same beginning of the next: a dump with one row a statement is read as fast.
    """
    string = rb"'(" + _INSIDE + rb")'|(" + _OTHER + rb")"
    passed = rb"'" + _INSIDE + rb"'|" + _OTHER
    values = [rb"(?:" + (string if name in needed else passed) + rb")" for name in insert.columns]
    between = rb"\s*+(?:,|;\s*+" + re.escape(insert.head) + rb"|)\s*+"
    row = between + rb"\(\s*+" + rb"\s*+,\s*+".join(values) + rb"\s*+\)"
    return re.compile(row + rb"|(.++)", re.DOTALL).findall


def _rows(text: SqlText, insert: Insert, find: _Finder) -> Iterator[list[tuple[bytes, ...]]]:
    """The rows of a statement as their groups, some thousands at a time; then the text stands behind the statement."""
    look = _FIRST_LOOK
    while True:
        end = min(len(text.buffer), text.pos + look)
        found = find(text.buffer, text.pos, end)
        rest = found.pop()[-1] if found and found[-1][-1] else b""
        text.pos = end - len(rest)
        if found:
            look = min(look * 4, _LOOK)
            yield found
        if behind := _BEHIND_ROWS.match(text.buffer, text.pos):
            text.pos = behind.end()
            if not behind[0].endswith(b";"):
                text.skip_statement()
            return
        if found:
            continue
        if comment := _COMMENT.match(text.buffer, text.pos):
            text.pos, look = comment.end(), _FIRST_LOOK
            text.skip_comment()
        elif end < len(text.buffer):
            look *= 4
        elif not _go_on(text, len(insert.columns)):
            return


def _go_on(text: SqlText, width: int) -> bool:
    """Takes up more text behind the beginning of a row; False at the end of the file.

    Raises:
        SourceError: it is no beginning of a row, or one that is too long.
    """
    left = len(text.buffer) - text.pos
    if left < 64 and text.more():
        return True  # it may be the beginning of something else
    if wrong := _wrong(text.buffer, text.pos, width):
        what, at = wrong
        raise text.unreadable(f"a row that cannot be read ({what})", text.at - text.pos + at)
    if left > LONGEST_ROW:
        raise text.unreadable(f"a row longer than {LONGEST_ROW >> 20} MB (is a quote missing?)")
    if text.more(left):  # twice as much, so that a long row is not looked at for every block
        return True
    text.ends_inside("an INSERT")
    return False


def _wrong(buffer: bytes, pos: int, width: int) -> tuple[str, int] | None:
    """Why a row is none, and where; None for the beginning of one that ends with the buffer."""
    at, size = _end(_BEFORE_ROW, buffer, pos), len(buffer)
    if at == size:
        return None
    if buffer[at : at + 1] != b"(":
        return f"it begins with {buffer[at : at + 20]!r}", at
    for number in range(1, width + 1):
        at = _end(_SPACE, buffer, at + 1)
        value = _VALUE.match(buffer, at)
        is_open = _OPEN_STRING.match(buffer, at) and not (value and value[0].endswith((b"'", b'"')))
        if at == size or is_open or (value and value.end() == size):
            return None
        at = _end(_SPACE, buffer, value.end()) if value else at
        sign = buffer[at : at + 1]
        if not sign:
            return None
        if not value or sign not in (b",", b")"):
            return f"value {number} is followed by {buffer[at : at + 20]!r}" if value else f"value {number} is {buffer[at : at + 20]!r}", at
        if (sign == b")") != (number == width):
            return f"it has {'fewer' if sign == b')' else 'more'} values than the {width} columns", at
    return "it is no list of values", at


def _end(pattern: re.Pattern[bytes], buffer: bytes, pos: int) -> int:
    match = pattern.match(buffer, pos)
    return match.end() if match else pos


def _kept(rows: list[tuple[bytes, ...]], captured: Sequence[str], wanted: Mapping[str, frozenset[bytes]]) -> list[tuple[bytes, ...]]:
    """The rows that are wanted; what they hold is unescaped later, and only for them."""
    for name, allowed in wanted.items():
        at = 2 * captured.index(name)
        values = _column([row[at] for row in rows], [row[at + 1] for row in rows])
        rows = list(compress(rows, map(allowed.__contains__, values)))
    return rows


def _values(rows: list[tuple[bytes, ...]]) -> list[list[bytes]]:
    """The values of each captured column from its two groups."""
    groups = list(zip(*rows, strict=True))
    return [_column(groups[at], groups[at + 1]) for at in range(0, len(groups) - 1, 2)]


def _column(strings: Sequence[bytes], others: Sequence[bytes]) -> list[bytes]:
    """One of both is empty in a row."""
    if not any(others):
        return _unescaped(strings)
    plain = list(others) if _NUMBERS.fullmatch(b"\n".join(others)) else [one if one.isdigit() else _meant(one) for one in others]
    return [one or other for one, other in zip(_unescaped(strings), plain, strict=True)] if any(strings) else plain


def _unescaped(strings: Sequence[bytes]) -> list[bytes]:
    joined = b"\n".join(strings)
    if b"''" in joined:
        return [_unescape(one) if b"\\" in one or b"''" in one else one for one in strings]
    return [_unescape(one) if b"\\" in one else one for one in strings] if b"\\" in joined else list(strings)


def _unescape(string: bytes, quote: bytes = b"'") -> bytes:
    if b"\\" not in string:
        return string.replace(quote * 2, quote)

    def meant(escape: re.Match[bytes]) -> bytes:
        sign: bytes | None = escape[1]
        return quote if sign is None else _MEANS.get(sign, sign)

    return _ESCAPE[quote].sub(meant, string)


def _meant(other: bytes) -> bytes:
    """The value of what is no string; as it stands where it is no literal."""
    if other.upper() == b"NULL":
        return b""
    if other[:2] in (b"0x", b"0X"):
        return _unhexed(other[2:]) or other
    quoted = _QUOTED.fullmatch(other)
    if not quoted:
        return other
    kind, inside = (quoted[1] or b"").lower(), quoted[3]
    if kind == b"x":
        return _unhexed(inside)
    if kind == b"b" and inside and not inside.strip(b"01"):
        return int(inside, 2).to_bytes((len(inside) + 7) // 8, "big")
    return _unescape(inside, quoted[2])


def _unhexed(digits: bytes) -> bytes:
    try:
        return bytes.fromhex(digits.decode("ascii").rjust(len(digits) + len(digits) % 2, "0"))
    except ValueError:
        return b""

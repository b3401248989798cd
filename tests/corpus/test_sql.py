"""The reader of SQL dumps gives every row of a table, in whatever syntax, packing and size; what is torn says where."""

from __future__ import annotations

import bz2
import gzip
import lzma
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import sqldumps
from charkha.core.errors import SourceError
from charkha.corpus import sql, sql_text
from charkha.corpus.sql import SqlTally, columns_of, read_sql
from sqldumps import LAYOUTS, ONE_A_LINE, Style, Value, columns_in, dump, footer, header, made_up, write_sql

STYLES = {
    "many rows a line": Style(),
    "one row a line": ONE_A_LINE,
    "one row a statement": Style(many=1),
    "its columns listed": Style(many=7, listed=True),
    "replace, CRLF": Style(verb=b"REPLACE INTO", between=b",\r\n", newline=b"\r\n", many=9),
    "insert ignore, blanks": Style(verb=b"insert  ignore\n into", comma=b" ,\t ", between=b" ,\n  "),
    "doubled quotes": Style(doubled=True),
    "_binary": Style(binary=b"_binary "),
    "_utf8mb4": Style(binary=b"_utf8mb4"),
    "hexadecimal": Style(hexed=True, many=50),
}
# Of the process itself: what getrusage says is inherited from the one that started it.
PEAK = r"int(re.search(r'VmHWM:\s+(\d+)', open('/proc/self/status').read())[1]) >> 10"
SMALL = "CREATE TABLE `t` (`a` int, `b` blob,\n `c` varbinary(9));\n"


def seen(values: Sequence[Value]) -> tuple[bytes, ...]:
    """A row as the reader gives it."""
    return tuple(b"" if one is None else one if isinstance(one, bytes) else repr(one).encode() for one in values)


def read(path: Path, *columns: str, tally: SqlTally | None = None, **only: set[bytes]) -> list[tuple[bytes, ...]]:
    """All rows of a file, all columns when none is named."""
    batches = read_sql(path, columns or columns_of(path), only=only or None, tally=tally)
    return [row for batch in batches for row in zip(*batch, strict=True)]


def read_text(tmp_path: Path, text: str | bytes, *columns: str, tally: SqlTally | None = None) -> list[tuple[bytes, ...]]:
    path = tmp_path / "xxwiki-20261101-t.sql"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read(path, *columns, tally=tally)


def is_one_line(error: SourceError, part: str = "") -> None:
    assert part in str(error)
    assert "\n" not in str(error)


@pytest.fixture(params=[None, 1, 37])
def block(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int | None:
    """The text is taken up in blocks of a few bytes, too, and looked at a few bytes at a time."""
    if request.param:
        monkeypatch.setattr(sql_text, "BLOCK", request.param)
        monkeypatch.setattr(sql_text, "_HEAD", 256)
        monkeypatch.setattr(sql_text, "_HEADER", 3000)
        monkeypatch.setattr(sql, "_FIRST_LOOK", request.param)
    return request.param  # type: ignore[no-any-return]


@pytest.mark.parametrize("style", STYLES.values(), ids=STYLES)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_table_is_read_in_every_style(tmp_path: Path, layout: str, style: Style) -> None:
    rows = list(made_up(layout, 200))
    path = write_sql(tmp_path / "d.sql.gz", layout, rows, style)
    assert columns_of(path) == columns_in(layout)
    tally = SqlTally()
    assert read(path, tally=tally) == [seen(row) for row in rows]
    size = len(gzip.decompress(path.read_bytes()))
    assert tally == SqlTally(sqldumps.table_of(layout), 200, 200, size, None)


@pytest.mark.parametrize("layout", ["categorylinks:legacy", "categorylinks:transitional", "categorylinks:new"])
def test_columns_are_found_by_name_wherever_they_stand(tmp_path: Path, layout: str) -> None:
    rows = list(made_up(layout, 50))
    path = write_sql(tmp_path / "d.sql", layout, rows)
    columns = columns_in(layout)
    assert read(path, "cl_type", "cl_from", "cl_type") == [
        tuple(seen(row)[columns.index(name)] for name in ("cl_type", "cl_from", "cl_type")) for row in rows
    ]


def test_rows_are_left_out_by_their_values_and_counted(tmp_path: Path) -> None:
    rows = list(made_up("page", 3000))
    path = write_sql(tmp_path / "d.sql", "page", rows)
    tally = SqlTally()
    found = read(path, "page_title", tally=tally, page_namespace={b"0", b"14"}, page_is_redirect={b"1"})
    assert found == [(row[2],) for row in rows if row[1] in (0, 14) and row[3] == 1]
    assert 100 < len(found) == tally.kept < tally.rows == 3000
    assert read(path, "page_id", page_lang={b""}, page_namespace={b"10"}) == [seen(row[:1]) for row in rows if row[1] == 10]
    assert list(read_sql(path, ["page_id"], only={"page_namespace": {b"999"}}, tally=(none := SqlTally()))) == []
    assert (none.rows, none.kept) == (3000, 0)
    assert list(read_sql(path, ["page_id"], only={"page_namespace": set()})) == []


def test_values_in_quotes_and_escapes_are_compared_as_what_they_mean(tmp_path: Path) -> None:
    path = tmp_path / "d.sql"
    path.write_text(SMALL + "INSERT INTO t VALUES ('0','it''s','x'),(0,'it\\'s',NULL),(-0,'its',''),('00','it\\'s','');")
    assert read(path, "c", b={b"it's"}, a={b"0"}) == [(b"x",), (b"",)]


LITERALS = {
    "NULL": b"", "null": b"", "0": b"0", "-12": b"-12", "+3": b"+3", "0.25": b"0.25", "-1.5e-07": b"-1.5e-07", ".5": b".5",
    "18446744073709551615": b"18446744073709551615", "98765432109876543210": b"98765432109876543210", "'17'": b"17",
    "''": b"", "0x": b"0x", "0x00fF": b"\x00\xff", "0xABC": b"\x0a\xbc", "x'4142'": b"AB", "X''": b"", "b'0100000101000010'": b"AB",
    "_binary 'a\\0b'": b"a\0b", "_binary'q'": b"q", "_utf8mb4 'it''s'": b"it's", "N'n'": b"n", '"say ""hi"" it\'s"': b'say "hi" it\'s',
    "'NULL'": b"NULL", "'0x41'": b"0x41", "'a\\'b'": b"a'b", "'a''b'": b"a'b", "''''": b"'", "'\\''": b"'", "'\\\\'": b"\\",
    "'\\\\\\\\'": b"\\\\", "'\\\\\\''": b"\\'", "'\\\\'''": b"\\'", "'\\0\\n\\r\\t\\b\\Z\\\"\\x'": b'\0\n\r\t\b\x1a"x', "'\\%\\_'": b"\\%\\_",
    "'),('": b"),(", "');\nINSERT INTO `t` VALUES (1,2,3'": b");\nINSERT INTO `t` VALUES (1,2,3", "'a\nb\r\nc'": b"a\nb\r\nc",
    "'-- x /* y # z'": b"-- x /* y # z", "'\"`'": b'"`', "'\\\n'": b"\n", "'(),;'": b"(),;", "TRUE": b"TRUE", "'\"\"'": b'""',
}  # fmt: skip


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_literal_is_what_mysql_takes_it_for(tmp_path: Path, place: int, block: int | None) -> None:
    rows, wanted = [], []
    for literal, meaning in LITERALS.items():
        row, want = ["7", "'m'", "NULL"], [b"7", b"m", b""]
        row[place], want[place] = literal, meaning
        rows.append(f"({','.join(row)})")
        wanted.append(tuple(want))
    tally = SqlTally()
    text = f"{SMALL}INSERT INTO `t` VALUES {','.join(rows)};\n"
    assert read_text(tmp_path, text, tally=tally) == wanted
    assert tally.cut is None
    alone = ("a", "b", "c")[place]
    path = tmp_path / "xxwiki-20261101-t.sql"
    assert read(path, alone) == [(meaning,) for meaning in LITERALS.values()]
    others = [name for name in ("a", "b", "c") if name != alone]
    assert read(path, *others) == [tuple(one for at, one in enumerate(want) if at != place) for want in wanted]


def test_bytes_that_are_no_utf8_stay(tmp_path: Path) -> None:
    every = bytes(range(256))
    assert read_text(tmp_path, dump("langlinks", [[1, b"\xff\xfe", every], [2, every[::-1], b"\xe0\xa4"]])) == [
        (b"1", b"\xff\xfe", every),
        (b"2", every[::-1], b"\xe0\xa4"),
    ]


@pytest.mark.parametrize("style", [Style(), Style(binary=b"_binary "), Style(hexed=True), Style(doubled=True)], ids=["plain", "binary", "hex", "doubled"])
def test_values_longer_than_a_block_are_read(tmp_path: Path, style: Style, block: int | None) -> None:
    rows: list[list[Value]] = [[number, b"x'\\" * 200, b"'),(" * number] for number in range(9)]
    assert read_text(tmp_path, dump("langlinks", rows, style)) == [seen(row) for row in rows]


SYNTAX = {
    "many statements": "INSERT INTO `t` VALUES (1,'x',NULL);\nINSERT INTO `t` VALUES (2,'y',NULL),(3,'z',NULL);",
    "no INTO": "INSERT `t` VALUES (1,'x',NULL),(2,'y',NULL),(3,'z',NULL);",
    "no blanks": "INSERT INTO`t`VALUES(1,'x',NULL),(2,'y',NULL),(3,'z',NULL);",
    "low priority": "INSERT LOW_PRIORITY IGNORE INTO t VALUE (1,'x',NULL),(2,'y',NULL),(3,'z',NULL);",
    "database": "INSERT INTO `my``wiki` . `t` VALUES (1,'x',NULL),(2,'y',NULL),(3,'z',NULL);",
    "mixed verbs": "replace into t values (1,'x',null);insert ignore into t values(2,'y',null);INSERT INTO t VALUES\n(3,'z',null)\n;\n",
    "comments": "/* a; 'b */INSERT INTO t VALUES /* c */ (1,'x',NULL),-- d ' (\n(2,'y',NULL) # e\n,(3,'z',NULL) /* f */;-- g",
    "update clause": "INSERT INTO t VALUES (1,'x',NULL),(2,'y',NULL) ON DUPLICATE KEY UPDATE b=';';INSERT INTO t VALUES (3,'z',NULL);",
    "other tables": "INSERT INTO `tt` VALUES ('a;''\\';b',\"c;'\",`d;`);CREATE TABLE `u` (`x` int, `y` text DEFAULT ';');"
    "INSERT INTO t VALUES (1,'x',NULL),(2,'y',NULL);INSERT INTO `u` SELECT * FROM `t` -- ' ;\n;INSERT INTO `t` VALUES (3,'z',NULL);INSERT INTO u VALUES (9,8);",
    "other statements": "LOCK TABLES `t` WRITE;/*!40000 ALTER TABLE `t` DISABLE KEYS */;SET a=1;;INSERT INTO t VALUES (1,'x',NULL);"
    "UNLOCK TABLES;ALTER TABLE t ADD x int;INSERT INTO t VALUES (2,'y',NULL),(3,'z',NULL);DROP TABLE x;COMMIT;",
    "listed": "INSERT INTO t (c, `b` ,\"a\") VALUES (NULL,'x',1);INSERT INTO t VALUES (2,'y',NULL);INSERT INTO t (b,a,c)VALUES('z',3,NULL);",
    "not all listed": "INSERT INTO t (`b`,`a`) VALUES ('x',1),('y',2),('z',3);",
    "arithmetic": "SELECT 4-2/1--1 - 7 ; INSERT INTO t VALUES (1,'x',NULL),(2,'y',NULL),(3,'z',NULL);",
}


@pytest.mark.parametrize("statements", SYNTAX.values(), ids=SYNTAX)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_statements_are_understood_however_they_are_written(tmp_path: Path, statements: str, newline: str, block: int | None) -> None:
    tally = SqlTally()
    text = (SMALL + statements).replace("\n", newline)
    assert read_text(tmp_path, text, "a", "b", tally=tally) == [(b"1", b"x"), (b"2", b"y"), (b"3", b"z")]
    assert (tally.table, tally.rows, tally.bytes, tally.cut) == ("t", 3, len(text), None)


def test_what_a_header_says_of_keys_is_no_column(tmp_path: Path, block: int | None) -> None:
    text = """DROP TABLE IF EXISTS `t`;
/*!40101 SET character_set_client = utf8 */;
CREATE TABLE IF NOT EXISTS `xxwiki`.`t` (
  `key` int(10) unsigned NOT NULL DEFAULT '0' COMMENT 'not, (a) key',
  type enum('page','sub,cat','f)ile') /* , x */ NOT NULL DEFAULT "),(",
  `we``ird, (name)` decimal(10,2) DEFAULT NULL,
  `primary` varbinary(255) CHARACTER SET binary GENERATED ALWAYS AS (concat(`key`,',')) STORED,
  PRIMARY KEY (`key`,`type`),
  UNIQUE KEY `u` (`type`(10)), UNIQUE INDEX (`key`),
  KEY `k` (`key`,`primary`),
  index i (type),
  FULLTEXT KEY `f` (`type`), SPATIAL KEY s (x),
  CONSTRAINT `c` FOREIGN KEY (`key`) REFERENCES `o` (`id`) ON DELETE CASCADE,
  FOREIGN KEY (`key`) REFERENCES `o` (`id`), CHECK (`key` > 0)
) ENGINE=InnoDB AUTO_INCREMENT=12 DEFAULT CHARSET=binary COMMENT='a;b' /*!50100 PARTITION BY HASH(`key`) */;
INSERT INTO `t` VALUES (1,'page',2.50,'x');
"""
    names = ("key", "type", "we`ird, (name)", "primary")
    assert read_text(tmp_path, text, *names) == [(b"1", b"page", b"2.50", b"x")]
    assert columns_of(tmp_path / "xxwiki-20261101-t.sql") == names


def test_without_a_header_the_first_insert_names_the_columns(tmp_path: Path, block: int | None) -> None:
    text = "INSERT INTO `t` (`b`, a) VALUES ('x',1);INSERT INTO u VALUES (3);INSERT INTO `t` VALUES ('y',2);"
    assert read_text(tmp_path, text, "a", "b") == [(b"1", b"x"), (b"2", b"y")]
    assert columns_of(tmp_path / "xxwiki-20261101-t.sql") == ("b", "a")


def test_a_table_without_rows_is_read(tmp_path: Path) -> None:
    tally = SqlTally()
    assert read_text(tmp_path, dump("redirect", []), "rd_from", tally=tally) == []
    assert (tally.table, tally.rows, tally.cut) == ("redirect", 0, None)


PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    ".sql": bytes,
    ".sql.gz": gzip.compress,
    ".sql.bz2": bz2.compress,
    ".sql.xz": lzma.compress,
    ".sql.zst": zstandard.compress,
    ".members.gz": lambda data: b"".join(gzip.compress(data[at : at + 5001]) for at in range(0, len(data), 5001)),
    ".streams.bz2": lambda data: b"".join(bz2.compress(data[at : at + 5001]) for at in range(0, len(data), 5001)),
}


@pytest.mark.parametrize("name", PACKINGS)
def test_a_dump_is_read_in_any_packing(tmp_path: Path, name: str) -> None:
    rows = list(made_up("linktarget", 2000))
    path = tmp_path / f"d{name}"
    path.write_bytes(PACKINGS[name](dump("linktarget", rows, Style(many=300))))
    tally = SqlTally()
    assert read(path, tally=tally) == [seen(row) for row in rows]
    assert tally.cut is None


@pytest.mark.parametrize("name", PACKINGS)
@pytest.mark.parametrize("share", [0.3, 0.6, 0.97])
def test_a_torn_file_gives_what_was_whole_and_says_where_it_ends(tmp_path: Path, name: str, share: float) -> None:
    rows = [seen(row) for row in made_up("linktarget", 20_000, seed=3)]
    packed = PACKINGS[name](dump("linktarget", made_up("linktarget", 20_000, seed=3), Style(many=300)))
    path = tmp_path / f"torn{name}"
    path.write_bytes(packed[: int(len(packed) * share)])
    tally = SqlTally()
    try:
        found = read(path, tally=tally)
    except SourceError as error:  # an .xz or .bz2 of one small stream may hold nothing whole
        is_one_line(error, "ends at byte")
        return
    assert found == rows[: len(found)]
    assert len(found) == tally.rows == tally.kept < len(rows)
    assert tally.cut is not None
    assert "torn" in tally.cut
    assert "at byte" in tally.cut
    if name.endswith(("sql", "gz")):
        assert len(found) > 0.25 * share * len(rows)


def test_damage_in_the_middle_ends_the_rows(tmp_path: Path) -> None:
    rows = [seen(row) for row in made_up("linktarget", 20_000)]
    path = write_sql(tmp_path / "d.sql.gz", "linktarget", made_up("linktarget", 20_000))
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 40] = bytes(40)
    path.write_bytes(data)
    tally = SqlTally()
    found = []
    try:
        found = read(path, tally=tally)
    except SourceError as error:  # rot that unpacks to something
        is_one_line(error, "at byte")
        return
    assert "damaged" in (tally.cut or "")
    assert found == rows[: len(found)] or len(found) < len(rows)


def test_what_stands_behind_a_damaged_stream_is_not_taken_for_its_continuation(tmp_path: Path) -> None:
    rows = [seen(row) for row in made_up("linktarget", 4000)]
    path = tmp_path / "d.sql.bz2"
    data = bytearray(PACKINGS[".streams.bz2"](dump("linktarget", made_up("linktarget", 4000), Style(many=10))))
    place = data.index(b"1AY&SY", len(data) // 2) + 40
    data[place : place + 8] = bytes(8)
    path.write_bytes(data)
    tally = SqlTally()
    found = read(path, tally=tally)
    assert found == rows[: len(found)]
    assert 1000 < len(found) < 3000
    assert "damaged" in (tally.cut or "")


@pytest.mark.parametrize("style", [Style(many=3), ONE_A_LINE, Style(many=1, doubled=True), Style(binary=b"_binary ", listed=True)], ids=repr)
def test_a_dump_cut_at_any_byte_gives_the_first_rows(tmp_path: Path, style: Style) -> None:
    rows: list[list[Value]] = [[1, b"it's", b"a\\"], [2, b"),(", b");\nINSERT"], [-3, b"", b'"\n'], [4, "ज़िला".encode(), b"''"]]
    data, want = dump("langlinks", rows, style), [seen(row) for row in rows]
    path = tmp_path / "d.sql"
    counts, errors = set(), []
    for size in [*range(0, len(header("langlinks")), 41), *range(len(header("langlinks")), len(data))]:
        path.write_bytes(data[:size])
        tally = SqlTally()
        try:
            found = read(path, "ll_from", "ll_lang", "ll_title", tally=tally)
        except SourceError as error:
            is_one_line(error)
            errors.append(size)
            continue
        assert found == want[: len(found)]
        assert tally.cut or found == want, size
        if not tally.cut:
            assert size > len(data) - len(sqldumps.LAST_LINE) + 10
        counts.add(len(found))
    assert counts == {0, 1, 2, 3, 4}
    assert errors
    assert max(errors) < len(header("langlinks"))


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80)
@given(
    rows=st.lists(
        st.tuples(
            st.integers(-(2**70), 2**70) | st.none(),
            st.binary(max_size=30) | st.text("'\\\"();,\n`x0 ", max_size=12).map(str.encode),
            st.text("'\\\"();,-/*#\n", max_size=12).map(str.encode) | st.none() | st.floats(allow_nan=False, allow_infinity=False),
        ),
        max_size=9,
    ),
    style=st.sampled_from(list(STYLES.values())),
    many=st.integers(1, 4),
    size=st.integers(1, 200),
)
def test_any_bytes_come_back_in_any_style_at_any_block_size(tmp_path: Path, rows: list[list[Value]], style: Style, many: int, size: int) -> None:
    path = tmp_path / "d.sql"
    path.write_bytes(dump("langlinks", rows, replace(style, many=many)))
    held = sql_text.BLOCK, sql_text._HEAD, sql_text._HEADER, sql._FIRST_LOOK
    sql_text.BLOCK, sql_text._HEAD, sql_text._HEADER, sql._FIRST_LOOK = size, 256, 2000, 1 + size // 2
    try:
        tally = SqlTally()
        assert read(path, tally=tally) == [seen(row) for row in rows]
        assert (tally.cut, tally.rows) == (None, len(rows))
    finally:
        sql_text.BLOCK, sql_text._HEAD, sql_text._HEADER, sql._FIRST_LOOK = held


@pytest.mark.parametrize("text", ["INSERT t", "INSERT INTO", "INSERT INTO t", "REPLACE x VALUE", "INSERT INTO t (a", "INSERT \n`t", "CREATE TABLE t", "DROP"])
def test_a_statement_that_is_torn_before_any_table_is_an_error(tmp_path: Path, text: str) -> None:
    with pytest.raises(SourceError) as error:
        read_text(tmp_path, text.encode(), "a")
    is_one_line(error.value)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(noise=st.text("'\\\"();,-/*#\n`xINSERTO tVALUES01", max_size=60) | st.binary(max_size=60).map(lambda data: data.decode("latin-1")))
def test_nothing_but_a_source_error_comes_of_noise(tmp_path: Path, noise: str) -> None:
    for text in (noise, SMALL + noise, SMALL + "INSERT INTO t VALUES " + noise, SMALL + "INSERT INTO t VALUES (1,2,3)" + noise):
        try:
            found = read_text(tmp_path, text.encode("latin-1", "replace"), "a", "b", "c")
        except SourceError as error:
            is_one_line(error)
            continue
        assert all(len(row) == 3 for row in found)


WRONG = {
    "too few values": ("(1,'x','c'),(2,'y')", "fewer values than the 3 columns", ");"),
    "too many values": ("(1,'x','c'),(2,'y','c',4)", "more values than the 3 columns", ",4)"),
    "no bracket": ("(1,'x','c'),2,'y','c')", "it begins with", "2,'y'"),
    "a word": ("(1,'x','c') x (2,'y','c')", "it begins with", "x (2"),
    "a bracket in a row": ("(1,'x','c'),(2,('y'),'c')", "value 2 is", "('y')"),
    "no comma": ("(1,'x','c'),(2,'y' 'z','c')", "value 2 is followed by", "'z'"),
    "an empty value": ("(1,'x','c'),(,'y','c')", "value 1 is", ",'y'"),
}


@pytest.mark.parametrize("rows", WRONG)
def test_a_row_that_cannot_be_read_is_told_with_its_place(tmp_path: Path, rows: str, block: int | None) -> None:
    values, what, place = WRONG[rows]
    text = SMALL + "INSERT INTO t VALUES " + values + ";" + "\n" * 100
    with pytest.raises(SourceError, match="a row that cannot be read") as caught:
        read_text(tmp_path, text)
    assert what in str(caught.value)
    assert f"at byte {text.rindex(place)} of" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "Fetch the file again" in str(caught.value)


NO_DUMP = {
    "nothing": b"",
    "blanks": b" \n \n",
    "html": b"<!DOCTYPE html>\n<html><head><title>404; Not Found</title></head></html>",
    "xml": b'<mediawiki xmlns="x"><page>' + b"a;'b" * 600_000,
    "binary": bytes(range(256)) * 20,
    "json": b'{"a": "CREATE TABLE `t` (`a` int);"}',
    "prose": b"It's a text; it has words. " * 100_000,
    "comments only": b"-- x\n" * 300_000,
    "no header and no list": b"INSERT INTO `t` VALUES (1,2);",
    "a header without an end": b"CREATE TABLE `t` (`a` int,",
}


@pytest.mark.parametrize("data", NO_DUMP.values(), ids=NO_DUMP)
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gz"])
def test_what_is_no_dump_is_refused_in_one_line(tmp_path: Path, data: bytes, pack: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "xxwiki-20261101-page.sql.gz"
    path.write_bytes(pack(data))
    for work in (lambda: columns_of(path), lambda: list(read_sql(path, ["page_id"]))):
        with pytest.raises(SourceError) as caught:
            work()
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)
        assert len(str(caught.value)) < 500 + len(str(path))


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"none\.sql\.gz.*Check the path"):
        columns_of(tmp_path / "none.sql.gz")
    with pytest.raises(SourceError, match="cannot open"):
        list(read_sql(tmp_path, ["a"]))


def test_a_column_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    path = write_sql(tmp_path / "d.sql", "categorylinks:new", [])
    with pytest.raises(SourceError, match=r"no column 'cl_to' in the table 'categorylinks'.*It has: cl_from, cl_sortkey, .*cl_target_id"):
        list(read_sql(path, ["cl_from", "cl_to"]))
    with pytest.raises(SourceError, match="no column 'x'"):
        list(read_sql(path, ["cl_from"], only={"x": {b""}}))
    path.write_text(SMALL + "INSERT INTO t (a,b) VALUES (1,2);")
    with pytest.raises(SourceError, match="no column 'c'.*It has: a, b"):
        list(read_sql(path, ["a", "c"]))


def test_a_quote_that_never_closes_does_not_eat_memory(tmp_path: Path) -> None:
    path = tmp_path / "d.sql.gz"
    with gzip.open(path, "wb", compresslevel=1) as out:
        out.write((SMALL + "INSERT INTO t VALUES (1,'fine',2),(3,'").encode())
        for _ in range(120):
            out.write(b"x" * (1 << 20))
    code = (
        "import sys, re; from pathlib import Path; from charkha.corpus.sql import read_sql\n"
        "from charkha.core.errors import SourceError\n"
        "rows = read_sql(Path(sys.argv[1]), ['a', 'b']); print(next(rows))\n"
        "try: next(rows)\nexcept SourceError as error: print(error)\n"
        f"print({PEAK})"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    first, error, peak = done.stdout.splitlines()
    assert first == "([b'1'], [b'fine'])"
    assert "a row longer than 16 MB" in error
    assert f"at byte {len(SMALL) + 33} of" in error
    assert int(peak) < 250


def test_one_statement_of_any_length_is_read_in_flat_memory(tmp_path: Path) -> None:
    path = tmp_path / "d.sql.gz"
    stretch = b",".join(sqldumps.row(row) for row in made_up("langlinks", 10_000))
    with gzip.open(path, "wb", compresslevel=1) as out:
        out.write(header("langlinks") + b"INSERT INTO `other` VALUES ")
        for _ in range(40):
            out.write(stretch + b",")
        out.write(b"(1,2,3);\nINSERT INTO `langlinks` VALUES ")
        for _ in range(150):
            out.write(stretch + b",")
        out.write(stretch + b";\n" + footer("langlinks"))
    code = (
        "import sys, re; from pathlib import Path; from charkha.corpus.sql import SqlTally, read_sql\n"
        "tally = SqlTally()\nkept = sum(len(batch[0]) for batch in read_sql(Path(sys.argv[1]), ['ll_from', 'll_title'], tally=tally))\n"
        f"print(kept, tally.rows, tally.cut, {PEAK})"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    kept, rows, cut, peak = done.stdout.split()
    assert (kept, rows, cut) == ("1510000", "1510000", "None")
    assert int(peak) < 150


MILLION = 1_000_000
HOSTILE = {
    "quotes": b"(1,'" + b"'" * 5 * MILLION,
    "backslashes": b"(1,'" + b"\\" * 5 * MILLION,
    "brackets": b"(" * 5 * MILLION,
    "opened rows": b"(1,'" * MILLION,
    "quotes and commas": b"('," + b"'," * 2_500_000,
    "commas": b"," * 5 * MILLION,
    "blanks": b" " * 5 * MILLION,
    "numbers": b"(" + b"1" * 5 * MILLION,
    "comments": b"/**/" * MILLION,
    "open comments": b"/*" * 2_500_000,
    "introducers": b"(_" + b"a" * 5 * MILLION,
    "semicolons": b";" * 5 * MILLION,
    "empty statements": b"(1,2,3)" + b";INSERT INTO t VALUES (1,2,3);INSERT INTO u VALUES (')" * 90_000,
    "statements of one row, each other": b"(1,2,3);" + b"".join(b"INSERT%bINTO t VALUES (1,2,3);" % (b" " * n) for n in (1, 2)) * 80_000,
    "strings of another table": b"(1,2,3);INSERT INTO u VALUES (" + b"''" * 2_500_000,
    "minus": b"(1,2,3);SELECT " + b"-" * 2 * MILLION,
    "slashes": b"(1,2,3);SELECT " + b"/" * 2 * MILLION,
    "a row of doubled quotes": b"(1,'" + b"''" * 2_500_000 + b"',2);",
    "a row of escapes": b"(1,'" + b"\\'" * 2_500_000 + b"',2);",
}


@pytest.mark.parametrize("rows", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_takes_linear_time(tmp_path: Path, rows: bytes) -> None:
    path = tmp_path / "d.sql"
    path.write_bytes(SMALL.encode() + b"INSERT INTO t VALUES " + rows)
    tally, started = SqlTally(), time.process_time()
    try:
        read(path, "b", tally=tally)
    except SourceError as error:
        is_one_line(error, "at byte")
    assert time.process_time() - started < 8  # a quadratic one takes minutes


def test_reading_may_stop_anywhere(tmp_path: Path) -> None:
    path = write_sql(tmp_path / "d.sql.gz", "page", made_up("page", 5000))
    rows = read_sql(path, ["page_id"])
    assert next(rows)[0][0] == b"1"
    rows.close()  # type: ignore[attr-defined]  # ResourceWarning is an error here

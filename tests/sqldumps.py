"""SQL dumps of a made-up wiki, for tests and benchmarks: a table's header in a layout, rows in a style, packed or plain."""

from __future__ import annotations

import gzip
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

Value = bytes | int | float | None

# Layout -> the definitions of its columns, in order; the part before ":" names the table.
LAYOUTS: dict[str, dict[str, str]] = {
    "page": {
        "page_id": "int(8) unsigned NOT NULL AUTO_INCREMENT",
        "page_namespace": "int(11) NOT NULL DEFAULT 0",
        "page_title": "varbinary(255) NOT NULL DEFAULT ''",
        "page_is_redirect": "tinyint(1) unsigned NOT NULL DEFAULT 0",
        "page_is_new": "tinyint(1) unsigned NOT NULL DEFAULT 0",
        "page_random": "double unsigned NOT NULL DEFAULT 0",
        "page_touched": "binary(14) NOT NULL",
        "page_links_updated": "varbinary(14) DEFAULT NULL",
        "page_latest": "int(8) unsigned NOT NULL DEFAULT 0",
        "page_len": "int(8) unsigned NOT NULL DEFAULT 0",
        "page_content_model": "varbinary(32) DEFAULT NULL",
        "page_lang": "varbinary(35) DEFAULT NULL",
    },
    "categorylinks:legacy": {
        "cl_from": "int(8) unsigned NOT NULL DEFAULT 0",
        "cl_to": "varbinary(255) NOT NULL DEFAULT ''",
        "cl_sortkey": "varbinary(230) NOT NULL DEFAULT ''",
        "cl_timestamp": "timestamp NOT NULL DEFAULT current_timestamp() ON UPDATE current_timestamp()",
        "cl_sortkey_prefix": "varbinary(255) NOT NULL DEFAULT ''",
        "cl_collation": "varbinary(32) NOT NULL DEFAULT ''",
        "cl_type": "enum('page','subcat','file') NOT NULL DEFAULT 'page'",
    },
    "categorylinks:transitional": {
        "cl_from": "int(8) unsigned NOT NULL DEFAULT 0",
        "cl_to": "varbinary(255) NOT NULL DEFAULT ''",
        "cl_sortkey": "varbinary(230) NOT NULL DEFAULT ''",
        "cl_timestamp": "timestamp NOT NULL DEFAULT current_timestamp() ON UPDATE current_timestamp()",
        "cl_sortkey_prefix": "varbinary(255) NOT NULL DEFAULT ''",
        "cl_collation": "varbinary(32) NOT NULL DEFAULT ''",
        "cl_type": "enum('page','subcat','file') NOT NULL DEFAULT 'page'",
        "cl_collation_id": "smallint(5) unsigned NOT NULL DEFAULT 0",
        "cl_target_id": "bigint(20) unsigned DEFAULT NULL",
    },
    "categorylinks:new": {
        "cl_from": "int(8) unsigned NOT NULL DEFAULT 0",
        "cl_sortkey": "varbinary(230) NOT NULL DEFAULT ''",
        "cl_timestamp": "timestamp NOT NULL DEFAULT current_timestamp() ON UPDATE current_timestamp()",
        "cl_sortkey_prefix": "varbinary(255) NOT NULL DEFAULT ''",
        "cl_type": "enum('page','subcat','file') NOT NULL DEFAULT 'page'",
        "cl_collation_id": "smallint(5) unsigned NOT NULL DEFAULT 0",
        "cl_target_id": "bigint(20) unsigned NOT NULL",
    },
    "linktarget": {
        "lt_id": "bigint(20) unsigned NOT NULL AUTO_INCREMENT",
        "lt_namespace": "int(11) NOT NULL",
        "lt_title": "varbinary(255) NOT NULL",
    },
    "langlinks": {
        "ll_from": "int(8) unsigned NOT NULL DEFAULT 0",
        "ll_lang": "varbinary(35) NOT NULL DEFAULT ''",
        "ll_title": "varbinary(255) NOT NULL DEFAULT ''",
    },
    "page_props": {
        "pp_page": "int(8) unsigned NOT NULL",
        "pp_propname": "varbinary(60) NOT NULL DEFAULT ''",
        "pp_value": "blob NOT NULL",
        "pp_sortkey": "float DEFAULT NULL",
    },
    "redirect": {
        "rd_from": "int(8) unsigned NOT NULL DEFAULT 0",
        "rd_namespace": "int(11) NOT NULL DEFAULT 0",
        "rd_title": "varbinary(255) NOT NULL DEFAULT ''",
        "rd_interwiki": "varbinary(32) DEFAULT NULL",
        "rd_fragment": "varbinary(255) DEFAULT NULL",
    },
}
FIRST_LINE = b"-- MariaDB dump 10.19  Distrib 10.5.28-MariaDB, for debian-linux-gnu (x86_64)\n"
LAST_LINE = b"-- Dump completed on 2026-11-02  3:14:15\n"
_MYSQL = {0: b"\\0", 10: b"\\n", 13: b"\\r", 26: b"\\Z", 34: b'\\"', 39: b"\\'", 92: b"\\\\"}


@dataclass(frozen=True)
class Style:
    """How rows are written: what a dump's program chose."""

    verb: bytes = b"INSERT INTO"
    many: int = 1000  # rows a statement
    between: bytes = b","  # rows
    comma: bytes = b","  # between values
    listed: bool = False  # the INSERT lists its columns
    doubled: bool = False  # quotes are doubled, not escaped
    binary: bytes = b""  # before a string, such as _binary
    hexed: bool = False  # strings as 0x...
    newline: bytes = b"\n"  # behind a statement


ONE_A_LINE = Style(between=b",\n")


def table_of(layout: str) -> str:
    """The table that a layout is of."""
    return layout.partition(":")[0]


def columns_in(layout: str) -> tuple[str, ...]:
    """The columns of a layout, in order."""
    return tuple(LAYOUTS[layout])


def header(layout: str) -> bytes:
    """What mysqldump writes before the rows of a table."""
    table, columns = table_of(layout), LAYOUTS[layout]
    defined = "".join(f"  `{name}` {kind},\n" for name, kind in columns.items())
    first = next(iter(columns))
    return FIRST_LINE + (
        "--\n-- Host: localhost    Database: xxwiki\n-- ------------------------------------------------------\n"
        "/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;\n/*!40103 SET TIME_ZONE='+00:00' */;\n\n"
        f"--\n-- Table structure for table `{table}`\n--\n\nDROP TABLE IF EXISTS `{table}`;\n"
        f"CREATE TABLE `{table}` (\n{defined}  PRIMARY KEY (`{first}`),\n  UNIQUE KEY `one` (`{first}`),\n  KEY `two` (`{first}`),\n"
        f"  CONSTRAINT `three` CHECK (`{first}` > 0)\n) ENGINE=InnoDB DEFAULT CHARSET=binary COMMENT='a; (b), `c` \\' d';\n\n"
        f"--\n-- Dumping data for table `{table}`\n--\n\nLOCK TABLES `{table}` WRITE;\n/*!40000 ALTER TABLE `{table}` DISABLE KEYS */;\n"
    ).encode()


def footer(layout: str) -> bytes:
    """What mysqldump writes behind the rows."""
    table = table_of(layout)
    return (
        f"/*!40000 ALTER TABLE `{table}` ENABLE KEYS */;\nUNLOCK TABLES;\n/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE */;\n\n"
    ).encode() + LAST_LINE


def escape(value: bytes, doubled: bool = False) -> bytes:
    """The inside of a string literal."""
    if doubled:
        return value.replace(b"\\", b"\\\\").replace(b"'", b"''")
    return value if value.isalnum() else b"".join(_MYSQL.get(byte) or bytes((byte,)) for byte in value)


def literal(value: Value, style: Style = Style()) -> bytes:  # noqa: B008 (it is frozen)
    """A value as SQL."""
    if value is None:
        return b"NULL"
    if not isinstance(value, bytes):
        return repr(value).encode()
    if style.hexed and value:
        return b"0x" + value.hex().upper().encode()
    return style.binary + b"'" + escape(value, style.doubled) + b"'"


def row(values: Sequence[Value], style: Style = Style()) -> bytes:  # noqa: B008
    """A row in brackets."""
    return b"(" + style.comma.join(literal(value, style) for value in values) + b")"


def inserts(layout: str, rows: Iterable[Sequence[Value]], style: Style = Style()) -> Iterator[bytes]:  # noqa: B008
    """Statements with the rows."""
    listed = b" (" + b", ".join(b"`%b`" % name.encode() for name in columns_in(layout)) + b")" if style.listed else b""
    head = style.verb + b" `" + table_of(layout).encode() + b"`" + listed + b" VALUES" + (b"\n" if b"\n" in style.between else b" ")
    waiting = iter(rows)
    while part := [row(values, style) for values in islice(waiting, style.many)]:
        yield head + style.between.join(part) + b";" + style.newline


def dump(layout: str, rows: Iterable[Sequence[Value]], style: Style = Style()) -> bytes:  # noqa: B008
    """A whole small dump."""
    return header(layout) + b"".join(inserts(layout, rows, style)) + footer(layout)


def write_sql(path: Path, layout: str, rows: Iterable[Sequence[Value]], style: Style = Style()) -> Path:  # noqa: B008
    """Writes a dump of any size; packed where the name ends with .gz."""
    with gzip.open(path, "wb", compresslevel=3) if path.suffix == ".gz" else path.open("wb") as out:
        out.write(header(layout))
        for statement in inserts(layout, rows, style):
            out.write(statement)
        out.write(footer(layout))
    return path


def _words(count: int) -> list[str]:
    """Made-up words in Devanagari, and a few that need care."""
    pick = random.Random(count)
    consonants, signs = "कखगघचछजझटठडढणतथदधनपफबभमयरलवशषसह", ["", "", "ा", "ि", "ी", "ु", "े", "ो", "्र", "ं"]
    made = ["".join(pick.choice(consonants) + pick.choice(signs) for _ in range(pick.randint(1, 4))) for _ in range(count)]
    return [*made, "१९४७", "(ज़िला)", "O'Brien", "Wikipedia", 'the_"First"', "A,B;C"]


WORDS = _words(3000)


def _title(pick: random.Random) -> bytes:
    return "_".join(pick.choices(WORDS, k=pick.randint(1, 4))).encode()


def _page(pick: random.Random, number: int) -> list[Value]:
    touched = b"20261031%06d" % pick.randrange(240000)
    namespace = pick.choice((0, 0, 0, 0, 1, 1, 2, 3, 4, 6, 10, 14))
    size = pick.randrange(100, 90_000)
    return [number, namespace, _title(pick), pick.randrange(2), 0, pick.random(), touched, touched, 6_000_000 + number, size, b"wikitext", None]


def _categorylink(pick: random.Random, number: int) -> dict[str, Value]:
    title = _title(pick)
    return {
        "cl_from": number // 6,
        "cl_to": title,
        "cl_sortkey": pick.randbytes(pick.randint(8, 40)),  # of a collation: any bytes
        "cl_timestamp": b"2026-10-31 12:34:56",
        "cl_sortkey_prefix": title[:20] if pick.random() < 0.3 else b"",
        "cl_collation": b"uca-hi-u-kn",
        "cl_type": pick.choice((b"page", b"page", b"page", b"subcat", b"file")),
        "cl_collation_id": 3,
        "cl_target_id": pick.randrange(1, 900_000),
    }


def _page_prop(pick: random.Random, number: int) -> list[Value]:
    if pick.random() < 0.4:
        return [number // 2, b"wikibase_item", b"Q%d" % pick.randrange(1, 130_000_000), None]
    value, sortkey = _title(pick), pick.choice((None, float(pick.randrange(500))))
    return [number // 2, pick.choice((b"defaultsort", b"page_image_free", b"wikibase-shortdesc")), value, sortkey]


def _langlink(pick: random.Random, number: int) -> list[Value]:
    return [number // 20, pick.choice((b"en", b"bn", b"ta", b"te", b"zh-min-nan")), _title(pick).replace(b"_", b" ")]


_ROWS: dict[str, Callable[[random.Random, int], Sequence[Value] | dict[str, Value]]] = {
    "page": _page,
    "categorylinks": _categorylink,
    "langlinks": _langlink,
    "page_props": _page_prop,
    "linktarget": lambda pick, number: [number, pick.choice((0, 10, 14)), _title(pick)],
    "redirect": lambda pick, number: [number, 0, _title(pick), b"", b""],
}


def made_up(layout: str, count: int, seed: int = 0) -> Iterator[list[Value]]:
    """Rows with values as long as those of a Hindi wiki."""
    pick, columns = random.Random(seed), columns_in(layout)
    for number in range(1, count + 1):
        made = _ROWS[table_of(layout)](pick, number)
        yield [made[name] for name in columns] if isinstance(made, dict) else list(made)

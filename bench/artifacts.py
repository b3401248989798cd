"""What `charkha artifacts` costs on a large edition: rows a second beside plain decompression of the same files, and peak memory.

    python bench/artifacts.py                       # a made-up edition with ten million rows of categorylinks
    python bench/artifacts.py --rows 1000000 --layout legacy

The edition has a page for every four rows, a category for every six pages, categories in two others each (with circles), hidden ones, and Wikidata
ids for all. The command runs in a process of its own.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

DUMPS = Path(__file__).parent.parent / "tests" / "sqldumps.py"
ROOT_NODE = 3  # the category whose tree is walked: a few hundred categories below it
FAN = 8  # categories in a category
FIRST_PAGE = 1 << 33  # ids beyond 32 bits
TABLES = ("page", "categorylinks", "linktarget", "langlinks", "page_props")
CHILD = """
import json, resource, sys
from charkha.cli import main
code = main(["artifacts", sys.argv[1], "--sql", sys.argv[2], "--root", "xx:Category 3".replace("xx", sys.argv[3])])
print(json.dumps({"code": code, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
"""


def sqldumps() -> ModuleType:
    """The made-up dumps that the tests use."""
    spec = importlib.util.spec_from_file_location("sqldumps", DUMPS)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["sqldumps"] = module
    spec.loader.exec_module(module)
    return module


def write_edition(folder: Path, rows: int, layout: str, wiki: str = "hi") -> dict[str, int]:
    """Writes the five tables; returns rows by table."""
    made, pick = sqldumps(), random.Random(7)
    pages = rows // 4
    categories = max(FAN**2, pages // 6)
    counted: dict[str, int] = dict.fromkeys(TABLES, 0)

    def put(layout: str, lines: Iterator[dict[str, Any]]) -> None:
        table = made.table_of(layout)
        columns = made.columns_in(layout)

        def full() -> Iterator[list[Any]]:
            for line in lines:
                counted[table] += 1
                yield [line.get(name, b"" if "char" in made.LAYOUTS[layout][name] else 0) for name in columns]

        made.write_sql(folder / f"{wiki}wiki-20261101-{table}.sql.gz", layout, full())

    def name(node: int) -> bytes:
        return f"Category_{node}".encode()

    def page() -> Iterator[dict[str, Any]]:
        for node in range(1, categories):
            yield {"page_id": node, "page_namespace": 14, "page_title": name(node)}
        for number in range(pages):
            redirect, namespace = int(number % 3 == 0), 0 if number % 7 else 1
            title = f"भारत_का_{pick.randrange(1 << 40):x}_लेख_{number}".encode()
            yield {"page_id": FIRST_PAGE + number, "page_namespace": namespace, "page_title": title, "page_is_redirect": redirect}

    def link(child: int, parent: int, kind: bytes) -> dict[str, Any]:
        told = {"cl_from": child, "cl_to": name(parent), "cl_target_id": 10 * parent, "cl_type": kind}
        moment = b"20%02d-%02d-%02d %02d:%02d:%02d" % tuple(pick.randrange(10, 29) for _ in range(6))
        return {**told, "cl_sortkey": pick.randbytes(24), "cl_timestamp": moment}

    def categorylinks() -> Iterator[dict[str, Any]]:
        for node in range(2, categories):
            yield link(node, node // FAN or node + 1, b"subcat")
            yield link(node, pick.randrange(1, categories), b"subcat")
        for number in range(rows - 2 * (categories - 2)):
            yield link(FIRST_PAGE + number % pages, int(pick.random() ** 3 * (categories - 1)) + 1, b"page")

    def linktarget() -> Iterator[dict[str, Any]]:
        for node in range(1, categories):
            yield {"lt_id": 10 * node, "lt_namespace": 14, "lt_title": name(node)}
            yield {"lt_id": 10 * node + 1, "lt_namespace": 10, "lt_title": name(node)}

    def langlinks() -> Iterator[dict[str, Any]]:
        for number in range(1, pages, 2):
            for lang in (b"en", b"fr", b"bn"):
                yield {"ll_from": FIRST_PAGE + number, "ll_lang": lang, "ll_title": f"Article {pick.randrange(1 << 40):x} {number}".encode()}

    def page_props() -> Iterator[dict[str, Any]]:
        for node in range(1, categories):
            yield {"pp_page": node, "pp_propname": b"hiddencat" if node % 40 == 0 else b"wikibase_item", "pp_value": b"Q%d" % node}
        for number in range(pages):
            yield {"pp_page": FIRST_PAGE + number, "pp_propname": b"wikibase_item", "pp_value": b"Q%d" % (10_000_000 + number * 7919 % 99_999_989)}

    put("page", page())
    put(f"categorylinks:{layout}", categorylinks())
    put("linktarget", linktarget())
    put("langlinks", langlinks())
    put("page_props", page_props())
    return counted


def decompression(folder: Path) -> tuple[float, float]:
    """Seconds to unpack every file once, and megabytes of SQL."""
    started, size = time.perf_counter(), 0
    for path in sorted(folder.glob("*.gz")):
        with gzip.open(path) as packed:
            while block := packed.read(1 << 20):
                size += len(block)
    return time.perf_counter() - started, size / 1e6


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000, help="rows of categorylinks")
    parser.add_argument("--layout", choices=("legacy", "transitional", "new"), default="new")
    given = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="charkha-artifacts-") as held:
        files = Path(held) / "sql"
        files.mkdir()
        counted = write_edition(files, given.rows, given.layout)
        plain, size = decompression(files)
        started = time.perf_counter()
        done = subprocess.run([sys.executable, "-c", CHILD, f"{held}/run", str(files), "hi"], capture_output=True, text=True, check=False)
        took = time.perf_counter() - started
        if done.returncode:
            print(done.stderr, file=sys.stderr)
            return 1
        told = json.loads(done.stdout.splitlines()[-1])
    total = sum(counted.values())
    print(f"{given.layout}: {total:,} rows ({', '.join(f'{table} {count:,}' for table, count in counted.items())}), {size:,.0f} MB of SQL")
    print(f"plain decompression, every file once   {plain:7.1f} s   {size / plain:6.1f} MB/s   {total / plain / 1e6:5.2f}M rows/s")
    print(f"charkha artifacts                      {took:7.1f} s   {size / took:6.1f} MB/s   {total / took / 1e6:5.2f}M rows/s")
    print(f"ratio {took / plain:.2f}; peak resident memory {told['peak_mb']:,.0f} MB; {done.stdout.splitlines()[0]}")
    return int(told["code"])


if __name__ == "__main__":
    sys.exit(main())

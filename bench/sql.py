"""How fast the rows of a wiki's SQL dumps are read, beside the floor: decompressing them.

    python bench/sql.py                     # a million made-up rows of each table
    python bench/sql.py --rows 10000000     # ten million
    python bench/sql.py --dump hiwiki-20261101-page.sql.gz --columns page_id,page_namespace,page_title

Each dump is read by a process of its own. Prints rows, megabytes of SQL, what gzip's decompression alone gives, what reading gives, their
ratio, and the peak resident memory of the reading process.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import ModuleType

DUMPS = Path(__file__).parent.parent / "tests" / "sqldumps.py"
# Layout -> the columns that are asked for, and the rows that are wanted.
ASKED: dict[str, tuple[str, dict[str, list[str]]]] = {
    "categorylinks:legacy": ("cl_from,cl_to,cl_type", {}),
    "categorylinks:transitional": ("cl_from,cl_to,cl_type,cl_target_id", {}),
    "categorylinks:new": ("cl_from,cl_type,cl_target_id", {}),
    "page": ("page_id,page_namespace,page_title,page_is_redirect", {}),
    "page ns 0, 14": ("page_id,page_namespace,page_title,page_is_redirect", {"page_namespace": ["0", "14"]}),
    "linktarget": ("lt_id,lt_namespace,lt_title", {}),
    "langlinks": ("ll_from,ll_lang,ll_title", {}),
    "page_props": ("pp_page,pp_propname,pp_value", {"pp_propname": ["wikibase_item"]}),
}
# What a fresh process does; json on its output: rows, kept, bytes, seconds of reading, seconds of gzip, peak megabytes.
CHILD = """
import gzip, json, resource, sys, time
from pathlib import Path
from charkha.corpus.sql import SqlTally, read_sql
path, columns, only = sys.argv[1], sys.argv[2].split(","), json.loads(sys.argv[3])
only = {name: {value.encode() for value in values} for name, values in only.items()}
tally, started = SqlTally(), time.perf_counter()
for batch in read_sql(Path(path), columns, only=only, tally=tally):
    pass
reading, peak = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
started = time.perf_counter()
with gzip.open(path) if path.endswith(".gz") else open(path, "rb") as file:
    while file.read(1 << 20):
        pass
print(json.dumps([tally.rows, tally.kept, tally.bytes, reading, time.perf_counter() - started, peak, tally.cut]))
"""


def made() -> ModuleType:
    """The writer of made-up dumps, which the tests use, too."""
    found = importlib.util.spec_from_file_location("sqldumps", DUMPS)
    if not found or not found.loader:
        raise SystemExit(f"no {DUMPS}")
    module = sys.modules["sqldumps"] = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def write(module: ModuleType, path: Path, layout: str, rows: int) -> None:
    """A dump of `rows` rows: a stretch of made-up ones, again and again, since only their number matters to the reader."""
    style = module.Style(many=10_000)
    stretch = b"".join(module.inserts(layout, module.made_up(layout, min(rows, 100_000)), style))
    with gzip.open(path, "wb", compresslevel=5) as out:
        out.write(module.header(layout))
        for _ in range(max(1, round(rows / 100_000))):
            out.write(stretch)
        out.write(module.footer(layout))


def measure(name: str, path: Path, columns: str, only: dict[str, list[str]]) -> str:
    """A line of the table."""
    command = [sys.executable, "-c", CHILD, str(path), columns, json.dumps(only)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    rows, kept, size, reading, gzipped, peak, cut = json.loads(done.stdout)
    floor, rate = size / 1e6 / gzipped, size / 1e6 / reading
    line = f"{name:27} {rows:10,d} {kept:10,d} {size / 1e6:8.1f} {floor:7.1f} {rate:7.1f} {rows / 1e6 / reading:7.2f} {rate / floor:6.2f} {peak:6d}"
    return line + (f"  cut: {cut}" if cut else "")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--dump", type=Path, help="a dump to read instead of made-up ones")
    parser.add_argument("--columns", help="of --dump, with commas between them")
    given = parser.parse_args()
    started = time.perf_counter()
    print(f"{'dump':27} {'rows':>10} {'kept':>10} {'MB':>8} {'gz MB/s':>7} {'MB/s':>7} {'Mrow/s':>7} {'ratio':>6} {'RSS MB':>6}")
    if given.dump:
        if not given.columns:
            parser.error("--dump needs --columns")
        print(measure(given.dump.name[-27:], given.dump, given.columns, {}))
        return
    module = made()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "xxwiki-20261101-table.sql.gz"
        written = ""
        for name, (columns, only) in ASKED.items():
            layout = name.partition(" ")[0]
            if layout != written:
                write(module, path, layout, given.rows)
                written = layout
            print(measure(name, path, columns, only), flush=True)
    print(f"{time.perf_counter() - started:.0f} s with writing the dumps")


if __name__ == "__main__":
    main()

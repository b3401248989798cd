"""How fast a dump becomes pages in parquet, beside the floor and beside other readers, in one run.

    python bench/corpus.py                                   # the bundled Bengali dump
    python bench/corpus.py DUMP.xml.bz2 --lang bn --repeat 8 # its streams repeated, page ids offset
    pip install mwparserfromhell wikiextractor               # to have them measured too

Prints megabytes of XML a second on one core, start-up apart, the ratio of each to the floor (decompress, find the texts,
decode), what several processes give, and the resident memory of a worker.
"""

from __future__ import annotations

import argparse
import bz2
import gc
import html
import importlib.util
import multiprocessing
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from charkha.core.run import Run
from charkha.core.tables import PAGES, record_writer
from charkha.corpus.dump import Tally, read_dump, read_siteinfo
from charkha.corpus.pages import read_pages, stamp_of
from charkha.corpus.streams import cut
from charkha.corpus.wikitext import parse
from charkha.languages import load
from charkha.stages.ingest import SLICE_XML, ingest
from charkha.stages.sources import Blocklist, Dump

SHARED = Path(__file__).parent.parent.parent / "shared" / "data" / "bnwiki-excerpt.xml.bz2"
BUNDLED = Path(__file__).parent.parent / "src" / "charkha" / "sample"
_ID = re.compile(rb"(</ns>\s*<id>)(\d+)(</id>)")
_TEXT = re.compile(rb"<text[^>]*>(.*?)</text>", re.DOTALL)


def streams(path: Path) -> Iterator[bytes]:
    """The decompressed streams of a .bz2 file."""
    data = path.read_bytes()
    while data:
        unpacker = bz2.BZ2Decompressor()
        yield unpacker.decompress(data)
        data = unpacker.unused_data


def repeated(path: Path, times: int, to: Path) -> int:
    """Writes a dump with its streams of pages repeated, ids offset; returns its size in bytes of XML."""
    head, *body, tail = streams(path) if sum(1 for _ in streams(path)) > 2 else split(path)
    size = 0
    with to.open("wb") as out:
        for copy in range(times):
            for part in ([head] if not copy else []) + body + ([tail] if copy == times - 1 else []):
                moved = _ID.sub(lambda m, copy=copy: m[1] + b"%d" % (int(m[2]) + copy * 100_000_000 // 8) + m[3], part)
                size += len(moved)
                out.write(bz2.compress(moved))
    return size


def split(path: Path) -> tuple[bytes, bytes, bytes]:
    """Head, pages and tail of a small dump in one stream."""
    data = b"".join(streams(path))
    first, last = data.index(b"<page>"), data.rindex(b"</page>") + 7
    return data[:first], data[first:last], data[last:]


def floor(path: Path) -> None:
    """What no reader can save: decompress, find every text, resolve its entities, decode it."""
    for block in streams(path):
        for match in _TEXT.finditer(block):
            html.unescape(match[1].decode("utf-8", "replace"))


def decompress(path: Path) -> None:
    """Decompression alone."""
    for _ in streams(path):
        pass


def pages_only(path: Path, lang: str) -> None:
    """From .bz2 to page rows in parquet, slice by slice as a worker does, without passages."""
    stamp, site = stamp_of(path, date="20230501"), read_siteinfo(path)
    with tempfile.TemporaryDirectory() as folder:
        for number, piece in enumerate(cut(path, SLICE_XML)):
            with record_writer(Path(folder) / f"{number}.parquet", PAGES) as put:
                held = list(read_pages(piece, load(lang), Tally(siteinfo=site), stamp=stamp))
                put(held)


def whole_ingest(path: Path, lang: str, processes: int) -> None:
    """What `charkha ingest` does: pages and passages, every table."""
    with tempfile.TemporaryDirectory() as folder, Run(Path(folder) / "run") as run:
        ingest(run, load(lang), Dump((path,), date="20230501"), Blocklist(), processes=processes)


def mwparserfromhell_text(path: Path) -> None:
    """The usual way: mwparserfromhell's strip_code on every article."""
    import mwparserfromhell  # type: ignore[import-not-found]

    for page in read_dump(path, Tally(), texts_of=(0,)):
        if page.ns == 0 and page.text and not page.redirect:
            mwparserfromhell.parse(page.text).strip_code()


def wikiextractor_text(path: Path) -> None:
    """Wikiextractor as it is started from the shell, one process."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "wikiextractor.WikiExtractor", str(path), "-o", folder, "--processes", "1", "-q"]
        subprocess.run(command, check=True, capture_output=True)


def timed(work: Callable[[], None]) -> tuple[float, float, int]:
    """Wall and CPU seconds of some work in a fresh process, and its peak resident megabytes."""
    queue: multiprocessing.SimpleQueue[tuple[float, float, int]] = multiprocessing.SimpleQueue()

    def run() -> None:
        gc.disable()  # as a worker does while it reads
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        own = time.perf_counter() - wall, time.process_time() - cpu
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        peak = max(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, children.ru_maxrss) >> 10
        queue.put((own[0], own[1] + children.ru_utime + children.ru_stime, peak))

    process = multiprocessing.get_context("fork").Process(target=run)
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit(f"{work} ended with {process.exitcode}")
    return queue.get()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dump", type=Path, nargs="?", default=SHARED if SHARED.exists() else next(BUNDLED.glob("bnwiki*")))
    parser.add_argument("--lang", default="bn")
    parser.add_argument("--repeat", type=int, default=8)
    parser.add_argument("--others", type=int, default=1, help="repeat for the slow readers")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        big, small = Path(folder) / "bnwiki-20230501-big.xml.bz2", Path(folder) / "bnwiki-20230501-small.xml.bz2"
        size, little = repeated(given.dump, given.repeat, big), repeated(given.dump, given.others, small)
        print(f"{given.dump.name} x {given.repeat}: {size / 1e6:.0f} MB of XML, {big.stat().st_size / 1e6:.1f} MB packed")
        work: list[tuple[str, Callable[[], None], int]] = [
            ("decompress", lambda: decompress(big), size),
            ("floor: decompress + scan", lambda: floor(big), size),
            ("charkha: pages", lambda: pages_only(big, given.lang), size),
            ("charkha: ingest, 1 process", lambda: whole_ingest(big, given.lang, 1), size),
            ("charkha: ingest, 2 processes", lambda: whole_ingest(big, given.lang, 2), size),
        ]
        if importlib.util.find_spec("mwparserfromhell"):
            work.append(("mwparserfromhell strip_code", lambda: mwparserfromhell_text(small), little))
        if importlib.util.find_spec("wikiextractor"):
            work.append(("wikiextractor", lambda: wikiextractor_text(small), little))
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", "import charkha.stages.ingest; from charkha.corpus.wikitext import parse; from charkha.languages import load; parse('[[x]]', load('bn'))"], check=True)
        parse("[[x]] {{x}}", load(given.lang))  # tables are built once a process; the processes below inherit them
        print(f"start-up of a process: {time.perf_counter() - started:.2f} s (not in what follows)")
        base = 0.0
        for name, job, amount in work:
            wall, cpu, peak = timed(job)
            rate = amount / 1e6 / wall
            base = rate if name.startswith("floor") else base
            ratio = f"{rate / base:5.2f} of the floor" if base else ""
            print(f"{name:30} {rate:6.1f} MB/s  {amount / 1e6 / cpu:6.1f} MB per CPU s  {peak:4d} MB  {ratio}", flush=True)


if __name__ == "__main__":
    main()

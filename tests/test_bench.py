"""The benchmarks run; what they print is for people and never asserted."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from runs import dump_of

BENCH = Path(__file__).parent.parent / "bench"


def test_the_artifacts_benchmark_prints_a_ratio() -> None:
    for layout in ("new", "legacy"):
        command = [sys.executable, str(BENCH / "artifacts.py"), "--rows", "4000", "--layout", layout]
        done = subprocess.run(command, capture_output=True, text=True, timeout=200)
        assert done.returncode == 0, done.stderr
        assert "plain decompression" in done.stdout
        assert "peak resident memory" in done.stdout
        assert " artifacts from 1 of 1 roots" in done.stdout


@pytest.mark.slow
def test_the_corpus_benchmark_measures_every_reader() -> None:
    done = subprocess.run(
        [sys.executable, str(BENCH / "corpus.py"), str(dump_of("bn")), "--repeat", "2"], capture_output=True, text=True, timeout=200
    )
    assert done.returncode == 0, done.stderr
    for name in ("decompress", "floor", "charkha: pages", "charkha: ingest, 1 process", "charkha: ingest, 2 processes"):
        assert any(line.startswith(name) and "MB/s" in line for line in done.stdout.splitlines()), done.stdout


def test_the_sql_benchmark_measures_every_table() -> None:
    done = subprocess.run([sys.executable, str(BENCH / "sql.py"), "--rows", "500"], capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    for name in ("categorylinks:legacy", "categorylinks:transitional", "categorylinks:new", "page", "linktarget", "langlinks", "page_props"):
        assert any(line.startswith(name) and " 500 " in line for line in done.stdout.splitlines()), done.stdout
    assert "cut" not in done.stdout

"""The run that the tests of the report read."""

from __future__ import annotations

from pathlib import Path

import pytest
from written_run import CELLS, example, write_passages, write_rows, write_stats

from charkha.core.run import Run
from charkha.core.tables import ATTRIBUTION, write_table


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Two languages, two subsets, one cell without a row."""
    folder = tmp_path / "run"
    folder.mkdir()
    write_stats(folder, CELLS)
    for lang in ("hi", "ur"):
        write_passages(folder, lang, 9)
    write_rows(folder, "summarization", [example("hi", "summarization", n) for n in range(5)])
    write_rows(folder, "summarization", [example("ur", "summarization", n) for n in range(4)])
    write_rows(folder, "dialog_gen", [example("ur", "dialog_gen", n, context="closed") for n in range(2)])
    write_table(folder / "dataset" / "ATTRIBUTION.parquet", ATTRIBUTION, [])
    return Run(folder)

"""Artifacts of a family of 14 made-up wikis, beside what a naive program finds in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import wikifamily
from charkha.core.tables import read_table
from runs import charkha, rows
from wikifamily import FORBIDDEN, WANTED, Family

FLAGS = ("--exclude", FORBIDDEN)


def found_in(run: Path) -> list[dict[str, Any]]:
    """The table of artifacts."""
    found = list(read_table(run / "artifacts" / "artifacts.parquet"))
    return [{**row, "pages": dict(row["pages"]), "titles": dict(row["titles"])} for row in found]


def told_in(run: Path) -> dict[str, Any]:
    """artifacts.json."""
    told: dict[str, Any] = json.loads((run / "artifacts" / "artifacts.json").read_text(encoding="utf-8"))
    return told


def compare(run: Path, family: Family, depth: int, include: bool = False, ids: bool = True) -> None:
    """Asserts that a run's table is the truth, artifact by artifact."""
    found = {tuple(sorted(row["pages"].items())): row for row in found_in(run)}
    known = {tuple(sorted(thing.pages.items())): thing for thing in wikifamily.truth(family, depth, include)}
    missing = [(thing.titles, thing.depth) for key, thing in known.items() if key not in found]
    extra = [(row["titles"], row["depth"], row["path"]) for key, row in found.items() if key not in known]
    assert (missing, extra) == ([], [])
    for key, thing in known.items():
        row = found[key]
        assert (row["titles"], row["depth"], set(row["langs"])) == (thing.titles, thing.depth, thing.langs), thing
        assert row["wikidata_id"] == (f"Q{thing.item}" if thing.item else ""), thing
        assert row["sitelinks"] == len(thing.editions), thing
        assert len(row["path"]) == thing.depth + 1
        assert wikifamily.is_way(family, row["path_wiki"], row["path"], row["pages"][row["path_wiki"]], include), row
    assert len({row["id"] for row in found.values()}) == len(found) == len(rows_of(run))


def rows_of(run: Path) -> list[dict[str, Any]]:
    """The rows of the parquet file, none joined with another."""
    return rows(run, "artifacts")


@pytest.mark.parametrize("seed", [1, 2])
def test_every_artifact_of_the_family_is_found_and_nothing_else(tmp_path: Path, seed: int) -> None:
    family = wikifamily.make(seed)
    sql = wikifamily.write_sql_files(family, tmp_path / "sql", seed)
    counts = []
    for depth in (0, 1, 2, 3):
        charkha("artifacts", tmp_path / "run", "--sql", sql, "--depth", depth, *FLAGS)
        compare(tmp_path / "run", family, depth)
        counts.append(len(found_in(tmp_path / "run")))
    assert counts == sorted(counts)
    assert counts[0] < counts[-1]


@pytest.mark.parametrize("seed", [3])
def test_only_what_lies_below_an_included_category_is_found_by_whichever_way(tmp_path: Path, seed: int) -> None:
    family = wikifamily.make(seed)
    sql = wikifamily.write_sql_files(family, tmp_path / "sql", seed)
    charkha("artifacts", tmp_path / "run", "--sql", sql, "--depth", 3, *FLAGS, "--include", WANTED)
    compare(tmp_path / "run", family, 3, include=True)
    assert 0 < len(found_in(tmp_path / "run")) < len(wikifamily.truth(family, 3))

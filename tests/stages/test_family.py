"""Artifacts of a family of 14 made-up wikis, beside what a naive program finds in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import familydumps
import familytruth
import wikifamily
from charkha.core.tables import read_table
from runs import charkha, rows
from wikifamily import FORBIDDEN, WANTED, WIKIS, Family

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
    known = {tuple(sorted(thing.pages.items())): thing for thing in familytruth.truth(family, depth, include)}
    missing = [(thing.titles, thing.depth) for key, thing in known.items() if key not in found]
    extra = [(row["titles"], row["depth"], row["path"]) for key, row in found.items() if key not in known]
    assert (missing, extra) == ([], [])
    for key, thing in known.items():
        row = found[key]
        assert (row["titles"], row["depth"], set(row["langs"])) == (thing.titles, thing.depth, thing.langs), thing
        assert row["wikidata_id"] == (f"Q{thing.item}" if thing.item else ""), thing
        assert row["sitelinks"] == len(thing.editions), thing
        assert len(row["path"]) == thing.depth + 1
        assert familytruth.is_way(family, row["path_wiki"], row["path"], row["pages"][row["path_wiki"]], include), row
    assert len({row["id"] for row in found.values()}) == len(found) == len(rows_of(run))


def rows_of(run: Path) -> list[dict[str, Any]]:
    """The rows of the parquet file, none joined with another."""
    return rows(run, "artifacts")


def by_titles(run: Path) -> list[dict[str, Any]]:
    """The table without what only numbers tell, whatever its order."""
    told = [{name: value for name, value in row.items() if name not in ("id", "pages")} for row in found_in(run)]
    return sorted(told, key=lambda row: sorted(row["titles"].items()))


def every_depth(folder: Path, seed: int, things: int = 60) -> None:
    """The four depths of a family, beside the truth."""
    family = wikifamily.make(seed, things)
    sql = familydumps.write_sql_files(family, folder / "sql", seed)
    counts = []
    for depth in (0, 1, 2, 3):
        charkha("artifacts", folder / "run", "--sql", sql, "--depth", depth, *FLAGS)
        compare(folder / "run", family, depth)
        counts.append(len(found_in(folder / "run")))
    assert counts == sorted(counts)
    assert counts[0] < counts[-1]


def test_every_artifact_of_the_family_is_found_and_nothing_else(tmp_path: Path) -> None:
    every_depth(tmp_path, 1)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 8))
def test_every_artifact_of_many_families_is_found(tmp_path: Path, seed: int) -> None:
    every_depth(tmp_path, seed, 150)


@pytest.mark.parametrize("seed", [3, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(22, 25))])
def test_only_what_lies_below_an_included_category_is_found_by_whichever_way(tmp_path: Path, seed: int) -> None:
    family = wikifamily.make(seed)
    sql = familydumps.write_sql_files(family, tmp_path / "sql", seed)
    charkha("artifacts", tmp_path / "run", "--sql", sql, "--depth", 3, *FLAGS, "--include", WANTED)
    compare(tmp_path / "run", family, 3, include=True)
    assert 0 < len(found_in(tmp_path / "run")) < len(familytruth.truth(family, 3))


@pytest.mark.parametrize("seed", [5, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(30, 34))])
def test_other_numbers_and_another_order_of_rows_change_nothing(tmp_path: Path, seed: int) -> None:
    family = wikifamily.make(seed, quarrels=True)
    tables = []
    for number, one in enumerate((family, wikifamily.renumbered(family, 11))):
        sql = familydumps.write_sql_files(one, tmp_path / f"sql{number}", seed + number)
        charkha("artifacts", tmp_path / f"run{number}", "--sql", sql, "--depth", 2, *FLAGS)
        tables.append(by_titles(tmp_path / f"run{number}"))
    assert tables[0] == tables[1]
    together = [set(row["titles"].values()) for row in tables[0]]
    for pair in family.agreed:
        assert any(titles.issuperset(pair) for titles in together), pair
    assert family.agreed
    ids = [row["wikidata_id"] for row in tables[0] if row["wikidata_id"]]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("wikis", [["en", "hi", "ur"], pytest.param(WIKIS, marks=pytest.mark.slow)])
def test_without_sql_files_the_pages_tell_and_the_loss_is_named(tmp_path: Path, wikis: list[str]) -> None:
    family = wikifamily.without_ids(wikifamily.only(wikifamily.make(9, 200, plain=True), wikis))
    for wiki in wikis:
        dump = familydumps.write_xml(family, wiki, tmp_path / f"{wiki}wiki-20261101-pages-articles.xml")
        charkha("ingest", dump, "--lang", wiki, "--out", tmp_path / "run", "--processes", 1)
    for depth in (1, 3) if len(wikis) > 3 else (2,):
        done = charkha("artifacts", tmp_path / "run", "--depth", depth, *FLAGS)
        compare(tmp_path / "run", family, depth)
        for wiki in wikis:
            assert f"lost: {wiki}: no SQL files, so the tree is that of" in done.stderr
    assert len(found_in(tmp_path / "run")) > 20


@pytest.mark.slow
@pytest.mark.parametrize("seed", [40, 41])
def test_editions_with_sql_files_and_editions_without_are_joined(tmp_path: Path, seed: int) -> None:
    family = wikifamily.make(seed, 150, plain=True)
    read = WIKIS[seed % 2 :: 3]
    bare = wikifamily.without_ids(wikifamily.only(family, read)).pages
    sql = familydumps.write_sql_files(wikifamily.only(family, [wiki for wiki in WIKIS if wiki not in read]), tmp_path / "sql", seed)
    for wiki in read:
        dump = familydumps.write_xml(family, wiki, tmp_path / f"{wiki}wiki-20261101-pages-articles.xml")
        charkha("ingest", dump, "--lang", wiki, "--out", tmp_path / "run", "--processes", 1)
    charkha("artifacts", tmp_path / "run", "--sql", sql, "--depth", 2, *FLAGS)
    compare(tmp_path / "run", Family({**family.pages, **bare}, family.roots), 2)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [43, 44])
def test_a_root_whose_own_edition_is_not_here_is_found_by_the_links_to_it(tmp_path: Path, seed: int) -> None:
    family = wikifamily.only(wikifamily.make(seed, 150), [wiki for wiki in WIKIS if wiki not in ("en", "ta")])
    sql = familydumps.write_sql_files(family, tmp_path / "sql", seed)
    charkha("artifacts", tmp_path / "run", "--sql", sql, "--depth", 2, *FLAGS)
    compare(tmp_path / "run", family, 2)
    assert any(root["wiki"] == "en" and root["placed"] for root in told_in(tmp_path / "run")["roots"])

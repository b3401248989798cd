"""names/<lang>/ is made of the links of pages, whole, again when pages are newer, and taught to the checks."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from charkha.core.errors import RunError
from charkha.core.records import Link, Page
from charkha.core.run import Run
from charkha.core.tables import PAGES, read_table, record_writer
from charkha.languages import load
from charkha.stages import names as stage
from charkha.stages.names import Mined, mine, teach_from
from charkha.text import names as text_names
from charkha.text.names import Names, suffixes_of
from runs import charkha, one_line, recipe

BENGALI = load("bn")
PLACES = "ঢাকা খুলনা বগুড়া কুমিল্লা পাবনা".split()
TABLES = ("suffixes.parquet", "gazetteer.parquet")


@pytest.fixture(autouse=True)
def untaught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_names, "_taught", {})


def page(title: str, number: int, links: list[tuple[str, str]], redirect: str = "") -> Page:
    made = [Link(target, surface, "", 0, len(surface)) for target, surface in links]
    return Page("bn", title, number, number, links=made, redirect_to=redirect)


def written(path: Path, pages: list[Page]) -> None:
    with record_writer(path, PAGES) as put:
        put(pages)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Two files of pages: two articles, one redirect; five places, four of them red links."""
    made = Run(tmp_path / "run").open()
    folder = made.folder / "pages" / "bn"
    first = [(place, f"{place}র") for place in PLACES] + [("ঢাকা (শহর)", "ঢাকা"), ("জাহাঙ্গীরনগর", "জাহাঙ্গীরনগরে")]
    written(folder / "00000.parquet", [page("ঢাকা", 1, first), page("জাহাঙ্গীরনগর", 2, [], "ঢাকা")])
    written(folder / "00001.parquet", [page("নদী", 3, [("ঢাকা", "ঢাকা"), ("ঢাকা", "ঢাকার"), ("ঢাকা", "রাজধানী")])])
    made.close()
    return made


def rows(run: Run, table: str) -> list[dict[str, Any]]:
    return list(read_table(run.folder / "names" / "bn" / table))


def test_links_become_suffixes_and_names(run: Run) -> None:
    assert mine(run, BENGALI) == Mined("bn", links=10, bare=2, inflected=6, names=8, red=5, suffixes=1)
    (suffix,) = rows(run, "suffixes.parquet")
    assert (suffix["suffix"], suffix["cut"], suffix["links"], suffix["titles"], suffix["parts"]) == ("র", "", 6, 5, [])
    assert suffix["examples"][0] == {"name": "ঢাকা", "surface": "ঢাকার"}  # of the most linked name
    found = {row["title"] if not row["redirect"] else row["name"]: row for row in rows(run, "gazetteer.parquet")}
    assert list(found)[0] == "ঢাকা"
    assert found["ঢাকা"] == {
        "name": "ঢাকা", "title": "ঢাকা", "page_id": 1, "redirect": False, "links": 4, "bare": 1, "inflected": 2,
        "forms": [{"form": "ঢাকার", "count": 2}, {"form": "ঢাকা", "count": 1}], "aliases": [{"form": "রাজধানী", "count": 1}],
    }  # fmt: skip
    assert (found["জাহাঙ্গীরনগর"]["title"], found["জাহাঙ্গীরনগর"]["page_id"], found["জাহাঙ্গীরনগর"]["links"]) == ("ঢাকা", 1, 1)
    assert (found["ঢাকা (শহর)"]["name"], found["ঢাকা (শহর)"]["page_id"]) == ("ঢাকা", 0)
    assert (found["নদী"]["links"], found["নদী"]["forms"]) == (0, [])


def test_what_was_mined_is_taught_and_read(run: Run) -> None:
    mine(run, BENGALI)
    assert "র" in suffixes_of(BENGALI)
    assert Names.load(run.folder / "names" / "bn").find("খুলনার") == "খুলনা"
    text_names._taught.clear()
    teach_from(run, BENGALI)
    assert suffixes_of(BENGALI).strip("খুলনার") == ["খুলনা"]


def test_it_is_mined_once_and_again_when_it_must_be(run: Run) -> None:
    mine(run, BENGALI)
    folder = run.folder / "names" / "bn"
    before = {name: (folder / name).read_bytes() for name in TABLES}
    stamp = (folder / "suffixes.parquet").stat().st_mtime_ns

    def mined_again() -> bool:
        nonlocal stamp
        assert mine(run, BENGALI).links == 10
        assert {name: (folder / name).read_bytes() for name in TABLES} == before
        was, stamp = stamp, (folder / "suffixes.parquet").stat().st_mtime_ns
        return stamp != was

    assert not mined_again()
    for lost in (*TABLES, "mined.json"):
        (folder / lost).unlink()
        assert mined_again()
    (folder / "mined.json").write_text("{", encoding="utf-8")
    assert mined_again()
    newer = (folder / "mined.json").stat().st_mtime_ns + 10**9
    os.utime(run.folder / "pages" / "bn" / "00001.parquet", ns=(newer, newer))
    assert mined_again()
    os.utime(folder / "mined.json", ns=(newer, newer))
    assert not mined_again()


def test_the_number_of_pages_in_memory_changes_nothing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    mine(run, BENGALI)
    before = {name: rows(run, name) for name in TABLES}
    monkeypatch.setattr(stage, "PAGES_AT_ONCE", 1)
    mine(run, BENGALI, again=True)
    assert {name: rows(run, name) for name in TABLES} == before


def test_nothing_half_made_stays(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    mine(run, BENGALI)

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(stage, "entry", broken)
    with pytest.raises(ZeroDivisionError):
        mine(run, BENGALI, again=True)
    assert sorted(path.name for path in (run.folder / "names" / "bn").iterdir()) == ["gazetteer.parquet", "suffixes.parquet"]
    monkeypatch.undo()
    assert mine(run, BENGALI).links == 10


def test_a_language_without_links(tmp_path: Path) -> None:
    run = Run(tmp_path)
    written(tmp_path / "pages" / "bn" / "00000.parquet", [page("ঢাকা", 1, [])])
    assert mine(run, BENGALI) == Mined("bn", names=1)
    assert not suffixes_of(BENGALI)


def test_a_torn_table_of_pages_is_named(run: Run) -> None:
    path = run.folder / "pages" / "bn" / "00001.parquet"
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(RunError, match="00001.parquet"):
        mine(run, BENGALI)


def test_a_run_mines_and_the_verb_tells(tmp_path: Path) -> None:
    out = tmp_path / "run"
    charkha("run", recipe(tmp_path, ["ur"], tasks=["summarization"]), "--out", out)
    figures = json.loads((out / "names" / "ur" / "mined.json").read_text(encoding="utf-8"))
    assert figures["links"] > 20
    before = (out / "names" / "ur" / "suffixes.parquet").stat().st_mtime_ns
    forms = tmp_path / "forms.txt"
    forms.write_text("# two forms\nلاہور\nقطقطقط|قطقطقط\n", encoding="utf-8")
    told = charkha("names", out, "--find", forms).stdout
    assert f"ur: {figures['links']} links; " in told
    assert str(out / "names" / "ur" / "gazetteer.parquet") in told
    assert "1 of 1 are forms of the name beside them" in told
    assert (out / "names" / "ur" / "suffixes.parquet").stat().st_mtime_ns > before
    assert "charkha ingest DUMP --lang hi" in one_line(charkha("names", out, "--lang", "hi", code=2))
    assert "cannot read the list of forms" in one_line(charkha("names", out, "--find", tmp_path / "none.txt", code=2))

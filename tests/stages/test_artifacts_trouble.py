"""What may go wrong with artifacts: files that are not what they say, kills, the same said twice, rounds that were drawn before."""

from __future__ import annotations

import gzip
import json
import random
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

import familydumps
import sqldumps
import wikifamily
from charkha.core.tables import read_table
from charkha.corpus.sql_wiki import TABLES
from runs import charkha, command, one_line, recipe, stats
from wikifamily import FORBIDDEN

WIKIS = ["en", "hi", "ta"]  # of the layouts legacy, transitional and new, under seed 0


@pytest.fixture(scope="module")
def sql(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The SQL dumps of three editions, plain."""
    family = wikifamily.only(wikifamily.make(1), WIKIS)
    return familydumps.write_sql_files(family, tmp_path_factory.mktemp("family") / "sql", plain=True)


def seldom(cases: Iterable[str], *often: str) -> list[Any]:
    """Cases; all but a few are slow, since each starts a process."""
    return [case if case in often else pytest.param(case, marks=pytest.mark.slow) for case in cases]


def artifacts(run: Path, *arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
    """charkha artifacts, to its end."""
    return charkha("artifacts", run, *arguments, **options)


def files(run: Path) -> dict[str, bytes]:
    """What stands in the folder of artifacts."""
    return {path.name: path.read_bytes() for path in sorted((run / "artifacts").iterdir())}


def told_in(run: Path) -> dict[str, Any]:
    """artifacts.json."""
    told: dict[str, Any] = json.loads((run / "artifacts" / "artifacts.json").read_text(encoding="utf-8"))
    return told


def without(sql: Path, to: Path, *names: str) -> Path:
    """A copy of the dumps without some, named as `hiwiki page`."""
    shutil.copytree(sql, to)
    for name in names:
        wiki, table = name.split()
        (to / f"{wiki}-20261101-{table}.sql").unlink()
    return to


def test_the_same_twice_reads_nothing_and_other_flags_replace(sql: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    first = artifacts(run, "--sql", sql, "--depth", 2)
    before, table = files(run), run / "artifacts" / "artifacts.parquet"
    made = table.stat().st_mtime_ns
    again = artifacts(run, "--sql", sql, "--depth", 2)
    assert "reading" in first.stderr
    assert "reading" not in again.stderr
    assert (files(run), table.stat().st_mtime_ns, again.stdout) == (before, made, first.stdout)
    artifacts(run, "--sql", sql, "--depth", 0)
    assert {row["depth"] for row in read_table(table)} == {0}
    table.unlink()  # a table that is lost is made again
    artifacts(run, "--sql", sql, "--depth", 0)
    assert table.exists()
    artifacts(run, "--sql", sql, "--depth", 2)
    assert files(run) == before


@pytest.mark.parametrize("kills", [2, pytest.param(25, marks=pytest.mark.slow)])
def test_a_killed_command_said_again_makes_the_same(sql: Path, tmp_path: Path, kills: int) -> None:
    artifacts(tmp_path / "whole", "--sql", sql)
    want, pick = files(tmp_path / "whole"), random.Random(4)
    lines = len(artifacts(tmp_path / "counted", "--sql", sql).stderr.splitlines())
    artifacts(tmp_path / "run", "--sql", sql, "--depth", 1)
    for _ in range(kills):
        with subprocess.Popen(command("artifacts", tmp_path / "run", "--sql", sql), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
            assert process.stderr is not None
            for _ in range(pick.randrange(lines)):
                process.stderr.readline()
            process.kill()
        left = files(tmp_path / "run")
        if "artifacts.json" in left:  # it speaks of the table that stands beside it
            assert told_in(tmp_path / "run")["artifacts"] == len(list(read_table(tmp_path / "run" / "artifacts" / "artifacts.parquet")))
    artifacts(tmp_path / "run", "--sql", sql)
    assert files(tmp_path / "run") == want


BROKEN = {
    "depth": (["--depth", "-1"], "--depth"),
    "no depth": (["--depth", "deep"], "--depth"),
    "no root": (["--root", ""], "names no category"),
    "a namespace": (["--root", "hi:श्रेणी:"], "names no category"),
    "nowhere": (["--root", "en:Culture of Atlantis"], "Culture of Atlantis"),
    "an edition that is not here": (["--root", "fr:Culture indienne"], "fr:Culture indienne"),
    "no phrase": (["--exclude", "*"], "is no phrase"),
    "no language": (["--lang", "xx"], "xx"),
    "no folder": (["--sql", "nothing-here"], "nothing-here"),
}


@pytest.mark.parametrize("case", seldom(BROKEN, "no root", "nowhere"))
def test_a_flag_that_is_wrong_costs_a_line(sql: Path, tmp_path: Path, case: str) -> None:
    flags, says = BROKEN[case]
    done = artifacts(tmp_path / "run", "--sql", sql, *flags, code=2)
    assert says in one_line(done)
    assert not (tmp_path / "run" / "artifacts" / "artifacts.json").exists()


def rewritten(sql: Path, to: Path, name: str, layout: str, rows: list[list[sqldumps.Value]]) -> Path:
    """A copy of the dumps in which one file has other rows."""
    without(sql, to)
    wiki, table = name.split()
    sqldumps.write_sql(to / f"{wiki}-20261101-{table}.sql", layout, rows)
    return to


TOUCHED = [0, 0, 0.5, b"20261031000000", b"20261031000000", 7, 100, b"wikitext", None]
WRONG: dict[str, tuple[str, str, list[list[sqldumps.Value]]]] = {
    "another table": ("hiwiki page", "langlinks", [[1, b"en", b"X"]]),
    "no number of a page": ("hiwiki page", "page", [[None, 14, b"X", *TOUCHED]]),
    "a word for a number": ("hiwiki page", "page", [[b"one", 14, b"X", *TOUCHED]]),
    "a number beyond all": ("hiwiki page", "page", [[1 << 70, 14, b"X", *TOUCHED]]),
    "a number below all": ("hiwiki page", "page", [[-5, 14, b"X", *TOUCHED]]),
    "a link of no page": ("hiwiki langlinks", "langlinks", [[b"x", b"en", b"Category:Culture of India"]]),
    "a property of no page": ("hiwiki page_props", "page_props", [[b"x", b"wikibase_item", b"Q5", None]]),
    "a hidden nothing": ("hiwiki page_props", "page_props", [[None, b"hiddencat", b"", None]]),
    "a member of no number": ("enwiki categorylinks", "categorylinks:legacy", [[b"x", b"Culture_of_India", b"", b"", b"", b"", b"page"]]),
    "a category of no number": ("enwiki categorylinks", "categorylinks:legacy", [[-7, b"Culture_of_India", b"", b"", b"", b"", b"subcat"]]),
    "a target of no number": ("tawiki linktarget", "linktarget", [[b"x", 14, b"X"]]),
}


@pytest.mark.parametrize("case", seldom(WRONG, "a number beyond all"))
def test_a_file_that_is_wrong_costs_a_line(sql: Path, tmp_path: Path, case: str) -> None:
    name, layout, rows = WRONG[case]
    done = artifacts(tmp_path / "run", "--sql", rewritten(sql, tmp_path / "sql", name, layout, rows), code=2)
    assert name.split()[0] in one_line(done)


def test_an_item_beyond_all_numbers_is_none(sql: Path, tmp_path: Path) -> None:
    rows: list[list[sqldumps.Value]] = [[20, b"wikibase_item", value, None] for value in (b"Q" + b"9" * 40, b"", b"Q", b"Q-5", b"5", b"Q\xe0\xa5\xa7")]
    artifacts(tmp_path / "run", "--sql", rewritten(sql, tmp_path / "sql", "hiwiki page_props", "page_props", rows))
    assert told_in(tmp_path / "run")["artifacts"] > 0


def test_the_new_layout_needs_linktarget(sql: Path, tmp_path: Path) -> None:
    done = artifacts(tmp_path / "run", "--sql", without(sql, tmp_path / "sql", "tawiki linktarget"), code=2)
    assert "linktarget" in one_line(done)


LOST = {
    "hiwiki linktarget": "hi: no linktarget.sql, so",
    "hiwiki langlinks": "hi: no langlinks.sql, so",
    "hiwiki page_props": "hi: no page_props.sql, so",
    "hiwiki categorylinks": "hi: no categorylinks.sql, so",
    "hiwiki page": "hi: no page.sql, so",
}


@pytest.mark.parametrize("name", seldom(LOST, "hiwiki linktarget"))
def test_a_table_that_is_missing_is_named_as_a_loss(sql: Path, tmp_path: Path, name: str) -> None:
    done = artifacts(tmp_path / "run", "--sql", without(sql, tmp_path / "sql", name))
    assert f"lost: {LOST[name]}" in done.stderr
    assert any(line.startswith(LOST[name]) for line in told_in(tmp_path / "run")["lost"])


@pytest.mark.parametrize("table", seldom(sorted(TABLES), "langlinks"))
def test_a_file_that_is_cut_is_used_as_far_as_it_goes_and_told(sql: Path, tmp_path: Path, table: str) -> None:
    folder = without(sql, tmp_path / "sql")
    path = folder / f"tawiki-20261101-{table}.sql"
    whole = path.read_bytes()
    packed = gzip.compress(whole)
    path.unlink()
    path.with_name(path.name + ".gz").write_bytes(packed[: len(packed) * 9 // 10])
    done = artifacts(tmp_path / "run", "--sql", folder, code=3)
    assert f"lost: ta: tawiki-20261101-{table}.sql.gz: " in done.stderr


def test_all_editions_that_a_run_has_read_are_walked_whatever_language_is_asked_for(tmp_path: Path) -> None:
    family = wikifamily.without_ids(wikifamily.only(wikifamily.make(9, 200, plain=True), ["en", "hi"]))
    for wiki in ("en", "hi"):
        dump = familydumps.write_xml(family, wiki, tmp_path / f"{wiki}wiki-20261101-pages-articles.xml")
        charkha("ingest", dump, "--lang", wiki, "--out", tmp_path / "run", "--processes", 1)
    artifacts(tmp_path / "run", "--lang", "hi", "--exclude", FORBIDDEN)
    found = list(read_table(tmp_path / "run" / "artifacts" / "artifacts.parquet"))
    assert {wiki for row in found for wiki, _ in row["pages"]} == {"en", "hi"}
    assert {lang for row in found for lang in row["langs"]} == {"hi"}


def test_a_run_with_rounds_begins_its_order_anew_and_stays_balanced(tmp_path: Path) -> None:
    run, plan = tmp_path / "run", recipe(tmp_path, ["hi"])
    charkha("run", plan, "--out", run)
    artifacts(run, "--depth", 0)
    lines = [json.loads(line) for line in (run / "rounds" / "hi.jsonl").read_text(encoding="utf-8").splitlines()]
    assert "renewed" in lines[-1]
    artifacts(run, "--depth", 0)
    assert len((run / "rounds" / "hi.jsonl").read_text(encoding="utf-8").splitlines()) == len(lines)  # once
    charkha("run", plan, "--out", run)
    assert stats(run)["total"]["kept"] >= 6  # two rows of each of three tasks
    assert told_in(run)["depth"] == 0


@pytest.mark.slow
def test_a_kill_while_the_order_is_renewed_leaves_a_run_that_goes_on_balanced(tmp_path: Path) -> None:
    run, plan, pick = tmp_path / "run", recipe(tmp_path, ["hi"]), random.Random(8)
    charkha("run", plan, "--out", run)
    for depth in (0, 1, 0, 2, 0, 1):
        with subprocess.Popen(command("artifacts", run, "--depth", depth), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
            assert process.stderr is not None
            for _ in range(pick.randrange(1, 6)):
                process.stderr.readline()
            process.kill()
        charkha("run", plan, "--out", run)
        assert stats(run)["total"]["kept"] >= 6
        assert (run / "artifacts" / "artifacts.json").exists()

"""ingest: the same tables whatever the number of processes; repeated pages once; a newer dump keeps what did not change."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from charkha.cli import main
from charkha.core.run import Run
from charkha.core.tables import open_table, read_table
from charkha.stages import ingest as stage
from dumps import THEMES, Article, prose, write_dump
from runs import charkha, command, one_line, recipe, rows, served, stats
from servers import ReplyServer

THEME = list(THEMES)


def article(number: int, revision: int = 1, sentences: int = 9) -> Article:
    text = prose(f"Subject {number}", sentences + number % 5, theme=THEME[number % len(THEME)])
    return Article(number, f"Page {number}", f"{text}\n\n== Later ==\n{text.replace('article', 'section')} Told {revision} times.", revision)


def told(run: Path, lang: str = "en") -> dict[str, Any]:
    found: dict[str, Any] = json.loads((run / "pages" / lang / "ingest.json").read_text(encoding="utf-8"))
    return found


def tables(run: Path, part: str) -> list[dict[str, Any]]:
    return [row for path in Run(run).tables(part, "en") for row in read_table(path)]


@pytest.fixture
def small_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slices of a few pages."""
    monkeypatch.setattr(stage, "SLICE_XML", 12_000)


@pytest.mark.usefixtures("small_slices")
@pytest.mark.parametrize("name", ["en.xml", "en.xml.bz2"])
def test_two_processes_make_the_tables_of_one(tmp_path: Path, name: str) -> None:
    path = write_dump(tmp_path / name, [article(number) for number in range(1, 60)], a_stream=4)
    for processes in (1, 2):
        assert main(["ingest", str(path), "--lang", "en", "--out", str(tmp_path / str(processes)), "--processes", str(processes)]) == 0
    one, two = (tmp_path / "1", tmp_path / "2")
    assert len(Run(one).tables("pages", "en")) > 3
    for part in ("pages", "passages"):
        assert tables(one, part) == tables(two, part)
    assert list(read_table(Run(one).groundings_path("en"))) == list(read_table(Run(two).groundings_path("en")))
    assert told(one) == told(two)
    assert told(one)["pages"] == 59


@pytest.mark.usefixtures("small_slices")
def test_a_page_twice_in_different_slices_is_kept_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    articles = [article(number) for number in range(1, 40)]
    path = write_dump(tmp_path / "en.xml", [*articles, article(3, revision=7), Article(4, "Page 4", "", redirect="Page 5")])
    assert main(["ingest", str(path), "--lang", "en", "--out", str(tmp_path / "run")]) == 3
    assert "2 pages came twice; their first copy was kept" in capsys.readouterr().err
    pages = tables(tmp_path / "run", "pages")
    assert sorted(row["page_id"] for row in pages) == list(range(1, 40))
    assert next(row for row in pages if row["page_id"] == 3)["revision_id"] == 301
    passages = tables(tmp_path / "run", "passages")
    assert {row["revision_id"] for row in passages if row["page_id"] == 3} == {301}
    found = told(tmp_path / "run")
    assert (found["pages"], found["redirects"], found["passages"]) == (39, 0, len(passages))


@pytest.mark.usefixtures("small_slices")
def test_parts_are_one_dump(tmp_path: Path) -> None:
    write_dump(tmp_path / "enwiki-2026-11-01-p1p20.xml", [article(number) for number in range(1, 21)])
    write_dump(tmp_path / "enwiki-2026-11-01-p21p40.xml.bz2", [article(number) for number in range(21, 41)], a_stream=2)
    write_dump(tmp_path / "enwiki-2026-11-01-p100p101.xml", [article(number) for number in range(100, 102)])
    source = {"dumps": {"en": str(tmp_path / "enwiki-2026-11-01-p*.xml*")}, "licences": {"en": "CC0"}}
    path = recipe(tmp_path, ["en"], source=source, tasks=["summarization"])
    assert main(["run", str(path), "--out", str(tmp_path / "run")]) == 0
    pages = tables(tmp_path / "run", "pages")
    assert [row["page_id"] for row in pages] == [*range(1, 41), 100, 101]
    assert {(row["dump_date"], row["licence"]) for row in pages} == {("20261101", "CC0")}


def test_the_users_word_beats_the_file(tmp_path: Path) -> None:
    path = write_dump(tmp_path / "enwiki-20261101-x.xml", [article(1)])
    assert main(["ingest", str(path), "--lang", "en", "--out", str(tmp_path / "a"), "--dump-date", "20230601"]) == 0
    assert {(row["dump_date"], row["licence"]) for row in tables(tmp_path / "a", "pages")} == {("20230601", "CC BY-SA 3.0")}
    done = charkha("ingest", path, "--lang", "en", "--out", tmp_path / "b", "--dump-date", "yesterday", code=2)
    assert "'yesterday'" in one_line(done)


@pytest.mark.usefixtures("small_slices")
def test_a_newer_dump_keeps_what_did_not_change(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = write_dump(tmp_path / "enwiki-20261001-x.xml", [article(number) for number in range(1, 31)])
    changed = [article(2, revision=2), article(17, revision=2, sentences=14)]
    new = [*(article(n) for n in range(3, 31) if n != 17), *changed, article(50), Article(51, "Other", "", redirect="Page 50")]
    newer = write_dump(tmp_path / "enwiki-20261101-x.xml", sorted(new, key=lambda a: a.page_id))
    out = tmp_path / "run"
    assert main(["ingest", str(old), "--lang", "en", "--out", str(out)]) == 0
    before = {row["id"]: row for row in tables(out, "passages")}
    assert main(["ingest", str(newer), "--lang", "en", "--out", str(out)]) == 0
    assert "27 unchanged, 2 changed, 2 new, 1 gone" in capsys.readouterr().out
    pages = {row["page_id"]: row for row in tables(out, "pages")}
    assert sorted(pages) == [*range(2, 31), 50, 51]
    assert pages[5]["dump_date"] == "20261001"  # its text was read from that dump
    assert (pages[2]["dump_date"], pages[2]["revision_id"]) == ("20261101", 202)
    after = {row["id"]: row for row in tables(out, "passages")}
    kept = {identity for identity in after if after[identity]["page_id"] not in (2, 17, 50)}
    assert all(before[identity] == after[identity] for identity in kept)
    assert {before[identity]["page_id"] for identity in set(before) - kept} == {1, 2, 17}
    assert told(out)["pages"] == 30
    assert not list(out.rglob("before-*"))
    fresh = tmp_path / "fresh"
    assert main(["ingest", str(newer), "--lang", "en", "--out", str(fresh)]) == 0
    assert {row["id"] for row in tables(fresh, "passages")} == set(after)


@pytest.mark.usefixtures("small_slices")
@pytest.mark.parametrize("after", range(0, 9, 2))
def test_a_newer_dump_that_is_killed_while_room_is_made_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    old = write_dump(tmp_path / "enwiki-20261001-x.xml", [article(number) for number in range(1, 31)])
    newer = write_dump(tmp_path / "enwiki-20261101-x.xml", [article(number, revision=1 + (number == 2)) for number in range(1, 31)])
    out = tmp_path / "run"
    assert main(["ingest", str(old), "--lang", "en", "--out", str(out)]) == 0
    before = tables(out, "passages")
    renames, rename = iter(range(99)), Path.rename

    def killed(self: Path, to: Path) -> Path:
        if self.parent.name == "en" and next(renames) >= after:
            raise KeyboardInterrupt
        return rename(self, to)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", killed)
        assert main(["ingest", str(newer), "--lang", "en", "--out", str(out)]) == 130
    assert main(["ingest", str(old), "--lang", "en", "--out", str(out)]) == 0  # as if nothing had happened
    assert tables(out, "passages") == before
    assert main(["ingest", str(newer), "--lang", "en", "--out", str(out)]) == 0
    assert told(out)["since"] == {"unchanged": 29, "changed": 1, "new": 0, "gone": 0}
    assert {row["id"] for row in tables(out, "passages") if row["page_id"] != 2} == {row["id"] for row in before if row["page_id"] != 2}


COUNTED = ("pages", "redirects", "disambiguations", "without_text", "passages", "split_by")


def disambiguation(number: int) -> Article:
    return Article(number, f"Name {number}", f"Name {number} may mean:\n* [[Page 1]]\n* [[Page 2]]\n{{{{disambiguation}}}}")


@pytest.mark.usefixtures("small_slices")
def test_what_is_told_of_a_newer_dump_is_what_a_fresh_run_tells(tmp_path: Path) -> None:
    """Also where a page comes twice, once changed and once as it was: the first copy counts."""
    still = [*(article(n) for n in range(1, 25)), disambiguation(30), Article(31, "Empty", "{{stub}}"), Article(32, "Other", "", redirect="Page 2")]
    old = write_dump(tmp_path / "enwiki-20261001-x.xml", [*still, article(90)])
    new = [article(3, revision=2), *(a for a in still if a.page_id != 3), disambiguation(40), *(article(n) for n in range(50, 60)), article(3), article(4), disambiguation(30)]
    newer = write_dump(tmp_path / "enwiki-20261101-x.xml", new)
    out, fresh = tmp_path / "run", tmp_path / "fresh"
    assert main(["ingest", str(old), "--lang", "en", "--out", str(out)]) == 0
    for run in (out, fresh):
        main(["ingest", str(newer), "--lang", "en", "--out", str(run)])
    for part in ("pages", "passages"):
        ids = [sorted((row["page_id"], row["revision_id"]) for row in tables(run, part)) for run in (out, fresh)]
        assert ids[0] == ids[1]
    assert [told(out)[name] for name in COUNTED] == [told(fresh)[name] for name in COUNTED]
    assert (told(out)["disambiguations"], told(out)["without_text"], told(out)["redirects"]) == (2, 1, 1)
    assert told(out)["since"] == {"unchanged": 26, "changed": 1, "new": 11, "gone": 1}


@pytest.mark.usefixtures("small_slices")
@pytest.mark.parametrize("wrong", ["text", "head", "language"])
def test_a_newer_dump_that_is_none_touches_nothing(tmp_path: Path, wrong: str) -> None:
    old = write_dump(tmp_path / "enwiki-20261001-x.xml", [article(number) for number in range(1, 31)])
    out, bad = tmp_path / "run", tmp_path / "bad.xml"
    assert main(["run", str(recipe(tmp_path, ["en"], source={"dumps": {"en": str(old)}}, tasks=["summarization"])), "--out", str(out)]) == 0
    if wrong == "text":
        bad.write_text("no dump at all")
    else:
        write_dump(bad, [article(1)] if wrong == "language" else [], lang="hi" if wrong == "language" else "en")
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file() and path.name not in ("run.json", "lock")}
    assert main(["ingest", str(bad), "--lang", "en", "--out", str(out)]) == 2
    after = {path: path.read_bytes() for path in out.rglob("*") if path.is_file() and path.name not in ("run.json", "lock")}
    lost = {path for path in before if before[path] != after.get(path)}
    assert {path.parent.name for path in lost} <= {"groundings"}  # made again when it is missing
    assert set(after) <= set(before)


@pytest.mark.usefixtures("small_slices")
@pytest.mark.parametrize("after", range(0, 20, 2))
def test_a_newer_dump_that_is_killed_while_the_old_one_goes_leaves_nothing_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    old = write_dump(tmp_path / "enwiki-20261001-x.xml", [article(number) for number in range(1, 31)])
    changed = [article(number, revision=1 + (number % 3 == 0)) for number in range(1, 31)]
    newer = write_dump(tmp_path / "enwiki-20261101-x.xml", changed)
    out = tmp_path / "run"
    assert main(["ingest", str(old), "--lang", "en", "--out", str(out)]) == 0
    unlinks, unlink = iter(range(999)), Path.unlink

    def killed(self: Path, missing_ok: bool = False) -> None:
        if self.name.startswith("before-") and next(unlinks) >= after:
            raise KeyboardInterrupt
        unlink(self, missing_ok)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", killed)
        main(["ingest", str(newer), "--lang", "en", "--out", str(out)])
    for _ in range(2):
        assert main(["ingest", str(newer), "--lang", "en", "--out", str(out)]) == 0
        for part in ("pages", "passages"):
            found = {(row["page_id"], row["revision_id"]) for row in tables(out, part)}
            assert found == {(a.page_id, a.page_id * 100 + a.revision) for a in changed}
        assert len(tables(out, "passages")) == told(out)["passages"] == sum(1 for _ in read_table(Run(out).groundings_path("en")))
        assert not list(out.rglob("before-*"))


def test_only_changed_pages_are_bought_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = write_dump(tmp_path / "enwiki-20261001-x.xml", [article(number) for number in range(1, 13)])
    newer = write_dump(tmp_path / "enwiki-20261101-x.xml", [article(number, revision=1 + (number in (4, 9))) for number in range(1, 13)])
    out, path = tmp_path / "run", tmp_path / "recipe.yaml"

    def run(dump: Path, url: str, code: int = 0) -> None:
        recipe(tmp_path, ["en"], served(url, structured="json"), source={"dumps": {"en": str(dump)}}, tasks=["summarization"], targets={"seeds": 99}, max_uses_per_passage=1)
        assert main(["run", str(path), "--out", str(out)]) == code

    with ReplyServer() as server:
        run(old, server.url)
        first = len(server.bodies)
        before = {row["id"]: row["messages"] for row in rows(out)}
        run(newer, server.url, code=2)
        assert f"charkha ingest DUMP --lang en --out {out}" in capsys.readouterr().err
        assert main(["ingest", str(newer), "--lang", "en", "--out", str(out)]) == 0
        run(newer, server.url)
        again = len(server.bodies) - first
    passages = tables(out, "passages")
    of_changed = [row for row in passages if row["page_id"] in (4, 9)]
    assert first >= len(passages)
    assert again == len(of_changed)
    found = stats(out)["total"]
    assert found["attempted"] == 2 * len(passages)
    assert found["dropped"]["renewed"] == len(before)
    after = [row for row in rows(out) if row["round"] > 0]
    assert len({row["id"] for row in after}) == len(after) == len(passages)
    changed = [row for row in after if row["provenance"]["page_id"] in (4, 9)]
    assert {row["provenance"]["revision_id"] % 100 for row in changed} == {2}
    assert all(before[row["id"]] == row["messages"] for row in after if row not in changed)
    assert main(["why", after[0]["id"], "--run", str(out)]) == 0


@pytest.mark.slow
def test_workers_end_with_a_killed_parent_and_the_next_ingest_is_whole(tmp_path: Path) -> None:
    path = write_dump(tmp_path / "en.xml", [article(number, sentences=400) for number in range(1, 900)])
    out = tmp_path / "run"
    parent = subprocess.Popen(command("ingest", path, "--lang", "en", "--out", out, "--processes", "2"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    children: list[int] = []
    while len(children) < 2 and parent.poll() is None:
        listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(parent.pid)], capture_output=True, text=True)
        children = [int(pid) for pid in listed.stdout.split()]
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    assert children
    until = time.monotonic() + 30
    while any(_lives(pid) for pid in children) and time.monotonic() < until:
        os.sched_yield()
    assert not any(_lives(pid) for pid in children)
    charkha("ingest", path, "--lang", "en", "--out", out, "--processes", "2")
    assert told(out)["pages"] == 899


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_tables_carry_no_statistics(tmp_path: Path) -> None:
    """A text of every row group would stay in memory until the file is closed: a dump in one piece would not be flat."""
    path = write_dump(tmp_path / "en.xml", [article(number) for number in range(1, 9)])
    assert main(["ingest", str(path), "--lang", "en", "--out", str(tmp_path / "run")]) == 0
    for part in ("pages", "passages"):
        for table in Run(tmp_path / "run").tables(part, "en"):
            with open_table(table) as file:
                group = file.metadata.row_group(0)
                assert not any(group.column(at).is_stats_set for at in range(group.num_columns))

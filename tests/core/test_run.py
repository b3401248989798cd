"""A run folder: one writer, taken over when it died, and one recipe."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from charkha.core.errors import RunError
from charkha.core.files import TEMPORARY
from charkha.core.run import Run

HOLD = """
import sys
from pathlib import Path
from charkha.core.run import Run
run = Run(Path(sys.argv[1]), state=Path(sys.argv[2]) if len(sys.argv) > 2 else None).open()
print("held", run.took_over, flush=True)
sys.stdin.read()
run.close()
"""
FACTS = {
    "seed": "7",
    "contexts": "c0",
    "source.hi": "10:aa",
    "prompt.summarization.hi": "p1",
    "prompt.dialog_gen.hi": "p2",
    "model.summarization.hi.writer": "openai_compatible:m 00",
    "model.dialog_gen.hi.writer": "openai_compatible:m 00",
}


@contextmanager
def holder(*folders: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that holds a run's lock until its stdin is closed."""
    command = [sys.executable, "-c", HOLD, *map(str, folders)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("held")
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def test_a_killed_owner_is_taken_over_and_it_is_said(tmp_path: Path) -> None:
    with holder(tmp_path / "run") as process:
        with pytest.raises(RunError, match=f"process {process.pid} ") as caught:
            Run(tmp_path / "run").open()
        assert "--out" in str(caught.value)
        (tmp_path / "run" / f"{TEMPORARY}1-x").write_text("half")
        process.kill()
        process.wait()
        with Run(tmp_path / "run") as run:
            assert f"process {process.pid} " in (run.took_over or "")
            assert not (tmp_path / "run" / f"{TEMPORARY}1-x").exists()
    with Run(tmp_path / "run") as run:
        assert run.took_over is None


def test_a_clean_end_is_no_takeover(tmp_path: Path) -> None:
    with holder(tmp_path / "run") as process:
        process.communicate("")
        assert process.returncode == 0
    with Run(tmp_path / "run") as run:
        assert run.took_over is None
    with pytest.raises(ValueError, match="mine"), Run(tmp_path / "run"):
        raise ValueError("mine")
    with Run(tmp_path / "run") as run:
        assert run.took_over is None


def test_the_lock_lies_in_the_state_folder(tmp_path: Path) -> None:
    with holder(tmp_path / "run", tmp_path / "state") as process:
        assert list((tmp_path / "state").glob("lock-*"))
        assert not (tmp_path / "run" / "lock").exists()
        with pytest.raises(RunError, match=str(process.pid)):
            Run(tmp_path / "run", state=tmp_path / "state").open()


@pytest.mark.parametrize("owner", ["", "\x00\x00", "{", "[1]", '{"pid": 3}'])
def test_a_lock_that_tells_no_owner(tmp_path: Path, owner: str) -> None:
    with Run(tmp_path / "run"):
        pass
    (tmp_path / "run" / "lock").write_text(owner)
    with Run(tmp_path / "run") as run:
        assert run.record()["entries"] == []


def test_folders_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(RunError, match="not a run folder"):
        Run(tmp_path / "file").open()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").write_text("x")
    with pytest.raises(RunError, match=r"thesis\.tex"):
        Run(tmp_path / "full").open()
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["thesis.tex"]
    with pytest.raises(RunError, match=r"no run\.json"):
        Run(tmp_path / "none").record()


@pytest.mark.parametrize(
    ("text", "word"),
    [("{", "damaged"), ("\xff", "damaged"), ('{"format": 2, "entries": []}', "format 2"), ("{}", "format"), ("[]", "run.json")],
)
def test_a_record_that_is_none(tmp_path: Path, text: str, word: str) -> None:
    with Run(tmp_path):
        pass
    (tmp_path / "run.json").write_text(text, encoding="latin-1")
    with pytest.raises(RunError, match=word):
        Run(tmp_path).open()
    (tmp_path / "run.json").write_text('{"format": 1, "entries": []}')
    with Run(tmp_path) as run:
        assert run.took_over is None


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Run]:
    """A run that a recipe of FACTS wrote in."""
    with Run(tmp_path / "run") as run:
        run.admit("first", FACTS, [])
        yield run


@pytest.mark.parametrize("key", list(FACTS))
def test_every_difference_is_refused_with_both_ways_out(made: Run, key: str) -> None:
    before = (made.folder / "run.json").read_bytes()
    with pytest.raises(RunError) as caught:
        made.admit("second", {**FACTS, key: "other"}, [])
    told = str(caught.value)
    assert f"{key}: {FACTS[key]!r} -> 'other'" in told
    assert "--out" in told
    assert f"cache: {made.replies}" in told
    if key.startswith(("prompt.", "model.")):
        assert f"--supersede {key.split('.')[1]}" in told
    else:
        assert "--supersede" not in told
        assert ("charkha ingest" if key == "source.hi" else "take the change back") in told
    assert (made.folder / "run.json").read_bytes() == before
    assert (made.folder / "recipe.yaml").read_text() == "first"


def test_a_language_that_is_gone_is_refused(made: Run) -> None:
    made.admit("two", {**FACTS, "source.ta": "5:bb", "prompt.summarization.ta": "p3"}, [])
    with pytest.raises(RunError, match=r"source\.ta: '5:bb' -> 'absent'"):
        made.admit("one", FACTS, [])


def test_many_differences_are_counted(made: Run) -> None:
    with pytest.raises(RunError, match=r"\(and 3 more\)"):
        made.admit("second", dict.fromkeys(FACTS, "other"), [])


def test_what_is_allowed(made: Run) -> None:
    more = {**FACTS, "prompt.multihop_reasoning.hi": "p9", "model.multihop_reasoning.hi.writer": "m", "source.ta": "3:cc"}
    without = {key: value for key, value in FACTS.items() if "dialog_gen" not in key}
    changed = {**FACTS, "source.ta": "3:cc", "prompt.summarization.hi": "p7"}
    made.admit("first", FACTS, [])
    assert len(made.record()["entries"]) == 1
    made.admit("more rows", FACTS, [])
    made.admit("a task and a language more", more, [])
    made.admit("a task less", {**without, "source.ta": "3:cc"}, [])
    made.admit("set aside", changed, ["summarization"])
    made.admit("set aside", changed, [])
    entries = made.record()["entries"]
    assert len(entries) == 6
    assert [entry["superseded"] for entry in entries[-2:]] == [["summarization"], []]  # a plain run ends it: it may be said anew
    assert (made.folder / "recipe.yaml").read_text() == "set aside"
    with pytest.raises(RunError, match="p7"):
        made.admit("back", {**FACTS, "source.ta": "3:cc"}, [])


def test_an_idle_task_is_held_to_its_old_prompt_when_it_is_back(made: Run) -> None:
    made.admit("idle", {key: value for key, value in FACTS.items() if "dialog_gen" not in key}, [])
    with pytest.raises(RunError, match="p2"):
        made.admit("back", {**FACTS, "prompt.dialog_gen.hi": "px"}, [])
    made.admit("back", FACTS, [])


def test_superseding_one_task_excuses_no_other(made: Run) -> None:
    changed = {**FACTS, "prompt.summarization.hi": "x", "prompt.dialog_gen.hi": "y"}
    with pytest.raises(RunError, match="dialog_gen") as caught:
        made.admit("second", changed, ["summarization"])
    assert "--supersede summarization" not in str(caught.value)


def test_notes_and_events(made: Run) -> None:
    made.note("capabilities", {"मॉडल": {"schema": True}})
    made.event("generate", bought=3)
    assert made.record()["capabilities"] == {"मॉडल": {"schema": True}}
    line = json.loads((made.folder / "events.jsonl").read_text())
    assert (line["event"], line["bought"]) == ("generate", 3)
    assert len(made.record()["entries"]) == 1


def test_shards_stand_in_seed_order(made: Run) -> None:
    places = [(0, 0), (0, 2), (0, 10), (1, 0), (10, 0)]
    for round_number, shard in reversed(places):
        path = made.shard_path("examples", "hi", round_number, shard)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    (made.folder / "examples" / "hi" / f"{TEMPORARY}3-round-00000-shard-00003.parquet").write_bytes(b"")
    assert made.shards("examples", "hi") == [made.shard_path("examples", "hi", *place) for place in places]

"""The reply store: what was put is there, whatever happened to the last line."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from charkha.core.errors import RunError
from charkha.core.ids import digest
from charkha.core.records import Reply, Usage
from charkha.core.store import ReplyStore

TEXTS = ["", "नमस्ते", 'வணக்கம்\n"quoted"', "اردو\u200c\u2028", "\x00\ud800 \U0001f600"]


def key(name: object) -> str:
    return digest(["test", name])


def reply(text: str) -> Reply:
    return Reply(text, "length", Usage(1, 2, 3, 4), 0.25, "served")


def filled(folder: Path, *texts: str) -> Path:
    """A segment of one reply per text, keyed by its place; its path."""
    with ReplyStore(folder) as store:
        for at, text in enumerate(texts):
            store.put(key(at), reply(text), "m")
    return next(folder.glob("*.jsonl"))


def held(folder: Path) -> dict[str, str]:
    with ReplyStore(folder) as store:
        found = {name: store.get(name) for name in store.keys()}
        assert len(store) == len(found)
        assert all(name in store for name in found)
        return {name: got.text for name, got in found.items() if got is not None}


def test_a_reply_comes_back_whole(tmp_path: Path) -> None:
    with ReplyStore(tmp_path / "replies") as store:
        assert store.get(key("none")) is None
        assert key("none") not in store
        for text in TEXTS:
            store.put(key(text), reply(text), "m")
            assert store.get(key(text)) == reply(text)
    with ReplyStore(tmp_path / "replies") as store:
        assert [store.get(key(text)) for text in TEXTS] == [reply(text) for text in TEXTS]
        assert set(store.keys()) == set(map(key, TEXTS))


def test_a_store_that_was_only_read_leaves_nothing(tmp_path: Path) -> None:
    with ReplyStore(tmp_path / "replies") as store:
        assert list(store.keys()) == []
    assert not (tmp_path / "replies").exists()


def test_a_reply_is_with_the_operating_system_when_put_returns(tmp_path: Path) -> None:
    writer = ReplyStore(tmp_path)
    writer.put(key("a"), reply("क"), "m")
    assert held(tmp_path) == {key("a"): "क"}
    writer.close()


@pytest.mark.parametrize("text", TEXTS)
def test_a_tail_torn_at_every_byte(tmp_path: Path, text: str) -> None:
    segment = filled(tmp_path, "पहला", "दूसरा", text)
    whole = segment.read_bytes()
    start = whole.rstrip(b"\n").rfind(b"\n") + 1
    for end in range(start, len(whole)):
        segment.write_bytes(whole[:end])
        assert held(tmp_path) == {key(0): "पहला", key(1): "दूसरा"}, end
    segment.write_bytes(whole[:-1])
    with ReplyStore(tmp_path) as store:
        store.put(key(2), reply(text), "m")
    assert held(tmp_path) == {key(0): "पहला", key(1): "दूसरा", key(2): text}


def test_two_writers_of_one_folder(tmp_path: Path) -> None:
    with ReplyStore(tmp_path) as one, ReplyStore(tmp_path) as two:
        for at in range(20):
            (one if at % 2 else two).put(key(at), reply(str(at)), "m")
        assert one.get(key(1)) == reply("1")
    assert held(tmp_path) == {key(at): str(at) for at in range(20)}
    assert len(list(tmp_path.glob("*.jsonl"))) == 2


def test_what_a_key_gives_does_not_change_by_reopening(tmp_path: Path) -> None:
    with ReplyStore(tmp_path) as store:
        store.put(key("a"), reply("first"), "m")
        store.put(key("a"), reply("second"), "m")
        told = store.get(key("a"))
    with ReplyStore(tmp_path) as store:
        assert store.get(key("a")) == told


@pytest.mark.parametrize(
    "line",
    [
        "a note of somebody",
        '{"lang": "hi", "title": "x"}',
        "",
        '{"key": "no hexadecimal digits at all...."}',
        '{"key": "abc"}',
        '{"key": "é"}',
    ],
)
def test_a_foreign_file_is_named(tmp_path: Path, line: str) -> None:
    filled(tmp_path, "a")
    (tmp_path / "zz-notes.jsonl").write_text(line + "\n", encoding="utf-8")
    with pytest.raises(RunError, match="zz-notes.jsonl"):
        ReplyStore(tmp_path)


def test_a_file_that_is_no_segment_is_left_alone(tmp_path: Path) -> None:
    filled(tmp_path, "a")
    (tmp_path / "README.txt").write_text("keep me")
    assert held(tmp_path) == {key(0): "a"}
    assert (tmp_path / "README.txt").read_text() == "keep me"


FULL = """
import resource, sys
from pathlib import Path
from charkha.core.errors import RunError
from charkha.core.ids import digest
from charkha.core.records import Reply
from charkha.core.store import ReplyStore
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
put = 0
with ReplyStore(Path(sys.argv[1])) as store:
    try:
        while put < 1000:
            store.put(digest(["test", put]), Reply(text="x" * 300), "m")
            put += 1
    except RunError as error:
        print(put, error)
    assert store.get(digest(["test", put - 1])).text == "x" * 300
    assert digest(["test", put]) not in store
"""


def test_a_full_disk_leaves_a_whole_last_line(tmp_path: Path) -> None:
    told = subprocess.run([sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True, timeout=60, check=True)
    put = int(told.stdout.split()[0])
    assert put > 5
    assert "no space left" in told.stdout
    assert next(tmp_path.glob("*.jsonl")).read_bytes().endswith(b"\n")
    assert held(tmp_path) == {key(at): "x" * 300 for at in range(put)}


def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    (tmp_path / "replies").write_text("a file")
    with pytest.raises(RunError, match="cache"):
        ReplyStore(tmp_path / "replies")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.text(st.characters()), min_size=1, max_size=8))
def test_any_text(texts: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        filled(Path(folder), *texts)
        assert held(Path(folder)) == {key(at): text for at, text in enumerate(texts)}


class StoreMachine(RuleBasedStateMachine):
    """A store beside a dict: put, reopen, die in the middle of the last line."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.told: dict[str, str] = {}
        self.last = ""
        self.store = ReplyStore(self.folder)
        self.old: set[Path] = set()

    @rule(text=st.text(max_size=20))
    def put(self, text: str) -> None:
        name = key(len(self.told) + len(self.old) * 1000)
        if name not in self.told:
            self.store.put(name, reply(text), "m")
            self.told[name], self.last = text, name

    def _segment(self) -> Path | None:
        return next(iter(set(self.folder.glob("*.jsonl")) - self.old), None)

    def _reopen(self) -> None:
        self.old, self.last = set(self.folder.glob("*.jsonl")), ""
        self.store = ReplyStore(self.folder)

    @rule()
    def reopen(self) -> None:
        self.store.close()
        self._reopen()

    @precondition(lambda self: self.last)
    @rule(share=st.floats(0, 1))
    def tear(self, share: float) -> None:
        segment = self._segment()
        assert segment is not None
        self.store.close()
        data = segment.read_bytes()
        start = data[:-1].rfind(b"\n") + 1
        os.truncate(segment, start + int(share * (len(data) - start - 1)))
        del self.told[self.last]
        self._reopen()

    @invariant()
    def holds_what_was_told(self) -> None:
        assert set(self.store.keys()) == set(self.told)
        assert {name: getattr(self.store.get(name), "text", None) for name in self.told} == self.told

    def teardown(self) -> None:
        self.store.close()
        shutil.rmtree(self.folder)


StoreMachine.TestCase.settings = settings(max_examples=20, stateful_step_count=20, deadline=None)
TestStoreMachine = StoreMachine.TestCase

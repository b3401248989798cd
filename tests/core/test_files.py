"""Files that are whole or not there, and lines that survive a torn write."""

from __future__ import annotations

import errno
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charkha.core.errors import RunError
from charkha.core.files import (
    TEMPORARY,
    append_line,
    disk_errors,
    read_lines,
    remove_temporaries,
    write_json,
    write_text,
    write_whole,
)


def listing(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt(), SystemExit(3), OSError(errno.EIO, "io")])
def test_all_or_nothing(tmp_path: Path, error: BaseException) -> None:
    path = tmp_path / "new" / "file"

    def fill(temporary: Path) -> None:
        temporary.write_text("half")
        assert not path.exists()
        raise error

    with pytest.raises(type(error)):
        write_whole(path, fill)
    assert listing(path.parent) == []
    write_text(path, "whole")
    path.chmod(0o600)

    def worse(temporary: Path) -> None:
        temporary.write_text("half")
        raise error

    with pytest.raises(type(error)):
        write_whole(path, worse)
    assert path.read_text() == "whole"
    assert listing(path.parent) == ["file"]


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_text(path, "पहला")
    seen: list[str] = []

    def fill(temporary: Path) -> None:
        temporary.write_text("दूसरा", encoding="utf-8")
        seen.append(path.read_text(encoding="utf-8"))
        assert temporary.parent == path.parent
        assert temporary.name.startswith(TEMPORARY)

    write_whole(path, fill)
    assert seen == ["पहला"]
    assert path.read_text(encoding="utf-8") == "दूसरा"
    assert listing(tmp_path) == ["file"]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EACCES, errno.EPERM, errno.EROFS])
def test_disk_errors_are_one_line_with_the_file(code: int) -> None:
    with pytest.raises(RunError, match="runs/first") as caught, disk_errors(Path("runs/first")):
        raise OSError(code, "said by the system")
    assert "\n" not in str(caught.value)


def test_other_errors_pass(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="io") as caught, disk_errors(tmp_path):
        raise OSError(errno.EIO, "io")
    assert not isinstance(caught.value, RunError)


def test_json_keeps_its_scripts(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"नाम": "தமிழ்"})
    assert "தமிழ்" in (tmp_path / "a.json").read_text(encoding="utf-8")
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8")) == {"नाम": "தமிழ்"}


def test_lines_of_no_file(tmp_path: Path) -> None:
    assert read_lines(tmp_path / "none") == []


def test_a_torn_tail_at_every_byte_is_passed_over_and_cut(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "lines.jsonl"
    for value in ({"n": 1}, {"n": "दूसरा"}):
        append_line(path, value)
    whole = path.read_bytes()
    start = whole.rstrip(b"\n").rfind(b"\n") + 1
    for end in range(start, len(whole)):
        path.write_bytes(whole[:end])
        assert read_lines(path) == [{"n": 1}], end
        append_line(path, {"n": 3})
        assert read_lines(path) == [{"n": 1}, {"n": 3}], end


@pytest.mark.parametrize("size", [1, 65_535, 65_536, 65_537, 200_000])
def test_a_long_torn_tail_is_cut(tmp_path: Path, size: int) -> None:
    path = tmp_path / "lines.jsonl"
    append_line(path, "first")
    with path.open("ab") as handle:
        handle.write(b"x" * size)
    append_line(path, "second")
    assert read_lines(path) == ["first", "second"]
    only = tmp_path / "only.jsonl"
    only.write_bytes(b"x" * size)
    append_line(only, "first")
    assert read_lines(only) == ["first"]


values = st.recursive(
    st.none() | st.integers() | st.text(st.characters(exclude_categories=("Cs",))),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)


@settings(deadline=None, max_examples=30)
@given(st.lists(values, max_size=5), st.binary(max_size=6).filter(lambda tail: b"\n" not in tail))
def test_lines_come_back(tmp_path_factory: pytest.TempPathFactory, said: list[Any], torn: bytes) -> None:
    path = tmp_path_factory.mktemp("lines") / "lines.jsonl"
    for value in said:
        append_line(path, value)
    with path.open("ab") as handle:
        handle.write(torn)
    assert read_lines(path) == said
    append_line(path, "last")
    assert read_lines(path) == [*said, "last"]


def test_what_a_killed_writer_left_is_removed(tmp_path: Path) -> None:
    keep = [tmp_path / "examples" / "hi" / "round-00000-shard-00000.parquet", tmp_path / "my.tmp-file"]
    left = [
        tmp_path / f"{TEMPORARY}1-run.json",
        tmp_path / "examples" / "hi" / f"{TEMPORARY}77-round.parquet",
        tmp_path / f"{TEMPORARY}dataset" / "summarization" / f"{TEMPORARY}9-part.parquet",
        tmp_path / f"{TEMPORARY}dataset" / f"{TEMPORARY}8-ATTRIBUTION.parquet",
        tmp_path / f"{TEMPORARY}dataset-old" / "README.md",
    ]
    for path in [*keep, *left]:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    assert remove_temporaries(tmp_path) >= 4
    assert [path for path in tmp_path.rglob("*") if path.is_file() and path not in keep] == []
    assert all(path.exists() for path in keep)
    assert not (tmp_path / f"{TEMPORARY}dataset").exists()
    assert remove_temporaries(tmp_path) == 0

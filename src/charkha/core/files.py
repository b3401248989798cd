"""Files that are either whole or not there."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from charkha.core.errors import RunError

TEMPORARY = ".tmp-"


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turns a full or read-only disk into one line; other errors pass.

    Raises:
        RunError: the disk is full, over quota, or may not be written.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise RunError(
                f"no space left to write {str(path)!r}. What is finished is safe: free some space and run the same "
                "command again, it goes on where it stopped."
            ) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise RunError(
                f"may not write {str(path)!r}: {error.strerror}. Name a folder you own with --out."
            ) from error
        raise


def sync_folder(folder: Path) -> None:
    """Makes renames inside a folder durable."""
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A temporary file beside `path` to fill; at the end it is fsynced and renamed: a reader sees all of it or none.

    Raises:
        RunError: the disk is full or may not be written; the temporary file is removed.
    """
    temporary = path.with_name(f"{TEMPORARY}{os.getpid()}-{path.name}")
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield temporary
            with temporary.open("rb") as handle:
                os.fsync(handle.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)


def write_whole(path: Path, fill: Callable[[Path], None]) -> None:
    """Fills a file whole or not at all, as `whole` does."""
    with whole(path) as temporary:
        fill(temporary)


def write_text(path: Path, text: str) -> None:
    """Writes a small text file whole."""
    write_whole(path, lambda temporary: _put(temporary, text))


def _put(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    """Writes a small JSON file whole, readable and with its own scripts."""
    write_text(path, json.dumps(value, ensure_ascii=False, indent=1) + "\n")


def append_line(path: Path, value: Any) -> None:
    """Appends one durable JSON line; a torn last line from an earlier crash is cut off first."""
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab+") as handle:
            end = _whole_lines_end(handle)
            if end < handle.seek(0, os.SEEK_END):
                handle.truncate(end)
            handle.write(json.dumps(value, ensure_ascii=False).encode("utf-8") + b"\n")
            handle.flush()
            os.fsync(handle.fileno())


def _whole_lines_end(handle: BinaryIO) -> int:
    """The offset just behind the last line feed: what stands after it is a torn write."""
    at = handle.seek(0, os.SEEK_END)
    while at > 0:
        start = max(0, at - 65_536)
        handle.seek(start)
        found = handle.read(at - start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        at = start
    return 0


def read_lines(path: Path) -> list[Any]:
    """The JSON lines of a file, without a torn last one; none when there is no such file."""
    if not path.exists():
        return []
    data = path.read_bytes()
    try:
        return [json.loads(line) for line in data[: data.rfind(b"\n") + 1].splitlines() if line.strip()]
    except ValueError as error:
        raise RunError(f"{path} is damaged ({error}). Restore it from a copy, or name another --out.") from error


def remove_temporaries(folder: Path) -> int:
    """Removes what a killed writer left half-written below `folder`; returns how many files."""
    left = [path for path in folder.rglob(f"{TEMPORARY}*") if not path.parent.name.startswith(TEMPORARY)]
    for path in left:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    return len(left)

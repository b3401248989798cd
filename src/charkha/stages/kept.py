"""What a folder of downloaded files knows of itself: which of them were verified, and who is writing to it.

`.download.json` remembers what was verified, so that nothing is hashed twice. `.download.lock` is held while a download runs.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from charkha.core.errors import RunError
from charkha.core.files import disk_errors, remove_temporaries, write_json
from charkha.stages.mirror import Published

NOTES, LOCK = ".download.json", ".download.lock"


class Notes:
    """What is known of the finished files of a folder, in `.download.json`."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NOTES
        self._files: dict[str, dict[str, Any]] = {}
        found = read_json(self._path)
        if isinstance(found.get("files"), dict):
            self._files = {name: note for name, note in found["files"].items() if isinstance(note, dict)}

    def knows(self, path: Path, kind: str, checksum: str) -> bool:
        """Whether the file is, unchanged since, the one that was verified by this checksum."""
        note = self._files.get(path.name, {})
        return bool(checksum) and note.get(kind) == checksum and note.get("stat") == _stat(path)

    def note(self, path: Path, kind: str, checksum: str, file: Published) -> None:
        """Remembers a file; without a checksum it is named as unverified."""
        told = {kind: checksum} if checksum else {}
        self._files[path.name] = {"url": file.url, "verified": bool(checksum), **told, "stat": _stat(path)}
        write_json(self._path, {"files": self._files})


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Holds a folder of files against a second download; what a killed one left half-written is removed.

    Raises:
        RunError: another process holds it, or it may not be written.
    """
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder / LOCK, os.O_CREAT | os.O_RDWR, 0o644)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise RunError(f"another download writes to {str(folder)!r}. Wait for it, or name another --out.") from error
        remove_temporaries(folder)
        yield
    finally:
        os.close(lock)


def _stat(path: Path) -> list[int]:
    found = path.stat()
    return [found.st_size, found.st_mtime_ns]


def read_json(path: Path) -> dict[str, Any]:
    """A small JSON object of ours; empty when it is not there or damaged."""
    try:
        data = json.loads(path.read_bytes()[: 1 << 24])
    except (OSError, ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}

"""The reply store: what was paid for once is never paid for again.

A folder of append-only segments, one per writer: a JSON line per reply, `{"key": ..., "text": ..., ...}`. `put` hands the line to the
operating system before it returns (a SIGKILL loses nothing that was put) and a thread fsyncs within 200 ms (a power cut loses at most
that). A torn last line is passed over. Several runs may share a folder: each writes its own segment and reads all of them.
In memory stands only where each reply lies: 16 bytes of key, a segment number, an offset, a length.
"""

from __future__ import annotations

import json
import os
import re
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from charkha.core.errors import RunError
from charkha.core.files import disk_errors, sync_folder
from charkha.core.records import Reply, Usage

FSYNC_SECONDS = 0.1  # half of what the contract allows
_LINE = re.compile(rb'\{"key": "([0-9a-f]{32})", .*\}\n\Z')


class ReplyStore:
    """Replies by request key. Safe against SIGKILL at any moment; one instance per process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.damaged = 0  # lines that could not be read
        if folder.exists() and not folder.is_dir():
            raise RunError(f"{str(folder)!r} is a file, not a folder of replies. Mend `cache:` in the recipe.")
        self._index: dict[bytes, tuple[int, int, int]] = {}
        self._segments: list[Path] = []
        self._readers: dict[int, int] = {}
        self._fd: int | None = None
        self._size = 0
        self._dirty = threading.Event()
        self._closing = threading.Event()
        self._flusher: threading.Thread | None = None
        self._failure: OSError | None = None
        for path in sorted(folder.glob("*.jsonl")):
            self._load(path)

    def __len__(self) -> int:
        return len(self._index)

    def __contains__(self, key: str) -> bool:
        return bytes.fromhex(key) in self._index

    def get(self, key: str) -> Reply | None:
        """The reply of a key, or None."""
        found = self._index.get(bytes.fromhex(key))
        if found is None:
            return None
        segment, offset, length = found
        try:
            return _reply(json.loads(os.pread(self._reader(segment), length, offset)))
        except (ValueError, KeyError, TypeError):  # damaged on the disk: it is not known any more
            self.damaged += 1
            del self._index[bytes.fromhex(key)]
            return None

    def put(self, key: str, reply: Reply, model: str) -> None:
        """Keeps a reply. It is with the operating system when this returns.

        Raises:
            RunError: the disk is full; the segment ends with its last whole line.
        """
        if self._failure is not None:
            with disk_errors(self.folder):
                raise self._failure
        if self._fd is None:
            self._open()
        assert self._fd is not None
        line = json.dumps(_row(key, reply, model), ensure_ascii=True).encode("ascii") + b"\n"
        with disk_errors(self._segments[-1]):
            self._append(self._fd, line)
        self._index.setdefault(bytes.fromhex(key), (len(self._segments) - 1, self._size, len(line)))
        self._size += len(line)
        self._dirty.set()

    def keys(self) -> Iterator[str]:
        """All keys, in no order that means anything."""
        return (key.hex() for key in self._index)

    def close(self) -> None:
        """Makes everything durable and lets the files go."""
        self._closing.set()
        self._dirty.set()
        if self._flusher is not None:
            self._flusher.join()
        for fd in [*self._readers.values(), *([self._fd] if self._fd is not None else [])]:
            os.close(fd)
        self._readers, self._fd = {}, None

    def __enter__(self) -> ReplyStore:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _append(self, fd: int, line: bytes) -> None:
        rest = memoryview(line)
        try:
            while rest:
                rest = rest[os.write(fd, rest) :]
        except OSError:
            os.ftruncate(fd, self._size)
            raise

    def _open(self) -> None:
        name = f"{time.strftime('%Y%m%dT%H%M%S')}-{socket.gethostname()}-{os.getpid()}-{os.urandom(3).hex()}.jsonl"
        path = self.folder / name
        with disk_errors(path):
            self.folder.mkdir(parents=True, exist_ok=True)
            self._fd = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND, 0o644)
            sync_folder(self.folder)
        self._segments.append(path)
        self._flusher = threading.Thread(target=self._flush, name="reply-fsync", daemon=True)
        self._flusher.start()

    def _flush(self) -> None:
        while not self._closing.is_set():
            self._dirty.wait()
            self._dirty.clear()
            try:
                if self._fd is not None:
                    os.fsync(self._fd)
            except OSError as error:  # told to the writer at its next put
                self._failure = error
            self._closing.wait(FSYNC_SECONDS)
        if self._fd is not None:
            os.fsync(self._fd)

    def _reader(self, segment: int) -> int:
        if segment not in self._readers:
            self._readers[segment] = os.open(self._segments[segment], os.O_RDONLY)
        return self._readers[segment]

    def _load(self, path: Path) -> None:
        number, offset = len(self._segments), 0
        self._segments.append(path)
        with path.open("rb") as lines:
            for line in lines:
                if not line.endswith(b"\n"):
                    break  # torn by a crash: the reply was never confirmed
                found = _LINE.match(line)
                if found is None and offset == 0:
                    raise RunError(f"{path} is no reply segment. Move it out of {str(self.folder)!r}.")
                if found is None:
                    self.damaged += 1  # one line, not the replies around it
                else:
                    self._index.setdefault(bytes.fromhex(found[1].decode("ascii")), (number, offset, len(line)))
                offset += len(line)


def _row(key: str, reply: Reply, model: str) -> dict[str, Any]:
    usage = reply.usage
    return {
        "key": key,  # stands first: the loader reads it without parsing the line
        "text": reply.text,
        "finish": reply.finish,
        "usage": [usage.prompt, usage.completion, usage.cached, usage.reasoning],
        "seconds": round(reply.seconds, 4),
        "model": model,
        "served_by": reply.served_by,
    }


def _reply(row: dict[str, Any]) -> Reply:
    return Reply(row["text"], row["finish"], Usage(*row["usage"]), row["seconds"], row["served_by"])

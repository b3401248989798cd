"""One published file comes to disk: resumed from what is there, and under its name only when it is whole and verified.

Beside `<file>.part` stands `<file>.part.json`: which file of which server the part is of, so that two files are never
glued together.
"""

from __future__ import annotations

import asyncio
import bz2
import gzip
import hashlib
import os
import re
import threading
import zlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal, NoReturn

from charkha.core.errors import BadReply, Overloaded, ProviderError, RunError, SourceError
from charkha.core.files import disk_errors, sync_folder, write_json
from charkha.core.transport import Streamed, origin
from charkha.stages.kept import Notes, read_json
from charkha.stages.mirror import MOST_SIZE, Published
from charkha.stages.web import GONE, Missing, Web

SYNC = 32 << 20  # bytes between two fsyncs of a part
MOST_OTHERS = 2  # times that a file is begun anew because the server seems to have another
READ = 1 << 20  # bytes hashed at once
_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)", re.ASCII)

State = Literal["waiting", "coming", "checking", "verified", "unverified", "present", "absent", "failed"]


@dataclass(slots=True)
class Transfer:
    """One file on its way, for those who watch. `have` and `size` in bytes, `size` None while nobody knows it."""

    lang: str
    file: Published
    folder: Path
    size: int | None = None
    have: int = 0
    fetched: int = 0  # bytes that came over the wire this time
    state: State = "waiting"


@dataclass
class Landing:
    """Brings one file to its place.

    Args:
        transfer: the file, and where those who watch look.
        web: the way to it.
        notes: of its folder.
        halt: set when the work ends early, so that hashing does.
        say: is told what a reader should know, a line each.
        verify: hash a file that is there already, whatever the notes say.
    """

    transfer: Transfer
    web: Web
    notes: Notes
    halt: threading.Event
    say: Callable[[str], None]
    verify: bool = False
    _best: int = 0  # the most bytes that were ever there: only beyond them is progress
    _ended: bool = False  # a body of unknown length came to its end
    _others: int = 0  # how often the server had another file
    _again: bool = False  # caches on the way gave a bad copy
    _is_guess: bool = False  # a part was built on that nothing but its length names
    _asked: int = 0  # bytes behind which it was asked whether there are more

    def __post_init__(self) -> None:
        self.file = self.transfer.file
        self.path = self.transfer.folder / self.file.name
        self.part = self.path.with_name(f"{self.file.name}.part")
        self.sidecar = self.path.with_name(f"{self.file.name}.part.json")
        self.kind = "sha1" if self.file.sha1 else "md5"
        self.checksum = self.file.sha1 or self.file.md5
        self.transfer.size = self.file.size

    async def land(self) -> None:
        """Fetches what is missing, verifies it, gives it its name; the transfer's state tells the end.

        Raises:
            SourceError: it is not there, is refused, or came damaged twice.
            ProviderError: the server was tried in vain.
            RunError: the disk is full or may not be written.
        """
        if self.path.is_dir():
            raise RunError(f"{str(self.path)!r} is a folder where a file should be. Move it away.")
        if self.path.exists() and await self._stands():
            self._discard()
            return
        found, bad = "", 0
        while bad < 2:
            self.transfer.state = "coming"
            await self.web.patiently(self._attempt, self._has_progressed)
            self.transfer.state = "checking"
            found = await self._hash(self.part)
            if found == self.checksum and await self._is_sound():
                return self._finish()
            if not self.checksum or not self._may_be_cut():
                self._discard()
                self._again = True
                bad += 1
        wrong = f"its {self.kind} is {found}, published is {self.checksum}" if self.checksum else "it is no sound file"
        raise SourceError(
            f"{self.file.name}: {wrong}, twice. The bad file was removed. "
            "Run the same command again later, or name another --mirror or --date."
        )

    async def _stands(self) -> bool:
        """Whether the file that is there is the one wanted."""
        size = self.path.stat().st_size
        known = self.notes.knows(self.path, self.kind, self.checksum) and not self.verify
        if not known and self.file.size in (None, size):
            self.transfer.state, self.transfer.size = "checking", size
            known = await self._hash(self.path) == self.checksum
            if known:
                self.notes.note(self.path, self.kind, self.checksum, self.file)
        if not known:
            self.say(f"{self.file.name} is there, but is not the published one; fetching it anew")
            self.transfer.size = self.file.size
            return False
        self.transfer.have = self.transfer.size = size
        self.transfer.state = "present" if self.checksum else "unverified"
        return True

    async def _attempt(self) -> None:
        """One connection: from what is there to as far as it goes. Returns only when all is there."""
        try:
            await self._receive()
        except ProviderError:
            if not self._is_whole():
                raise
        if not self._is_whole():
            raise Overloaded(
                f"{self.file.name}: {origin(self.file.url)!r} ended it after {self.transfer.have:,} bytes"
                f"{f' of {self.transfer.size:,}' if self.transfer.size is not None else ''}. Run the same command again to go on."
            )

    async def _receive(self) -> None:
        before = self._resumable()
        self._at(before.pop("have", 0))
        if self.part.exists() and self._is_whole():
            return
        async with self.web.get(self.file.url, self._headers(before)) as answer:
            if answer.status in GONE:
                raise Missing(f"{self.file.name} is not at {origin(self.file.url)!r} (HTTP {answer.status}). Name another --date or another --mirror.")
            if answer.status == 416:
                return self._beyond(answer.headers.get("content-range", ""))
            answer = await self._no_page(answer)
            self._agree(answer, before)
            await self._write(answer)
        self._ended = self.transfer.size is None

    def _headers(self, before: Mapping[str, Any]) -> dict[str, str]:
        headers = {"Cache-Control": "no-cache"} if self._again else {}
        if self.transfer.have:
            headers["Range"] = f"bytes={self.transfer.have}-"
            etag, modified = before.get("etag", ""), before.get("modified", "")
            strong = etag if etag.startswith('"') else ""
            # A checksum tells more than an ETag, which on some servers is another at every request.
            if not self.checksum and before.get("url") == self.file.url and (strong or modified):
                headers["If-Range"] = strong or modified
        return headers

    def _resumable(self) -> dict[str, Any]:
        """What is known of the part, and under `have` the bytes of it that count; empty when it is begun anew."""
        before = read_json(self.sidecar)
        size = self.part.stat().st_size if self.part.exists() else 0
        same = all(before.get(key, "") == getattr(self.file, key) for key in ("sha1", "md5"))
        total = before.get("size")
        is_named = bool(self.checksum) or any(isinstance(before.get(key), str) and before[key] for key in ("etag", "modified"))
        same &= bool(self.checksum) or (before.get("url") == self.file.url and (is_named or isinstance(total, int)))
        same &= self.file.size is None or total == self.file.size
        if before.get("boot") != _boot():  # the machine went down: what was not fsynced may be zeros
            durable = before.get("durable")
            size = min(size, durable) if isinstance(durable, int) else 0
        if not same or size <= 0 or (isinstance(total, int) and size > total):
            return {}
        self._is_guess |= not is_named
        if self.transfer.size is None and isinstance(total, int):
            self.transfer.size = total
        words = {key: before[key] if isinstance(before.get(key), str) else "" for key in ("url", "etag", "modified")}
        return {**words, "have": size}

    async def _no_page(self, answer: Streamed) -> Streamed:
        """Sees that no page of a network's login comes in the file's place, before what is there makes way for it."""
        if answer.status != 200:
            return answer
        first = await anext(answer.chunks, b"")
        if first[:200].lstrip().lower().startswith((b"<!doctype html", b"<html")):
            raise BadReply(f"{self.file.name}: {origin(self.file.url)!r} sends a web page instead. Is there a login page on the way? Else name another --mirror.")
        return Streamed(answer.status, answer.headers, _chained(first, answer.chunks))

    def _may_be_cut(self) -> bool:
        """Whether only the connection's end or its header said that this is all; then the rest is asked for."""
        if self.file.size is not None or self.transfer.have <= self._asked:
            return False
        self._asked = self.transfer.have
        self.transfer.size, self._ended = None, False
        write_json(self.sidecar, {**read_json(self.sidecar), "size": None})
        return True

    def _agree(self, answer: Streamed, before: Mapping[str, Any]) -> None:
        """Sees that what comes belongs behind what is there; else what is there goes."""
        length = answer.headers.get("content-length", "")
        total = int(length) if length.isascii() and length.isdigit() and len(length) < 19 else None
        if answer.status == 206:
            found = _RANGE.fullmatch(answer.headers.get("content-range", "").strip())
            total = int(found[3]) if found and found[3] != "*" else None
            etag = answer.headers.get("etag", "")
            changed = not self.checksum and before.get("url") == self.file.url and before.get("etag") and etag and etag != before["etag"]
            expected = self.transfer.size
            if not found or int(found[1]) != self.transfer.have or changed or (None not in (total, expected) and total != expected):
                self._other(f"sends it as {answer.headers.get('content-range', '')[:60]!r}, unlike before")
        else:  # the server knows no ranges, or the file is not what it was
            self._at(0)
        self._is_plain(answer, total)
        if self.file.size is None and (answer.status == 200 or self.transfer.size is None):
            self.transfer.size = min(total, MOST_SIZE) if total is not None else None
        if not self.transfer.have:
            self._restart()  # first: old bytes must never stand beside the new file's facts
            self._remember(answer.headers)

    def _other(self, said: str) -> NoReturn:
        """The server has another file than what is there is of: it is begun anew, but not for ever."""
        self._restart()
        self._others += 1
        told = f"{self.file.name}: {origin(self.file.url)!r} {said}, not the file that was published"
        if self._others > MOST_OTHERS:
            raise SourceError(f"{told}. Name another --mirror or --date.")
        raise BadReply(f"{told}. Name another --mirror or --date.")

    def _is_plain(self, answer: Streamed, total: int | None) -> None:
        """A file packed once more on its way is not the file, and cannot be resumed."""
        encoding = answer.headers.get("content-encoding", "").strip().lower()
        if encoding in ("", "identity"):
            return
        labelled = encoding in ("gzip", "x-gzip") and self.file.name.endswith(".gz")  # the file's own packing, named twice
        if not labelled and (self.file.size is None or total != self.file.size):
            raise SourceError(f"{self.file.name}: {origin(self.file.url)!r} sends it in the content-encoding {encoding[:20]!r}, which was not asked for. Name another --mirror.")

    def _beyond(self, said: str) -> None:
        """The server has nothing behind what is there: it is whole, or it is of another file."""
        total = said.strip().removeprefix("bytes */")
        if self.file.size is None and total in ("", str(self.transfer.have)):
            self.transfer.size = self.transfer.have
            return
        self._other(f"has {total[:20]} bytes of it")

    async def _write(self, answer: Streamed) -> None:
        with disk_errors(self.part), self.part.open("r+b" if self.part.exists() else "wb", buffering=0) as handle:
            handle.truncate(self.transfer.have)
            handle.seek(self.transfer.have)
            synced = self.transfer.have
            async for chunk in answer.chunks:
                room = (MOST_SIZE if self.transfer.size is None else self.transfer.size) - self.transfer.have
                _put(handle, chunk[:room])
                self._at(self.transfer.have + min(len(chunk), room), fetched=len(chunk))
                if len(chunk) >= room:
                    break  # whatever the server still has to say
                if self.transfer.have - synced >= SYNC:
                    synced = self.transfer.have
                    self._sync(handle.fileno(), synced)

    def _sync(self, fd: int, size: int) -> None:
        os.fsync(fd)
        write_json(self.sidecar, {**read_json(self.sidecar), "durable": size, "boot": _boot()})

    def _remember(self, headers: Mapping[str, str]) -> None:
        """Writes down what the part is of, before its first byte."""
        write_json(
            self.sidecar,
            {
                "url": self.file.url,
                "size": self.transfer.size,
                "sha1": self.file.sha1,
                "md5": self.file.md5,
                "etag": headers.get("etag", "")[:1000],
                "modified": headers.get("last-modified", "")[:100],
                "durable": 0,
                "boot": _boot(),
            },
        )

    def _at(self, have: int, fetched: int = 0) -> None:
        self.transfer.have = have
        self.transfer.fetched += fetched

    def _has_progressed(self) -> bool:
        """Whether the last tries brought enough beyond all before them; a drip is none, or a file could take forever."""
        enough = min(65_536, max(1, (self.transfer.size or 6_553_600) // 100))
        if self.transfer.have < self._best + enough:
            return False
        self._best = self.transfer.have
        return True

    def _is_whole(self) -> bool:
        return self._ended if self.transfer.size is None else self.transfer.have == self.transfer.size

    async def _hash(self, path: Path) -> str:
        """The checksum of what is on disk; empty where none is published."""
        return await asyncio.to_thread(_hashed, path, self.kind, self.halt) if self.checksum else ""

    async def _is_sound(self) -> bool:
        """Whether a part that was built on by its length alone unpacks, checksums inside and all."""
        return not self._is_guess or await asyncio.to_thread(_unpacks, self.part, self.file.name, self.halt)

    def _finish(self) -> None:
        with disk_errors(self.path):
            with self.part.open("rb+") as handle:
                os.fsync(handle.fileno())
            self.part.replace(self.path)
            sync_folder(self.path.parent)
        self.notes.note(self.path, self.kind, self.checksum, self.file)
        self.sidecar.unlink(missing_ok=True)
        self.transfer.state = "verified" if self.checksum else "unverified"

    def _restart(self) -> None:
        """What is there is not used; the next bytes are the file's first."""
        self._at(0)
        self._ended = self._is_guess = False
        if self.part.exists():
            os.truncate(self.part, 0)

    def _discard(self) -> None:
        self._best, self._ended, self._is_guess = 0, False, False
        for path in (self.part, self.sidecar):
            path.unlink(missing_ok=True)


async def _chained(first: bytes, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    if first:
        yield first
    async for chunk in chunks:
        yield chunk


def _put(handle: BinaryIO, data: bytes) -> None:
    """Writes all of it; a full disk takes a piece first and refuses the rest."""
    view = memoryview(data)
    while view:
        view = view[handle.write(view) :]


def _hashed(path: Path, kind: str, halt: threading.Event) -> str:
    hashing = hashlib.new(kind, usedforsecurity=False)
    with path.open("rb") as handle:
        while data := handle.read(READ):
            hashing.update(data)
            if halt.is_set():
                raise RunError(f"stopped while {path.name} was checked. Run the same command again to go on.")
    return hashing.hexdigest()


def _unpacks(path: Path, name: str, halt: threading.Event) -> bool:
    try:
        with (gzip.open if name.endswith(".gz") else bz2.open)(path, "rb") as handle:
            while handle.read(READ):
                if halt.is_set():
                    raise RunError(f"stopped while {name} was checked. Run the same command again to go on.")
    except (OSError, EOFError, zlib.error):
        return False
    return True


def _boot() -> str:
    """Names the time since this machine was started; empty where it has no such name."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""

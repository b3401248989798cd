"""A folder of own documents -> which files are read, which are not and why, and a mark of them all. No link is followed, no device opened.

It refuses to know what stands in the files, but for where a big one can be cut between lines.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, NamedTuple

from charkha.core.errors import SourceError
from charkha.core.ids import digest
from charkha.corpus.decode import Unfit

KINDS = {
    ".txt": "text", ".text": "text", ".md": "markdown", ".markdown": "markdown", ".html": "html", ".htm": "html", ".xhtml": "html",
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet", ".arrow": "arrow",
}  # fmt: skip
IN_ROWS = frozenset(("jsonl", "parquet", "arrow"))
CUT_BYTES = 24 << 20  # of a JSONL file in one piece
PILE_BYTES, PILE_FILES = 8 << 20, 200  # small files read one after the other by one process
_BLOCK = 1 << 20
_CACHE = re.compile(r"cache-[0-9a-f]+(?:_\d+_of_\d+)?\.arrow")  # what `datasets` keeps of a map or a shuffle, beside the rows themselves


class Refusal(NamedTuple):
    """What no page came of: a file, or rows of it (`row` is the first of `rows`, counted from 1; 0 for the file itself)."""

    file: str
    row: int
    reason: str
    detail: str
    rows: int = 1

    @property
    def told(self) -> str:
        """As one line."""
        place = f" row {self.row:,}" if self.row else ""
        more = f" (and {self.rows - 1:,} more rows)" if self.rows > 1 else ""
        line = f"{self.file}{place}: {self.reason.replace('_', ' ')}: {self.detail}{more}"
        return "".join(char if char.isprintable() else " " for char in line)


@dataclass(frozen=True, slots=True)
class DocumentFile:
    """A file, or a stretch of a JSONL file: bytes start..end of it, behind `row` lines. `name` is its path in its folder."""

    path: Path
    name: str
    kind: str
    size: int
    start: int = 0
    end: int | None = None
    row: int = 0


@dataclass(frozen=True, slots=True)
class Pile:
    """What one process reads in one go."""

    files: tuple[DocumentFile, ...]


@dataclass
class Survey:
    """What there is. `others`: files of kinds that are not read, by extension. `mark`: the same where names and contents are."""

    files: list[DocumentFile] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)
    mark: str = ""

    def piles(self) -> list[Pile]:
        """The files in their order, in piles of like size, whatever the number of processes."""
        made: list[Pile] = []
        held: list[DocumentFile] = []
        size = 0
        for file in self.files:
            own = (file.end or file.size) - file.start
            if held and (size + own > PILE_BYTES or len(held) >= PILE_FILES):
                made.append(Pile(tuple(held)))
                held, size = [], 0
            held.append(file)
            size += own
        return [*made, Pile(tuple(held))] if held else made


def survey(paths: Sequence[Path]) -> Survey:
    """Looks at files and folders and all that is in them, in the order of their names.

    Raises:
        SourceError: a path that is not there; two files under one name.
    """
    found = Survey()
    marks: dict[str, str] = {}
    for root in paths:
        for file in _under(root, found, several=len(paths) > 1):
            if file.name in marks:
                raise SourceError(
                    f"two documents are named {file.name!r} ({str(file.path)!r}). Name the folder that holds both, once."
                )
            try:
                marks[file.name], cuts = _hash(file)
            except Unfit as error:
                found.refused.append(Refusal(file.name, 0, error.reason, error.detail))
                continue
            found.files += _cut(file, cuts)
    found.mark = digest([sorted(marks.items()), sorted(map(list, found.refused)), sorted(found.others.items())])[:24]
    return found


def shown(name: str) -> str:
    """A file's name as it can be written down: bytes that are no UTF-8 as escapes, on one line."""
    text = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def open_document(path: Path) -> BinaryIO:
    """Opens a file for reading; a link, a pipe or a device is not.

    Raises:
        Unfit: `unreadable`, or `no_file`.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise Unfit("unreadable", error.strerror or "it cannot be opened") from error
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise Unfit("no_file", "it is a pipe, a device or a socket, and is not opened")
    return os.fdopen(handle, "rb")


def _under(root: Path, found: Survey, *, several: bool) -> Iterator[DocumentFile]:
    try:
        root = root.resolve(strict=True)  # the one link that is followed: the user's own word
        folder = root.is_dir()
    except (OSError, RuntimeError) as error:
        told = getattr(error, "strerror", None) or error
        raise SourceError(f"cannot read the documents {str(root)!r}: {told}. Check source.documents in the recipe.") from error
    if folder:
        yield from _files(_entries(root, f"{shown(root.name)}/" if several else "", root, found), found)
    else:
        yield from _files([(root, shown(root.name))], found)


def _entries(folder: Path, prefix: str, root: Path, found: Survey) -> Iterator[tuple[Path, str]]:
    """All that is no folder, with its name, below a folder; no recursion, however deep it is."""
    waiting = [(folder, prefix)]
    while waiting:
        folder, prefix = waiting.pop()
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            found.refused.append(Refusal(prefix.rstrip("/") or shown(root.name), 0, "unreadable", f"the folder: {error.strerror}"))
            continue
        inside = []
        for entry in entries:
            path, name = Path(entry.path), prefix + shown(entry.name)
            if entry.name.startswith("."):
                found.others["hidden"] += 1
            elif entry.is_symlink():
                found.refused.append(Refusal(name, 0, "link", _leads(path, root)))
            elif entry.is_dir(follow_symlinks=False):
                inside.append((path, f"{name}/"))
            else:
                yield path, name
        waiting += reversed(inside)


def _leads(path: Path, root: Path) -> str:
    try:
        target = path.resolve(strict=True)
    except (OSError, RuntimeError):
        return "it leads nowhere"
    if not target.is_relative_to(root):
        return "it leaves the folder and is not followed"
    return "what it leads to is read under its own name"


def _files(entries: Iterable[tuple[Path, str]], found: Survey) -> Iterator[DocumentFile]:
    """The files of kinds that are read. A README.md above rows is a dataset's card, where no other text stands beside or below it."""
    held = list(entries)
    above: dict[bool, set[Path]] = {True: set(), False: set()}  # the folders that hold rows, and those that hold texts
    for path, _ in held:
        kind = KINDS.get(path.suffix.lower())
        if kind and path.name != "README.md":
            above[kind in IN_ROWS].update(path.parents)
    for path, name in held:
        kind = KINDS.get(path.suffix.lower())
        if kind is None:
            found.others[shown(path.suffix.lower()) or "no extension"] += 1
        elif path.name == "README.md" and path.parent in above[True] - above[False]:
            found.others["a dataset's README.md"] += 1
        elif _CACHE.fullmatch(path.name):
            found.others["a dataset's cache"] += 1
        else:
            yield DocumentFile(path, name, kind, 0)


def _hash(file: DocumentFile) -> tuple[str, tuple[tuple[int, int], ...]]:
    """The hash of a file's bytes, and where it can be cut: (byte, lines before); the last is its size."""
    with open_document(file.path) as handle:
        status = os.fstat(handle.fileno())
    return _hash_of(file.path, file.kind == "jsonl", (status.st_size, status.st_mtime_ns, status.st_ino))


@lru_cache(maxsize=1 << 16)
def _hash_of(path: Path, in_lines: bool, status: tuple[int, ...]) -> tuple[str, tuple[tuple[int, int], ...]]:
    hashed = hashlib.blake2b(digest_size=16)
    at = lines = 0
    cuts = [(0, 0)]
    with open_document(path) as handle:
        while block := _read(handle):
            hashed.update(block)
            end = block.rfind(b"\n") + 1
            if in_lines and end:
                if at + end - cuts[-1][0] >= CUT_BYTES:
                    cuts.append((at + end, lines + block.count(b"\n")))
                lines += block.count(b"\n")
            at += len(block)
    return hashed.hexdigest(), (*(cut for cut in cuts if not cut[0] or cut[0] < at), (at, lines))


def _read(handle: BinaryIO) -> bytes:
    try:
        return handle.read(_BLOCK)
    except OSError as error:
        raise Unfit("unreadable", error.strerror or "it cannot be read") from error


def _cut(file: DocumentFile, cuts: tuple[tuple[int, int], ...]) -> list[DocumentFile]:
    size = cuts[-1][0]
    ends = [at for at, _ in cuts[1:-1]] + [None]
    return [
        replace(file, size=size, start=start, end=end, row=row) for (start, row), end in zip(cuts[:-1], ends, strict=True)
    ]

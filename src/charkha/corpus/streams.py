"""Bytes of a dump file, whatever it is packed in, whole or a slice of it at a time.

A torn or rotten stream ends or interrupts them, with the place told; it never ends the program. A multistream .bz2 is cut
where a stream begins, a plain file anywhere: slices are read by processes that share nothing.
"""

from __future__ import annotations

import bz2
import io
import lzma
import mmap
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import zstandard

from charkha.core.errors import SourceError

_READ = 1 << 18  # compressed bytes a read
_BLOCK = 1 << 22  # decompressed bytes a block at most: a small file that unpacks to gigabytes stays small here
_BZ2_STREAM = b"1AY&SY"  # after "BZh" and the level: the first block of a stream
_AT_ONCE = 8 << 20  # compressed bytes of a slice that is unpacked at once
_MOST_BLOCKS = 24  # of it; a slice that unpacks to more is read block by block
_XML_PER_BZ2 = 6  # what wikitext in XML unpacks to; only the size of slices depends on it

_UNPACKERS: dict[str, Callable[[], Any]] = {  # a fresh decompressor of each packing
    "bz2": bz2.BZ2Decompressor,
    "gz": lambda: zlib.decompressobj(31),
    "xz": lzma.LZMADecompressor,
    "zst": lambda: zstandard.ZstdDecompressor().decompressobj(),
}
_DAMAGE = (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError, zstandard.ZstdError)
Stopped = Callable[[str, bool], None]


@dataclass(frozen=True, slots=True)
class Slice:
    """A stretch of a dump file: the pages that begin in bytes start..end of it; `last` when it reaches the file's end."""

    path: Path
    start: int = 0
    end: int | None = None

    @property
    def last(self) -> bool:
        """Whether the slice reaches the end of its file."""
        return self.end is None


def cut(path: Path, xml_bytes: int) -> list[Slice]:
    """A file in slices of about `xml_bytes` of XML; one slice where its packing allows no cut.

    Raises:
        SourceError: the file cannot be opened.
    """
    with _open(path) as file:
        magic = file.read(6)
        size = path.stat().st_size
        if _packing(magic) == "plain":
            starts = list(range(0, max(1, size - xml_bytes // 2), xml_bytes))  # the end tag is not cut in two
        elif magic.startswith(b"BZh"):
            starts = _stream_starts(file, size, max(1, xml_bytes // _XML_PER_BZ2))
        else:
            starts = [0]
    ends: list[int | None] = [*starts[1:], None]
    return [Slice(path, start, end) for start, end in zip(starts, ends, strict=True)]


def _stream_starts(file: BinaryIO, size: int, step: int) -> list[int]:
    """Where a bz2 stream begins, every `step` compressed bytes or later; only looked for near those places."""
    starts = [0]
    if size <= step:
        return starts
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
        while (found := view.find(_BZ2_STREAM, starts[-1] + max(step, 5))) >= 0:
            while found >= 0 and view[found - 4 : found - 1] != b"BZh":
                found = view.find(_BZ2_STREAM, found + 1)
            if found < 0:
                break
            starts.append(found - 4)
    return starts


def read_blocks(piece: Slice, stopped: Stopped, *, whole: bool = False) -> Iterator[tuple[bytes, bool]]:
    """Decompressed blocks from a slice's start to the end of its file, by the file's first bytes rather than its name.

    Args:
        piece: a slice of a .xml, .xml.bz2 (one or many streams), .xml.gz, .xml.xz or .xml.zst file.
        stopped: told "bz2 stream ends at byte N of FILE" when the data ends too early (True), or that a stream in the
            middle is damaged and the next one is taken up (False).
        whole: the caller wants all of the slice, so that a small one may be unpacked at once.

    Yields:
        A block, and whether it belongs to the slice; what follows is there to finish the slice's last page, and an empty
        block comes before it, so that a slice that ends between pages need not read on.

    Raises:
        SourceError: the file cannot be opened.
    """
    with _open(piece.path) as file:
        packing = _packing(file.read(6))
        file.seek(piece.start)
        if packing == "plain":
            yield from _plain(file, piece)
            return
        if whole and packing == "bz2" and (blocks := _at_once(file, piece)):
            yield from ((block, True) for block in blocks)
            if piece.last:
                return
        yield from _packed(file, piece, packing, stopped)


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise SourceError(f"cannot open the dump {str(path)!r}: {error.strerror}. Check the path.") from error


def _packing(magic: bytes) -> str:
    for start, packing in ((b"BZh", "bz2"), (b"\x1f\x8b", "gz"), (b"\xfd7zXZ\x00", "xz"), (b"\x28\xb5\x2f\xfd", "zst")):
        if magic.startswith(start):
            return packing
    return "plain"


def _plain(file: BinaryIO, piece: Slice) -> Iterator[tuple[bytes, bool]]:
    left = _BLOCK if piece.end is None else piece.end - piece.start
    while left > 0 and (block := file.read(min(_BLOCK, left))):
        yield block, True
        left -= len(block) if piece.end is not None else 0
    if piece.end is not None:
        yield b"", False
        while block := file.read(_BLOCK):
            yield block, False


def _at_once(file: BinaryIO, piece: Slice) -> list[bytes]:
    """A small slice of a .bz2 by a library that needs a quarter less time; the file then stands behind the slice.

    Nothing, and the file where it stood, where the library is missing or the data is damaged, cut or followed by anything
    else: what is wrong there is for the slow way to say. Its threads do not outlive the call.
    """
    try:
        from rapidgzip import IndexedBzip2File
    except ImportError:
        return []
    size = (piece.end or piece.path.stat().st_size) - piece.start
    if size > _AT_ONCE:
        return []
    blocks: list[bytes] = []
    with suppress(RuntimeError, ValueError), IndexedBzip2File(io.BytesIO(file.read(size)), parallelization=1) as unpacked:
        while len(blocks) < _MOST_BLOCKS and (block := unpacked.read(_BLOCK)):
            blocks.append(block)
        if unpacked.tell_compressed() == size * 8:  # bits; it stops at garbage without a word
            return blocks
    file.seek(piece.start)
    return []


def _packed(file: BinaryIO, piece: Slice, kind: str, stopped: Stopped) -> Iterator[tuple[bytes, bool]]:
    """All streams from a slice's start on; every one starts a fresh decompressor, which is faster than bz2.open."""
    path, unpacker, own = piece.path, None, True
    at = file.tell()  # compressed bytes read
    while data := file.read(_READ):
        at += len(data)
        while data:
            if unpacker is None:
                if not data.strip(b"\0"):
                    break  # padding after the last stream
                if own and piece.end is not None and at - len(data) >= piece.end:
                    own = False
                    yield b"", False
                unpacker = _UNPACKERS[kind]()
            try:
                for block in _unpack(unpacker, data, kind):
                    yield block, own
            except _DAMAGE as error:
                if own:
                    stopped(f"{kind} data is damaged near byte {at - len(data)} of {path.name} ({error})", False)
                data, at = _next_stream(file, data, at) if kind == "bz2" else (b"", at)
                unpacker = None
                if not data:
                    return
                continue
            if not unpacker.eof:
                break
            data = unpacker.unused_data
            unpacker = None
    if unpacker is not None and own:
        stopped(f"{kind} stream ends at byte {at} of {path.name}", True)


def _unpack(unpacker: Any, data: bytes, kind: str) -> Iterator[bytes]:
    """What a piece of compressed data unpacks to, in blocks of bounded size where the library can bound them."""
    if kind in ("bz2", "xz"):
        block = unpacker.decompress(data, _BLOCK)
        while block:
            yield block
            block = b"" if unpacker.eof or unpacker.needs_input else unpacker.decompress(b"", _BLOCK)
    elif kind == "gz":
        block = unpacker.decompress(data, _BLOCK)
        while block:
            yield block
            block = unpacker.decompress(unpacker.unconsumed_tail, _BLOCK) if unpacker.unconsumed_tail else b""
    elif block := unpacker.decompress(data):
        yield block


def _next_stream(file: BinaryIO, data: bytes, at: int) -> tuple[bytes, int]:
    """What follows from the next bz2 stream on, and the count of bytes read; empty at the end of the file."""
    data = data[4:]
    while True:
        found = data.find(_BZ2_STREAM)
        while found >= 0:
            if found >= 4 and data[found - 4 : found - 1] == b"BZh":
                return data[found - 4 :], at
            found = data.find(_BZ2_STREAM, found + 1)
        more = file.read(_READ)
        if not more:
            return b"", at
        at += len(more)
        data = data[-10:] + more

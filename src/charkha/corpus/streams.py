"""Bytes of a dump file, whatever it is packed in; a torn or rotten stream ends them, with the place, not the program."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from charkha.core.errors import MissingDependency, SourceError

_READ = 1 << 18  # compressed bytes a read
_PLAIN = 1 << 22
_BZ2_STREAM = b"1AY&SY"  # after "BZh" and the level: the first block of a stream


def read_blocks(path: Path, stopped: Callable[[str, bool], None]) -> Iterator[bytes]:
    """Decompressed blocks of a file, by its first bytes rather than its name.

    Args:
        path: a .xml, .xml.bz2 (one or many streams), .xml.gz, .xml.xz or .xml.zst file.
        stopped: told "bz2 stream ends at byte N of FILE" when the data ends too early (True), or that a stream in the
            middle is damaged and the next one is taken up (False).

    Raises:
        SourceError: the file cannot be opened.
        MissingDependency: .zst without a library that reads it.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise SourceError(f"cannot open the dump {str(path)!r}: {error.strerror}. Check the path.") from error
    with file:
        magic = file.read(6)
        file.seek(0)
        if magic.startswith(b"BZh"):
            yield from _packed(file, path, "bz2", bz2.BZ2Decompressor, stopped)
        elif magic.startswith(b"\x1f\x8b"):
            yield from _packed(file, path, "gz", lambda: zlib.decompressobj(31), stopped)
        elif magic.startswith(b"\xfd7zXZ\x00"):
            yield from _packed(file, path, "xz", lzma.LZMADecompressor, stopped)
        elif magic.startswith(b"\x28\xb5\x2f\xfd"):
            yield from _packed(file, path, "zst", _zstd(path), stopped)
        else:
            while block := file.read(_PLAIN):
                yield block


def _zstd(path: Path) -> Callable[[], Any]:
    try:
        from compression.zstd import ZstdDecompressor  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        try:
            from zstandard import ZstdDecompressor as Outer  # type: ignore[import-not-found, unused-ignore]
        except ImportError as error:
            raise MissingDependency(
                f"{str(path)!r} is zstd and no library reads it. Run: pip install zstandard"
            ) from error
        return lambda: Outer().decompressobj()
    return ZstdDecompressor  # type: ignore[no-any-return, unused-ignore]


def _packed(
    file: BinaryIO, path: Path, kind: str, make: Callable[[], Any], stopped: Callable[[str, bool], None]
) -> Iterator[bytes]:
    """All streams of a file; every one starts a fresh decompressor, which is faster than bz2.open."""
    unpacker: Any = None
    at = 0  # compressed bytes read
    while data := file.read(_READ):
        at += len(data)
        while data:
            if unpacker is None:
                if not data.strip(b"\0"):
                    break  # padding after the last stream
                unpacker = make()
            try:
                block = unpacker.decompress(data)
            except (OSError, zlib.error, lzma.LZMAError, EOFError, ValueError) as error:
                stopped(f"{kind} data is damaged near byte {at - len(data)} of {path.name} ({error})", False)
                data, at = _next_stream(file, data, at) if kind == "bz2" else (b"", at)
                unpacker = None
                if not data:
                    return
                continue
            if block:
                yield block
            if not unpacker.eof:
                break
            data = unpacker.unused_data
            unpacker = None
    if unpacker is not None:
        stopped(f"{kind} stream ends at byte {at} of {path.name}", True)


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

"""The header of a GGUF file, read before an engine maps it: a file cut short kills the process that maps it (SIGBUS).

Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, versions 2 and 3, little-endian. No package is
needed.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, BinaryIO

from charkha.core.errors import RecipeError

MAGIC = b"GGUF"
LONGEST = 1 << 27  # bytes of one string, items of one list; more is no header
_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9
# ggml type -> (weights of a block, bytes of a block). A type that is not here is left out of the sum.
_BLOCKS = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34), 9: (32, 40), 10: (256, 84),
    11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210), 15: (256, 292), 16: (256, 66), 17: (256, 74),
    18: (256, 98), 19: (256, 50), 20: (32, 18), 21: (256, 110), 22: (256, 82), 23: (256, 136), 24: (1, 1), 25: (1, 2),
    26: (1, 4), 27: (1, 8), 28: (1, 8), 29: (256, 56), 30: (1, 2), 34: (256, 54), 35: (256, 66), 39: (32, 17),
    40: (64, 36), 41: (128, 18),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Header:
    """architecture: llama.cpp's name of the model family. context: tokens it was trained on, where it says so."""

    architecture: str
    context: int | None


def read_header(path: Path) -> Header:
    """Reads the header and holds the file's size against the tensors it announces.

    Raises:
        RecipeError: no such file, not a GGUF, of a version not known, or cut short.
    """
    try:
        with path.open("rb") as file:
            return _read(file, path)
    except OSError as error:
        raise RecipeError(
            f"cannot read the model {str(path)!r}: {error.strerror}. Name an existing GGUF file."
        ) from error
    except (struct.error, ValueError, RecursionError) as error:
        raise _broken(path, "its header ends too early or makes no sense") from error


def _read(file: BinaryIO, path: Path) -> Header:
    start = file.read(4)
    if start != MAGIC:
        way_out = "Name a .gguf file; llama.cpp's convert_hf_to_gguf.py makes one of a Hugging Face folder."
        raise RecipeError(f"{str(path)!r} is no GGUF: it begins with {start!r}. {way_out}")
    (version,) = _unpack(file, "<I")
    if version not in (2, 3):
        raise RecipeError(
            f"{str(path)!r} is a GGUF of version {version}; 2 and 3 are known. Get a current little-endian one."
        )
    tensors, keys = _unpack(file, "<QQ")
    if tensors > LONGEST or keys > LONGEST:
        raise ValueError("too many")
    values = dict(_values(file, keys))
    ends = [end for _ in range(tensors) for end in _tensor(file)]
    unit = int(values.get("general.alignment") or 32)
    data = -(-file.tell() // unit) * unit
    wanted, found = data + max(ends, default=0), file.seek(0, 2)
    if found < wanted:
        raise _broken(path, f"it is cut short, {found} of {wanted} bytes")
    architecture = str(values.get("general.architecture") or "")
    context = values.get(f"{architecture}.context_length")
    return Header(architecture, context if isinstance(context, int) and context > 0 else None)


def _broken(path: Path, what: str) -> RecipeError:
    return RecipeError(f"the model {str(path)!r} is broken: {what}. Download it again and compare its checksum.")


def _values(file: BinaryIO, count: int) -> Iterator[tuple[str, Any]]:
    for _ in range(count):
        name, (kind,) = _string(file), _unpack(file, "<I")
        yield name, _value(file, kind)


def _value(file: BinaryIO, kind: int) -> Any:
    """A scalar or string; None for a list, which is skipped."""
    if kind == _STRING:
        return _string(file)
    if kind != _ARRAY:
        return _unpack(file, f"<{_scalar(kind)}")[0]
    inner, count = _unpack(file, "<IQ")
    if count > LONGEST:
        raise ValueError("too long")
    if inner in (_STRING, _ARRAY):
        for _ in range(count):
            _value(file, inner)
    else:
        file.seek(count * struct.calcsize(_scalar(inner)), 1)
    return None


def _scalar(kind: int) -> str:
    if kind not in _SCALARS:
        raise ValueError("no such type")
    return _SCALARS[kind]


def _tensor(file: BinaryIO) -> Iterator[int]:
    """Where a tensor's bytes end, counted from the start of the data."""
    _string(file)
    (dimensions,) = _unpack(file, "<I")
    if dimensions > 8:
        raise ValueError("too many dimensions")
    *shape, kind, offset = _unpack(file, f"<{dimensions}QIQ")
    weights, size = _BLOCKS.get(kind, (1, 0))
    yield offset + prod(shape) // weights * size


def _string(file: BinaryIO) -> str:
    (size,) = _unpack(file, "<Q")
    if size > LONGEST:
        raise ValueError("too long")
    return file.read(size).decode("utf-8", "replace")


def _unpack(file: BinaryIO, form: str) -> tuple[Any, ...]:
    return struct.unpack(form, file.read(struct.calcsize(form)))

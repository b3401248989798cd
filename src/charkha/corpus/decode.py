"""Bytes of an own document -> text, without a single character lost or guessed; what cannot be is told, never mended.

UTF-8, a byte order mark, or the encoding that a page declares of itself; else a guess, which counts only where it is sure and reads as the
language. It refuses to know files and markup.
"""

from __future__ import annotations

import codecs
import re

from charkha.core.errors import SourceError
from charkha.languages import Language
from charkha.text.script import script_share

_MARKS = (  # UTF-32 first: its mark begins with that of UTF-16
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"),
)  # fmt: skip
_DECLARED = re.compile(rb"""<(?:meta\b[^>]{0,400}?\bcharset|\?xml\b[^>]{0,100}?\bencoding)\s*=\s*["']?\s*([A-Za-z0-9_.:-]{2,40})""", re.IGNORECASE)
_HEAD = 4096  # bytes in which a page declares its encoding
_LEGACY = re.compile(
    r"(?:cp|windows-?|mac|iso-?8859-?|koi8-?|tis-?|gb|big5|euc|shift|johab|latin|hz)[\w-]*|sjis|ascii|us-ascii", re.IGNORECASE
)
_AS_WINDOWS = {"iso8859-1": "cp1252", "ascii": "cp1252", "iso8859-9": "cp1254", "tis-620": "cp874"}  # as browsers read them
_SAMPLE = 1 << 15  # bytes that a guess is made of
_SURE = 0.1  # of a guess's disorder, at most
_READS = 0.6  # of its letters that are in the language's script
_CONTROL = re.compile(rb"[\x01-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_LOST = re.compile("[\ufffd\ud800-\udfff]")


class Unfit(SourceError):
    """A document of which no page comes; the others are read on."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason, self.detail = reason, detail

    def __reduce__(self) -> tuple[type[Unfit], tuple[str, str]]:
        return Unfit, (self.reason, self.detail)


def decode(data: bytes, language: Language, *, markup: bool = False) -> str:
    """The text of a document.

    Args:
        data: all of its bytes.
        language: in whose script a guessed encoding must read.
        markup: it is HTML, which may declare its encoding.

    Raises:
        Unfit: `empty`, `binary`, or `encoding`.
    """
    for mark, name in _MARKS:
        if data.startswith(mark):
            return _strictly(data[len(mark) :], name, f"its byte order mark says {name}")
    if b"\0" in data:
        raise Unfit("binary", "it holds NUL bytes, as no text does but UTF-16 that lacks its byte order mark")
    if len(_CONTROL.findall(data[:_SAMPLE])) > len(data[:_SAMPLE]) // 50:
        raise Unfit("binary", "it holds bytes that no text has")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        place = f"byte {error.start:,} is no UTF-8"
    declared = _DECLARED.search(data, 0, _HEAD) if markup else None
    if declared is not None:
        return _strictly(data, _legacy(declared[1].decode("ascii")), f"it declares {declared[1].decode('ascii')!r}")
    return _guessed(data, language, place)


def _strictly(data: bytes, name: str, told: str) -> str:
    try:
        return data.decode(name)
    except UnicodeDecodeError as error:
        raise Unfit("encoding", f"{told}, but byte {error.start:,} is none of it") from error


def _legacy(name: str) -> str:
    """Python's name of a declared encoding; only those of texts, since Python also decodes zip and rot13."""
    if name.lower().replace("_", "-") in ("utf-8", "utf8"):
        return "utf-8"
    try:
        found = codecs.lookup(name).name if _LEGACY.fullmatch(name) else ""
    except LookupError:
        found = ""
    if not found:
        raise Unfit("encoding", f"it declares {name!r}, which is no encoding of texts that is known")
    return _AS_WINDOWS.get(found, found)


def _guessed(data: bytes, language: Language, place: str) -> str:
    """The text in the encoding that a library is sure of, where all its best guesses read the same, and as the language."""
    from charset_normalizer import from_bytes

    matches = list(from_bytes(data[:_SAMPLE]))
    best = [match for match in matches if (match.chaos, match.coherence) == (matches[0].chaos, matches[0].coherence)]
    if not best or best[0].chaos > _SURE or len({str(match) for match in best}) > 1:
        raise Unfit("encoding", f"{place}, and no other encoding is sure")
    name = best[0].encoding
    if script_share(str(best[0]), language) < _READS:
        raise Unfit("encoding", f"{place}, and read as {name} it is not in the script of {language.name}")
    return _strictly(data, name, f"{place}; it looks like {name}")


def whole(text: str) -> str:
    """The text itself.

    Raises:
        Unfit: `encoding`, it lost characters before it came here: U+FFFD or half of a pair stands where one was.
    """
    found = _LOST.search(text)
    if found is not None:
        line = text.count("\n", 0, found.start()) + 1
        raise Unfit("encoding", f"U+{ord(found[0]):04X} in line {line:,}: it lost characters before it came here")
    return text

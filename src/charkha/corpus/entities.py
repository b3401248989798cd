"""Character references of HTML, as MediaWiki reads them: with their semicolon, once, never into new markup."""

from __future__ import annotations

import re
from html.entities import html5

from charkha.corpus.marks import guard, is_guarded

_ENTITY = re.compile(r"&(#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]\w{0,31});")


def decode(text: str) -> str:
    """Text with its references resolved; what they spell is guarded, spaces of any width become plain ones."""
    return _ENTITY.sub(_decode, text)


def _decode(entity: re.Match[str]) -> str:
    name = entity[1]
    if name[0] == "#":
        try:
            point = int(name[2:], 16) if name[1] in "xX" else int(name[1:])
        except ValueError:
            return entity[0]
        if point in (0x09, 0x0A, 0x0D, 0xA0):
            return " "
        if (
            point < 0x20
            or 0xD800 <= point <= 0xDFFF
            or point > 0x10FFFF
            or 0x7F <= point <= 0x9F
            or 0xFDD0 <= point <= 0xFDEF
            or point in (0xFFFE, 0xFFFF)
        ):
            return entity[0]
        char = chr(point)
    else:
        char = html5.get(name + ";", "")
        if not char:
            return entity[0]
    if char in "\u00a0\u2002\u2003\u2009\u200a\u202f":
        return " "
    if char == "\u00ad":
        return ""
    return guard(char) if len(char) == 1 and is_guarded(char) else char

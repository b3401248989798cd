"""Marks inside a line: apostrophes, external links, switches, entities, and the holes that removals leave."""

from __future__ import annotations

import re

from charkha.corpus.entities import decode
from charkha.corpus.marks import COMMENT, GAP, NOTHING
from charkha.corpus.names import Names
from charkha.corpus.tags import unwrap

_EXTERNAL = re.compile(
    r"\[(?:(?:https?|ftps?|sftp|ircs?|news|gopher|telnet|git|svn|worldwind|nntp|ssh)://|mailto:|tel:|urn:|magnet:|sms:|//)"
    r"[^\s\[\]<>\"]*[ \t\u00a0]*((?:[^\[\]\n]|\[\[[^\[\]\n]*\]\]|\[(?!\[|[a-z]+:|//))*)\]",
    re.IGNORECASE,
)
_APOSTROPHES = re.compile(r"'{2,}")
_SPACES = re.compile("   *")  # two literal spaces first: the search for them runs in C
_MAYBE_EMPTY = re.compile(r"\([ ,)]")
_STRAY_NOTHING = re.compile(rf"(?<!\]\]){NOTHING}")
_EMPTY_BRACKETS = re.compile(r"(?<=\s)\((?:[ ,]*| [ ,;]*)\) ?|(?<=\S) ?\((?: [ ,;]*|,[ ,;]*)\)")
_CLOSING = ",.;:।॥)]،۔؛؟!?’”»"
_OPENING = "([“‘«"
_JOINTS = " ,;:/·،؛"
_DASHES = _JOINTS + "-–—"


def polish(text: str, names: Names) -> str:
    """Prose with [[links]] as its only markup left: tags, apostrophes, entities resolved, holes closed."""
    if "''" in text:
        text = _unquote(text)  # before tags go: ''i''<sub>''1''</sub> are two pairs, not a run of four
    text = unwrap(text)
    if "[" in text and ("//" in text or ":" in text):
        text = _EXTERNAL.sub(lambda link: link[1] or GAP, text)
    if "__" in text:
        text = names.switches.sub(GAP, text)
    if "&" in text:
        text = decode(text)
    text = close_gaps(text)
    if NOTHING in text:
        text = _STRAY_NOTHING.sub("", text)
    return tidy_spaces(text)


def tidy_spaces(text: str) -> str:
    """Single plain spaces, and no empty brackets."""
    if "\u00a0" in text:
        text = text.replace("\u00a0", " ")
    if "\t" in text:
        text = text.replace("\t", " ")
    if "  " in text:
        text = _SPACES.sub(" ", text)
    return _EMPTY_BRACKETS.sub("", text) if _MAYBE_EMPTY.search(text) else text


def _unquote(text: str) -> str:
    return "\n".join(_unquote_line(line) if "''" in line else line for line in text.split("\n"))


def _unquote_line(line: str) -> str:
    """A line without bold and italics, as Parser::doQuotes reads runs of apostrophes."""
    rest = line.replace("'''", "")
    if (line.count("'''") % 2 == 0 or rest.count("''") % 2 == 0) and "''''''" not in line:
        return rest.replace("''", "")  # a run of four leaves its apostrophe, one of five nothing
    parts = re.split(r"('{2,})", line)
    bold = italic = 0
    for at in range(1, len(parts), 2):
        run = len(parts[at])
        odd = 1 if run == 4 else max(0, run - 5)  # apostrophes that a run has too many belong to the word before it
        parts[at - 1] += "'" * odd
        parts[at] = parts[at][odd:]
        bold += run > 2
        italic += run == 2 or run > 4
    threes = [at for at in range(1, len(parts), 2) if len(parts[at]) == 3]
    if bold % 2 and italic % 2 and threes:
        # Both unbalanced: MediaWiki takes one ''' for an apostrophe before ''; best after a one-letter word.
        parts[min(threes, key=lambda at: _rank(parts[at - 1])) - 1] += "'"
    return _APOSTROPHES.sub("'", "".join(parts[::2]))  # MediaWiki would show those that belong to no pair


def _rank(before: str) -> int:
    if before[-1:] == " ":
        return 2
    return 0 if before[-2:-1] == " " else 1


def close_gaps(text: str) -> str:
    """Text without gap marks: no space before a full stop or comma, no empty brackets, no doubled commas behind them."""
    if COMMENT in text:
        text = text.replace(COMMENT, GAP)
    if GAP not in text:
        return text
    parts = text.split(GAP)
    pieces = [parts[0]]
    left = parts[0]
    for right in parts[1:]:
        if not right:
            continue
        left, right = _join(left, right)
        pieces[-1] = left
        pieces.append(right)
        if right or not left:
            left = right
        else:
            pieces.pop()
    return "".join(pieces)


def _join(left: str, right: str) -> tuple[str, str]:
    """Both sides of a hole as they meet when it closes."""
    if right[0] == " " and (not left or left[-1] in " \n|" or left[-1] in _OPENING or left[-2:] == "[["):
        right = right.lstrip(" ")
        if not right:
            return left, right
    stripped = right.lstrip(" ")
    before = left.rstrip(" ")
    if before[-1:] in ("(", "[") and before[-2:] != "[[":
        left, right = before, right.lstrip(_JOINTS)
        stripped = right
    ahead = stripped[:1]
    if ahead in (")", "]") and ahead and stripped[:2] != "]]":
        trimmed = left.rstrip(_DASHES)
        if trimmed[-1:] == ("(" if ahead == ")" else "["):
            left, right = trimmed[:-1].rstrip(" "), stripped[1:]
            if right[:1] not in (" ", "\n", "") and right[0] not in _CLOSING and left:
                left += " "
            return left, right
        return left.rstrip(_JOINTS), stripped
    if ahead and ahead in _CLOSING and stripped[:2] not in ("[[", "]]"):
        trimmed = left.rstrip(" ")
        if ahead in ",;،؛" and trimmed[-1:] in (",", ";", "،", "؛"):
            trimmed = trimmed[:-1]
        return trimmed, stripped
    return left, right

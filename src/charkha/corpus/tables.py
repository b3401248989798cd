"""Tables: out of the prose, and rows of cells for who wants them."""

from __future__ import annotations

import re

from charkha.corpus.marks import COMMENT, GAP, guard

_EDGE = re.compile(rf"^[ \t:*#;{GAP}{COMMENT}]*(\{{\|)|^[ \t{GAP}{COMMENT}]*(\|\}}(?!\}}))", re.MULTILINE)
_HTML_EDGE = re.compile(r"<(/?)table\b[^<>]*>", re.IGNORECASE)
_CELL = re.compile(r"\n[ \t]*[|!]")
_RECOVERY = re.compile(r"\n(?==)|\n[ \t]*\n(?![ \t\n]*[|!{])")
_HEADINGS = re.compile(r"\n=[^\n]*=(?=[ \t]*(?:\n|$))")
_HTML_ROW = re.compile(r"<tr\b[^<>]*>", re.IGNORECASE)
_HTML_CELL = re.compile(r"<t[dh]\b[^<>]*>", re.IGNORECASE)
_HTML_CLOSE = re.compile(r"</?(?:tr|td|th|table|tbody|thead|tfoot|caption)\b[^<>]*>", re.IGNORECASE)
_HTML_PIPE = re.compile(r"\|(?![^\[\]]*\]\])")  # outside links a pipe divides no cells here


def take_tables(text: str, bodies: list[str]) -> str:
    """Text without tables; their raw bodies, inner tables first, are added to `bodies`."""
    if "{|" in text:
        text = _take_wiki(text, bodies).replace("{|", GAP)  # inside a line it opens none
    if "<table" in text or "<TABLE" in text:
        text = _take_html(text, bodies)
    return text


def _take_wiki(text: str, bodies: list[str]) -> str:
    stack: list[tuple[int, list[str]]] = []  # where the rest of each open table's body starts, what came before it
    pieces: list[str] = []
    at = 0
    for edge in _EDGE.finditer(text):
        if edge[1]:
            (stack[-1][1] if stack else pieces).append(text[at : edge.start()])
            stack.append((edge.end(), []))
            at = edge.end()
        elif stack:
            start, inner = stack.pop()
            body = "".join(inner) + text[at : edge.start()]
            bodies.append(body)
            at = edge.end()
            if "\n=" in body:  # a heading inside a cell is one of the page's
                (stack[-1][1] if stack else pieces).extend(_HEADINGS.findall(body))
            if not stack and pieces and pieces[-1][-1:] not in ("\n", ""):
                pieces.append("\n")
        # a closing without a table stays; the line is dropped where lines are read
    if stack:  # open to the end: MediaWiki closes it there; prose after the rows is not given up with them
        body = text[at:]
        if not stack[-1][1] and not _CELL.search(body):  # no row ever comes: browsers show what follows the line
            return "".join(pieces) + body[body.find("\n") if "\n" in body else len(body) :]
        end = _RECOVERY.search(body)
        bodies.append("".join(stack[-1][1]) + (body[: end.start()] if end else body))
        return "".join(pieces) + (body[end.start() :] if end else "")
    pieces.append(text[at:])
    return "".join(pieces)


def _take_html(text: str, bodies: list[str]) -> str:
    pieces: list[str] = []
    at = depth = start = 0
    for edge in _HTML_EDGE.finditer(text):
        if not edge[1]:
            if not depth:
                pieces.append(text[at : edge.start()])
                start = at = edge.end()
            depth += 1
        elif depth:
            depth -= 1
            if not depth:
                bodies.append(text[start : edge.start()])
                pieces.append("\n\n")
                at = edge.end()
    if depth:
        body = text[start:]
        if not _HTML_CELL.search(body):  # a tag alone: browsers show what follows it
            return "".join(pieces) + body
        end = _RECOVERY.search(body)
        bodies.append(body[: end.start()] if end else body)
        return "".join(pieces) + (body[end.start() :] if end else "")
    pieces.append(text[at:])
    return "".join(pieces)


def is_html(body: str) -> bool:
    """Whether a table's body is written in HTML."""
    return _HTML_CELL.search(body) is not None and "\n|" not in body


def html_as_wiki(body: str) -> str:
    """An HTML table's body in wiki rows and cells."""
    body = _HTML_PIPE.sub(guard("|"), " ".join(body.split()))
    return _HTML_CLOSE.sub(" ", _HTML_CELL.sub("\n|", _HTML_ROW.sub("\n|-", body)))


def rows(body: str) -> list[list[str]]:
    """Rows of cells from a table's body whose links and markup are already plain."""
    table: list[list[str]] = []
    row: list[str] = []
    for line in body.split("\n")[1:]:  # the first line holds the table's attributes
        line = line.strip()
        mark = line[:1]
        if line.startswith("|-"):
            if row:
                table.append(row)
            row = []
        elif line.startswith("|+") or line.startswith("|}"):
            continue
        elif mark and mark in "|!":
            content = line[1:]
            if mark == "!":
                content = content.replace("!!", "||")
            row += [cell.partition("|")[2] if "|" in cell else cell for cell in content.split("||")]
        elif line and row:
            item = line.lstrip("*#:; ")
            row[-1] += (", " if item != line and row[-1].strip() else " ") + item
    if row:
        table.append(row)
    return [cells for cells in ([" ".join(cell.split()) for cell in row] for row in table) if any(cells)]

"""Lines: headings divide a page into sections, list marks become "- ", soft line ends become spaces."""

from __future__ import annotations

import re

from charkha.corpus.marks import BREAK, COMMENT

_AFTER_HEADING = f" \t{COMMENT}"  # what may stand behind a heading's last sign
_BLANK = f" \t{BREAK}"
_HEAD_CELL = re.compile(r"!!|\|(?![^\[\]]*\]\])")  # a pipe inside a link divides no cells
_LIST_MARKS = re.compile(r"[*#:;]+")


def split_headings(text: str) -> list[tuple[int, str, str]]:
    """(level, raw title, raw body) of each section; the lead comes first, with level 1 and no title."""
    sections: list[tuple[int, str, str]] = []
    level, title, at = 1, "", 0
    start = 0 if text.startswith("=") else text.find("\n=") + 1 or -1
    while start >= 0:
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        line = text[start:end].rstrip(_AFTER_HEADING)
        if line.endswith("=") and (found := _heading(line)):
            sections.append((level, title, text[at:start]))
            level, title = found
            at = end
        start = text.find("\n=", end) + 1 or -1
    sections.append((level, title, text[at:]))
    return sections


def _heading(line: str) -> tuple[int, str] | None:
    """Level and title; signs that one side has too many belong to the title, as in MediaWiki."""
    length = len(line)
    left = length - len(line.lstrip("="))
    if left == length:
        if length < 3:
            return None
        level = min(6, (length - 1) // 2)
        return level, line[level : length - level]
    level = min(6, left, length - len(line.rstrip("=")))
    title = line[level : length - level]
    return (level, title.strip()) if title else None


def prose(body: str) -> str:
    """A section's lines as paragraphs (a blank line between) and list items (a line each)."""
    blocks: list[str] = []  # finished lines; "" stands for a blank line
    paragraph: list[str] = []
    term = -1  # index in `blocks` of a ";" line that still waits for its ":" line

    def flush() -> None:
        if paragraph:
            blocks.append(" ".join(paragraph))
            paragraph.clear()

    for line in body.split("\n"):
        mark = line[:1]
        if mark == " " and line[1:2] not in " |!" and line.strip(_BLANK):
            flush()  # MediaWiki keeps the line ends of lines that begin with a space
            blocks.append(line.strip())
            term = -1
            continue
        if mark == " ":
            line = line.strip()
            mark = line[:1] if line[:1] in "|!-" else "a" if line else ""
        if not mark or not line.strip(_BLANK):
            flush()
            if blocks and blocks[-1]:
                blocks.append("")
            term = -1
        elif mark in "*#:;":
            flush()
            term = _item(line, blocks, term)
        elif mark == "|" or (mark == "!" and _HEAD_CELL.search(line)):
            flush()  # a row of a table whose opening a template hid
        elif mark == "-" and line.startswith("----"):
            flush()
            if rest := line.lstrip("-").strip():
                paragraph.append(rest)
        else:
            term = -1
            paragraph.append(line.strip())
    flush()
    text = "\n".join(blocks).strip("\n")
    return _breaks(text) if BREAK in text else text


def _breaks(text: str) -> str:
    while f" {BREAK}" in text or f"{BREAK} " in text:
        text = text.replace(f" {BREAK}", BREAK).replace(f"{BREAK} ", BREAK)
    text = re.sub(rf"{BREAK}{{2,}}", "\n\n", text).replace(BREAK, "\n")
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n")


def _item(line: str, blocks: list[str], term: int) -> int:
    """Adds one list line to `blocks`; returns where a term that waits for its definition stands, or -1."""
    match = _LIST_MARKS.match(line)
    marks = match[0] if match else ""
    content = " ".join(line[len(marks) :].replace(BREAK, " ").split())
    if not content:
        return term if marks[-1:] == ":" else -1
    last = marks[-1]
    bullets = marks.count("*") + marks.count("#")
    indent = "  " * max(0, bullets - 1)
    if last == ";":
        name, colon, meaning = _term(content)
        blocks.append(f"{indent}{name}: {meaning}" if colon and meaning else f"{indent}{name}")
        return -1 if colon else len(blocks) - 1
    if last == ":":
        if term >= 0 and term == len(blocks) - 1:
            blocks[term] = f"{blocks[term].rstrip(':').rstrip()}: {content}"
            return -1
        blocks.append(content if not bullets else f"{indent}  {content}")
        return -1
    blocks.append(f"{indent}{'1. ' if last == '#' else '- '}{content}")
    return -1


def _term(content: str) -> tuple[str, str, str]:
    """Splits "; term : meaning" at the first colon outside a link."""
    at = content.find(":")
    while at >= 0:
        before = content[:at]
        if before.count("[[") == before.count("]]") and content[at : at + 3] != "://":
            return before.strip(), ":", content[at + 1 :].strip()
        at = content.find(":", at + 1)
    return content, "", ""

"""Markdown -> Outline, by way of the HTML that a library makes of it, so that HTML inside it is cleaned as any other. Front matter is read, never built.

It refuses to know files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import yaml
from markdown_it import MarkdownIt

from charkha.corpus.decode import Unfit
from charkha.corpus.hypertext import read_html
from charkha.corpus.outline import Outline, address, licence_said, one_line

_FRONT = re.compile(r"\ufeff?---[ \t]*\r?\n(.*?)\r?\n(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_FRONT_CHARS = 64 << 10
_CHUNK = 1 << 18  # characters that are rendered at once; links by reference are not looked up beyond
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_NAMES = {"title": "title", "licence": "licence", "license": "licence", "url": "url", "source": "source"}
_KEY = re.compile(r"([A-Za-z][\w -]{0,60}):(?:[ \t]+(.*))?")
_NOTE = re.compile(r"(?:<p>|\n)\[\^([^\]\s<]{1,60})\]:")
_NOTE_LINE = re.compile(r" {0,3}\[\^[^\]\s<]{1,60}\]:")
_NOTES = re.compile(r"<p>\[\^[^\]\s<]{1,60}\]:.*?</p>", re.DOTALL)
_MARK = re.compile(r"\[\^([^\]\s<]{1,60})\]")
Front = dict[str, str | list[str] | None]  # None: something that is no text


@lru_cache(maxsize=1)
def _library() -> MarkdownIt:
    return MarkdownIt("commonmark").enable(["table", "strikethrough"])


def read_markdown(text: str) -> Outline:
    """A Markdown file.

    Raises:
        Unfit: `markup`, nested too deeply; or its text lost characters before it came here.
    """
    front, text = _front_matter(text)
    try:
        html = "".join(_library().render(chunk) for chunk in _chunks(text.replace("\r\n", "\n").replace("\r", "\n")))
    except RecursionError as error:
        raise Unfit("markup", "its Markdown is nested too deeply") from error
    outline = read_html(_without_notes(html))
    title, url, source = (found if isinstance(found := front.get(name), str) else "" for name in ("title", "url", "source"))
    outline.title = one_line(title) or outline.title
    if "licence" in front:
        said = front["licence"]
        outline.licence = licence_said({} if said is None else said)
    outline.url = address(url) or outline.url
    outline.source = one_line(source)
    return outline


def _without_notes(html: str) -> str:
    """Without footnotes and the marks that lead to them, which the library does not know."""
    names = set(_NOTE.findall(html))
    if not names:
        return html
    return _MARK.sub(lambda mark: "" if mark[1] in names else mark[0], _NOTES.sub("", html))


def _front_matter(text: str) -> tuple[Front, str]:
    """The plain values of a YAML block at the start, and the rest. No object is built and no alias unfolded."""
    found = _FRONT.match(text, 0, _FRONT_CHARS)
    if found is None:
        return {}, text
    try:
        node = yaml.compose(found[1], Loader=yaml.SafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError):
        front = _by_lines(found[1])
        return front, text[found.end() :] if front else text  # else a line of dashes, no front matter
    if not isinstance(node, yaml.MappingNode):
        return ({}, text) if node is not None else ({}, text[found.end() :])
    values: Front = {}
    for key, value in node.value:
        name = _NAMES.get(str(key.value).strip().lower()) if isinstance(key, yaml.ScalarNode) else None
        if name and value.tag != "tag:yaml.org,2002:null":
            values.setdefault(name, _value(value))
    return values, text[found.end() :]


def _value(node: yaml.Node) -> str | list[str] | None:
    if isinstance(node, yaml.ScalarNode):
        return str(node.value)
    if isinstance(node, yaml.SequenceNode) and all(isinstance(one, yaml.ScalarNode) for one in node.value):
        return [str(one.value) for one in node.value]
    return None


def _by_lines(block: str) -> Front:
    """What a block says that is no YAML but meant as front matter, such as one with a colon in its title; else nothing."""
    lines = block.splitlines()
    if not lines or not _KEY.fullmatch(lines[0]):
        return {}
    values: Front = {"": ""}  # it is one, whatever it says
    for line in lines:
        key = _KEY.fullmatch(line)
        name = _NAMES.get(key[1].strip().lower()) if key else None
        if key and name and (said := (key[2] or "").strip().strip("'\"")):
            values.setdefault(name, said)
    return values


def _chunks(text: str) -> Iterator[str]:
    """Pieces that end at an empty line outside of fences: what is held at once does not grow with the file."""
    held: list[str] = []
    size, fence = 0, ""
    for line in text.split("\n"):
        if not fence and _NOTE_LINE.match(line):
            line = f"\\{line.lstrip()}"  # of a single word it would be taken for a link's address
        held.append(line)
        size += len(line) + 1
        if mark := _FENCE.match(line):
            if not fence:
                fence = mark[1]
            elif mark[1].startswith(fence) and not line.strip("`~ \t"):
                fence = ""
        elif size > _CHUNK and not fence and not line.strip():
            yield "\n".join(held)
            held, size = [], 0
    yield "\n".join(held)

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
from charkha.corpus.outline import Outline, address, one_line

_FRONT = re.compile(r"\ufeff?---[ \t]*\r?\n(.*?)\r?\n(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_FRONT_CHARS = 64 << 10
_CHUNK = 1 << 18  # characters that are rendered at once; links by reference are not looked up beyond
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_NAMES = {"title": "title", "licence": "licence", "license": "licence", "url": "url"}


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
    outline = read_html(html)
    if front.get("title"):
        outline.title = one_line(front["title"])
    outline.licence = one_line(front.get("licence", ""))
    outline.url = address(front.get("url", "")) or outline.url
    return outline


def _front_matter(text: str) -> tuple[dict[str, str], str]:
    """The plain values of a YAML block at the start, and the rest. No object is built and no alias unfolded."""
    found = _FRONT.match(text, 0, _FRONT_CHARS)
    if found is None:
        return {}, text
    try:
        node = yaml.compose(found[1], Loader=yaml.SafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}, text  # a line of dashes, no front matter
    if not isinstance(node, yaml.MappingNode):
        return ({}, text) if node is not None else ({}, text[found.end() :])
    values: dict[str, str] = {}
    for key, value in node.value:
        if isinstance(key, yaml.ScalarNode) and isinstance(value, yaml.ScalarNode):
            name = _NAMES.get(str(key.value).strip().lower())
            if name and value.tag != "tag:yaml.org,2002:null":
                values.setdefault(name, str(value.value))
    return values, text[found.end() :]


def _chunks(text: str) -> Iterator[str]:
    """Pieces that end at an empty line outside of fences: what is held at once does not grow with the file."""
    held: list[str] = []
    size, fence = 0, ""
    for line in text.split("\n"):
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

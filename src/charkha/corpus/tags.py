"""Tags: what MediaWiki takes out before it looks at anything else (comments, nowiki, ref, math ...), then HTML.

`take_out` is the first pass over a page, `unwrap` a late one. Neither builds a tree: openings are found by one pattern,
ends by str.find.
"""

from __future__ import annotations

import re

from charkha.corpus.entities import decode
from charkha.corpus.found import Found
from charkha.corpus.links import collect_categories
from charkha.corpus.marks import BREAK, COMMENT, GAP, NOTHING, guard
from charkha.corpus.names import FILE

# Content that is no prose. MediaWiki's extension tags on Wikipedia, and style/script, which it would escape.
DROPPED = (
    "ref references math chem ce timeline score syntaxhighlight source graph chart mapframe maplink templatedata "
    "templatestyles hiero imagemap inputbox categorytree indicator section style script mw:editform languages "
    "talkpage phonos rss charinsert dynamicpagelist ddl quiz"
).split()
_INCLUSION = ("noinclude", "onlyinclude", "includeonly")
_OPEN = re.compile(
    rf"<(?:!--|({'|'.join(sorted((*DROPPED, 'nowiki', 'pre', 'poem', 'gallery', 'includeonly'), reverse=True))})"
    r"(?=[\s/>])([^>]*)>)",
    re.IGNORECASE,
)
_CLOSE = {name: re.compile(rf"</{name}\s*>", re.IGNORECASE) for name in (*DROPPED, "nowiki", "pre", "poem", "gallery")}
_CLOSE["includeonly"] = re.compile(r"</includeonly\s*>", re.IGNORECASE)
_ODD_CLOSE = re.compile(r"</[a-z:]*(?:\s|[A-Z][a-zA-Z:]*[\s>])")
_LINE_MARKS = frozenset("*#:;=-|!")
_POEM_LINE = re.compile(r"\n(?![*#;]):*[ \t]*")  # in a poem colons indent
_LONE_COMMENT = re.compile(rf"\n[ \t]*(?:{COMMENT}[ \t]*)+(?=\n)")
_LINE_COMMENT = re.compile(rf"\n{COMMENT}+")  # what follows still stands at the start of its line
_BREAK = re.compile(r"</?\s*br\b[^<>\n]*>", re.IGNORECASE)
_INCLUDE_TAG = re.compile(r"</?(?:noinclude|onlyinclude|includeonly)\s*/?>", re.IGNORECASE)
_ONLY = re.compile(r"<onlyinclude\s*>", re.IGNORECASE)

_INLINE = (
    "b i u s em strong small big sup sub span font tt code kbd samp var cite abbr acronym bdi bdo del ins strike q dfn "
    "mark time data wbr ruby rb rp rt rtc a img nobr html body head label link meta object"
).split()
_LINE = (
    "h1 h2 h3 h4 h5 h6 div center blockquote p hr table tbody thead tfoot caption tr td th col colgroup section".split()
)
_HTML = re.compile(
    rf"<(/?)({'|'.join(sorted({*_INLINE, *_LINE, *DROPPED, 'nowiki', 'poem', 'gallery', 'pre', *_INCLUSION}, reverse=True))})"
    rf"(?:[\s/\\;:\"'={GAP}][^<>]*)?>",
    re.IGNORECASE,
)
_HEADING = re.compile(r"<h([1-6])\b[^<>]*>((?:[^<]|<(?!/?h[1-6]))*)</h[1-6]\s*>", re.IGNORECASE)
_LIST = re.compile(r"<(/?)(ul|ol|dl|li|dt|dd)\b[^<>]*>", re.IGNORECASE)
_LINE_END = re.compile(r"\n(?![*#:;])")  # that does not begin an item of a wiki list
_LIST_MARKS = {"ul": "*", "ol": "#", "dl": ":"}
_GALLERY_TITLE = re.compile(r"\bcaption\s*=\s*([\"'])(.*?)\1", re.IGNORECASE)
_TORN = re.compile(r"</?(?:ref|nowiki|references|refname)\b[^<>\n]*>?", re.IGNORECASE)
_LINE_TAGS = frozenset(_LINE)


def take_out(text: str, found: Found) -> str:
    """Wikitext without comments and extension tags; what they held goes to `found` or, for nowiki, is guarded."""
    if "<" not in text:
        return text
    pieces: list[str] = []
    at = 0
    odd = _ODD_CLOSE.search(text) is not None
    missing: set[str] = set()  # names whose closing tag does not occur again: looked for once, not once per opening
    while opening := _OPEN.search(text, at):
        start, end = opening.span()
        if opening[1] is None:
            close = text.find("-->", end)
            pieces += (text[at:start], COMMENT)
            if close < 0:  # MediaWiki lets an open comment run to the end
                return _tidy("".join(pieces), found)
            at = close + 3
            continue
        name = opening[1].lower()
        pieces.append(text[at:start])
        if opening[2].endswith("/"):
            at = end
            pieces.append(NOTHING if name == "nowiki" else GAP)
            if name == "nowiki" and text[end : end + 1] in _LINE_MARKS and (not start or text[start - 1] == "\n"):
                pieces.append(guard(text[end : end + 1]))  # its use: the line begins with a mark that is none
                at = end + 1
            continue
        close, after = (-1, -1) if name in missing else _closing(text, name, end, odd)
        if close < 0:
            missing.add(name)
            if name == "includeonly":
                return _tidy("".join(pieces), found)
            at = end  # the tag is no tag then; its words stay
            pieces.append(GAP)
            continue
        pieces.append(_content(name, opening[2], text[end:close], found))
        at = after
    pieces.append(text[at:])
    return _tidy("".join(pieces), found)


def _closing(text: str, name: str, at: int, odd: bool) -> tuple[int, int]:
    """Where the next closing tag of this name starts and ends; -1 for none."""
    if not odd:  # str.find is ten times as fast as the pattern
        close = text.find(f"</{name}>", at)
        return close, close + len(name) + 3
    found = _CLOSE[name].search(text, at)
    return found.span() if found else (-1, -1)


def _tidy(text: str, found: Found) -> str:
    if COMMENT in text:
        text = _LINE_COMMENT.sub("\n", _LONE_COMMENT.sub("", "\n" + text))[1:]
    if "<" not in text:
        return text
    lowered = text if "nclude" in text else ""
    if lowered:
        text = _INCLUDE_TAG.sub("", text)
    text = _BREAK.sub(BREAK, text)
    if "<h" in text or "<H" in text:
        text = _HEADING.sub(lambda m: f"\n{'=' * int(m[1])} {' '.join(m[2].split())} {'=' * int(m[1])}\n", text)
    return text


def _content(name: str, attributes: str, body: str, found: Found) -> str:
    if name == "ref" and "[[" not in body:  # most of all by far
        return GAP
    if name == "nowiki":
        # Visual editing leaves <nowiki>''</nowiki> where someone typed two apostrophes for a quotation mark.
        return '"' if body == "''" else guard(decode(body)) or NOTHING
    if name == "pre":
        return "\n" + guard(decode(body.strip("\n"))).replace("\n", BREAK) + "\n"
    if name == "poem":
        return "\n" + _POEM_LINE.sub(BREAK, take_out(body.strip("\n"), found)) + "\n"
    if name == "gallery":
        return _gallery(attributes, body, found)
    if name in ("ref", "references") and "[[" in body:
        collect_categories(take_out(body, found), found)
    if name in ("syntaxhighlight", "source") and "inline" in attributes:
        return guard(body)
    return GAP


def _gallery(attributes: str, body: str, found: Found) -> str:
    """A gallery as the file links it stands for, so that later passes read captions in one way."""
    if title := _GALLERY_TITLE.search(attributes):
        found.caption(title[2])
    files: list[str] = []
    for line in take_out(body, found).replace(COMMENT, "").split("\n"):
        name, bar, rest = line.strip().partition("|")
        if bar and rest.count("[[") == rest.count("]]"):
            known = found.names.prefix(name.partition(":")[0]) == FILE
            files.append(f"[[{'' if known else 'File:'}{name}|{rest}]]")
    return "\n" + "".join(files) + "\n"


def unwrap(text: str) -> str:
    """Prose without HTML tags: inline ones leave nothing, block ones a line end, list items a list item."""
    if "<" not in text:
        return text
    if _LIST.search(text):
        text = _lists(text)
    text = _HTML.sub(_replace, text)
    return _TORN.sub(GAP, text) if "<ref" in text or "</" in text or "<nowiki" in text else text


def _lists(text: str) -> str:
    """HTML lists in the marks of wiki lists."""
    pieces: list[str] = []
    marks = after = ""
    at = 0
    for tag in _LIST.finditer(text):
        between = text[at : tag.start()]
        between = (_LINE_END.sub(" ", between) if marks or between.isspace() else between).rstrip()
        pieces += (after if between else "", between)
        at, after = tag.end(), ""
        name = tag[2].lower()
        if name in _LIST_MARKS:
            marks = marks[:-1] if tag[1] else marks + _LIST_MARKS[name]
            after = "" if marks else "\n"
        elif not tag[1]:
            last = {"dt": ";", "dd": ":"}.get(name, marks[-1:] or "*")
            pieces.append(f"\n{marks[:-1]}{last} ")
    return "".join((*pieces, after, text[at:].lstrip("\n") if after else text[at:]))


def _replace(tag: re.Match[str]) -> str:
    name = tag[2].lower()
    if name in _LINE_TAGS:
        return BREAK * 2 if name in ("p", "blockquote") else BREAK
    return GAP if name in DROPPED else ""

"""HTML -> Outline: headings, paragraphs, list items and tables; what is no prose is left out. Nothing is executed, nothing fetched.

A pass over its tags keeps those that shape prose, bare of attributes, and drops comments and scripts: a tree of a hundred thousand open
elements or attributes would take hours to build. The library builds the tree of what is left. It refuses to know files.
"""

from __future__ import annotations

import re
from collections import Counter

from selectolax.lexbor import LexborHTMLParser, LexborNode

from charkha.corpus.decode import Unfit
from charkha.corpus.outline import Block, Outline, address, clean, licence_said, one_line

MOST_OPEN = 1_000  # elements open at once; a browser stops at 512
_ATTRIBUTES = r"""(?:[^>=]++|=\s*+(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z)|))*+"""


def _tokens(data: str, unended: str) -> re.Pattern[str]:
    """Comments, elements whose text is no markup, tags, declarations; a lone <. In XHTML `<title/>` has ended and CDATA is text."""
    return re.compile(
        rf"<!--(?:-?>|.*?(?:--!?>|\Z))"
        rf"{data}"
        rf"|<(?P<raw>script|style|title|textarea|iframe|noembed|noframes|xmp)(?=[\s/>]){_ATTRIBUTES}{unended}>?"
        rf"(?P<held>.*?)(?:</(?P=raw)(?=[\s/>])[^>]*>?|\Z)"
        rf"|<(?P<close>/?)(?P<name>[a-z][^\s/>]*)(?P<attributes>{_ATTRIBUTES})(?:>|\Z)"
        rf"|<[!?/][^>]*>?|<",
        re.DOTALL | re.IGNORECASE,
    )


_TOKEN = _tokens("|(?P<data>(?!))", "")
_TOKEN_OF_XML = _tokens(r"|<!\[CDATA\[(?P<data>.*?)(?:\]\]>|\Z)", "(?<!/)")
_XML = re.compile(r"\s*(?:<\?xml\s|<!DOCTYPE\s+html\s+PUBLIC\s+[\"']-//W3C//DTD XHTML)", re.IGNORECASE)
_SUBSET = re.compile(r"<!DOCTYPE[^>\[]{0,1000}\[[^\]]*\]\s*>", re.IGNORECASE)
_SUBSET_END = 1 << 15  # characters in which a page declares entities; none is ever unfolded
_HIDDEN = re.compile(r"""(?:^|[\s"'])hidden(?=[\s=/]|$)""", re.IGNORECASE)
_NOT_SHOWN = re.compile(r"""\bstyle\s*=\s*(?:"[^"]*|'[^']*)\bdisplay\s*:\s*none\b""", re.IGNORECASE)
_QUOTED = re.compile(r""""[^"]*"|'[^']*'""")
_HREF = re.compile(r"""\bhref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_REL = re.compile(r"""\brel\s*=\s*["']?\s*(canonical|licen[cs]e)\b""", re.IGNORECASE)
_LEFT_OUT = frozenset(
    "head nav header footer aside form noscript template svg math object applet canvas audio video select button dialog menu".split()
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_LISTS = frozenset(("ul", "ol"))
_OPEN_ENDED = frozenset("p li dt dd tr td th thead tbody tfoot caption html body".split())  # what follows closes them
_VOID = frozenset(("br", "hr"))
_BLOCKS = frozenset(
    "div section article main blockquote pre ul ol dl table figure figcaption details summary address fieldset center".split()
) | _OPEN_ENDED | frozenset(_HEADINGS) | {"hr"}  # fmt: skip
_GLOSSES = frozenset(("rt", "rp"))  # how a word is read aloud, above it; what follows closes them, too
_KEPT = _BLOCKS | _LEFT_OUT | _VOID | _GLOSSES | {"code", "ruby"}
_PARTS = frozenset(("article", "section", "main"))  # the header of one holds its heading
_BREAK = "\0"  # the parser lets none through


def read_html(text: str) -> Outline:
    """A page of the web.

    Raises:
        Unfit: `markup`, nested deeper than any page that a person wrote; or its text lost characters before it came here.
    """
    outline = Outline()
    thin = _Thin(outline)
    tree = LexborHTMLParser(thin.all(text))
    heading = tree.css_first("h1")
    outline.title = one_line(_words(heading)) if heading is not None else ""
    outline.title = outline.title or one_line(_text_of(thin.title))
    if tree.body is not None:
        _Walk(outline).through(tree.body)
    first = outline.blocks[0] if outline.blocks else Block("")
    if first.level == 1 and one_line(first.text) == outline.title:
        del outline.blocks[0]  # the page's own name; what follows is its lead
    return outline


def _text_of(escaped: str) -> str:
    """Text with entities, as a reader sees it."""
    tree = LexborHTMLParser(escaped[:4000].replace("<", "&lt;"))
    return tree.body.text() if tree.body is not None else ""


class _Thin:
    """Takes out of a page all that shapes no prose; finds its title and its address on the way."""

    def __init__(self, outline: Outline) -> None:
        self.outline, self.title = outline, ""
        self._open: Counter[str] = Counter()
        self._depth = 0
        self._xml = False

    def all(self, text: str) -> str:
        text = text.replace(_BREAK, "").removeprefix("\ufeff")
        self._xml = _XML.match(text, 0, _SUBSET_END) is not None
        if subset := _SUBSET.search(text, 0, _SUBSET_END):
            text = text[: subset.start()] + text[subset.end() :]
        return (_TOKEN_OF_XML if self._xml else _TOKEN).sub(self._token, text)

    def _token(self, token: re.Match[str]) -> str:
        if token["name"]:
            return self._tag(token)
        if token["raw"] and token["raw"].lower() == "title":
            self.title = self.title or token["held"]
        if token["data"]:
            return token["data"].replace("&", "&amp;").replace("<", "&lt;")
        return "&lt;" if token[0] == "<" else ""

    def _tag(self, token: re.Match[str]) -> str:
        name = token["name"].lower()
        if name in ("link", "a") and (rel := _REL.search(token["attributes"])):
            self._linked(name, rel[1].lower(), token["attributes"])
        if name not in _KEPT or (self._xml and token["attributes"].endswith("/") and name not in _VOID):
            return ""
        if name not in _OPEN_ENDED and name not in _VOID and name not in _GLOSSES:
            if not token["close"]:
                self._open[name] += 1
                self._depth += 1
            elif self._open[name]:
                self._open[name] -= 1
                self._depth -= 1
            if self._depth > MOST_OPEN:
                raise Unfit("markup", f"its HTML is nested more than {MOST_OPEN:,} deep")
        return f"<{token['close']}{name}{' hidden' if not token['close'] and _is_hidden(token['attributes']) else ''}>"

    def _linked(self, name: str, rel: str, attributes: str) -> None:
        """What a page says of itself: its address, and under which licence it is."""
        found = _HREF.search(attributes)
        href = address(next(filter(None, found.groups()), "")) if found else ""
        if rel != "canonical":
            self.outline.licence = self.outline.licence or licence_said(href)
        elif name == "link":
            self.outline.url = self.outline.url or href


def _is_hidden(attributes: str) -> bool:
    """Whether an element says that nobody is to see it."""
    if len(attributes) < 7 or not ("idden" in attributes or "IDDEN" in attributes or "isplay" in attributes):
        return False
    return _HIDDEN.search(_QUOTED.sub('""', attributes)) is not None or _NOT_SHOWN.search(attributes) is not None


class _Walk:
    """Goes through the tree, node by node and without recursion, and writes down the blocks that it meets."""

    def __init__(self, outline: Outline) -> None:
        self.outline = outline
        self.pieces: list[str] = []
        self.lists: list[str] = []  # open ul and ol
        self.marks: list[str] = []  # of open list items, each empty once it was written
        self.term = ""
        self.within = ""  # dt, dd, figcaption or a heading
        self.heads = 0  # open headers of an article or a section: only headings count there
        self.pre = 0

    def through(self, root: LexborNode) -> None:
        node, depth = root.first_child, 1
        while node is not None:
            inside = node.first_child if self.enter(node) else None
            if inside is not None:
                node, depth = inside, depth + 1
                continue
            self.leave(node)
            while depth and node.next is None:
                node, depth = node.parent, depth - 1
                if not depth or node is None:
                    self.flush()
                    return
                self.leave(node)
            node = node.next

    def enter(self, node: LexborNode) -> bool:
        """Takes a node in; False where its children are not looked at."""
        tag = node.tag
        if tag == "-text":
            text = node.text_content or ""
            self.pieces.append(text.replace("\n", _BREAK) if self.pre else text)
            return False
        if tag == "br":
            self.pieces.append(_BREAK)
            return False
        if tag in _GLOSSES:
            return False
        if (tag in _BLOCKS and "hidden" in node.attributes) or (tag in _LEFT_OUT and not _is_head(node)):
            self.flush()
            return False
        if tag == "header":
            self.flush()
            self.heads += 1
        if tag in _BLOCKS:
            self.flush()
        if tag == "table" and not _is_layout(node):
            self.table(node)
            return False
        if tag == "pre":
            child = node.first_child
            if child is not None and child.tag == "code":
                return False  # a program, no prose
            self.pre += 1
        elif tag in _LISTS:
            self.lists.append(tag)
        elif tag == "li":
            kind = self.lists[-1] if self.lists else "ul"
            self.marks.append("  " * max(0, len(self.lists) - 1) + ("1. " if kind == "ol" else "- "))
        elif tag in _HEADINGS or tag in ("dt", "dd", "figcaption"):
            self.within = tag
        return True

    def leave(self, node: LexborNode) -> None:
        """A node ends."""
        tag = node.tag
        if tag not in _BLOCKS and tag != "header":
            return
        self.flush()
        if tag == "header" and self.heads and _is_head(node):
            self.heads -= 1
        if tag == "pre" and self.pre:
            self.pre -= 1
        elif tag in _LISTS and self.lists:
            self.lists.pop()
        elif tag == "li" and self.marks:
            self.marks.pop()
        elif tag == self.within:
            self.within = ""

    def flush(self) -> None:
        """What was heard since the last block is one now."""
        if not self.pieces:
            return
        raw, self.pieces = "".join(self.pieces), []
        lines = [" ".join(line.split()) for line in raw.split(_BREAK)]
        text = clean("\n".join(lines)).strip("\n")
        if not text:
            return
        blocks = self.outline.blocks
        if self.within not in _HEADINGS and self.heads:
            return
        if self.within in _HEADINGS:
            blocks.append(Block(" ".join(text.split()), _HEADINGS[self.within]))
        elif self.within == "figcaption":
            self.outline.captions.append(" ".join(text.split()))
        elif self.within == "dt":
            blocks.append(Block(" ".join(text.split()), item=True))
            self.term = blocks[-1].text
        elif self.within == "dd" and self.term and blocks and blocks[-1].text == self.term:
            blocks[-1] = Block(f"{self.term}: {' '.join(text.split())}", item=True)
        elif self.marks and self.marks[-1]:
            blocks.append(Block(self.marks[-1] + " ".join(text.split()), item=True))
            self.marks[-1] = ""
        else:
            blocks.append(Block(re.sub(r"\n{3,}", "\n\n", text)))

    def table(self, node: LexborNode) -> None:
        rows = [[_words(cell) for cell in row.css("td, th")] for row in node.css("tr")]
        if found := [row for row in rows if any(row)]:
            self.outline.tables.append(found)


def _is_head(node: LexborNode) -> bool:
    """Whether a header is that of an article or a section, not that of the site."""
    above = node.parent if node.tag == "header" else None
    while above is not None and above.tag not in _PARTS:
        above = above.parent
    return above is not None


def _is_layout(table: LexborNode) -> bool:
    """Whether a table only sets out prose: pages of old stand in one whole."""
    return table.css_first("p, h1, h2, h3, h4, h5, h6, ul, ol, blockquote") is not None or len(table.css("table")) > 1


def _words(node: LexborNode) -> str:
    """What a cell or a heading says, on one line."""
    return " ".join(clean(node.text(separator=" ")).split())

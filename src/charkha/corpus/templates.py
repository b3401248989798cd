"""Templates: which braces belong together, and what stands in a template's place.

There is no template of the wiki to expand, so each call is either known to carry words (templates.yaml), a parser
function, an infobox, or vanishes. Braces are matched as MediaWiki's preprocessor does, in one scan; nothing inside a
template that vanishes is looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from charkha.corpus.formatnum import same
from charkha.corpus.found import Found
from charkha.corpus.marks import COMMENT, GAP, PIPE
from charkha.corpus.names import TEMPLATE
from charkha.corpus.normal import nfc
from charkha.corpus.spelling import fold
from charkha.corpus.tags import take_out
from charkha.corpus.template_rules import RULES, Args
from charkha.corpus.template_shapes import by_shape, may_have_shape

_DIVIDERS = re.compile(r"\[\[|\]\]|\{\{|\}\}|\|")
_NAME = re.compile(r"[^|{}\n\[\]<>]*")
_KEY_LINE = re.compile(r"\n\s*\|[^=\n|{}\[\]]{1,60}=")
# A call that never ends: with its name, its "| key = value" lines and its named arguments, but not the prose behind it.
_TORN = re.compile(
    r"\{\{+(?:[^\n|{}\[\]]{0,80}(?:\n(?:[ \t]*\|[^\n]*(?:\n|\Z))+|(?:\|[^\n|{}=\[\]]{0,40}=[^\n|{}]*)+\|?|\|))?"
)
_TITLES = "pagename fullpagename basepagename subpagename articlepagename subjectpagename rootpagename".split()
_LINE_MARKS = frozenset("*#:;{")
_DEEPEST = 40  # MediaWiki's own limit
_NO_INFOBOX = re.compile(r"navbox|cite|citation|footer|end\b|sidebar", re.IGNORECASE)


@dataclass(slots=True)
class _Open:
    at: int
    count: int


def spans(text: str) -> list[tuple[int, int, int]]:
    """Outermost calls as (start, end, braces): 2 for {{template}}, 3 for {{{parameter}}}; linear in the text."""
    stack: list[_Open] = []
    found: list[tuple[int, int, int]] = []
    length = len(text)
    end = 0
    left, right = text.find("{{"), text.find("}}")
    while right >= 0:  # str.find leaps over prose ten times as fast as a pattern does
        if 0 <= left < right:
            end = left + 2
            while end < length and text[end] == "{":
                end += 1
            stack.append(_Open(left, end - left))
            left = text.find("{{", end)
            continue
        at = right
        end = at + 2
        while end < length and text[end] == "}":
            end += 1
        right = text.find("}}", end)
        count = end - at
        while count >= 2 and stack:
            opening = stack[-1]
            width = min(opening.count, count, 3)
            start = opening.at + opening.count - width
            at += width
            count -= width
            while found and found[-1][0] >= start:
                found.pop()  # it stands inside this one
            found.append((start, at, width))
            opening.count -= width
            if opening.count < 2:
                stack.pop()
    return found


@dataclass(slots=True)
class Expander:
    """Puts words in place of templates, for one page."""

    found: Found
    depth: int = 0
    lead_end: int = -1

    def page(self, text: str) -> str:
        """The whole page's wikitext with its templates replaced; the infobox, coordinates and flags go to `found`."""
        if "{{" not in text and "}}" not in text:
            return text
        heading = text.find("\n==")
        self.lead_end = heading if heading >= 0 else len(text)
        return self.expand(text).replace(PIPE, "|")

    def expand(self, text: str) -> str:
        """Text with its templates replaced; braces that belong to none are dropped."""
        if "{{" not in text and "}}" not in text:
            return text
        calls = spans(text)
        pieces: list[str] = []
        at = 0
        for start, end, width in calls:
            pieces.append(text[at:start])
            inner = text[start + width : end - width]
            shown = self._call(inner, start) if width == 2 else self._parameter(inner)
            if shown[:1] in _LINE_MARKS and inner[:1] == "#" and start and text[start - 1] != "\n":
                shown = "\n" + shown  # MediaWiki begins a line for a list or a table that a function returns
            pieces.append(shown)
            at = end
        pieces.append(text[at:])
        text = "".join(pieces)
        if "{{" in text:
            text = _TORN.sub(GAP, text)
        return text.replace("}}", GAP) if "}}" in text else text

    def value(self, raw: str) -> str:
        """An argument's words."""
        if "{{" not in raw:
            return raw.strip()
        if self.depth >= _DEEPEST:
            return ""
        self.depth += 1
        text = self.expand(raw).strip()
        self.depth -= 1
        return text

    def _parameter(self, inner: str) -> str:
        return self.value([*split_args(inner), ""][1]) or GAP

    def _call(self, inner: str, at: int) -> str:
        match = _NAME.match(inner)
        raw = match[0] if match else ""
        rest = inner[len(raw) :]
        if rest[:1] not in ("", "|") and not rest.startswith("\n") and ":" not in raw:
            # No title holds brackets, so this is no call; else the name itself is built by a template.
            return self.value(inner) if rest[0] in "[]<>" else GAP
        if rest.startswith("\n"):
            rest = rest.lstrip()
            if rest[:1] not in ("", "|") and ":" not in raw:
                return GAP
        key = fold(raw)
        rule = self.found.names.templates.rule(key)
        if rule is not None:
            return rule(self.args(rest[1:]), self)
        if ":" in raw or key.startswith("#"):
            return self._function(inner, key)
        if key in self.found.names.functions and not rest:
            return self._variable(self.found.names.functions[key])
        if self.found.names.templates.is_infobox(key) or self._looks_like_infobox(inner, key, at):
            self._infobox(rest[1:])
            return GAP
        # A local name that no list has: only what its arguments prove to be words.
        if key.isascii():
            return GAP
        if "caption1" in rest:
            return RULES["images"](self.args(rest[1:]), self)
        return by_shape(self.args(rest[1:]), self) if may_have_shape(rest) else GAP

    def _variable(self, name: str) -> str:
        title = self.found.title
        return title if title and name in _TITLES else GAP

    def _looks_like_infobox(self, inner: str, key: str, at: int) -> bool:
        # A box under a name of its own: before the first heading, several "| key = value" lines.
        if self.depth or at > self.lead_end or inner.count("\n") < 3:
            return False
        return len(_KEY_LINE.findall(inner, 0, 4000)) >= 3 and not _NO_INFOBOX.search(key)

    def _infobox(self, rest: str) -> None:
        found = self.found
        raw = {
            key: self.value(value)
            for key, value in self.args(rest).items()
            if not key.isdecimal() and not value.isspace()
        }
        if GAP in rest or COMMENT in rest:
            raw = {key.replace(GAP, "").replace(COMMENT, "").strip(): value for key, value in raw.items()}
        for key, value in zip(raw, found.plain(list(raw.values()), found) if raw else (), strict=True):
            if value:
                found.infobox.setdefault(key if key.isascii() else nfc(key), value)

    def args(self, rest: str) -> Args:
        """The arguments of a call, raw: positional ones under "1", "2", ..."""
        return Args(split_args(rest))

    def _function(self, inner: str, key: str) -> str:
        """Parser functions that carry words; the others (sort keys, invocations, time) vanish."""
        head, _, body = inner.replace(COMMENT, "").partition(":")
        name = self.found.names.functions.get(fold(head).lstrip("#"), "")
        if name in ("subst", "safesubst", "msg") or self.found.names.prefix(head.strip()) == TEMPLATE:
            return self._call(body, -1) if self.depth < _DEEPEST else ""
        if name in ("if", "ifeq", "switch", "iferror", "ifexpr", "ifexist"):
            return self._choice(name, split_args(body))
        if name in _TEXT_FUNCTIONS:
            return _TEXT_FUNCTIONS[name]([self.value(part) for part in split_args(body)])
        if name == "formatnum":
            return self.found.names.numbers.format(*[self.value(part) for part in split_args(body)][:2])
        if name == "coordinates":
            return RULES[name](self.args(body), self)
        if name == "tag":
            tag, content = [*map(self.value, split_args(body)), ""][:2]
            return take_out(f"<{tag}>{content}</{tag}>", self.found)
        return GAP

    def _choice(self, name: str, raw: list[str]) -> str:
        parts = [*raw, "", "", "", ""]
        if name == "if":
            return self.value(parts[1] if self.value(parts[0]).strip(GAP) else parts[2])
        if name == "ifeq":
            return self.value(parts[2] if same(self.value(parts[0]), self.value(parts[1])) else parts[3])
        if name == "iferror":
            return self.value(parts[2] if len(raw) > 2 else parts[0])  # what calls fail is not known: none does
        if name in ("ifexist", "ifexpr"):
            return self.value(parts[2])  # neither pages nor arithmetic are at hand: the "else" branch
        return self._switch(raw)

    def _switch(self, raw: list[str]) -> str:
        wanted = self.value(raw[0]) if raw else ""
        default = ""
        falls = False
        for part in raw[1:]:
            case, equals, result = part.partition("=")
            case = self.value(case)
            falls = falls or same(case, wanted)
            if not equals:
                default = case  # a last case without "=" is the default
                continue
            if falls:
                return self.value(result)
            if case.casefold() in ("#default", *(w for w, k in self.found.names.functions.items() if k == "default")):
                default = self.value(result)
        return default


def _pad(parts: list[str]) -> tuple[int, str]:
    width, fill = [*parts[1:], "0", "0"][:2]
    return (min(500, int(width)) if width.isdecimal() else 0), fill[:1] or "0"


_TEXT_FUNCTIONS: dict[str, Callable[[list[str]], str]] = {
    "lc": lambda parts: parts[0].lower(),
    "uc": lambda parts: parts[0].upper(),
    "lcfirst": lambda parts: parts[0][:1].lower() + parts[0][1:],
    "ucfirst": lambda parts: parts[0][:1].upper() + parts[0][1:],
    "padleft": lambda parts: parts[0].rjust(*_pad(parts)),
    "padright": lambda parts: parts[0].ljust(*_pad(parts)),
    "plural": lambda parts: parts[1] if parts[0] in ("1", "") or len(parts) < 3 else parts[2] if len(parts) > 2 else "",
    "grammar": lambda parts: parts[-1],
    "int": lambda parts: parts[0],
    "formatdate": lambda parts: parts[0],
    "gender": lambda parts: [*parts, "", "", ""][3 if len(parts) > 3 else 1],  # of a user who is not known
}


def split_args(rest: str) -> list[str]:
    """The parts between the pipes that stand outside inner templates and links."""
    if "[[" not in rest and "{{" not in rest:
        return rest.split("|")
    parts: list[str] = []
    start = links = calls = 0
    for token in _DIVIDERS.finditer(rest):
        mark = token[0]
        if mark == "|":
            if not links and not calls:
                parts.append(rest[start : token.start()])
                start = token.end()
        elif mark == "[[":
            links += 1
        elif mark == "]]":
            links = max(0, links - 1)
        elif mark == "{{":
            calls += 1
        else:
            calls = max(0, calls - 1)
    parts.append(rest[start:])
    return parts

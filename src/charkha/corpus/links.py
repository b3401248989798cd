"""Links: categories, interlanguage links and files leave the text; the links of the prose stay, with exact offsets."""

from __future__ import annotations

import re
from urllib.parse import unquote

from charkha.core.records import Link
from charkha.corpus.entities import decode
from charkha.corpus.found import Found
from charkha.corpus.marks import BREAK, COMMENT, GAP, NOTHING, bare
from charkha.corpus.names import CATEGORY, FILE, LANGLINK, Names
from charkha.corpus.normal import nfc

# The look back refuses "[[[a:b]]", which is no link; it stands behind the brackets so that the search for them is fast.
_PREFIXED = re.compile(r"\[\[(?<!(?<!\[)\[\[\[)[ _\u200e\u200f]*(?!:)([^\[\]|:\n{}<>#]{1,60}+):")
_REST = re.compile(r"([^\[\]|\n]*)(?:\|((?:[^\[\]]|\[(?!\[)|\](?!\]))*))?\]\]")
_BRACKETS = re.compile(r"\[\[|\]\]")
_EMPTIED = re.compile(rf"\[\[[^\[\]|\n]*\|[{GAP} ]*{GAP}[{GAP} ]*\]\]")
_TORN_LINK = re.compile(r"(?<= )(?:\[\[|\]\]) |\[\[(?:[^\[\]|\n]{0,200}\|)?|\]\]")
_ODD = re.compile(r"[%#_&<>{}\[\]\u200e\u200f\ufdd0-\ufdef]|  |^ | $")
_ILLEGAL = re.compile(rf"[<>{{}}\[\]|\n{GAP}{BREAK}{NOTHING}]")  # no title holds these, nor what a template or a note left
_WORD = r"[^ :#_%&|<>{}\u200e\u200f\ufdd0-\ufdef]"
_PLAIN_LINK = re.compile(rf"(?!/){_WORD}+(?: {_WORD}+)*").fullmatch  # an article of this wiki, with nothing to look up
_LONGEST_FILE = 20_000  # characters; an unclosed file link must not make the scan quadratic
_COMPOSES = frozenset(
    "\u093c\u09bc\u09be\u09d7\u0b3e\u0b56\u0b57\u0bbe\u0bd7\u0c56\u0cc2\u0cd5\u0cd6\u0d3e\u0d57\u0653\u0654\u0655"
)


def clean_title(raw: str) -> str:
    """A title as MediaWiki stores it: no fragment, single spaces, first letter upper case; empty for what is none."""
    if raw and not _ODD.search(raw):
        return raw[0].upper() + raw[1:] if raw[0].islower() else raw
    title = bare(raw).replace(COMMENT, "")
    if "%" in title:
        title = unquote(title)
    if "#" in title:
        title = title.partition("#")[0]
    title = " ".join(title.replace("_", " ").replace("\u200e", "").replace("\u200f", "").split())
    if not title or _ILLEGAL.search(title):
        return ""
    return title[0].upper() + title[1:] if title[0].islower() else title


def lift(text: str, found: Found) -> str:
    """Text without category, interlanguage and file links; `found` has their names and captions."""
    if "[[" not in text:
        return text
    pieces: list[str] = []
    at = 0
    prefix = found.names.prefix
    for match in _PREFIXED.finditer(text):
        start = match.start()
        if start < at:
            continue  # inside a file link that is already out
        kind = prefix(match[1])
        if kind == FILE:
            end, closed = _file_end(text, match.end())
            if closed:
                _file(text[match.end() : end], found)
            else:
                collect_categories(text[match.end() : end], found)
            pieces += (text[at:start], GAP)
            at = end
        elif kind in (CATEGORY, LANGLINK):
            rest = _REST.match(text, match.end())
            if rest is None:
                continue
            if kind == CATEGORY:
                _category(rest[1], found)
            elif title := clean_title(nfc(decode(rest[1]) if "&" in rest[1] else rest[1])):
                found.langlinks.setdefault(match[1].strip(" _").lower(), title)
            # MediaWiki drops the space before such a link, so that its line leaves no empty paragraph. A heading above it
            # stays one; a heading on its own line is none.
            before = text[at:start]
            kept = before.rstrip()
            above = kept[-1:] in ("=", COMMENT) and "\n" in before[len(kept) :]
            pieces += (kept, "\n" if above else "", GAP)
            at = rest.end()
            if text[at : at + 1] == "]" and "[" in (rest[2] or ""):
                at += 1  # [[Category:a|[b]]]: the first bracket belongs to the key
    if not at:
        return text
    pieces.append(text[at:])
    return "".join(pieces)


def collect_categories(text: str, found: Found) -> None:
    """Adds the categories that text sets which is itself thrown away (a footnote)."""
    for match in _PREFIXED.finditer(text):
        if found.names.prefix(match[1]) == CATEGORY and (rest := _REST.match(text, match.end())):
            _category(rest[1], found)


def _category(name: str, found: Found) -> None:
    title = clean_title(nfc(decode(name) if "&" in name else name))
    if title:
        found.categories[title] = None


def _file_end(text: str, at: int) -> tuple[int, bool]:
    depth = 1
    for bracket in _BRACKETS.finditer(text, at, at + _LONGEST_FILE):
        depth += 1 if bracket[0] == "[[" else -1
        if not depth:
            return bracket.end(), True
    line = text.find("\n", at)  # never closed: MediaWiki shows it raw; only its line is given up
    return (len(text) if line < 0 else line), False


def _file(body: str, found: Found) -> None:
    parts = _split(body.removesuffix("]]"))
    words = [part for part in parts[1:] if not found.names.is_image_option(part)]
    if words:  # the last one counts, as in MediaWiki
        found.caption(words[-1])
        if "[[" in body:
            collect_categories("|".join(words[:-1]), found)


def _split(body: str) -> list[str]:
    """Parts between the pipes that stand outside inner links."""
    if "[[" not in body:
        return body.split("|")
    parts, depth, start = [], 0, 0
    for token in re.finditer(r"\[\[|\]\]|\|", body):
        if token[0] == "|":
            if not depth:
                parts.append(body[start : token.start()])
                start = token.end()
        else:
            depth = max(0, depth + (1 if token[0] == "[[" else -1))
    return [*parts, body[start:]]


def resolve(text: str, names: Names, base: int = 0, *, guarded: bool = True) -> tuple[str, list[Link]]:
    """Text with every link replaced by what a reader sees, and the links that lead to this wiki's articles.

    Args:
        text: polished text that still holds [[links]].
        names: the wiki's vocabulary.
        base: where the result will stand in the page's text; added to every offset.
        guarded: whether the text may hold stand-ins of `guard`.
    """
    if "[[" not in text:
        return (nfc(_TORN_LINK.sub("", text)) if "]]" in text else text), []
    if GAP in text:
        text = _EMPTIED.sub("", text)
    shown, links = _resolve(text, names, base, guarded=guarded, torn=False)
    if "[[" in shown or "]]" in shown:  # some are no links: only then is what stands between looked at, link by link
        shown, links = _resolve(text, names, base, guarded=guarded, torn=True)
    return shown, links


def _resolve(text: str, names: Names, base: int, *, guarded: bool, torn: bool) -> tuple[str, list[Link]]:
    parts = names.link.split(text)  # what stands before, target, label, trail; and so on, what stands behind
    links: list[Link] = []
    pieces: list[str] = []
    length = base
    for at in range(0, len(parts) - 3, 4):
        before, target, label, trail = parts[at], parts[at + 1], parts[at + 2], parts[at + 3]
        if torn:
            before = nfc(_TORN_LINK.sub("", before))  # what stood apart may compose
        if label != "" and _PLAIN_LINK(target) is not None:
            shown = (target if label is None else label) + trail
            if target[0].islower():
                target = target[0].upper() + target[1:]
        else:
            shown, target = _surface(target, label, trail, names)
        pieces.append(before)
        length += len(before)
        surface = shown
        if not shown or shown[0] in " \n" or shown[-1] in " \n" or "\n" in shown or BREAK in shown:
            surface, shown = _on_one_line(shown, before if length > base else " ", parts[at + 4 : at + 6])
            if shown[:1] == " ":
                length += 1
                shown = shown[1:]
                pieces.append(" ")
        elif trail and trail[0] in _COMPOSES:
            shown = surface = nfc(shown)
            trail = trail if shown.endswith(trail) else trail[1:]  # its first sign is now part of the letter before it
        if target and surface:
            links.append(Link(target, bare(surface) if guarded else surface, trail, length, length + len(surface)))
        pieces.append(shown)
        length += len(shown)
    pieces.append(nfc(_TORN_LINK.sub("", parts[-1])) if torn else parts[-1])
    return "".join(pieces), links


def _on_one_line(shown: str, before: str, behind: list[str]) -> tuple[str, str]:
    """A label's surface, and how it is shown: its outer spaces stay outside; one that would double a space does not stay at all."""
    surface = " ".join(shown.replace(BREAK, " ").split())
    if not surface:
        return "", ""
    ahead = " " if shown[0].isspace() and not before[-1:].isspace() else ""
    following = behind[0][:1] or ("[" if len(behind) > 1 else "")
    return surface, ahead + surface + (" " if shown[-1].isspace() and following not in (" ", "\n", "") else "")


def _surface(target: str, label: str | None, trail: str, names: Names) -> tuple[str, str]:
    """What a link shows, and its article; an empty article for a section, another namespace or another wiki."""
    forced = target.lstrip(" _")[:1] == ":"
    if forced:
        target = target.lstrip(" _")[1:]
    if "%" in target:
        target = unquote(target)
    if label is None:
        shown = target if forced else target.strip("_")
    elif label.strip():
        shown = label
    else:  # the pipe trick, left over in text that was never saved through the editor
        shown = re.sub(r"^[^:]*:|\s*[(,（].*$", "", target) if target.strip() else ""
    shown += trail
    if ":" in target and names.prefix(target.partition(":")[0]):
        return shown, ""
    return shown, clean_title(target) if target[:1] != "/" else ""

"""Page -> Passage: the spans of a page that a task can rest on, with numbered sentences.

A passage is a run of whole sections, so that one passage serves most tasks. Sizes are in characters and sentences, by the language's file,
never in tokens: a token is two letters of Malayalam and a whole word of English.
"""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile
from operator import attrgetter

from charkha.core.ids import grounding_id
from charkha.core.records import Page, Passage, Sentence
from charkha.corpus.wikitext import section_spans
from charkha.languages import Language
from charkha.text.sentences import sentence_spans

PROSE_SHARE = 0.5  # of a passage's characters that stand in sentences rather than in list items
SCRIPT_SHARE = 0.5  # of its characters outside spaces, digits and ASCII signs that are in the language's script
DEV_PERCENT = TEST_PERCENT = 1
_MARKER = ("- ", "* ")
_ITEM = re.compile(r"^ *(?:- |1\. ).{0,100}$", re.MULTILINE)  # a longer item is a sentence or two
_GLANCE = 600  # characters looked at for the script: a passage is of one kind


@dataclass(frozen=True, slots=True)
class _Part:
    start: int
    end: int
    title: str
    sentences: tuple[tuple[int, int], ...]


def split_of(page: Page, *, by_item: bool = True) -> tuple[str, str]:
    """train, dev or test, and its basis: the Wikidata id, which is equal across languages, else (or not `by_item`) the page id."""
    basis = "wikidata_id" if page.wikidata_id and by_item else "page_id"
    name = page.wikidata_id if basis == "wikidata_id" else f"{page.lang}:{page.page_id}"
    percent = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest()) % 100
    if percent < TEST_PERCENT:
        return "test", basis
    return ("dev" if percent < TEST_PERCENT + DEV_PERCENT else "train"), basis


def passages(page: Page, language: Language) -> list[Passage]:
    """The passages of an article, in order; none for a stub, a redirect or a disambiguation page."""
    if page.redirect_to or page.disambiguation:
        return []
    size = language.passage
    groups: list[list[_Part]] = [[]]
    for part in _parts(page, language):
        reach = part.end - groups[-1][0].start if groups[-1] else 0
        held = groups[-1][-1].end - groups[-1][0].start if groups[-1] else 0
        if groups[-1] and (held >= size.wanted or reach > size.most):
            groups.append([])
        groups[-1].append(part)
    _join_short_tail(groups, language)
    return [_passage(page, group) for group in groups if group and _is_usable(page, group, language)]


def _is_usable(page: Page, group: list[_Part], language: Language) -> bool:
    """Large enough, mostly prose, and in the language's script."""
    text = page.text[group[0].start : group[-1].end]
    count = sum(len(part.sentences) for part in group)
    if len(text) < language.passage.least or count < language.passage.sentences:
        return False
    if ("\n- " in text or "\n1. " in text) and len(text) - sum(map(len, _ITEM.findall(text))) < PROSE_SHARE * len(text):
        return False
    own, foreign = _letters(language.script.ranges)
    ours, others = (sum(map(len, letters.findall(text, 0, _GLANCE))) for letters in (own, foreign))
    return ours >= SCRIPT_SHARE * (ours + others)


@lru_cache(maxsize=64)
def _letters(ranges: tuple[tuple[int, int], ...]) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Runs of the script's characters, and runs of letters of others; good enough to tell prose from a list of foreign names."""
    inside = "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ((0x300, 0x36F), *ranges))
    return re.compile(f"[{inside}]+"), re.compile(f"[^{inside}\\W\\d_]+")


def _parts(page: Page, language: Language) -> list[_Part]:
    most = language.passage.most
    parts: list[_Part] = []
    for (start, end), section in zip(section_spans(page), page.sections, strict=True):
        spans = [_unmarked(page.text, start + a, start + b) for a, b in sentence_spans(page.text[start:end], language)]
        spans = [(a, b) for a, b in spans if b > a]
        at = 0
        while at < len(spans):
            cut = at + 1
            while cut < len(spans) and spans[cut][1] - spans[at][0] <= most:
                cut += 1
            parts.append(_Part(spans[at][0], spans[cut - 1][1], section.title, tuple(spans[at:cut])))
            at = cut
    return parts


def _unmarked(text: str, start: int, end: int) -> tuple[int, int]:
    while text.startswith(_MARKER, start, end):
        start += 2
    return start, end


def _join_short_tail(groups: list[list[_Part]], language: Language) -> None:
    if len(groups) < 2 or not groups[-1]:
        return
    tail, last = groups[-1], groups[-2]
    short = tail[-1].end - tail[0].start < language.passage.least * 2
    if short and tail[-1].end - last[0].start <= language.passage.most:
        last.extend(groups.pop())


def _passage(page: Page, parts: list[_Part]) -> Passage:
    start, end = parts[0].start, parts[-1].end
    sentences = tuple(Sentence(a - start, b - start, part.title) for part in parts for a, b in part.sentences)
    first = bisect_left(page.links, start, key=attrgetter("start"))
    inside = list(takewhile(lambda link: link.end <= end, page.links[first:]))
    return Passage(
        id=grounding_id(page.lang, [(page.page_id, page.revision_id, start, end)]),
        lang=page.lang,
        page_id=page.page_id,
        revision_id=page.revision_id,
        title=page.title,
        url=page.url,
        dump_date=page.dump_date,
        licence=page.licence,
        split=page.split,
        start=start,
        end=end,
        text=page.text[start:end],
        sentences=sentences,
        names=tuple(dict.fromkeys(link.surface for link in inside)),
        links=tuple(dict.fromkeys(link.target for link in inside)),
        categories=tuple(page.categories),
        sensitivity=tuple(page.sensitivity),
        source=page.source,
    )

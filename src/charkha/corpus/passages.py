"""Page -> Passage: the spans of a page that a task can rest on, with numbered sentences.

A passage is a run of whole sections, so that one passage serves most tasks. Sizes are in characters and sentences, never in tokens: a token
is two letters of Malayalam and a whole word of English.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from charkha.core.ids import digest, grounding_id
from charkha.core.records import Page, Passage, Sentence
from charkha.corpus.wikitext import section_spans
from charkha.languages import Language
from charkha.text.sentences import sentence_spans

MIN_CHARS, WANT_CHARS, MAX_CHARS = 400, 1_800, 4_500
MIN_SENTENCES = 5
DEV_PERCENT = TEST_PERCENT = 1
_MARKER = ("- ", "* ")


@dataclass(frozen=True, slots=True)
class _Part:
    start: int
    end: int
    title: str
    sentences: tuple[tuple[int, int], ...]


def split_of(page: Page) -> tuple[str, str]:
    """train, dev or test, and its basis: the Wikidata id, which is equal across languages, else the page id."""
    basis = "wikidata_id" if page.wikidata_id else "page_id"
    name = page.wikidata_id or f"{page.lang}:{page.page_id}"
    percent = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest()) % 100
    if percent < TEST_PERCENT:
        return "test", basis
    return ("dev" if percent < TEST_PERCENT + DEV_PERCENT else "train"), basis


def passages(page: Page, language: Language) -> list[Passage]:
    """The passages of an article, in order; none for a stub, a redirect or a disambiguation page."""
    if page.redirect_to or page.disambiguation:
        return []
    groups: list[list[_Part]] = [[]]
    for part in _parts(page, language):
        size = part.end - groups[-1][0].start if groups[-1] else 0
        held = groups[-1][-1].end - groups[-1][0].start if groups[-1] else 0
        if groups[-1] and (held >= WANT_CHARS or size > MAX_CHARS):
            groups.append([])
        groups[-1].append(part)
    _join_short_tail(groups)
    made = [_passage(page, group) for group in groups if group]
    return [passage for passage in made if len(passage.text) >= MIN_CHARS and len(passage.sentences) >= MIN_SENTENCES]


def _parts(page: Page, language: Language) -> list[_Part]:
    parts: list[_Part] = []
    for (start, end), section in zip(section_spans(page), page.sections, strict=True):
        spans = [_unmarked(page.text, start + a, start + b) for a, b in sentence_spans(page.text[start:end], language)]
        spans = [(a, b) for a, b in spans if b > a]
        while spans:
            cut = next((n for n, (_, b) in enumerate(spans) if b - spans[0][0] > MAX_CHARS), len(spans)) or 1
            parts.append(_Part(spans[0][0], spans[cut - 1][1], section.title, tuple(spans[:cut])))
            spans = spans[cut:]
    return parts


def _unmarked(text: str, start: int, end: int) -> tuple[int, int]:
    while text.startswith(_MARKER, start, end):
        start += 2
    return start, end


def _join_short_tail(groups: list[list[_Part]]) -> None:
    if len(groups) < 2 or not groups[-1]:
        return
    tail, last = groups[-1], groups[-2]
    short = tail[-1].end - tail[0].start < MIN_CHARS * 2
    if short and tail[-1].end - last[0].start <= MAX_CHARS:
        last.extend(groups.pop())


def _passage(page: Page, parts: list[_Part]) -> Passage:
    start, end = parts[0].start, parts[-1].end
    sentences = tuple(Sentence(a - start, b - start, part.title) for part in parts for a, b in part.sentences)
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
        names=tuple(dict.fromkeys(link.surface for link in page.links if start <= link.start and link.end <= end)),
        categories=tuple(page.categories),
        sensitivity=tuple(page.sensitivity),
    )


def spread(keys: Iterable[tuple[str, str]], seed: int) -> list[str]:
    """The one order in which a language's passages are used: spread over categories, the same for all tasks.

    Args:
        keys: (passage id, first category) of every passage, in any order.
        seed: the recipe's seed.

    Returns:
        Passage ids: the first of every category, then the second of every category, and so on; each in the order of a hash.
    """
    piles: dict[str, list[str]] = defaultdict(list)
    for passage, category in keys:
        piles[category].append(digest([seed, passage]) + passage)
    ranked = [(rank, name[:32], name[32:]) for pile in piles.values() for rank, name in enumerate(sorted(pile))]
    return [passage for _, _, passage in sorted(ranked)]

"""Supporting facts: which sentences a claim rests on, and whether they say so."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from charkha.core.records import Evidence, Grounding, Passage, Reason
from charkha.text.align import align
from charkha.text.names import Suffixes
from charkha.text.words import fold, words

ALIGNED = 0.9  # likeness of a quote and its sentences over folded graphemes; models repair spelling silently
QUOTE_WORDS = 8
SHARED_PREFIX, MIN_SHARED = 0.6, 2  # two inflected forms of one word share this much of the shorter one


def evidence(source: Passage | Grounding, numbers: Iterable[int]) -> list[Evidence]:
    """The spans of the numbered sentences in their pages; numbers that do not exist are left out (`missing` reports them)."""
    grounding = source if isinstance(source, Grounding) else Grounding(source.id, source.lang, (source,))
    found = []
    for number in sorted(set(numbers)):
        with suppress(IndexError):
            passage, own = grounding.located(number)
            at = passage.sentences[own - 1]
            start, end = passage.start + at.start, passage.start + at.end
            found.append(Evidence(passage.page_id, passage.revision_id, start, end, passage.sentence(own)))
    return found


def missing(passage: Passage, numbers: Iterable[int]) -> Reason | None:
    """`facts` when there are no sentence numbers, or one that does not exist."""
    given = list(numbers)
    wrong = [number for number in given if not 1 <= number <= len(passage.sentences)]
    if not given:
        return Reason("facts", "no supporting sentence is named")
    return Reason("facts", f"there is no sentence {wrong[0]}") if wrong else None


def unsupported_quote(passage: Passage, numbers: Iterable[int], quote: str) -> Reason | None:
    """`quote` when the quotation is empty, longer than `QUOTE_WORDS` (a little grace), or not in its sentences."""
    count = len(words(quote))
    if not count:
        return Reason("quote", "empty")
    if count > QUOTE_WORDS + 4:
        return Reason("quote", f"{count} words, at most {QUOTE_WORDS} were asked for")
    text = " ".join(passage.sentence(number) for number in sorted(set(numbers)))
    ratio = align(quote, text).ratio
    return Reason("quote", f"fits its sentences by {ratio:.2f} only: {quote!r}") if ratio < ALIGNED else None


def grounded_share(text: str, source: str, suffixes: Suffixes) -> float:
    """The share (0..1) of a text's longer words that the source has in some inflected form; 1.0 for no such words.

    Words count as one when they share a prefix of 60% of the shorter and at least two code points beyond the first letter, or
    when they are equal without a suffix of the language: a short name with a long ending shares too little.
    """
    ours = {w for word in words(text) if len(w := fold(word)) >= 4}
    theirs = {fold(word) for word in words(source)}
    prefixes = {word[:size] for word in theirs for size in range(3, len(word) + 1)}
    if not ours:
        return 1.0
    stems = {stem for word in theirs for stem in (word, *suffixes.strip(word))}
    return sum(
        word[: max(3, round(len(word) * SHARED_PREFIX))] in prefixes
        or any(stem in stems for stem in (word, *suffixes.strip(word)))
        for word in ours
    ) / len(ours)

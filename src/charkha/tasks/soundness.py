"""Checks that every task shares. Each returns a Reason or None; `first` takes the first that fails, unsound ones before unnatural."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import regex

from charkha.core.records import Draft, Message, Passage, Reason, Seed
from charkha.languages import Language
from charkha.tasks.facts import grounded_share
from charkha.text.identify import vote
from charkha.text.numbers import unsupported
from charkha.text.overlap import overlap
from charkha.text.script import letter_count, script_share
from charkha.text.words import fold, words

LANGUAGE_CONFIDENCE = 0.75  # the paper's threshold
SCRIPT_SHARE = 0.7  # ours: a native text with its Latin terms in brackets stays above it
SHORT = 100  # characters; below it an identifier's word on one field means little
GROUNDED = 0.4  # ours: of the kept sample replies the lowest has 0.43, most of those to another passage less than 0.4
COPIED = 0.5  # share of words inside verbatim runs of eight words and more
# Words in quotation marks from which on they are a saying, not a name or a term; three long ones where words say much (Malayalam).
QUOTED, QUOTED_LONG, QUOTED_CHARS = 4, 3, 24

_MARKUP = regex.compile(
    r"\[\[|\]\]|\{\{|\}\}|'''|<ref|</?(?:think|passage|div|span|br|p|sup|sub)\b|^\s*```(?:json)?\s*\{|\{\|",
    regex.MULTILINE,
)
_NUMBERED = regex.compile(r"\[\d{1,3}\]")
# Quotation marks of any script, a single one only where it stands outside a word; within a paragraph, since nothing else ends an unclosed one.
_QUOTATION = regex.compile(
    r"""[“„‟]([^“”„‟\n]+)[”“‟]|[«»]([^«»\n]+)[«»]|[‹›]([^‹›\n]+)[‹›]|「([^」\n]+)」|『([^』\n]+)』|"([^"\n]+)"|＂([^＂\n]+)＂"""
    r"""|(?<![\p{L}\p{M}\p{N}])[‘‚'`]([^‘’\n]+?)['’](?![\p{L}\p{M}\p{N}])"""
)
_BREAK = regex.compile(r"[।॥۔.?!؟…_/|]+")  # ends of sentences and verses; a template's blank


def first(*steps: Callable[[], Reason | None]) -> Reason | None:
    """The reason of the first step that has one; later steps are not taken."""
    return next((reason for step in steps if (reason := step()) is not None), None)


def shape(draft: Draft, least: int = 2) -> Reason | None:
    """`roles` unless user and assistant alternate and the assistant has the last word; `empty` for a message without words."""
    roles = [message.role for message in draft.messages if message.role != "system"]
    if len(roles) < least or len(roles) % 2 or roles != ["user", "assistant"] * (len(roles) // 2):
        return Reason("roles", f"{len(roles)} messages: {' '.join(roles)}")
    for number, message in enumerate(draft.messages):
        if not words(message.content):
            return Reason("empty", f"message {number} has no words")
    return None


def markup(texts: Iterable[str]) -> Reason | None:
    """`markup` for wikitext, HTML, thinking tags, or the prompt's own sentence numbers in what a reader would see."""
    for text in texts:
        found = _MARKUP.search(text) or _NUMBERED.search(text)
        if found:
            return Reason("markup", f"{found[0]!r} in {text[max(0, found.start() - 20) : found.end() + 20]!r}")
    return None


def language_of(texts: Iterable[str], language: Language) -> Reason | None:
    """`language` when a text is in another script, or in another language; short texts are judged together."""
    told = [text for text in texts if letter_count(text)]
    for text in told:
        share = script_share(text, language)
        if share < SCRIPT_SHARE:
            return Reason("language", f"{share:.0%} {language.script.code} letters: {text[:60]!r}")
    together = "\n".join(text for text in told if len(text) < SHORT)
    for text in [*(text for text in told if len(text) >= SHORT), *([together] if len(together) >= SHORT else [])]:
        confidence = vote(text, language).confidence
        if confidence < LANGUAGE_CONFIDENCE:
            return Reason("language", f"{language.wiki} with confidence {confidence:.2f}: {text[:60]!r}")
    return None


def ungrounded(text: str, passage: Passage) -> Reason | None:
    """`ungrounded` when hardly a word of a text is a word of the passage in any form."""
    share = grounded_share(text, f"{passage.title}\n{passage.text}")
    return Reason("ungrounded", f"{share:.0%} of its words are the passage's") if share < GROUNDED else None


def invented_numbers(text: str, draft: Draft, passage: Passage) -> Reason | None:
    """`numbers` for a number that the passage has not and that is not one step from the evidence's numbers."""
    told = "\n".join(span.text for span in draft.evidence)
    wrong = unsupported(text, told, f"{passage.title}\n{passage.text}")
    return Reason("numbers", f"{', '.join(wrong[:3])} not in the passage") if wrong else None


def invented_quote(texts: Iterable[str], seed: Seed) -> Reason | None:
    """`invented_quote` when a text on a sacred text quotes a saying that no passage of the seed holds.

    Held to the word: a scripture that is quoted almost right is quoted wrong.
    """
    if "sacred_text" not in seed.grounding.sensitivity:
        return None
    held = [_spoken(passage.text) for passage in seed.grounding.passages]
    for text in texts:
        for match in _QUOTATION.finditer(text):
            for part in _BREAK.split(next(filter(None, match.groups()))):
                said = _spoken(part)
                if _is_saying(said) and not any(said in passage for passage in held):
                    return Reason("invented_quote", f"{part.strip()[:60]!r} stands in no passage")
    return None


def _is_saying(said: str) -> bool:
    count = len(said.split())
    return count >= QUOTED or (count >= QUOTED_LONG and len(said) >= QUOTED_CHARS)


def _spoken(text: str) -> str:
    """The folded words of a text with a space around each."""
    return f" {' '.join(fold(word) for word in words(text))} "


def deictic(texts: Iterable[str], draft: Draft, language: Language) -> Reason | None:
    """`deictic` when a question that stands alone points at a text nobody sees."""
    if draft.context == "open":
        return None
    for text in texts:
        padded = _spoken(text)
        for phrase in language.deictic:
            if _spoken(phrase) in padded:
                return Reason("deictic", f"{phrase!r} in {text[:80]!r}")
    return None


def stock_opening(texts: Iterable[str], language: Language) -> Reason | None:
    """`stock_opening` for a start that a thousand machine replies share."""
    for text in texts:
        start = fold(text[:200]).lstrip("\"'*#- ")
        for opening in language.stock_openings:
            if start.startswith(fold(opening)):
                return Reason("stock_opening", f"{opening!r}", "unnatural")
    return None


def copied(text: str, passage: Passage, limit: float = COPIED) -> Reason | None:
    """`copied` when more than `limit` of a text's words stand in verbatim runs of the passage."""
    found = overlap(text, passage.text)
    if found.copied > limit:
        return Reason("copied", f"{found.copied:.0%} of its words in runs of the passage", "unnatural")
    return None


def assistant_text(draft: Draft) -> str:
    """All that the assistant says, one line feed between turns."""
    return "\n".join(message.content for message in draft.messages if message.role == "assistant")


def in_language(texts: list[str], language: Language) -> list[str]:
    """`message_langs` of messages that are all in one language."""
    return [language.code] * len(texts)


def opened(instruction: str, seed: Seed, context: str) -> str:
    """The first user turn: the words, and the passage behind them where the context is open."""
    return f"{instruction.strip()}\n\n{seed.grounding.anchor.text}" if context == "open" else instruction.strip()


def told_by(messages: list[Message], role: str) -> Iterator[str]:
    """The contents of a role's messages."""
    return (message.content for message in messages if message.role == role)

"""Sentences with their offsets, by the sentence ends and abbreviations of the language's file."""

from __future__ import annotations

from functools import lru_cache

import regex

from charkha.languages import Language

LOOKS_BACK = 1_000  # characters of a sentence that are looked at: a file that never ends one must not cost its square
BRACKETS = 40  # characters in which a bracket must close for a full stop inside it not to end the sentence
_CLOSERS = "\"'”’)\\]»›"


def sentence_spans(text: str, language: Language) -> list[tuple[int, int]]:
    """Half-open spans of the sentences, trimmed of white space; a line feed always ends one.

    Not cut: after an abbreviation ("डॉ."), inside a number ("3.5"), after a single initial ("A. K."), inside brackets a
    few words long.
    """
    spans: list[tuple[int, int]] = []
    start = 0
    for match in _ends(language).finditer(text):
        mark = match[0][0]
        if mark == "." and not _is_end(text, start, match, language):
            continue
        end = match.end()
        _keep(spans, text, start, end)
        start = end
    _keep(spans, text, start, len(text))
    return spans


def sentences(text: str, language: Language) -> list[str]:
    """The sentences as text."""
    return [text[start:end] for start, end in sentence_spans(text, language)]


@lru_cache(maxsize=64)
def _ends_of(marks: tuple[str, ...]) -> regex.Pattern[str]:
    # A full stop ends a sentence only before white space; a danda or a question mark also without.
    hard = "".join(regex.escape(mark) for mark in marks if mark != ".")
    hard_end = f"[{hard}]+[{_CLOSERS}]*" if hard else r"(?!)"
    return regex.compile(rf"\n+|{hard_end}|(?<!\.)\.++[{_CLOSERS}]*+(?=\s|$)|(?<!\.)\.++[{_CLOSERS}]+")


def _ends(language: Language) -> regex.Pattern[str]:
    return _ends_of(tuple(language.sentence_ends))


def _is_end(text: str, start: int, match: regex.Match[str], language: Language) -> bool:
    if "." not in language.sentence_ends:
        return False
    said = text[max(start, match.start() - LOOKS_BACK) : match.start()]
    before = said.rsplit(None, 1)[-1:] or [""]
    token = before[0].lstrip("(\"'“‘[")
    if token.rstrip(".") in language.abbreviations or token in language.abbreviations:
        return False
    if len(token) == 1 and not token.isdigit() and not token.islower():
        return False  # an initial; one code point, since a whole word can be one grapheme (છે)
    if said.count("(") > said.count(")") and ")" in text[match.end() - 1 : match.end() + BRACKETS]:
        return False  # "(जी.आई.)"
    after = text[match.end() : match.end() + 2].strip()
    return not (after[:1].isascii() and after[:1].islower())


def _keep(spans: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    stripped = piece.strip()
    if stripped:
        start += piece.index(stripped)
        spans.append((start, start + len(stripped)))

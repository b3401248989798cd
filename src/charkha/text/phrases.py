"""Phrases that name what a category, a title or an infobox value is about, as the tables of language files write them.

A phrase stands as whole words, in any spelling that a reader takes as equal; `*` lets a word begin or go on, `^` and `$` are the ends of the
name, `{year}` is a year. They are sorted once under their first word, or under how it begins or ends where it is open, so that a table of
hundreds costs a few lookups a word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from charkha.text.words import fold

ANY, YEAR = "\ue000", "\ue001"  # `*` and `{year}` of a phrase, as letters that no name has


@dataclass(frozen=True, slots=True)
class _Phrase:
    """Words in a row, each folded or a pattern. An open first word (`first` None) begins with one of `starts`, else ends with `end`."""

    words: tuple[str | re.Pattern[str], ...]
    at_start: bool
    at_end: bool
    meaning: str
    first: str | None
    starts: tuple[str, ...] = ()
    end: str = ""

    def stands(self, words: list[str], at: int) -> bool:
        """True when the phrase begins at a word of a name."""
        end = at + len(self.words)
        if end > len(words) or (self.at_start and at) or (self.at_end and end < len(words)):
            return False
        pairs = zip(self.words, words[at:end], strict=True)
        return all(ours == word if isinstance(ours, str) else ours.fullmatch(word) for ours, word in pairs)


class Phrases:
    """Phrases and what they mean, under their first word; those whose first word is open, under how it begins or ends."""

    def __init__(self, meanings: Mapping[str, Iterable[str]]) -> None:
        self._by_first: dict[str, list[_Phrase]] = {}
        self._by_start: dict[str, list[_Phrase]] = {}
        self._by_end: dict[str, list[_Phrase]] = {}
        self._anywhere: list[_Phrase] = []  # the first word may be any
        made = [_phrase(phrase, meaning) for meaning, phrases in meanings.items() for phrase in phrases]
        for phrase in made:
            if phrase.first is not None:
                self._by_first.setdefault(phrase.first, []).append(phrase)
            elif phrase.starts:
                for start in phrase.starts:
                    self._by_start.setdefault(start, []).append(phrase)
            elif phrase.end:
                self._by_end.setdefault(phrase.end, []).append(phrase)
            else:
                self._anywhere.append(phrase)
        # A word is cut at these lengths only and looked up, however many phrases there are.
        self._starts = sorted({len(start) for start in self._by_start})
        self._ends = sorted({len(end) for end in self._by_end})

    def found(self, words: list[str]) -> Iterator[str]:
        """The meanings of all phrases that stand in the words of a name."""
        for at, word in enumerate(words):
            for phrase in self._begun(word):
                if phrase.stands(words, at):
                    yield phrase.meaning

    def _begun(self, word: str) -> Iterator[_Phrase]:
        """Phrases that may begin with a word: all that do, and few that do not."""
        yield from self._by_first.get(word, ())
        for size in self._starts:
            if size > len(word):
                break
            yield from self._by_start.get(word[:size], ())
        for size in self._ends:
            if size > len(word):
                break
            yield from self._by_end.get(word[-size:], ())
        yield from self._anywhere


class _Folded(dict[int, str]):
    """Code point -> what `fold` makes of it; what is no letter, mark or digit -> a space. Filled as it is met."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        folded = fold(char)
        kept = char in (ANY, YEAR) or unicodedata.category(char)[0] in "LMN" or (not folded and not char.isspace())
        self[code] = folded if kept else " "
        return self[code]


_FOLDED = _Folded()


def name_words(name: str) -> list[str]:
    """The words of a name, folded: twenty times as fast as `text.words` and `fold`, and right for names in NFC."""
    return unicodedata.normalize("NFC", name).translate(_FOLDED).split()


def _phrase(phrase: str, meaning: str) -> _Phrase:
    """A phrase of a language file, which has seen to it that there is a word in it."""
    written = name_words(phrase.strip("^$").replace("*", ANY).replace("{year}", YEAR))
    words = tuple(re.compile(open_pattern(word)) if _is_open(word) else word for word in written)
    ends = phrase.startswith("^"), phrase.endswith("$")
    if not _is_open(written[0]):
        return _Phrase(words, *ends, meaning, written[0])
    start = written[0].partition(ANY)[0].partition(YEAR)
    starts = (start[0],) if start[0] else ("1", "2") if start[1] else ()
    return _Phrase(words, *ends, meaning, None, starts, re.split(f"[{ANY}{YEAR}]", written[0])[-1])


def _is_open(word: str) -> bool:
    return ANY in word or YEAR in word


def open_pattern(word: str) -> str:
    """The pattern of a word with `*` or `{year}` in it."""
    return re.escape(word).replace(ANY, r"\S*").replace(YEAR, r"([12]\d{3})")

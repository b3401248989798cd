"""What a page touches that asks for care: tags from its categories, title and infobox, by the tables of its language's file.

The tables are phrases of whole words, sorted once per language under their first word; a category is looked at once, since
thousands of pages share it. It refuses to read the prose: a word in passing makes no page sensitive.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from charkha.core.records import Page
from charkha.languages import Language
from charkha.text.words import fold

OLDEST = 115  # years; beyond it nobody is taken to live. Three people on record reached it in the last decade.
GROWN = 18  # years, as the UN Convention on the Rights of the Child has it
_ANY, _YEAR = "\ue000", "\ue001"  # `*` and `{year}` of a phrase, as letters that no name has
_YEARS = re.compile(r"(?<!\d)[12]\d{3}(?!\d)")
_LEADING = re.compile(r"\s*(\d{4})")


def sensitivity_of(page: Page, language: Language) -> list[str]:
    """The page's tags, sorted; of `core.policy.TAGS`.

    A person is `living_person` by category, or by a birth in the last `OLDEST` years and no death; younger than `GROWN`
    years, also `minors`. Ages are counted in whole years to the date of the dump, else of the revision; a year beyond
    it is no birth.
    """
    table = _table(language)
    box = {_key(key): value for key, value in page.infobox.items() if value}
    told = [table.of_category(category) for category in page.categories]
    tags = table.of_title(page.title).union(table.of_infobox(box), *(one.tags for one in told))
    if any(one.died for one in told) or not table.died.isdisjoint(box):
        return sorted(tags - {"living_person"})  # that category is forgotten on pages for years
    today = int(match[1]) if (match := _LEADING.match(page.dump_date or page.timestamp)) else 0
    births = [year for one in told for year in one.born]
    births += [year for key in table.born.intersection(box) for year in table.years(box[key])]
    born = max((year for year in births if year <= today or not today), default=0)
    if born and born >= today - OLDEST:
        tags |= {"minors", "living_person"} if today and born >= today - GROWN else {"living_person"}
    return sorted(tags)


@dataclass(frozen=True, slots=True)
class _Told:
    """What a category says of the pages in it."""

    tags: frozenset[str] = frozenset()
    born: tuple[int, ...] = ()
    died: bool = False


class _Table:
    """A language's signs, made ready."""

    def __init__(self, language: Language) -> None:
        signs, life = language.sensitivity, language.life
        self.born = frozenset(map(_key, life.born.infobox))
        self.died = frozenset(map(_key, life.died.infobox))
        self._eras = [(_era(phrase), shift) for phrase, shift in life.eras.items()]
        self._titles = _Phrases({tag: found.titles for tag, found in signs.items()})
        self._categories = _Phrases(
            {"": life.born.categories, "died": life.died.categories}
            | {tag: found.categories for tag, found in signs.items()}
        )
        self._infobox = [(tag, *_entry(entry)) for tag, found in signs.items() for entry in found.infobox]
        self.of_category = lru_cache(maxsize=1 << 16)(self._read)

    def _read(self, category: str) -> _Told:
        found = frozenset(self._categories.found(_words(category)))
        born = self.years(category) if "" in found else ()
        return _Told(found - {"", "died"}, tuple(born), "died" in found)

    def of_title(self, title: str) -> frozenset[str]:
        """Tags by the title alone."""
        return frozenset(self._titles.found(_words(title)))

    def of_infobox(self, box: Mapping[str, str]) -> Iterator[str]:
        """Tags by a key alone, or by what stands under it."""
        for tag, key, phrase in self._infobox:
            if key in box and (phrase is None or next(phrase.found(_words(box[key])), None) is not None):
                yield tag

    def years(self, text: str) -> list[int]:
        """The years in a text; those of another era in ours."""
        text, found = " ".join(_words(text)), []
        for pattern, shift in self._eras:
            found += [int(match[1]) + shift for match in pattern.finditer(text)]
            text = pattern.sub(" ", text)
        return found + [int(year) for year in _YEARS.findall(text)]


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


class _Phrases:
    """Phrases and what they mean, under their first word; those whose first word is open, under how it begins or ends."""

    def __init__(self, meanings: Mapping[str, Iterable[str]]) -> None:
        self._by_first: dict[str, list[_Phrase]] = {}
        self._open: list[_Phrase] = []
        made = [_phrase(phrase, meaning) for meaning, phrases in meanings.items() for phrase in phrases]
        for phrase in made:
            at = self._open if phrase.first is None else self._by_first.setdefault(phrase.first, [])
            at.append(phrase)
        self._starts = tuple({start for phrase in self._open for start in phrase.starts})
        self._ends = tuple({phrase.end for phrase in self._open if not phrase.starts})

    def found(self, words: list[str]) -> Iterator[str]:
        """The meanings of all phrases that stand in the words of a name."""
        for at, word in enumerate(words):
            for phrase in self._by_first.get(word, ()):
                if phrase.stands(words, at):
                    yield phrase.meaning
            if word.startswith(self._starts) or word.endswith(self._ends):
                yield from (phrase.meaning for phrase in self._open if phrase.stands(words, at))


class _Folded(dict[int, str]):
    """Code point -> what `fold` makes of it; what is no letter, mark or digit -> a space. Filled as it is met."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        folded = fold(char)
        kept = char in (_ANY, _YEAR) or unicodedata.category(char)[0] in "LMN" or (not folded and not char.isspace())
        self[code] = folded if kept else " "
        return self[code]


_FOLDED = _Folded()


def _words(name: str) -> list[str]:
    """The words of a name, folded: twenty times as fast as `text.words` and `fold`, and right for names in NFC."""
    return unicodedata.normalize("NFC", name).translate(_FOLDED).split()


def _phrase(phrase: str, meaning: str) -> _Phrase:
    """A phrase of a language file, which has seen to it that there is a word in it."""
    written = _words(phrase.strip("^$").replace("*", _ANY).replace("{year}", _YEAR))
    words = tuple(re.compile(_open(word)) if _is_open(word) else word for word in written)
    ends = phrase.startswith("^"), phrase.endswith("$")
    if not _is_open(written[0]):
        return _Phrase(words, *ends, meaning, written[0])
    start = written[0].partition(_ANY)[0].partition(_YEAR)
    starts = (start[0],) if start[0] else ("1", "2") if start[1] else ()
    return _Phrase(words, *ends, meaning, None, starts, written[0].rpartition(_ANY)[2])


def _is_open(word: str) -> bool:
    return _ANY in word or _YEAR in word


def _open(word: str) -> str:
    """The pattern of a word with `*` or `{year}` in it."""
    return re.escape(word).replace(_ANY, r"\S*").replace(_YEAR, r"([12]\d{3})")


def _era(phrase: str) -> re.Pattern[str]:
    """How a year of another era is written, as a pattern over folded words joined by spaces."""
    words = map(_open, _words(phrase.replace("{year}", _YEAR)))
    return re.compile(rf"(?<!\S){' '.join(words)}(?!\S)")


def _entry(entry: str) -> tuple[str, _Phrases | None]:
    key, colon, phrase = entry.partition(":")
    return _key(key), _Phrases({"": [phrase]}) if colon else None


@lru_cache(maxsize=1 << 14)
def _key(name: str) -> str:
    return " ".join(_words(name))


_known: dict[int, tuple[Language, _Table]] = {}


def _table(language: Language) -> _Table:
    held = _known.get(id(language))
    if held is None:
        held = _known[id(language)] = (language, _Table(language))  # the language is kept, so that its id stays its own
    return held[1]

"""What a page touches that asks for care: tags from its categories, title and infobox, by the tables of its language's file.

The tables are phrases of whole words, compiled once per language; a category is looked at once, since thousands of pages share it.
It refuses to read the prose: a word in passing makes no page sensitive.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import regex

from charkha.core.records import Page
from charkha.languages import Language, Life
from charkha.text.words import fold

OLDEST = 115  # years; beyond it nobody is taken to live. Three people on record reached it in the last decade.
GROWN = 18  # years, as the UN Convention on the Rights of the Child has it
_LETTER = r"[\p{L}\p{M}\p{N}]"
_YEAR = r"([12]\d{3})"
_YEARS = regex.compile(rf"(?<!\d){_YEAR}(?!\d)")
_LEADING = regex.compile(r"\s*(\d{4})")
_GAP = r"[^\p{L}\p{M}\p{N}]+"  # between two words of a phrase: a space, a hyphen, the stops of an abbreviation
_NOWHERE = "(?!)"


def sensitivity_of(page: Page, language: Language) -> list[str]:
    """The page's tags, sorted; of `core.policy.TAGS`.

    A person is `living_person` by category, or by a birth in the last `OLDEST` years and no death; younger than `GROWN`
    years, also `minors`. Ages are counted in whole years to the date of the dump, else of the revision; a year beyond
    it is no birth.
    """
    table = _table(language)
    box = {_key(key): value for key, value in page.infobox.items() if value}
    told = [table.of_category(category) for category in page.categories]
    tags = table.of_title(page.title) | table.of_infobox(box)
    tags = tags.union(*(one.tags for one in told))
    if any(one.died for one in told) or not table.died.isdisjoint(box):
        return sorted(tags - {"living_person"})  # that category is forgotten on pages for years
    today = int(match[1]) if (match := _LEADING.match(page.dump_date or page.timestamp)) else 0
    births = [year for one in told for year in one.born]
    births += [year for key in table.born.intersection(box) for year in table.years(fold(box[key]))]
    born = max((year for year in births if year <= today or not today), default=0)
    if born and born >= today - OLDEST:
        tags |= {"living_person"}
        if today and born >= today - GROWN:
            tags |= {"minors"}
    return sorted(tags)


@dataclass(frozen=True, slots=True)
class _Told:
    """What a category says of the pages in it."""

    tags: frozenset[str] = frozenset()
    born: tuple[int, ...] = ()
    died: bool = False


_NOTHING = _Told()


class _Table:
    """A language's signs, compiled."""

    def __init__(self, language: Language) -> None:
        signs, life = language.sensitivity, language.life
        self.born = frozenset(map(_key, life.born.infobox))
        self.died = frozenset(map(_key, life.died.infobox))
        self._eras = [(_any_of([phrase]), shift) for phrase, shift in life.eras.items()]
        self._categories = _Tagger({tag: found.categories for tag, found in signs.items()})
        self._titles = _Tagger({tag: found.titles for tag, found in signs.items()})
        self._infobox = [(tag, *_entry(entry)) for tag, found in signs.items() for entry in found.infobox]
        self._born, self._died, self._lives = _lives(life)
        self.of_category = lru_cache(maxsize=1 << 16)(self._read)

    def _read(self, category: str) -> _Told:
        name = fold(category)
        tags = self._categories.tags(name)
        if not self._lives.search(name):
            return _Told(tags) if tags else _NOTHING
        born = tuple(self.years(name)) if self._born.search(name) else ()
        return _Told(tags, born, self._died.search(name) is not None)

    def of_title(self, title: str) -> frozenset[str]:
        """Tags by the title alone."""
        return self._titles.tags(fold(title))

    def of_infobox(self, box: Mapping[str, str]) -> frozenset[str]:
        """Tags by a key alone, or by what stands under it."""
        return frozenset(tag for tag, key, phrase in self._infobox if key in box and phrase.search(fold(box[key])))

    def years(self, text: str) -> list[int]:
        """The years in a folded text; those of another era in ours."""
        found: list[int] = []
        for pattern, shift in self._eras:
            found += [int(match[1]) + shift for match in pattern.finditer(text)]
            text = pattern.sub(" ", text)
        return found + [int(year) for year in _YEARS.findall(text)]


class _Tagger:
    """Phrases by tag. Names hardly ever match: one pattern of all phrases is asked first."""

    def __init__(self, phrases: Mapping[str, list[str]]) -> None:
        self._any = _any_of([phrase for some in phrases.values() for phrase in some])
        self._by_tag = [(tag, _any_of(some)) for tag, some in phrases.items() if some]

    def tags(self, name: str) -> frozenset[str]:
        """The tags of a folded name."""
        if not self._any.search(name):
            return frozenset()
        return frozenset(tag for tag, pattern in self._by_tag if pattern.search(name))


def _lives(life: Life) -> tuple[regex.Pattern[str], regex.Pattern[str], regex.Pattern[str]]:
    """Patterns of births, of deaths, of either."""
    born, died = life.born.categories, life.died.categories
    return _any_of(born), _any_of(died), _any_of([*born, *died])


_known: dict[int, tuple[Language, _Table]] = {}


def _table(language: Language) -> _Table:
    held = _known.get(id(language))
    if held is None:
        held = _known[id(language)] = (language, _Table(language))  # the language is kept, so that its id stays its own
    return held[1]


@lru_cache(maxsize=1 << 14)
def _key(name: str) -> str:
    return fold(name.replace("_", " "))


def _entry(entry: str) -> tuple[str, regex.Pattern[str]]:
    key, colon, phrase = entry.partition(":")
    return _key(key), _any_of([phrase]) if colon else regex.compile("")


def _any_of(phrases: Iterable[str]) -> regex.Pattern[str]:
    """One pattern for all phrases, over folded names: at most one search a name."""
    ours = dict.fromkeys(_pattern(phrase) for phrase in phrases)
    return regex.compile("|".join(ours) or _NOWHERE)


def _pattern(phrase: str) -> str:
    phrase = phrase.strip()
    whole_start, whole_end = phrase.startswith("^"), phrase.endswith("$")
    words = [_word(word) for word in regex.split(r"[\s_.-]+", phrase.removeprefix("^").removesuffix("$")) if word]
    start = "^" if whole_start else f"(?<!{_LETTER})"
    return start + _GAP.join(words) + ("$" if whole_end else f"(?!{_LETTER})")


def _word(word: str) -> str:
    """A word of a phrase, folded as names are; `{year}` and `*` keep their meaning."""
    parts = []
    for part in regex.split(r"(\{year\}|\*)", word):
        parts.append(_YEAR if part == "{year}" else f"{_LETTER}*" if part == "*" else regex.escape(fold(part)))
    return "".join(parts)

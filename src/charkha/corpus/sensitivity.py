"""What a page touches that asks for care: tags from its categories, title and infobox, by the tables of its language's file.

The tables are phrases of whole words, compiled once per language; a category is looked at once, since thousands of pages share it.
It refuses to read the prose: a word in passing makes no page sensitive.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

import regex

from charkha.core.records import Page
from charkha.languages import Language, Signs
from charkha.text.words import fold

OLDEST = 115  # years; beyond it nobody is taken to live. Three people on record reached it in the last decade.
GROWN = 18  # years, as the UN Convention on the Rights of the Child has it
_LETTER = r"[\p{L}\p{M}\p{N}]"
_YEAR = r"(?P<year>[12]\d{3})"
_IN_TEXT = regex.compile(rf"(?<!\d){_YEAR}(?!\d)")
_LEADING = regex.compile(r"\s*(\d{4})")
_NOWHERE = "(?!)"


def sensitivity_of(page: Page, language: Language) -> list[str]:
    """The page's tags, sorted; of `core.policy.TAGS`.

    A person is `living_person` by category, or by a birth in the last `OLDEST` years and no death; younger than `GROWN`
    years, also `minors`. Ages are counted to the date of the dump, else of the revision. A birth year beyond that date
    is of another calendar (Vikram Samvat is 57 years ahead) and counts as late.
    """
    table = _table(language)
    tags = set(table.tags_of_title(page.title))
    for category in page.categories:
        tags |= table.tags_of_category(category)
    box = {_key(key): value for key, value in page.infobox.items() if value}
    tags |= table.tags_of_infobox(box)
    died = table.died.tells(page.categories, box)
    born = table.born.year(page.categories, box)
    today = int(match[1]) if (match := _LEADING.match(page.dump_date or page.timestamp)) else 0
    if died:
        tags.discard("living_person")  # the category is forgotten there for years
    elif born and born >= today - OLDEST:
        tags.add("living_person")
        if today and today - GROWN < born <= today:
            tags.add("minors")
    return sorted(tags)


class _Marks:
    """A birth or a death: categories with a year, infobox keys."""

    def __init__(self, signs: Signs) -> None:
        self._keys = [_key(key) for key in signs.infobox]
        self._pattern = _any_of(signs.categories)
        self._of_category = lru_cache(maxsize=1 << 14)(self._read_category)

    def _read_category(self, category: str) -> int | None:
        match = self._pattern.search(fold(category))
        if not match:
            return None
        return int(match.groupdict().get("year") or 0)

    def tells(self, categories: Iterable[str], box: Mapping[str, str]) -> bool:
        """True when a category or an infobox key says so, with a year or without."""
        return any(key in box for key in self._keys) or any(self._of_category(name) is not None for name in categories)

    def year(self, categories: Iterable[str], box: Mapping[str, str]) -> int:
        """The latest year that is told, 0 for none."""
        told = [self._of_category(name) or 0 for name in categories]
        told += [int(year) for key in self._keys if key in box for year in _IN_TEXT.findall(fold(box[key]))]
        return max(told, default=0)


class _Table:
    """A language's signs, compiled."""

    def __init__(self, language: Language) -> None:
        signs = language.sensitivity
        self.born, self.died = _Marks(language.life.born), _Marks(language.life.died)
        self._categories = {tag: _any_of(found.categories) for tag, found in signs.items() if found.categories}
        self._titles = {tag: _any_of(found.titles) for tag, found in signs.items() if found.titles}
        self._any_title = _any_of([phrase for found in signs.values() for phrase in found.titles])
        self._infobox = [(tag, *_entry(entry)) for tag, found in signs.items() for entry in found.infobox]
        self.tags_of_category = lru_cache(maxsize=1 << 16)(self._read_category)

    def _read_category(self, category: str) -> frozenset[str]:
        name = fold(category)
        return frozenset(tag for tag, pattern in self._categories.items() if pattern.search(name))

    def tags_of_title(self, title: str) -> list[str]:
        """Titles hardly ever match: one pattern of all of them is asked first."""
        name = fold(title)
        if not self._any_title.search(name):
            return []
        return [tag for tag, pattern in self._titles.items() if pattern.search(name)]

    def tags_of_infobox(self, box: Mapping[str, str]) -> set[str]:
        """Tags by a key alone, or by what stands under it."""
        return {tag for tag, key, phrase in self._infobox if key in box and phrase.search(fold(box[key]))}


_known: dict[int, tuple[Language, _Table]] = {}


def _table(language: Language) -> _Table:
    held = _known.get(id(language))
    if held is None:
        held = _known[id(language)] = (language, _Table(language))  # the language is kept, so that its id stays its own
    return held[1]


def _key(name: str) -> str:
    return fold(name.replace("_", " "))


def _entry(entry: str) -> tuple[str, regex.Pattern[str]]:
    key, colon, phrase = entry.partition(":")
    return _key(key), _any_of([phrase]) if colon else regex.compile("")


def _any_of(phrases: list[str]) -> regex.Pattern[str]:
    """One pattern for all phrases, over folded names: at most one search a name."""
    ours = dict.fromkeys(_pattern(phrase) for phrase in phrases)
    return regex.compile("|".join(ours) or _NOWHERE)


def _pattern(phrase: str) -> str:
    phrase = phrase.strip()
    whole_start, whole_end = phrase.startswith("^"), phrase.endswith("$")
    words = [_word(word) for word in phrase.removeprefix("^").removesuffix("$").replace("_", " ").split()]
    start = "^" if whole_start else f"(?<!{_LETTER})"
    return start + "[ -]".join(words) + ("$" if whole_end else f"(?!{_LETTER})")


def _word(word: str) -> str:
    """A word of a phrase, folded as names are; `{year}` and `*` keep their meaning."""
    parts = []
    for part in regex.split(r"(\{year\}|\*)", word):
        parts.append(
            _YEAR if part == "{year}" else f"{_LETTER}*" if part == "*" else regex.escape(fold(part), literal_spaces=True)
        )
    return "".join(parts)

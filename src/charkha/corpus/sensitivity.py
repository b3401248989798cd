"""What a page touches that asks for care: tags from its categories, title and infobox, by the tables of its language's file.

The tables are phrases of whole words, sorted once per language under their first word; a category is looked at once, since
thousands of pages share it. It refuses to read the prose: a word in passing makes no page sensitive.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from charkha.core.records import Page
from charkha.languages import Language
from charkha.text.phrases import YEAR, Phrases, name_words, open_pattern

OLDEST = 115  # years; beyond it nobody is taken to live. Three people on record reached it in the last decade.
GROWN = 18  # years, as the UN Convention on the Rights of the Child has it
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
        self._titles = Phrases({tag: found.titles for tag, found in signs.items()})
        self._categories = Phrases(
            {"": life.born.categories, "died": life.died.categories}
            | {tag: found.categories for tag, found in signs.items()}
        )
        self._infobox = [(tag, *_entry(entry)) for tag, found in signs.items() for entry in found.infobox]
        self.of_category = lru_cache(maxsize=1 << 16)(self._read)

    def _read(self, category: str) -> _Told:
        found = frozenset(self._categories.found(name_words(category)))
        born = self.years(category) if "" in found else ()
        return _Told(found - {"", "died"}, tuple(born), "died" in found)

    def of_title(self, title: str) -> frozenset[str]:
        """Tags by the title alone."""
        return frozenset(self._titles.found(name_words(title)))

    def of_infobox(self, box: Mapping[str, str]) -> Iterator[str]:
        """Tags by a key alone, or by what stands under it."""
        for tag, key, phrase in self._infobox:
            if key in box and (phrase is None or next(phrase.found(name_words(box[key])), None) is not None):
                yield tag

    def years(self, text: str) -> list[int]:
        """The years in a text; those of another era in ours."""
        text, found = " ".join(name_words(text)), []
        for pattern, shift in self._eras:
            found += [int(match[1]) + shift for match in pattern.finditer(text)]
            text = pattern.sub(" ", text)
        return found + [int(year) for year in _YEARS.findall(text)]


def _era(phrase: str) -> re.Pattern[str]:
    """How a year of another era is written, as a pattern over folded words joined by spaces."""
    words = map(open_pattern, name_words(phrase.replace("{year}", YEAR)))
    return re.compile(rf"(?<!\S){' '.join(words)}(?!\S)")


def _entry(entry: str) -> tuple[str, Phrases | None]:
    key, colon, phrase = entry.partition(":")
    return _key(key), Phrases({"": [phrase]}) if colon else None


@lru_cache(maxsize=1 << 14)
def _key(name: str) -> str:
    return " ".join(name_words(name))


_known: dict[int, tuple[Language, _Table]] = {}


def _table(language: Language) -> _Table:
    held = _known.get(id(language))
    if held is None:
        held = _known[id(language)] = (language, _Table(language))  # the language is kept, so that its id stays its own
    return held[1]

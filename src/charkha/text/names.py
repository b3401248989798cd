"""Names and their inflected forms: which word is a form of which name, by suffixes that were mined from a wiki's own links.

Where a script has no capitals and a language glues its case endings on, a name is never seen bare. `Suffixes` knows how the names of one
language end (corpus/gazetteer.py mines it, stages/names.py keeps it); this module only compares. Everything is compared folded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from os.path import commonprefix
from pathlib import Path

import regex

from charkha.core.tables import read_table
from charkha.languages import Language
from charkha.text.words import fold, graphemes, words

LEAST = 2  # graphemes of a name that stand at the beginning of its every form; it loses its last one at most, so over 60% of them
STACKED = 2  # suffixes taken off one after the other; mined ones are often stacks themselves
# What a stem may lose: a vowel sign or other mark, a dead consonant (with its virama or as a letter of its own), a letter of a
# script without vowel signs. Never a consonant that is spoken with a vowel: what loses that is another word.
_ENDING = regex.compile(r"(?:\p{InSC=Consonant}\p{M}?\p{ccc=9}|(?!\p{InSC=Consonant})\p{L}|\p{M})?")
_CONSONANT = regex.compile(r"\p{InSC=Consonant}")
# What may stand between a stem and its suffix: a consonant doubled, or one glued on by a virama.
_LINK = regex.compile(r"\p{L}?\p{ccc=9}\p{L}")


def is_ending(piece: str) -> bool:
    """True for what a stem may lose before a suffix, and for nothing at all."""
    return _ENDING.fullmatch(piece) is not None


def displayed(piece: str) -> str:
    """A piece of a word as it is printed alone: a sign without its letter stands on a dotted circle, as in a grammar."""
    return f"\u25cc{piece}" if regex.match(r"\p{M}", piece) else piece


class Suffixes:
    """How the names of one language end: rules "ends with `cut` -> ends with `add`"; `cut` is empty for a suffix that is glued on."""

    def __init__(self, rules: Iterable[tuple[str, str]] = ()) -> None:
        """Args: rules, pairs (cut, add) in any spelling."""
        cuts: dict[str, set[str]] = {}
        for cut, add in rules:
            if folded := fold(add):
                cuts.setdefault(folded, set()).add(fold(cut))
        self._cuts: Mapping[str, tuple[str, ...]] = {add: tuple(sorted(found)) for add, found in cuts.items()}
        self._longest = max(map(len, cuts), default=0)
        self.stems = lru_cache(maxsize=1 << 14)(self._stems)

    @classmethod
    def load(cls, path: Path) -> Suffixes:
        """The inventory of a `names/<lang>/suffixes.parquet`.

        Raises:
            RunError: the file is not whole.
        """
        return cls((row["cut"], row["suffix"]) for row in read_table(path, ["cut", "suffix"]))

    def __bool__(self) -> bool:
        return bool(self._cuts)

    def __contains__(self, add: str) -> bool:
        return fold(add) in self._cuts

    def strip(self, form: str) -> list[str]:
        """What a form may be a form of, folded, by one suffix; the shortest suffix first. Stems have two graphemes and more."""
        folded = fold(form)
        found: dict[str, None] = {}
        for size in range(1, min(self._longest, len(folded) - 1) + 1):
            for cut in self._cuts.get(folded[-size:], ()):
                stem = folded[:-size] + cut
                if len(graphemes(stem)) >= LEAST:
                    found[stem] = None
        return list(found)

    def _stems(self, form: str) -> tuple[str, ...]:
        """The folded form, then what is left of it by one suffix, then by `STACKED` ones. Called as `stems`, which remembers."""
        found = {fold(form): None}
        layer = list(found)
        for _ in range(STACKED):
            layer = [stem for one in layer for stem in self.strip(one) if stem not in found]
            found.update(dict.fromkeys(layer))
        return tuple(found)

    def follows(self, rest: str) -> bool:
        """True when a folded piece behind a stem that lost its ending is a suffix that takes the ending's place.

        Its own vowel takes it, or a consonant that links it; one sign for another tells no form from another word.
        """
        if len(rest) < 2:
            return False
        if rest in self._cuts and not _CONSONANT.match(rest):
            return True
        link = _LINK.match(rest)
        return link is not None and rest[link.end() :] in self._cuts


def same_name(form: str, name: str, suffixes: Suffixes) -> bool:
    """True when a form is the name, or the name with a suffix of the language; of several words, when each is.

    What no suffix explains is the same by a shared prefix of at least `LEAST` graphemes, where the name lost no more than its ending
    and the form gained a known suffix in its place. Without any known suffix the prefix alone decides.
    """
    ours, theirs = fold(form), fold(name)
    if not ours or ours[:1] != theirs[:1]:  # every form begins as its name does
        return False
    if ours == theirs or theirs in suffixes.stems(form):
        return True
    pieces, parts = words(ours), words(theirs)
    return len(pieces) == len(parts) > 0 and all(
        a == b or b in suffixes.stems(a) or _same_stem(a, b, suffixes) for a, b in zip(pieces, parts, strict=True)
    )


def _same_stem(form: str, name: str, suffixes: Suffixes) -> bool:
    shared = commonprefix([form, name])
    lost, gained = name[len(shared) :], form[len(shared) :]
    if len(graphemes(shared)) < LEAST or not is_ending(lost):
        return False
    return not suffixes or (bool(lost) and suffixes.follows(gained))


class Names:
    """A gazetteer in memory: which name a form is a form of. About 250 bytes a name or form; `least` links keep it small."""

    def __init__(self, entries: Iterable[tuple[str, Iterable[str]]], suffixes: Suffixes) -> None:
        """Args: entries, (name, its other forms), the more important first. suffixes, what may be taken off a form."""
        self._suffixes = suffixes
        self._names: dict[str, str] = {}
        for name, forms in entries:
            for form in (name, *forms):
                self._names.setdefault(fold(form), name)

    @classmethod
    def load(cls, folder: Path, least: int = 0) -> Names:
        """The names with at least `least` links of a run's `names/<lang>/`, with all their forms and aliases.

        Raises:
            RunError: a table is not whole.
        """
        rows = read_table(folder / "gazetteer.parquet", ["name", "links", "forms", "aliases"])
        entries = (
            (row["name"], [seen["form"] for seen in (*row["forms"], *row["aliases"])])
            for row in rows
            if row["links"] >= least
        )
        return cls(entries, Suffixes.load(folder / "suffixes.parquet"))

    def __len__(self) -> int:
        return len(self._names)

    def find(self, form: str) -> str | None:
        """The name that a form names: one that was seen in that form, else one that its suffixes lead to; None for neither."""
        stems = self._suffixes.stems(form)
        return next((self._names[stem] for stem in stems if stem in self._names), None)

    def was_seen(self, form: str) -> bool:
        """True when some link has this very form."""
        return fold(form) in self._names


_taught: dict[str, Suffixes] = {}
_NONE = Suffixes()


def teach(language: Language, suffixes: Suffixes) -> None:
    """Makes the checks of a language know its suffixes from now on, in this process."""
    _taught[language.wiki] = suffixes


def suffixes_of(language: Language) -> Suffixes:
    """The suffixes that a language was taught; none before its dump is read."""
    return _taught.get(language.wiki, _NONE)

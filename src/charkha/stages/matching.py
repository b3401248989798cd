"""Which page a passage was taken from, by runs of words that both have. Memory grows with the passages only, never with the pages.

Method: word shingles (Broder 1997, "On the resemblance and containment of documents"), containment of the passage in the page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from charkha.core.errors import RunError
from charkha.core.run import Run
from charkha.core.tables import open_table
from charkha.corpus.addresses import Named
from charkha.text.words import fold, words

SHINGLE = 8  # words
FEWEST_WORDS = 16  # of a passage: a question is none
SHARE = 0.5  # of a passage's shingles that its page must hold
_COLUMNS = ["lang", "title", "page_id", "wikidata_id", "text"]
Progress = Callable[[str, int, float], None]  # language, pages so far, share of its tables


@dataclass
class Passages:
    """Passages by the hashes of their shingles, and for each the page that holds most of it so far."""

    sizes: list[int] = field(default_factory=list)  # shingles of each passage
    best: dict[int, tuple[float, Named]] = field(default_factory=dict)  # passage -> share, page
    _owner: dict[int, int] = field(default_factory=dict)  # shingle -> the first passage that has it
    _others: dict[int, list[int]] = field(default_factory=dict)  # shingle -> further ones
    _numbers: dict[int, int] = field(default_factory=dict)  # hash of a passage -> its number

    def add(self, text: str) -> int | None:
        """Takes a passage in and returns its number; None for a text that is too short. The same text has one number."""
        found = _shingles(text)
        if len(found) <= FEWEST_WORDS - SHINGLE:
            return None
        number = self._numbers.setdefault(hash(frozenset(found)), len(self.sizes))
        if number == len(self.sizes):
            self.sizes.append(len(found))
            for shingle in found:
                if self._owner.setdefault(shingle, number) != number:
                    self._others.setdefault(shingle, []).append(number)
        return number

    def compare(self, page: Named, text: str) -> None:
        """Compares a page with all passages."""
        held: Counter[int] = Counter()
        for shingle in _shingles(text):
            if shingle in self._owner:
                held[self._owner[shingle]] += 1
                held.update(self._others.get(shingle, ()))
        for number, count in held.items():
            share = count / self.sizes[number]
            if share >= SHARE and share > self.best.get(number, (0.0, page))[0]:
                self.best[number] = (share, page)

    def search(self, run: Run, progress: Progress | None = None) -> None:
        """Compares all pages of a run, in every language: a translation is not found, its original is.

        Raises:
            RunError: no run, or one without pages.
        """
        run.record()
        if not run.languages():
            raise RunError(f"{str(run.folder)!r} has no pages yet. Run: charkha ingest DUMP --lang CODE --out {run.folder}")
        for lang in run.languages() if self.sizes else ():
            seen = 0
            tables = run.tables("pages", lang)
            for at, path in enumerate(tables, 1):
                with open_table(path) as file:
                    for row in _rows(file):
                        seen += 1
                        if row["text"]:
                            page = Named(row["lang"], row["title"], str(row["page_id"]), row["wikidata_id"] or "")
                            self.compare(page, row["text"])
                if progress:
                    progress(lang, seen, at / len(tables))


def _rows(file: Any) -> Iterator[dict[str, Any]]:
    for batch in file.iter_batches(batch_size=64, columns=_COLUMNS):
        yield from batch.to_pylist()


def _shingles(text: str) -> set[int]:
    """The hashes of a text's runs of `SHINGLE` folded words."""
    folded = [fold(word) for word in words(text)]
    return {hash(tuple(folded[at : at + SHINGLE])) for at in range(len(folded) - SHINGLE + 1)}

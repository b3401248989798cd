"""The endless, deterministic sequence of groundings of a language: the same for all its tasks, so that tasks meet on the same passages.

Position p is use p // n of passage p % n in one order. Only (file, row) of each passage is held; passages are read a shard at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from charkha.core.records import Grounding, Passage
from charkha.core.run import Run
from charkha.core.tables import open_table, passage_of, read_table
from charkha.corpus.passages import spread


class Groundings:
    """The passages of a language in the order in which they are used."""

    def __init__(self, run: Run, lang: str, seed: int) -> None:
        self.lang = lang
        self._files = [open_table(path) for path in run.tables("passages", lang)]
        self._groups = [
            [file.metadata.row_group(g).num_rows for g in range(file.num_row_groups)] for file in self._files
        ]
        places: dict[str, tuple[int, int]] = {}
        keys: list[tuple[str, str]] = []
        for number, path in enumerate(run.tables("passages", lang)):
            for row_number, row in enumerate(read_table(path, ["id", "categories"])):
                if row["id"] not in places:  # a page twice in a dump
                    places[row["id"]] = (number, row_number)
                    keys.append((row["id"], row["categories"][0] if row["categories"] else ""))
        self._order = [places[identity] for identity in spread(keys, seed)]
        self._group = lru_cache(maxsize=64)(self._read_group)

    def __len__(self) -> int:
        return len(self._order)

    def between(self, start: int, stop: int) -> Iterator[tuple[int, int, Grounding]]:
        """Yields (position, draw, grounding) for positions start..stop."""
        for position in range(start, stop):
            draw, place = divmod(position, len(self._order))
            passage = self._passage(*self._order[place])
            yield position, draw, Grounding(passage.id, self.lang, (passage,))

    def _passage(self, file: int, row: int) -> Passage:
        group = 0
        while row >= self._groups[file][group]:
            row -= self._groups[file][group]
            group += 1
        return self._group(file, group)[row]

    def _read_group(self, file: int, group: int) -> list[Passage]:
        return [passage_of(row) for row in self._files[file].read_row_group(group).to_pylist()]

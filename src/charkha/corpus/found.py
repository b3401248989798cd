"""What is gathered from a page while its prose is being cleaned."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from charkha.corpus.names import Names

_DEEPEST = 8


@dataclass(slots=True)
class Found:
    """The by-products of one page; every pass may add to them."""

    names: Names
    title: str = ""
    categories: dict[str, None] = field(default_factory=dict)  # a dict keeps order and forgets repeats
    langlinks: dict[str, str] = field(default_factory=dict)
    infobox: dict[str, str] = field(default_factory=dict)
    tables: list[str] = field(default_factory=list)  # raw bodies
    captions: list[str] = field(default_factory=list)
    coordinates: list[float] = field(default_factory=list)
    coordinates_of_title: bool = False  # they came with display=title, which beats any other
    disambiguation: bool = False
    depth: int = 0  # of captions inside captions
    plain: Callable[[list[str], Found], list[str]] = lambda values, found: (
        values
    )  # wikitext -> a line of plain text each

    def caption(self, wikitext: str) -> None:
        """Keeps an image's caption, as plain text, if any is left."""
        if self.depth >= _DEEPEST:
            return
        self.depth += 1
        text = self.plain([wikitext], self)[0]
        self.depth -= 1
        if text:
            self.captions.append(text)

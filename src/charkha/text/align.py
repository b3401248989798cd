"""Finds a quotation in a text although a model has silently repaired its spelling."""

from __future__ import annotations

from dataclasses import dataclass

from rapidfuzz import fuzz

from charkha.text.words import fold, graphemes


@dataclass(frozen=True, slots=True)
class Alignment:
    """ratio: likeness (0..1) of the quote and the best-fitting stretch of the text, over folded graphemes."""

    ratio: float


def align(quote: str, text: str) -> Alignment:
    """Compares a quote with the stretch of `text` it fits best. An empty quote aligns with nothing."""
    needle, hay = fold(quote), fold(text)
    if not needle:
        return Alignment(0.0)
    if needle in hay:
        return Alignment(1.0)
    a, b = graphemes(needle), graphemes(hay)
    if len(a) > len(b):
        return Alignment(fuzz.ratio(a, b) / 100)
    return Alignment(fuzz.partial_ratio(a, b) / 100)

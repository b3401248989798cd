"""language: rows that are not in the language they claim, field by field.

Two identifiers vote (text/identify.py) and the script is counted; code, maths and URLs are left out first. A message under 100 characters is too
short for an identifier: it counts towards the row, which is judged as a whole and, between near languages, by its margin.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from charkha.core.records import Example, Reason, Score
from charkha.languages import Language, load
from charkha.text.identify import vote
from charkha.text.script import letter_count, prose, script_share

SHORT = 100  # characters


class LanguageFilter:
    """Limits: `confidence` (the paper's 0.75), `script` (least share of letters), `margin` (least lead over a near language)."""

    name = "language"
    defaults: ClassVar[Mapping[str, float]] = {"confidence": 0.75, "script": 0.7, "margin": 0.2}

    def measure(self, example: Example, language: Language) -> list[Score]:
        """Confidence and script share of each long message and of each language's short ones together."""
        scores: list[Score] = []
        short: dict[str, list[str]] = {}
        for at, (message, code) in enumerate(zip(example.messages, example.message_langs, strict=True)):
            said_in = language if code in (language.code, language.wiki) else load(code)
            if len(prose(message.content).strip()) < SHORT:
                short.setdefault(code, []).append(message.content)
            else:
                scores.append(Score("confidence", at, round(vote(message.content, said_in).confidence, 4)))
            if letter_count(message.content):
                scores.append(Score("script", at, round(script_share(message.content, said_in), 4)))
        for code, texts in short.items():
            said_in = language if code in (language.code, language.wiki) else load(code)
            scores.extend(_row_scores("\n".join(texts), said_in))
        return scores

    def decide(self, scores: Sequence[Score], limits: Mapping[str, float]) -> Reason | None:
        """The first field, or the short fields together, below a limit."""
        for score in scores:
            if score.value < limits[score.name]:
                where = "the short messages" if score.message is None else f"message {score.message}"
                return Reason("language", f"{score.name} {score.value:.2f} in {where}")
        return None


def _row_scores(text: str, language: Language) -> list[Score]:
    found = vote(text, language)
    if len(text) < SHORT:  # even together too short for a confidence: only a near language must not be likelier
        told = language.near and (found.confidence or found.margin)  # neither: no identifier recognised anything
        return [Score("margin", None, round(found.margin, 4))] if told else []
    return [Score("confidence", None, round(found.confidence, 4))]

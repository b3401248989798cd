"""empty_turn: a message without a word. Updesh's release holds some; ours may not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from charkha.core.records import Example, Reason, Score
from charkha.languages import Language
from charkha.text.words import words


class EmptyTurn:
    """Drops rows with a message of fewer than `words` words."""

    name = "empty_turn"
    defaults: ClassVar[Mapping[str, float]] = {"words": 1}

    def measure(self, example: Example, language: Language) -> list[Score]:
        """Words per message."""
        return [Score("words", at, len(words(message.content))) for at, message in enumerate(example.messages)]

    def decide(self, scores: Sequence[Score], limits: Mapping[str, float]) -> Reason | None:
        """The first message below the limit."""
        for score in scores:
            if score.value < limits["words"]:
                return Reason("empty_turn", f"message {score.message} has {score.value:.0f} words")
        return None

"""word_repetition: rows that say the same again and again.

The paper's ratio, 1 - distinct words / words <= 0.75, is stored for every row, but it grows with length by itself: it gates only texts under 1,000
words. Longer ones are held to a moving-average type-token ratio over 500 words. Repeated sentences are counted per turn, whatever the length: models that loop
repeat sentences, not words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from charkha.core.records import Example, Reason, Score
from charkha.languages import Language
from charkha.text.repetition import moving_type_token_ratio, sentence_repetition, word_repetition
from charkha.text.sentences import sentences
from charkha.text.words import words


class WordRepetition:
    """Limits: `ratio` (the paper's), `length` (words up to which it gates), `mattr` (least), `sentences` (repeated share)."""

    name = "word_repetition"
    defaults: ClassVar[Mapping[str, float]] = {"ratio": 0.75, "length": 1000, "mattr": 0.25, "sentences": 0.34}

    def measure(self, example: Example, language: Language) -> list[Score]:
        """The ratio, the length and the moving average of the row; repeated sentences of each message."""
        whole = "\n".join(message.content for message in example.messages)
        count = len(words(whole))
        scores = [Score("ratio", None, round(word_repetition(whole), 4)), Score("length", None, count)]
        if count >= self.defaults["length"]:
            scores.append(Score("mattr", None, round(moving_type_token_ratio(whole), 4)))
        for at, message in enumerate(example.messages):
            share = sentence_repetition(sentences(message.content, language))
            scores.append(Score("sentences", at, round(share, 4)))
        return scores

    def decide(self, scores: Sequence[Score], limits: Mapping[str, float]) -> Reason | None:
        """Sentences first, then the measure that is meaningful at this length."""
        row = {score.name: score.value for score in scores if score.message is None}
        for score in scores:
            if score.name == "sentences" and score.value > limits["sentences"]:
                return Reason(
                    "word_repetition", f"{score.value:.0%} of message {score.message}'s sentences stood there before"
                )
        if row["length"] < limits["length"] or "mattr" not in row:
            over = row["ratio"] > limits["ratio"]
            return Reason("word_repetition", f"ratio {row['ratio']:.2f}") if over else None
        low = row["mattr"] < limits["mattr"]
        return Reason("word_repetition", f"moving type-token ratio {row['mattr']:.2f}") if low else None

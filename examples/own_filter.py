"""A filter of one's own: `charkha run` takes it by path, `filters: {examples/own_filter.py: {}}`.

Drops rows whose assistant says fewer than `words` words in all. Run as a program, it shows what it decides.
"""

from collections.abc import Mapping, Sequence

from charkha.core.records import Example, Reason, Score
from charkha.languages import Language
from charkha.text.words import words


class OwnFilter:
    """The name is the file's name."""

    name = "own_filter"
    defaults: Mapping[str, float] = {"words": 5}

    def measure(self, example: Example, language: Language) -> list[Score]:
        """Words of all that the assistant says."""
        said = " ".join(message.content for message in example.messages if message.role == "assistant")
        return [Score("words", None, len(words(said)))]

    def decide(self, scores: Sequence[Score], limits: Mapping[str, float]) -> Reason | None:
        """Too few."""
        return Reason("own_filter", "too short") if scores[0].value < limits["words"] else None


if __name__ == "__main__":
    print(OwnFilter().decide([Score("words", None, 3)], OwnFilter.defaults))

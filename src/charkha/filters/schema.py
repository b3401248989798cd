"""schema: the shape that every trainer expects: (system,) user, assistant, user, assistant, ..., one language per message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from charkha.core.records import Example, Reason, Score
from charkha.languages import Language


class Schema:
    """Drops rows whose roles do not alternate, end with the user, or lack a language per message."""

    name = "schema"
    defaults: ClassVar[Mapping[str, float]] = {"faults": 0}

    def measure(self, example: Example, language: Language) -> list[Score]:
        """One count of faults per row."""
        roles = [message.role for message in example.messages]
        turns = roles[1:] if roles[:1] == ["system"] else roles
        wrong = sum(role != ("user", "assistant")[at % 2] for at, role in enumerate(turns))
        wrong += (len(turns) < 2) + (len(turns) % 2) + (len(example.message_langs) != len(roles))
        return [Score("faults", None, wrong)]

    def decide(self, scores: Sequence[Score], limits: Mapping[str, float]) -> Reason | None:
        """More faults than the limit."""
        faults = sum(score.value for score in scores if score.name == "faults")
        return Reason("schema", f"{faults:.0f} faults in the roles") if faults > limits["faults"] else None

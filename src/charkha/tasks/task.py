"""What a task gets for free: one ask for its Output, then a draft of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from pydantic import BaseModel

from charkha.core.protocols import Ask, Reads
from charkha.core.records import Context, Declined, Draft, Message, Reason, Seed
from charkha.languages import Language


class PassageTask:
    """The base of the tasks that read one passage. A subclass gives prompt, draft, check and template.

    `asks_for` is the English name of what is written, used in lists; `makes` holds the kinds of text (`core.policy.KINDS`) by
    which a recipe's policy decides on which passages the task may work: one that does not say is kept from all that is
    restricted. `varies` holds the tables that a seed's variety is drawn from.
    """

    name: ClassVar[str] = ""
    asks_for: ClassVar[str] = ""
    reads: ClassVar[Reads] = "passage"
    makes: ClassVar[frozenset[str]] = frozenset()
    contexts: ClassVar[tuple[Context, ...]] = ("open",)
    varies: ClassVar[Mapping[str, Sequence[str]]] = {}
    Output: ClassVar[type[BaseModel]]

    def prompt(self, seed: Seed, language: Language) -> list[Message]:
        """The messages of the first ask."""
        raise NotImplementedError(f"{type(self).__name__}.prompt")

    def probes(self, seed: Seed, language: Language) -> list[list[Message]]:
        """Every prompt of the task on one seed; a task of several asks adds its later ones."""
        return [self.prompt(seed, language)]

    async def write(self, seed: Seed, language: Language, ask: Ask) -> Draft:
        """One ask for the Output, then `draft`."""
        return self.draft(await ask(self.prompt(seed, language), self.Output), seed, language)

    def draft(self, output: Any, seed: Seed, language: Language) -> Draft:
        """The conversation of an Output."""
        raise NotImplementedError(f"{type(self).__name__}.draft")

    def check(self, draft: Draft, seed: Seed, language: Language) -> Reason | None:
        """What is wrong with a draft, unsound reasons first."""
        raise NotImplementedError(f"{type(self).__name__}.check")

    def template(self, seed: Seed, language: Language) -> Any | Declined:
        """An Output without a model; by default there is none."""
        return Declined(f"a template of {self.name} would be nonsense")

    def check_template(self, draft: Draft, seed: Seed, language: Language) -> Reason | None:
        """Nothing beyond the unsound reasons of `check`."""
        return None

"""The doors between rooms: what a task, a provider and a filter are to those who call them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol

from pydantic import BaseModel

from charkha.core.records import (
    Capabilities,
    Context,
    Declined,
    Draft,
    Example,
    Message,
    Reason,
    Reply,
    Request,
    Score,
    Seed,
)

if TYPE_CHECKING:
    from charkha.languages import Language

Reads = Literal["passage", "chain", "document", "artifact", "item"]


class Ask(Protocol):
    """All that a task knows of models. The stage behind it stores, retries, parses and re-asks."""

    async def __call__(
        self,
        messages: Sequence[Message],
        schema: type[BaseModel],
        *,
        role: str = "writer",
        step: str = "main",
        sample: int = 0,
    ) -> Any:
        """Returns the reply parsed as `schema`. Raises tasks.Unparsed when no ask gave one."""
        ...

    def has_role(self, role: str) -> bool:
        """True when the recipe names a model for the role."""
        ...


class Task(Protocol):
    """One subset. One file in tasks/; the file's name is the task's name and the dataset's config."""

    name: ClassVar[str]
    reads: ClassVar[Reads]
    makes: ClassVar[frozenset[str]]
    contexts: ClassVar[tuple[Context, ...]]
    varies: ClassVar[Mapping[str, Sequence[str]]]
    Output: ClassVar[type[BaseModel]]

    def prompt(self, seed: Seed, language: Language) -> list[Message]:
        """The messages of the first ask. Pure; what is shared stands first."""
        ...

    def probes(self, seed: Seed, language: Language) -> list[list[Message]]:
        """Every prompt of the task on one seed, for the fingerprint in the run."""
        ...

    async def write(self, seed: Seed, language: Language, ask: Ask) -> Draft:
        """Asks as often as it needs and returns a draft."""
        ...

    def draft(self, output: Any, seed: Seed, language: Language) -> Draft:
        """The conversation of an Output. Pure."""
        ...

    def check(self, draft: Draft, seed: Seed, language: Language) -> Reason | None:
        """What is wrong with a draft: unsound reasons before unnatural ones. Pure."""
        ...

    def template(self, seed: Seed, language: Language) -> Any | Declined:
        """An Output without a model, or why there can be none. Pure."""
        ...

    def check_template(self, draft: Draft, seed: Seed, language: Language) -> Reason | None:
        """What is wrong with a template's draft, beyond the unsound reasons of `check`. Pure."""
        ...


class Provider(Protocol):
    """One way to reach a model. One call each, no retry; raises core.errors.ProviderError only."""

    name: ClassVar[str]
    model_free: ClassVar[bool]

    async def call(self, request: Request) -> Reply:
        """Answers one request."""
        ...

    async def probe(self) -> Capabilities:
        """Finds out what the other side can do."""
        ...

    async def close(self) -> None:
        """Lets go of connections and engines."""
        ...


class Filter(Protocol):
    """Measures an example, then decides on the stored scores. One file in filters/."""

    name: ClassVar[str]
    defaults: ClassVar[Mapping[str, float]]

    def measure(self, example: Example, language: Language) -> list[Score]:
        """The dear part: stored with the row."""
        ...

    def decide(self, scores: Sequence[Score], limits: Mapping[str, float]) -> Reason | None:
        """The cheap part: run again when a threshold changes."""
        ...

"""The desk a seed is written at: its `ask`, bound to the models of its language and task.

It turns a task's words into requests, hands them to the pump, parses what comes back, and asks again with the error when it is not what was
asked for. Every re-ask is a new attempt in the key, so that a bad answer is neither lost nor bought again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel

from charkha.core.errors import RecipeError
from charkha.core.recipe import Model, Recipe
from charkha.core.records import Message, Reply, Request, Seed
from charkha.providers import open_provider
from charkha.stages.pump import Endpoint, Pump
from charkha.stages.replies import NotAsAsked, parse
from charkha.tasks import Unparsed

SAMPLES_A_DRAW = 16  # samples that one draw of a seed may ask of one prompt
SHOWN_BACK = 2_000  # characters of a bad answer that a re-ask shows
_PLACE = {
    "kind",
    "model",
    "base_url",
    "api_key_env",
    "headers",
    "structured",
    "timeout",
    "concurrency",
    "retries",
    "extra_body",
}
AGAIN = "That was not what was asked for ({detail}). Answer again, with the one JSON object only{shorter}."


class Desk:
    """Opens each model of the recipe once and hands out `ask`s."""

    def __init__(self, recipe: Recipe, pump: Pump) -> None:
        self.recipe, self.pump = recipe, pump
        self._endpoints: dict[str, Endpoint] = {}

    def model(self, role: str, lang: str, task: str) -> Model | None:
        """The recipe's model for a role, with the overrides for a language and task."""
        found = self.recipe.models.get(role)  # type: ignore[call-overload]
        return found.for_cell(lang, task) if found else None

    def endpoint(self, model: Model) -> Endpoint:
        """The open endpoint of a model."""
        place = model.model_dump_json(include=_PLACE)
        if place not in self._endpoints:
            self._endpoints[place] = Endpoint(open_provider(model), model.concurrency, model.retries)
        return self._endpoints[place]

    @property
    def endpoints(self) -> list[Endpoint]:
        """All that were opened."""
        return list(self._endpoints.values())

    async def close(self) -> None:
        """Closes every provider."""
        for endpoint in self._endpoints.values():
            await endpoint.provider.close()


class SeedAsk:
    """The `ask` of one seed; remembers the keys and tokens of the replies it used."""

    def __init__(self, desk: Desk, seed: Seed) -> None:
        self._desk, self._seed = desk, seed
        self.keys: list[str] = []
        self.tokens_in = self.tokens_out = 0

    def has_role(self, role: str) -> bool:
        """True when the recipe names a model for the role."""
        return self._desk.model(role, self._seed.lang, self._seed.task) is not None

    async def __call__(
        self,
        messages: Sequence[Message],
        schema: type[BaseModel],
        *,
        role: str = "writer",
        step: str = "main",
        sample: int = 0,
    ) -> Any:
        """See core.protocols.Ask.

        Raises:
            Unparsed: no attempt gave a reply of the shape. ProviderError, Stopped: from the pump.
        """
        model = self._desk.model(role, self._seed.lang, self._seed.task)
        if model is None:
            raise RecipeError(
                f"task {self._seed.task!r} asks role {role!r}, which has no model. Add models.{role} to the recipe."
            )
        asked = list(messages)
        problem = NotAsAsked("empty_reply", "never asked")
        for attempt in range(self._desk.recipe.asks):
            request = Request(
                messages=tuple(asked),
                model=model.identity,
                schema=schema.model_json_schema(),
                sampling=model.parameters,
                sample=self._seed.draw * SAMPLES_A_DRAW + sample,
                attempt=attempt,
            )
            key, reply = await self._desk.pump.reply(self._desk.endpoint(model), request)
            self._note(key, reply)
            try:
                return parse(reply, schema)
            except NotAsAsked as error:
                problem = error
                if error.code == "refused":
                    break  # asked again it would be declined again
                shorter = ", shorter this time" if error.code == "length" else ""
                again = Message("user", AGAIN.format(detail=error.detail, shorter=shorter))
                asked = [*messages, Message("assistant", reply.text[:SHOWN_BACK] or "(nothing)"), again]
        raise Unparsed(problem.code, f"step {step}: {problem.detail}")

    def _note(self, key: str, reply: Reply) -> None:
        self.keys.append(key)
        self.tokens_in += reply.usage.prompt
        self.tokens_out += reply.usage.completion

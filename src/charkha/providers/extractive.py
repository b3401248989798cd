"""No model: answers with the task's template, which the stage binds to the request. Never passed off as a model."""

from __future__ import annotations

from typing import ClassVar

from charkha.core.errors import Refused
from charkha.core.recipe import Model
from charkha.core.records import Capabilities, Reply, Request
from charkha.core.transport import Transport


class Extractive:
    """Returns `request.template`; sends nothing, costs nothing."""

    name: ClassVar[str] = "extractive"
    model_free: ClassVar[bool] = True

    @classmethod
    def from_recipe(cls, model: Model, transport: Transport | None = None) -> Extractive:
        """Needs nothing of either."""
        return cls()

    async def call(self, request: Request) -> Reply:
        """The template as the reply.

        Raises:
            Refused: the request carries no template.
        """
        if request.template is None:
            raise Refused(
                f"a request without a template, for the model {request.model!r}: 'extractive' writes nothing. "
                "Give the role a model: see docs/recipe.md."
            )
        return Reply(text=request.template, served_by=self.name)

    async def probe(self) -> Capabilities:
        """A template is valid by construction and of any length."""
        return Capabilities(schema=True)

    async def close(self) -> None:
        """Nothing to let go of."""

"""Ways to reach a model, one file each: one call each, errors mapped to core.errors, no retry, no store.

A file whose name begins with a letter is a provider of that name; `_answers` and `_gguf` are what they read by.
"""

from __future__ import annotations

from charkha.core.lookup import find
from charkha.core.protocols import Provider
from charkha.core.recipe import Model
from charkha.core.transport import Transport


def open_provider(model: Model, transport: Transport | None = None) -> Provider:
    """The provider of a recipe's model; nothing is sent, started or read before its first call.

    Args:
        model: the recipe's model, overrides already applied (`Model.for_cell`).
        transport: the network seam; by default the real one.

    Raises:
        RecipeError: no provider of that kind, or the model lacks what the kind needs.
    """
    provider: Provider = find("provider", model.kind).from_recipe(model, transport)
    return provider

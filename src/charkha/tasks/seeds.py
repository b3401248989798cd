"""A seed's draws: which context, which variety. They follow from the seed's id alone, never from its position."""

from __future__ import annotations

from charkha.core.ids import rng, seed_id
from charkha.core.policy import DEFAULTS, Policy, notes
from charkha.core.protocols import Task
from charkha.core.recipe import Contexts
from charkha.core.records import Context, Grounding, Seed


def make_seed(
    task: Task, grounding: Grounding, draw: int, position: int, recipe_seed: int, shares: Contexts,
    policy: Policy = DEFAULTS,
) -> Seed:  # fmt: skip
    """One attempt of a task on a grounding.

    Args:
        task: the subset.
        grounding: the text.
        draw: how often this task used this grounding before.
        position: the place in the task's endless sequence; it orders rows and decides nothing.
        recipe_seed: the recipe's seed.
        shares: how often each context is wanted.
        policy: what the writer is told of a sensitive grounding. Whether the task may have it was asked before (`allows`).
    """
    identity = seed_id(grounding.id, task.name, draw, recipe_seed)
    random = rng(identity)
    context = _draw_context(task.contexts, shares, random.random())
    variety = {name: random.choice(list(values)) for name, values in sorted(task.varies.items())}
    told = notes(policy, grounding.sensitivity)
    return Seed(identity, task.name, grounding.lang, grounding, draw, context, variety, position, told)


def _draw_context(possible: tuple[Context, ...], shares: Contexts, at: float) -> Context:
    weights = [getattr(shares, context) for context in possible]
    total = sum(weights)
    if not total:
        return possible[0]
    for context, weight in zip(possible, weights, strict=True):
        at -= weight / total
        if at < 0:
            return context
    return possible[-1]

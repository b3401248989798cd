"""filter: decides on measured scores. `generate` measures a row once; this stage can decide again with other limits, and buys nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from charkha.core.errors import RecipeError, did_you_mean
from charkha.core.lookup import find, names
from charkha.core.protocols import Filter
from charkha.core.recipe import Recipe
from charkha.core.records import Decision, Example, Reason, Score
from charkha.core.run import Run
from charkha.core.tables import DECISIONS, decision_of, decision_row, read_table, write_table
from charkha.languages import Language

Limits = Mapping[str, float]


def filters_of(recipe: Recipe) -> list[tuple[Filter, Limits]]:
    """Every filter with its limits: the defaults, changed or switched off by the recipe.

    Raises:
        RecipeError: an unknown filter or limit.
    """
    for name in recipe.filters:
        find("filter", name, recipe.where("filters", name))
    chosen: list[tuple[Filter, Limits]] = []
    for name in sorted({*names("filter"), *recipe.filters}):
        given = recipe.filters.get(name, {})
        if given is False:
            continue
        item: Filter = find("filter", name)()
        for limit in given:
            if limit not in item.defaults:
                hint = did_you_mean(limit, item.defaults)
                where = recipe.where("filters", name, limit)
                raise RecipeError(
                    f"filter {name!r} has no limit {limit!r} in {where}.{hint} Known: {', '.join(item.defaults)}."
                )
        chosen.append((item, {**item.defaults, **given}))
    return chosen


def limits_of(recipe: Recipe) -> dict[str, dict[str, float]]:
    """The limits in force, by filter; a filter that is off is not in it."""
    return {item.name: dict(limits) for item, limits in filters_of(recipe)}


def measurers(recipe: Recipe) -> list[Filter]:
    """Every filter, also those switched off: a score that was never measured could not be decided on later."""
    return [find("filter", name)() for name in sorted({*names("filter"), *recipe.filters})]


def measure(example: Example, language: Language, filters: Sequence[Filter]) -> list[Score]:
    """All scores of a row, each named `filter.score`."""
    return [
        Score(f"{item.name}.{score.name}", score.message, score.value)
        for item in filters
        for score in item.measure(example, language)
    ]


def decide(identity: str, subset: str, scores: Sequence[Score], filters: Sequence[tuple[Filter, Limits]]) -> Decision:
    """The first filter's reason, or kept."""
    for item, limits in filters:
        own = [
            Score(s.name.partition(".")[2], s.message, s.value) for s in scores if s.name.partition(".")[0] == item.name
        ]
        reason: Reason | None = item.decide(own, limits) if own else None
        if reason is not None:
            return Decision(identity, subset, False, reason, tuple(scores))
    return Decision(identity, subset, True, None, tuple(scores))


def redecide(run: Run, recipe: Recipe, languages: list[str]) -> Counter[str]:
    """Decides every stored row again; the shards' decisions are replaced whole. Returns changes, e.g. "language: dropped"."""
    filters = filters_of(recipe)
    changes: Counter[str] = Counter()
    for lang in languages:
        for path in run.shards("decisions/filter", lang):
            rows = []
            for row in read_table(path):
                before = decision_of(row)
                after = decide(before.id, before.subset, before.scores, filters)
                if after.kept != before.kept:
                    reason = after.reason or before.reason
                    changes[f"{reason.code if reason else ''}: {'kept' if after.kept else 'dropped'}"] += 1
                rows.append(decision_row(after))
            write_table(path, DECISIONS, rows)
    return changes

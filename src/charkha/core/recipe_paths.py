"""The paths that a recipe names: looked up beside the recipe, then in the working folder; patterns become lists of parts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from charkha.core.errors import RecipeError

if TYPE_CHECKING:
    from charkha.core.recipe import Model, Recipe

_PATTERN = re.compile(r"[*?\[]")


def _numbers(path: Path) -> list[tuple[int, str]]:
    """A key that sorts p9p10 before p11p200."""
    return [(int(part), "") if part.isdecimal() else (0, part) for part in re.split(r"(\d+)", path.name)]


def _matching(folder: Path, pattern: str, where: str) -> list[Path]:
    try:
        return sorted(folder.glob(pattern), key=_numbers)
    except ValueError as error:  # `**` inside a name
        raise RecipeError(f"{pattern[:200]!r} in {where} is no pattern ({error}). Write one * for any letters.") from error


def resolve_paths(recipe: Recipe, beside: Path) -> Recipe:
    """Relative paths, looked up beside the recipe, then in the working folder."""

    def at(path: Path) -> Path:
        try:
            path = path.expanduser()
            return (path if path.is_absolute() or not (beside / path).exists() else beside / path).absolute()
        except (OSError, RuntimeError) as error:  # a name too long; the home of nobody
            raise RecipeError(f"{str(path)[:200]!r} in {recipe.where()} is no path ({error}). Mend it.") from error

    def named(name: str, *suffixes: str) -> str:
        return str(at(Path(name)).resolve()) if name.endswith(suffixes) else name

    def model(given: Model) -> Model:
        def cells(overrides: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
            return {
                cell: {
                    key: named(value, ".gguf") if key == "model" and isinstance(value, str) else value
                    for key, value in keys.items()
                }
                for cell, keys in overrides.items()
            }

        changes = {
            "model": named(given.model, ".gguf"),
            "by_lang": cells(given.by_lang),
            "by_task": cells(given.by_task),
        }
        return given.model_copy(update=changes)

    def parts(given: Path | list[Path]) -> Path | list[Path]:
        if isinstance(given, list):
            return [at(path) for path in given]
        if not _PATTERN.search(given.name) or at(given).exists():
            return at(given)
        folder = at(given.parent)
        return _matching(folder, given.name, recipe.where("source")) or at(given)

    source = recipe.source.model_copy(
        update={
            "dumps": {lang: parts(given) for lang, given in recipe.source.dumps.items()},
            "sql": {lang: parts(given) for lang, given in recipe.source.sql.items()},
            "documents": {
                lang: own.model_copy(update={"path": parts(own.path)}) for lang, own in recipe.source.documents.items()
            },
            "blocklist": [at(path) for path in recipe.source.blocklist],
        }
    )
    return recipe.model_copy(
        update={
            "source": source,
            "models": {role: model(given) for role, given in recipe.models.items()},
            "languages": [named(language, ".yaml", ".yml") for language in recipe.languages],
            "tasks": [named(task, ".py") for task in recipe.tasks],
            "filters": {named(name, ".py"): limits for name, limits in recipe.filters.items()},
            "cache": at(recipe.cache) if recipe.cache else None,
            "state": at(recipe.state) if recipe.state else None,
        }
    )

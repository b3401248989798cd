"""Finds a task, filter or provider by its name, which is the name of its file. There is no other registry.

A file holds one class whose `name` equals the file's stem. A path ending in `.py` takes a private one.
"""

from __future__ import annotations

import importlib
import importlib.util
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

from charkha.core.errors import RecipeError, unknown

ROOMS = {"task": "charkha.tasks.grown", "filter": "charkha.filters", "provider": "charkha.providers"}
_LISTED_BY = {"task": "charkha tasks"}


@lru_cache(maxsize=8)
def names(kind: str) -> tuple[str, ...]:
    """The names of all bundled things of a kind ("task", "filter", "provider"), sorted."""
    spec = importlib.util.find_spec(ROOMS[kind])
    folders = list(spec.submodule_search_locations or []) if spec else []
    return tuple(sorted(path.stem for folder in folders for path in Path(folder).glob("[a-z]*.py")))


def find(kind: str, name: str, where: str = "") -> Any:
    """Returns the class called `name`.

    Raises:
        RecipeError: no such name (with the nearest one), or the file of a private one is not what it should be.
    """
    if name.endswith(".py"):
        return _class_in(_module_at(kind, Path(name)), Path(name).stem, name)
    if name not in names(kind):
        raise unknown(kind, name, names(kind), where, see=_LISTED_BY.get(kind, ""))
    return _class_in(importlib.import_module(f"{ROOMS[kind]}.{name}"), name, f"{ROOMS[kind]}.{name}")


@lru_cache(maxsize=64)
def _module_at(kind: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"charkha_private_{kind}_{path.stem}", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise RecipeError(f"no {kind} file {str(path)!r}. Check the path; docs/design.md shows the shape of one.")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise RecipeError(f"{path} does not import: {type(error).__name__}: {error}. Mend that file.") from error
    return module


def _class_in(module: ModuleType, name: str, place: str) -> Any:
    for value in vars(module).values():
        if isinstance(value, type) and value.__module__ == module.__name__ and getattr(value, "name", None) == name:
            return value
    raise RecipeError(f"{place} holds no class with name = {name!r}. The class's `name` must be the file's name.")

"""Everything on the bundled dump: 14 languages, three tasks, a dataset and a report in under a minute.

Without --model the rows come from the model-free engine, a template baseline: real in shape, not in style. Two lines switch to a model:
    charkha demo --model some.gguf                                       (embedded: pip install 'charkha[llamacpp]')
    charkha demo --model NAME --base-url http://127.0.0.1:8000/v1        (any OpenAI-compatible server)
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from charkha.cli.run import whole
from charkha.cli.steps import opened
from charkha.core.errors import SourceError
from charkha.core.recipe import Recipe, parse_recipe
from charkha.languages import codes, load
from charkha.stages.identity import package_file

TASKS = ("summarization", "multihop_reasoning", "dialog_gen")
SWITCH = """\
The rows are a template baseline: made without a model, to show the path. Two lines switch to a real one:
  charkha demo --model some.gguf
  charkha demo --model NAME --base-url http://127.0.0.1:8000/v1"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """[--lang ...] [--model ...] [--out ...]."""
    parser.add_argument("--out", metavar="RUN", type=Path, default=Path("runs/demo"), help="the run folder (runs/demo)")
    parser.add_argument(
        "--lang", action="append", default=[], help="only this language (repeatable): a code or a language file"
    )
    parser.add_argument("--dumps", metavar="DIR", type=Path, help="a folder of dumps instead of the bundled one")
    parser.add_argument("--model", help="a GGUF file, or a model's name at --base-url")
    parser.add_argument(
        "--base-url", metavar="URL", help="an OpenAI-compatible endpoint, e.g. http://127.0.0.1:8000/v1"
    )
    parser.add_argument("--api-key-env", metavar="NAME", help="the variable that holds its key")
    parser.add_argument(
        "--rows", type=int, help="per subset and language: kept rows wanted (3), with a model attempts (1)"
    )


def command(given: argparse.Namespace) -> int:
    """Runs the demo's recipe and says what its rows are."""
    recipe = recipe_for(given)
    with opened(recipe, given.out) as run:
        code = whole(run, recipe, [])
    if recipe.models["writer"].kind == "extractive":
        print(SWITCH)
    return code


def recipe_for(given: argparse.Namespace) -> Recipe:
    """The demo as a recipe: what `charkha run` would be given."""
    folder = given.dumps or package_file("sample")
    found = {path.name.split("wiki-")[0]: path for path in sorted(folder.glob("*wiki-*.xml*"))}
    names = given.lang or [code for code in codes() if code in found]
    dumps = {}
    for name in names:
        wiki = load(name, "--lang").wiki
        if wiki not in found:
            raise SourceError(
                f"no dump of {wiki!r} in {str(folder)!r} (looked for {wiki}wiki-*.xml*). Name its folder with --dumps."
            )
        dumps[wiki] = str(found[wiki])
    data: dict[str, Any] = {
        "languages": names,
        "source": {"dumps": dumps},
        "tasks": list(TASKS),
        "models": {"writer": writer_for(given)},
        # A model's yield is not known: so many attempts, not so many rows however long it takes.
        "targets": {"rows": given.rows or 3} if given.model is None else {"seeds": given.rows or 1},
        "seed": 7,
    }
    return parse_recipe(data, "the demo's flags", beside=Path.cwd())


def writer_for(given: argparse.Namespace) -> dict[str, Any]:
    """The writer's model by the flags: none, a GGUF file, or a name at an endpoint."""
    if given.model is None:
        return {"kind": "extractive"}
    if given.base_url is None:
        return {"kind": "llamacpp", "model": given.model, "concurrency": 4, "sampling": {"max_tokens": 768}}
    reached = {"kind": "openai_compatible", "model": given.model, "base_url": given.base_url}
    return {**reached, "api_key_env": given.api_key_env} if given.api_key_env else reached

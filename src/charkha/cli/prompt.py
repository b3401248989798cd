"""Prints the exact messages of a task in a language: on its sample passage, or on a passage of a run."""

from __future__ import annotations

import argparse
from pathlib import Path

from charkha.cli.steps import recipe_in
from charkha.core.errors import RunError
from charkha.core.lookup import find
from charkha.core.policy import DEFAULTS
from charkha.core.protocols import Task
from charkha.core.recipe import Contexts, Recipe
from charkha.core.records import Message
from charkha.core.run import Run
from charkha.languages import Language, load
from charkha.stages.groundings import Drawing, Groundings, offered
from charkha.stages.identity import sample_seed
from charkha.tasks.seeds import make_seed


def arguments(parser: argparse.ArgumentParser) -> None:
    """TASK --lang CODE [--context ...] [--run RUN --position N]."""
    parser.add_argument("task", metavar="TASK", help="a task's name or file")
    parser.add_argument("--lang", required=True, help="a language's code or file")
    parser.add_argument(
        "--context", choices=["open", "closed", "answer_is_passage"], help="instead of the one that is drawn"
    )
    parser.add_argument(
        "--run", metavar="RUN", type=Path, help="take a passage of this run instead of the sample passage"
    )
    parser.add_argument("--position", type=int, default=0, help="which passage of the run, in the order of use (0)")


def command(given: argparse.Namespace) -> int:
    """All prompts of the task on one seed; a task of several asks shows its later ones too."""
    task, language = find("task", given.task, "TASK")(), load(given.lang, "--lang")
    seed = sample_seed(task, language, given.context)
    if given.run is not None:
        recipe, groundings = _groundings(given.run, language, task)
        if not groundings.supply(task.name):
            raise RunError(
                f"{str(given.run)!r} has no {task.reads} of {language.wiki!r}. Run: charkha ingest DUMP --lang {language.wiki} --out {given.run}"
            )
        position, draw = next(groundings.between(max(0, given.position), max(0, given.position) + 1))
        if not groundings.offers(task.name, position):
            position = groundings.after(task.name, position, 1, position + len(groundings)) - 1
        grounding = groundings.grounding(position, task.reads)
        shares = (
            Contexts(**{name: float(name == given.context) for name in ("open", "closed", "answer_is_passage")})
            if given.context
            else Contexts()
        )
        recipe_seed, policy = (recipe.seed, recipe.policy) if recipe else (0, DEFAULTS)
        seed = make_seed(task, grounding, draw, position, recipe_seed, shares, policy)
    for number, messages in enumerate(task.probes(seed, language), 1):
        print(shown(messages, f"ask {number}"))
    return 0


def _groundings(folder: Path, language: Language, task: Task) -> tuple[Recipe | None, Groundings]:
    """The run's recipe, where it has one, and what it offers the task."""
    tasks = {task.name: task}
    if (folder / "recipe.yaml").exists():
        recipe = recipe_in(folder)
        return recipe, offered(Run(folder), language.wiki, recipe, tasks)
    return None, Groundings(Run(folder), language.wiki, Drawing(0, 1 << 31, 0.0), tasks)


def shown(messages: list[Message], title: str) -> str:
    """Messages with their roles as headings."""
    return "\n".join(f"--- {title}: {message.role} ---\n{message.content}\n" for message in messages)

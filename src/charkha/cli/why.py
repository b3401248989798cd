"""Prints where a row comes from: its passage, prompt, raw replies, every check and reason, every score."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from charkha.cli.prompt import shown
from charkha.cli.steps import folder_of, recipe_in
from charkha.core.errors import RunError
from charkha.core.lookup import find
from charkha.core.recipe import Recipe
from charkha.core.records import Seed
from charkha.core.run import Run
from charkha.core.tables import decision_of, read_table
from charkha.languages import load
from charkha.stages.accounting import STAGES
from charkha.stages.groundings import offered
from charkha.tasks.seeds import make_seed


def arguments(parser: argparse.ArgumentParser) -> None:
    """ID --run RUN."""
    parser.add_argument("id", metavar="ID", help="a row's id, or how it begins (eight characters and more)")
    parser.add_argument("--run", metavar="RUN", type=Path, default=Path("runs/demo"), help="the run folder (runs/demo)")


def command(given: argparse.Namespace) -> int:
    """The whole story of one seed."""
    given.out = None
    folder = folder_of(given)
    run, recipe = Run(folder), recipe_in(folder)
    run.replies = recipe.cache or run.replies
    lang, row, path = _found(run, given.id)
    subset = row["subset"]
    print(f"{row['id']}  {subset}  {lang}  round {row['round']}, position {row['position']}")
    seed = _seed(run, recipe, lang, subset, row["position"])
    if seed.id == row["id"]:
        _tell_source(row, seed)
        _tell_artifact(run, seed)
        _tell_asked(run, recipe, row, seed)
    else:
        print("\nthe dump that it rests on was replaced by a newer one; its passage is gone")
    if "messages" in row:
        for message in row["messages"]:
            print(f"\n--- the row: {message['role']} ---\n{message['content']}")
        print(f"\nextra: {row['extra']}")
        _tell_decisions(run, lang, row["id"], path.name)
    else:
        print(f"\nfailed: {row['code']}: {row['detail']}")
    return 0


def _found(run: Run, identity: str) -> tuple[str, dict[str, Any], Path]:
    for part in ("examples", "failed"):
        for lang in run.languages():
            for path in reversed(run.shards(part, lang)):  # a row that was made anew from another dump comes first
                ids = [row["id"] for row in read_table(path, ["id"]) if row["id"].startswith(identity)]
                if ids and len(identity) >= 8:
                    return lang, next(row for row in read_table(path) if row["id"] == ids[0]), path
    raise RunError(
        f"no row {identity!r} in {str(run.folder)!r}. Ids stand in dataset/ and examples/; eight characters are enough."
    )


def _seed(run: Run, recipe: Recipe, lang: str, subset: str, position: int) -> Seed:
    task = _task(recipe, subset)
    groundings = offered(run, lang, recipe, {subset: task})
    at, draw = next(groundings.between(position, position + 1))
    grounding = groundings.grounding(at, task.reads)
    return make_seed(task, grounding, draw, at, recipe.seed, recipe.contexts, recipe.policy)


def _task(recipe: Recipe, subset: str) -> Any:
    name = next((name for name in recipe.tasks if Path(name).stem == subset), subset)
    return find("task", name)()


def _tell_source(row: dict[str, Any], seed: Seed) -> None:
    print(f"context {seed.context}; variety {dict(seed.variety)}")
    for before, passage in seed.grounding.numbered():
        print(
            f"\n--- passage: {passage.title} ---\n{passage.url or passage.source} (revision {passage.revision_id}, {passage.licence}, {passage.split})"
        )
        for number in range(1, len(passage.sentences) + 1):
            print(f"[{before + number}] {passage.sentence(number)}")
    for span in row.get("evidence") or []:
        print(f"evidence {span['start']}..{span['end']}: {span['text']}")


def _tell_artifact(run: Run, seed: Seed) -> None:
    path = run.folder / "artifacts" / "artifacts.parquet"
    for row in read_table(path, ["id", "kind", "weight", "path", "path_wiki"]) if seed.grounding.artifact and path.exists() else ():
        if row["id"] == seed.grounding.artifact:
            print(f"artifact {row['id']} ({row['kind']}, weight {row['weight']:g}): {row['path_wiki']}: {' > '.join(row['path'])}")


def _tell_asked(run: Run, recipe: Recipe, row: dict[str, Any], seed: Seed) -> None:
    task, language = _task(recipe, row["subset"]), load(seed.lang)
    print("\n" + shown(task.prompt(seed, language), "prompt"))
    if not row["replies"]:
        print("--- reply: none was bought; the task's template answered ---\n")
        print(task.template(seed, language))
        return
    with run.store() as store:
        for number, key in enumerate(row["replies"], 1):
            reply = store.get(key)
            print(f"--- reply {number} of {len(row['replies'])}: {key} ---")
            print(
                f"{reply.text}\n(finish {reply.finish}, {reply.usage})" if reply else "(no longer in the reply store)"
            )


def _tell_decisions(run: Run, lang: str, identity: str, shard: str) -> Iterator[None] | None:
    for stage in STAGES:
        path = run.folder / "decisions" / stage / lang / shard
        if not path.exists():
            continue
        for row in read_table(path):
            if row["id"] != identity:
                continue
            decision = decision_of(row)
            reason = decision.reason
            print(
                f"{stage}: {'kept' if decision.kept else 'dropped'}"
                + (f": {reason.code} ({reason.kind}): {reason.detail}" if reason else "")
            )
            for score in decision.scores:
                where = "row" if score.message is None else f"message {score.message}"
                print(f"  {score.name} {where}: {score.value:g}")
    return None

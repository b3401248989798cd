"""export: the kept rows become the dataset: parquet per subset and language, the attribution of every row, the numbers.

A row is kept when every stage that decided on it kept it. With `targets.rows` the first so many are taken, in seed order. Rows stream from
shard to file; nothing holds a language.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from charkha import __version__
from charkha.core.files import write_json
from charkha.core.ids import is_document
from charkha.core.recipe import Recipe
from charkha.core.run import Run
from charkha.core.tables import ATTRIBUTION, DATASET, decision_of, read_table, write_table
from charkha.languages import Language
from charkha.stages.accounting import account, is_finished, outcomes, stats
from charkha.stages.groundings import offered
from charkha.stages.identity import tasks_of
from charkha.stages.outcome import OTHER_PAGES
from charkha.stages.rounds import Supply, hopeless, read_plan

ROWS_A_FILE = 50_000


@dataclass
class _Credits:
    """How many exported rows rest on each page."""

    rows: Counter[tuple[str, int, int]] = field(default_factory=Counter)
    pages: dict[tuple[str, int, int], dict[str, Any]] = field(default_factory=dict)

    def note(self, row: Mapping[str, Any], others: Sequence[Mapping[str, Any]]) -> None:
        """Counts a row for its anchor's page and for the other pages it rests on."""
        for source in (row["provenance"], *others):
            key = (row["lang"], source["page_id"], source["revision_id"])
            self.rows[key] += 1
            self.pages.setdefault(key, dict(source))

    def table(self) -> Iterator[dict[str, Any]]:
        for (lang, page_id, revision_id), count in sorted(self.rows.items()):
            page = self.pages[lang, page_id, revision_id]
            names = ("title", "url", "dump_date", "licence")
            yield {
                "lang": lang, "page_id": page_id, "revision_id": revision_id, "rows": count,
                "source": _source(page), **{name: page[name] for name in names},
            }  # fmt: skip


def _source(page: Mapping[str, Any]) -> str:
    """Whom to credit: the wiki's host, or what the user calls the documents."""
    if is_document(page["page_id"]):
        return str(page.get("source") or "")
    try:
        return urlsplit(page["url"]).hostname or ""
    except ValueError:
        return ""


def export(run: Run, recipe: Recipe, languages: list[Language], tasks: list[str]) -> Path:
    """Writes the dataset anew into a temporary folder and returns it; `publish` puts it in place of the old one."""
    fresh = run.folder / ".tmp-dataset"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    credits_ = _Credits()
    for task in tasks:
        for language in languages:
            rows = kept_rows(run, language, task)
            if recipe.targets.rows is not None:
                rows = islice(rows, recipe.targets.rows)
            _write_split(fresh / task, language, rows, credits_)
    write_table(fresh / "ATTRIBUTION.parquet", ATTRIBUTION, credits_.table())
    return fresh


def publish(run: Run, fresh: Path) -> None:
    """Puts a finished dataset in the place of the old one."""
    folder, old = run.folder / "dataset", run.folder / ".tmp-dataset-old"
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    fresh.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def kept_rows(run: Run, language: Language, task: str) -> Iterator[tuple[list[dict[str, Any]], dict[str, Any]]]:
    """The rows of the dataset contract, in seed order, of the rounds that count; each behind the other pages it rests on."""
    plan = read_plan(run, language.wiki)
    for item in plan.counts(task):
        for number, _, _ in item.shards():
            if not is_finished(run, language.wiki, item.round, number):
                continue
            kept = {
                i
                for i, subset, code in outcomes(run, language.wiki, item.round, number)
                if code is None and subset == task
            }
            quality = _quality(run, language.wiki, item.round, number) if kept else {}
            for row in read_table(run.shard_path("examples", language.wiki, item.round, number)):
                if row["id"] in kept:
                    others = json.loads(row["extra"]).get(OTHER_PAGES, []) if OTHER_PAGES in row["extra"] else []
                    yield others, {
                        "id": row["id"], "messages": row["messages"], "subset": task, "lang": language.wiki,
                        "message_langs": row["message_langs"], "context": row["context"], "split": row["split"],
                        "seed_id": row["id"], "evidence": row["evidence"], "provenance": row["provenance"],
                        "generation": row["generation"], "quality": quality.get(row["id"], []),
                    }  # fmt: skip


def _quality(run: Run, lang: str, round_number: int, shard: int) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in read_table(run.shard_path("decisions/filter", lang, round_number, shard)):
        scores = decision_of(row).scores
        found[row["id"]] = [{"name": s.name, "message": s.message, "value": s.value} for s in scores]
    return found


def _write_split(folder: Path, language: Language, rows: Iterator[Any], credits_: _Credits) -> int:
    """Files of at most ROWS_A_FILE rows, named once their number is known; none for no rows."""

    def noted(some: Iterator[Any]) -> Iterator[dict[str, Any]]:
        for others, row in some:
            credits_.note(row, others)
            yield row

    parts: list[Path] = []
    total = 0
    while True:
        part = folder / f"{language.code}-part-{len(parts):05d}.parquet"
        count = write_table(part, DATASET, noted(islice(rows, ROWS_A_FILE)), batch=500)
        if not count:
            part.unlink()
            break
        total += count
        parts.append(part)
    for number, part in enumerate(parts):
        part.rename(folder / f"{language.code}-{number:05d}-of-{len(parts):05d}.parquet")
    return total


def write_stats(run: Run, recipe: Recipe) -> dict[str, Any]:
    """Writes stats.json from what lies in the run, and returns it."""
    cells = account(run)
    data = {"charkha": __version__, **stats(cells)}
    tasks = tasks_of(recipe)
    supplies = {lang: offered(run, lang, recipe, tasks) for lang in {row["lang"] for row in data["cells"]}}
    for row in data["cells"]:
        row["target"] = recipe.targets.rows
        row["ended"] = _ended(run, recipe, supplies, row) if row["subset"] in tasks else "not in the recipe"
    sources = sorted((run.folder / "pages").glob("*/ingest.json"))
    data["sources"] = {path.parent.name: json.loads(path.read_text(encoding="utf-8")) for path in sources}
    data["models"] = {
        role: {"kind": m.kind, "model": m.identity, "terms": m.terms, "template": m.kind == "extractive"}
        for role, m in recipe.models.items()
    }
    data["recipe"] = yaml.safe_load((run.folder / "recipe.yaml").read_text(encoding="utf-8"))
    write_json(run.folder / "stats.json", data)
    return data


def _ended(run: Run, recipe: Recipe, supplies: Mapping[str, Supply], row: Mapping[str, Any]) -> str:
    """Why a cell is not going on: its target, its source, its number of seeds; or that it has not ended."""
    if row["pending"]:
        return "unfinished"
    if recipe.targets.rows is not None and row["kept"] >= recipe.targets.rows:
        return "target reached"
    plan = read_plan(run, row["lang"])
    supply, subset = supplies[row["lang"]], row["subset"]
    last = plan.last_position(subset, len(supply), recipe.max_uses_per_passage)
    if not supply.count(subset, plan.next_position(subset), last):
        return "source exhausted"
    tried = plan.tried(subset)
    if recipe.targets.rows is not None and hopeless(row["kept"], tried):
        return "yield too low"
    return "seeds tried" if recipe.targets.seeds is not None and tried >= recipe.targets.seeds else "unfinished"

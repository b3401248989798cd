"""What tests of whole runs share: a recipe in a folder, the command line as a process, what a run holds."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from charkha.core.run import Run
from charkha.core.tables import read_table

SAMPLE = Path(__file__).parent.parent / "src" / "charkha" / "sample"
TASKS = ["summarization", "multihop_reasoning", "dialog_gen"]


def dump_of(lang: str) -> Path:
    """The bundled dump of a language."""
    return next(SAMPLE.glob(f"{lang}wiki-*.xml.bz2"))


def recipe(folder: Path, langs: list[str], writer: dict[str, Any] | None = None, **changes: Any) -> Path:
    """Writes a recipe over the bundled dumps and returns its path."""
    data = {
        "languages": langs,
        "source": {"dumps": {lang: str(dump_of(lang)) for lang in langs}},
        "tasks": TASKS,
        "models": {"writer": writer or {"kind": "extractive"}},
        "targets": {"rows": 2},
        "seed": 7,
        **changes,
    }
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    return path


def served(url: str, **changes: Any) -> dict[str, Any]:
    """A writer at a local server."""
    return {"kind": "openai_compatible", "base_url": url, "model": "test-model", "concurrency": 8, **changes}


def command(*arguments: object) -> list[str]:
    """The command line of charkha."""
    return [sys.executable, "-m", "charkha", *map(str, arguments)]


def charkha(*arguments: object, code: int | None = 0, **options: Any) -> subprocess.CompletedProcess[str]:
    """Runs charkha to its end; asserts the exit code, and that no traceback was shown."""
    done = subprocess.run(command(*arguments), capture_output=True, text=True, timeout=240, **options)
    assert code is None or done.returncode == code, f"exit {done.returncode}: {done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    assert "Traceback" not in done.stderr, done.stderr[-4000:]
    return done


def one_line(done: subprocess.CompletedProcess[str]) -> str:
    """The single error line of a failed command."""
    lines = [line for line in done.stderr.splitlines() if line.startswith("charkha: ")]
    assert len(lines) == 1, done.stderr
    return lines[0]


def rows(run: Path, part: str = "examples") -> list[dict[str, Any]]:
    """Every row of a part of a run, sorted by id."""
    found = [row for path in sorted((run / part).rglob("*.parquet")) for row in read_table(path)]
    return sorted(found, key=lambda row: str(row.get("id", row)))


def stats(run: Path) -> dict[str, Any]:
    """stats.json, after its sums were checked."""
    data: dict[str, Any] = json.loads((run / "stats.json").read_text(encoding="utf-8"))
    assert data["balanced"]
    for cell in data["cells"]:
        assert cell["attempted"] == cell["kept"] + sum(cell["dropped"].values()) + sum(cell["failed"].values()) + cell["pending"]
    return data


def stored(run: Path) -> set[str]:
    """The keys of a run's reply store."""
    with Run(run).store() as store:
        return set(store.keys())

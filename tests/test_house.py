"""The rules of the house, checked by a machine: who imports whom, how big things may be, what a start costs."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest

from charkha.cli import COMMANDS

SRC = Path(__file__).parent.parent / "src" / "charkha"
MODULES = sorted(SRC.rglob("*.py"))
# Levels of docs/design.md; a room imports its own level's listed friends and lower ones.
MAY_IMPORT = {
    "core": set(),
    "languages": {"core"},
    "text": {"core", "languages"},
    "providers": {"core"},
    "corpus": {"core", "languages", "text"},
    "filters": {"core", "languages", "text"},
    "tasks": {"core", "languages", "text"},
    "stages": {"core", "languages", "text", "providers", "corpus", "filters", "tasks"},
    "report": {"core", "languages", "text"},
    "cli": {"core", "languages", "text", "providers", "corpus", "filters", "tasks", "stages", "report"},
}
HEAVY = {"torch", "ray", "fastapi", "uvicorn", "xllamacpp", "transformers", "datasets"}  # each in one place, lazily
FORBIDDEN_NAMES = {"utils", "util", "common", "helpers", "helper", "misc", "manager"}


def room(path: Path) -> str:
    """The room a module stands in; the package's own files count as core."""
    parts = path.relative_to(SRC).parts
    return parts[0] if len(parts) > 1 else "package"


def imports(path: Path) -> list[str]:
    """The dotted names a module imports when it runs, anywhere in it; what is for the type checker only does not count."""
    found: list[str] = []
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for_types = {id(inner) for node in ast.walk(tree) if _is_type_checking(node) for inner in ast.walk(node)}
    for node in ast.walk(tree):
        if id(node) in for_types:
            continue
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return found


def _is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SRC)))
def test_imports_go_down(path: Path) -> None:
    here = room(path)
    if here == "package":
        return
    for name in imports(path):
        parts = name.split(".")
        if parts[0] == "charkha" and len(parts) > 1 and parts[1] in MAY_IMPORT and parts[1] != here:
            assert parts[1] in MAY_IMPORT[here], f"{here} must not import {parts[1]}"


def test_every_room_is_known() -> None:
    rooms = {path.name for path in SRC.iterdir() if path.is_dir() and not path.name.startswith((".", "__")) and path.name != "sample"}
    assert rooms == set(MAY_IMPORT)


def test_heavy_packages_stand_in_one_place_each() -> None:
    places: dict[str, set[str]] = {}
    for path in MODULES:
        for name in imports(path):
            if name.split(".")[0] in HEAVY:
                places.setdefault(name.split(".")[0], set()).add(str(path.relative_to(SRC)))
    assert all(len(where) == 1 for where in places.values()), places


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SRC)))
def test_sizes(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 400
    assert path.stem not in FORBIDDEN_NAMES
    tree = ast.parse(text)
    assert ast.get_docstring(tree), "a module says what it does"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno + 1 <= 60, node.name
            arguments = [a.arg for a in [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs] if a.arg not in ("self", "cls")]
            assert len(arguments) <= 7, node.name
            assert node.returns is not None, node.name


def test_commands_are_files_and_have_few_flags() -> None:
    for name in COMMANDS:
        path = SRC / "cli" / f"{name}.py"
        assert path.exists()
        assert path.read_text(encoding="utf-8").count("add_argument(") <= 12


def test_help_is_one_screen_quick_and_light() -> None:
    environment = {**os.environ, "PYTHONPROFILEIMPORTTIME": "1"}
    found = subprocess.run([sys.executable, "-m", "charkha", "--help"], capture_output=True, text=True, env=environment, check=True)
    assert len(found.stdout.splitlines()) <= 24
    verbs = re.findall(r"^  (\w+) ", found.stdout, re.MULTILINE)
    assert verbs == list(COMMANDS)
    loaded = {line.rsplit("|", 1)[-1].strip().split(".")[0] for line in found.stderr.splitlines() if "|" in line}
    assert not loaded & {"pyarrow", "pydantic", "aiohttp", "yaml", "rich", "jinja2", "numpy", *HEAVY}


def test_help_starts_in_time() -> None:
    best = min(_seconds([sys.executable, "-m", "charkha", "--help"]) for _ in range(5))
    bare = min(_seconds([sys.executable, "-c", "pass"]) for _ in range(5))
    assert best - bare < 0.3


def _seconds(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, capture_output=True, check=True)
    return time.perf_counter() - started


def test_core_install_is_light() -> None:
    project = tomllib.loads((SRC.parent.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = {re.split(r"[<>=\[ ]", item)[0] for item in project["dependencies"]}
    assert not names & {"torch", "ray", "transformers", "fastapi", "openai", "litellm", "xllamacpp"}

"""What README and examples say is run, and what they claim is looked up."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from charkha.cli import COMMANDS
from runs import charkha, rows

REPO = Path(__file__).parent.parent
README = (REPO / "README.md").read_text(encoding="utf-8")
EXAMPLES = sorted((REPO / "examples").glob("*.py"))


def blocks(kind: str) -> list[str]:
    """The fenced blocks of a kind."""
    return re.findall(rf"```{kind}\n(.*?)```", README, re.DOTALL)


@pytest.mark.timeout(240)
def test_readme_commands_and_python_run(tmp_path: Path) -> None:
    for name in ("recipes", "src"):
        (tmp_path / name).symlink_to(REPO / name)
    ran = []
    for line in "".join(blocks("bash")).splitlines():
        command = shlex.split(line, comments=True)
        if command[:1] == ["charkha"] and "--model" not in command:
            charkha(*command[1:], cwd=tmp_path)
            ran.append(command[1])
    assert {"run", "filter", "export", "report", "prompt", "languages", "tasks", "doctor"} <= set(ran)
    for code in blocks("python"):
        done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert "template" in done.stdout
    identity = rows(tmp_path / "runs" / "first")[0]["id"]
    told = charkha("why", identity, "--run", "runs/first", cwd=tmp_path).stdout
    assert "--- passage:" in told
    assert "--- prompt: system ---" in told
    assert "generate: kept" in told


def test_readme_opens_with_the_two_commands() -> None:
    assert re.findall(r"^make (\w+)", blocks("bash")[0], re.MULTILINE) == ["demo", "test"]
    targets = set(re.findall(r"^(\w+):", (REPO / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert {"demo", "test"} <= targets


@pytest.mark.parametrize("role", ["user", "assistant"])
def test_the_rows_shown_are_in_the_samples(role: str) -> None:
    samples = [json.loads(line) for line in (REPO / "tests/samples/multihop_reasoning.jsonl").read_text(encoding="utf-8").splitlines()]
    texts = {sample["replies"][0]["question" if role == "user" else "answer"] for sample in samples if sample["verdict"] == "good"}
    cells = next(line for line in README.splitlines() if line.startswith(f"| **{role}** |")).split("|")[2:4]
    assert all(cell.strip() in texts for cell in cells)


def test_the_tree_and_the_paths_exist() -> None:
    for path in re.findall(r"`((?:src|tests|recipes|docs|filters)/[\w/.]+)`", README):
        assert (REPO / path).exists() or (REPO / "src/charkha" / path).exists(), path
    for link in re.findall(r"\]\(([\w/.]+)\)", README):
        assert (REPO / link).exists(), link


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.name)
def test_examples_are_short_and_run(path: Path) -> None:
    assert path.read_text(encoding="utf-8").count("\n") <= 40
    done = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, cwd=REPO)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    told = charkha(command, "--help").stdout
    assert told.startswith(f"usage: charkha {command}")
    assert len(told.splitlines()) <= 40



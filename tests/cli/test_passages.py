"""Supply and demand are told before anything is asked of a model."""

from __future__ import annotations

from pathlib import Path

from charkha.cli import main
from charkha.core.run import Run
from runs import charkha, one_line, recipe, served


def lines_of(text: str, task: str) -> list[str]:
    return next(line for line in text.splitlines() if f" {task} " in line).split()


def test_a_small_wiki_is_told_to_run_out(tmp_path: Path) -> None:
    path = recipe(tmp_path, ["hi"], served("http://127.0.0.1:9"), targets={"seeds": 100}, max_uses_per_passage=3)
    done = charkha("passages", "--plan", path, "--out", tmp_path / "run", code=3)
    count = sum(1 for _ in Run(tmp_path / "run").tables("passages", "hi"))
    assert count
    lang, task, reads, usable, seeds, _, uses, _, *verdict = lines_of(done.stdout, "summarization")
    assert (lang, task, reads, seeds) == ("hi", "summarization", "passage", "100")
    assert int(uses) == -(-100 // int(usable))
    assert " ".join(verdict) == f"short by {100 - 3 * int(usable)} seeds"
    assert "max_uses_per_passage" in done.stdout
    assert not (tmp_path / "run" / "rounds").exists()  # nothing was begun
    assert not (tmp_path / "run" / "replies").exists()


def test_enough_is_enough(tmp_path: Path) -> None:
    path = recipe(tmp_path, ["hi", "ta"], targets={"rows": 3})
    done = charkha("passages", "--plan", path, "--out", tmp_path / "run")
    assert "short" not in done.stdout
    assert sum(line.endswith("enough") for line in done.stdout.splitlines()) == 6


def test_after_a_run_its_own_share_is_taken(tmp_path: Path) -> None:
    path = recipe(tmp_path, ["hi"], targets={"seeds": 30})
    charkha("run", path, "--out", tmp_path / "run")
    path = recipe(tmp_path, ["hi"], targets={"rows": 30})
    done = charkha("passages", "--plan", path, "--out", tmp_path / "run", code=None)
    kept = lines_of(done.stdout, "dialog_gen")[5]
    assert kept.endswith("%")
    assert int(lines_of(done.stdout, "dialog_gen")[4]) >= 30


def test_a_run_alone_is_described(tmp_path: Path) -> None:
    path = recipe(tmp_path, ["hi"])
    charkha("passages", "--plan", path, "--out", tmp_path / "run", code=None)
    assert charkha("passages", tmp_path / "run").stdout.splitlines()[1].startswith("hi ")
    assert "no run folder" in one_line(charkha("passages", tmp_path / "none", code=2))
    assert "--plan" in one_line(charkha("passages", code=2))
    assert main(["passages", "--plan", str(tmp_path / "missing.yaml")]) == 2

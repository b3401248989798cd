"""SIGKILL at random moments: nothing is lost, nothing is doubled, nothing that was answered is asked again."""

from __future__ import annotations

import random
import subprocess
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest

from runs import charkha, command, recipe, rows, served, stats, stored
from servers import ReplyServer

KILLS = 20
CONCURRENCY = 8


def _recipe(folder: Path, url: str) -> Path:
    folder.mkdir()
    return recipe(
        folder, ["hi", "ta"], served(url, concurrency=CONCURRENCY), targets={"seeds": 40}, max_uses_per_passage=10, shard=4
    )


def _wait(process: subprocess.Popen[bytes], seconds: float) -> None:
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_twenty_kills(tmp_path: Path) -> None:
    moments = random.Random(20)
    with ReplyServer(latency=0.15, jitter=0.1) as whole:
        charkha("generate", _recipe(tmp_path / "a", whole.url), "--out", tmp_path / "undisturbed")
        needed = sum(whole.asked.values())
    with ReplyServer(latency=0.15, jitter=0.1) as server:
        path, out = _recipe(tmp_path / "b", server.url), tmp_path / "killed"
        flying_at_kill, kills = 0, 0
        while kills < KILLS:
            process = subprocess.Popen(command("generate", path, "--out", out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            # By progress, so that a fast machine does not finish before the last kill; now and then while it still starts.
            more = moments.randint(0, needed // KILLS) if kills % 4 else 0
            until, grace = sum(server.asked.values()) + more, moments.uniform(0, 0.6)
            while process.poll() is None and sum(server.asked.values()) < until:
                _wait(process, 0.01)
            _wait(process, grace if not more else 0)
            assert process.poll() is None, "ended before the last kill: make the work larger"
            process.kill()
            process.wait()
            kills += 1
            flying_at_kill += CONCURRENCY
        finished = charkha("generate", path, "--out", out)
        repeats = sum(server.asked.values()) - len(server.asked)
    assert "took over" in finished.stderr
    for part in ("examples", "failed", "decisions/generate", "decisions/filter"):
        assert rows(out, part) == rows(tmp_path / "undisturbed", part)
    assert stats(out)["total"] == stats(tmp_path / "undisturbed")["total"]
    assert Counter(stored(out)) == Counter(stored(tmp_path / "undisturbed"))
    assert len(server.asked) == len(stored(out)) + 1  # the one more is the probe of the endpoint
    # A reply that was durable and bought again would stand twice in the segments.
    lines = sum(path.read_bytes().count(b"\n") for path in (out / "replies").glob("*.jsonl"))
    assert lines == len(stored(out))
    # So every repeat is of a request whose reply had not reached the disk when the process died.
    assert 0 < repeats <= flying_at_kill

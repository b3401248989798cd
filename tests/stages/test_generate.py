"""generate: the same rows whatever the order, nothing bought twice, every seed accounted for."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from charkha.cli import main
from charkha.stages import pump as pump_module
from runs import TASKS, recipe, rows, served, stats, stored
from servers import ReplyServer, share_of

PARTS = ("examples", "failed", "decisions/generate", "decisions/filter")
MIXED = [("schema", 0.15), ("cut", 0.1), ("empty", 0.1)]
PLAIN = {"structured": "json"}  # what the endpoint takes is told, so that no call tries it out


@pytest.fixture(autouse=True)
def brief_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Backoff of milliseconds, not seconds."""
    monkeypatch.setattr(pump_module, "FIRST_WAIT", 0.005)


def generated(out: Path, server: ReplyServer | None, code: int = 0, writer: Mapping[str, Any] | None = None, **changes: Any) -> Path:
    """A run of the Hindi sample; asserts the exit code and that the sums are right."""
    out.mkdir(exist_ok=True)
    writer = served(server.url, **(writer or {})) if server else dict(writer or {"kind": "extractive"})
    path = recipe(out.parent, ["hi"], writer, **{"targets": {"seeds": 4}, **changes})
    out.rmdir() if not any(out.iterdir()) else None
    assert main(["generate", str(path), "--out", str(out)]) == code
    if code == 0:
        stats(out)
    return out


def held(out: Path, *without: str) -> dict[str, list[dict[str, Any]]]:
    return {part: [{k: v for k, v in row.items() if k not in without} for row in rows(out, part)] for part in PARTS}


def test_rows_do_not_depend_on_concurrency_or_shards(tmp_path: Path) -> None:
    found = []
    for number, (concurrency, shard) in enumerate([(1, 64), (64, 1), (7, 3)]):
        with ReplyServer(jitter=0.01, faults=MIXED) as server:
            out = generated(tmp_path / str(number), server, writer={"concurrency": concurrency}, shard=shard)
        found.append((held(out), stats(out)["total"], stored(out)))
    assert found[0] == found[1] == found[2]
    kept, failed = found[0][0]["examples"], found[0][0]["failed"]
    assert kept
    assert failed


def test_rows_of_a_template_do_not_depend_on_shards(tmp_path: Path) -> None:
    assert held(generated(tmp_path / "a", None, shard=1)) == held(generated(tmp_path / "b", None, shard=64))


def test_a_task_added_later_gives_what_it_gives_from_the_start(tmp_path: Path) -> None:
    with ReplyServer(faults=MIXED) as server:
        whole = generated(tmp_path / "whole", server)
    with ReplyServer(faults=MIXED) as server:
        out = generated(tmp_path / "grown", server, tasks=TASKS[:1])
        before = held(out)
        generated(out, server, tasks=TASKS)
        assert max(server.asked.values()) == 1
        assert held(out, "round") == held(whole, "round")
        assert all(row in held(out)["examples"] for row in before["examples"])
        asked = sum(server.asked.values())
        generated(out, server, tasks=TASKS[1:])
        assert sum(server.asked.values()) == asked


def test_a_larger_target_is_topped_up_and_nothing_is_asked_again(tmp_path: Path) -> None:
    with ReplyServer(faults=[("schema", 0.5)]) as server:
        out = generated(tmp_path / "run", server, targets={"rows": 3}, tasks=TASKS[:2], asks=1)
        first = {cell["subset"]: cell["kept"] for cell in stats(out)["cells"]}
        assert min(first.values()) >= 3
        assert len((out / "rounds" / "hi.jsonl").read_text().splitlines()) >= 2
        before = held(out)["examples"]
        generated(out, server, targets={"rows": 8}, tasks=TASKS[:2], asks=1)
        cells = {cell["subset"]: cell for cell in stats(out)["cells"]}
        assert all(cell["kept"] >= 8 or cell["ended"] == "source exhausted" for cell in cells.values())
        assert max(server.asked.values()) == 1
        assert all(row in held(out)["examples"] for row in before)
        asked = sum(server.asked.values())
        generated(out, server, targets={"rows": 8}, tasks=TASKS[:2], asks=1)
        assert sum(server.asked.values()) == asked


def test_a_source_is_used_up_and_no_more(tmp_path: Path) -> None:
    with ReplyServer(lambda body: "no JSON at all") as server:
        out = generated(tmp_path / "run", server, targets={"rows": 50}, tasks=TASKS[:1], asks=1, max_uses_per_passage=2)
    (cell,) = stats(out)["cells"]
    assert cell["ended"] == "source exhausted"
    assert cell["attempted"] == 2 * len(rows(out, "passages/hi")) == len({row["id"] for row in rows(out, "failed")})
    assert cell["failed"] == {"no_json": cell["attempted"]}


def test_a_cache_shared_by_two_runs_buys_once(tmp_path: Path) -> None:
    with ReplyServer(faults=MIXED) as server:
        one = generated(tmp_path / "one", server, cache=str(tmp_path / "cache"), writer=PLAIN)
        asked = sum(server.asked.values())
        two = generated(tmp_path / "two", server, cache=str(tmp_path / "cache"), writer={**PLAIN, "timeout": 99}, shard=2)
        assert sum(server.asked.values()) == asked
        assert not (one / "replies").exists()
        assert held(one) == held(two)
        generated(tmp_path / "three", server, cache=str(tmp_path / "cache"), seed=8, writer=PLAIN)
        assert sum(server.asked.values()) > asked
        assert max(server.asked.values()) == 1


def test_a_refusal_that_was_answered_is_not_bought_again(tmp_path: Path) -> None:
    """It came as a whole chat completion, and its tokens were counted."""
    with ReplyServer(faults=[("refusal", 1.0)]) as server:
        generated(tmp_path / "one", server, cache=str(tmp_path / "cache"), writer=PLAIN)
        assert server.faulted["refusal"] == sum(server.asked.values())
        generated(tmp_path / "two", server, cache=str(tmp_path / "cache"), writer=PLAIN)
        assert max(server.answered.values()) == 1


def test_failed_rows_name_no_host_or_port(tmp_path: Path) -> None:
    with ReplyServer(faults=[("refusal", 0.5), ("400", 0.5)]) as server:
        out = generated(tmp_path / "run", server, writer=PLAIN)
    assert rows(out, "failed")
    assert not [row["detail"] for row in rows(out, "failed") if str(server.port) in row["detail"]]


def test_one_model_at_two_places_is_bought_once(tmp_path: Path) -> None:
    with ReplyServer() as one, ReplyServer() as two:
        first = generated(tmp_path / "run", one, writer=PLAIN)
        asked = sum(one.asked.values())
        generated(first, two, writer=PLAIN)
        generated(tmp_path / "other", two, cache=str(first / "replies"), writer=PLAIN)
        assert (sum(one.asked.values()), sum(two.asked.values())) == (asked, 0)


@pytest.mark.parametrize(
    ("fault", "code"),
    [("empty", "empty_reply"), ("refusal", "refused"), ("cut", "length"), ("schema", "schema"), ("400", "refused"), ("prose", "no_json")],
)
def test_every_bad_reply_has_its_code(tmp_path: Path, fault: str, code: str) -> None:
    bad = ReplyServer(lambda body: "यह कोई JSON नहीं है।") if fault == "prose" else ReplyServer(faults=[(fault, 1.0)])
    with bad as server:
        out = generated(tmp_path / "run", server, targets={"seeds": 2}, writer={"structured": "none"})
        found = stats(out)["total"]
        assert found["failed"] == {code: 6}
        assert (found["attempted"], found["kept"]) == (6, 0)
        asked = sum(server.asked.values())
        generated(out, server, targets={"seeds": 2}, writer={"structured": "none"})
        assert sum(server.asked.values()) == asked
    for row in rows(out, "failed"):
        assert row["detail"]
        assert len(row["replies"]) == {"400": 0, "refusal": 1}.get(fault, 2)
        assert set(row["replies"]) <= stored(out)


def test_faults_of_every_kind_balance(tmp_path: Path) -> None:
    weather = [("429", 0.1), ("500", 0.05), ("reset", 0.05), ("torn", 0.05), ("html", 0.05), ("usage", 0.1), *MIXED]
    with ReplyServer(faults=weather, retry_after=0.001) as server:
        out = generated(tmp_path / "run", server, targets={"seeds": 12}, shard=5, max_uses_per_passage=9)
        assert len(server.faulted) >= 8
    found = stats(out)["total"]
    assert (found["attempted"], found["pending"]) == (36, 0)
    assert set(found["failed"]) <= {"schema", "length", "empty_reply", "refused", "no_json"}
    assert found["kept"] > 0
    assert len({row["id"] for part in ("examples", "failed") for row in rows(out, part)}) == 36


def test_a_bad_reply_is_asked_again_with_the_error(tmp_path: Path) -> None:
    with ReplyServer(faults=[("schema", 0.4)]) as server:
        out = generated(tmp_path / "run", server, tasks=TASKS[:1], targets={"seeds": 12}, max_uses_per_passage=9)
        again = [body for body in server.bodies if len(body["messages"]) > 2]
    twice = [row for row in rows(out) if len(row["replies"]) == 2]
    assert twice
    assert again
    assert all(body["messages"][-2]["role"] == "assistant" for body in again)
    assert any("not what was asked for" in body["messages"][-1]["content"] for body in again)


@pytest.mark.parametrize("engine", ["model", "template"])
def test_what_stands_in_a_row_follows_its_context(tmp_path: Path, engine: str) -> None:
    even = {"open": 1, "closed": 1, "answer_is_passage": 1}
    with ReplyServer() as server:
        out = generated(tmp_path / "run", server if engine == "model" else None, contexts=even, targets={"seeds": 8}, max_uses_per_passage=9)
    texts = {row["id"]: row["text"] for row in rows(out, "passages/hi")}
    seen = set()
    for row in rows(out):
        text, (first, *rest) = texts[row["grounding_id"]], [message["content"] for message in row["messages"]]
        seen.add(row["context"])
        assert (text in first) == (row["context"] == "open")
        if row["context"] != "answer_is_passage":
            assert not any(text in turn for turn in rest)
        assert row["generation"]["kind"] == engine
        assert row["message_langs"] == ["hin_Deva"] * len(row["messages"])
    assert {"open", "closed"} <= seen


def test_a_lost_endpoint_leaves_work_that_is_finished_later(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changes: dict[str, Any] = {"writer": {"retries": 1, "concurrency": 3}, "targets": {"seeds": 24}, "shard": 1, "max_uses_per_passage": 9}
    changes["tasks"] = TASKS[:1]  # each seed a shard: one wrongly taken as failed would be written down
    with ReplyServer() as server:
        whole = generated(tmp_path / "whole", server, **changes)
    enough = threading.Event()

    def write(body: Mapping[str, Any]) -> str:
        if sum(server.asked.values()) > 12:
            enough.set()
        return str(whole_server.write(body))

    whole_server = ReplyServer()
    server = ReplyServer(write, latency=0.01)
    server.start()
    ending = threading.Thread(target=lambda: enough.wait(60) and server.stop())
    ending.start()
    out = generated(tmp_path / "run", server, code=3, **changes)
    ending.join()
    assert "run the same command again" in capsys.readouterr().err
    had = stored(out)
    assert 0 < len(had) < len(stored(whole))
    with server:
        generated(out, server, **changes)
    assert held(out) == held(whole)
    assert stats(out)["total"] == stats(whole)["total"]
    lines = [json.loads(line)["key"] for path in (out / "replies").glob("*.jsonl") for line in path.read_text().splitlines()]
    assert len(lines) == len(set(lines)) == len(stored(whole))


def test_seeds_are_named_by_what_they_are(tmp_path: Path) -> None:
    one, two = generated(tmp_path / "one", None), generated(tmp_path / "two", None, seed=8)
    assert not {row["id"] for row in rows(one)} & {row["id"] for row in rows(two)}
    for row in rows(one):
        assert len(row["id"]) == 32
        assert row["provenance"]["title"]
        assert row["provenance"]["url"].startswith("https://hi.")
        assert row["evidence"]
    assert 0.0 <= share_of(rows(one)[0]["id"]) < 1.0

"""What a hostile world does to a run: replies, endpoints, damaged files, commands said twice. Each was a fault once."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

import scribe
from charkha.core.records import Reply
from charkha.stages.replies import NotAsAsked, parse
from charkha.tasks.grown.summarization import Summary
from runs import charkha, command, dump_of, one_line, recipe, rows, served, stats, stored
from servers import ReplyServer


@pytest.mark.timeout(20)
@pytest.mark.parametrize("text", ["```json\n" + " " * 60_000 + "x", "```" * 20_000, "{" * 60_000, "<think>" * 20_000])
def test_no_reply_takes_long_to_read(text: str) -> None:
    with pytest.raises(NotAsAsked):
        parse(Reply(text), Summary)


def _answer(change: dict[str, Any]) -> Any:
    def write(body: Mapping[str, Any]) -> str:
        data = json.loads(scribe.answer(body))
        return json.dumps({**data, **change}) if "summary" in data else json.dumps(data)

    return write


def test_a_lone_surrogate_is_no_end(tmp_path: Path) -> None:
    with ReplyServer(_answer({"instruction": "\ud800 सार दीजिए"})) as server:
        charkha("run", recipe(tmp_path, ["hi"], served(server.url), targets={"seeds": 3}), "--out", tmp_path / "run")
    assert stats(tmp_path / "run")["total"]["pending"] == 0


@pytest.mark.parametrize("count", [1e300, 10**30, 10**400, -5, "many", None])
def test_nonsense_usage_is_no_end(tmp_path: Path, count: object) -> None:
    from charkha.core.transport import FakeTransport, Response
    from charkha.providers._answers import _count

    assert 0 <= _count(count) <= 2**31
    assert FakeTransport(lambda *a: Response(200)).sent == []


def test_a_lost_decision_is_made_again_and_never_means_kept(tmp_path: Path) -> None:
    with ReplyServer(_answer({"unanswerable": True})) as server:
        path = recipe(tmp_path, ["hi"], served(server.url), targets={"seeds": 4})
        charkha("run", path, "--out", tmp_path / "run")
        before, asked = stats(tmp_path / "run"), sum(server.asked.values())
        assert before["total"]["dropped"]["unanswerable"] == 4
        for part in ("decisions/generate", "failed", "decisions/filter"):
            for file in (tmp_path / "run" / part).rglob("*.parquet"):
                file.unlink()
            charkha("export", tmp_path / "run", code=3)
            assert stats(tmp_path / "run")["total"]["pending"] == 12
            charkha("run", path, "--out", tmp_path / "run")
            assert stats(tmp_path / "run")["total"] == before["total"]
        assert sum(server.asked.values()) == asked


@pytest.mark.parametrize("part", ["examples", "decisions/filter", "failed", "passages"])
def test_a_damaged_table_names_what_to_remove(tmp_path: Path, part: str) -> None:
    path = recipe(tmp_path, ["hi"])
    charkha("run", path, "--out", tmp_path / "run")
    whole = rows(tmp_path / "run")
    file = next((tmp_path / "run" / part).rglob("*.parquet"))
    file.write_bytes(file.read_bytes()[:-50])
    line = one_line(charkha("export", tmp_path / "run", code=2))
    assert "Remove" in line
    removed = Path(line.split("Remove '")[1].split("'")[0])
    removed.unlink()
    charkha("run", path, "--out", tmp_path / "run")
    assert rows(tmp_path / "run") == whole


def test_one_poison_request_costs_one_seed(tmp_path: Path) -> None:
    def write(body: Mapping[str, Any]) -> str:
        return scribe.answer(body)

    with ReplyServer(write) as server:
        path = recipe(tmp_path, ["hi"], served(server.url, concurrency=1, retries=1), tasks=["summarization"], targets={"seeds": 4})
        server.faults = [("500", 0.3)]  # by (body, how often asked): some fall twice and are given up
        charkha("run", path, "--out", tmp_path / "run")
    told = stats(tmp_path / "run")["total"]
    assert told["pending"] == 0
    assert told["kept"] + sum(told["failed"].values()) + sum(told["dropped"].values()) == 4


def test_an_endpoint_that_refuses_everything_spends_no_seed(tmp_path: Path) -> None:
    with ReplyServer() as server:
        path = recipe(tmp_path, ["hi"], served(server.url, structured="none", concurrency=2), targets={"seeds": 12})
        server.faults = [("400", 1.0)]
        line = one_line(charkha("run", path, "--out", tmp_path / "run", code=3))
        assert "in a row were refused" in line
        server.faults = []
        charkha("run", path, "--out", tmp_path / "run")
    assert "refused" not in stats(tmp_path / "run")["total"]["failed"]


def test_supersede_said_twice_is_done_once_and_unfinished_rounds_are_not_bought(tmp_path: Path) -> None:
    with ReplyServer(latency=0.2) as server:
        writer = served(server.url, concurrency=1)
        path = recipe(tmp_path, ["hi"], writer, tasks=["summarization"], targets={"seeds": 6}, max_uses_per_passage=8)
        process = subprocess.Popen(command("run", path, "--out", tmp_path / "run"), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        while sum(server.asked.values()) < 3:
            assert process.poll() is None
        process.kill()
        process.communicate()
        server.latency, before = 0.0, sum(server.asked.values())
        again = ("run", path, "--out", tmp_path / "run", "--set", "models.writer.sampling={temperature: 0.1}")
        charkha(*again, "--supersede", "summarization")
        assert sum(server.asked.values()) == before + 6
        charkha(*again, "--supersede", "summarization")
        assert sum(server.asked.values()) == before + 6
    told = stats(tmp_path / "run")["total"]
    assert told["kept"] + told["dropped"].get("superseded", 0) + sum(told["failed"].values()) == told["attempted"]
    assert told["failed"]["superseded"] == 6


def test_blocked_pages_are_never_used_and_a_later_list_is_refused(tmp_path: Path) -> None:
    charkha("ingest", dump_of("hi"), "--lang", "hi", "--out", tmp_path / "look")
    titles = sorted({row["title"] for row in rows(tmp_path / "look", "passages")})
    (tmp_path / "list.jsonl").write_text(json.dumps({"lang": "hin_Deva", "title": titles[0]}) + "\n", encoding="utf-8")
    path = recipe(tmp_path, ["hi"], source={"dumps": {"hi": str(dump_of("hi"))}, "blocklist": ["list.jsonl"]})
    charkha("run", path, "--out", tmp_path / "run")
    assert {row["title"] for row in rows(tmp_path / "run", "passages")} == set(titles[1:])
    found = json.loads((tmp_path / "run" / "pages" / "hi" / "ingest.json").read_text(encoding="utf-8"))
    assert list(found["blocked"].values()) == [1]
    charkha("run", recipe(tmp_path, ["hi"]), "--out", tmp_path / "open")
    later = recipe(tmp_path, ["hi"], source={"dumps": {"hi": str(dump_of("hi"))}, "blocklist": ["list.jsonl"]})
    assert "source.blocklist" in one_line(charkha("run", later, "--out", tmp_path / "open", code=2))


def test_refused_in_one_line(tmp_path: Path) -> None:
    path = recipe(tmp_path, ["hi"])
    charkha("run", path, "--out", tmp_path / "run")
    kept = (tmp_path / "run" / "recipe.yaml").read_bytes()
    assert "filters only" in one_line(charkha("filter", tmp_path / "run", "--set", "seed=99", code=2))
    assert (tmp_path / "run" / "recipe.yaml").read_bytes() == kept
    assert "hiwiki" in one_line(charkha("ingest", dump_of("hi"), "--lang", "ta", "--out", tmp_path / "ta", code=2))
    twice = recipe(tmp_path, ["hi"], languages=["hi", "hin_Deva"])
    assert "twice" in one_line(charkha("run", twice, "--out", tmp_path / "run", code=2))
    (tmp_path / "list.jsonl").write_bytes(b"\xff\xfe\x00")
    broken = recipe(tmp_path, ["hi"], source={"dumps": {"hi": str(dump_of("hi"))}, "blocklist": ["list.jsonl"]})
    assert "blocklist" in one_line(charkha("run", broken, "--out", tmp_path / "run2", code=2))
    assert one_line(charkha("run", path, "--out", "/proc/x/y", code=2))
    assert one_line(charkha("run", path, "--out", tmp_path / ("x" * 300), code=2))


@pytest.mark.parametrize(
    "change",
    [
        {"headers": {"X-Auth": "sk-hidden"}},
        {"headers": {"Authorization": "Bearer sk-hidden ${HOME}"}},
        {"headers": {"Ocp-Apim-Subscription-Key": "sk-hidden"}},
        {"extra_body": {"api_key": "sk-hidden"}},
        {"base_url": "http://127.0.0.1:9/v1?api_key=sk-hidden"},
        {"by_task": {"summarization": {"headers": {"Authorization": "sk-hidden"}}}},
    ],
)
def test_no_secret_gets_into_a_run(tmp_path: Path, change: dict[str, Any]) -> None:
    path = recipe(tmp_path, ["hi"], {**served("http://127.0.0.1:9/v1"), **change})
    done = charkha("run", path, "--out", tmp_path / "run", code=2)
    assert "sk-hidden" not in done.stderr + done.stdout
    assert not any(b"sk-hidden" in file.read_bytes() for file in (tmp_path / "run").rglob("*") if file.is_file())


def test_a_finished_run_needs_neither_its_dump_nor_its_folder(tmp_path: Path) -> None:
    dump = tmp_path / dump_of("hi").name
    dump.write_bytes(dump_of("hi").read_bytes())
    data = yaml.safe_load(recipe(tmp_path, ["hi"]).read_text(encoding="utf-8"))
    data["source"]["dumps"]["hi"] = dump.name
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(data), encoding="utf-8")
    charkha("run", "recipe.yaml", "--out", "run", cwd=tmp_path)
    before = rows(tmp_path / "run", "dataset")
    dump.unlink()
    charkha("export", tmp_path / "run", cwd="/")
    charkha("report", tmp_path / "run", cwd="/")
    assert rows(tmp_path / "run", "dataset") == before


def test_one_damaged_line_costs_one_reply(tmp_path: Path) -> None:
    with ReplyServer() as server:
        path = recipe(tmp_path, ["hi"], served(server.url), tasks=["summarization"], targets={"seeds": 4})
        charkha("run", path, "--out", tmp_path / "run")
        (segment,) = (tmp_path / "run" / "replies").glob("*.jsonl")
        lines = segment.read_bytes().splitlines(keepends=True)
        lines[1] = b"\x00" * (len(lines[1]) - 1) + b"\n"
        segment.write_bytes(b"".join(lines))
        again = recipe(tmp_path, ["hi"], served(server.url), tasks=["summarization"], targets={"seeds": 4}, cache=str(segment.parent))
        asked = sum(server.asked.values())
        charkha("run", again, "--out", tmp_path / "second")
        assert sum(server.asked.values()) - asked == 2  # the one lost, and the probe of a new run
    assert len(stored(tmp_path / "run")) == 4
    assert rows(tmp_path / "second") == rows(tmp_path / "run")


def test_a_narrow_output_gets_escapes(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    said = charkha("languages", env=environment).stdout
    assert "Hindi" in said
    assert "\\u0939" in said

"""The test server itself: others lean on its counts, on equal faults every time, on replies that pass `check`."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

import aiohttp
import pytest

import scribe
from charkha.core.ids import grounding_id
from charkha.core.lookup import find
from charkha.core.recipe import Contexts
from charkha.core.records import Grounding, Passage, Sentence
from charkha.languages import Language, codes, load
from charkha.tasks.seeds import make_seed
from charkha.text.sentences import sentence_spans
from servers import FAULTS, MODEL, ReplyServer

TASKS = ("summarization", "multihop_reasoning", "dialog_gen")


def body(number: int) -> dict[str, Any]:
    return {"model": MODEL, "messages": [{"role": "user", "content": f"number {number}"}]}


async def post(url: str, bodies: list[dict[str, Any]]) -> list[int]:
    """The status of each, 0 for a lost connection; all at once."""

    async def one(session: aiohttp.ClientSession, data: dict[str, Any]) -> int:
        try:
            async with session.post(f"{url}/chat/completions", json=data) as answer:
                await answer.read()
                return answer.status
        except aiohttp.ClientError:
            return 0

    async with aiohttp.ClientSession() as session:
        return await asyncio.gather(*(one(session, data) for data in bodies))


def test_it_counts() -> None:
    with ReplyServer(latency=0.05, jitter=0.02) as server:
        assert asyncio.run(post(server.url, [body(n % 10) for n in range(20)])) == [200] * 20
    assert sorted(server.asked.values()) == sorted(server.answered.values()) == [2] * 10
    assert 10 <= server.peak <= 20
    assert server.in_flight == 0


def test_faults_do_not_depend_on_the_order() -> None:
    faults = [("429", 0.2), ("500", 0.1), ("reset", 0.1), ("torn", 0.1)]
    seen = []
    for order in (range(200), reversed(range(200))):
        with ReplyServer(faults=faults) as server:
            numbers = list(order)
            statuses = asyncio.run(post(server.url, [body(n) for n in numbers]))
            seen.append(dict(zip(numbers, statuses, strict=True)))
        assert sum(server.faulted.values()) == 200 - sum(server.answered.values())
    assert seen[0] == seen[1]
    counts = Counter(seen[0].values())
    assert 20 < counts[429] < 60
    assert 8 < counts[500] < 35
    assert 8 < counts[0] < 35


def test_a_request_asked_again_meets_another_fate() -> None:
    with ReplyServer(faults=[("500", 0.5)]) as server:
        statuses = [asyncio.run(post(server.url, [body(1)]))[0] for _ in range(12)]
    assert set(statuses) == {200, 500}


@pytest.mark.parametrize("fault", ["hang", "hang_body", "drip"])
def test_a_request_whose_client_left_is_not_in_flight(fault: str) -> None:
    async def leave(url: str) -> None:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=0.2)) as session:
            with pytest.raises(TimeoutError):
                async with session.post(f"{url}/chat/completions", json=body(1)) as answer:
                    await answer.read()
            async with session.get(url.replace("/v1", "/stats")) as answer:
                assert (await answer.json())["peak"] == 1

    with ReplyServer(faults=[(fault, 1.0)]) as server:
        asyncio.run(leave(server.url))
    assert not server.answered


def test_dead_and_back_at_the_same_port() -> None:
    server = ReplyServer()
    server.start()
    url = server.url
    server.stop()
    assert asyncio.run(post(url, [body(1)])) == [0]
    server.start()
    assert server.url == url
    assert asyncio.run(post(url, [body(1)])) == [200]
    server.stop()


def test_from_the_command_line(tmp_path: Path) -> None:
    log = tmp_path / "log"
    script = Path(__file__).with_name("servers.py")
    command = [sys.executable, str(script), "--log", str(log), "--faults", "429:0.3", "--model", "m"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = f"http://127.0.0.1:{int(process.stdout.readline())}"
        statuses = asyncio.run(post(f"{url}/v1", [{**body(n), "model": "m"} for n in range(30)]))
        with urllib.request.urlopen(f"{url}/stats") as answer:
            stats = json.load(answer)
        os.kill(process.pid, signal.SIGKILL)
    lines = [line.split() for line in log.read_text().splitlines()]
    assert Counter(name for what, name, _ in lines if what == "asked") == stats["asked"]
    assert Counter(name for what, name, _ in lines if what == "answered") == stats["answered"]
    assert sum(stats["answered"].values()) == statuses.count(200) < 30


def test_every_fault_has_a_sensible_name() -> None:
    assert {"429", "500", "reset", "torn", "html", "hang", "empty", "refusal", "schema"} <= set(FAULTS)


# What it replies


class Asker:
    """The stage's part, without a network: the scribe answers, the schema reads."""

    async def __call__(
        self, messages: Any, schema: Any, *, role: str = "writer", step: str = "main", sample: int = 0
    ) -> Any:
        shown = {"messages": [{"role": message.role, "content": message.content} for message in messages]}
        reply = scribe.answer(shown)
        assert reply == scribe.answer(json.loads(json.dumps(shown)))
        return schema.model_validate_json(reply)

    def has_role(self, role: str) -> bool:
        return False


def passage(language: Language) -> Passage:
    """The sample passage of a language's file."""
    text, sentences = "", []
    for section in language.sample_passage.sections:
        spans = sentence_spans(section.text, language)
        sentences += [Sentence(len(text) + a, len(text) + b, section.title) for a, b in spans]
        text += section.text + "\n\n"
    identity = grounding_id(language.wiki, [(1, 1, 0, len(text))])
    title = language.sample_passage.title
    return Passage(identity, language.wiki, 1, 1, title, "", "", "", "train", 0, len(text), text, tuple(sentences))


@pytest.mark.parametrize("code", codes())
def test_most_replies_pass_the_checks(code: str) -> None:
    language = load(code)
    shown = passage(language)
    failed = []
    for name in TASKS:
        task = find("task", name)()
        for draw in range(6):
            seed = make_seed(task, Grounding(shown.id, code, (shown,)), draw, 0, 1, Contexts())
            reason = task.check(asyncio.run(task.write(seed, language, Asker())), seed, language)
            if reason is not None:
                failed.append((name, reason))
    assert len(failed) <= 3, failed

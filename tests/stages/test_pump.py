"""The pump against a real server: nothing waits that need not, nothing is bought twice, nothing that was bought is lost."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from charkha.core.errors import AuthFailed, NoSuchModel, Overloaded, ProviderError, RateLimited, Refused
from charkha.core.ids import request_key
from charkha.core.recipe import Model
from charkha.core.records import Message, Reply, Request
from charkha.core.store import ReplyStore
from charkha.providers import open_provider
from charkha.stages import pump as pump_module
from charkha.stages.pump import Endpoint, Pump, Stopped
from servers import ReplyServer


@pytest.fixture(autouse=True)
def brief_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Backoff of milliseconds, not seconds."""
    monkeypatch.setattr(pump_module, "FIRST_WAIT", 0.005)


def request(name: object, **changes: Any) -> Request:
    return Request(messages=(Message("user", str(name)),), model="test-model", sampling={"temperature": 0.5}, **changes)


def word_of(body: Mapping[str, Any]) -> str:
    return str(body["messages"][-1]["content"])


def echo(body: Mapping[str, Any]) -> str:
    return json.dumps({"said": word_of(body)})


def pumped(
    folder: Path, server: ReplyServer, work: Callable[[Pump, Endpoint], Awaitable[Any]], concurrency: int = 4, retries: int = 8,
    waits: list[tuple[ProviderError, float]] | None = None,
) -> Any:  # fmt: skip
    """Runs `work` with a pump over a server, and closes everything."""

    async def whole() -> Any:
        model = Model(kind="openai_compatible", base_url=server.url, model="test-model", structured="none", timeout=20)
        endpoint = Endpoint(open_provider(model), concurrency, retries)
        noted = (lambda error, seconds: waits.append((error, seconds))) if waits is not None else None
        with ReplyStore(folder) as store:
            try:
                return await work(Pump(store, noted), endpoint)
            finally:
                await endpoint.provider.close()

    return asyncio.run(whole())


async def all_of(pump: Pump, endpoint: Endpoint, requests: list[Request]) -> list[Any]:
    return await asyncio.gather(*(pump.reply(endpoint, item) for item in requests), return_exceptions=True)


def stored(folder: Path) -> dict[str, str]:
    with ReplyStore(folder) as store:
        return {key: reply.text for key in store.keys() if (reply := store.get(key))}


@pytest.mark.parametrize("concurrency", [1, 5])
def test_never_more_than_the_bound_and_no_less(tmp_path: Path, concurrency: int) -> None:
    wanted = [request(at) for at in range(25)]
    with ReplyServer(echo, latency=0.02) as server:
        found = pumped(tmp_path, server, lambda pump, endpoint: all_of(pump, endpoint, wanted), concurrency)
        assert server.peak == concurrency
    assert [reply.text for _, reply in found] == [json.dumps({"said": str(at)}) for at in range(25)]
    assert [key for key, _ in found] == [request_key(item) for item in wanted]
    assert set(server.asked.values()) == {1}


def test_an_identical_request_in_flight_is_joined(tmp_path: Path) -> None:
    async def work(pump: Pump, endpoint: Endpoint) -> tuple[int, int]:
        found = await all_of(pump, endpoint, [request("same")] * 10 + [request("same", attempt=1)])
        assert len({id(reply) for _, reply in found[:10]}) == 1
        again = await pump.reply(endpoint, request("same"))
        assert again[1].text == found[0][1].text
        return pump.bought, pump.reused

    with ReplyServer(echo, latency=0.05) as server:
        assert pumped(tmp_path, server, work) == (2, 1)
    assert sum(server.asked.values()) == 2


def test_all_who_joined_get_the_error(tmp_path: Path) -> None:
    with ReplyServer(echo, latency=0.05, faults=[("400", 1.0)]) as server:
        found = pumped(tmp_path, server, lambda pump, endpoint: all_of(pump, endpoint, [request("same")] * 5))
    assert all(isinstance(error, Refused) for error in found)
    assert sum(server.asked.values()) == 1


def test_who_joined_a_cancelled_one_is_told(tmp_path: Path) -> None:
    async def work(pump: Pump, endpoint: Endpoint) -> None:
        first = asyncio.create_task(pump.reply(endpoint, request("same")))
        await asyncio.sleep(0)
        joined = asyncio.create_task(pump.reply(endpoint, request("same")))
        await asyncio.sleep(0)
        first.cancel()
        with pytest.raises(Stopped):
            await joined
        assert (await pump.reply(endpoint, request("same")))[1].text

    with ReplyServer(echo, latency=0.05) as server:
        pumped(tmp_path, server, work)


def test_no_barrier(tmp_path: Path) -> None:
    """One reply that does not come holds its own slot and nothing else."""
    go = threading.Event()
    others = [request(at) for at in range(40)]

    def write(body: Mapping[str, Any]) -> str:
        return echo(body)

    class Slow(ReplyServer):
        async def _chat(self, asked: Any) -> Any:
            if word_of(await asked.json()) == "slow":
                await asyncio.to_thread(go.wait, 20)
            return await super()._chat(asked)

    async def work(pump: Pump, endpoint: Endpoint) -> None:
        slow = asyncio.create_task(pump.reply(endpoint, request("slow")))
        found = await asyncio.wait_for(all_of(pump, endpoint, others), 15)
        assert len(found) == 40
        assert not slow.done()
        go.set()
        assert (await slow)[1].text == json.dumps({"said": "slow"})

    with Slow(write) as server:
        pumped(tmp_path, server, work, concurrency=2)


@pytest.mark.parametrize("fault", ["429", "500", "503", "529", "408", "reset", "torn", "html"])
def test_what_passes_is_tried_again(tmp_path: Path, fault: str) -> None:
    wanted = [request(at) for at in range(20)]
    with ReplyServer(echo, faults=[(fault, 0.4)], retry_after=0.001) as server:
        found = pumped(tmp_path, server, lambda pump, endpoint: all_of(pump, endpoint, wanted), retries=30)
        assert server.faulted[fault] > 0
    assert [reply.text for _, reply in found] == [json.dumps({"said": str(at)}) for at in range(20)]
    assert set(server.answered.values()) == {1}
    assert len(stored(tmp_path)) == 20


def test_retry_after_is_honoured_outside_the_slot(tmp_path: Path) -> None:
    """With one slot, the others are answered while the first waits as long as it was asked to."""
    waits: list[tuple[ProviderError, float]] = []
    done: list[str] = []
    others = [request(at) for at in range(10)]

    class FirstLimited(ReplyServer):
        def _fault(self, name: str, nth: int) -> str | None:
            return "429" if sum(self.asked.values()) == 1 else None

    async def work(pump: Pump, endpoint: Endpoint) -> float:
        async def one(item: Request) -> None:
            await pump.reply(endpoint, item)
            done.append(item.messages[0].content)

        start = time.monotonic()
        first = asyncio.create_task(one(request("first")))
        await asyncio.gather(first, *(one(item) for item in others))
        return time.monotonic() - start

    with FirstLimited(echo, retry_after=0.6) as server:
        took = pumped(tmp_path, server, work, concurrency=1, waits=waits)
    assert done[-1] == "first"
    assert len(done) == 11
    assert took >= 0.6
    (error, seconds), *more = waits
    assert isinstance(error, RateLimited)
    assert 0.6 <= seconds < 0.7
    assert not more


@pytest.mark.parametrize("fault", ["400"])
def test_what_is_refused_is_not_tried_again(tmp_path: Path, fault: str) -> None:
    with ReplyServer(echo, faults=[(fault, 0.5)]) as server:
        found = pumped(tmp_path, server, lambda pump, endpoint: all_of(pump, endpoint, [request(at) for at in range(20)]))
    assert 0 < sum(isinstance(item, Refused) for item in found) < 20
    assert set(server.asked.values()) == {1}


@pytest.mark.parametrize(("options", "kind"), [({"key": "sk-1"}, AuthFailed), ({"models": ("other",)}, NoSuchModel)])
def test_a_fatal_error_stops_everything(tmp_path: Path, options: dict[str, Any], kind: type[ProviderError]) -> None:
    async def work(pump: Pump, endpoint: Endpoint) -> list[Any]:
        found = await all_of(pump, endpoint, [request(at) for at in range(50)])
        assert isinstance(pump.stopped_by, kind)
        return found

    with ReplyServer(echo, **options) as server:
        found = pumped(tmp_path, server, work, concurrency=2)
        assert sum(server.asked.values()) <= 4
    assert all(isinstance(item, (kind, Stopped)) for item in found)


def test_what_is_in_flight_when_it_stops_is_stored(tmp_path: Path) -> None:
    async def work(pump: Pump, endpoint: Endpoint) -> list[Any]:
        tasks = [asyncio.create_task(pump.reply(endpoint, request(at))) for at in range(12)]
        while server.in_flight < 4:
            await asyncio.sleep(0.001)
        pump.stop(RuntimeError("enough"))
        return await asyncio.gather(*tasks, return_exceptions=True)

    with ReplyServer(echo, latency=0.2) as server:
        found = pumped(tmp_path, server, work, concurrency=4)
    landed = [item[1] for item in found if isinstance(item, tuple)]
    assert len(landed) == 4
    assert sum(isinstance(item, Stopped) for item in found) == 8
    assert sorted(stored(tmp_path).values()) == sorted(reply.text for reply in landed)
    assert sum(server.asked.values()) == 4


def test_a_reply_is_stored_before_its_slot_is_free(tmp_path: Path) -> None:
    async def work(pump: Pump, endpoint: Endpoint) -> None:
        async def watch() -> None:
            async with endpoint.admit():
                assert request_key(request("first")) in pump.store

        first = asyncio.create_task(pump.reply(endpoint, request("first")))
        await asyncio.sleep(0)
        await asyncio.gather(first, watch())

    with ReplyServer(echo, latency=0.02) as server:
        pumped(tmp_path, server, work, concurrency=1)


def test_an_endpoint_that_is_lost_stops_the_pump_and_one_bad_request_does_not(tmp_path: Path) -> None:
    class BadOne(ReplyServer):
        async def _chat(self, asked: Any) -> Any:
            self.faults = [("500", 1.0)] if word_of(await asked.json()) == "bad" else []
            return await super()._chat(asked)

    async def poisoned(pump: Pump, endpoint: Endpoint) -> None:
        async def others() -> None:
            for at in range(200):
                await pump.reply(endpoint, request(at))

        bad, _ = await asyncio.gather(pump.reply(endpoint, request("bad")), others(), return_exceptions=True)
        assert isinstance(bad, Overloaded)
        assert pump.stopped_by is None

    async def lost(pump: Pump, endpoint: Endpoint) -> None:
        found = await all_of(pump, endpoint, [request(f"late {at}") for at in range(20)])
        assert isinstance(pump.stopped_by, Overloaded)
        assert all(isinstance(item, (Overloaded, Stopped)) for item in found)

    server = BadOne(echo)
    with server:
        pumped(tmp_path, server, poisoned, concurrency=2, retries=3)
    pumped(tmp_path, server, lost, concurrency=2, retries=3)
    assert len(stored(tmp_path)) == 200


def test_a_store_that_cannot_be_written_stops_buying(tmp_path: Path) -> None:
    async def work(pump: Pump, endpoint: Endpoint) -> list[Any]:
        (tmp_path / "replies").write_text("no folder")  # in the place where the first reply would be put
        found = await all_of(pump, endpoint, [request(at) for at in range(30)])
        assert pump.stopped_by is not None
        return found

    with ReplyServer(echo) as server:
        found = pumped(tmp_path / "replies", server, work, concurrency=2)
    assert all(isinstance(item, Stopped) for item in found)
    assert sum(server.asked.values()) <= 4


def test_the_usual_weather_loses_no_row(tmp_path: Path) -> None:
    wanted = [request(at) for at in range(600)]
    weather = [("429", 0.05), ("500", 0.02), ("reset", 0.01), ("torn", 0.01)]
    with ReplyServer(echo, faults=weather, retry_after=0.001) as server:
        found = pumped(tmp_path, server, lambda pump, endpoint: all_of(pump, endpoint, wanted), concurrency=32)
        assert len(server.faulted) == 4
        pumped(tmp_path, server, lambda pump, endpoint: all_of(pump, endpoint, wanted), concurrency=32)
    assert all(isinstance(reply, Reply) for _, reply in found)
    assert set(server.answered.values()) == {1}
    assert stored(tmp_path) == {key: reply.text for key, reply in found}

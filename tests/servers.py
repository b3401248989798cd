"""A model server that counts, delays and fails as told: `python tests/servers.py --port 0 --faults 429:0.05`.

Prints its port on stdout and serves until it is ended by its own pid. In a test, in a thread of its own:

    with ReplyServer(latency=0.05, faults=[("429", 0.05), ("reset", 0.01)]) as server:
        ...  # base_url: server.url
        assert max(server.asked.values()) == 1

A reply is a pure function of the request's body. A fault is one of (body, how often it was asked before), so that a
run's faults are the same whatever the order. `asked` counts requests by the hash of their body, `answered` those whose
whole chat completion was handed to the kernel: the client may have died before reading it. GET /stats tells both;
read them after `stop`, or a reply may be here before it is counted there.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import importlib
import json
import socket
import struct
import sys
import threading
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from aiohttp import web

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent))

import scribe

Write = Callable[[Mapping[str, Any]], str]
MODEL = "test-model"


def share_of(*parts: object) -> float:
    """A number in [0, 1) that follows from the parts alone."""
    text = "\x00".join(map(str, parts)).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest()) / 2**64


def body_hash(body: bytes) -> str:
    """The name under which a request is counted."""
    return hashlib.blake2b(body, digest_size=16).hexdigest()


class ReplyServer:
    """An OpenAI-style endpoint at `url`.

    Args:
        write: body -> the reply's text; by default `scribe.answer`, which passes most checks.
        latency: seconds before an answer. jitter: up to so many more, by the body's hash.
        faults: (kind, share) pairs, see `FAULTS`; may be changed while it runs.
        structured: the response formats it takes; another one is answered with 400.
        models: what it serves; another one is answered with 404.
        key: when given, requests without it are answered with 401.
        retry_after: seconds that a 429 asks to wait.
        log: a file that gets a line `asked HASH NTH` or `answered HASH NTH` as it happens.
        port: 0 takes a free one.
    """

    def __init__(
        self,
        write: Write | None = None,
        *,
        latency: float = 0.0,
        jitter: float = 0.0,
        faults: Sequence[tuple[str, float]] = (),
        **options: Any,
    ) -> None:
        self.write = write or scribe.answer
        self.latency, self.jitter = latency, jitter
        self.faults = list(faults)
        self.structured: tuple[str, ...] = tuple(options.pop("structured", ("json_schema", "json_object")))
        self.models: tuple[str, ...] = tuple(options.pop("models", (MODEL,)))
        self.key: str | None = options.pop("key", None)
        self.retry_after: float = options.pop("retry_after", 0.05)
        self.log: Path | None = options.pop("log", None)
        self.port: int = options.pop("port", 0)
        if options:
            raise TypeError(f"unknown: {', '.join(options)}")
        self.asked: Counter[str] = Counter()
        self.answered: Counter[str] = Counter()
        self.faulted: Counter[str] = Counter()
        self.bodies: deque[dict[str, Any]] = deque(maxlen=1000)  # the last ones it answered
        self.headers: deque[dict[str, str]] = deque(maxlen=1000)
        self.in_flight = self.peak = 0
        self._file: Any = None
        self._up = threading.Event()
        self._failed: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ending: asyncio.Event | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """What a recipe names as base_url."""
        return f"http://127.0.0.1:{self.port}/v1"

    def __enter__(self) -> ReplyServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Serves from now on, at the same port as before when it was stopped."""
        self._up.clear()
        self._thread = threading.Thread(target=self._work, name="ReplyServer", daemon=True)
        self._thread.start()
        self._up.wait()
        if self._failed is not None:
            raise self._failed

    def stop(self) -> None:
        """Refuses connections from now on; those in flight are cut."""
        if self._loop is not None and self._ending is not None and self._thread is not None:
            self._loop.call_soon_threadsafe(self._ending.set)
            self._thread.join()
            self._thread = None

    def _work(self) -> None:
        try:
            asyncio.run(self.serve())
        except BaseException as error:  # told to the thread that waits
            self._failed = error
            self._up.set()

    async def serve(self) -> None:
        """Serves until `stop`, in the event loop that calls it."""
        self._loop, self._ending = asyncio.get_running_loop(), asyncio.Event()
        if self.log is not None:
            self._file = self.log.open("a", encoding="ascii")
        app = web.Application(client_max_size=1 << 26)
        app.router.add_post("/v1/chat/completions", self._chat)
        app.router.add_get("/v1/models", self._models)
        app.router.add_get("/stats", self._stats)
        # handler_cancellation: a request whose client has gone is no longer in flight.
        runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", self.port, backlog=4096, reuse_address=True)
        await site.start()
        self.port = runner.addresses[0][1]
        self._up.set()
        try:
            await self._ending.wait()
        finally:
            await runner.cleanup()
            if self._file is not None:
                self._file.close()

    async def _models(self, request: web.Request) -> web.Response:
        if not self._admitted(request):
            return _error(401, "no key", "invalid_api_key")
        listed = [{"id": name, "object": "model", "max_model_len": 32768} for name in self.models]
        return web.json_response({"object": "list", "data": listed})

    async def _stats(self, _: web.Request) -> web.Response:
        told = {"asked": self.asked, "answered": self.answered, "faulted": self.faulted, "peak": self.peak}
        return web.json_response(told)

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        name = body_hash(raw)
        nth = self.asked[name]
        self.asked[name] += 1
        self._note("asked", name, nth)
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)
        try:
            self.headers.append(dict(request.headers))
            delay = self.latency + self.jitter * share_of("jitter", name)
            if delay > 0:
                await asyncio.sleep(delay)
            fault = self._fault(name, nth)
            if fault is not None:
                self.faulted[fault] += 1
                answer = await FAULTS[fault](self, request, self._said(raw))
            else:
                answer = self._answer(request, raw)
            if not answer.prepared:
                await answer.prepare(request)
            await answer.write_eof()
            if answer.status == 200 and fault not in UNANSWERED:
                self.answered[name] += 1
                self._note("answered", name, nth)
            return answer
        finally:
            self.in_flight -= 1

    def _answer(self, request: web.Request, raw: bytes) -> web.Response:
        if not self._admitted(request):
            return _error(401, "Incorrect API key provided", "invalid_api_key")
        body = json.loads(raw)
        self.bodies.append(body)
        if body["model"] not in self.models:
            return _error(404, f"The model `{body['model']}` does not exist.", "model_not_found")
        wanted = (body.get("response_format") or {}).get("type", "")
        if wanted and wanted not in self.structured:
            return _error(400, f"response_format type {wanted!r} is not supported", "invalid_request_error")
        return web.json_response(self._said(raw), dumps=_dumps)

    def _said(self, raw: bytes) -> dict[str, Any]:
        body = json.loads(raw)
        return completion(self.write(body), body)

    def _admitted(self, request: web.Request) -> bool:
        return self.key is None or request.headers.get("Authorization") == f"Bearer {self.key}"

    def _fault(self, name: str, nth: int) -> str | None:
        at = share_of("fault", name, nth)
        for kind, share in self.faults:
            if at < share:
                return kind
            at -= share
        return None

    def _note(self, what: str, name: str, nth: int) -> None:
        if self._file is not None:
            self._file.write(f"{what} {name} {nth}\n")
            self._file.flush()


def completion(text: str, body: Mapping[str, Any], finish: str = "stop") -> dict[str, Any]:
    """A chat completion; tokens are a third of the characters, and nothing in it depends on the time."""
    prompt = sum(len(str(message.get("content"))) for message in body.get("messages", [])) // 3
    usage = {"prompt_tokens": prompt, "completion_tokens": len(text) // 3, "total_tokens": prompt + len(text) // 3}
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish}
    return {"id": "x", "object": "chat.completion", "model": body.get("model"), "choices": [choice], "usage": usage}


def _dumps(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False)


def _error(status: int, message: str, code: str, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.json_response({"error": {"message": message, "code": code}}, status=status, headers=headers)


def _with_text(said: dict[str, Any], text: str | None, finish: str = "stop", **more: Any) -> web.Response:
    choice = {**said["choices"][0], "message": {"role": "assistant", "content": text, **more}, "finish_reason": finish}
    return web.json_response({**said, "choices": [choice]}, dumps=_dumps)


def _status(status: int) -> Fault:
    async def fault(server: ReplyServer, request: web.Request, said: dict[str, Any]) -> web.StreamResponse:
        after = {"Retry-After": f"{server.retry_after:g}"} if status == 429 else {}
        return _error(status, f"fault {status}", "fault", after)

    return fault


async def _reset(server: ReplyServer, request: web.Request, said: dict[str, Any]) -> web.StreamResponse:
    transport = request.transport
    if transport is not None:
        # Lingering for no time at all makes the kernel send RST instead of FIN.
        held = transport.get_extra_info("socket")
        held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    raise asyncio.CancelledError


async def _torn(server: ReplyServer, request: web.Request, said: dict[str, Any]) -> web.StreamResponse:
    text = _dumps(said)
    return web.Response(text=text[: len(text) * 2 // 3], content_type="application/json")


async def _html(server: ReplyServer, request: web.Request, said: dict[str, Any]) -> web.StreamResponse:
    return web.Response(text="<!DOCTYPE html><html><body>Bad gateway</body></html>", content_type="text/html")


async def _hang(server: ReplyServer, request: web.Request, said: dict[str, Any]) -> web.StreamResponse:
    assert server._ending is not None
    await server._ending.wait()
    raise asyncio.CancelledError


async def _hang_body(server: ReplyServer, request: web.Request, said: dict[str, Any]) -> web.StreamResponse:
    answer = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": "1000"})
    await answer.prepare(request)
    await answer.write(b"{")
    return await _hang(server, request, said)


async def _drip(server: ReplyServer, request: web.Request, said: dict[str, Any]) -> web.StreamResponse:
    answer = web.StreamResponse(headers={"Content-Type": "application/json"})
    await answer.prepare(request)
    for byte in _dumps(said).encode():
        await answer.write(bytes([byte]))
        await asyncio.sleep(1.0)  # one byte a second is the fault itself
    return answer


async def _empty(server: ReplyServer, request: web.Request, said: dict[str, Any]) -> web.StreamResponse:
    return _with_text(said, "")


async def _refusal(server: ReplyServer, request: web.Request, said: dict[str, Any]) -> web.StreamResponse:
    return _with_text(said, None, refusal="I cannot help with that.")


async def _schema(server: ReplyServer, request: web.Request, said: dict[str, Any]) -> web.StreamResponse:
    return _with_text(said, '{"something": "else"}')


async def _cut(server: ReplyServer, request: web.Request, said: dict[str, Any]) -> web.StreamResponse:
    text = said["choices"][0]["message"]["content"]
    return _with_text(said, text[: len(text) // 2], "length")


async def _no_usage(server: ReplyServer, request: web.Request, said: dict[str, Any]) -> web.StreamResponse:
    return web.json_response({**said, "usage": {"prompt_tokens": -5, "completion_tokens": "many"}}, dumps=_dumps)


Fault = Callable[[ReplyServer, web.Request, dict[str, Any]], Awaitable[web.StreamResponse]]
FAULTS: dict[str, Fault] = {
    **{str(status): _status(status) for status in (400, 401, 403, 408, 429, 500, 502, 503, 504, 529)},
    "reset": _reset,  # the connection is reset before any byte
    "torn": _torn,  # two thirds of the JSON, as a whole response
    "html": _html,  # a web page with status 200
    "hang": _hang,  # no byte at all
    "hang_body": _hang_body,  # headers, one byte, then nothing
    "drip": _drip,  # one byte a second
    "empty": _empty,  # a chat completion without text
    "refusal": _refusal,  # the model declines
    "schema": _schema,  # JSON of another shape
    "cut": _cut,  # half the text, finish_reason length
    "usage": _no_usage,  # a good reply with nonsense for token counts
}
UNANSWERED = frozenset({"torn", "html"})  # status 200, yet no chat completion


def _parsed_faults(text: str) -> list[tuple[str, float]]:
    pairs = [pair.partition(":") for pair in text.split(",") if pair]
    wrong = [kind for kind, _, _ in pairs if kind not in FAULTS]
    if wrong:
        raise argparse.ArgumentTypeError(f"unknown fault {wrong[0]!r}; known: {', '.join(FAULTS)}")
    return [(kind, float(share)) for kind, _, share in pairs]


def _writer(path: str) -> Write:
    module, _, name = path.partition(":")
    write: Write = getattr(importlib.import_module(module), name)
    return write


def main() -> None:
    """Serves from the command line."""
    parser = argparse.ArgumentParser(description="A local model server for tests.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--log", type=Path)
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--jitter", type=float, default=0.0)
    parser.add_argument("--faults", type=_parsed_faults, default=[])
    parser.add_argument("--model", default=MODEL)
    parser.add_argument("--reply", type=_writer, default=scribe.answer, help="module:function, body -> text")
    given = parser.parse_args()
    server = ReplyServer(
        given.reply,
        latency=given.latency,
        jitter=given.jitter,
        faults=given.faults,
        models=(given.model,),
        log=given.log,
        port=given.port,
    )
    server.start()
    print(server.port, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()

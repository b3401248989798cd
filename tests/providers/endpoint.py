"""What the tests of `openai_compatible` ask with: a recipe's model, requests, and an endpoint that answers as told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

import pytest

from charkha.core.errors import (
    ProviderError,
)
from charkha.core.recipe import Model
from charkha.core.records import Message, Reply, Request
from charkha.core.transport import FakeTransport, Response
from charkha.providers.openai_compatible import OpenAICompatible
from servers import MODEL, completion

T = TypeVar("T")
KEY = "sk-charkha-0123456789abcdef"
BASE = "http://model.test:8000/v1?api-version=1"
SCHEMA: dict[str, Any] = {"title": "T", "type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}


def model(**given: Any) -> Model:
    return Model.model_validate({"kind": "openai_compatible", "model": MODEL, "base_url": BASE, **given})


def ask(**given: Any) -> Request:
    return Request(messages=(Message("user", "नमस्ते"),), model=MODEL, **given)


def run(using: OpenAICompatible, do: Callable[[OpenAICompatible], Awaitable[T]]) -> T:
    async def whole() -> T:
        try:
            return await do(using)
        finally:
            await using.close()

    return asyncio.run(whole())


def call(using: OpenAICompatible, request: Request | None = None) -> Reply:
    return run(using, lambda provider: provider.call(request or ask()))


def said(text: str | None = "जी", **message: Any) -> dict[str, Any]:
    done = completion("", {"model": MODEL})
    done["choices"][0]["message"].update({"content": text, **message})
    return done


def fake(status: int = 200, data: Any = None, told: Mapping[str, str] | None = None, **given: Any) -> OpenAICompatible:
    body = data if isinstance(data, bytes) else json.dumps(said() if data is None else data).encode()
    return OpenAICompatible(model(**given), FakeTransport(lambda *_: Response(status, told or {}, body)))


def failure(using: OpenAICompatible, request: Request | None = None) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        call(using, request)
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 700
    assert "model.test:8000" in message
    assert "/v1" not in message.replace("ends in /v1", "")
    assert "api-version" not in message
    return caught.value


def sent(using: OpenAICompatible) -> list[dict[str, Any]]:
    transport = using._transport
    assert isinstance(transport, FakeTransport)
    return [json.loads(body) for _, _, body in transport.sent if body]

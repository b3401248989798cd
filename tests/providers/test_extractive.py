"""The provider without a model."""

from __future__ import annotations

import asyncio

import pytest

from charkha.core.errors import RecipeError, Refused
from charkha.core.recipe import Model
from charkha.core.records import Message, Request
from charkha.core.transport import FakeTransport, Response
from charkha.providers import open_provider
from charkha.providers.extractive import Extractive

ASK = Request(messages=(Message("user", "?"),), model="extractive")


def test_it_answers_with_the_template_and_sends_nothing() -> None:
    transport = FakeTransport(lambda *_: Response(500))
    provider = open_provider(Model(kind="extractive"), transport)
    assert isinstance(provider, Extractive)
    assert provider.model_free
    request = Request(messages=ASK.messages, model=ASK.model, template='{"a": "अ"}')
    reply = asyncio.run(provider.call(request))
    assert (reply.text, reply.finish, reply.usage.completion) == ('{"a": "अ"}', "stop", 0)
    assert asyncio.run(provider.probe()).schema
    asyncio.run(provider.close())
    assert not transport.sent


def test_without_a_template_it_says_what_to_do() -> None:
    with pytest.raises(Refused, match="Give the role a model"):
        asyncio.run(Extractive().call(ASK))


def test_an_unknown_kind_is_named() -> None:
    with pytest.raises(RecipeError, match="Did you mean 'openai_compatible'"):
        open_provider(Model(kind="openai-compatible"))

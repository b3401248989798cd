"""What a recipe says of an endpoint and what a probe finds: structured output, keys, names."""

from __future__ import annotations

import json
from typing import Any

import pytest
from endpoint import KEY, SCHEMA, ask, call, failure, fake, model, run, said, sent
from pydantic import BaseModel

from charkha.core.errors import (
    AuthFailed,
    BadReply,
    NoSuchModel,
    Overloaded,
    RecipeError,
    Refused,
)
from charkha.core.records import Capabilities
from charkha.core.transport import FakeTransport, Response
from charkha.providers import open_provider
from charkha.providers.openai_compatible import OpenAICompatible, strict
from servers import ReplyServer

# The recipe's words


@pytest.mark.parametrize(
    "given",
    [
        {"base_url": None},
        {"base_url": "127.0.0.1:8000/v1"},
        {"base_url": "http://"},
        {"base_url": "http://h:99999/v1"},
        {"base_url": "ftp://h/v1"},
        {"model": ""},
    ],
)
def test_a_wrong_recipe(given: dict[str, Any]) -> None:
    with pytest.raises(RecipeError) as caught:
        open_provider(model(**given))
    assert KEY not in str(caught.value)


# Structured output


def test_strict_schema() -> None:
    class Inner(BaseModel):
        title: str = ""
        many: dict[str, int] = {}

    class Outer(BaseModel):
        inner: Inner = Inner()
        choice: Inner | None = None
        listed: list[Inner]

    made = strict(Outer.model_json_schema())
    assert made["required"] == ["inner", "choice", "listed"]
    assert made["additionalProperties"] is False
    inner = made["$defs"]["Inner"]
    assert inner["required"] == ["title", "many"]
    assert inner["properties"]["title"] == {"type": "string"}
    assert inner["properties"]["many"]["additionalProperties"] == {"type": "integer"}
    assert made["properties"]["inner"] == {"$ref": "#/$defs/Inner"}
    assert "default" not in json.dumps(made)


@pytest.mark.parametrize(
    ("takes", "asked"),
    [
        (("json_schema",), ["json_schema", "json_schema"]),
        (("json_object",), ["json_schema", "json_object", "json_object"]),
        ((), ["json_schema", "json_object", None, None]),
    ],
)
def test_fallback_is_remembered(takes: tuple[str, ...], asked: list[str | None]) -> None:
    def answer(_: str, __: str, body: bytes | None) -> Response:
        form = json.loads(body or b"").get("response_format", {}).get("type")
        ok = form is None or form in takes
        return Response(
            200 if ok else 400, {}, json.dumps(said() if ok else {"detail": f"response_format {form}?"}).encode()
        )

    using = OpenAICompatible(model(), FakeTransport(answer))
    for _ in range(2):
        call(using, ask(schema=SCHEMA))
    assert [body.get("response_format", {}).get("type") for body in sent(using)] == asked


def test_no_fallback_when_the_recipe_insists() -> None:
    using = fake(400, {"error": {"message": "response_format is not supported"}}, structured="schema")
    assert type(failure(using, ask(schema=SCHEMA))) is Refused
    assert len(sent(using)) == 1


@pytest.mark.parametrize(("structured", "form"), [("schema", "json_schema"), ("json", "json_object"), ("none", None)])
def test_structured(structured: str, form: str | None) -> None:
    using = fake(structured=structured)
    call(using, ask(schema=SCHEMA))
    call(using)
    first, second = sent(using)
    assert first.get("response_format", {}).get("type") == form
    assert "response_format" not in second


# The probe


def test_probe() -> None:
    with ReplyServer() as server:
        found = run(OpenAICompatible(model(base_url=server.url)), OpenAICompatible.probe)
        assert found == Capabilities(schema=True, context_length=32768, usage=True)
        assert [body["max_tokens"] for body in server.bodies] == [64]


def test_probe_without_schemas_costs_two_tiny_requests() -> None:
    with ReplyServer(structured=("json_object",)) as server:
        assert not run(OpenAICompatible(model(base_url=server.url)), OpenAICompatible.probe).schema


def test_probe_that_may_not_spend() -> None:
    with ReplyServer() as server:
        assert run(OpenAICompatible(model(base_url=server.url, structured="schema")), OpenAICompatible.probe).schema
        assert not server.asked


def test_probe_of_an_unknown_model() -> None:
    with ReplyServer(models=("test-models", "other"), key=None) as server, pytest.raises(NoSuchModel) as caught:
        run(OpenAICompatible(model(base_url=server.url)), OpenAICompatible.probe)
    assert "Did you mean 'test-models'?" in str(caught.value)
    assert "'other'" in str(caught.value)


def test_probe_of_a_web_page() -> None:
    with pytest.raises(BadReply, match="usually ends in /v1"):
        run(fake(200, b"<html>"), OpenAICompatible.probe)


# Keys


def test_no_key_shows_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", KEY)
    monkeypatch.setenv("MY_TOKEN", "opaque-token-98765")
    own: dict[str, Any] = {"api_key_env": "MY_KEY", "headers": {"X-Token": "Token ${MY_TOKEN}"}}
    for status in (200, 302, 400, 401, 403, 404, 418, 429, 500):
        echo = {"error": {"message": f"bad key {KEY} and Token opaque-token-98765"}}
        using = fake(status, echo, {"location": f"http://elsewhere/{KEY}"}, **own)
        error = failure(using)
        for shown in (str(error), repr(error), repr(using), repr(error.__cause__)):
            assert KEY not in shown
            assert "opaque-token" not in shown
    for page in (f"<html>{KEY}</html>".encode(), f"{KEY} is torn {{".encode()):
        assert KEY not in str(failure(fake(200, page, **own)))


def test_a_lost_connection_keeps_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", KEY)
    with ReplyServer(faults=[("reset", 1.0)]) as server, pytest.raises(Overloaded) as caught:
        call(OpenAICompatible(model(base_url=server.url, api_key_env="MY_KEY")))
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_a_missing_key_names_all_three_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MY_KEY", raising=False)
    message = str(failure(fake(api_key_env="MY_KEY")))
    assert "'MY_KEY'" in message
    assert "export MY_KEY=" in message
    assert "charkha demo" in message
    with pytest.raises(AuthFailed, match="MY_KEY"):
        call(fake(headers={"Authorization": "Bearer ${MY_KEY}"}))


@pytest.mark.parametrize(
    ("base", "goes"),
    [
        ("https://api.openai.com/v1", KEY),
        ("http://api.openai.com/v1", None),
        ("https://api.openai.com.evil.test/v1", None),
        ("http://127.0.0.1:1/v1", None),
        ("https://openrouter.ai/api/v1", "router"),
    ],
)
def test_a_key_goes_nowhere_else(monkeypatch: pytest.MonkeyPatch, base: str, goes: str | None) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENROUTER_API_KEY", "router")
    headers, _ = OpenAICompatible(model(base_url=base))._open()
    assert headers.get("Authorization") == (f"Bearer {goes}" if goes else None)


@pytest.mark.parametrize("key", ["sk-charkha\nInjected: yes", "sk-чарка-0123456789"])
def test_a_key_that_is_none(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv("MY_KEY", key)
    error = failure(fake(api_key_env="MY_KEY"))
    assert type(error) is AuthFailed
    assert "sk-" not in str(error)

"""One call: against a real server over real sockets, and against odd responses through the fake transport."""

from __future__ import annotations

from typing import Any

import pytest
from endpoint import ask, call, failure, fake, model, run, said, sent

from charkha.core.errors import (
    AuthFailed,
    BadReply,
    NoSuchModel,
    Overloaded,
    ProviderError,
    RateLimited,
    Refused,
    TimedOut,
)
from charkha.core.records import Usage
from charkha.core.transport import FakeTransport
from charkha.providers import open_provider
from charkha.providers.openai_compatible import OpenAICompatible
from servers import MODEL, ReplyServer

# A whole exchange


def test_one_call_over_a_socket() -> None:
    with ReplyServer(lambda body: "जी हाँ") as server:
        provider = open_provider(model(base_url=server.url))
        assert isinstance(provider, OpenAICompatible)
        reply = call(
            provider, ask(sampling={"temperature": 0.5, "extra_body": {"top_k": 3}, "chat_template_kwargs": {"t": 1}})
        )
        assert (reply.text, reply.finish, reply.served_by) == ("जी हाँ", "stop", MODEL)
        assert reply.seconds > 0
        assert reply.usage == Usage(prompt=2, completion=2)
        (body,) = server.bodies
        assert body == {
            "model": MODEL,
            "messages": [{"role": "user", "content": "नमस्ते"}],
            "temperature": 0.5,
            "top_k": 3,
            "chat_template_kwargs": {"t": 1},
        }
        assert list(server.asked.values()) == [1]
    assert list(server.answered.values()) == [1]  # counted behind the last byte: sure once the server has stopped


def test_what_the_recipe_must_not_override() -> None:
    using = fake()
    call(
        using, ask(sampling={"stream": True, "n": 4, "extra_body": {"model": "other", "messages": [], "stream": True}})
    )
    body = sent(using)[0]
    assert body["model"] == MODEL
    assert body["messages"]
    assert not {"stream", "n"} & body.keys()


def test_a_seed_gives_every_sample_other_words() -> None:
    using = fake()
    for sample in (0, 1, 2):
        call(using, ask(sampling={"seed": 7}, sample=sample))
    assert [body["seed"] for body in sent(using)] == [7, 8, 9]


def test_the_path_goes_before_the_query() -> None:
    using = fake(base_url="http://model.test/openai/v1/chat/completions?api-version=1")
    call(using)
    assert isinstance(using._transport, FakeTransport)
    assert using._transport.sent[0][1] == "http://model.test/openai/v1/chat/completions?api-version=1"


# What a reply says


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("a", "a"),
        (
            [
                {"type": "text", "text": "a"},
                {"type": "thinking", "thinking": "x", "text": "no"},
                {"type": "text", "text": "b"},
            ],
            "ab",
        ),
        ("", ""),
        (None, ""),
        ("\ud83d half", "\ufffd half"),
        ("\ud83d\ude00", "😀"),
    ],
)
def test_text(content: Any, text: str) -> None:
    reply = call(fake(data=said(content, reasoning_content="long thoughts")))
    assert reply.text == text
    reply.text.encode()


@pytest.mark.parametrize(
    ("usage", "read"),
    [
        (None, Usage()),
        ("many", Usage()),
        ({"prompt_tokens": -5, "completion_tokens": "many"}, Usage()),
        ({"prompt_tokens": 9, "completion_tokens": 5, "prompt_tokens_details": None}, Usage(9, 5)),
        (
            {
                "prompt_tokens": 9,
                "completion_tokens": 5,
                "prompt_tokens_details": {"cached_tokens": 4},
                "completion_tokens_details": {"reasoning_tokens": 3},
            },
            Usage(9, 5, 4, 3),
        ),
    ],
)
def test_usage(usage: Any, read: Usage) -> None:
    assert call(fake(data={**said(), "usage": usage})).usage == read


# Errors, one by one


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (429, RateLimited),
        (401, AuthFailed),
        (403, AuthFailed),
        (402, AuthFailed),
        (404, NoSuchModel),
        *((status, Overloaded) for status in (408, 409, 425, 500, 502, 503, 504, 520, 529)),
        *((status, NoSuchModel) for status in (301, 302, 308)),
        *((status, Refused) for status in (400, 405, 413, 418, 422)),
    ],
)
def test_status(status: int, kind: type[ProviderError]) -> None:
    error = failure(
        fake(status, {"error": {"message": "no\x00\n\x1b[31m good " + "x" * 900}}, {"location": "http://u:p@b/c?d"})
    )
    assert type(error) is kind
    assert f"HTTP {status}" in str(error)
    assert "x" * 250 not in str(error)
    assert "\x1b" not in str(error)
    assert error.transient == (kind in (RateLimited, Overloaded))
    assert error.fatal == (kind in (AuthFailed, NoSuchModel))


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (400, "The model `gpt-4.1` does not exist", NoSuchModel),
        (400, "qwen is not a valid model ID", NoSuchModel),
        (400, "maximum context length of the model is 4096 tokens", Refused),
        (403, "input flagged by moderation", Refused),
        (429, "insufficient_quota: check your plan", AuthFailed),
    ],
)
def test_words_decide(status: int, message: str, kind: type[ProviderError]) -> None:
    assert type(failure(fake(status, {"error": {"message": message}}))) is kind


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": "Mon, 23 Nov 2026 10:00:30 GMT", "date": "Mon, 23 Nov 2026 10:00:00 GMT"}, 30.0),
        ({"retry-after": "Mon, 23 Nov 2026 09:00:00 GMT", "date": "Mon, 23 Nov 2026 10:00:00 GMT"}, 0.0),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after(status: int, headers: dict[str, str], seconds: float | None) -> None:
    error = failure(fake(status, {}, headers))
    assert isinstance(error, RateLimited | Overloaded)
    assert error.retry_after == seconds


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b"data: {}\n\n",
        {},
        {"choices": []},
        {"choices": None},
        {"choices": [None]},
        {"choices": [{"message": None}]},
        {"error": {"message": "late", "code": 500}},
        {"choices": [{"finish_reason": "error", "message": {"content": "ha"}}]},
    ],
)
def test_bad_reply(data: Any) -> None:
    assert type(failure(fake(200, data))) is BadReply


@pytest.mark.parametrize("page", [b"<html>hi</html>", b"\n <!DOCTYPE html><p>", b"<!-- x --><html>"])
def test_a_web_page(page: bytes) -> None:
    error = failure(fake(200, page))
    assert type(error) is BadReply
    assert "usually ends in /v1" in str(error)


@pytest.mark.parametrize("data", [said(None, refusal="I cannot."), said("", refusal="No.")])
def test_a_refusal_is_a_reply_that_was_paid_for(data: dict[str, Any]) -> None:
    reply = call(fake(200, data))
    assert reply.finish == "refused"
    assert reply.text


def test_a_content_filter() -> None:
    data = said("half")
    data["choices"][0]["finish_reason"] = "content_filter"
    assert call(fake(200, data)).finish == "refused"


def test_a_cut_reply_is_a_reply() -> None:
    data = said("half")
    data["choices"][0]["finish_reason"] = "length"
    assert call(fake(200, data)).finish == "length"


def test_what_no_json_can_say() -> None:
    with pytest.raises(Refused, match="sampling"):
        call(fake(), ask(sampling={"temperature": float("nan")}))


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("429", RateLimited),
        ("500", Overloaded),
        ("503", Overloaded),
        ("529", Overloaded),
        ("401", AuthFailed),
        ("400", Refused),
        ("reset", Overloaded),
        ("torn", BadReply),
        ("html", BadReply),
        ("hang", TimedOut),
        ("hang_body", TimedOut),
        ("drip", TimedOut),
    ],
)
def test_faults_over_a_socket(fault: str, kind: type[ProviderError]) -> None:
    with ReplyServer(faults=[(fault, 1.0)]) as server:
        using = OpenAICompatible(model(base_url=server.url, timeout=0.3 if kind is TimedOut else 30))
        with pytest.raises(ProviderError) as caught:
            call(using)
        assert type(caught.value) is kind
        assert sum(server.asked.values()) == 1, "one call, no retry"
        if fault == "429":
            assert isinstance(caught.value, RateLimited)
            assert caught.value.retry_after == 0.05


def test_nobody_listens() -> None:
    with ReplyServer() as server:
        url = server.url
    for do in (OpenAICompatible.call, OpenAICompatible.probe):
        arguments = [ask()] if do is OpenAICompatible.call else []
        with pytest.raises(Overloaded, match="Is the server up"):
            run(OpenAICompatible(model(base_url=url)), lambda p, do=do, a=arguments: do(p, *a))  # type: ignore[misc]

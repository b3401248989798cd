"""The embedded engine: a real llama.cpp on a tiny model, and files that are none."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest

from charkha.core.errors import MissingDependency, RecipeError, Refused
from charkha.core.recipe import Model
from charkha.core.records import Message, Reply, Request
from charkha.providers import open_provider
from charkha.providers._gguf import read_header
from charkha.providers.llamacpp import LlamaCpp
from charkha.tasks.grown.dialog_gen import Exchanges, Plan
from charkha.tasks.grown.multihop_reasoning import Multihop
from charkha.tasks.grown.summarization import Summary
from tinymodel import tiny_model

T = TypeVar("T")
SAMPLING: dict[str, Any] = {"temperature": 0.7, "max_tokens": 2000, "seed": 3}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    for package in ("gguf", "numpy", "tokenizers"):
        pytest.importorskip(package)
    return tiny_model(tmp_path_factory.getbasetemp())


def run(given: Model, do: Callable[[LlamaCpp], Awaitable[T]]) -> T:
    async def whole() -> T:
        provider = open_provider(given)
        assert isinstance(provider, LlamaCpp)
        try:
            return await do(provider)
        finally:
            await provider.close()

    return asyncio.run(whole())


def model(path: Path, **given: Any) -> Model:
    return Model.model_validate({"kind": "llamacpp", "model": str(path), "sampling": SAMPLING, **given})


def ask(given: Model, words: str, schema: dict[str, Any] | None = None) -> Request:
    return Request((Message("user", words),), given.identity, schema, given.parameters)


@pytest.mark.slow
@pytest.mark.parametrize("output", [Summary, Multihop, Plan, Exchanges])
def test_it_obeys_every_schema_of_the_tasks(tiny: Path, output: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("xllamacpp")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")  # nobody there: the way to the engine takes no proxy
    monkeypatch.setenv("OPENAI_API_KEY", "sk-never-sent")
    given = model(tiny, concurrency=16)

    async def many(provider: LlamaCpp) -> list[Reply]:
        requests = [ask(given, f"प्रश्न {number}", output.model_json_schema()) for number in range(12)]
        return list(await asyncio.gather(*map(provider.call, requests)))

    replies = run(given, many)
    for reply in replies:
        assert reply.finish == "stop"
        output.model_validate_json(reply.text)
        assert reply.usage.prompt
        assert reply.usage.completion
        assert reply.served_by == tiny.name, "a name, not a path of this machine"


@pytest.mark.slow
def test_context_and_restart(tiny: Path, capfd: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("xllamacpp")
    given = model(tiny, extra_body={"n_ctx": 512}, concurrency=2)

    async def check(provider: LlamaCpp) -> None:
        assert (await provider.probe()).context_length == 512
        with pytest.raises(Refused):
            await provider.call(ask(given, "शब्द " * 2000))
        assert (await provider.call(ask(given, "हाँ"))).usage.completion
        await provider.close()
        assert (await provider.call(ask(given, "हाँ"))).usage.completion

    run(given, check)
    out, err = capfd.readouterr()
    assert (out, err) == ("", ""), "the engine is silent"


@pytest.mark.slow
def test_a_model_of_no_known_family(tiny: Path, tmp_path: Path) -> None:
    pytest.importorskip("xllamacpp")
    odd = tmp_path / "odd.gguf"
    odd.write_bytes(tiny.read_bytes().replace(b"qwen3", b"qwenX"))
    with pytest.raises(RecipeError, match="architecture 'qwenX'"):
        run(model(odd), LlamaCpp.probe)


def test_header(tiny: Path) -> None:
    assert read_header(tiny).architecture == "qwen3"
    assert read_header(tiny).context == 32768


@pytest.mark.parametrize("keep", [4, 8, 24, 100, 3_000, 30_000, 300_000, -1])
def test_a_file_cut_short_never_reaches_the_engine(tiny: Path, tmp_path: Path, keep: int) -> None:
    torn = tmp_path / "torn.gguf"
    torn.write_bytes(tiny.read_bytes()[:keep])
    with pytest.raises(RecipeError, match="broken.*Download it again"):
        run(model(torn), LlamaCpp.probe)


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"PK\x03\x04", "is no GGUF"), (b"", "is no GGUF"), (None, "No such file"), (b"GGUF\x00\x00\x00\x03", "version")],
)
def test_a_file_that_is_none(tmp_path: Path, content: bytes | None, words: str) -> None:
    path = tmp_path / "none.gguf"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(RecipeError, match=words) as caught:
        run(model(path), LlamaCpp.probe)
    assert "none.gguf" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("given", [{"model": ""}, {"extra_body": {"n_ctx": "big"}}, {"extra_body": {"n_ctx": 3}}])
def test_a_wrong_recipe(given: dict[str, Any]) -> None:
    with pytest.raises(RecipeError):
        open_provider(model(Path("x.gguf"), **given))


def test_without_the_package(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    with pytest.raises(MissingDependency, match=r"pip install 'charkha\[llamacpp\]'"):
        run(model(tiny), LlamaCpp.probe)

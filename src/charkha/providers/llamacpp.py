"""The embedded engine: llama.cpp's server inside this process (package xllamacpp), from a GGUF file.

Nothing leaves the machine: it starts on a free port of 127.0.0.1 at the first call or probe and answers as any
OpenAI-compatible endpoint; what a call means is `openai_compatible`'s affair. `extra_body: {n_ctx: N}` in the recipe
gives every request N tokens of context instead of 8192.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from charkha.core.errors import CharkhaError, MissingDependency, RecipeError
from charkha.core.recipe import Model
from charkha.core.records import Capabilities, Reply, Request
from charkha.core.transport import HttpTransport, Transport
from charkha.providers._gguf import Header, read_header
from charkha.providers.openai_compatible import OpenAICompatible

SLOTS = 4  # requests at once; more share the same cores and split the same memory
CONTEXT = 8192  # tokens of one request, unless the model was trained on fewer


class LlamaCpp:
    """One GGUF file, loaded once."""

    name: ClassVar[str] = "llamacpp"
    model_free: ClassVar[bool] = False

    def __init__(self, model: Model, transport: Transport | None = None) -> None:
        """Reads nothing yet.

        Raises:
            RecipeError: the recipe names no file, or an n_ctx that is no number of tokens.
        """
        if not model.model:
            raise RecipeError("a model of kind 'llamacpp' names no file. Add `model: path/to/model.gguf`.")
        self._model = model
        self._path = Path(model.model).expanduser()
        self._asked = _asked_context(model)
        self._slots = min(model.concurrency, SLOTS)
        self._transport = transport
        self._server: Any = None
        self._inner: OpenAICompatible | None = None
        self._context = CONTEXT
        self._broken: CharkhaError | None = None
        self._starting = asyncio.Lock()
        # The engine gives every open connection a thread: those that wait do so here, outside their time limit.
        self._free = asyncio.Semaphore(self._slots)

    @classmethod
    def from_recipe(cls, model: Model, transport: Transport | None = None) -> LlamaCpp:
        """The provider of a recipe's model."""
        return cls(model, transport)

    async def call(self, request: Request) -> Reply:
        """One answer of the engine.

        Raises:
            ProviderError: see core.errors.
            RecipeError: the file cannot be loaded.
            MissingDependency: xllamacpp is not installed.
        """
        inner = await self._started()
        async with self._free:
            reply = await inner.call(replace(request, sampling=_without_context(request.sampling)))
        return replace(reply, served_by=self._path.name)

    async def probe(self) -> Capabilities:
        """Starts the engine. It obeys schemas by grammar and counts tokens; its context is one request's share."""
        await self._started()
        return Capabilities(
            schema=self._model.structured in ("auto", "schema"), context_length=self._context, usage=True
        )

    async def close(self) -> None:
        """Stops the engine and lets its memory go."""
        inner, held = self._inner, [self._server]
        self._inner = self._server = None
        if inner is not None:
            await inner.close()
        # The last reference is let go of outside the event loop: its destructor waits for the engine's threads.
        await asyncio.to_thread(held.clear)

    async def _started(self) -> OpenAICompatible:
        async with self._starting:
            if self._broken is not None:
                raise self._broken
            if self._inner is None:
                try:
                    self._server, self._context = await asyncio.to_thread(self._load)
                except CharkhaError as error:
                    self._broken = error
                    raise
                self._inner = OpenAICompatible(self._endpoint(self._server.listening_address), self._wire())
        return self._inner

    def _load(self) -> tuple[Any, int]:
        header = read_header(self._path)
        engine = _engine()
        context = self._asked or min(CONTEXT, header.context or CONTEXT)
        parameters = engine.CommonParams()
        parameters.model.path = str(self._path)
        parameters.n_parallel = self._slots
        parameters.n_ctx = context * self._slots
        parameters.hostnames = ["127.0.0.1"]
        parameters.port = 0
        parameters.n_threads_http = self._slots + 2
        parameters.use_jinja = True
        parameters.verbosity = -1
        parameters.ui = False
        try:
            return engine.Server(parameters), context
        except Exception as error:
            raise self._unloadable(header, context, error) from error

    def _unloadable(self, header: Header, context: int, error: Exception) -> RecipeError:
        said = " ".join(str(error).split())[:200]
        return RecipeError(
            f"the engine cannot load {str(self._path)!r} (architecture {header.architecture!r}, "
            f"{self._slots} x {context} tokens of context): {said} "
            "Try concurrency: 1, a smaller extra_body.n_ctx, or: pip install -U xllamacpp"
        )

    def _wire(self) -> Transport:
        return self._transport or HttpTransport(connections=self._slots)

    def _endpoint(self, address: str) -> Model:
        structured = "schema" if self._model.structured == "auto" else self._model.structured
        own: dict[str, Any] = {"base_url": f"{address}/v1", "model": self._path.name, "structured": structured}
        return self._model.model_copy(update={**own, "kind": "openai_compatible", "api_key_env": None, "headers": {}})


def _engine() -> Any:
    try:
        import xllamacpp
    except ImportError as error:
        raise MissingDependency(
            "the embedded engine 'xllamacpp' is not installed. Run: pip install 'charkha[llamacpp]'"
        ) from error
    return xllamacpp


def _asked_context(model: Model) -> int | None:
    asked = model.extra_body.get("n_ctx")
    if asked is None:
        return None
    if not isinstance(asked, int) or isinstance(asked, bool) or asked < 256:
        raise RecipeError(
            f"extra_body.n_ctx {asked!r} of the model {model.model!r} is no number of tokens. Example: n_ctx: 8192"
        )
    return asked


def _without_context(sampling: Any) -> dict[str, Any]:
    sent = dict(sampling)
    if sent.get("extra_body"):
        sent["extra_body"] = {name: value for name, value in sent["extra_body"].items() if name != "n_ctx"}
    return sent

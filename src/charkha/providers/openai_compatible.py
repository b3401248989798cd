"""Any endpoint that speaks OpenAI's chat completions: vLLM, SGLang, llama.cpp, Ollama, OpenAI, OpenRouter.

POST {base_url}/chat/completions, one call, no retry. A key goes to the endpoint that the recipe names it for, to
OpenAI or OpenRouter when it lies in their own variable, and nowhere else. What a response means is read in `_answers`;
how it travels is the transport's.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Mapping
from typing import Any, ClassVar, Literal
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from charkha import __version__
from charkha.core.errors import AuthFailed, NoSuchModel, ProviderError, RecipeError, Refused, did_you_mean
from charkha.core.recipe import Model
from charkha.core.records import Capabilities, Message, Reply, Request
from charkha.core.transport import HttpTransport, Transport, origin
from charkha.providers._answers import Place, error_of, json_of, reply_of, speaks_of_structure

Level = Literal["schema", "json", "none"]
_LEVELS: tuple[Level, ...] = ("schema", "json", "none")  # from most to least
_OWN_VARIABLES = {"api.openai.com": "OPENAI_API_KEY", "openrouter.ai": "OPENROUTER_API_KEY"}
_NOT_SENT = ("extra_body", "chat_template_kwargs", "stream", "stream_options", "n", "model", "messages")
_CONTEXT = ("max_model_len", "context_length", "context_window", "max_context_length")
PROBE_SECONDS, PROBE_TOKENS = 30.0, 64
PROBE_SCHEMA = {
    "title": "Probe",
    "type": "object",
    "properties": {"ok": {"type": "string", "enum": ["yes"]}},
    "required": ["ok"],
    "additionalProperties": False,
}


class OpenAICompatible:
    """One model at one endpoint; what it learns of the endpoint's structured output it keeps for its life."""

    name: ClassVar[str] = "openai_compatible"
    model_free: ClassVar[bool] = False

    def __init__(self, model: Model, transport: Transport | None = None) -> None:
        """Checks the recipe's words; sends nothing and reads no key yet.

        Raises:
            RecipeError: no model, or a base_url that is none or holds a password.
        """
        self._model = model
        self._base = _checked(model)
        self._transport = transport or HttpTransport()
        self._ready: tuple[dict[str, str], Place] | None = None
        self._level: Level = "schema" if model.structured == "auto" else model.structured
        self._fallen: dict[str, Level] = {}  # schemas that this server refused although it takes others
        self._takes_schemas = False
        self._strict: dict[int, tuple[Mapping[str, Any], Any]] = {}  # by identity; the schema is held, so that it stays

    @classmethod
    def from_recipe(cls, model: Model, transport: Transport | None = None) -> OpenAICompatible:
        """The provider of a recipe's model."""
        return cls(model, transport)

    def __repr__(self) -> str:
        return f"OpenAICompatible(model={self._model.model!r}, at={origin(self._base)!r})"

    async def call(self, request: Request) -> Reply:
        """One answer. Where the server knows no json_schema, it is asked again with less (structured: auto only).

        Raises:
            ProviderError: one of its kinds, see core.errors.
        """
        return (await self._ask(request, self._model.timeout))[0]

    async def probe(self) -> Capabilities:
        """What the endpoint says of the model; for `structured: auto` also one request of at most 64 tokens.

        Raises:
            ProviderError: it is down, speaks HTML, does not know the key or the model.
        """
        entry = await self._listed()
        context = _context_length(entry)
        if self._model.structured != "auto":
            return Capabilities(schema=self._model.structured == "schema", context_length=context)
        reply, level = await self._ask(self._probe_request(), self._model.timeout)
        self._level, self._takes_schemas = level, level == "schema"
        obeyed = level == "schema" and not (reply.finish == "stop" and _ignores(reply.text))
        return Capabilities(schema=obeyed, context_length=context, usage=reply.usage.prompt > 0)

    async def close(self) -> None:
        """Closes the transport."""
        await self._transport.close()

    async def _ask(self, request: Request, timeout: float) -> tuple[Reply, Level]:
        """The reply, and how much structure the server took."""
        headers, place = self._open()
        name = _schema_name(request.schema or {})
        level = self._fallen.get(name, self._level)
        began = time.monotonic()
        while True:
            body = _encoded(self._body(request, level))
            answer = await self._transport.send("POST", self._url("/chat/completions"), headers, body, timeout)
            if 200 <= answer.status < 300:
                self._remember(name, level)
                return reply_of(answer, place, time.monotonic() - began), level
            asked = request.schema is not None and level != "none"
            if self._model.structured != "auto" or not asked or not speaks_of_structure(answer):
                raise self._told(error_of(answer, place))
            level = _LEVELS[_LEVELS.index(level) + 1]

    def _told(self, error: ProviderError) -> ProviderError:
        """A refused key is named by its variable, never by its value."""
        name = self._model.api_key_env
        if isinstance(error, AuthFailed) and name:
            return AuthFailed(f"{error} The key was taken from {name}; to set another: export {name}=...")
        return error

    def _remember(self, name: str, level: Level) -> None:
        """Keeps what the server took in the end: for this schema alone where the probe saw that it takes others."""
        if self._takes_schemas and level != self._level:
            self._fallen[name] = level
        elif _LEVELS.index(level) > _LEVELS.index(self._level):
            self._level = level

    def _body(self, request: Request, level: Level) -> dict[str, Any]:
        sampling = dict(request.sampling)
        body = {name: value for name, value in sampling.items() if value is not None}
        body.update(sampling.get("extra_body") or {})
        for name in _NOT_SENT:
            body.pop(name, None)
        if sampling.get("chat_template_kwargs"):
            body["chat_template_kwargs"] = sampling["chat_template_kwargs"]
        if request.sample:  # two samples of one prompt must differ also for a seeded engine or a caching proxy
            body["seed"] = int(body.get("seed") or 0) + request.sample
        if request.schema is not None and level == "schema":
            form = {"name": _schema_name(request.schema), "strict": True, "schema": self._strictly(request.schema)}
            body["response_format"] = {"type": "json_schema", "json_schema": form}
        elif request.schema is not None and level == "json":
            body["response_format"] = {"type": "json_object"}
        messages = [{"role": message.role, "content": message.content} for message in request.messages]
        return {"model": self._model.model, "messages": messages, **body}

    def _strictly(self, schema: Mapping[str, Any]) -> Any:
        """The strict form; a run has a handful of schemas and a million requests."""
        held = self._strict.get(id(schema))
        if held is None or held[0] is not schema:
            if len(self._strict) >= 64:
                self._strict.clear()
            held = self._strict[id(schema)] = (schema, strict(schema))
        return held[1]

    def _probe_request(self) -> Request:
        sampling = dict(self._model.parameters)
        limit = "max_completion_tokens" if "max_completion_tokens" in sampling else "max_tokens"
        sampling[limit] = PROBE_TOKENS
        ask = Message("user", 'Answer with the JSON object {"ok": "yes"} and nothing else.')
        return Request(messages=(ask,), model=self._model.identity, schema=PROBE_SCHEMA, sampling=sampling)

    async def _listed(self) -> Mapping[str, Any]:
        """The model's entry in GET /models; empty where the server has no such list."""
        headers, place = self._open()
        timeout = min(PROBE_SECONDS, self._model.timeout)
        answer = await self._transport.send("GET", self._url("/models"), headers, None, timeout)
        if answer.status in (401, 403, 408, 425, 429) or answer.status >= 500 and answer.status != 501:
            raise self._told(error_of(answer, place))
        if answer.status != 200:
            return {}
        entries = [entry for entry in _entries(json_of(answer, place)) if isinstance(entry.get("id"), str)]
        wanted = self._model.model
        names = {wanted, wanted.partition(":")[0]} if "openrouter.ai" in origin(self._base) else {wanted}  # x:variant
        found = next((entry for entry in entries if names & _names(entry)), None)
        if found is None and entries:
            ids = [entry["id"] for entry in entries]
            hint = did_you_mean(wanted, ids) or did_you_mean(wanted.split("/")[-1], ids)
            shown = ", ".join(place.quote(name) for name in ids[:5]) + (
                f" and {len(ids) - 5} more" if len(ids) > 5 else ""
            )
            raise NoSuchModel(
                f"unknown model {wanted!r} at {place.shown}.{hint} It serves: {shown}. Set `model` in the recipe."
            )
        return found or {}

    def _url(self, path: str) -> str:
        parts = urlsplit(self._base)
        return urlunsplit(parts._replace(path=parts.path.rstrip("/") + path))

    def _open(self) -> tuple[dict[str, str], Place]:
        """Headers and what must not be quoted; read at the first call, so that a run that buys nothing needs no key."""
        if self._ready is None:
            own = self._own_headers()
            key = None if any(name.lower() == "authorization" for name in own) else self._key()
            headers = {
                "Content-Type": "application/json",
                "Accept": "application/json",
                "User-Agent": f"charkha/{__version__}",
            }
            headers.update(own)
            if key:
                headers["Authorization"] = f"Bearer {key}"
            for name, value in headers.items():
                if not value.isprintable() or not value.isascii():
                    raise AuthFailed(
                        f"the header {name!r} for {origin(self._base)!r} holds what no header can. Check its variable."
                    )
            self._ready = headers, Place(self._base, self._model.model, self._secrets(own, key))
        return self._ready

    def _own_headers(self) -> dict[str, str]:
        try:
            return {name: self._model.expand(value).strip() for name, value in self._model.headers.items()}
        except RecipeError as error:
            raise AuthFailed(str(error)) from None

    def _key(self) -> str | None:
        variable = self._model.api_key_env
        if variable:
            key = os.environ.get(variable, "").strip()
            if not key:
                raise AuthFailed(
                    f"the key {variable!r} for {origin(self._base)!r} is not set. Run: export {variable}=... "
                    "or run without a model: charkha demo"
                )
            return key
        parts = urlsplit(self._base)
        own = _OWN_VARIABLES.get(parts.hostname or "") if parts.scheme == "https" else None
        return os.environ.get(own, "").strip() or None if own else None

    def _secrets(self, own: Mapping[str, str], key: str | None) -> tuple[str, ...]:
        sent = [value for name, value in own.items() if value != self._model.headers[name]]
        parts = [word for value in sent for word in re.split(r"[\s,;]+", value) if len(word) >= 8]
        query = [value for _, value in parse_qsl(urlsplit(self._base).query) if len(value) >= 16]
        return tuple(dict.fromkeys([*sent, *parts, *query, *([key] if key else [])]))


def _checked(model: Model) -> str:
    base = (model.base_url or "").strip()
    example = "Example: base_url: http://127.0.0.1:8000/v1"
    if not base:
        raise RecipeError(f"the model {model.model!r} of kind {model.kind!r} has no base_url. {example}")
    if origin(base) == "(no URL)" or urlsplit(base).scheme not in ("http", "https") or not urlsplit(base).hostname:
        # A mistyped one may hold a key anywhere, so that it is not shown.
        raise RecipeError(f"the base_url of the model {model.model!r} is no http(s) URL. {example}")
    if urlsplit(base).username or urlsplit(base).password:
        raise RecipeError(
            f"the base_url at {origin(base)!r} holds a password. "
            "Take it out; name its variable as api_key_env or in headers."
        )
    if not model.model:
        raise RecipeError(
            f"the model at {origin(base)!r} has no name. Add `model:` with the name under which it is served there."
        )
    path = urlsplit(base).path.rstrip("/")
    return urlunsplit(urlsplit(base)._replace(path=path.removesuffix("/chat/completions"), fragment=""))


def strict(schema: Any) -> Any:
    """A pydantic JSON schema in the form that strict structured output takes (OpenAI; a subset of what engines take).

    Every object is closed and all its properties required; defaults, titles and discriminators go; oneOf becomes anyOf;
    a $ref stands alone.
    """
    if isinstance(schema, list):
        return [strict(item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    if "$ref" in schema:
        return {"$ref": schema["$ref"], **({"$defs": _each(schema["$defs"])} if "$defs" in schema else {})}
    if len(schema.get("allOf", ())) == 1:  # how older pydantic wraps a $ref
        return strict({**{k: v for k, v in schema.items() if k != "allOf"}, **schema["allOf"][0]})
    made: dict[str, Any] = {}
    for name, value in schema.items():
        if name in ("properties", "$defs"):
            made[name] = _each(value)
        elif name in ("enum", "const", "required"):
            made[name] = value
        elif name not in ("default", "title", "examples", "discriminator"):
            made["anyOf" if name == "oneOf" else name] = strict(value)
    # A map of names to values cannot be said strictly: it stays, and a server that minds it is asked with less.
    if "properties" in made or (
        made.get("type") == "object" and not isinstance(made.get("additionalProperties"), dict)
    ):
        made.setdefault("properties", {})
        made["required"] = list(made["properties"])
        made["additionalProperties"] = False
    return made


def _each(named: Mapping[str, Any]) -> dict[str, Any]:
    return {name: strict(value) for name, value in named.items()}


def _schema_name(schema: Mapping[str, Any]) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "_", str(schema.get("title") or "reply"))[:64]


def _encoded(body: Mapping[str, Any]) -> bytes:
    try:
        # A Devanagari letter is 3 bytes so, 6 as \\uXXXX.
        return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8", "replace")
    except (TypeError, ValueError) as error:
        raise Refused(
            f"the request cannot be written as JSON ({error}). Mend `sampling` or `extra_body` in the recipe."
        ) from None


def _entries(data: Any) -> list[dict[str, Any]]:
    found = data.get("data") if isinstance(data, dict) else data
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []


def _names(entry: Mapping[str, Any]) -> set[str]:
    """The names a listed model answers to: Gemini lists `models/x`, Ollama `x:latest`, llama.cpp aliases."""
    own = entry["id"]
    aliases = entry.get("aliases")
    more = {name for name in aliases if isinstance(name, str)} if isinstance(aliases, list) else set()
    return {own, own.removeprefix("models/"), own.removesuffix(":latest"), *more}


def _context_length(entry: Mapping[str, Any]) -> int | None:
    meta = entry.get("meta")
    known = [entry.get(name) for name in _CONTEXT] + (
        [meta.get("n_ctx"), meta.get("n_ctx_train")] if isinstance(meta, dict) else []
    )
    return next((int(value) for value in known if isinstance(value, int | float) and value > 0), None)


def _ignores(text: str) -> bool:
    """True when a finished answer to the probe holds no JSON object: the schema was taken and ignored."""
    start = text.find("{")
    try:
        return start < 0 or not isinstance(json.JSONDecoder().raw_decode(text[start:])[0], dict)
    except ValueError:
        return True

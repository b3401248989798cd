"""What an OpenAI-style endpoint's response means: a Reply, or an error of core.errors. Pure; knows no connection.

Server text is quoted in at most 200 characters, on one line, with every known secret and whatever looks like a key
taken out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import Any

from charkha.core.errors import AuthFailed, BadReply, NoSuchModel, Overloaded, ProviderError, RateLimited, Refused
from charkha.core.records import Reply, Usage
from charkha.core.transport import Response, origin

REFUSED = "refused"  # the finish reason of a reply that a content filter or the model itself declined
MOST_TOKENS = 2**31  # a server that counts more is wrong, and no column would hold it
QUOTED = 200  # characters of a server's words in a message
SHORTEST_SECRET = 4  # shorter ones (a dummy "x") would blot out ordinary words
_KEYLIKE = re.compile(
    r"(?:bearer|basic)\s+[\w.~+/=-]{6,}|\b(?:sk|pk|rk|hf|gsk|xai|key)[-_][\w*.-]{6,}|\bAIza[\w-]{10,}", re.IGNORECASE
)
_UNPRINTED = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\s]+")
_NO_MODEL = re.compile(
    r"model_not_found|model[^\n]{0,160}?"
    r"(?:not found|does not exist|doesn't exist|not exist|is unknown|not a valid model|no such)"
    r"|(?:unknown|no such|invalid) model\b|not a valid model",
    re.IGNORECASE,
)
_STRUCTURE = re.compile(
    r"response[_ ]?format|json[_ ]?schema|json[_ ]?object|structured[_ ]?output"
    r"|guided|grammar|\bstrict\b|additionalProperties",
    re.IGNORECASE,
)
_HTML = re.compile(rb"\s*(?:<!--.*?-->\s*)*<(?:!doctype|html|head|body)", re.IGNORECASE | re.DOTALL)
_OVERLOADED = frozenset({408, 409, 425})  # and 5xx; all of these may pass when asked again


@dataclass(frozen=True, repr=False)
class Place:
    """Who answered, and what must not be quoted of it. `url` is only ever shown as scheme, host and port."""

    url: str
    model: str
    secrets: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """Scheme, host and port in quotes."""
        return repr(origin(self.url))

    def quote(self, text: str) -> str:
        """A server's words, fit to be shown: secrets out, one line, cut."""
        for secret in sorted((s for s in self.secrets if len(s) >= SHORTEST_SECRET), key=len, reverse=True):
            text = text.replace(secret, "***")
        clean = _UNPRINTED.sub(" ", _KEYLIKE.sub("***", text)).strip()
        return repr(clean if len(clean) <= QUOTED else clean[: QUOTED - 1] + "…")


def is_html(response: Response) -> bool:
    """True for a web page where an API was expected."""
    return "text/html" in response.headers.get("content-type", "") or bool(_HTML.match(response.body[:2000]))


def reply_of(response: Response, place: Place, seconds: float) -> Reply:
    """The reply in a response with status 200.

    Raises:
        BadReply: HTML, torn JSON, no choices, an error in the place of an answer.
    """
    data = _json(response, place)
    if data.get("error"):
        raise BadReply(
            f"an error in the place of an answer: {place.quote(_said(data))} from {place.shown}. Asking again may help."
        )
    choices = data.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(choice, dict) or not isinstance(message, dict):
        raise BadReply(f"no choices in {_start(response, place)} from {place.shown}. {_WAY_OUT}")
    finish, text, refusal = choice.get("finish_reason") or "stop", _text(message.get("content")), message.get("refusal")
    if finish == "error" or choice.get("error"):
        raise BadReply(f"the model broke off: {place.quote(_said(choice))} from {place.shown}. Asking again may help.")
    if finish == "content_filter" or (refusal and not text):
        text, finish = (refusal if isinstance(refusal, str) else text), REFUSED  # paid for: kept, and not bought again
    served = data.get("model")
    return Reply(
        text=text,
        finish=str(finish),
        usage=_usage(data.get("usage")),
        seconds=seconds,
        served_by=served if isinstance(served, str) else "",
    )


_WAY_OUT = "Is base_url right? It usually ends in /v1."


def json_of(response: Response, place: Place) -> Any:
    """The JSON of a response.

    Raises:
        BadReply: it is a web page or not JSON.
    """
    if is_html(response):
        raise BadReply(f"a web page, not JSON: {_start(response, place)} from {place.shown}. {_WAY_OUT}")
    try:
        return json.loads(response.body)
    except (ValueError, RecursionError):
        raise BadReply(f"not JSON: {_start(response, place)} from {place.shown}. {_WAY_OUT}") from None


def _json(response: Response, place: Place) -> dict[str, Any]:
    data = json_of(response, place)
    if not isinstance(data, dict):
        raise BadReply(f"no JSON object: {_start(response, place)} from {place.shown}. {_WAY_OUT}")
    return data


def error_of(response: Response, place: Place) -> ProviderError:
    """The error that a response with another status than 2xx means."""
    status = response.status
    said = server_words(response)
    what = f"HTTP {status} {place.quote(said)} from {place.shown}"
    if status == 429 and "insufficient_quota" not in said:
        return RateLimited(
            f"{what}. It will be asked again later; lower `concurrency` if this stays.", retry_after(response.headers)
        )
    if status in (402, 429):
        return AuthFailed(f"{what}: the account cannot pay. Top it up, or run without a model: charkha demo")
    if status in _OVERLOADED or status >= 500:
        return Overloaded(
            f"{what}. It will be asked again later; look at the server if this stays.", retry_after(response.headers)
        )
    if status == 403 and re.search(r"moderation|flagged", said, re.IGNORECASE):
        return Refused(f"{what}: its moderation declined the request. Another model may answer.")
    if status in (401, 403):
        return AuthFailed(
            f"{what}: no key, or a wrong one. "
            "Name the key's variable as api_key_env, or run without a model: charkha demo"
        )
    if status == 404 or (status == 400 and _NO_MODEL.search(said)):
        return NoSuchModel(
            f"{what}: the model {place.model!r} is not there. Check `model`, and base_url: it usually ends in /v1."
        )
    if 300 <= status < 400:
        to = response.headers.get("location", "")
        return NoSuchModel(  # fatal: every request would be redirected
            f"{what}: it redirects to {origin(to)!r}, which is not followed. Set base_url to where the API is."
        )
    return Refused(
        f"{what}: the request does not suit this server. Mend `sampling`, `extra_body` or `structured` in the recipe."
    )


def speaks_of_structure(response: Response) -> bool:
    """True when an error is about the structured output that was asked for, not about the rest of the request."""
    # llama-cpp-python answers 500, some gateways 501, where others say 400 or 422.
    return response.status in (400, 422, 500, 501) and bool(_STRUCTURE.search(server_words(response)))


def server_words(response: Response) -> str:
    """What a server says in an error, not yet fit to be shown."""
    if is_html(response):
        return "a web page"
    try:
        data = json.loads(response.body)
    except (ValueError, RecursionError):
        return response.body[:4000].decode("utf-8", "replace")
    return _said(data)


def _said(data: Any) -> str:
    """The words of an error object in any of the shapes in use: error, detail, message, errors; else its JSON."""
    if isinstance(data, dict):
        inner = next((data[name] for name in ("error", "detail", "message", "errors") if data.get(name)), None)
        if isinstance(inner, dict):
            words = [
                inner.get("code"),
                inner.get("type"),
                inner.get("message") or inner.get("msg"),
                inner.get("metadata"),
            ]
            return " ".join(str(word) for word in words if word)
        if inner is not None:
            return str(inner)
    return json.dumps(data, ensure_ascii=False)[:4000]


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that a server asks to wait: `retry-after-ms`, else `retry-after` as seconds or date; None if unsaid."""
    for name, scale in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(headers[name]) * scale
        except (KeyError, ValueError):
            continue
        return max(0.0, seconds) if isfinite(seconds) else None
    until, now = _date(headers.get("retry-after")), _date(headers.get("date")) or datetime.now(UTC)
    # Against the server's own clock, where it shows it.
    return max(0.0, (until - now).total_seconds()) if until else None


def _date(value: str | None) -> datetime | None:
    try:
        at = parsedate_to_datetime(value or "")
    except (ValueError, TypeError, IndexError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _start(response: Response, place: Place) -> str:
    return place.quote(response.body[:1000].decode("utf-8", "replace"))


def _text(content: Any) -> str:
    if isinstance(content, list):
        content = "".join(part if isinstance(part, str) else _part(part) for part in content)
    if not isinstance(content, str):
        return ""
    # Half of a surrogate pair is legal in JSON and cannot be stored as UTF-8.
    return content.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if _unstorable(content) else content


def _part(part: Any) -> str:
    """The text of one part of a content list; a part that is the model's thinking is left out."""
    if not isinstance(part, dict) or part.get("type") not in (None, "text", "output_text"):
        return ""
    text = part.get("text")
    return text if isinstance(text, str) else ""


def _unstorable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _usage(usage: Any) -> Usage:
    """Tokens as counted by the server; `reasoning` is a part of `completion`, `cached` of `prompt`."""
    if not isinstance(usage, dict):
        return Usage()
    return Usage(
        prompt=_count(usage.get("prompt_tokens")),
        completion=_count(usage.get("completion_tokens")),
        cached=_count(_inner(usage, "prompt_tokens_details").get("cached_tokens")),
        reasoning=_count(
            _inner(usage, "completion_tokens_details").get("reasoning_tokens") or usage.get("reasoning_tokens")
        ),
    )


def _inner(data: dict[str, Any], name: str) -> dict[str, Any]:
    value = data.get(name)
    return value if isinstance(value, dict) else {}


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:  # NaN differs from itself
        return 0
    return int(max(0, min(value, MOST_TOKENS)))

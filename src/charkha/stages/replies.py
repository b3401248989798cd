"""From a reply's text to what a task asked for, or to the reason why not."""

from __future__ import annotations

import json
from typing import Any

import regex
from pydantic import BaseModel, ValidationError

from charkha.core.records import Reply

_THINK = regex.compile(r"\A\s*<think(?:ing)?>.*?</think(?:ing)?>\s*", regex.DOTALL | regex.IGNORECASE)
_FENCE = regex.compile(r"```(?:json|JSON)?(.*?)```", regex.DOTALL)  # no \s* around the group: it would backtrack


class NotAsAsked(ValueError):
    """A reply that cannot be taken; `code` is the reason, `detail` says what to mend."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code, self.detail = code, detail


def parse(reply: Reply, schema: type[BaseModel]) -> Any:
    """Reads a reply as the schema: thinking stripped, a code fence or words around the object allowed.

    Raises:
        NotAsAsked: `refused`, `length` (cut off), `empty_reply`, `no_json`, or `schema`.
    """
    if reply.finish == "refused":
        raise NotAsAsked("refused", reply.text[:200] or "declined")
    text = _THINK.sub("", reply.text).strip()
    if not text:
        raise NotAsAsked("length" if reply.finish == "length" else "empty_reply", "nothing was answered")
    try:
        data = _object(text)
    except ValueError as error:
        if reply.finish == "length":
            raise NotAsAsked("length", f"cut off after {reply.usage.completion} tokens") from error
        raise NotAsAsked("no_json", str(error)[:200]) from error
    try:
        return schema.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise NotAsAsked("schema", f"{place}: {first['msg']}"[:200]) from error


def _whole(value: Any) -> Any:
    """The value with lone surrogates, which JSON can spell and no file can hold, replaced."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, dict):
        return {_whole(key): _whole(item) for key, item in value.items()}
    return value


def _object(text: str) -> Any:
    fenced = _FENCE.search(text)
    candidates = [text, *([fenced[1]] if fenced else [])]
    start, end = text.find("{"), text.rfind("}")
    if 0 <= start < end:
        candidates.append(text[start : end + 1])
    problem: ValueError = ValueError("no JSON object in the reply")
    for candidate in candidates:
        try:
            data = json.loads(candidate, strict=False)
        except (ValueError, RecursionError) as error:
            problem = error if isinstance(error, ValueError) else ValueError("nested too deeply")
            continue
        if isinstance(data, dict):
            return _whole(data)
    raise problem

"""Names that follow from content: the same thing has the same id on every machine, in every run."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterable
from typing import Any

from charkha.core.records import Request


def digest(value: Any) -> str:
    """32 hex characters of BLAKE2b over the value's canonical JSON (sorted keys, ASCII)."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode("ascii"), digest_size=16).hexdigest()


def request_key(request: Request) -> str:
    """The reply store's key: messages, schema, the model's identity, every sampling parameter, sample and attempt."""
    return digest(
        {
            "messages": [[message.role, message.content] for message in request.messages],
            "schema": request.schema,
            "model": request.model,
            "sampling": dict(request.sampling),
            "sample": request.sample,
            "attempt": request.attempt,
        }
    )


def grounding_id(lang: str, spans: Iterable[tuple[int, int, int, int]]) -> str:
    """The id of the text a seed rests on.

    Args:
        lang: Wikipedia code.
        spans: (page id, revision id, start, end) of every passage, the anchor first.
    """
    return digest(["grounding", lang, [list(span) for span in spans]])


def seed_id(grounding: str, task: str, draw: int, recipe_seed: int) -> str:
    """The id of one attempt, and of the example that comes of it."""
    return digest(["seed", grounding, task, draw, recipe_seed])


def rng(*parts: str | int) -> random.Random:
    """A random generator seeded by an id, so that a draw never depends on position or order."""
    return random.Random(int(digest(["rng", *parts]), 16))


_FIRST_DOCUMENT = 1 << 40  # no wiki counts so far


def document_id(path: str, row: str | int | None = None) -> int:
    """The page id of an own document, by its path in its folder and its row there; above 2^40, where no wiki has ids."""
    number = int(digest(["document", path, row])[:16], 16)
    return _FIRST_DOCUMENT + 1 + number % ((1 << 63) - _FIRST_DOCUMENT - 2)


def is_document(page_id: int) -> bool:
    """Whether a page id is an own document's, not a wiki's."""
    return page_id > _FIRST_DOCUMENT


def content_id(*parts: str | bytes) -> int:
    """63 bits over what a document's page follows from: its revision id."""
    hashed = hashlib.blake2b(digest_size=8)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        hashed.update(len(data).to_bytes(8, "big"))
        hashed.update(data)
    return int.from_bytes(hashed.digest(), "big") >> 1

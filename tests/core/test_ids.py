"""Ids follow from content and never change: a changed id would buy every reply again."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charkha.core.ids import digest, grounding_id, request_key, rng, seed_id
from charkha.core.records import Message, Request

BASE = Request(
    messages=(Message("system", "तुम"), Message("user", "बताओ")),
    model="test-model",
    schema={"type": "object", "properties": {"a": {"type": "string"}}},
    sampling={"temperature": 0.7, "top_p": 0.9},
)
CHANGES: list[dict[str, Any]] = [
    {"messages": (Message("system", "तुम"), Message("user", "बताओ "))},
    {"messages": (Message("user", "तुम"), Message("user", "बताओ"))},
    {"messages": (Message("user", "बताओ"), Message("system", "तुम"))},
    {"messages": (Message("system", "तुमबताओ"),)},
    {"messages": ()},
    {"model": "test-model@2"},
    {"schema": None},
    {"schema": {}},
    {"schema": {"type": "object", "properties": {"a": {"type": "number"}}}},
    {"sampling": {"temperature": 0.8, "top_p": 0.9}},
    {"sampling": {"temperature": 0.7}},
    {"sampling": {"temperature": 0.7, "top_p": 0.9, "seed": None}},
    {"sampling": {"temperature": 0.7, "top_p": 0.9, "extra_body": {"min_p": 0.1}}},
    {"sample": 1},
    {"attempt": 1},
]

PINNED: dict[str, Any] = {
    "request": "4f325ef1dc2ff84fe52babe49d7da46d",
    "grounding": "a75a1c6b4d459c322c17b26304c38653",
    "seed": "d57a45bb9e39808c7e2283752e16f329",
    "digest": "cd329e9e8cb30af1f33469bb22587493",
    "rng": [39076, 39076],
}


def test_known_values() -> None:
    """Pinned: these change only together with a word to users that replies will be bought again."""
    assert request_key(BASE) == PINNED["request"]
    assert grounding_id("hi", [(1, 2, 0, 30), (4, 5, 6, 7)]) == PINNED["grounding"]
    assert seed_id("0" * 32, "summarization", 3, 7) == PINNED["seed"]
    assert digest({"b": [1, 2.5, None, True], "a": "अ"}) == PINNED["digest"]
    assert [rng("0" * 32, "wording").randrange(10**6) for _ in range(2)] == PINNED["rng"]


@pytest.mark.parametrize("change", CHANGES)
def test_every_part_of_a_request_changes_its_key(change: dict[str, Any]) -> None:
    assert request_key(replace(BASE, **change)) != request_key(BASE)


def test_all_changes_differ_from_each_other() -> None:
    assert len({request_key(replace(BASE, **change)) for change in CHANGES}) == len(CHANGES)


def test_every_field_of_a_request_but_the_template_is_tried_here() -> None:
    assert {name for change in CHANGES for name in change} == set(Request.__dataclass_fields__) - {"template"}


def test_a_template_is_not_of_the_key() -> None:
    assert request_key(replace(BASE, template="{}")) == request_key(BASE)


def test_the_order_in_which_parameters_stand_is_not_of_the_key() -> None:
    turned = replace(BASE, sampling=dict(reversed(BASE.sampling.items())), schema=dict(reversed((BASE.schema or {}).items())))
    assert request_key(turned) == request_key(BASE)


def test_a_seed_is_named_by_all_its_parts() -> None:
    parts = [("g", "t", 0, 0), ("h", "t", 0, 0), ("g", "u", 0, 0), ("g", "t", 1, 0), ("g", "t", 0, 1), ("g", "t", 1, 1)]
    assert len({seed_id(*part) for part in parts}) == len(parts)
    spans = [[(1, 2, 3, 4)], [(1, 2, 3, 5)], [(1, 2, 2, 4)], [(1, 3, 3, 4)], [(2, 2, 3, 4)], [(1, 2, 3, 4), (1, 2, 3, 4)]]
    assert len({grounding_id(lang, span) for lang in ("hi", "mr") for span in spans}) == 2 * len(spans)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(json_values)
def test_a_digest_is_that_of_what_json_carries(value: Any) -> None:
    name = digest(value)
    assert len(bytes.fromhex(name)) == 16
    assert digest(json.loads(json.dumps(value))) == name


@given(st.lists(st.text(), min_size=1, max_size=3))
def test_a_draw_follows_from_the_id_alone(parts: list[str]) -> None:
    first = rng(*parts)
    drawn = first.random()
    rng("another").random()
    assert rng(*parts).random() == drawn

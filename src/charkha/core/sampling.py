"""Sampling presets per model family, as their makers recommend them on the model cards (instruct mode).

A recipe's own `sampling` wins over the preset; the resolved values are written into the run.
"""

from __future__ import annotations

from typing import Any

# (a word in the model's name, what its card recommends); the first that matches is taken.
PRESETS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("thinking", {"temperature": 0.6, "top_p": 0.95, "top_k": 20, "min_p": 0.0}),
    ("qwen3", {"temperature": 0.7, "top_p": 0.8, "top_k": 20, "min_p": 0.0}),
    ("llama-3", {"temperature": 0.6, "top_p": 0.9}),
    ("gemma", {"temperature": 1.0, "top_p": 0.95, "top_k": 64}),
    ("deepseek", {"temperature": 0.6, "top_p": 0.95}),
    ("gpt-oss", {"temperature": 1.0, "top_p": 1.0}),
    ("mistral-small", {"temperature": 0.15}),
)
FALLBACK: dict[str, Any] = {"temperature": 0.7}


def preset(model: str) -> dict[str, Any]:
    """The recommended sampling for a model's name; `FALLBACK` for a family that is not in the table."""
    name = model.casefold().replace("_", "-")
    return dict(next((values for word, values in PRESETS if word in name), FALLBACK))

"""How a recipe seeks what is cultural: how deep, from which roots, what to leave out, how much of the data rests on it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, field_validator


class CulturePlan(BaseModel):
    """How artifacts are found, and how much of what is made rests on them.

    depth: hops from a root to the category that holds a page. roots: instead of the languages' own, as `en:Culture of India`. include:
    phrases; a way must pass a category that one of them names. exclude: phrases of categories that are not walked, beside the
    languages' own. share: the part of the order of passages that artifacts' pages have, as long as there are any.
    """

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    depth: int = Field(default=3, ge=0, le=12)
    roots: list[str] = Field(default_factory=list)
    include: list[str] = Field(default_factory=list)
    exclude: list[str] = Field(default_factory=list)
    share: float = Field(default=0.5, ge=0, le=1)

    @field_validator("include", "exclude")
    @classmethod
    def _words(cls, phrases: list[str]) -> list[str]:
        for phrase in phrases:
            if not any(char.isalnum() for char in phrase):
                raise ValueError(f"{phrase!r} is no phrase: words of a category's title, with * where a word goes on")
        return phrases

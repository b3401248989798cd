"""What may be made of a page that touches people's lives, faith or land: the tags, the kinds of text, the rules of a recipe.

A rule names kinds of text, never tasks: a task says what it makes, so that a private task falls under the policy too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, model_validator

from charkha.core.errors import did_you_mean

Tag = Literal["caste", "communal_violence", "disputed_territory", "living_person", "minors", "sacred_text"]
Kind = Literal["dialog", "fiction", "persona", "question", "reasoning", "summary", "translation"]
Note = Literal["attribute", "no_part", "quote"]
TAGS: tuple[str, ...] = get_args(Tag)
KINDS: tuple[str, ...] = get_args(Kind)
NOTES: Mapping[str, str] = {
    "attribute": "This passage is about a matter on which communities or states are at odds. Attribute, do not assert: say who "
    "says, claims, counts or demands something, take no side, and use no word for a group, place or deed that the passage "
    "itself does not use.",
    "no_part": "This passage is about a living person or a child. Nobody whom it names takes part in what you write, neither as "
    "the one who asks nor as the one who answers; say of them only what the passage says, and make up no word, thought, motive "
    "or deed of theirs.",
    "quote": "This passage is about a sacred text. Quote it only where the passage quotes it, word for word; otherwise tell what "
    "it says in your own words, as what the text says, without quotation marks.",
}


def _known(what: str, names: Iterable[str]) -> Callable[[str], str]:
    def check(name: str) -> str:
        if name not in names:
            raise ValueError(f"no {what}.{did_you_mean(name, names)} Known: {', '.join(names)}")
        return name

    return check


_Tag = Annotated[str, AfterValidator(_known("tag", TAGS))]
_Kind = Annotated[str, AfterValidator(_known("kind of text", KINDS))]
_Note = Annotated[Note, BeforeValidator(_known("note", NOTES))]


class Rule(BaseModel):
    """What may be made of a tagged passage: `only` these kinds, or `never` those; `note` is told to the writer.

    `allow` instead of a rule lets everything through, without a note.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    only: tuple[_Kind, ...] | None = None
    never: tuple[_Kind, ...] = ()
    note: _Note | None = None

    @model_validator(mode="before")
    @classmethod
    def _allow(cls, given: Any) -> Any:
        if isinstance(given, dict | Rule):
            return given
        if given != "allow":
            raise ValueError("a rule is {only: [...]} or {never: [...]}, with a note if need be, or the word allow")
        return {}

    @model_validator(mode="after")
    def _one(self) -> Rule:
        if self.only is not None and self.never:
            raise ValueError("give only or never, not both")
        return self


# A summary or a translation says what the page says; anything else has a model reason, in its own voice, about a quarrel of others.
_RETELL = Rule(only=("summary", "translation"), note="attribute")
_NO_INVENTION = Rule(never=("fiction", "persona"), note="no_part")
DEFAULTS: Mapping[str, Rule] = {
    "caste": _RETELL,
    "communal_violence": _RETELL,
    "disputed_territory": _RETELL,
    "living_person": _NO_INVENTION,
    "minors": _NO_INVENTION,
    "sacred_text": Rule(note="quote"),
}


def _with_defaults(given: Any) -> Any:
    return {**DEFAULTS, **given} if isinstance(given, dict) else given


Policy = Mapping[str, Rule]  # tag -> what may be made of it; a tag without a rule is free
RecipePolicy = Annotated[dict[_Tag, Rule], BeforeValidator(_with_defaults)]  # a recipe's own rules over the defaults


def allows(policy: Policy, makes: frozenset[str], tags: Iterable[str]) -> bool:
    """Whether a task that makes these kinds of text may use a passage with these tags.

    A task that does not say what it makes is kept from whatever a rule restricts.
    """
    return all(_permits(policy[tag], makes) for tag in tags if tag in policy)


def _permits(rule: Rule, makes: frozenset[str]) -> bool:
    if rule.only is None and not rule.never:
        return True
    if not makes:
        return False
    return makes.isdisjoint(rule.never) and (rule.only is None or makes.issubset(rule.only))


def notes(policy: Policy, tags: Iterable[str]) -> tuple[str, ...]:
    """What a writer is told about a passage with these tags: English sentences, each once, in one order."""
    wanted = {policy[tag].note for tag in tags if tag in policy}
    return tuple(text for name, text in NOTES.items() if name in wanted)

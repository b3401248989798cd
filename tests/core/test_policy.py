"""What a recipe lets be made of a page that asks for care: the defaults, a recipe's own rules, and rules that are none."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from charkha.core.errors import RecipeError
from charkha.core.lookup import find, names
from charkha.core.policy import DEFAULTS, KINDS, NOTES, TAGS, allows, notes
from charkha.core.recipe import Recipe, dump_recipe, load_recipe, parse_recipe
from charkha.stages.identity import identity, tasks_of

TEXT = """\
languages: [hi]
source: {dumps: {hi: hi.xml}}
tasks: [summarization]
models: {writer: {kind: extractive}}
targets: {rows: 10}
"""
SUMMARY, DIALOG, PERSONA = frozenset({"summary"}), frozenset({"dialog", "question"}), frozenset({"dialog", "persona"})
UNSAID: frozenset[str] = frozenset()


def recipe(folder: Path, rules: str = "") -> Recipe:
    path = folder / "recipe.yaml"
    path.write_text(TEXT + rules, encoding="utf-8")
    return load_recipe(path)


def test_every_tag_has_a_default_and_a_note() -> None:
    assert set(DEFAULTS) == set(TAGS)
    assert all(len(notes(DEFAULTS, [tag])) == 1 for tag in TAGS)


def test_the_defaults() -> None:
    for tag in ("living_person", "minors"):
        assert allows(DEFAULTS, SUMMARY, [tag])
        assert allows(DEFAULTS, DIALOG, [tag])
        assert not allows(DEFAULTS, PERSONA, [tag])
        assert not allows(DEFAULTS, frozenset({"fiction"}), [tag])
    for tag in ("caste", "communal_violence", "disputed_territory"):
        assert allows(DEFAULTS, SUMMARY, [tag])
        assert allows(DEFAULTS, frozenset({"translation"}), [tag])
        assert not allows(DEFAULTS, DIALOG, [tag])
        assert not allows(DEFAULTS, frozenset({"summary", "fiction"}), [tag])
    assert all(allows(DEFAULTS, frozenset({kind}), ["sacred_text"]) for kind in KINDS)


def test_the_strictest_tag_decides() -> None:
    assert not allows(DEFAULTS, DIALOG, ["caste", "sacred_text"])
    assert not allows(DEFAULTS, DIALOG, ["living_person", "communal_violence"])


def test_a_task_that_does_not_say_what_it_makes_gets_plain_pages_only() -> None:
    assert allows(DEFAULTS, UNSAID, [])
    assert allows(DEFAULTS, UNSAID, ["sacred_text"])
    assert not allows(DEFAULTS, UNSAID, ["caste"])
    assert not allows(DEFAULTS, UNSAID, ["living_person"])


@pytest.mark.parametrize("task", names("task"))
def test_every_bundled_task_says_what_it_makes(task: str) -> None:
    makes = find("task", task).makes
    assert makes
    assert makes <= set(KINDS)


def test_notes_stand_once_and_in_one_order() -> None:
    told = notes(DEFAULTS, ["sacred_text", "caste", "communal_violence", "living_person", "minors"])
    assert told == notes(DEFAULTS, ["minors", "communal_violence", "sacred_text"])
    assert len(told) == 3
    assert "Attribute, do not assert" in told[0]
    assert notes(DEFAULTS, []) == ()


def test_a_recipes_rules_stand_over_the_defaults(tmp_path: Path) -> None:
    own = recipe(tmp_path, "policy:\n  caste: allow\n  sacred_text: {never: [dialog], note: quote}\n")
    assert allows(own.policy, DIALOG, ["caste"])
    assert notes(own.policy, ["caste"]) == ()
    assert not allows(own.policy, DIALOG, ["sacred_text"])
    assert notes(own.policy, ["sacred_text"]) == (NOTES["quote"],)
    assert not allows(own.policy, DIALOG, ["communal_violence"])
    again = parse_recipe(yaml.safe_load(dump_recipe(own)), "again")
    assert again.policy == own.policy
    assert recipe(tmp_path).policy == DEFAULTS


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ("policy:\n  livng_person: allow\n", ["livng_person", ":7", "Did you mean 'living_person'?"]),
        ("policy:\n  caste: {only: [sumary]}\n", ["sumary", ":7", "Did you mean 'summary'?"]),
        ("policy:\n  caste:\n    nevr: [fiction]\n", ["unknown key 'nevr'", ":8", "Did you mean 'never'?"]),
        ("policy:\n  caste:\n    note: attribut\n", ["attribut", ":8", "Did you mean 'attribute'?"]),
        ("policy:\n  caste: {only: [summary], never: [fiction]}\n", [":7", "not both"]),
        ("policy:\n  caste: deny\n", ["deny", ":7", "the word allow"]),
        ("policy: allow\n", ["policy", ":6"]),
    ],
)
def test_a_rule_that_is_none_is_refused_by_its_line(tmp_path: Path, rules: str, words: list[str]) -> None:
    with pytest.raises(RecipeError) as caught:
        recipe(tmp_path, rules)
    assert all(word in str(caught.value) for word in words), str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_private_task_makes_known_kinds_only(tmp_path: Path) -> None:
    """A misspelt kind would slip past every `never`."""
    (tmp_path / "mine.py").write_text(
        "from charkha.tasks.task import PassageTask\n\n\nclass Mine(PassageTask):\n"
        "    name = 'mine'\n    makes = frozenset({'fictoin'})\n"
    )
    own = recipe(tmp_path).model_copy(update={"tasks": [str(tmp_path / "mine.py")]})
    with pytest.raises(RecipeError, match="unknown kind of text 'fictoin' in `makes` of .*mine.py.*Did you mean 'fiction'"):
        tasks_of(own)


def test_a_run_follows_from_its_policy(tmp_path: Path) -> None:
    plain, own = recipe(tmp_path), recipe(tmp_path, "policy: {caste: allow}\n")
    assert identity(plain, [], {})["policy"] != identity(own, [], {})["policy"]

"""A recipe is read as it is meant, or refused by its line; nothing else happens."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from charkha.core.errors import RecipeError
from charkha.core.recipe import Model, Recipe, dump_recipe, load_recipe, parse_recipe

TEXT = """\
# a comment
languages: [hi,
  ta]
source:
  dumps: {hi: hi.xml, ta: ta.xml}
tasks:
- summarization
models:
  writer:
    kind: openai_compatible
    base_url: http://127.0.0.1:8000/v1
    model: org/my-model
targets: {rows: 10}
"""


def written(folder: Path, text: str = TEXT) -> Path:
    path = folder / "recipe.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def refusal(folder: Path, text: str = TEXT, *overrides: str) -> str:
    with pytest.raises(RecipeError) as caught:
        load_recipe(written(folder, text), list(overrides))
    return str(caught.value)


def test_the_smallest_recipe(tmp_path: Path) -> None:
    recipe = load_recipe(written(tmp_path))
    assert recipe.languages == ["hi", "ta"]
    assert (recipe.seed, recipe.shard, recipe.asks, recipe.max_uses_per_passage) == (0, 64, 2, 4)
    assert recipe.models["writer"].concurrency == 64
    assert recipe.where("languages", 1) == f"{tmp_path / 'recipe.yaml'}:3"
    assert recipe.where("models", "writer", "model").endswith(":12")
    again = parse_recipe(yaml.safe_load(dump_recipe(recipe)), "again")
    assert dump_recipe(again) == dump_recipe(recipe)


def test_set_changes_a_key(tmp_path: Path) -> None:
    sets = [
        "targets.rows=500", "seed=9", "languages=[hi]", "models.writer.sampling.temperature=0.2", "filters.language=false",
        "filters.schema.faults=3", "cache=/x=y", "models.writer.terms='a: b'",
    ]  # fmt: skip
    recipe = load_recipe(written(tmp_path), sets)
    assert (recipe.targets.rows, recipe.seed, recipe.languages) == (500, 9, ["hi"])
    assert recipe.models["writer"].sampling == {"temperature": 0.2}
    assert recipe.filters == {"language": False, "schema": {"faults": 3.0}}
    assert recipe.cache == Path("/x=y")
    assert recipe.models["writer"].terms == "a: b"


@pytest.mark.parametrize(
    ("override", "word"),
    [
        ("rows", "key=value"), ("=1", "key=value"), ("seed.x=1", "seed"), ("targets.rows=[", "YAML"), ("targets.rows=x", "rows"),
        ("colour=red", "unknown key 'colour'"), ("targets.row=3", "'rows'"), ("languages=[]", "languages"),
        ("targets.seeds=3", "exactly one"), ("models.writer.concurrency=0", "concurrency"), ("seed=2024-99-99", "YAML"),
    ],
)  # fmt: skip
def test_set_that_is_wrong(tmp_path: Path, override: str, word: str) -> None:
    assert word in refusal(tmp_path, TEXT, override)


@pytest.mark.parametrize(
    ("old", "new", "line", "word"),
    [
        ("tasks:", "taskz:", 6, "'tasks'"),
        ("    model: org", "    modle: org", 12, "'model'"),
        ("{rows: 10}", "{rows: 0}", 13, "targets.rows"),
        ("- summarization", "- {a: b}", 7, "tasks.0"),
        ("    kind: openai_compatible\n", "", 9, "'models.writer.kind'"),
        ("  ta]", "  [ta]]", 3, "languages.1"),
        ("  dumps: {hi", "  dump: {hi", 5, "'dumps'"),
        ("targets: {rows: 10}\n", "targets: {rows: 10}\nfilters: {language: {confidence: high}}\n", 14, "confidence"),
    ],
)
def test_the_line_is_named(tmp_path: Path, old: str, new: str, line: int, word: str) -> None:
    assert old in TEXT
    told = refusal(tmp_path, TEXT.replace(old, new))
    assert f"recipe.yaml:{line}" in told
    assert word in told


@pytest.mark.parametrize(
    "line",
    ["seed: 2024-99-99", "seed: !!int x", "seed: !!float x", "seed: !!timestamp x", "seed: " + "9" * 5000, "a: !!python/name:os.system x",
     "a: *nothing", "? [a]\n: b", "a: &a [*a]", "1: 2", "null: 1", "a: \x07", "\tseed: 1", "seed: .inf"],
)  # fmt: skip
def test_yaml_that_python_cannot_build(tmp_path: Path, line: str) -> None:
    assert "recipe.yaml" in refusal(tmp_path, f"{TEXT}{line}\n")


@pytest.mark.parametrize("path", ["~nobody-of-this-name/hi.xml", "a" * 5000, "'\\0'", '"\\0"', "''"])
def test_a_strange_path_is_a_recipe_or_refused(tmp_path: Path, path: str) -> None:
    only_refused(tmp_path, TEXT.replace("hi: hi.xml", f"hi: {path}"))


def test_relative_paths_are_looked_up_beside_the_recipe_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    beside, here = tmp_path / "recipes", tmp_path / "here"
    beside.mkdir()
    here.mkdir()
    monkeypatch.chdir(here)
    for path in (beside / "hi.xml", here / "hi.xml", here / "ta.xml", beside / "m.gguf", beside / "mine.py", beside / "yo.yaml"):
        path.write_text("")
    text = TEXT.replace("org/my-model", "m.gguf").replace("- summarization", "- mine.py").replace("[hi,", "[yo.yaml, hi,")
    recipe = load_recipe(written(beside, text))
    assert recipe.source.dumps == {"hi": beside / "hi.xml", "ta": here / "ta.xml"}
    assert recipe.models["writer"].model == str(beside / "m.gguf")
    assert recipe.tasks == [str(beside / "mine.py")]
    assert recipe.languages[0] == str(beside / "yo.yaml")


@pytest.mark.parametrize(
    ("more", "read"),
    [
        ("filters: {mine.py: {least: 2}}", lambda r: next(iter(r.filters))),
        ("cache: replies", lambda r: str(r.cache)),
        ("source: {dumps: {hi: hi.xml}, blocklist: [mine.jsonl]}", lambda r: str(r.source.blocklist[0])),
        ("models: {writer: {kind: llamacpp, model: x, by_lang: {ta: {model: m.gguf}}}}",
         lambda r: r.models["writer"].for_cell("ta", "summarization").model),
    ],
)  # fmt: skip
def test_every_relative_path_is_looked_up_beside_the_recipe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: str, read: Any
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    for name in ("mine.py", "mine.jsonl", "m.gguf"):
        (tmp_path / name).write_text("")
    (tmp_path / "replies").mkdir()
    data = {**yaml.safe_load(TEXT), **yaml.safe_load(more)}
    recipe = load_recipe(written(tmp_path, yaml.safe_dump(data)))
    assert Path(read(recipe)).parent == tmp_path


def model(**changes: Any) -> Model:
    return Model.model_validate({"kind": "openai_compatible", "model": "org/m", "base_url": "http://10.1.2.3:8000/v1", **changes})


def test_overrides_of_a_language_and_a_task() -> None:
    base = model(
        by_lang={"ta": {"model": "tamil", "sampling": {"top_k": 3}}}, by_task={"dialog_gen": {"model": "talk", "timeout": 5}}
    )
    assert base.for_cell("hi", "summarization") is base
    assert base.for_cell("ta", "summarization").model == "tamil"
    both = base.for_cell("ta", "dialog_gen")
    assert (both.model, both.timeout, both.sampling) == ("talk", 5, {"top_k": 3})


@pytest.mark.parametrize("wrong", [{"sampeling": {}}, {"concurrency": 0}, {"timeout": "long"}, {"headers": {"Authorization": "sk-1"}}])
@pytest.mark.parametrize("kind", ["by_lang", "by_task"])
def test_a_wrong_override_is_refused_when_the_recipe_is_read(tmp_path: Path, kind: str, wrong: dict[str, Any]) -> None:
    data = yaml.safe_load(TEXT)
    data["models"]["writer"][kind] = {"ta" if kind == "by_lang" else "summarization": wrong}
    told = refusal(tmp_path, yaml.safe_dump(data))
    assert next(iter(wrong)) in told
    assert "sk-1" not in told


def test_an_identity_names_no_place() -> None:
    assert model().identity == "org/m"
    assert model(revision="r1", quantisation="q4").identity == "org/m@r1@q4"
    assert model(name="mine", revision="r1").identity == "mine"
    assert Model(kind="llamacpp", model="/data/models/a.gguf").identity == "a.gguf"
    assert Model(kind="extractive").identity == "extractive"
    one, two = model(), model(base_url="https://u.example:9/v1", concurrency=3, timeout=5, retries=0, headers={"X-A": "b"}, terms="t")
    assert (one.identity, one.parameters) == (two.identity, two.parameters)


def test_parameters_hold_all_that_changes_a_reply() -> None:
    changes: list[dict[str, Any]] = [
        {"sampling": {"temperature": 0}}, {"extra_body": {"a": 1}}, {"chat_template_kwargs": {"a": 1}}, {"model": "qwen3"}
    ]
    seen = [model(**change).parameters for change in changes]
    assert all(one != model().parameters for one in seen)
    assert model(sampling={"temperature": 0}).parameters["temperature"] == 0


@pytest.mark.parametrize("name", ["Authorization", "x-api-key", "API_KEY", "X-Auth-Token", "Cookie", "client-secret"])
def test_a_secret_in_a_header_is_refused_and_not_shown(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = yaml.safe_load(TEXT)
    data["models"]["writer"]["headers"] = {name: "Bearer sk-hidden"}
    assert "sk-hidden" not in refusal(tmp_path, yaml.safe_dump(data))
    data["models"]["writer"]["headers"] = {name: "Bearer ${MY_KEY}"}
    recipe = load_recipe(written(tmp_path, yaml.safe_dump(data)))
    monkeypatch.setenv("MY_KEY", "sk-from-environment")
    assert recipe.models["writer"].expand("Bearer ${MY_KEY}") == "Bearer sk-from-environment"
    assert "sk-from" not in dump_recipe(recipe)
    monkeypatch.delenv("MY_KEY")
    with pytest.raises(RecipeError, match="MY_KEY"):
        recipe.models["writer"].expand("Bearer ${MY_KEY}")


def test_a_password_in_a_url_is_refused(tmp_path: Path) -> None:
    assert "pw-hidden" not in refusal(tmp_path, TEXT.replace("http://127", "http://me:pw-hidden@127"))


KEYS = st.sampled_from([*Recipe.model_fields, *Model.model_fields, "rows", "seeds", "dumps", "blocklist", "hi", "colour", "writer"])
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["hi", "extractive", "~x/y"])
TREES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | LEAVES, inner, max_size=4), max_leaves=8)


def only_refused(folder: Path, text: str) -> None:
    try:
        recipe = load_recipe(written(folder, text))
    except RecipeError:
        return
    assert isinstance(recipe, Recipe)
    dump_recipe(recipe)


@settings(deadline=None, max_examples=120)
@given(st.dictionaries(KEYS, TREES, max_size=4))
def test_no_values_give_anything_but_a_recipe_or_a_refusal(tmp_path_factory: pytest.TempPathFactory, changes: dict[str, Any]) -> None:
    folder = tmp_path_factory.getbasetemp()
    only_refused(folder, yaml.safe_dump({**yaml.safe_load(TEXT), **changes}, allow_unicode=True))


@settings(deadline=None, max_examples=120)
@given(st.integers(0, len(TEXT)), st.integers(0, 12), st.text(st.sampled_from(list("[]{}:,-&*!?|>'\"%@`# \n\t~0a.")), max_size=5))
@example(0, len(TEXT), "")
@example(0, 0, "!!int ")
def test_no_text_gives_anything_but_a_recipe_or_a_refusal(
    tmp_path_factory: pytest.TempPathFactory, at: int, gone: int, put: str
) -> None:
    only_refused(tmp_path_factory.getbasetemp(), TEXT[:at] + put + TEXT[at + gone :])


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("culture: {dept: 2}", "unknown key 'dept' in {at}:14. Did you mean 'depth'? See: docs/recipe.md"),
        ("culture: {depth: x}", "culture.depth 'x' in {at}:14: Input should be a valid integer"),
    ],
)
def test_a_mistake_in_culture_is_told_by_its_own_key(tmp_path: Path, line: str, said: str) -> None:
    told = refusal(tmp_path, TEXT + line + "\n")
    assert told.startswith(said.format(at=tmp_path / "recipe.yaml"))
    assert "more)" not in told


def test_two_stars_inside_a_name_are_refused(tmp_path: Path) -> None:
    assert "'hi**.xml'" in refusal(tmp_path, TEXT.replace("hi.xml", '"hi**.xml"'))

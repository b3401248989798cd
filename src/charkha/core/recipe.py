"""The recipe: one YAML file that says what to make, of what, with which model. Unknown keys are refused by line.

languages: [hi, ta]
source: {dumps: {hi: hiwiki-20261101-pages-articles.xml.bz2, ta: tawiki-20261101-pages-articles.xml.bz2}}
tasks: [summarization, dialog_gen]
models:
writer: {kind: openai_compatible, base_url: http://127.0.0.1:8000/v1, model: my-model, concurrency: 256}
targets: {rows: 1000}
seed: 7
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError, field_validator, model_validator

from charkha.core.culture import CulturePlan
from charkha.core.errors import RecipeError, did_you_mean
from charkha.core.policy import DEFAULTS, RecipePolicy, Rule
from charkha.core.recipe_paths import resolve_paths
from charkha.core.sampling import preset

_SECRET = re.compile(r"auth|key|token|secret|cookie|password|credential", re.IGNORECASE)  # names of headers
_SECRET_FIELD = re.compile(
    r"(^|[-_])(api[-_]?key|secret|password|authorization|(auth|access)[-_]?token|bearer)$", re.IGNORECASE
)
_VARIABLE_ONLY = re.compile(r"(\w+ )?\$\{\w+\}")  # a scheme word at most beside the variable
_YAML_ERRORS = (
    yaml.YAMLError,
    ValueError,
    AttributeError,
    RecursionError,
)  # safe_load raises the last three on 2024-99-99 and the like
_VARIABLE = re.compile(r"\$\{(\w+)\}")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class Documents(_Strict):
    """Documents of one's own: a folder, a file, a pattern or a list of them; a bare path is one without further words.

    licence and source hold for all that do not say their own; the others name columns of files of rows.
    """

    path: Path | list[Path]
    licence: str = ""
    source: str = ""
    text: str = ""
    title: str = ""
    url: str = ""
    id: str = ""
    licence_column: str = ""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, given: Any) -> Any:
        return given if isinstance(given, dict) else {"path": given}


class Source(_Strict):
    """Where the text comes from.

    dumps: Wikipedia code -> path of a pages-articles dump; of one in parts, a list of paths or a pattern such as
    `bnwiki-2026-11-01-p*.xml.bz2`. documents: Wikipedia code -> documents of one's own, beside or instead of a dump.
    licences: the licence of a dump's text where its date does not tell it.
    sql: Wikipedia code -> SQL dumps of that edition (page, categorylinks, linktarget, langlinks, page_props), or a folder of them; by
    default those beside the dump. blocklist: JSONL files of pages never to be used.
    """

    dumps: dict[str, Path | list[Path]] = Field(default_factory=dict)
    documents: dict[str, Documents] = Field(default_factory=dict)
    sql: dict[str, Path | list[Path]] = Field(default_factory=dict)
    licences: dict[str, str] = Field(default_factory=dict)
    blocklist: list[Path] = Field(default_factory=list)

    @field_validator("documents", mode="before")
    @classmethod
    def _by_language(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            raise ValueError("name their language: documents: {hi: PATH}")
        return given

    @field_validator("licences")
    @classmethod
    def _named(cls, licences: dict[str, str]) -> dict[str, str]:
        for lang, licence in licences.items():
            if not licence.strip():
                raise ValueError(f"the licence of {lang!r} is empty; write its name, e.g. CC BY-SA 4.0")
        return licences


class Model(_Strict):
    """A model in a role, and how to reach it.

    `name` (default: model, revision, quantisation) is its identity: replies are bought once per identity, whatever
    host serves it. `timeout` in seconds for a whole call. `retries` counts repeats of one request after a transient error.
    """

    kind: str
    model: str = ""
    base_url: str | None = None
    name: str | None = None
    revision: str | None = None
    quantisation: str | None = None
    terms: str = ""
    api_key_env: str | None = None
    concurrency: int = Field(default=64, ge=1, le=65536)
    sampling: dict[str, Any] = Field(default_factory=dict)
    structured: Literal["auto", "schema", "json", "none"] = "auto"
    headers: dict[str, str] = Field(default_factory=dict)
    extra_body: dict[str, Any] = Field(default_factory=dict)
    chat_template_kwargs: dict[str, Any] = Field(default_factory=dict)
    timeout: float = Field(default=600.0, gt=0)
    retries: int = Field(default=8, ge=0)
    by_lang: dict[str, dict[str, Any]] = Field(default_factory=dict)
    by_task: dict[str, dict[str, Any]] = Field(default_factory=dict)

    @field_validator("headers")
    @classmethod
    def _no_secrets(cls, headers: dict[str, str]) -> dict[str, str]:
        for name, value in headers.items():
            if _SECRET.search(name) and not _VARIABLE_ONLY.fullmatch(value):
                raise ValueError(
                    f"header {name!r} holds a secret in the recipe; write ${{VARIABLE}} and export VARIABLE"
                )
        return headers

    @field_validator("sampling", "extra_body", "chat_template_kwargs")
    @classmethod
    def _plain_json(cls, given: dict[str, Any]) -> dict[str, Any]:
        try:
            json.dumps(given, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise ValueError(f"a value that JSON does not know ({error})") from None
        for name in _names_in(given):
            if _SECRET_FIELD.search(name):
                raise ValueError(f"{name!r} would put a secret into every row; send it as a header with ${{VARIABLE}}")
        return given

    @field_validator("base_url")
    @classmethod
    def _no_password(cls, url: str | None) -> str | None:
        query = url.partition("?")[2] if url else ""
        if url and ("@" in url.partition("//")[2].partition("/")[0] or _SECRET.search(query)):
            raise ValueError("it holds a name or password; put the key into a variable and name it as api_key_env")
        return url

    @property
    def identity(self) -> str:
        """The name under which its replies are kept: no host, no port, no path but the file's name."""
        parts = [Path(self.model).name if self.kind == "llamacpp" else self.model, self.revision, self.quantisation]
        return self.name or "@".join(part for part in parts if part) or self.kind

    @property
    def parameters(self) -> dict[str, Any]:
        """Everything sent beside the messages that can change a reply: part of a reply's key."""
        sent: dict[str, Any] = {**preset(self.identity), **self.sampling}
        if self.extra_body:
            sent["extra_body"] = self.extra_body
        if self.chat_template_kwargs:
            sent["chat_template_kwargs"] = self.chat_template_kwargs
        return sent

    def for_cell(self, lang: str, task: str) -> Model:
        """This model with the recipe's overrides for a language and a task (the task's win)."""
        overrides = {**self.by_lang.get(lang, {}), **self.by_task.get(task, {})}
        return self.overridden(overrides) if overrides else self

    def overridden(self, overrides: dict[str, Any]) -> Model:
        """This model with some keys changed. Raises pydantic's ValidationError for a value that cannot be."""
        return Model.model_validate({**self.model_dump(exclude={"by_lang", "by_task"}), **overrides})

    def expand(self, value: str) -> str:
        """Replaces ${NAME} by the environment's value.

        Raises:
            RecipeError: the variable is not set.
        """

        def put(match: re.Match[str]) -> str:
            if match[1] not in os.environ:
                raise RecipeError(f"{match[1]!r} is named in a header but not set. Run: export {match[1]}=...")
            return os.environ[match[1]]

        return _VARIABLE.sub(put, value)


def _names_in(value: Any) -> list[str]:
    """All keys of nested mappings."""
    if isinstance(value, dict):
        return [*map(str, value), *(name for item in value.values() for name in _names_in(item))]
    return [name for item in value for name in _names_in(item)] if isinstance(value, list) else []


class Targets(_Strict):
    """How much: `rows` kept per subset and language, or `seeds` attempts."""

    rows: int | None = Field(default=None, ge=1)
    seeds: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _one(self) -> Targets:
        if (self.rows is None) == (self.seeds is None):
            raise ValueError("give exactly one of rows and seeds")
        return self


class Contexts(_Strict):
    """Shares of the three contexts (DESIGN); a task that makes no sense in one gives its share to the others."""

    open: float = Field(default=0.6, ge=0)
    closed: float = Field(default=0.2, ge=0)
    answer_is_passage: float = Field(default=0.2, ge=0)

    @model_validator(mode="after")
    def _some(self) -> Contexts:
        if not self.open + self.closed + self.answer_is_passage:
            raise ValueError("one of the shares must be above 0")
        return self


class Recipe(_Strict):
    """Everything a run follows from. `max_uses_per_passage` bounds the seeds of a task on one passage."""

    languages: list[str] = Field(min_length=1)
    source: Source
    tasks: list[str] = Field(min_length=1)
    models: dict[Literal["writer", "translator", "solver", "round_trip", "judge"], Model]
    targets: Targets
    seed: int = 0
    max_uses_per_passage: int = Field(default=4, ge=1)
    max_alike: int = Field(default=20, ge=1, description="passages used of one family of near-identical pages")
    contexts: Contexts = Contexts()
    culture: CulturePlan | Literal[False] = CulturePlan()
    policy: RecipePolicy = Field(default_factory=lambda: dict(DEFAULTS))
    filters: dict[str, dict[str, float] | Literal[False]] = Field(default_factory=dict)
    asks: int = Field(
        default=2, ge=1, le=10, description="asks of one step before a reply that does not parse is given up"
    )
    shard: int = Field(default=64, ge=1, description="groundings of one shard")
    cache: Path | None = None
    state: Path | None = None

    _origin: tuple[str, Any] = PrivateAttr(default=("the recipe", None))  # its file, and its YAML node for line numbers

    def where(self, *path: str | int) -> str:
        """`file:line` of a key or list item, e.g. `where("tasks", 1)`; the file alone where the line is not known."""
        name, node = self._origin
        line = _line(node, [str(part) for part in path])
        return f"{name}:{line}" if line else name

    @field_validator("models")
    @classmethod
    def _has_writer(cls, models: dict[str, Model]) -> dict[str, Model]:
        if "writer" not in models:
            raise ValueError("the role 'writer' has no model")
        return models


def load_recipe(path: Path, overrides: list[str] | None = None) -> Recipe:
    """Reads a recipe; `overrides` are `key.sub=value` strings of the command line, their values YAML.

    Relative paths in it are looked up beside the recipe, then in the working folder.

    Raises:
        RecipeError: with file, line and way out.
    """
    if path.is_dir():
        raise RecipeError(
            f"{str(path)!r} is a folder, no recipe. Documents in it are named by one, `source: {{documents: {{hi: {{path: {path}, licence: CC BY 4.0}}}}}}`, "
            "as recipes/documents.yaml does."
        )
    try:
        text = path.read_text(encoding="utf-8")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text)
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"cannot read the recipe {str(path)!r}: {error}. Name an existing YAML file.") from error
    except _YAML_ERRORS as error:
        line = getattr(getattr(error, "problem_mark", None), "line", 0) + 1
        raise RecipeError(f"{path}:{line} is not YAML: {getattr(error, 'problem', error)}. Mend that line.") from error
    if not isinstance(data, dict):
        raise RecipeError(f"{path}:1 is no recipe: it holds {type(data).__name__}, not keys. See recipes/demo.yaml.")
    for override in overrides or []:
        _override(data, override)
    return parse_recipe(data, str(path), node, path.parent)


def parse_recipe(data: dict[str, Any], where: str, node: Any = None, beside: Path | None = None) -> Recipe:
    """Validates a recipe's data. `node` (from yaml.compose) gives line numbers, `beside` the folder of relative paths.

    Raises:
        RecipeError: the first thing that is wrong, by line.
    """
    try:
        recipe = Recipe.model_validate(data)
    except ValidationError as error:
        raise _first(error, where, node) from error
    recipe._origin = (where, node)
    _check_overrides(recipe)
    return resolve_paths(recipe, beside) if beside is not None else recipe


def _first(error: ValidationError, where: str, node: Any) -> RecipeError:
    meant = [item for item in error.errors() if item["type"] != "literal_error" or "culture" not in item["loc"]]  # it is no `false`
    found = meant or error.errors()
    first = next(
        (item for item in found if item["type"] == "extra_forbidden"), found[0]
    )  # a misspelt key also lacks the right one
    loc = [str(part) for part in first["loc"] if part not in ("[key]", CulturePlan.__name__)]
    line, place = _line(node, loc), ".".join(loc)
    at = f"{where}:{line}" if line else where
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    if first["type"] == "extra_forbidden":
        return RecipeError(
            f"unknown key {loc[-1]!r} in {at}.{did_you_mean(loc[-1], _keys(loc))} See: docs/recipe.md{more}"
        )
    if first["type"] == "missing":
        return RecipeError(f"{at} lacks {place!r}. Add it; docs/recipe.md shows the smallest recipe.{more}")
    message = first["msg"].removeprefix("Value error, ")
    hidden = isinstance(first.get("input"), dict | list) or loc[-1] == "base_url"  # never a secret in a message
    hidden = hidden or loc[-1] in ("headers", "extra_body")
    shown = "" if hidden else f" {first.get('input')!r}"
    return RecipeError(f"{place}{shown} in {at}: {message}. See: docs/recipe.md{more}")


def _check_overrides(recipe: Recipe) -> None:
    """Every `by_lang` and `by_task` must leave a valid model behind; its values are never shown."""
    for role, model in recipe.models.items():
        for kind in ("by_lang", "by_task"):
            for name, override in getattr(model, kind).items():
                where = recipe.where("models", role, kind, name)
                for key in override:
                    if key not in Model.model_fields or key in ("by_lang", "by_task"):
                        raise RecipeError(
                            f"unknown key {key!r} in {where}.{did_you_mean(key, Model.model_fields)} See: docs/recipe.md"
                        )
                try:
                    model.overridden(override)
                except ValidationError as error:
                    first = error.errors()[0]
                    place, told = ".".join(map(str, first["loc"])), first["msg"].removeprefix("Value error, ")
                    raise RecipeError(f"{place} in {where}: {told}. See: docs/recipe.md") from None


def _keys(loc: list[str]) -> list[str]:
    models: dict[str, type[BaseModel]] = {
        "source": Source, "models": Model, "targets": Targets, "contexts": Contexts, "policy": Rule, "culture": CulturePlan,
    }  # fmt: skip
    if loc[:2] == ["source", "documents"] and len(loc) > 3:
        return list(Documents.model_fields)
    return list(models.get(loc[0], Recipe).model_fields) if len(loc) > 1 else list(Recipe.model_fields)


def _line(node: Any, loc: list[str]) -> int:
    line = 0
    for part in loc:
        if isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if str(key.value) == part), None)
            if found is None:
                break
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and part.isdigit() and int(part) < len(node.value):
            node = node.value[int(part)]
            line = node.start_mark.line + 1
        else:
            break
    return line


def _override(data: dict[str, Any], override: str) -> None:
    key, equals, value = override.partition("=")
    if not equals or not key:
        raise RecipeError(f"--set {override!r} is not key=value. Example: --set targets.rows=500")
    *parents, last = key.split(".")
    for parent in parents:
        data = data.setdefault(parent, {})
        if not isinstance(data, dict):
            raise RecipeError(f"--set {override!r}: {parent!r} holds no keys. Example: --set targets.rows=500")
    try:
        data[last] = yaml.safe_load(value)
    except _YAML_ERRORS as error:
        raise RecipeError(f"--set {override!r}: the value is not YAML. Example: --set targets.rows=500") from error


def dump_recipe(recipe: Recipe) -> str:
    """The resolved recipe as YAML, as it is kept in the run: paths as found, headers with their ${VARIABLES}."""
    data = recipe.model_dump(mode="json", exclude_none=True)
    return str(yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=120))

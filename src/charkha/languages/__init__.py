"""What is true of a language, read from one YAML file each. No language is named in code.

A language is found by its Wikipedia code ("hi"), its FLORES code ("hin_Deva"), or a path to a file of one's own
("./yo.yaml"). Folders named in CHARKHA_LANGUAGES (separated as PATH is) are searched after the bundled one.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, TypeAlias

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from charkha.core.errors import RecipeError, did_you_mean, unknown
from charkha.core.policy import Tag

# What a template's arguments leave in the prose; corpus/template_rules.py has the functions. An infobox is no prose.
TemplateRule: TypeAlias = Literal[
    "first", "second", "last", "lang", "joined", "spaced", "date", "as_of", "convert", "coordinates", "disambiguation",
    "quote", "verse", "list", "ordered_list", "inline_list", "block", "images", "wide_image", "circa", "fraction", "height", "value_unit", "link",
    "web_address", "nihongo", "zh", "sortname", "marriage", "guarded", "spaces", "infobox",
]  # fmt: skip

BUNDLED = Path(__file__).parent


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Script(_Strict):
    """The script a language is written in: ISO 15924 code and inclusive Unicode ranges."""

    code: str
    ranges: tuple[tuple[int, int], ...]

    @field_validator("ranges", mode="before")
    @classmethod
    def _hex(cls, value: list[str]) -> tuple[tuple[int, int], ...]:
        pairs = [str(item).split("-") for item in value]
        return tuple((int(first, 16), int(last, 16)) for first, last in pairs)


class MediaWiki(_Strict):
    """Names from MediaWiki's own message files; tools/mediawiki_block.py writes them."""

    namespaces: dict[int, list[str]] = Field(default_factory=dict)
    redirect: list[str] = Field(default_factory=list)
    digits: str = Field(default="0123456789", min_length=10, max_length=10)  # that {{formatnum:}} writes
    grouping: str = "#,##0.###"  # of those digits, as a CLDR pattern
    magic: dict[str, list[str]] = Field(default_factory=dict)


class SampleSection(_Strict):
    """A section of the sample passage; the lead has an empty title."""

    title: str
    text: str


class SamplePassage(_Strict):
    """A short true text in the language, written for its file."""

    title: str
    sections: list[SampleSection]


class PassageSize(_Strict):
    """How large a passage is in this script: characters at least, wanted and at most, and its fewest sentences."""

    least: int = Field(default=400, ge=50)
    wanted: int = Field(default=1_800, ge=100)
    most: int = Field(default=4_500, ge=200)
    sentences: int = Field(default=5, ge=1)


class Wording(_Strict):
    """The sentences that the model-free engine speaks; each a list of variants."""

    summarize: list[str]
    cloze: list[str]
    cloze_alone: list[str]  # points at no text: for questions that stand alone
    order: list[str]
    dialog_first: list[str]
    dialog_section: list[str]
    dialog_more: list[str]


class ResourceClass(_Strict):
    """Ours, by Wikipedia articles (high > 150K, medium 50-150K, low < 50K), and Joshi et al. 2020 (0-5)."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
    size: Literal["high", "medium", "low"] = Field(alias="class")
    joshi: int = Field(ge=0, le=5)


def _phrase(phrase: str) -> str:
    """The phrase, if it is one. Raises ValueError."""
    if not any(char.isalnum() for char in phrase) or set("{}") & set(phrase.replace("{year}", "")):
        raise ValueError(f"{phrase!r} is no phrase: words, with * ^ $ {{year}} where they are meant")
    return phrase


class Signs(_Strict):
    """How a page shows what it is about: phrases of categories and titles, and `key` or `key: phrase` of infoboxes.

    A phrase stands as whole words; `*` lets a word go on, `^` and `$` are the ends of the name, `{year}` is a year.
    """

    categories: list[str] = Field(default_factory=list)
    infobox: list[str] = Field(default_factory=list)
    titles: list[str] = Field(default_factory=list)

    @field_validator("categories", "infobox", "titles")
    @classmethod
    def _words(cls, phrases: list[str]) -> list[str]:
        return [_phrase(phrase) for phrase in phrases]


class Life(_Strict):
    """How a page tells when somebody was born, and that they died.

    `eras`: how a year of another calendar is written -> years to add for the common era.
    """

    born: Signs = Signs()
    died: Signs = Signs()
    eras: dict[str, int] = Field(default_factory=dict)

    @field_validator("eras")
    @classmethod
    def _one_year(cls, eras: dict[str, int]) -> dict[str, int]:
        for phrase in eras:
            if phrase.count("{year}") != 1:
                raise ValueError(f"{phrase!r} does not say where its {{year}} stands")
        return eras


class Root(_Strict):
    """A category whose tree holds part of a language's culture, and the countries (ISO 3166) that it speaks of.

    `wiki` is the code of the edition it stands in, `category` its title there, without the namespace.
    """

    wiki: str
    category: str
    countries: list[str] = Field(default_factory=list)


class Culture(_Strict):
    """Where a language's culture is found in category trees, and how its wiki names what is in them.

    roots: the trees. classes: class of `languages/tables/classes.yaml` -> phrases of category titles, as in Signs.
    exclude: phrases of categories that are not walked: maintenance, and what floods a tree. origin: infobox keys that say where
    a thing comes from. countries: ISO 3166 code -> how an infobox of this wiki writes the country.
    """

    roots: list[Root] = Field(default_factory=list)
    classes: dict[str, list[str]] = Field(default_factory=dict)
    exclude: list[str] = Field(default_factory=list)
    origin: list[str] = Field(default_factory=list)
    countries: dict[str, list[str]] = Field(default_factory=dict)

    @field_validator("exclude")
    @classmethod
    def _words(cls, phrases: list[str]) -> list[str]:
        return [_phrase(phrase) for phrase in phrases]

    @field_validator("classes", "countries")
    @classmethod
    def _tables(cls, tables: dict[str, list[str]]) -> dict[str, list[str]]:
        return {name: [_phrase(phrase) for phrase in phrases] for name, phrases in tables.items()}

    @field_validator("classes")
    @classmethod
    def _known(cls, classes: dict[str, list[str]]) -> dict[str, list[str]]:
        for name in classes:
            if name not in artifact_classes():
                raise ValueError(f"no class {name!r}.{did_you_mean(name, artifact_classes())} See tables/classes.yaml")
        return classes


class ArtifactClass(_Strict):
    """A class of artifacts: its name in tables and pictures, and what its artifacts' weights are multiplied by."""

    name: str
    weight: float = Field(default=1.0, gt=0, le=1)


class Language(_Strict):
    """One language, as its file states it; docs/languages.md explains each key."""

    code: str = Field(pattern=r"^[a-z]{3}_[A-Z][a-z]{3}$")
    wiki: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    names: dict[str, str]
    script: Script
    direction: Literal["ltr", "rtl"] = "ltr"
    digits: str = Field(default="0123456789", min_length=10, max_length=10)
    sentence_ends: list[str]
    abbreviations: list[str] = Field(default_factory=list)
    font: str = "Noto Sans"
    identify: dict[str, list[str]] = Field(default_factory=dict)
    near: list[str] = Field(default_factory=list)
    resource: ResourceClass
    reviewed_by: str = "none"
    trailing_sections: dict[str, list[str]] = Field(default_factory=dict)
    templates: dict[TemplateRule, list[str]] = Field(default_factory=dict)
    connectives: dict[str, list[str]] = Field(default_factory=dict)
    prompt_words: dict[str, str] = Field(default_factory=dict)
    deictic: list[str] = Field(default_factory=list)
    stock_openings: list[str] = Field(default_factory=list)
    wording: Wording
    samples: list[str]
    sample_passage: SamplePassage
    tasks: dict[str, str] = Field(default_factory=dict)
    life: Life = Life()
    sensitivity: dict[Tag, Signs] = Field(default_factory=dict)
    culture: Culture = Culture()
    passage: PassageSize = PassageSize()
    mediawiki: MediaWiki = MediaWiki()

    @property
    def name(self) -> str:
        """The English name, as prompts use it."""
        return self.names["en"]


@lru_cache(maxsize=1)
def artifact_classes() -> dict[str, ArtifactClass]:
    """The classes of artifacts by name, in the order in which a category that speaks of several is counted."""
    data = yaml.safe_load((BUNDLED / "tables" / "classes.yaml").read_text(encoding="utf-8"))
    return {name: ArtifactClass.model_validate(told) for name, told in data.items()}


def _folders() -> list[Path]:
    extra = os.environ.get("CHARKHA_LANGUAGES", "")
    return [BUNDLED, *(Path(folder) for folder in extra.split(os.pathsep) if folder)]


_given: dict[str, Path] = {}  # languages loaded by path in this process, so that their code finds them again


def _paths() -> dict[str, Path]:
    return {**{path.stem: path for folder in _folders() for path in sorted(folder.glob("*.yaml"))}, **_given}


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """The safe loader without YAML 1.1's booleans yes/no/on/off: `no` and `or` are language codes here."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@lru_cache(maxsize=256)
def _read(path: Path) -> Language:
    try:
        data: Any = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - a SafeLoader subclass
        return Language.model_validate(data)
    except OSError as error:
        raise RecipeError(f"cannot read the language file {str(path)!r}: {error.strerror}. Check the path.") from error
    except yaml.YAMLError as error:
        line = getattr(getattr(error, "problem_mark", None), "line", 0) + 1
        raise RecipeError(f"{path}:{line} is not YAML ({getattr(error, 'problem', error)}). Mend that line.") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise RecipeError(f"{path}: {place or 'file'}: {first['msg']}. docs/languages.md explains each key.") from error


def load(name: str | Path, where: str = "") -> Language:
    """Returns the language called `name`: a Wikipedia code, a FLORES code, or the path of a YAML file.

    Raises:
        RecipeError: no such language (with the nearest name), or its file is wrong (with the place in it).
    """
    text = str(name)
    if text.endswith((".yaml", ".yml")):
        path = Path(text).expanduser().resolve()
        language = _read(path)
        _given.setdefault(language.wiki, path)
        return language
    paths = _paths()
    if text in paths:
        language = _read(paths[text])
        if language.wiki != text:
            raise RecipeError(
                f"{paths[text]} is named for {text!r} but says wiki: {language.wiki!r}. Make them the same."
            )
        return language
    by_code = {language.code: language for language in map(_read, paths.values())} if "_" in text else {}
    if text in by_code:
        return by_code[text]
    raise unknown("language", text, [*paths, *by_code], where, see="charkha languages")


def codes() -> list[str]:
    """Wikipedia codes of all languages that can be named, sorted."""
    return sorted(_paths())


def load_all() -> list[Language]:
    """All languages, by Wikipedia code."""
    return [load(code) for code in codes()]

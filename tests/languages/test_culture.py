"""Where each language's culture is, and what its edition's category titles are taken for: against tables of titles written beside the files."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from charkha.corpus.culture import OTHER, Signposts, roots_of
from charkha.corpus.interwiki import LANGUAGES as EDITIONS
from charkha.languages import Language, artifact_classes, load, load_all
from charkha.text.phrases import Phrases, name_words

TITLES = Path(__file__).parent / "culture"
every = pytest.mark.parametrize("language", load_all(), ids=lambda language: language.wiki)


def told(language: Language) -> dict[str, str]:
    """Title -> class, `none` or `excluded`."""
    table = yaml.safe_load((TITLES / f"{language.wiki}.yaml").read_text(encoding="utf-8"))
    return {str(title): str(meaning) for title, meaning in table.items()}


@every
def test_titles_are_taken_for_what_a_reader_takes_them_for(language: Language) -> None:
    posts = Signposts(language)
    wrong = {}
    for title, meaning in told(language).items():
        found = "excluded" if posts.leaves_out(title) else posts.class_of(title).replace(OTHER, "none")
        if found != meaning:
            wrong[title] = (meaning, found)
    assert len(told(language)) >= 40
    assert not wrong


@every
def test_every_class_has_phrases_and_none_stands_in_two(language: Language) -> None:
    classes = language.culture.classes
    assert set(classes) == set(artifact_classes()) - {OTHER}
    seen: dict[str, str] = {}
    for kind, phrases in classes.items():
        for phrase in phrases:
            assert seen.setdefault(" ".join(name_words(phrase)) + phrase.strip("^$")[-1:], kind) == kind, phrase


@every
def test_roots_are_in_editions_and_are_walked(language: Language) -> None:
    culture = language.culture
    assert culture.roots
    assert {root.wiki for root in culture.roots} >= {language.wiki}, "its own edition's tree is walked too"
    for root in culture.roots:
        assert root.wiki in EDITIONS
        assert root.countries, f"{root.category}: no country"
        assert all(len(country) == 2 and country.isupper() for country in root.countries)
        assert ":" not in root.category
        assert not Signposts(load(root.wiki)).leaves_out(root.category), root.category
    assert set(culture.countries) >= {country for root in culture.roots for country in root.countries}
    assert culture.origin


@every
def test_values_of_infoboxes_name_the_countries_that_a_reader_takes_them_for(language: Language) -> None:
    told = yaml.safe_load((TITLES.parent / "origins.yaml").read_text(encoding="utf-8"))
    countries = Phrases(language.culture.countries)
    values = {**told["any"], **told[language.wiki]}
    assert len(values) >= 20
    assert {value: set(countries.found(name_words(value))) for value in values} == {value: set(named) for value, named in values.items()}


@pytest.mark.parametrize(("lang", "countries"), [("ne", {"NP", "IN"}), ("bn", {"BD", "IN"}), ("ur", {"PK", "IN"}), ("ta", {"IN", "LK"}), ("pa", {"IN", "PK"})])
def test_roots_belong_to_a_language_not_to_a_state(lang: str, countries: set[str]) -> None:
    assert {country for root in load(lang).culture.roots for country in root.countries} >= countries


def test_nepali_is_not_looked_for_in_all_of_india() -> None:
    assert "Culture of India" not in {root.category for root in load("ne").culture.roots}
    assert "Culture of Nepal" in {root.category for root in load("ne").culture.roots}


def test_a_root_that_several_languages_name_is_walked_once() -> None:
    roots = roots_of([load("hi"), load("ta"), load("ne")])
    india = [root for root in roots if root.category == "Culture of India"]
    assert len(india) == 1
    assert india[0].langs == ("hi", "ta")

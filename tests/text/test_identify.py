"""Which language a text is in, by two packages' votes or by a model of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charkha.languages import Language, load, load_all
from charkha.text.identify import CharModel, Vote, teach, vote

NEAR = [("hi", "mr"), ("mr", "hi"), ("hi", "ne"), ("ne", "hi"), ("mr", "ne"), ("ne", "mr"), ("bn", "as"), ("as", "bn")]


def said(lang: str) -> str:
    return "\n".join(load(lang).samples)


def passage(language: Language) -> str:
    return "\n".join(section.text for section in language.sample_passage.sections)


@pytest.mark.parametrize("language", load_all(), ids=lambda language: language.wiki)
def test_every_language_is_known(language: Language) -> None:
    for text in (said(language.wiki), passage(language)):
        assert vote(text, language).confidence > 0.75
        assert vote(text, language).margin > 0.2


@pytest.mark.parametrize(("written", "claimed"), NEAR)
def test_near_languages_are_told_apart(written: str, claimed: str) -> None:
    for text in (said(written), passage(load(written))):
        found = vote(text, load(claimed))
        assert found.confidence < 0.75
        assert found.margin < 0


@pytest.mark.parametrize(("written", "claimed"), NEAR)
def test_a_near_language_is_told_by_a_sentence(written: str, claimed: str) -> None:
    right = [vote(text, load(written)).margin > vote(text, load(claimed)).margin for text in load(written).samples]
    assert sum(right) >= 0.8 * len(right)


@pytest.mark.parametrize("other", ["ta", "en", "ur", "bn"])
def test_another_language_has_no_vote(other: str) -> None:
    assert vote(said(other), load("hi")).confidence < 0.3


def test_code_maths_and_addresses_are_not_seen() -> None:
    noise = "\n```python\nfor line in open(path): print(line.strip().upper())\n```\n$$\\int_0^1 x^2 dx$$ https://example.org/a/b/c \\frac{a}{b} "
    assert vote(said("hi") + noise * 3, load("hi")) == vote(said("hi") + "  ", load("hi"))


@pytest.mark.parametrize("bad", ["\x00", "\x07\x1b[31m", "\ufffe\uffff", "\ud800", "\u202e", "\U000e0001", "\r"])
def test_control_characters_are_borne(bad: str) -> None:
    text = bad.join(said("hi").split(" "))
    assert vote(text, load("hi")).confidence > 0.75
    assert isinstance(vote(bad, load("hi")), Vote)


@pytest.mark.parametrize("text", ["", " \n", "\x00", "```code```", "https://example.org"])
def test_nothing_to_judge_is_not_judged_wrong(text: str) -> None:
    assert vote(text, load("ta")) == Vote(1.0, 1.0)


def test_mixed_text_is_not_surer_than_pure() -> None:
    assert vote(f"{said('hi')}\n{said('en')}", load("en")).confidence <= vote(said("en"), load("en")).confidence
    assert vote(f"{said('ta')}\n{said('ta')}\n{said('en')}", load("en")).confidence < 0.75


@settings(deadline=None, max_examples=50)
@given(st.text(), st.sampled_from(["hi", "as", "ur", "en"]))
def test_any_text_gets_a_vote(text: str, lang: str) -> None:
    found = vote(text, load(lang))
    assert 0.0 <= found.confidence <= 1.01
    assert found.margin <= found.confidence


def unnamed(lang: str) -> Language:
    """A language as if no package knew it."""
    return load(lang).model_copy(update={"identify": {}, "near": []})


@pytest.mark.parametrize("lang", ["as", "mr", "kn", "en"])
def test_a_language_that_no_package_knows(lang: str, tmp_path: Path) -> None:
    language = unnamed(lang)
    model = CharModel.train([passage(language)], language)
    (tmp_path / "m.json").write_text(model.save(), encoding="utf-8")
    again = CharModel.read(tmp_path / "m.json")
    for other in load_all():
        text = said(other.wiki)
        assert (model.probability(text) > 0.75) == (other.wiki == lang), other.wiki
        assert again.probability(text) == model.probability(text)
    assert model.probability("") >= 0.75
    teach(language, model)
    assert vote(said(lang), language).confidence > 0.75
    assert vote(said("ta"), language).confidence < 0.25

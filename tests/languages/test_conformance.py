"""Every language file against its own samples: one suite, which a new file joins by being there."""

from __future__ import annotations

import unicodedata
from typing import get_args

import pytest

from charkha.corpus.spelling import loose
from charkha.corpus.template_rules import RULES
from charkha.languages import Language, TemplateRule, codes, load, load_all
from charkha.stages.identity import sample_passage
from charkha.text.identify import vote
from charkha.text.script import script_share
from charkha.text.sentences import sentences
from charkha.text.words import fold, words

THIRTEEN_AND_ENGLISH = "as bn en gu hi kn ml mr ne or pa ta te ur".split()
LANGUAGES = load_all()
every = pytest.mark.parametrize("language", LANGUAGES, ids=[language.wiki for language in LANGUAGES])


def test_the_fourteen_are_there() -> None:
    assert set(THIRTEEN_AND_ENGLISH) <= set(codes())


@every
def test_found_by_either_code(language: Language) -> None:
    assert load(language.wiki) is load(language.code)


@every
def test_digits_are_the_ten_in_order(language: Language) -> None:
    assert [unicodedata.decimal(digit) for digit in language.digits] == list(range(10))


@every
def test_samples_are_in_the_script_and_identified(language: Language) -> None:
    assert len(language.samples) >= 5
    for sample in language.samples:
        assert script_share(sample, language) >= 0.95
        assert vote(sample, language).confidence >= 0.75
        assert sentences(sample, language) == [sample.strip()]


@every
def test_samples_are_not_taken_for_a_near_language(language: Language) -> None:
    for code in language.near:
        for sample in language.samples:
            assert vote(sample, load(code)).confidence < 0.75


@every
def test_sample_passage_is_cut_into_sentences(language: Language) -> None:
    passage = sample_passage(language)
    assert len(passage.sentences) >= 8
    assert len(passage.sections()) == 2
    for number in range(1, len(passage.sentences) + 1):
        text = passage.sentence(number)
        assert text == text.strip()
        assert text[-1] in "".join(language.sentence_ends) + "\"'”’)"
        assert 3 <= len(words(text)) <= 60
    said = fold(passage.text)
    assert any(fold(word) in said for word in language.connectives["cause"] + language.connectives["effect"])


@every
def test_words_for_prompts_and_templates(language: Language) -> None:
    for frames in language.wording.model_dump().values():
        assert len(frames) >= 2
        assert all(script_share(frame.replace("{title}", "").replace("{section}", ""), language) > 0.9 for frame in frames)
    assert all("{title}" in frame for frame in language.wording.dialog_first)
    assert all("{section}" in frame for frame in language.wording.dialog_section)
    assert set(language.prompt_words) == set(load("en").prompt_words)


@every
def test_a_cloze_can_stand_without_the_text(language: Language) -> None:
    for frame in language.wording.cloze_alone:
        assert not any(_points(frame, phrase) for phrase in language.deictic)


def _points(text: str, phrase: str) -> bool:
    return f" {' '.join(map(fold, words(phrase)))} " in f" {' '.join(map(fold, words(text)))} "


@every
def test_lists_are_full_and_in_the_script(language: Language) -> None:
    assert len(language.deictic) >= 10
    assert len(language.stock_openings) >= 6
    assert set(language.connectives) == {"cause", "effect", "contrast", "sequence", "addition"}
    for entry in [*language.deictic, *(word for words_ in language.connectives.values() for word in words_)]:
        assert script_share(entry, language) > 0.9, entry
    assert {"references", "see_also", "external_links"} <= set(language.trailing_sections)


@every
def test_innocent_questions_are_not_deictic(language: Language) -> None:
    """The file's own samples and its passage point at nothing."""
    for text in [*language.samples, *sentences(language.sample_passage.sections[0].text, language)]:
        for phrase in language.deictic:
            assert not _points(text, phrase), f"{phrase!r} in {text!r}"


@every
def test_mediawiki_names(language: Language) -> None:
    names = language.mediawiki.namespaces
    assert {6, 10, 14} <= set(names)
    assert "Category" in names[14]
    assert "File" in names[6]
    assert language.mediawiki.redirect
    assert unicodedata.is_normalized("NFC", "".join(name for group in names.values() for name in group))


@every
def test_a_speaker_has_read_it_or_it_says_so(language: Language) -> None:
    assert language.reviewed_by
    assert 0 <= language.resource.joshi <= 5


def test_the_schema_knows_every_rule_for_templates() -> None:
    assert set(get_args(TemplateRule)) == {*RULES, "infobox"}


@every
def test_template_names_have_one_rule_each(language: Language) -> None:
    rules: dict[str, str] = {}
    for rule, group in language.templates.items():
        for name in group:
            assert rules.setdefault(loose(name), rule) == rule, name

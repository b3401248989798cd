"""How much of a text is copied from another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charkha.languages import Language, load_all
from charkha.text.overlap import COPY_WORDS, Overlap, overlap, repeated_frames
from charkha.text.words import words

FEW = st.lists(st.sampled_from(["राम", "सीता", "वन", "गए", "க", "ا", "a"]), max_size=25).map(" ".join)


@given(FEW, FEW)
def test_shares_are_shares(text: str, source: str) -> None:
    found = overlap(text, source)
    assert 0.0 <= found.copied <= found.coverage <= 1.0
    assert found.words == len(words(text))
    assert 0 <= found.longest <= min(found.words, len(words(source)))
    assert found.copied > 0 or found.longest < COPY_WORDS


@given(FEW, FEW, FEW)
def test_a_copy_is_covered_wholly(before: str, text: str, after: str) -> None:
    if text:
        found = overlap(text, f"{before} {text} {after}")
        assert found.coverage == 1.0
        assert found.longest <= found.words


@pytest.mark.parametrize("language", load_all(), ids=lambda language: language.wiki)
def test_a_sample_copied_and_another(language: Language) -> None:
    one, other = " ".join(language.samples), " ".join(section.text for section in language.sample_passage.sections)
    assert overlap(one, one) == Overlap(1.0, len(words(one)), 1.0, len(words(one)))
    assert overlap(one, f"{other} {one}").copied == 1.0
    assert overlap(one, other).copied < 0.2
    turned = " ".join(reversed(one.split()))
    assert overlap(turned, one).copied < 0.2


def test_spelling_and_punctuation_are_no_disguise() -> None:
    source = "कोलम चावल के आटे से बनी एक आकृति है जो घर के सामने बनाई जाती है"
    assert overlap("कोलम, चावल के आटे से, बनी एक आक़ृति है — जो घर के सामने बनाई जाती है!", source).copied == 1.0


def test_a_run_is_a_quotation_from_eight_words_on() -> None:
    source = "क ख ग घ च छ ज झ ट ठ"
    assert overlap("क ख ग घ च छ ज", source).copied == 0.0
    assert overlap("क ख ग घ च छ ज झ", source).copied == 1.0
    assert overlap("क ख ग घ च छ ज झ त थ द ध न प फ ब", source) == Overlap(0.5, 8, 0.5, 16)


def test_nothing_overlaps_nothing() -> None:
    assert overlap("", "राम") == Overlap(0.0, 0, 0.0, 0)
    assert overlap("राम", "") == Overlap(0.0, 0, 0.0, 1)


def test_frames() -> None:
    filled = [f"क्या आप मुझे विस्तार से बता सकते हैं कि {name} क्या होता है?" for name in ("कोलम", "मीनार", "बिरयानी")]
    assert repeated_frames(filled) == 1.0
    assert repeated_frames([*filled, "चावल के आटे से घर के सामने क्या बनाया जाता है?"]) == 0.75
    assert repeated_frames(["कोलम घर के सामने सुबह-सुबह क्यों बनाया जाता था?", "किस राजा ने यह ऊँची मीनार बनवाई?"]) <= 0.5
    assert repeated_frames(filled[:1]) == repeated_frames([]) == 0.0

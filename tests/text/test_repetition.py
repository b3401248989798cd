"""How much a text repeats itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charkha.text.repetition import moving_type_token_ratio, sentence_repetition, word_repetition

FEW = st.lists(st.sampled_from("कखगघचछ"), max_size=40)


def slow(tokens: list[str], window: int) -> float:
    """The definition, word by word."""
    if not tokens:
        return 1.0
    spans = [tokens[at : at + window] for at in range(max(1, len(tokens) - window + 1))]
    return sum(len(set(span)) / len(span) for span in spans) / len(spans)


@given(FEW)
def test_the_papers_ratio(tokens: list[str]) -> None:
    assert word_repetition(" ".join(tokens)) == (1 - len(set(tokens)) / len(tokens) if tokens else 0.0)


@given(FEW, st.integers(1, 45))
def test_the_moving_average_is_what_it_says(tokens: list[str], window: int) -> None:
    assert moving_type_token_ratio(" ".join(tokens), window) == pytest.approx(slow(tokens, window))


def test_the_ratio_grows_with_length_and_the_moving_average_does_not() -> None:
    text = " ".join(f"शब्द{at % 600}" for at in range(6000))
    assert word_repetition(text[: len(text) // 10]) < 0.1 < 0.85 < word_repetition(text)
    assert moving_type_token_ratio(text) == 1.0


def test_spellings_of_one_word_are_one() -> None:
    assert word_repetition("क़लम कलम क\u093cलम १ 1") == pytest.approx(1 - 2 / 5)


def test_sentences_said_again() -> None:
    said = "राम वन को गए थे।"
    assert sentence_repetition([said] * 4) == 0.75
    assert sentence_repetition([said, said.replace("गए", "आए")]) == 0.0
    assert sentence_repetition([said, "राम  वन को गए थे।"]) == 0.5
    assert sentence_repetition(["हाँ।"] * 9) == sentence_repetition([]) == 0.0

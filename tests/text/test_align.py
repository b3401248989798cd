"""A quotation is found although its spelling was repaired; another text is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charkha.languages import load_all
from charkha.text.align import align
from charkha.text.words import graphemes

LANGUAGES = load_all()


@st.composite
def quoted(draw: st.DrawFn) -> tuple[str, str]:
    """A language's sample and a stretch of its graphemes that is not blank."""
    text = " ".join(draw(st.sampled_from(LANGUAGES)).samples)
    parts = graphemes(text)
    start = draw(st.integers(0, len(parts) - 1))
    end = draw(st.integers(start + 1, len(parts)))
    return "".join(parts[start:end]), text


@given(quoted())
def test_a_stretch_of_a_text_fits_it_wholly(pair: tuple[str, str]) -> None:
    quote, text = pair
    assert align(quote, text).ratio == (1.0 if quote.strip() else 0.0)


@given(st.text(), st.text())
def test_a_ratio_is_a_share(quote: str, text: str) -> None:
    assert 0.0 <= align(quote, text).ratio <= 1.0


@pytest.mark.parametrize(
    ("quote", "text"),
    [
        ("क़ुतुब मीनार", "दिल्ली की कुतुब मीनार ऊँची है"), ("सन् 1947 में", "वह सन् १९४७ में आया"), ("അവന്\u200d", "പിന്നെ അവൻ വന്നു"),
        ("كتاب", "یہ کتاب ہے"), ("DELHI", "in delhi"), ("ऊंची", "मीनार ऊँची है"),
    ],
)  # fmt: skip
def test_a_repaired_spelling_fits(quote: str, text: str) -> None:
    assert align(quote, text).ratio == 1.0


def test_likeness_falls_with_the_difference() -> None:
    text = "कोलम चावल के आटे से बनी आकृति है, जो घर के सामने बनाई जाती है।"
    near = align("कोलम चावल के आटे से बनाई आकृति है", text).ratio
    far = align("गंगा हिमालय से निकलती है और सागर में गिरती है", text).ratio
    assert 0.85 < near < 1.0
    assert far < 0.7
    assert align("", text).ratio == align("  ", text).ratio == 0.0
    assert align("कोलम", "").ratio == 0.0
    assert align(text * 2, text).ratio < 1.0

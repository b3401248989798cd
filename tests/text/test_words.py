"""Words keep their vowel signs; folding makes equal what a reader takes as equal, and nothing else."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charkha.languages import load_all
from charkha.text.words import content_start, fold, graphemes, word_spans, words

INDIC = st.text(st.sampled_from([chr(point) for point in range(0x900, 0xD80)] + list("\u200c\u200d ا ي ك ۂ ئ ے ہ aÉé.")), max_size=30)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("हिन्दी में लिखो।", ["हिन्दी", "में", "लिखो"]),
        ("தமிழ்நாடு", ["தமிழ்நாடு"]),
        ("বাংলা, অসমীয়া", ["বাংলা", "অসমীয়া"]),
        ("क्\u200dष और नेपाल्\u200cमा", ["क्\u200dष", "और", "नेपाल्\u200cमा"]),
        ("മലയാളം അവൻ", ["മലയാളം", "അവൻ"]),
        ("پاکستان، لاہور۔", ["پاکستان", "لاہور"]),
        ("ẹ́ ọ̀ Yorùbá", ["ẹ́", "ọ̀", "Yorùbá"]),
        ("१,८७,५०० रु.", ["१", "८७", "५००", "रु"]),
        ("।॥ … — “”", []),
        ("", []),
    ],
)
def test_words(text: str, found: list[str]) -> None:
    assert words(text) == found
    assert [text[start:end] for start, end in word_spans(text)] == found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("क़लम", "कलम"), ("क\u093cलम", "\u0958लम"), ("ऩ", "न"), ("ড়", "ড"), ("ਸ਼", "ਸ"),  # nukta, whether or not NFC composes it
        ("ന്\u200d", "ൻ"), ("അവന്\u200d", "അവൻ"), ("ൽ", "ല്\u200d"), ("ൾ", "ള്\u200d"), ("ർ", "ര്\u200d"), ("ൺ", "ണ്\u200d"),  # chillu
        ("كتاب", "کتاب"), ("علي", "علی"), ("ههه", "ہہہ"), ("ۂ", "ہ"), ("ۂ", "ۂ"),  # kaf, yeh, heh
        ("हँस", "हंस"), ("क्\u200dष", "क्ष"), ("नेपाल्\u200cमा", "नेपाल्मा"),
        ("२०२४", "2024"), ("২০২৪", "2024"), ("௨௦", "20"), ("۲۰۲۴", "2024"),
        ("a \u00a0 b", "a b"), (" a\n\tb ", "a b"), ("ÉTÉ", "été"), ("it’s “so” – now", "it's \"so\" - now"),
    ],
)  # fmt: skip
def test_spellings_that_are_one(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("कल", "काल"), ("कम", "कर्म"), ("ন", "ণ"), ("ৰ", "র"), ("ৱ", "ব"), ("ন", "ന"), ("के", "कै"), ("ف", "ق"), ("க", "ங"), ("ẹ", "e")],
)
def test_spellings_that_are_two(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@given(st.text() | INDIC)
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text() | INDIC)
def test_folding_does_not_see_how_a_text_is_composed(text: str) -> None:
    forms = {fold(unicodedata.normalize(form, text)) for form in ("NFC", "NFD")}
    assert forms == {fold(text)}


@given(st.text() | INDIC)
def test_graphemes_and_words_are_pieces_of_the_text(text: str) -> None:
    assert "".join(graphemes(text)) == text
    spans = word_spans(text)
    assert all(end <= start for (_, end), (start, _) in zip(spans, spans[1:], strict=False))
    assert [text[start:end] for start, end in spans] == words(text)


def test_a_grapheme_is_what_a_reader_counts() -> None:
    assert graphemes("நி") == ["நி"]
    assert len(graphemes("ẹ́")) == 1
    assert len(graphemes("हिन्दी")) in (2, 3)  # whether न्दी is one depends on the Unicode version of `regex`


@pytest.mark.parametrize("language", load_all(), ids=lambda language: language.wiki)
def test_words_of_every_language_are_those_between_the_spaces(language: object) -> None:
    for sample in language.samples:  # type: ignore[attr-defined]
        spaced = [piece for piece in sample.split() if any(c.isalpha() for c in piece)]
        assert len(spaced) <= len(words(sample)) <= 1.4 * len(spaced) + 2
        assert not any(unicodedata.category(word[0]).startswith("M") for word in words(sample))


def test_how_a_text_opens() -> None:
    assert content_start("“यह” एक क़िताब है।", 3) == ("यह", "एक", "किताब")
    assert content_start("") == ()

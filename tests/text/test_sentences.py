"""Sentences end where a reader would end them, in every language here."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charkha.languages import codes, load, load_all
from charkha.text.sentences import sentence_spans, sentences

LANGUAGES = [language.wiki for language in load_all()]
PIECES = st.lists(
    st.sampled_from(["।", "॥", "۔", ".", "?", "!", "؟", "\n", "\r", " ", "(", ")", "“", "”", "डॉ", "A", "3", "५", "राम", "க", "e.g", "…", "\u2028"])
    | st.text(max_size=3),
    max_size=25,
).map("".join)


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("hi", "राम आया।|सीता गई।"),
        ("hi", "डॉ. राम आए।|पं. नेहरू और प्रो. वर्मा मिले।"),
        ("hi", "ए. के. शर्मा बोले।|फिर चले गए।"),
        ("hi", "मूल्य ३.५ रु. है।|दूरी 12.75 कि.मी. है।"),
        ("hi", "वह (जी.आई.) मिला।|अब?|हाँ!"),
        ("hi", "श्लोक समाप्त॥|अगला पद।"),
        ("hi", "उसने कहा, “चलो।”|वे चले।"),
        ("mr", "डॉ. आंबेडकर आले.|ते बोलले."),
        ("bn", "ড. রহমান এলেন।|তিনি বললেন।"),
        ("as", "ড° শইকীয়া আহিল।|তেওঁ ক’লে।"),
        ("ta", "திரு. குமார் வந்தார்.|அவர் பேசினார்."),
        ("ta", "விலை ரூ. 500 ஆகும்.|சரி?"),
        ("te", "డా. రావు వచ్చారు.|ఆయన మాట్లాడారు."),
        ("kn", "ಡಾ. ರಾವ್ ಬಂದರು.|ಅವರು ಮಾತನಾಡಿದರು."),
        ("ml", "ഡോ. നായർ വന്നു.|അദ്ദേഹം പറഞ്ഞു."),
        ("gu", "ડૉ. પટેલ આવ્યા.|તેઓ બોલ્યા."),
        ("pa", "ਡਾ. ਸਿੰਘ ਆਏ।|ਉਹ ਬੋਲੇ।"),
        ("or", "ଡ. ଦାସ ଆସିଲେ।|ସେ କହିଲେ।"),
        ("ne", "डा. शर्मा आए।|उनले भने।"),
        ("ur", "وہ آیا۔|کیا وہ گیا؟|ہاں!"),
        ("ur", "ڈاکٹر اقبال آئے۔|وہ شاعر تھے۔"),
        ("en", "Dr. A. K. Roy came.|He paid Rs. 5.50 for it.|Fine."),
        ("en", "It ended.”|Then he left (e.g. soon).|“Why?”|Nobody knew..."),
    ],
)
def test_where_sentences_end(lang: str, text: str) -> None:
    wanted = text.split("|")
    assert sentences(" ".join(wanted), load(lang)) == wanted
    assert sentences("\n".join(wanted), load(lang)) == wanted


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_end_of_the_language_ends_a_sentence(lang: str) -> None:
    language = load(lang)
    word = next(word for word in language.samples[0].split() if word.isalnum() or len(word) > 3).strip(".,।")
    for end in language.sentence_ends:
        assert sentences(f"{word} {word}{end} {word}{end}", language) == [f"{word} {word}{end}", f"{word}{end}"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_abbreviation_of_the_language_ends_one(lang: str) -> None:
    language = load(lang)
    word = language.samples[0].split()[0]
    for short in language.abbreviations:
        text = f"{word} {short}. {word}"
        assert sentences(text, language) == [text], short


def test_a_danda_ends_a_sentence_without_a_space_and_a_line_without_any_sign() -> None:
    assert sentences("राम आया।सीता गई।", load("hi")) == ["राम आया।", "सीता गई।"]
    assert sentences("पहली पंक्ति\nदूसरी पंक्ति", load("hi")) == ["पहली पंक्ति", "दूसरी पंक्ति"]


@pytest.mark.parametrize("text", ["", " \n\t ", "\u00a0"])
def test_nothing_is_no_sentence(text: str) -> None:
    assert sentences(text, load("hi")) == []


@given(PIECES, st.sampled_from(LANGUAGES))
def test_spans_are_ordered_trimmed_and_lose_nothing(text: str, lang: str) -> None:
    spans = sentence_spans(text, load(lang))
    last = 0
    for start, end in spans:
        assert last <= start < end
        assert text[start:end] == text[start:end].strip()
        assert not text[last:start].strip()
        assert "\n" not in text[start:end]
        last = end
    assert not text[last:].strip()


@given(PIECES, st.sampled_from(LANGUAGES))
def test_a_line_is_cut_by_itself(text: str, lang: str) -> None:
    language = load(lang)
    assert sentences(text, language) == [s for line in text.split("\n") for s in sentences(line, language)]


def test_all_languages_are_tried() -> None:
    assert set(LANGUAGES) <= set(codes())
    assert len(LANGUAGES) >= 14

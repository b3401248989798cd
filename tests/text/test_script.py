"""Which script a text is in, without what belongs to no language."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charkha.languages import Language, load, load_all
from charkha.text.script import letter_count, prose, script_share

FOREIGN = [
    "`print(x)`", "```python\nfor x in y:\n    pass\n```", "```\nnever closed", "$x^2 + y$", "$$\\int f$$", "\\(a+b\\)", "\\[a\\]",
    "\\frac{a}{b}", "https://example.org/ab?c=d", "www.example.org", "me@example.org",
]  # fmt: skip


@pytest.mark.parametrize("foreign", FOREIGN)
def test_what_belongs_to_no_language_is_left_out(foreign: str) -> None:
    text = f"यह देखो {foreign}"
    assert script_share(text, load("hi")) == 1.0
    assert letter_count(text) == letter_count("यह देखो")
    assert prose("यह देखो") == "यह देखो"


@pytest.mark.parametrize("language", load_all(), ids=lambda language: language.wiki)
def test_every_language_is_in_its_script_and_in_no_other(language: Language) -> None:
    text = " ".join(language.samples)
    assert script_share(text, language) > 0.95
    assert script_share(unicodedata.normalize("NFD", text), language) > 0.95
    for other in load_all():
        if other.script.code != language.script.code:
            assert script_share(text, other) < 0.1, other.wiki


def test_mixed_text_is_seen() -> None:
    half = "यह वाक्य हिन्दी में है। This sentence here is in English."
    assert 0.3 < script_share(half, load("hi")) < 0.7
    assert script_share("yah vaakya hindi mein hai", load("hi")) == 0.0
    assert script_share("டெல்லி (Delhi) இந்தியாவின் தலைநகரம் ஆகும்", load("ta")) > 0.8


@pytest.mark.parametrize("text", ["", "१२३ 456", "।॥ … ?!", "😀"])
def test_a_text_without_letters_is_in_any_script(text: str) -> None:
    assert script_share(text, load("hi")) == 1.0
    assert letter_count(text) == 0


@given(st.text())
def test_a_share_is_a_share(text: str) -> None:
    assert 0.0 <= script_share(text, load("ur")) <= 1.0
    assert 0 <= letter_count(text) <= len(text)
    assert len(prose(text)) <= len(text)


def test_combining_marks_are_of_any_script() -> None:
    assert script_share("cafe\u0301 e\u0323\u0301", load("en")) == 1.0
    assert script_share("हि\u0301", load("hi")) == 1.0

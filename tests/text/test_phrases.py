"""Phrases are found by how they begin or end; here against a plain search that tries every phrase at every word."""

from __future__ import annotations

import time
from collections import Counter
from fnmatch import fnmatchcase

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from charkha.text.phrases import Phrases, name_words

# Few letters, so that words are met; a vowel sign and a digit among them.
LETTERS = st.text("aবা1", min_size=1, max_size=3)
WORDS = st.one_of(LETTERS, st.sampled_from(["1975", "2011", "a1975", "1975s"]))
PARTS = st.sampled_from(["*{}", "{}*", "*{}*", "{}", "*", "{{year}}{}", "{{year}}", "{}{{year}}", "*{{year}}", "{}*{}"])
PHRASE = st.tuples(
    st.sampled_from(["", "^"]),
    st.lists(st.tuples(PARTS, LETTERS), min_size=1, max_size=3),
    st.sampled_from(["", "$"]),
)


def written(phrase: tuple[str, list[tuple[str, str]], str]) -> str:
    start, parts, end = phrase
    return start + " ".join(shape.format(word, word) for shape, word in parts) + end


def plainly(phrase: str, words: list[str]) -> int:
    """At how many words a phrase begins, by glob patterns."""
    globs = [part.replace("{year}", "[12][0-9][0-9][0-9]") for part in phrase.strip("^$").split()]
    last = len(words) - len(globs)
    places = [at for at in range(last + 1) if all(map(fnmatchcase, words[at:], globs))]
    return sum(not (phrase[0] == "^" and at) and not (phrase[-1] == "$" and at < last) for at in places)


@given(st.lists(PHRASE, max_size=6), st.lists(WORDS, max_size=5))
@example([("", [("*{{year}}", "a")], "")], ["a1975"])
@example([("^", [("*", "a"), ("{}", "a")], "$")], ["1", "a"])
def test_what_is_found_is_what_a_plain_search_finds(
    made: list[tuple[str, list[tuple[str, str]], str]], words: list[str]
) -> None:
    phrases = [written(phrase) for phrase in made]
    found = Counter(
        Phrases({str(number): [phrase] for number, phrase in enumerate(phrases)}).found(name_words(" ".join(words)))
    )
    plain = {str(number): plainly(phrase, words) for number, phrase in enumerate(phrases)}
    assert found == Counter({number: count for number, count in plain.items() if count})


@pytest.mark.parametrize("shape", ["{}*", "*{}"])
def test_a_thousand_open_phrases_cost_no_more_than_a_few(shape: str) -> None:
    def cost(count: int) -> float:
        table = Phrases({"": [shape.format(f"x{number}x") for number in range(count)]})
        names = [name_words(f"the x{number}x of x{number}y") for number in range(300)]
        spans = []
        for _ in range(5):
            start = time.perf_counter()
            met = sum(1 for name in names for _ in table.found(name))
            spans.append(time.perf_counter() - start)
        assert met == min(count, 300)
        return min(spans)

    assert cost(3_000) < 10 * cost(10)  # a search through all of them takes some 100 times as long

"""What share of a reply's words is the passage's: in any form that a shared prefix or a mined suffix tells."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from charkha.languages import load
from charkha.tasks.facts import grounded_share
from charkha.tasks.soundness import GROUNDED, ungrounded
from charkha.text import names as text_names
from charkha.text.names import Suffixes, teach
from samples import every_sample, passage_of

INFLECTED = yaml.safe_load((Path(__file__).parent.parent / "text" / "inflected.yaml").read_text(encoding="utf-8"))
NONE = Suffixes()


def suffixes(lang: str) -> Suffixes:
    return Suffixes((cut, add) for cut, _, add in (rule.rpartition(">") for rule in INFLECTED[lang]["suffixes"]))


@pytest.mark.parametrize(
    ("lang", "reply", "source"),
    [
        ("bn", "মাগুলিকেও", "মা"),  # no: what is left has one grapheme
        ("bn", "জগতের", "জগৎ"),
        ("bn", "নদীগুলিকে", "নদী আছে"),
        ("mr", "पुण्यातील", "पुणे"),
        ("ml", "കൊല്ലത്തിന്റെ", "കൊല്ലം"),
        ("kn", "ಊರಿನಲ್ಲಿ", "ಊರು"),
    ],
)
def test_a_word_with_a_suffix_is_the_passages(lang: str, reply: str, source: str) -> None:
    known = Suffixes([*((cut, add) for cut, _, add in (rule.rpartition(">") for rule in INFLECTED[lang]["suffixes"])), ("", "গুলিকে"), ("े", "्यातील")])
    assert grounded_share(reply, source, known) == (0.0 if source == "মা" else 1.0)


def test_both_may_be_inflected() -> None:
    known = Suffixes([("", "গুলিকে"), ("", "সমূহের"), ("ৎ", "তের"), ("ৎ", "তে")])
    assert grounded_share("মেঘগুলিকে", "মেঘসমূহের", NONE) == 0.0
    assert grounded_share("মেঘগুলিকে", "মেঘসমূহের", known) == 1.0
    assert grounded_share("জগতের", "জগতে", known) == 1.0
    assert grounded_share("নদীগুলিকে", "পাহাড়গুলিকে", known) == 0.0


WORDS = st.lists(st.sampled_from([pair.partition("|")[side] for told in INFLECTED.values() for pair in told["same"] for side in (0, 2)]), max_size=6)


@given(st.sampled_from(sorted(INFLECTED)), WORDS, WORDS)
def test_suffixes_only_ever_add(lang: str, reply: list[str], source: list[str]) -> None:
    bare, known = (grounded_share(" ".join(reply), " ".join(source), one) for one in (NONE, suffixes(lang)))
    assert 0.0 <= bare <= known <= 1.0


def test_a_reply_to_another_passage_stays_ungrounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_names, "_taught", {})
    for lang in INFLECTED:
        teach(load(lang), suffixes(lang))
    passages = {(sample["lang"], sample["passage"]["title"]): passage_of(sample) for _, sample in every_sample()}
    crossed = [(ungrounded(b.text, a, load(a.lang)), a.lang) for a in passages.values() for b in passages.values() if a.lang == b.lang and a.title != b.title]
    assert len(crossed) > 20
    assert sum(reason is None for reason, _ in crossed) <= 0.1 * len(crossed)
    assert all(ungrounded(passage.text, passage, load(passage.lang)) is None for passage in passages.values())
    assert GROUNDED == 0.4


def test_the_check_knows_what_the_language_was_taught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_names, "_taught", {})
    sample = next(sample for _, sample in every_sample() if sample["lang"] == "bn")
    passage, bengali = passage_of(sample), load("bn")
    word = next(word for word in passage.text.split() if len(word) == 4)
    reply = f"{word}" + "গুলিকেও"
    assert ungrounded(reply, passage, bengali) is not None
    teach(bengali, Suffixes([("", "গুলিকেও")]))
    assert ungrounded(reply, passage, bengali) is None

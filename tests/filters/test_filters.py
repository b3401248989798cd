"""Every filter that is found, by one suite; then each by what it drops, and `charkha filter` on a run."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charkha.cli import main
from charkha.core.errors import RecipeError
from charkha.core.lookup import find, names
from charkha.core.recipe import load_recipe
from charkha.core.records import Example, Message, Reason, Score
from charkha.languages import Language, load, load_all
from charkha.stages.filter import decide, filters_of, measure, measurers
from runs import recipe, rows, served, stats
from servers import ReplyServer

FILTERS = names("filter")
LANGUAGES = load_all()


def row(lang: str, *contents: str, langs: list[str] | None = None, roles: str = "ua") -> Example:
    """A row of turns; `roles` are their first letters, over and over."""
    named = {"u": "user", "a": "assistant", "s": "system"}
    messages = [Message(named[roles[at % len(roles)]], text) for at, text in enumerate(contents)]  # type: ignore[arg-type]
    return Example(
        id="0" * 32, subset="dialog_gen", lang=lang, split="train", round=0, position=0, messages=messages,
        message_langs=[load(lang).code] * len(contents) if langs is None else langs, context="closed", grounding_id="g",
        evidence=[], provenance={}, generation={}, variety={}, extra={}, replies=[],
    )  # fmt: skip


def passage(lang: str) -> str:
    return "\n".join(section.text for section in load(lang).sample_passage.sections)


def good(language: Language) -> Example:
    wiki = language.wiki
    return row(wiki, f"{language.wording.summarize[0]}\n\n{passage(wiki)}", "\n".join(language.samples[:3]))


def reason(name: str, example: Example, limits: Mapping[str, float] | None = None) -> Reason | None:
    item = find("filter", name)()
    return item.decide(item.measure(example, load(example.lang)), {**item.defaults, **(limits or {})})


@pytest.mark.parametrize("name", FILTERS)
class TestEveryFilter:
    """What makes a class a filter."""

    def test_its_shape(self, name: str) -> None:
        item = find("filter", name)
        assert item.name == name
        assert item.defaults
        assert all(isinstance(limit, int | float) for limit in item.defaults.values())
        assert importlib.import_module(f"charkha.filters.{name}").__doc__

    @pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.wiki)
    def test_a_good_row_passes(self, name: str, language: Language) -> None:
        for example in (good(language), row(language.wiki, language.samples[0], language.samples[1])):
            item = find("filter", name)()
            scores = item.measure(example, language)
            before = list(scores)
            assert all(isinstance(score, Score) and score.name in item.defaults for score in scores)
            assert all(score.message is None or 0 <= score.message < len(example.messages) for score in scores)
            assert item.decide(scores, item.defaults) is None
            assert item.decide(scores, item.defaults) is None
            assert scores == before == item.measure(example, language)

    @settings(deadline=None, max_examples=25)
    @given(st.lists(st.text(max_size=300), min_size=1, max_size=4), st.sampled_from(["ua", "au", "u", "sua"]), st.data())
    def test_it_decides_on_whatever_it_measured(self, name: str, contents: list[str], roles: str, data: st.DataObject) -> None:
        item = find("filter", name)()
        limits = {limit: data.draw(st.floats(0, 2)) for limit in item.defaults}
        found = reason(name, row("hi", *contents, roles=roles), limits)
        assert found is None or (found.code == name and found.detail)


def test_all_together_pass_good_rows_and_say_who_dropped_a_bad_one(tmp_path: Path) -> None:
    made = load_recipe(recipe(tmp_path, ["hi"]))
    for language in LANGUAGES:
        scores = measure(good(language), language, measurers(made))
        assert {score.name.partition(".")[0] for score in scores} == set(FILTERS)
        assert decide("i", "s", scores, filters_of(made)).kept
    scores = measure(row("hi", "क्या?", " "), load("hi"), measurers(made))
    decision = decide("i", "s", scores, filters_of(made))
    assert (decision.kept, decision.reason.code if decision.reason else "") == (False, "empty_turn")
    assert decision.scores == tuple(scores)


HINDI, MARATHI, ENGLISH, TAMIL = passage("hi"), passage("mr"), passage("en"), passage("ta")
LATIN = "yah vaakya hindi mein likha gaya hai lekin lipi romana hai aur isliye ise rakhna theek nahin hoga bilkul bhi kabhi nahin "


@pytest.mark.parametrize(
    ("example", "detail"),
    [
        (row("mr", MARATHI, HINDI), "confidence 0.00 in message 1"),
        (row("hi", MARATHI, HINDI), "in message 0"),
        (row("hi", HINDI, LATIN), "in message 1"),
        (row("hi", HINDI, f"{HINDI[:200]} {ENGLISH[:300]}"), "script 0."),
        (row("hi", HINDI, TAMIL), "in message 1"),
        (row("hi", "what is this?", HINDI), "script 0.00 in message 0"),
        (row("hi", HINDI, "ok"), "script 0.00 in message 1"),
        (row("as", passage("as"), passage("bn")), "in message 1"),
        (row("mr", load("hi").samples[0][:45], load("hi").samples[1][:40]), "margin"),
        (row("ne", load("hi").samples[0][:45], load("hi").samples[1][:40]), "margin"),
        (row("as", load("bn").samples[0][:45], load("bn").samples[1][:40]), "margin"),
        (row("hi", HINDI, HINDI, langs=["hin_Deva", "eng_Latn"]), "in message 1"),
    ],
)
def test_language_drops(example: Example, detail: str) -> None:
    found = reason("language", example)
    assert found is not None
    assert (found.code, found.kind) == ("language", "unsound")
    assert detail in found.detail


@pytest.mark.parametrize(
    "example",
    [
        row("hi", "क्या?", "हाँ।"), row("hi", "1 + 1 = ?", "2"), row("hi", HINDI, "```python\nprint(1)\n```"),
        row("hi", HINDI, ENGLISH, langs=["hin_Deva", "eng_Latn"]), row("hi", HINDI, HINDI, langs=["hi", "hin_Deva"]),
        row("hi", HINDI, f"{HINDI} (Kolam, DNA) $x^2$ https://example.org"), row("hi", HINDI.replace(" ", " \x00"), HINDI),
    ],
)  # fmt: skip
def test_language_keeps(example: Example) -> None:
    assert reason("language", example) is None


def test_a_higher_confidence_drops_more() -> None:
    assert reason("language", row("ne", passage("ne"), passage("ne")), {"confidence": 1.01}) is not None


LOOPING = "राम वन को गए और सीता साथ थीं। " * 3 + "भरत नगर में ही रहे और राज करते थे। लक्ष्मण भी उनके साथ ही चले गए।"
LONG = " ".join(f"शब्द{at % 700}" for at in range(3000))  # 700 distinct of 3000: its ratio is over 0.75
NARROW = " ".join(f"शब्द{at % 90}" for at in range(200)) + " " + " ".join(f"वाक्य{at % 100}" for at in range(1100))


@pytest.mark.parametrize(
    ("example", "detail"),
    [
        (row("hi", "क्या?", "हाँ जी " * 100), "ratio 0.9"),
        (row("hi", HINDI, LOOPING), "40% of message 1's sentences"),
        (row("hi", LOOPING, HINDI), "of message 0's sentences"),
        (row("hi", "क्या?", NARROW), "moving type-token ratio 0.2"),
    ],
)
def test_word_repetition_drops(example: Example, detail: str) -> None:
    found = reason("word_repetition", example)
    assert found is not None
    assert found.code == "word_repetition"
    assert detail in found.detail


def test_a_long_text_is_not_held_to_the_ratio() -> None:
    item = find("filter", "word_repetition")()
    scores = {score.name: score.value for score in item.measure(row("hi", "क्या?", LONG), load("hi"))}
    assert scores["ratio"] > 0.75
    assert reason("word_repetition", row("hi", "क्या?", LONG)) is None
    assert reason("word_repetition", row("hi", "क्या?", LONG), {"mattr": 1.01}) is not None
    narrow = {score.name: score.value for score in item.measure(row("hi", "क्या?", NARROW), load("hi"))}
    assert narrow["length"] > 1000 > 0 < narrow["mattr"] < 0.25
    assert reason("word_repetition", row("hi", "क्या?", NARROW), {"mattr": 0.1}) is None


@pytest.mark.parametrize("text", ["", " \n", "…", "।", "😀 —", "\u200d"])
def test_empty_turn(text: str) -> None:
    found = reason("empty_turn", row("hi", "क्या?", text))
    assert found is not None
    assert (found.code, found.detail) == ("empty_turn", "message 1 has 0 words")
    assert reason("empty_turn", row("hi", "क्या?", "हाँ")) is None
    assert reason("empty_turn", row("hi", "क्या है?", "हाँ"), {"words": 2}) is not None


@pytest.mark.parametrize(
    ("example", "fine"),
    [
        (row("hi", "क", "ख"), True), (row("hi", "क", "ख", "ग", "घ"), True), (row("hi", "क", "ख", "ग", roles="sua"), True),
        (row("hi", "क", "ख", roles="au"), False), (row("hi", "क"), False), (row("hi"), False), (row("hi", "क", "ख", "ग"), False),
        (row("hi", "क", "ख", "ग", "घ", roles="uuaa"), False), (row("hi", "क", "ख", langs=["hin_Deva"]), False),
        (row("hi", "क", roles="s"), False), (row("hi", "क", "ख", "ग", roles="usa"), False),
    ],
)  # fmt: skip
def test_schema(example: Example, fine: bool) -> None:
    found = reason("schema", example)
    assert (found is None) == fine
    assert found is None or (found.code == "schema" and "faults in the roles" in found.detail)


MINE = '''"""mine: drops what is short."""
from charkha.core.records import Reason, Score


class Mine:
    name = "mine"
    defaults = {"least": 1}

    def measure(self, example, language):
        return [Score("least", None, sum(len(message.content) for message in example.messages))]

    def decide(self, scores, limits):
        short = [score for score in scores if score.value < limits["least"]]
        return Reason("mine", f"{short[0].value:.0f} characters") if short else None
'''


def charkha(*arguments: object) -> None:
    """The command line in this process."""
    assert main([str(argument) for argument in arguments]) == 0


def test_a_private_filter_by_path(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(MINE, encoding="utf-8")
    path = recipe(tmp_path, ["hi"], filters={str(tmp_path / "mine.py"): {"least": 10**6}}, targets={"seeds": 3})
    charkha("generate", path, "--out", tmp_path / "run")
    found = stats(tmp_path / "run")["total"]
    assert (found["kept"], set(found["dropped"]) >= {"mine"}) == (0, True)
    charkha("filter", tmp_path / "run", "--set", f"filters={{{tmp_path / 'mine.py'}: false}}")
    assert stats(tmp_path / "run")["total"]["kept"] > 0


@pytest.mark.parametrize(
    ("filters", "word"),
    [({"langage": {}}, "'language'"), ({"language": {"confidense": 1}}, "'confidence'"), ({"none.py": {}}, "none.py")],
)
def test_a_filter_that_is_none(tmp_path: Path, filters: dict[str, Any], word: str) -> None:
    with pytest.raises(RecipeError, match=word):
        filters_of(load_recipe(recipe(tmp_path, ["hi"], filters=filters)))


def test_deciding_again_buys_nothing_and_can_be_taken_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "run"
    with ReplyServer() as server:
        path = recipe(tmp_path, ["hi"], served(server.url), targets={"seeds": 4})
        charkha("generate", path, "--out", out)
        charkha("export", out)
        asked, before = sum(server.asked.values()), {part: rows(out, part) for part in ("examples", "decisions", "dataset")}
        kept = stats(out)["total"]["kept"]
        assert kept >= 6
        capsys.readouterr()
        charkha("filter", out, "--set", "filters.empty_turn.words=100000")
        told = capsys.readouterr().out
        assert f"kept {kept:,} -> 0" in told
        assert f"empty_turn: dropped {kept}" in told
        assert stats(out)["total"]["dropped"]["empty_turn"] == kept
        charkha("export", out)
        assert rows(out, "dataset/summarization") == []
        capsys.readouterr()
        charkha("filter", out, "--set", "filters.empty_turn.words=1")
        assert f"kept 0 -> {kept:,}" in capsys.readouterr().out
        charkha("export", out)
        assert {part: rows(out, part) for part in before} == before
        charkha("generate", path, "--out", out)
        assert sum(server.asked.values()) == asked


def test_changed_limits_in_the_recipe_hold_for_the_rows_that_are_there(tmp_path: Path) -> None:
    charkha("generate", recipe(tmp_path, ["hi"], targets={"seeds": 3}), "--out", tmp_path / "run")
    path = recipe(tmp_path, ["hi"], targets={"seeds": 3}, filters={"empty_turn": {"words": 100_000}})
    charkha("generate", path, "--out", tmp_path / "run")
    assert stats(tmp_path / "run")["total"]["kept"] == 0

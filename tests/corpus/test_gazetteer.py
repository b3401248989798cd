"""Suffixes and names mined from links: what is an ending, what is another word, another spelling or a slip."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charkha.corpus.gazetteer import Miner, Seen, Suffix, entry, fitted, name_of, rule_between
from charkha.text.names import Suffixes

PLACES = "ঢাকা খুলনা বগুড়া কুমিল্লা পাবনা নওগাঁ সাভার নাটোর যশোর রংপুর দিনাজপুর জামালপুর ফরিদপুর সিলেট চাঁদপুর".split()
OPEN, CLOSED = PLACES[:5], PLACES[6:]  # ending in a vowel, and in a consonant


def link(target: str, surface: str, count: int = 1, title: str = "", trail: str = "") -> Seen:
    return Seen(target, title or target, 1, surface, trail, count)


def mined(links: Iterable[Seen], alone: dict[str, int] | None = None) -> dict[tuple[str, str], Suffix]:
    miner = Miner()
    for seen in sorted(links, key=lambda seen: seen.target):
        miner.see(seen)
    candidates = miner.candidates()
    found = miner.suffixes({piece: count for piece, count in (alone or {}).items() if piece in candidates})
    assert [one.links for one in found] == sorted((one.links for one in found), reverse=True)
    return {(one.cut, one.suffix): one for one in found}


def glued(names: list[str], add: str, cut: str = "") -> list[Seen]:
    return [link(name, name.removesuffix(cut) + add) for name in names]


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("শান্তি (চলচ্চিত্র)", "শান্তি"), ("Salem, Tamil Nadu", "Salem"), ("कालीबंगा", "कालीबंगा"), ("حیدر آباد، سندھ", "حیدر آباد"),
        ("(১)", "(১)"), ("আ (ই) উ", "আ (ই) উ"), ("Delhi (disambiguation) ", "Delhi"), (", x", ", x"), ("1,000", "1,000"), ("\u200eমেঘ\u200c", "মেঘ"),
    ],
)  # fmt: skip
def test_the_name_in_a_title(title: str, name: str) -> None:
    assert name_of(title) == name


@pytest.mark.parametrize(
    ("name", "surface", "rule"),
    [
        ("ঢাকা", "ঢাকার", ("", "র")), ("ভারত", "ভারতে", ("", "ে")), ("জগৎ", "জগতের", ("ৎ", "তের")), ("কেরালা", "কেরালা", ("", "")),
        ("കേരളം", "കേരളത്തിൽ", ("ം", "ത്തിൽ")), ("पुणे", "पुण्यात", ("े", "्यात")), ("தமிழ்நாடு", "தமிழ்நாட்டின்", ("ு", "்டின்")),
        ("இராமேஸ்வரம்", "இராமேஸ்வரத்தில்", ("ம்", "த்தில்")), ("آگرہ", "آگرے", ("ہ", "ے")), ("River", "rivers", ("", "s")), ("City", "cities", ("y", "ies")),
        ("ইউনেস্কো", "ইউনেস্কো’র", ("", "'র")), ("ইউনেস্কো", "ইউনেস্কো-র", ("", "-র")), ("ভারত", "ভারতে\u200c", ("", "ে")),
        ("ঢাকা", "ঢাকা জেলা", None), ("ঢাকা", "ঢাকাের", None), ("বোর্নিও", "বোর্নিওেের", None), ("ঢাকা", "খুলনার", None), ("ঢাকা", "ঢাকা(শহর)", None),
        ("চা", "চায়ের", None), ("मद्रास", "मदर", None), ("প্রতিসরণ", "প্রতিসরিত", None), ("ব্যাটিং", "ব্যাটসম্যান", None), ("ভারত", "ভারতপ্রজাতন্ত্রীকরণবাদেরসহ", None),
        ("রয", "রয়ে", None),
    ],
)  # fmt: skip
def test_the_rule_between_a_name_and_what_a_link_shows(name: str, surface: str, rule: tuple[str, str] | None) -> None:
    assert rule_between(name, surface) == rule


def test_what_stands_behind_many_names_is_a_suffix() -> None:
    found = mined([*glued(OPEN, "র"), *glued(CLOSED, "ের"), *glued(CLOSED[:2], "খানা"), link("ঢাকা", "ঢাকা", 9)])
    assert set(found) == {("", "র"), ("", "ের")}
    assert (found["", "র"].links, found["", "র"].titles) == (5, 5)
    assert found["", "ের"].examples[0] == {"name": "চাঁদপুর", "surface": "চাঁদপুরের"}
    assert len(found["", "ের"].examples) == 3
    assert not found["", "ের"].parts  # more frequent than what it could be a stack of


def test_a_title_counts_once() -> None:
    twice = [seen for name in OPEN for seen in (link(name, f"{name}র", 2), link(name, f"{name}র", 3, trail="র"))]
    assert [(found.links, found.titles) for found in mined(twice).values()] == [(25, 5)]


def test_many_links_of_few_names_are_none() -> None:
    assert not mined([link("ঢাকা", "ঢাকাই", 900), link("খুলনা", "খুলনাই", 900)])
    assert len(mined([link(name, name + "ই") for name in OPEN[:3]])) == 1


def test_a_stack_of_productive_suffixes_may_be_rarer() -> None:
    plural = [*glued(CLOSED[:6], "গুলি"), *glued(OPEN, "গুলি"), *glued(OPEN, "র"), *glued(CLOSED[:2], "গুলির"), *glued(CLOSED[:2], "খানার")]
    found = mined(plural)
    assert found["", "গুলির"].parts == ["গুলি", "র"]
    assert found["", "গুলির"].titles == 2
    assert ("", "খানার") not in found
    whole = mined([*glued(CLOSED, "দের"), *glued(CLOSED[:5], "দে"), *glued(OPEN, "র")])
    assert not whole["", "দের"].parts  # more frequent than either: a suffix of its own
    assert ("", "রর") not in mined([*plural, *glued(OPEN[:2], "রর")])  # one suffix twice is a slip


def test_a_word_of_its_own_is_no_suffix() -> None:
    links = [*glued(CLOSED, "জেলা"), *glued(CLOSED, "জেলার"), *glued(OPEN, "র"), *glued(CLOSED, "দের")]
    assert set(mined(links, {"জেলা": 40, "র": 500, "দের": 8})) == {("", "র"), ("", "দের")}  # a single letter is a letter's article
    assert set(mined(links, {"জেলা": 3})) >= {("", "জেলা"), ("", "জেলার")}


def test_a_changed_ending_is_a_rule_where_names_change_it() -> None:
    states = "കേരളം തിരുവനന്തപുരം കൊല്ലം കോട്ടയം എറണാകുളം".split()
    found = mined([*glued(states, "ത്തിൽ", "ം"), *glued(states[:3], "ത്തിന്റെ", "ം"), *glued(["കൊച്ചി", "ആലപ്പുഴ", "ഇന്ത്യ"], "യിൽ")])
    assert set(found) == {("ം", "ത്തിൽ"), ("ം", "ത്തിന്റെ"), ("", "യിൽ")}


def test_another_spelling_is_no_rule() -> None:
    end_i = [f"{name}ি" for name in CLOSED]
    kept = [*glued(end_i, "র"), *glued(end_i, "তে"), *glued(end_i, "কে"), *glued(end_i, "ও")]
    assert ("ি", "ী") not in mined([*kept, *glued(end_i[:3], "ী", "ি")])  # most names with this ending keep it
    end_ii = [f"{name}ী" for name in CLOSED]
    both = [*glued(end_i, "ী", "ি"), *glued(end_ii, "ি", "ী"), *glued(end_i[:5], "ীর", "ি")]
    assert not mined(both)  # seen both ways
    assert ("ি", "ী") in mined(glued(end_i, "ী", "ি"))


def test_what_is_glued_on_outside_of_a_piped_link_counts() -> None:
    piped = [link(f"{name} জেলা", f"{name}র", trail="র") for name in OPEN]
    assert set(mined(piped)) == {("", "র")}


def test_names_come_through_redirects_and_without_brackets() -> None:
    through = [link(f"{name} মহানগর", f"{name}র", title=f"{name} (শহর)") for name in OPEN]
    assert set(mined(through)) == {("", "র")}


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("charkha.corpus.gazetteer.ROOM", 10)
    junk = [link("ঢাকা", f"ঢাকা{letter}{sign}") for letter in "কখগঘঙচছজঝঞট" for sign in "ািীুূ"]
    assert set(mined([*junk, *glued(OPEN, "র")])) == {("", "র")}


def test_an_entry_tells_forms_from_other_names() -> None:
    rules = Suffixes([("", "র"), ("", "কে")])
    made = entry([link("ঢাকা (শহর)", "ঢাকা", 5), link("ঢাকা (শহর)", "ঢাকার", 3), link("ঢাকা (শহর)", "রাজধানী", 2), link("ঢাকা (শহর)", "ঢাকনা")], rules)
    assert (made.name, made.title, made.redirect, made.links, made.bare, made.inflected) == ("ঢাকা", "ঢাকা (শহর)", False, 11, 5, 3)
    assert made.forms == [{"form": "ঢাকা", "count": 5}, {"form": "ঢাকার", "count": 3}]
    assert made.aliases == [{"form": "রাজধানী", "count": 2}, {"form": "ঢাকনা", "count": 1}]
    assert entry([link("জাহাঙ্গীরনগর", "জাহাঙ্গীরনগর", title="ঢাকা")], rules).redirect


WORDS = st.text(st.sampled_from("কখগরতািীুেৎংয়Aay s'"), min_size=1, max_size=9).map(str.strip).filter(bool)


@given(WORDS, WORDS, st.integers(0, 3))
def test_a_rule_makes_the_surface_of_the_name(name: str, rest: str, lost: int) -> None:
    surface = name[: len(name) - lost] + rest
    rule = rule_between(name, surface)
    if rule is not None:
        cut, add = rule
        assert fitted(name, surface).endswith(cut)
        assert fitted(name, surface)[: len(name) - len(cut)] + add == surface.strip()
    assert rule_between(name, name) in (None, ("", ""))

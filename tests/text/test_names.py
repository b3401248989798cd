"""Which word is a form of which name: in every language, and no word that only begins alike."""

from __future__ import annotations

import unicodedata
from os.path import commonprefix
from pathlib import Path

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from charkha.core.tables import GAZETTEER, SUFFIXES, write_table
from charkha.languages import load, load_all
from charkha.text import names as text_names
from charkha.text.names import LEAST, Names, Suffixes, displayed, is_ending, same_name, suffixes_of, teach
from charkha.text.words import fold, graphemes, words

HERE = Path(__file__).parent
INFLECTED = yaml.safe_load((HERE / "inflected.yaml").read_text(encoding="utf-8"))
HELD_BACK = [line.split("|") for line in (HERE / "held_back_bn.txt").read_text(encoding="utf-8").splitlines() if line[0] != "#"]
PAIRS = [(lang, *pair.split("|")) for lang, told in INFLECTED.items() for pair in told["same"]]
APART = [(lang, *pair.split("|")) for lang, told in INFLECTED.items() for pair in told["different"]]


def suffixes(lang: str) -> Suffixes:
    rules = [rule.rpartition(">") for rule in INFLECTED[lang]["suffixes"]]
    return Suffixes((cut, add) for cut, _, add in rules)


SUFFIXES_OF = {lang: suffixes(lang) for lang in INFLECTED}


def test_every_language_has_its_list() -> None:
    assert set(INFLECTED) == {language.wiki for language in load_all()} - {"yo"}
    assert all(len(told["same"]) >= 8 and len(told["different"]) >= 4 for told in INFLECTED.values())


@pytest.mark.parametrize(("lang", "form", "name"), PAIRS)
def test_a_form_is_its_name(lang: str, form: str, name: str) -> None:
    assert same_name(form, name, SUFFIXES_OF[lang])


@pytest.mark.parametrize(("lang", "form", "name"), APART)
def test_another_word_is_not(lang: str, form: str, name: str) -> None:
    assert not same_name(form, name, SUFFIXES_OF[lang])


@pytest.mark.parametrize("lang", INFLECTED)
def test_no_form_is_another_name(lang: str) -> None:
    pairs = [pair.split("|") for pair in INFLECTED[lang]["same"]]
    wrong = [(f, n) for f, own in pairs for _, n in pairs if n != own and same_name(f, n, SUFFIXES_OF[lang])]
    assert not wrong


@pytest.mark.parametrize(
    ("form", "name"), [("தமிழ்நாட்டின்", "தமிழ்நாடு"), ("पुण्यात", "पुणे"), ("കേരളത്തിൽ", "കേരളം"), ("आगरे", "आगरा"), ("ঢাকার", "ঢাকা")]
)
def test_without_an_inventory_a_shared_prefix_decides(form: str, name: str) -> None:
    assert same_name(form, name, Suffixes())


@pytest.mark.parametrize(("form", "name"), [("महाराजा", "महाराष्ट्र"), ("পদ", "পদ্মা"), ("রা", "রাম"), ("", "রাম"), ("রাম", ""), ("।", "।।")])
def test_without_an_inventory_not_everything_goes(form: str, name: str) -> None:
    assert not same_name(form, name, Suffixes())


def test_names_of_several_words_are_compared_word_by_word() -> None:
    bengali = SUFFIXES_OF["bn"]
    assert same_name("ভারতের জাতীয় সঙ্গীতকে", "ভারত জাতীয় সঙ্গীত", bengali)
    assert not same_name("রবীন্দ্রনাথের", "রবীন্দ্রনাথ ঠাকুর", bengali)
    assert not same_name("রবীন্দ্রনাথ ঠাকুরবাড়ি", "রবীন্দ্রনাথ ঠাকুর", bengali)


@pytest.mark.parametrize(("form", "name"), HELD_BACK)
def test_held_back_names(form: str, name: str) -> None:
    assert same_name(form, name, SUFFIXES_OF["bn"])
    assert sum(same_name(form, other, SUFFIXES_OF["bn"]) for _, other in HELD_BACK) == 1


@pytest.mark.parametrize("piece", ["", "ം", "ு", "ம்", "ৎ", "ൻ", "ہ", "ा", "y", "ड़्"])
def test_what_a_stem_may_lose(piece: str) -> None:
    assert is_ending(piece)


@pytest.mark.parametrize("piece", ["ণ", "ন্ত্র", "दी", "ற", "ing", "িং"])
def test_what_no_stem_loses(piece: str) -> None:
    assert not is_ending(piece)


def test_what_a_suffix_stands_behind_matters() -> None:
    assert same_name("मराठों", "मराठा", Suffixes([("ा", "ों")]))
    assert not same_name("राजपूतों", "राजपूत", Suffixes([("ा", "ों")]))  # a rule for one ending is none for all
    assert not same_name("ভারের", "ভারত", SUFFIXES_OF["bn"])  # a consonant with its vowel is no ending


def test_stripping() -> None:
    bengali, (old, new) = SUFFIXES_OF["bn"], ("കേരളത്തില്\u200d", "കേരളത്തിൽ")
    found = [bengali.strip(form) for form in ("শহরগুলির", "জগতের", "মার")]
    assert found == [["শহরগুলি"], ["জগতে", "জগত", "জগৎ"], []]  # of the last one grapheme would be left
    assert bengali.stems("শহরগুলির") == ("শহরগুলির", "শহরগুলি", "শহর")
    assert SUFFIXES_OF["ml"].strip(old) == SUFFIXES_OF["ml"].strip(new) != []
    assert not any(Suffixes().strip(form) for form in (old, "ঢাকার"))
    assert "ের" in bengali
    assert "না" not in bengali
    assert not Suffixes()


FORMS = st.sampled_from([pair[1:] for pair in PAIRS])
LANGS = st.sampled_from(sorted(INFLECTED))
SCRIPTS = st.text(st.sampled_from([chr(point) for point in range(0x900, 0xD80)] + list("\u200c\u200d ايكۂئےہaÉé.'-")), max_size=14)


@given(LANGS, st.text() | SCRIPTS, st.text() | SCRIPTS)
def test_any_text_can_be_asked(lang: str, form: str, name: str) -> None:
    found = same_name(form, name, SUFFIXES_OF[lang])
    assert same_name(unicodedata.normalize("NFD", form), unicodedata.normalize("NFD", name), SUFFIXES_OF[lang]) == found
    assert same_name(name, name, SUFFIXES_OF[lang]) == bool(fold(name))


@given(st.sampled_from(PAIRS), st.integers(0, 4), st.data())
def test_two_words_that_are_one_share_most_of_the_name(pair: tuple[str, str, str], lost: int, data: st.DataObject) -> None:
    lang, name = pair[0], words(fold(pair[2]))[-1]
    rest = data.draw(st.sampled_from([words(fold(form))[-1][at:] for own, form, _ in PAIRS if own == lang for at in range(1, 6)]))
    form = name[: len(name) - lost] + rest
    if same_name(form, name, SUFFIXES_OF[lang]) and name not in SUFFIXES_OF[lang].stems(form):
        shared = graphemes(commonprefix([fold(form), name]))
        assert len(shared) >= max(LEAST, 0.6 * len(graphemes(name)))


@given(LANGS, st.text() | SCRIPTS)
def test_a_stem_begins_as_its_form_and_is_never_a_letter(lang: str, form: str) -> None:
    for stem in SUFFIXES_OF[lang].strip(form):
        assert len(graphemes(stem)) >= LEAST
        assert stem[0] == fold(form)[0]
        assert same_name(form, stem, SUFFIXES_OF[lang])


@given(st.sampled_from(PAIRS), st.data())
def test_a_suffix_glued_on_is_taken_off(pair: tuple[str, str, str], data: st.DataObject) -> None:
    lang, _, name = pair
    add = data.draw(st.sampled_from([rule for rule in INFLECTED[lang]["suffixes"] if ">" not in rule] or [""]))
    assume(add and fold(name + add) == fold(name) + fold(add))
    assert fold(name) in SUFFIXES_OF[lang].strip(name + add)
    assert same_name(name + add, name, SUFFIXES_OF[lang])


def test_a_gazetteer_finds_what_it_saw_and_what_suffixes_lead_to() -> None:
    names = Names([("ঢাকা", ["ঢাকায়"]), ("রবীন্দ্রনাথ ঠাকুর", ["কবিগুরু"]), ("ঢাকায়", [])], SUFFIXES_OF["bn"])
    assert names.find("ঢাকায়") == "ঢাকা"  # the first that has it
    assert names.find("ঢাকাকেও") == "ঢাকা"
    assert names.find("কবিগুরুর") == "রবীন্দ্রনাথ ঠাকুর"
    assert names.find("ঢাকনা") is None
    assert names.was_seen("ঢাকায়")
    assert not names.was_seen("ঢাকাকেও")
    assert len(names) == 4


def test_a_gazetteer_is_read_from_its_tables(tmp_path: Path) -> None:
    row = {"title": "", "page_id": 0, "redirect": False, "bare": 0, "inflected": 0}
    seen = [{"form": "ঢাকায়", "count": 2}]
    write_table(tmp_path / "gazetteer.parquet", GAZETTEER, [{**row, "name": "ঢাকা", "links": 3, "forms": seen, "aliases": []}, {**row, "name": "খুলনা", "links": 1, "forms": [], "aliases": []}])
    write_table(tmp_path / "suffixes.parquet", SUFFIXES, [{"suffix": "র", "cut": "", "links": 1, "titles": 1, "parts": [], "examples": []}])
    assert Names.load(tmp_path).find("খুলনার") == "খুলনা"
    assert Names.load(tmp_path, least=2).find("খুলনার") is None
    assert Names.load(tmp_path, least=2).find("ঢাকায়") == "ঢাকা"


def test_a_language_is_taught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_names, "_taught", {})
    assert not suffixes_of(load("bn"))
    teach(load("bn"), SUFFIXES_OF["bn"])
    assert suffixes_of(load("bn")) is SUFFIXES_OF["bn"]
    assert not suffixes_of(load("hi"))


def test_a_sign_alone_stands_on_a_circle() -> None:
    assert displayed("ের") == "\u25ccের"
    assert displayed("র") == "র"
    assert displayed("") == ""

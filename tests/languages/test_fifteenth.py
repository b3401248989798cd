"""A fifteenth language is one file: Yoruba (yoruba/yo.yaml), which no identifier here knows well, takes every step of the demo."""

from __future__ import annotations

import importlib.util
import inspect
import json
import os
import shutil
import unicodedata
from collections import Counter
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import test_conformance

from charkha.core.errors import RecipeError
from charkha.corpus.dump import Tally
from charkha.corpus.pages import read_pages
from charkha.corpus.wikitext import parse
from charkha.languages import Language, load
from charkha.tasks.soundness import language_of
from charkha.text import identify
from charkha.text.identify import CharModel, vote
from charkha.text.numbers import numbers
from charkha.text.script import script_share
from charkha.text.sentences import sentences
from charkha.text.words import fold, graphemes, words
from runs import TASKS, charkha, recipe, rows, stats
from servers import MODEL, ReplyServer

YORUBA = Path(__file__).parent / "yoruba"
ROOT = YORUBA.parent.parent.parent
SAMPLE = ROOT / "sample"
WAYS = ["by path", "by folder"]
NATIVE = 'lang="yo" dir="ltr">Yorùbá<'  # the heading of its rows in a report
CONFORMANCE = [
    test
    for name, test in vars(test_conformance).items()
    if name.startswith("test_") and "language" in inspect.signature(test).parameters
]
ENGLISH = (
    "The women of the town boil the leaves in large pots for several days, and everyone knows that the colour becomes deeper "
    "each time the cloth is dipped. Traders from the coast used to buy whatever was finished before the rains began. Today "
    "most of the work is sold in the city market, where young designers have started to use the old patterns again."
)
HINDI = (
    "गाँव की औरतें पत्तियों को बड़े बर्तनों में कई दिन तक उबालती हैं और हर बार कपड़ा डुबोने पर रंग गहरा होता जाता है। "
    "व्यापारी बारिश शुरू होने से पहले तैयार माल ख़रीद लेते थे। आजकल ज़्यादातर काम शहर के बाज़ार में बिकता है, जहाँ नए कारीगर "
    "पुराने नमूनों को फिर से अपनाने लगे हैं।"
)


def _packer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("pack_sample", ROOT / "tools" / "pack_sample.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _dump(folder: Path, *more: Path) -> Path:
    """A folder with a dump of yoruba/*.wikitext and of `more`, pages of other languages that stand in the same wiki."""
    pages, dumps = folder / "wikitext", folder / "dumps"
    pages.mkdir()
    dumps.mkdir()
    for path in [*YORUBA.glob("*.wikitext"), *more]:
        shutil.copy(path, pages / path.name)
    data = _packer().pack(load(YORUBA / "yo.yaml"), pages)
    (dumps / "yowiki-20261101-pages-articles.xml.bz2").write_bytes(data)
    return dumps


@pytest.fixture
def dumps(tmp_path: Path) -> Path:
    return _dump(tmp_path)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """The language file in a folder of its own, as a user keeps it."""
    folder = tmp_path / "mine"
    folder.mkdir()
    shutil.copy(YORUBA / "yo.yaml", folder)
    return folder / "yo.yaml"


@pytest.fixture
def yoruba(monkeypatch: pytest.MonkeyPatch) -> Language:
    monkeypatch.setenv("CHARKHA_LANGUAGES", str(YORUBA))
    return load("yo")


def _named(way: str, own: Path) -> tuple[str, dict[str, str]]:
    """What --lang is given, and the environment, for a file that is found `way`."""
    if way == "by path":
        return str(own), dict(os.environ)
    return "yo", {**os.environ, "CHARKHA_LANGUAGES": str(own.parent)}


def _texts(language: Language, dump: Path) -> list[str]:
    pages = read_pages(next(dump.glob("*.xml.bz2")), language, Tally())
    return [page.text for page in pages if page.text and not page.disambiguation]


def _kept(run: Path) -> Counter[str]:
    return Counter({cell["subset"]: cell["kept"] for cell in stats(run)["cells"] if cell["lang"] == "yo"})


def _paragraphs(texts: list[str]) -> list[str]:
    return [part for text in texts for part in text.split("\n") if len(part) >= 100]


# --- the demo's whole path -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=WAYS)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A finished run of the demo, and the environment it was made in; by the file's path, and by its folder and code."""
    folder = tmp_path_factory.mktemp("yo")
    (folder / "mine").mkdir()
    shutil.copy(YORUBA / "yo.yaml", folder / "mine")
    name, env = _named(request.param, folder / "mine" / "yo.yaml")
    env["CHARKHA_OFFLINE"] = "1"
    charkha("demo", "--lang", name, "--dumps", _dump(folder), "--out", folder / "run", env=env)
    return folder / "run", env


def test_the_demo_writes_rows_of_every_subset(made: tuple[Path, dict[str, str]]) -> None:
    run, _ = made
    kept = _kept(run)
    assert set(kept) == set(TASKS)
    assert all(kept[task] >= 1 for task in TASKS), kept
    for task in TASKS:
        assert [path.name.startswith("yor_Latn-") for path in (run / "dataset" / task).glob("*.parquet")] == [True]
    assert {code for row in rows(run, "dataset/dialog_gen") for code in row["message_langs"]} == {"yor_Latn"}
    assert NATIVE in (run / "report.html").read_text(encoding="utf-8")
    assert "yor_Latn" in (run / "dataset" / "README.md").read_text(encoding="utf-8")
    assert (run / "passages" / "yo" / "characters.json").exists()


@pytest.mark.slow
def test_a_finished_run_decides_again(made: tuple[Path, dict[str, str]], tmp_path: Path) -> None:
    run, env = tmp_path / "run", made[1]
    shutil.copytree(made[0], run)
    before = _kept(run).total()
    charkha("filter", run, "--set", "filters.language.confidence=1.1", env=env)
    assert _kept(run).total() == 0
    charkha("filter", run, "--set", "filters.language.confidence=0.75", env=env)
    assert _kept(run).total() == before
    charkha("export", run, env=env)
    charkha("report", run, env=env)
    assert NATIVE in (run / "report.html").read_text(encoding="utf-8")


def test_why_tells_of_a_row(made: tuple[Path, dict[str, str]]) -> None:
    run, env = made
    row = rows(run)[0]
    told = charkha("why", row["id"][:12], "--run", run, env=env).stdout
    assert "language.confidence" in told
    assert row["messages"][-1]["content"] in told


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("task", TASKS)
def test_prompts_show_its_passage(task: str, way: str, own: Path) -> None:
    name, env = _named(way, own)
    said = charkha("prompt", task, "--lang", name, env=env).stdout
    assert "Dùndún jẹ́ ìlù kan tí àwọn Yorùbá ń lò láti sọ̀rọ̀." in said
    assert "Yoruba" in said


def test_it_is_listed(own: Path) -> None:
    _, env = _named("by folder", own)
    line = next(line for line in charkha("languages", env=env).stdout.splitlines() if line.startswith("yo "))
    assert "yor_Latn" in line
    assert "its own pages" in line
    assert "Yorùbá" in line


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_beside_hindi_in_one_recipe(way: str, own: Path, dumps: Path, tmp_path: Path) -> None:
    name, env = _named(way, own)
    hindi = next((ROOT / "src" / "charkha" / "sample").glob("hiwiki-*.xml.bz2"))
    source = {"dumps": {"hi": str(hindi), "yo": str(next(dumps.iterdir()))}}
    path = recipe(tmp_path, ["hi"], languages=["hi", name], source=source, targets={"rows": 1})
    charkha("run", path, "--out", tmp_path / "run", env=env)
    cells = stats(tmp_path / "run")["cells"]
    assert {(cell["lang"], cell["subset"]) for cell in cells if cell["kept"]} == {*product(("hi", "yo"), TASKS)}


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_with_a_model(way: str, own: Path, dumps: Path, tmp_path: Path) -> None:
    name, env = _named(way, own)
    run = tmp_path / "run"
    with ReplyServer() as server:
        to_model = ("--model", MODEL, "--base-url", server.url, "--rows", 2)
        charkha("demo", "--lang", name, "--dumps", dumps, "--out", run, *to_model, env=env)
    assert max(server.asked.values()) == 1
    kept = _kept(run)
    assert all(kept[task] >= 1 for task in TASKS), kept
    assert {row["generation"]["kind"] for row in rows(run, "dataset/summarization")} == {"model"}
    assert "language" not in stats(run)["total"]["dropped"]


# --- what is not Yoruba ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("foreign", [ENGLISH, HINDI], ids=["en", "hi"])
def test_a_model_that_answers_in_another_language_is_dropped(
    foreign: str, own: Path, dumps: Path, tmp_path: Path
) -> None:
    def write(body: Mapping[str, Any]) -> str:
        said = {"unanswerable": False, "instruction": foreign[:90], "summary": foreign, "key_points": [1, 8, 15]}
        return json.dumps(said, ensure_ascii=False)

    source = {"dumps": {"yo": str(next(dumps.iterdir()))}}
    with ReplyServer(write) as server:
        writer = {"kind": "openai_compatible", "base_url": server.url, "model": MODEL}
        path = recipe(
            tmp_path, ["hi"], writer, languages=[str(own)], source=source, tasks=["summarization"], targets={"rows": 1},
            max_uses_per_passage=1,
        )  # fmt: skip
        charkha("run", path, "--out", tmp_path / "run")
    total = stats(tmp_path / "run")["total"]
    assert total["attempted"] >= 4
    assert total["kept"] == 0
    assert total["dropped"] == {"language": total["attempted"]}


@pytest.mark.slow
def test_english_pages_of_its_wiki_do_not_become_yoruba_rows(own: Path, tmp_path: Path) -> None:
    english = tmp_path / "english"
    english.mkdir()
    for path in (SAMPLE / "en").glob("0[1-3]-*.wikitext"):
        shutil.copy(path, english / f"2{path.name}")  # a number of its own in the dump
    run = tmp_path / "run"
    charkha("demo", "--lang", own, "--dumps", _dump(tmp_path, *english.iterdir()), "--out", run, "--rows", 8, code=None)
    kept = [message["content"] for task in TASKS for row in rows(run, f"dataset/{task}") for message in row["messages"]]
    assert any("Ọ̀ṣun" in text for text in kept)
    assert [text[:60] for text in kept if " the " in text] == []


@pytest.mark.parametrize("left_out", range(4))
def test_pages_it_did_not_learn_from_are_yoruba_and_english_and_hindi_are_not(
    left_out: int, yoruba: Language, dumps: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = _texts(yoruba, dumps)
    monkeypatch.setattr(identify, "_taught", {})
    identify.teach(yoruba, CharModel.train(texts[:left_out] + texts[left_out + 1 :], yoruba))
    for part in _paragraphs([texts[left_out]]):
        assert vote(part, yoruba).confidence > 0.95
        assert vote(unicodedata.normalize("NFD", part), yoruba).confidence > 0.95
        assert language_of([part], yoruba) is None
    for code in ("en", "hi"):
        packed = ROOT / "src" / "charkha" / "sample"
        pages = read_pages(next(packed.glob(f"{code}wiki-*.xml.bz2")), load(code), Tally())
        for part in _paragraphs([page.text for page in pages]):
            assert vote(part, yoruba).confidence < 0.75, part[:80]
            assert language_of([part], yoruba) is not None
    identify._vote.cache_clear()


# --- text ------------------------------------------------------------------------------------------------------------


def test_combining_marks_are_of_its_script(yoruba: Language, dumps: Path) -> None:
    for text in _texts(yoruba, dumps):
        assert script_share(text, yoruba) == 1.0
        assert script_share(unicodedata.normalize("NFD", text), yoruba) == 1.0
    assert script_share("ẹ́ ọ̀ ṣ ń m̀ ǹ", yoruba) == 1.0
    assert script_share("ẹ̀kọ́ पाठ", yoruba) < 0.7


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_marked_vowels_stay_in_one_piece(form: str) -> None:
    text = unicodedata.normalize(form, "Ọ̀ṣun ń ṣàn, ẹ́ẹ̀dẹ́gbẹ̀ta ọmọ sì wẹ̀ ní Ọ̀ṣogbo.")
    expected = ["Ọ̀ṣun", "ń", "ṣàn", "ẹ́ẹ̀dẹ́gbẹ̀ta", "ọmọ", "sì", "wẹ̀", "ní", "Ọ̀ṣogbo"]
    assert [unicodedata.normalize("NFC", word) for word in words(text)] == expected
    assert len(graphemes(unicodedata.normalize(form, "ẹ́"))) == len(graphemes(unicodedata.normalize(form, "ọ̀"))) == 1
    assert len(graphemes(unicodedata.normalize(form, "ọ̀ṣun"))) == 4


def test_either_normal_form_compares_equal_and_tones_do_not_vanish() -> None:
    for text in ("Ọdún Ọ̀ṣun-Òṣogbo", "ẹ́ ọ̀ ǹ ḿ", "Ẹ̀KỌ́"):
        assert fold(unicodedata.normalize("NFD", text)) == fold(text) == fold(text.lower())
    assert fold("e\u0301\u0323") == fold("ẹ\u0301")  # the marks in either order
    assert len({fold(word) for word in ("ọkọ", "ọkọ̀", "ọkọ́", "oko")}) == 4  # husband, vehicle, hoe, farm


def test_sentences_end_where_they_end(yoruba: Language) -> None:
    text = "Ọ̀gb. Ọlá dé ní aago 3.30 lónìí. Ta ni ó rí i? A. K. Ayé ni. Ẹ kú iṣẹ́! Wọ́n jẹ ẹ́."
    assert sentences(text, yoruba) == [
        "Ọ̀gb. Ọlá dé ní aago 3.30 lónìí.", "Ta ni ó rí i?", "A. K. Ayé ni.", "Ẹ kú iṣẹ́!", "Wọ́n jẹ ẹ́.",
    ]  # fmt: skip
    assert [int(value) for value in numbers("Ní ọdún 1935, ènìyàn 12,500 wá.")] == [1935, 12500]


def test_a_word_of_one_small_letter_ends_a_sentence(yoruba: Language) -> None:
    assert sentences("Wọ́n rí i. Ó gbà á. Mo ṣe é. Ó tán.", yoruba) == ["Wọ́n rí i.", "Ó gbà á.", "Mo ṣe é.", "Ó tán."]


def test_its_file_names_its_wiki_s_templates(own: Path) -> None:
    own.write_text(own.read_text(encoding="utf-8") + '\ntemplates: {convert: [yípadà], infobox: [àpótí]}\n', encoding="utf-8")
    parsed = parse("{{Àpótí ìlú\n| orúkọ = Kétu\n}}Ó jìn tó {{Yípadà|5|km|mi}}.", load(own))
    assert (parsed.text, parsed.infobox) == ("Ó jìn tó 5 km.", {"orúkọ": "Kétu"})


def test_a_rule_that_is_none_is_refused(own: Path) -> None:
    own.write_text(own.read_text(encoding="utf-8") + "\ntemplates: {konvert: [yípadà]}\n", encoding="utf-8")
    with pytest.raises(RecipeError, match="templates.konvert"):
        load(own)


# --- the file --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("test", CONFORMANCE, ids=lambda test: test.__name__)
def test_the_conformance_suite_passes_over_it(test: Any, yoruba: Language) -> None:
    test(yoruba)


def test_its_wiki_s_own_names_are_read(yoruba: Language, dumps: Path) -> None:
    pages = {page.title: page for page in read_pages(next(dumps.iterdir()), yoruba, Tally())}
    page = pages["Gèlèdé"]
    assert page.categories == ["Ijó Yorùbá", "Àṣà Yorùbá"]
    assert all(
        said not in page.text
        for said in ("Fáìlì", "thumb", "Ẹ̀ka:", "reflist", "Ẹ tún wo", "Àwọn ìtọ́kasí", "UNESCO Heritage")
    )
    assert "tó wúwo tó 5 kg" in page.text
    assert pages["Ọdún Ọ̀ṣun"].redirect_to == "Ọdún Ọ̀ṣun-Òṣogbo"
    assert pages["Ọ̀ṣun"].disambiguation
    for title in ("Adìrẹ", "Àmàlà", "Ọdún Ọ̀ṣun-Òṣogbo", "Gèlèdé"):
        assert len(words(pages[title].text)) >= 300


def test_its_files_are_in_nfc() -> None:
    for path in YORUBA.iterdir():
        assert unicodedata.is_normalized("NFC", path.read_text(encoding="utf-8")), path.name

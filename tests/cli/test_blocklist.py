"""A benchmark's own files become a blocklist: every schema in miniature, bad files, texts matched with a run, and the list put to use."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from charkha.stages.sources import Blocklist
from runs import charkha, dump_of, one_line, rows

QAS = [{"question": "क्या?", "id": "1", "answers": [{"text": "ख", "answer_start": 3}]}]


def put(path: Path, content: Any) -> Path:
    """Writes rows in the format that the file's name says, or a document or raw text."""
    if isinstance(content, str | bytes):
        path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    elif path.suffix == ".json":
        path.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in content), encoding="utf-8")
    elif path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(content), path)
    else:
        with path.open("w", encoding="utf-8", newline="") as file:
            table = csv.DictWriter(file, list(content[0]), delimiter="\t" if path.suffix == ".tsv" else ",")
            table.writeheader()
            table.writerows(content)
    return path


def listed(tmp_path: Path, *flags: object, code: int = 0) -> tuple[set[tuple[str, str]], str]:
    """Runs the verb; returns (wiki, title | page id | item) of every entry, and what was said."""
    done = charkha("blocklist", *flags, "--out", tmp_path / "blocklist.jsonl", code=code)
    entries = [json.loads(line) for line in (tmp_path / "blocklist.jsonl").read_text(encoding="utf-8").splitlines()]
    assert all(entry["source"] for entry in entries)
    Blocklist.read([tmp_path / "blocklist.jsonl"])
    pages = {(entry.get("lang", ""), str(entry.get("title") or entry.get("page_id") or entry["wikidata_id"])) for entry in entries}
    return pages, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("text", "pages"),
    [
        ("https://hi.wikipedia.org/wiki/%E0%A4%95%E0%A4%AC%E0%A5%80%E0%A4%B0#%E0%A4%9C", {("hi", "कबीर")}),
        ("http://hi.m.wikipedia.org/wiki/संत_कबीर?action=raw", {("hi", "संत कबीर")}),
        ("https://en.wikipedia.org/w/index.php?title=kabir_(film)&oldid=12", {("en", "Kabir (film)")}),
        ("https://ta.wikipedia.org/?curid=77", {("ta", "77")}),
        ("https://en.wikipedia.org/w/index.php?oldid=12", set()),
        ("https://en.wikipedia.org/wiki/Ph.D.", {("en", "Ph.D.")}),
        ("See (https://en.wikipedia.org/wiki/Ph.D.), and en.wikipedia.org/wiki/AC/DC!", {("en", "Ph.D"), ("en", "AC/DC")}),
        ("https://en.wikipedia.org/wiki/A,_B,https://fr.wikipedia.org/wiki/C;https://simple.wikipedia.org/wiki/D", {("en", "A, B"), ("fr", "C"), ("simple", "D")}),
        ("['https://en.wikipedia.org/wiki/Rubik's_Cube', 'https://en.wikipedia.org/wiki/2001:_A_Space_Odyssey']", {("en", "Rubik's Cube"), ("en", "2001: A Space Odyssey")}),
        ("https://hi.wikipedia.org/wiki/श्रेणी:संत https://fr.wikipedia.org/wiki/Category:X https://en.wikipedia.org/wiki/Talk:K", set()),
        ("https://www.wikidata.org/wiki/Q42 and http://www.wikidata.org/entity/q7", {("", "Q42"), ("", "Q7")}),
        ("https://www.wikipedia.org/ https://en.wikinews.org/wiki/A https://notwikipedia.org/wiki/A https://x.y-wikipedia.org/wiki/A", set()),
        ("https://qqq.wikipedia.org/wiki/A https://en.wikipedia.org/wiki/%FF https://en.wikipedia.org/wiki/" + "a" * 300, set()),
        ("https://hi.wikipedia.org/wiki/क\u093c", {("hi", "क\u093c")}),  # NFC leaves it apart
    ],
)  # fmt: skip
def test_addresses_in_any_field(tmp_path: Path, text: str, pages: set[tuple[str, str]]) -> None:
    other = {"url": "https://en.wikipedia.org/wiki/Other"}
    found, said = listed(tmp_path, put(tmp_path / "in.jsonl", [{"id": 1, "meta": {"where": ["x", text]}}, other]))
    assert found == {*pages, ("en", "Other")}
    assert ("1 name none" in said) == (not pages)


SQUAD = [{"title": "Super_Bowl_50", "paragraphs": [{"context": "यह एक पाठ है।", "qas": QAS}]}, {"title": "Warsaw", "paragraphs": []}]
INDIC = {"data": [{"title": "महात्मा_गांधी", "paragraphs": [{"context": "यह एक पाठ है।", "qas": QAS}]}]}
GENERATED = {
    "canary": "keep out", "examples": [
        {"id": "a", "title": "Warsaw", "context": "यह एक पाठ है।", "question": "क्या?", "answers": [], "lang": "hi"},
        {"id": "b", "title": "Kenya", "context": "An English text.", "oracle_question": "What?", "lang": "hi"},
    ],
}  # fmt: skip
IN22 = [
    {"id": 1, "context": "One. Two.", "source": "wikipedia", "url": "https://en.wikipedia.org/wiki/Raga", "domain": "culture", "hin_Deva": "एक।"},
    {"id": 2, "context": "One. Two.", "source": "web", "url": None, "domain": "news", "hin_Deva": "दो।"},
]
FLORES = [
    {"id": 1, "URL": "https://en.wikinews.org/wiki/A", "title": "A headline", "sentence_eng_Latn": "One."},
    {"id": 2, "URL": "https://en.wikipedia.org/wiki/Chess", "title": "Chess", "sentence_eng_Latn": "Two."},
]
BOOLQ = [{"question": "is it", "title": "Ghee", "answer": True, "passage": "It is."}]


@pytest.mark.parametrize(
    ("name", "content", "flags", "pages"),
    [
        ("xquad.hi.json", {"data": SQUAD, "version": "1.1"}, ("--lang", "hi"), {("hi", "Super Bowl 50"), ("en", "Super Bowl 50"), ("hi", "Warsaw"), ("en", "Warsaw")}),
        ("xquad.en.json", {"version": "1.1", "data": SQUAD}, ("--lang", "eng_Latn"), {("en", "Super Bowl 50"), ("en", "Warsaw")}),
        ("indicqa.hi.json", INDIC, ("--lang", "hi"), {("hi", "महात्मा गांधी")}),
        ("indicqa.lang.json", {"language": "hi", **INDIC}, (), {("hi", "महात्मा गांधी")}),
        ("xquad_hi_test.json", GENERATED, (), {("hi", "Warsaw"), ("en", "Warsaw"), ("hi", "Kenya"), ("en", "Kenya")}),
        ("in22.parquet", IN22, (), {("en", "Raga")}),
        ("in22.csv", IN22, (), {("en", "Raga")}),
        ("flores.tsv", FLORES, (), {("en", "Chess")}),
        ("boolq.jsonl", BOOLQ, ("--lang", "en"), {("en", "Ghee")}),
        ("rows.json", [{"wikidata_id": "Q42", "title": "क", "lang": "hi-IN"}], (), {("", "Q42"), ("hi", "क")}),
        ("lines.json", '{"title": "ghee", "language": "English"}\n{"title": "rice", "language": "eng_Latn"}\n', (), {("en", "Ghee"), ("en", "Rice")}),
        ("bom.csv", "\ufeffLanguage,Title\nhin,क\ntam,அ\n", (), {("hi", "क"), ("ta", "அ")}),
        ("kinds.csv", 'lang,title\nhi,"क\nख"\nhi,श्रेणी:क\nhi,"अ"\n', (), {("hi", "क ख"), ("hi", "अ")}),
    ],
)  # fmt: skip
def test_every_schema(tmp_path: Path, name: str, content: Any, flags: tuple[str, ...], pages: set[tuple[str, str]]) -> None:
    assert listed(tmp_path, put(tmp_path / name, content), *flags)[0] == pages


def test_what_is_told_of_each_file(tmp_path: Path) -> None:
    first, second = put(tmp_path / "in22.jsonl", [*IN22, IN22[0]]), put(tmp_path / "boolq.jsonl", [*BOOLQ, {"title": "", "passage": "x"}])
    found, said = listed(tmp_path, first, second, code=3)
    assert found == {("en", "Raga")}
    assert "in22.jsonl: 3 rows, 2 name a page, 1 name none; 1 new pages (en 1)" in said
    assert "boolq.jsonl: 2 rows, 0 name a page, 2 name none; 0 new pages" in said
    assert "charkha: boolq.jsonl: 1 rows have a title of no known language. Say it: --lang CODE" in said
    assert (tmp_path / "blocklist.jsonl").read_text(encoding="utf-8").count("\n") == 1


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("none.json", None, "No such file"),
        ("notes.txt", "x", ".parquet"),
        ("bad.json", '{"data": [\n{"title": }]}', "bad.json:2"),
        ("cut.json", '[{"title": "A"}, {"ti', "cut.json:1"),
        ("bad.jsonl", '{"title": "A"}\nnope\n', "bad.jsonl:2"),
        ("empty.json", "", "no rows"),
        ("empty.jsonl", "\n\n", "no rows"),
        ("empty.csv", "", "no rows"),
        ("header.csv", "title,lang\n", "no rows"),
        ("no.csv", "1,https://en.wikipedia.org/wiki/A\n2,x\n", "no header"),
        ("long.csv", "a," + "b" * 200 + "\n1,2\n", "no header"),
        ("same.tsv", "a\ta\n1\t2\n", "no header"),
        ("huge.csv", 'title,passage\nA,"' + "x" * (17 << 20) + '"\n', "huge.csv:2"),
        ("huge.json", '{"title": "' + "x" * (40 << 20) + '"}', "huge.json:1"),
        ("deep.json", "[" * 100_000, "deeply"),
        ("bad.parquet", "PAR1 not at all", "bad.parquet"),
        ("latin.csv", b"title\n\xff\xfe\n", "UTF-8"),
        ("folder.json", "folder", "folder.json"),
    ],
)  # fmt: skip
def test_bad_files_get_one_line(tmp_path: Path, name: str, content: Any, word: str) -> None:
    if content == "folder":
        (tmp_path / name).mkdir()
    elif content is not None:
        put(tmp_path / name, content)
    assert word in one_line(charkha("blocklist", tmp_path / name, "--lang", "en", "--out", tmp_path / "out.jsonl", code=2))
    assert not (tmp_path / "out.jsonl").exists()


def test_a_list_that_stays_empty_and_flags_that_are_wrong(tmp_path: Path) -> None:
    path = put(tmp_path / "arc.jsonl", [{"question": "What?", "choices": ["a", "b"]}])
    assert "--match" in listed(tmp_path, path, code=3)[1]
    before = path.read_bytes()
    assert "--out" in one_line(charkha("blocklist", path, "--out", path, code=2))
    assert path.read_bytes() == before
    assert "run.json" in one_line(charkha("blocklist", path, "--out", tmp_path / "o.jsonl", "--match", tmp_path / "none", code=2))
    assert "'hn'" in one_line(charkha("blocklist", path, "--out", tmp_path / "o.jsonl", "--lang", "hn", code=2))


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that has read the bundled dumps of two languages."""
    run = tmp_path_factory.mktemp("ingested") / "run"
    for lang in ("hi", "ta"):
        charkha("ingest", dump_of(lang), "--lang", lang, "--out", run)
    return run


def test_texts_are_matched_and_the_list_is_used(tmp_path: Path, ingested: Path) -> None:
    pages = {(row["lang"], row["title"]): row for row in rows(ingested, "pages") if len(row["text"].split()) > 150}
    hindi, other = [page for page in pages if page[0] == "hi"][:2]
    tamil = next(page for page in pages if page[0] == "ta")
    taken = pages[hindi]["text"].split()
    half = " ".join([*taken[40:100], "कुछ", "और"])  # most of it from one page, a few words from elsewhere
    mixed = " ".join([*taken[40:70], *(f"शब्द{at}" for at in range(40))])  # less than half
    questions = [
        {"question": "क्या?", "passage": half, "language": "hi"},
        {"question": "क्या?", "passage": " ".join(pages[tamil]["text"].split()[10:60]), "language": "hi"},  # the language is not believed
        {"question": "क्या?", "passage": mixed, "language": "hi"},
        {"question": "क्या?", "passage": "बहुत छोटा पाठ", "language": "hi"},
        {"question": "फिर?", "passage": half, "language": "hi"},
    ]
    found, said = listed(tmp_path, put(tmp_path / "boolq.jsonl", questions), "--match", ingested)
    assert found == {hindi, tamil}
    assert "5 rows, 0 name a page, 3 matched by text, 2 name none; 2 new pages (hi 1, ta 1)" in said
    charkha("ingest", dump_of("hi"), "--lang", "hi", "--out", tmp_path / "run", "--blocklist", tmp_path / "blocklist.jsonl")
    left = {row["title"] for row in rows(tmp_path / "run", "passages")}
    assert hindi[1] not in left
    assert other[1] in left


def test_a_run_without_pages(tmp_path: Path, ingested: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.json").write_bytes((ingested / "run.json").read_bytes())
    path = put(tmp_path / "boolq.jsonl", [{"passage": "x"}])
    assert "charkha ingest" in one_line(charkha("blocklist", path, "--out", tmp_path / "o.jsonl", "--match", tmp_path / "run", code=2))

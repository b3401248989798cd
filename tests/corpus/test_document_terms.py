"""What own documents say of themselves: licence, source, language, id; and what stands in them that is no prose of theirs."""

from __future__ import annotations

import json
import time
from pathlib import Path
from resource import RLIMIT_AS, setrlimit
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from charkha.core.run import Run
from charkha.core.tables import read_table
from charkha.corpus.hypertext import read_html
from charkha.corpus.markdown import read_markdown
from charkha.corpus.outline import plain
from charkha.languages import load
from charkha.text.script import script_share
from dumps import prose
from runs import charkha


def taken(folder: Path, *more: str, code: int = 0, lang: str = "en") -> tuple[dict[str, dict[str, Any]], dict[str, str], dict[str, Any]]:
    """Ingests a folder: the pages by title, the reason of each file and row without one, and the counts."""
    out = folder.parent / "run"
    done = charkha("ingest", folder, "--lang", lang, "--out", out, "--licence", "CC BY 4.0", *more, code=code)
    made = [row for path in Run(out).tables("pages", lang) for row in read_table(path)]
    counts = json.loads((out / "pages" / lang / "ingest.json").read_text(encoding="utf-8"))["documents"]
    told = out / "pages" / lang / "documents.jsonl"
    lines = [json.loads(line) for line in told.read_text(encoding="utf-8").splitlines()] if told.exists() else []
    assert counts["pages"] == len(made), "what is counted as a page stands in the table"
    assert counts["seen"] == counts["pages"] + counts["twice"] + sum(counts["refused"].values())
    for line in lines:
        assert f"charkha: {lang}: {line['file']}" in done.stderr
    return {page["title"]: page for page in made}, {f"{line['file']}:{line['row']}": line["reason"] for line in lines}, counts


def rows_of(folder: Path, *rows: dict[str, Any]) -> Path:
    folder.mkdir(exist_ok=True)
    lines = [json.dumps({"text": prose(f"Row {at}", 9), "title": f"Row {at}", **row}) for at, row in enumerate(rows)]
    (folder / "rows.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return folder


def test_rows_under_one_id_keep_the_first_and_tell_the_others(tmp_path: Path) -> None:
    pages, told, counts = taken(rows_of(tmp_path / "folk", {"id": "a"}, {"id": "a"}, {"id": 7}, {"id": "a"}), code=3)
    assert set(pages) == {"Row 0", "Row 2"}
    assert told == {"rows.jsonl:2": "same_id", "rows.jsonl:4": "same_id"}
    assert counts["refused"] == {"same_id": 2}


def test_a_rows_own_licence_is_never_replaced_by_the_folders(tmp_path: Path) -> None:
    said: list[Any] = [
        "CC BY-NC 4.0", ["CC BY-NC 4.0", "GFDL"], {"name": "CC BY-NC 4.0"}, 4, None, "", [], float("nan"), "https://creativecommons.org/licenses/by-sa/3.0/deed.en",
    ]  # fmt: skip
    rows = [{("license" if at % 2 else "licence"): licence} for at, licence in enumerate(said)]
    pages, told, _ = taken(rows_of(tmp_path / "folk", *rows), code=3)
    assert {title: page["licence"] for title, page in pages.items()} == {
        "Row 0": "CC BY-NC 4.0", "Row 1": "CC BY-NC 4.0 and GFDL", "Row 4": "CC BY 4.0", "Row 5": "CC BY 4.0", "Row 6": "CC BY 4.0", "Row 7": "CC BY 4.0",
        "Row 8": "CC BY-SA 3.0",
    }  # fmt: skip
    assert told == {"rows.jsonl:3": "no_licence", "rows.jsonl:4": "no_licence"}


def test_a_row_says_whom_to_credit_and_in_which_language_it_is(tmp_path: Path) -> None:
    folder = rows_of(tmp_path / "folk", {"source": "Aunt Mary"}, {"lang": "en-IN"}, {"lang": "en_US"}, {"lang": "eng-Latn"}, {"lang": "en-Deva"}, {"lang": "de"})
    pages, told, _ = taken(folder, "--source", "The village", code=3)
    assert {title: page["source"] for title, page in pages.items()} == {
        "Row 0": "Aunt Mary", "Row 1": "The village", "Row 2": "The village", "Row 3": "The village",
    }  # fmt: skip
    assert set(told.values()) == {"other_language"}


def test_two_columns_of_one_name_cost_their_file_only(tmp_path: Path) -> None:
    folder = rows_of(tmp_path / "folk", {})
    twice = pa.Table.from_arrays([pa.array(["x"]), pa.array(["y"])], names=["text", "text"])
    pq.write_table(twice, folder / "a.parquet")
    with pa.ipc.new_file(folder / "b.arrow", twice.schema) as to:
        to.write_table(twice)
    pages, told, _ = taken(folder, code=3)
    assert set(pages) == {"Row 0"}
    assert told == {"a.parquet:0": "damaged", "b.arrow:0": "damaged"}


def test_a_readme_is_a_card_only_where_it_stands_above_rows_alone(tmp_path: Path) -> None:
    folder = tmp_path / "folk"
    rows_of(folder, {})
    (folder / "notes").mkdir()
    (folder / "set" / "train").mkdir(parents=True)
    rows_of(folder / "set" / "train", {"title": "In a split"})
    for at, place in enumerate((folder, folder / "notes", folder / "set")):
        (place / "README.md").write_text(f"# Read {at}\n\n{prose('Read', 9)}", encoding="utf-8")
    (folder / "tale.txt").write_text(prose("Tale", 9), encoding="utf-8")
    (folder / "set" / "train" / "cache-17671c6303431609.arrow").write_bytes(b"what a library keeps")
    pages, told, counts = taken(folder)
    assert set(pages) == {"Row 0", "In a split", "Read 0", "Read 1", "tale"}
    assert counts["others"] == {"a dataset's README.md": 1, "a dataset's cache": 1}
    assert told == {}


def test_a_title_from_a_files_name_keeps_joiners_and_drops_what_turns_the_text(tmp_path: Path) -> None:
    (tmp_path / "folk").mkdir()
    text = "چاک پر مٹی گھومتی ہے اور کمہار کے ہاتھ اسے گھڑے کی شکل دیتے ہیں۔ " * 9
    for name in ("می\u200cروم", "a\nb", "x\u202ey"):
        (tmp_path / "folk" / f"{name}.txt").write_text(text, encoding="utf-8")
    assert set(taken(tmp_path / "folk", lang="ur")[0]) == {"می\u200cروم", "a b", "x y"}


@pytest.mark.parametrize(
    ("front", "licence"),
    [
        ("license: [CC BY-NC 4.0, GFDL]", "CC BY-NC 4.0 and GFDL"), ("title: A: b: c\nlicense: 'CC BY-NC 4.0'", "CC BY-NC 4.0"),
        ("licence: http://creativecommons.org/publicdomain/zero/1.0/", "CC0 1.0"), ("title: x\nlicense: ~", ""),
    ],
)  # fmt: skip
def test_front_matter_says_the_licence_and_is_no_prose(front: str, licence: str) -> None:
    outline = read_markdown(f"---\n{front}\nsource: Tellers\n---\n\nThe text.")
    assert (outline.licence, outline.source) == (licence, "Tellers")
    assert [block.text for block in outline.blocks] == ["The text."]


def test_a_licence_in_front_matter_that_is_no_name_is_told(tmp_path: Path) -> None:
    (tmp_path / "folk").mkdir()
    (tmp_path / "folk" / "a.md").write_text(f"---\nlicense:\n  name: CC BY-NC 4.0\n---\n{prose('A', 9)}", encoding="utf-8")
    (tmp_path / "folk" / "b.html").write_text(
        f'<title>B</title><link href="https://creativecommons.org/licenses/by-nc/4.0/" rel=license><p>{prose("B", 9)}', encoding="utf-8"
    )
    pages, told, _ = taken(tmp_path / "folk", code=3)
    assert {title: page["licence"] for title, page in pages.items()} == {"B": "CC BY-NC 4.0"}
    assert told == {"a.md:0": "no_licence"}


def said(html: str) -> list[str]:
    return [block.text for block in read_html(html).blocks]


def test_xhtml_is_read_as_xml() -> None:
    head = '<?xml version="1.0"?>\n<!DOCTYPE html [\n<!ENTITY a "b">\n<!ENTITY c SYSTEM "file:///etc/passwd">\n]>\n<html><head>'
    assert said(f'{head}<title/><script src="a.js"/></head><body><div/><p>One &c; two.</p><p><![CDATA[a < b & c > d]]></p><hr/></body></html>') == [
        "One &c; two.", "a < b & c > d",
    ]  # fmt: skip
    assert said("<p>before<script src=x /><p>all of it a script</script><p>after") == ["before", "after"]  # in HTML nothing ends itself


def test_what_nobody_sees_is_no_prose() -> None:
    page = (
        "<p>One.<div hidden><p>No.</p></div><div style='color:red; display: none'><b>No.</b></div><p HIDDEN=''>No.</p>"
        "<p class='hidden x' data-a=\" hidden \" aria-hidden=true>Two.<p><ruby>word<rp>(<rt>no<rp>)</ruby> Three."
    )
    assert said(page) == ["One.", "Two.", "word Three."]


def test_the_header_of_a_section_holds_its_heading() -> None:
    page = "<header><h2>Site</h2>menu</header><article><header><h1>T</h1><p>By me</p></header><p>Lead.<section><header><h2>S</h2><nav>x</nav></header><p>Text."
    assert [(block.text, block.level) for block in read_html(page).blocks] == [("Lead.", 0), ("S", 2), ("Text.", 0)]


def test_footnotes_are_no_prose() -> None:
    outline = read_markdown("One[^1] two[^b], `[^x]`.\n\n[^1]: Note.\n[^b]: Other\n    goes on.\n\nEnd.")
    assert [block.text for block in outline.blocks] == ["One two, [^x].", "End."]


def test_a_declaration_of_xml_names_the_encoding(tmp_path: Path) -> None:
    (tmp_path / "folk").mkdir()
    page = f'<?xml version="1.0" encoding="ISO-8859-1"?><html><head><title>X</title></head><body><p>café {prose("X", 9)}</p></body></html>'
    (tmp_path / "folk" / "x.xhtml").write_bytes(page.encode("latin-1"))
    assert taken(tmp_path / "folk")[0]["X"]["text"].startswith("café ")


@pytest.mark.parametrize("text", ["क" * 200_000, "\\[" * 100_000, "@" * 200_000, "a@" * 100_000])
def test_a_word_as_long_as_a_file_takes_no_time(text: str) -> None:
    started = time.perf_counter()
    assert 0 <= script_share(text, load("hi")) <= 1
    assert time.perf_counter() - started < 10


def test_lines_that_were_wrapped_are_joined_and_verses_of_long_lines_are_not() -> None:
    wide = "A line of prose that was wrapped by hand at a width of more than a hundred characters, as some editors do,\ngoes on in the line below it, which is as full as the first one, and the third one ends where it is, in\nthe middle of a line."
    verse = "\n".join(["कबिरा खड़ा बाज़ार में, माँगे सब की ख़ैर का साया मेरे साथ,", "ना काहू से दोस्ती रही, ना काहू से बैर की कोई बात।"] * 2)
    assert [block.text for block in plain(f"{wide}\n\n{verse}").blocks] == [wide.replace("\n", " "), verse]


def test_a_small_parquet_file_that_names_one_long_text_often_takes_little_memory(tmp_path: Path) -> None:
    folder = rows_of(tmp_path / "folk", {})
    pq.write_table(pa.table({"text": pa.array(["a" * (70 << 20)] * 100).dictionary_encode()}), folder / "a.parquet", compression="zstd", store_schema=False)
    pq.write_table(pa.table({"text": [1, 2]}), folder / "b.parquet")
    assert (folder / "a.parquet").stat().st_size < 100_000
    out = tmp_path / "run"
    least = 4 << 30  # of the 7 GB that the file would unfold to
    charkha("ingest", folder, "--lang", "en", "--out", out, "--licence", "X", code=3, preexec_fn=lambda: setrlimit(RLIMIT_AS, (least, least)))
    lines = [json.loads(line) for line in (out / "pages" / "en" / "documents.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [line["reason"] for line in lines] == ["too_large"] * 100 + ["empty"] * 2

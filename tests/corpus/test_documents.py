"""Own documents: encodings, HTML, Markdown and rows become pages whose sections lie where they say; hostile ones are told, in time."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charkha.core.ids import document_id, is_document
from charkha.core.records import Page
from charkha.corpus import folder as folders
from charkha.corpus.decode import Unfit, decode
from charkha.corpus.documents import Heard, Terms, read_documents
from charkha.corpus.folder import survey
from charkha.corpus.hypertext import read_html
from charkha.corpus.markdown import read_markdown
from charkha.corpus.outline import Outline, fill, plain
from charkha.corpus.passages import passages
from charkha.corpus.rows import Columns
from charkha.corpus.wikitext import section_spans
from charkha.languages import load

TERMS = Terms("CC BY 4.0", "Archive")
HINDI = "चाक पर मिट्टी घूमती है और कुम्हार के हाथ उसे घड़े का रूप देते हैं।"
LOOM = "The loom stands in the front room and the whole family works at it by turns. "


def read(folder: Path, lang: str = "en", terms: Terms = TERMS) -> tuple[dict[str, Page], Heard]:
    """Pages by title, and what was heard of the others."""
    found, heard = survey([folder]), Heard()
    pages = [page for pile in found.piles() for page in read_documents(pile, load(lang), terms, heard)]
    heard.refused[:0] = found.refused
    assert heard.seen == heard.pages + sum(heard.reasons.values())
    return {page.title: page for page in pages}, heard


def told(heard: Heard) -> dict[str, str]:
    """What is said of each file or row that gave no page."""
    return {f"{one.file}:{one.row}" if one.row else one.file: one.reason for one in heard.refused}


def sections(outline: Outline) -> list[tuple[int, str, str]]:
    page = Page("en", "t", 1, 1)
    fill(page, outline)
    check(page)
    return [(section.level, section.title, section.text) for section in page.sections]


def check(page: Page) -> None:
    """What every page must be: sections where they say they are, nothing lost, nothing that no table can hold."""
    for (start, end), section in zip(section_spans(page), page.sections, strict=True):
        assert page.text[start:end] == section.text
    assert page.lead == page.sections[0].text
    for text in (page.title, page.text, page.url, page.licence):
        text.encode("utf-8")
        assert "\ufffd" not in text
        assert "\0" not in text


def unless_unfit(reader: Callable[..., Any], *given: Any, **more: Any) -> tuple[Any, str]:
    """What a reader gives, or None and why not."""
    try:
        return reader(*given, **more), ""
    except Unfit as error:
        return None, error.reason


def test_html_is_prose_sections_and_lists() -> None:
    outline = read_html(
        '<!doctype html><html><head><title>No &amp; no</title><link rel="canonical" href="https://a.example/b?c=1&d=2">'
        "<script>if (a<b) { document.write('<p>no</p>') }</script><style>p { no }</style></head><body><nav>no</nav>"
        "<header><h1>The <i>name</i></h1>no</header><p>First <b>bold</b>&nbsp;text<br>second line<!-- no --></p><form>no</form>"
        "<ul><li>one<li>two<ol><li>inner</ol></ul><h2 class='x>y'>A <a href=z>part</a></h2><p>1 < 2 &lt;b&gt; end"
        "<table><tr><th>k<td>v</table><dl><dt>term<dd>meaning</dl><pre>verse\nline</pre><pre><code>no = 1</code></pre>"
        "<figure><img alt=no><figcaption>seen</figcaption></figure><svg><text>no</text></svg><noscript>no</noscript>"
        "<iframe src=no>no</iframe><template><p>no</p></template><aside>no</aside><footer>no</footer>"
    )  # fmt: skip
    assert outline.title == "The name"
    assert outline.url.startswith("https://a.example/b?c=1")
    assert outline.tables == [[["k", "v"]]]
    assert outline.captions == ["seen"]
    assert sections(outline) == [
        (1, "", "First bold text\nsecond line\n\n- one\n- two\n  1. inner"),
        (2, "A part", "1 < 2 <b> end\n\nterm: meaning\n\nverse\nline"),
    ]


def test_what_is_taken_out_opens_no_tag() -> None:
    assert sections(read_html("<p>a <<b>script>b<</b>/p> <<!-- -->style> c</p><p>d")) == [(1, "", "a <script>b</p> <style> c\n\nd")]


def test_a_table_that_only_sets_out_prose_is_prose() -> None:
    assert sections(read_html("<table><tr><td><p>One.</p><td><h2>Head</h2>Two.</table>")) == [(1, "", "One."), (2, "Head", "Two.")]


def test_markdown_is_prose_sections_and_lists() -> None:
    outline = read_markdown(
        "---\ntitle: Front\nlicense: CC0 1.0\nurl: http://a.example/b\ntags: [x]\n---\n# Front\n\nSome *soft*\nwrapped [link](x.md) "
        "![picture](y.png).\n\nSetext\n------\n\n- a\n  - b\n1. c\n\n```\nno = 1\n```\n<!-- no -->\n<script>no()</script>\n\n"
        "|k|v|\n|-|-|\n|1|2|\n\n### Deep\nend <script>no</script>\n"
    )  # fmt: skip
    assert (outline.title, outline.licence, outline.url) == ("Front", "CC0 1.0", "http://a.example/b")
    assert outline.tables == [[["k", "v"], ["1", "2"]]]
    assert sections(outline) == [
        (1, "", "Some soft wrapped link ."), (2, "Setext", "- a\n  - b\n1. c"), (3, "Deep", "end"),
    ]  # fmt: skip


@pytest.mark.parametrize("front", ["a: &a {x: 1}\nb: {<<: [*a, *a]}\ntitle: !!python/object/apply:os.system [x]", "[" * 5_000, "- 1\n- 2", "title: ~"])
def test_front_matter_builds_nothing(front: str) -> None:
    outline = read_markdown(f"---\n{front}\n---\n\nThe text.")
    assert outline.title in ("", "2")
    assert "The text." in outline.blocks[-1].text


def test_plain_text_joins_what_was_wrapped_and_keeps_a_verse() -> None:
    wrapped = "A line of prose that was wrapped by hand at a width\nof some fifty characters goes on in the line below it\nand ends."
    outline = plain(f"{wrapped}\r\n\r\nShort line of verse,\r\nanother one below.\r\n\r\n* one\r\n• two\r\n")
    assert sections(outline) == [
        (1, "", wrapped.replace("\n", " ") + "\n\nShort line of verse,\nanother one below.\n\n- one\n- two")
    ]


_MARKUP = st.lists(
    st.sampled_from(
        "<p> </p> <h1> </h1> <h2> </h3> <ul> <li> </ul> <ol> <dl> <dt> <dd> <table> <tr> <td> </table> <div> </div> <pre> </pre> <code> <br> "
        "<script> </script> <!-- --> <title> <b> </b> < > & &amp; &#0; &#xd800; &nbsp; \" ' = \n \n\n # ## - * 1. ``` > | --- === [ ]( ) ! \\ \t".split(" ")
    )
    | st.sampled_from(["<p>Some words.</p>", "<h2>Head</h2>", "\n\n## Head\n\n", "\n\nSome words.\n\n", "\n- item\n", "<li>item"])
    | st.text(max_size=8),
    max_size=40,
).map("".join)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(_MARKUP, st.sampled_from([read_html, read_markdown, plain]))
def test_any_markup_gives_a_page_whose_sections_lie_where_they_say(text: str, reader: Callable[..., Any]) -> None:
    outline, reason = unless_unfit(reader, text)
    if outline is None:
        assert reason in ("encoding", "markup")
        return
    page = Page("en", outline.title, 1, 1, url=outline.url, licence=outline.licence)
    fill(page, outline)
    check(page)
    page.title = "t"
    for made in passages(page, load("en")):
        assert page.text[made.start : made.end] == made.text


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "replace")), st.booleans())
def test_any_bytes_are_text_or_told(data: bytes, markup: bool) -> None:
    text, reason = unless_unfit(decode, data, load("hi"), markup=markup)
    assert reason in ("", "binary", "encoding")
    assert text is None or text.encode("utf-8") is not None


@pytest.mark.parametrize(
    ("name", "html"),
    {
        "deep": "<div>" * 300_000,
        "attributes": "<p " + "a " * 400_000 + ">text",
        "formatting": "<p>" + "".join(f"<b id={at}>" for at in range(20_000)) + "</p>" + "<p>text" * 20_000,
        "quotes": "<a x='" * 200_000,
        "comments": "<!--" * 200_000,
        "scripts": "<script" * 200_000,
        "angles": "<" * 500_000,
        "items": "<li>" * 200_000,
        "hidden closings": "<div><!-- </div> -->" * 100_000,
    }.items(),
)
def test_html_bombs_end_in_time(name: str, html: str) -> None:
    started = time.perf_counter()
    outline, reason = unless_unfit(read_html, html)
    assert reason == ("markup" if name in ("deep", "hidden closings") else "")
    assert outline is None or all("<div" not in block.text for block in outline.blocks)
    assert time.perf_counter() - started < 20


@pytest.mark.parametrize(
    "data",
    [
        HINDI.encode(), b"\xef\xbb\xbf" + HINDI.encode(), HINDI.encode("utf-16"), b"\xfe\xff" + HINDI.encode("utf-16-be"), HINDI.encode("utf-32"),
    ],
)  # fmt: skip
def test_marks_and_utf8_are_read(data: bytes) -> None:
    assert decode(data, load("hi")) == HINDI


def test_a_declared_encoding_is_read_and_an_undeclared_one_only_in_the_languages_script() -> None:
    urdu = "یہ ایک کہانی ہے جو گاؤں کے لوگ سردیوں کی رات میں آگ کے پاس سناتے ہیں۔ ".replace("ی", "ي").replace("ہ", "ه").replace("ک", "ك").replace("ے", "ي").replace("۔", ".").replace("ں", "ن")  # fmt: skip
    page = f'<meta charset="windows-1256"><p>{urdu}</p>'.encode("cp1256")
    assert urdu.strip() in decode(page, load("ur"), markup=True)
    with pytest.raises(Unfit, match="byte 3 is no UTF-8"):
        decode(b"abc\xe9\xff\xfe", load("hi"))
    with pytest.raises(Unfit, match="encoding"):
        decode(urdu.encode("cp1256") * 20, load("hi"))
    with pytest.raises(Unfit, match="no encoding of texts"):
        decode(b'<meta charset="rot13">\xff', load("en"), markup=True)
    with pytest.raises(Unfit, match="none of it"):
        decode(b'<meta charset="utf-8">\xff', load("en"), markup=True)


def test_every_file_that_is_no_document_is_told(tmp_path: Path) -> None:
    good = LOOM * 9
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "my-own_page.txt").write_text(good)
    (tmp_path / "empty.txt").write_text(" \n")
    (tmp_path / "nothing.md").write_text("")
    (tmp_path / "numbers.html").write_text("<p>123 --- 456</p>")
    (tmp_path / "binary.txt").write_bytes(b"\x7fELF\0\1\2")
    (tmp_path / "torn.txt").write_bytes(HINDI.encode()[:-1])
    (tmp_path / "lost.txt").write_text("it was \ufffd lost")
    (tmp_path / "entity.html").write_text("<p>half &#xd800; a pair")
    (tmp_path / "broken.txt").symlink_to(tmp_path / "nowhere")
    (tmp_path / "outside.txt").symlink_to("/etc/passwd")
    (tmp_path / "round").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / ".hidden.txt").write_text(good)
    (tmp_path / "a.jpg").write_bytes(b"x")
    (tmp_path / "b.jpg").write_bytes(b"x")
    (tmp_path / "torn.parquet").write_bytes(b"PAR1 and no more PAR1")
    with (tmp_path / "huge.txt").open("wb") as hole:
        hole.truncate(65 << 20)
    pages, heard = read(tmp_path)
    assert list(pages) == ["my own page"]
    assert told(heard) == {
        "empty.txt": "empty", "nothing.md": "empty", "numbers.html": "empty", "binary.txt": "binary", "torn.txt": "encoding", "lost.txt": "encoding",
        "entity.html": "encoding", "broken.txt": "link", "outside.txt": "link", "round": "link", "pipe.txt": "no_file", "torn.parquet": "damaged",
        "huge.txt": "too_large",
    }  # fmt: skip
    assert survey([tmp_path]).others == {"hidden": 1, ".jpg": 2}
    check(pages["my own page"])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(LOOM)
    (tmp_path / "a.txt").chmod(0)
    (tmp_path / "b").mkdir(mode=0)
    assert set(told(read(tmp_path)[1])) == {"a.txt", "b"}


def test_rows_are_pages_and_bad_ones_are_told(tmp_path: Path) -> None:
    lines = [
        {"text": LOOM * 3, "title": "One", "url": "https://a.example/1", "licence": "CC0 1.0", "id": "x"},
        {"text": LOOM * 3, "url": "javascript:alert(1)", "lang": "eng_Latn"},
        {"text": None}, {"text": 7}, {"text": " "}, {"body": "x"}, {"body": "y"}, {"text": "half \ud800"}, {"text": HINDI, "lang": "hi"}, [1],
    ]  # fmt: skip
    text = "".join(json.dumps(line) + "\n" for line in lines) + "\n" + '{"text": "torn'
    (tmp_path / "rows.jsonl").write_bytes(text.encode() + b"\n\xff\n" + b"[" * 100_000)
    pages, heard = read(tmp_path)
    assert (pages["One"].url, pages["One"].licence, pages["One"].source) == ("https://a.example/1", "CC0 1.0", "Archive")
    other = next(page for title, page in pages.items() if title.startswith("The loom stands"))
    assert (other.url, other.licence) == ("", "CC BY 4.0")
    assert pages["One"].page_id == document_id("rows.jsonl", 'id "x"')
    assert is_document(other.page_id)
    assert told(heard) == {
        "rows.jsonl:3": "empty", "rows.jsonl:4": "empty", "rows.jsonl:5": "empty", "rows.jsonl:6": "no_text_column", "rows.jsonl:8": "encoding",
        "rows.jsonl:9": "other_language", "rows.jsonl:10": "torn", "rows.jsonl:12": "torn", "rows.jsonl:13": "encoding", "rows.jsonl:14": "torn",
    }  # fmt: skip
    assert heard.seen == 2 + 11  # two rows lack the column, and are told in one line


def test_a_big_file_of_rows_is_cut_between_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [json.dumps({"text": f"Number {at}. {LOOM}", "title": f"T{at}"}) for at in range(200)]
    (tmp_path / "a.jsonl").write_text("\n".join(rows[:150]) + "\n\n" + "\n".join(rows[150:]))
    whole, _ = read(tmp_path)
    monkeypatch.setattr(folders, "CUT_BYTES", 3_000)
    monkeypatch.setattr(folders, "_BLOCK", 1_000)
    folders._hash_of.cache_clear()
    assert len(survey([tmp_path]).files) > 4
    assert read(tmp_path)[0] == whole
    assert len(whole) == 200
    folders._hash_of.cache_clear()


@pytest.mark.parametrize("kind", ["parquet", "arrow", "arrow file"])
def test_a_dataset_in_shards_is_read_by_its_columns(tmp_path: Path, kind: str) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "README.md").write_text("# A card\n\nNo document.")
    for shard in range(2):
        table = pa.table({"body": [f"{LOOM} {shard} {at}" for at in range(300)], "name": [f"{shard}-{at}" for at in range(300)], "n": [None] * 300})
        path = tmp_path / "data" / f"train-{shard:05d}-of-00002.{kind.split()[0]}"
        if kind == "parquet":
            pq.write_table(table, path, row_group_size=90)
        else:
            with (pa.ipc.new_file if kind == "arrow file" else pa.ipc.new_stream)(path, table.schema) as to:
                to.write_table(table, max_chunksize=70)
    pages, heard = read(tmp_path, terms=Terms("CC0 1.0", "HF", Columns(text="body", title="name")))
    assert (len(pages), heard.refused) == (600, [])
    assert pages["1-299"].text.endswith("1 299")
    _, heard = read(tmp_path)
    assert [one.reason for one in heard.refused] == ["no_text_column"] * 2
    assert "no column 'text', but 'body', 'name', 'n'" in heard.refused[0].detail


@pytest.mark.parametrize("place", [0.1, 0.3, 0.5, 0.7, 0.9])
def test_a_damaged_parquet_file_costs_itself(tmp_path: Path, place: float) -> None:
    pq.write_table(pa.table({"text": [f"{LOOM} {at}" for at in range(2_000)]}), tmp_path / "a.parquet", row_group_size=200, compression="zstd")
    data = bytearray((tmp_path / "a.parquet").read_bytes())
    at = int(len(data) * place)
    data[at : at + 200] = bytes(200)
    (tmp_path / "a.parquet").write_bytes(data)
    (tmp_path / "b.txt").write_text(LOOM)
    pages, heard = read(tmp_path)
    assert "b" in pages
    assert {one.reason for one in heard.refused} <= {"damaged", "encoding", "empty"}
    assert heard.refused


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "text"),
    [("a.txt", LOOM * 256_000), ("a.txt", "A. " * 2_200_000), ("a.html", f"<p>{LOOM * 5}</p>" * 50_000), ("a.md", f"# H\n\n{LOOM * 5}\n\n" * 50_000)],
    ids=["one line", "initials", "html", "markdown"],
)
def test_twenty_megabytes_take_their_time_once(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    started = time.perf_counter()
    (page,) = read(tmp_path)[0].values()
    made = passages(page, load("en"))
    assert time.perf_counter() - started < 90
    assert len(page.text) > 6_000_000
    assert len(made) > 2_000 or "A. A." in text

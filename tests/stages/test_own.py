"""Own documents through the command line: a thousand mixed ones, newer states of a folder, a dump beside them, kills, licences."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from charkha.core.ids import is_document
from charkha.core.run import Run
from charkha.core.tables import read_table
from dumps import Article, prose, write_dump
from runs import TASKS, charkha, command, dump_of, one_line, rows, stats

LICENCE = ("--licence", "CC BY 4.0")


def tables(run: Path, part: str, lang: str = "en") -> list[dict[str, Any]]:
    return [row for path in Run(run).tables(part, lang) for row in read_table(path)]


def told(run: Path, lang: str = "en") -> dict[str, Any]:
    found: dict[str, Any] = json.loads((run / "pages" / lang / "ingest.json").read_text(encoding="utf-8"))
    return found


def refused(run: Path, lang: str = "en") -> list[dict[str, Any]]:
    path = run / "pages" / lang / "documents.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def by_recipe(folder: Path, source: dict[str, Any], **changes: Any) -> Path:
    data = {
        "languages": list(source.get("documents", source.get("dumps", {}))), "source": source, "tasks": TASKS,
        "models": {"writer": {"kind": "extractive"}}, "targets": {"rows": 3}, "seed": 7, **changes,
    }  # fmt: skip
    (folder / "recipe.yaml").write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    return folder / "recipe.yaml"


def folk(folder: Path, count: int = 12) -> Path:
    """A folder of English documents of three kinds."""
    folder.mkdir(parents=True, exist_ok=True)
    for at in range(count):
        lead, more = prose(f"Tale {at}", 9 + at % 4), prose(f"Song {at}", 7)
        text = {
            "txt": f"{lead}\n\n{more}\n", "md": f"# Tale {at}\n\n{lead}\n\n## Later\n\n{more}\n",
            "html": f"<title>Tale {at}</title><script>bad()</script><p>{lead}<h2>Later</h2><p>{more}",
        }  # fmt: skip
        kind = ("txt", "md", "html")[at % 3]
        (folder / f"tale-{at:03d}.{kind}").write_text(text[kind], encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def sampled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[str, list[str]]]]:
    """Titles and paragraphs of the sample articles in a left-to-right and a right-to-left script."""
    found = {}
    for lang in ("hi", "ur"):
        out = tmp_path_factory.mktemp(lang) / "run"
        charkha("ingest", dump_of(lang), "--lang", lang, "--out", out)
        articles = [page for page in tables(out, "pages", lang) if page["text"] and not page["disambiguation"]]
        found[lang] = [(page["title"], page["text"].split("\n\n")) for page in articles]
    return found


def mixed(folder: Path, articles: list[tuple[str, list[str]]], count: int, large: int) -> tuple[int, int]:
    """A folder of `count` documents; returns how many are good, and how many are not."""
    folder.mkdir()
    bad = dict.fromkeys(range(7, count, 10))
    for at in range(count):
        title, parts = articles[at % len(articles)]
        said = [f"{title} {at}", *parts[at % 3 :], *parts[: at % 3]]
        path = folder / f"{at % 7}" / f"doc_{at:04d}"
        path.parent.mkdir(exist_ok=True)
        if at in bad:
            faults = [b"", "अधूरा".encode()[:-1] + b"\xff\xfe\x80 x", b"\0\1\2\3", b"<p><script>only()</script>", b" \n\t", "a \ufffd b".encode()]
            path.with_suffix(".html" if at % 60 == 37 else ".txt").write_bytes(faults[at // 10 % 6])
            continue
        if at % 4 == 0:
            path.with_suffix(".txt").write_bytes("\n\n".join(said).encode("utf-16" if at % 8 else "utf-8-sig"))
        elif at % 4 == 1:
            path.with_suffix(".md").write_text(f"# {title} {at}\n\n" + "\n\n".join(said[1:]), encoding="utf-8")
        else:
            page = "<script>document.write('<p>evil')</script>" + "".join(f"<p>{part}</p>" for part in said[1:])
            path.with_suffix(".html").write_text(f"<html dir=auto><title>{title} {at}</title><body>{page}</body>", encoding="utf-8")
    text = "\n\n".join(part for _, parts in articles for part in parts)
    with (folder / "large.txt").open("w", encoding="utf-8") as to:
        while to.tell() < large:
            to.write(f"{to.tell()}. {text}\n\n")
    lines = [{"text": "\n\n".join(parts), "title": f"{title} row", "licence": "CC0 1.0"} for title, parts in articles]
    (folder / "rows.jsonl").write_text("\n".join(json.dumps(line) for line in [*lines, {"text": None}]) + '\n{"te', encoding="utf-8")
    (folder / "photo.jpg").write_bytes(b"\xff\xd8")
    os.mkfifo(folder / "pipe.txt")
    (folder / "away.txt").symlink_to("/etc/hostname")
    return count - len(bad) + 1 + len(lines), len(bad) + 2 + 2


@pytest.mark.slow
@pytest.mark.timeout(280)
def test_a_thousand_mixed_documents_give_rows_a_line_for_each_bad_one_and_their_licences(tmp_path: Path, sampled: dict[str, Any]) -> None:
    good, bad = mixed(tmp_path / "hindi", sampled["hi"], 800, 20_000_000)
    right, wrong = mixed(tmp_path / "urdu", sampled["ur"], 200, 100_000)
    documents = {
        "hi": {"path": "hindi", "licence": "CC BY 4.0", "source": "Folk archive"}, "ur": {"path": "urdu", "licence": "Public domain", "source": "Dastan"}
    }  # fmt: skip
    path, out = by_recipe(tmp_path, {"documents": documents}, targets={"rows": 40}), tmp_path / "run"
    done = charkha("run", path, "--out", out, code=3)
    for lang, pages, gone in (("hi", good, bad), ("ur", right, wrong)):
        counts = told(out, lang)["documents"]
        assert (counts["pages"], sum(counts["refused"].values()), counts["seen"]) == (pages, gone, pages + gone)
        assert len(refused(out, lang)) == gone
        assert len({(line["file"], line["row"]) for line in refused(out, lang)}) == gone
    lines = [line for line in done.stderr.splitlines() if line.startswith("charkha: ")]
    assert len(lines) == 50 + 1 + wrong
    assert f"charkha: hi: and {bad - 50} more: see {out / 'pages/hi/documents.jsonl'}" in lines
    assert "hi: not documents, and left alone: 1 .jpg" in done.stdout
    assert stats(out)["total"]["kept"] >= 200
    made = rows(out, "dataset/summarization") + rows(out, "dataset/dialog_gen")
    assert {row["lang"] for row in made} == {"hi", "ur"}
    for row in made:
        assert row["provenance"]["licence"] in ({"CC BY 4.0", "CC0 1.0"} if row["lang"] == "hi" else {"Public domain", "CC0 1.0"})
        assert row["provenance"]["source"] == documents[row["lang"]]["source"]
        assert "evil" not in json.dumps(row)
    credited = list(read_table(out / "dataset" / "ATTRIBUTION.parquet"))
    assert {row["source"] for row in credited} == {"Folk archive", "Dastan"}
    card = (out / "dataset" / "README.md").read_text(encoding="utf-8")
    assert "1. Own documents (below) became" in card
    assert not re.search("MediaWiki|BY-SA|share it under|share-alike", card)
    assert "Public domain" in card


@pytest.mark.parametrize("rows_too", [False, True])
def test_two_processes_make_the_tables_of_one(tmp_path: Path, rows_too: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    from charkha.cli import main
    from charkha.corpus import folder as folders

    monkeypatch.setattr(folders, "PILE_FILES", 3)
    monkeypatch.setattr(folders, "CUT_BYTES", 4_000)
    monkeypatch.setattr(folders, "_BLOCK", 1_000)
    folk(tmp_path / "folk")
    if rows_too:
        lines = [json.dumps({"text": prose(f"Row {at}", 9), "id": at % 20}) for at in range(22)]
        (tmp_path / "folk" / "rows.jsonl").write_text("\n".join(lines) + "\n{")
    for processes in (1, 2):
        code = main(["ingest", str(tmp_path / "folk"), "--lang", "en", "--out", str(tmp_path / str(processes)), "--processes", str(processes), *LICENCE])
        assert code == (3 if rows_too else 0)
    one, two = tmp_path / "1", tmp_path / "2"
    assert len(Run(one).tables("pages", "en")) > 3
    for part in ("pages", "passages"):
        assert tables(one, part) == tables(two, part)
    assert told(one) == told(two)
    reasons = [line["reason"] for line in refused(one)] if rows_too else []
    assert reasons == (["torn", "same_id"] if rows_too else [])
    counts = told(one)["documents"]
    assert (counts["pages"], counts["twice"], counts["seen"]) == ((32, 2, 35) if rows_too else (12, 0, 12))


def test_unchanged_documents_keep_their_rows(tmp_path: Path) -> None:
    folder, out = folk(tmp_path / "folk"), tmp_path / "run"
    charkha("ingest", folder, "--lang", "en", "--out", out, *LICENCE)
    before = {row["title"]: row for row in tables(out, "passages")}
    (folder / "tale-001.md").write_text("# Tale 1\n\n" + prose("Tale one", 12))
    (folder / "tale-002.html").unlink()
    (folder / "tale-099.txt").write_text(prose("Tale 99", 12))
    done = charkha("ingest", folder, "--lang", "en", "--out", out, *LICENCE)
    assert "10 unchanged, 1 changed, 1 new, 1 gone" in done.stdout
    after = {row["title"]: row for row in tables(out, "passages")}
    assert set(before) - set(after) == {"Tale 2"}
    assert {title for title in before if after.get(title) != before[title]} == {"Tale 1", "Tale 2"}
    assert after["Tale 1"]["page_id"] == before["Tale 1"]["page_id"]
    assert told(out)["documents"]["pages"] == 12
    done = charkha("ingest", folder, "--lang", "en", "--out", out, "--licence", "CC0 1.0")  # under other terms nothing is the same
    assert "0 unchanged, 12 changed" in done.stdout
    assert {row["licence"] for row in tables(out, "pages")} == {"CC0 1.0"}


def test_rows_that_were_written_without_a_source_are_kept(tmp_path: Path) -> None:
    folder, out = folk(tmp_path / "folk", 4), tmp_path / "run"
    charkha("ingest", folder, "--lang", "en", "--out", out, *LICENCE)
    for path in Run(out).tables("passages", "en"):
        pq.write_table(pq.read_table(path).drop_columns(["source"]), path)
    before = tables(out, "passages")
    (folder / "tale-099.txt").write_text(prose("Tale 99", 12))
    assert "4 unchanged" in charkha("ingest", folder, "--lang", "en", "--out", out, *LICENCE).stdout
    kept = [row for row in tables(out, "passages") if row["title"] != "tale 099"]
    assert kept == [{**row, "source": ""} for row in before]


def test_a_newer_folder_is_taken_into_a_run(tmp_path: Path, sampled: dict[str, Any]) -> None:
    folder, out = tmp_path / "folk", tmp_path / "run"
    articles(folder, sampled["hi"])
    path = by_recipe(tmp_path, {"documents": {"hi": "folk"}, "licences": {"hi": "CC BY 4.0"}})
    charkha("run", path, "--out", out)
    before = {row["id"]: row for row in rows(out)}
    (folder / "0.txt").unlink()
    assert "source" in one_line(charkha("run", path, "--out", out, code=2))
    charkha("ingest", folder, "--lang", "hi", "--out", out, *LICENCE)
    charkha("run", path, "--out", out)
    assert stats(out)["total"]["kept"] >= 9
    assert not [row for row in rows(out, "dataset/dialog_gen") if row["provenance"]["title"] == "0"]
    kept = [row for row in rows(out) if row["round"] > 0 and row["id"] in before]
    assert kept
    assert all(row["messages"] == before[row["id"]]["messages"] for row in kept)


def articles(folder: Path, given: list[tuple[str, list[str]]]) -> Path:
    """A folder of one file of text an article."""
    folder.mkdir()
    for at, (_, parts) in enumerate(given):
        (folder / f"{at}.txt").write_text("\n\n".join(parts), encoding="utf-8")
    return folder


def test_a_dump_and_documents_are_one_source(tmp_path: Path, sampled: dict[str, Any]) -> None:
    articles(tmp_path / "folk", sampled["hi"])
    dump = dump_of("hi")
    source = {"dumps": {"hi": str(dump)}, "documents": {"hi": {"path": "folk", "licence": "CC BY 4.0", "source": "Tellers"}}}
    path, out = by_recipe(tmp_path, source, targets={"rows": 40}), tmp_path / "run"
    charkha("run", path, "--out", out)
    pages = [page for page in tables(out, "pages", "hi") if not page["redirect_to"]]
    assert {(is_document(page["page_id"]), page["licence"], page["source"]) for page in pages} == {
        (False, "CC BY-SA 4.0", "hiwiki"), (True, "CC BY 4.0", "Tellers")
    }  # fmt: skip
    assert [is_document(page["page_id"]) for page in pages] == sorted(is_document(page["page_id"]) for page in pages)
    credited = {(row["source"], row["licence"], bool(row["url"])) for row in read_table(out / "dataset" / "ATTRIBUTION.parquet")}
    assert credited == {("hi.charkha.example", "CC BY-SA 4.0", True), ("Tellers", "CC BY 4.0", False)}
    card = (out / "dataset" / "README.md").read_text(encoding="utf-8")
    assert "1. MediaWiki dumps and own documents (below)" in card
    assert "Rows of pages under CC BY-SA 4.0 are shared under that licence" in card
    report = (out / "report.html").read_text(encoding="utf-8")
    assert "Tellers" in report
    charkha("ingest", dump, tmp_path / "folk", "--lang", "hi", "--out", tmp_path / "cli", *LICENCE, "--source", "Tellers")
    assert tables(tmp_path / "cli", "pages", "hi") == tables(out, "pages", "hi")


def test_a_licence_of_the_dump_is_not_the_documents(tmp_path: Path) -> None:
    dump = write_dump(tmp_path / "en.xml", [Article(1, "Page", prose("Subject", 9))])
    folk(tmp_path / "folk", 1)
    path = by_recipe(tmp_path, {"dumps": {"en": str(dump)}, "documents": {"en": "folk"}, "licences": {"en": "CC BY 4.0"}})
    assert "nobody says under which licence" in one_line(charkha("run", path, "--out", tmp_path / "run", code=2))


def test_what_cannot_be_read_at_all_is_one_line_with_a_way_out(tmp_path: Path) -> None:
    def line(*given: object) -> str:
        return one_line(charkha("ingest", *given, "--lang", "en", "--out", tmp_path / "run", code=2))

    folder = folk(tmp_path / "folk", 1)
    assert '--licence "CC BY 4.0"' in line(folder)
    (tmp_path / "none").mkdir()
    assert "holds no documents" in line(tmp_path / "none", *LICENCE)
    assert "No such file" in line(tmp_path / "missing.txt", *LICENCE)
    pq.write_table(pa.table({"body": ["x"], "n": [1]}), tmp_path / "a.parquet")
    assert "no column 'text', but 'body', 'n'. Name it: `text:` in the recipe, or --text-column" in line(tmp_path / "a.parquet", *LICENCE)
    (tmp_path / "a.jsonl").write_text(json.dumps({"text": prose("A row", 9)}))
    assert "no licence" in line(tmp_path / "a.jsonl")
    assert "two documents are named 'a.txt'" in line(*_twins(tmp_path), *LICENCE)
    (tmp_path / "no.dump").write_text("neither")
    assert "no MediaWiki dump" in line(tmp_path / "no.dump", *LICENCE)
    assert not list((tmp_path / "run").rglob("*.parquet"))


def _twins(folder: Path) -> list[Path]:
    for name in ("x", "y"):
        (folder / name).mkdir()
        (folder / name / "a.txt").write_text(prose("Twin", 9))
    return [folder / "x" / "a.txt", folder / "y" / "a.txt"]


def test_columns_are_named_in_the_recipe_and_on_the_command_line(tmp_path: Path, sampled: dict[str, Any]) -> None:
    (tmp_path / "data").mkdir()
    texts = ["\n\n".join(parts) for _, parts in sampled["hi"]]
    lines = [{"body": text, "name": f"Row {at}", "link": f"https://a.example/{at}", "rights": "CC0 1.0"} for at, text in enumerate(texts)]
    (tmp_path / "data" / "rows.jsonl").write_text("\n".join(map(json.dumps, lines)))
    own = {"path": "data/*.jsonl", "source": "Press", "text": "body", "title": "name", "url": "link", "licence_column": "rights"}
    charkha("run", by_recipe(tmp_path, {"documents": {"hi": own}}), "--out", tmp_path / "run")
    credited = list(read_table(tmp_path / "run" / "dataset" / "ATTRIBUTION.parquet"))
    assert {row["licence"] for row in credited} == {"CC0 1.0"}
    assert all(row["url"] == f"https://a.example/{row['title'].split()[1]}" for row in credited)
    charkha("ingest", tmp_path / "data", "--lang", "hi", "--out", tmp_path / "cli", *LICENCE, "--text-column", "body")
    assert len(tables(tmp_path / "cli", "pages", "hi")) == len(texts)
    path = by_recipe(tmp_path, {"documents": {"hi": {**own, "txt": "body"}}})
    assert "unknown key 'txt'" in one_line(charkha("run", path, "--out", tmp_path / "no", code=2))


def test_a_folder_of_dumps_is_its_newest_dump(tmp_path: Path) -> None:
    def dump(name: str, *ids: int) -> None:
        write_dump(tmp_path / name, [Article(at, f"Page {at}", prose(f"Subject {at}", 9)) for at in ids])

    dump("enwiki-20261001-pages-articles-multistream.xml.bz2", 1)
    dump("enwiki-20261101-pages-articles1.xml-p1p9.bz2", 2)
    dump("enwiki-20261101-pages-articles2.xml-p10p19.bz2", 10)
    dump("frwiki-20261201-pages-articles.xml", 30)
    (tmp_path / "README.md").write_text("What this folder is.")
    charkha("ingest", tmp_path, "--lang", "en", "--out", tmp_path / "parts")
    assert [page["page_id"] for page in tables(tmp_path / "parts", "pages")] == [2, 10]
    dump("enwiki-20261101-pages-articles-multistream.xml.bz2", 5, 6)
    dump("enwiki-20261101-pages-articles.xml.bz2", 7)
    charkha("ingest", tmp_path, "--lang", "en", "--out", tmp_path / "whole")
    assert [page["page_id"] for page in tables(tmp_path / "whole", "pages")] == [5, 6]


@pytest.mark.slow
@pytest.mark.parametrize("after", ["pages", "passages"])
def test_a_kill_in_the_middle_leaves_nothing_behind(tmp_path: Path, after: str) -> None:
    folk(tmp_path / "folk", 450)
    (tmp_path / "folk" / "bad.txt").write_bytes(b"\xff\xfe\x00")
    given = ("ingest", tmp_path / "folk", "--lang", "en", *LICENCE, "--processes", "2", "--out")
    parent = subprocess.Popen(command(*given, tmp_path / "run"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 60
    while not any((tmp_path / "run" / after / "en").glob("0*.parquet")) and time.monotonic() < until:
        os.sched_yield()
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    assert not (tmp_path / "run" / "pages" / "en" / "ingest.json").exists()
    for out in ("run", "whole"):
        charkha(*given, tmp_path / out, code=3)
    assert told(tmp_path / "run") == told(tmp_path / "whole")
    for part in ("pages", "passages"):
        assert tables(tmp_path / "run", part) == tables(tmp_path / "whole", part)
    assert refused(tmp_path / "run") == refused(tmp_path / "whole")

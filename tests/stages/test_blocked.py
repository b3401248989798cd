"""Pages on a blocklist give no passage: under a redirect's name, in another language, in a newer dump; what blocked nothing is told."""

from __future__ import annotations

import bz2
import json
from pathlib import Path
from typing import Any

import pytest

from runs import charkha, dump_of, one_line, recipe, rows

REDIRECT = "<page><title>{}</title><ns>0</ns><id>{}</id><redirect title=\"{}\" /><revision><id>{}</id><model>wikitext</model><text>#R</text></revision></page>"


def read(tmp_path: Path, entries: list[dict[str, Any]], *, change: Any = str, processes: int = 1) -> tuple[set[str], dict[str, int], str]:
    """Ingests the bundled dump with a list: titles that passages are made of, pages blocked by entry, what was said."""
    text = change(bz2.decompress(dump_of("hi").read_bytes()).decode("utf-8"))
    dump = tmp_path / "hiwiki-20261101-pages-articles.xml"
    dump.write_text(text, encoding="utf-8")
    blocklist = tmp_path / "list.jsonl"
    blocklist.write_text("".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries), encoding="utf-8")
    said = charkha("ingest", dump, "--lang", "hi", "--out", tmp_path / "run", "--blocklist", blocklist, "--processes", processes).stdout
    return titles(tmp_path / "run"), blocked(tmp_path / "run"), said


def titles(run: Path) -> set[str]:
    """The pages that passages are made of."""
    return {row["title"] for row in rows(run, "passages")}


def blocked(run: Path) -> dict[str, int]:
    """Pages blocked, by the line of the entry."""
    found = json.loads((run / "pages" / "hi" / "ingest.json").read_text(encoding="utf-8"))
    return {entry.rpartition(":")[2]: hits for entry, hits in found["blocked"].items()}


@pytest.fixture(scope="module")
def all_titles(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Every page of the bundled dump that gives a passage."""
    return sorted(read(tmp_path_factory.mktemp("all"), [])[0])


def with_pages(*pages: str) -> Any:
    """A change that puts pages before the first page of a dump."""
    return lambda text: text.replace("<page>", "".join(pages) + "<page>", 1)


def test_titles_as_people_write_them_and_entries_given_twice(tmp_path: Path, all_titles: list[str]) -> None:
    title = next(title for title in all_titles if " " in title)
    entries = [
        {"lang": "hi", "title": title.replace(" ", "_")}, {"lang": "hin_Deva", "title": f" {title} #अनुभाग"},
        {"lang": "hi", "title": title}, {"lang": "hi", "title": title}, {"lang": "hi", "title": "यह नहीं है"},
        {"lang": "fr", "title": "Rien"}, {"wikidata_id": "Q0"}, {"lang": "ta", "title": title},
    ]  # fmt: skip
    left, hits, said = read(tmp_path, entries)
    assert left == set(all_titles) - {title}
    assert hits == {"1": 1, "2": 1, "3": 1, "4": 1, "5": 0, "6": 0, "7": 0, "8": 0}
    (line,) = [line for line in said.splitlines() if line.startswith("blocklist: ")]
    assert "4 of 8 entries met a page; 4 met none" in line
    assert "list.jsonl:5, " in line
    assert "list.jsonl:8" not in line


def test_a_counterpart_in_another_language(tmp_path: Path, all_titles: list[str]) -> None:
    title = all_titles[0]
    mark = f"<title>{title}</title>"

    def linked(text: str) -> str:
        before, after = text.split(mark)
        head, rest = after.split("</text>", 1)
        return f"{before}{mark}{head}\n[[en:some page]]\n[[fr:Autre_page]]</text>{rest}"

    left, hits, _ = read(tmp_path, [{"lang": "eng_Latn", "title": "Some_page"}, {"lang": "fr", "title": "Autre page"}], change=linked)
    assert left == set(all_titles) - {title}
    assert hits == {"1": 1, "2": 1}


@pytest.mark.parametrize("processes", [1, 2])
def test_a_redirect_leads_to_what_is_blocked(tmp_path: Path, all_titles: list[str], processes: int) -> None:
    title = all_titles[-1]
    redirects = [("दूर का नाम", 9001, "पास का नाम"), ("पास का नाम", 9002, title), ("घेरा", 9003, "घेरा"), ("खाली", 9004, "कुछ नहीं")]
    pages = [REDIRECT.format(name, at, to, at * 10) for name, at, to in redirects]
    entries = [{"lang": "hi", "title": "दूर का नाम"}, {"lang": "hi", "page_id": 9002}, {"lang": "hi", "title": "घेरा"}, {"lang": "hi", "title": "खाली"}]
    left, hits, _ = read(tmp_path, entries, change=with_pages(*pages), processes=processes)
    assert left == set(all_titles) - {title}
    assert hits == {"1": 1, "2": 1, "3": 0, "4": 0}
    assert json.loads((tmp_path / "run" / "pages" / "hi" / "ingest.json").read_text(encoding="utf-8"))["passages"] == len(rows(tmp_path / "run", "passages"))


def test_a_newer_dump_with_a_longer_list(tmp_path: Path, all_titles: list[str]) -> None:
    """Pages that did not change are not read again; a longer list reaches them all the same, and redirects from them."""
    first, second, third = all_titles[:3]
    redirect = REDIRECT.format("पुराना नाम", 9001, second, 90010)
    assert read(tmp_path, [{"lang": "hi", "title": first}], change=with_pages(redirect))[0] == set(all_titles) - {first}
    entries = [{"lang": "hi", "title": name} for name in (first, "पुराना नाम", third)]
    left, hits, said = read(tmp_path, entries, change=lambda text: with_pages(redirect)(text) + "\n")
    assert "0 changed, 0 new" in said
    assert left == set(all_titles) - {first, second, third}
    assert hits == {"1": 1, "2": 1, "3": 1}


def test_a_newer_dump_with_a_shorter_list(tmp_path: Path, all_titles: list[str]) -> None:
    """What no entry names any more has passages again, though its page did not change."""
    first, second = all_titles[:2]
    assert read(tmp_path, [{"lang": "hi", "title": name} for name in (first, second)])[0] == set(all_titles) - {first, second}
    left, _, said = read(tmp_path, [{"lang": "hi", "title": second}], change=lambda text: text + "\n")
    assert left == set(all_titles) - {second}
    assert "0 changed, 0 new" in said


def test_a_list_that_comes_too_late_is_refused(tmp_path: Path, all_titles: list[str]) -> None:
    read(tmp_path, [])
    entry = json.dumps({"lang": "hi", "title": all_titles[0]})
    (tmp_path / "list.jsonl").write_text(entry + "\n", encoding="utf-8")
    again = ("ingest", tmp_path / "hiwiki-20261101-pages-articles.xml", "--lang", "hi", "--out", tmp_path / "run")
    line = one_line(charkha(*again, "--blocklist", tmp_path / "list.jsonl", code=2))
    assert "without a blocklist" in line
    assert "--out" in line
    path = recipe(tmp_path, ["hi"], source={"dumps": {"hi": str(again[1])}, "blocklist": ["list.jsonl"]})
    assert "without a blocklist" in one_line(charkha("run", path, "--out", tmp_path / "run", code=2))


def test_a_run_tells_what_met_no_page(tmp_path: Path, all_titles: list[str]) -> None:
    entries = [{"lang": "hi", "title": all_titles[0]}, *({"lang": "ta", "title": f"N{at}"} for at in range(4))]
    (tmp_path / "list.jsonl").write_text("".join(json.dumps(entry) + "\n" for entry in entries), encoding="utf-8")
    source = {"dumps": {lang: str(dump_of(lang)) for lang in ("hi", "ta")}, "blocklist": ["list.jsonl"]}
    for _ in range(2):  # the second time nothing is read
        said = charkha("run", recipe(tmp_path, ["hi", "ta"], source=source, tasks=["summarization"]), "--out", tmp_path / "run").stdout
        (line,) = [line for line in said.splitlines() if line.startswith("blocklist: ")]
        assert "1 of 5 entries met a page; 4 met none" in line
        assert line.endswith("list.jsonl:4, ...")


@pytest.mark.parametrize(
    "line",
    ['{"title": "X"}', '{"lang": "hi"}', "[1]", '{"lang": "hi", "title": 7}', '{"lang": "hi", "title": "#"}', "{", '{"lang": "hi", "page_id": true}', '{"lang": "q-x", "title": "X"}'],
)  # fmt: skip
def test_a_line_that_is_no_entry(tmp_path: Path, line: str) -> None:
    (tmp_path / "list.jsonl").write_text(f'{{"lang": "hi", "title": "क"}}\n{line}\n', encoding="utf-8")
    said = one_line(charkha("ingest", dump_of("hi"), "--lang", "hi", "--out", tmp_path / "run", "--blocklist", tmp_path / "list.jsonl", code=2))
    assert "list.jsonl:2" in said

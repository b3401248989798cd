"""report.html: what it says equals what the files hold, and nothing of others' text acts in it."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from written_run import CELLS, HOSTILE, LONG, TEXTS, cell, example, write_names, write_passages, write_rows, write_stats

from charkha.core.errors import RunError
from charkha.core.run import Run
from charkha.report.facts import tongue
from charkha.report.page import percent, write_report
from charkha.report.rows import SHOWN, fold_long, web_address

CHROMIUM = "/usr/bin/chromium"
LOADING = {"src", "srcset", "data", "poster", "action", "formaction", "background", "xlink:href", "ping"}
VOID = {"meta", "link", "br", "img", "input", "hr"}


class Page(HTMLParser):
    """Tags with their attributes, the text of elements by class, and whether tags nest."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.said: list[tuple[dict[str, str | None], str]] = []
        self.text: list[str] = []
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        here = dict(attrs)
        self.tags.append((tag, here))
        if "said" in (here.get("class") or "").split():
            self.said.append((here, ""))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.text.append(data)
        if self.said and self.open and self.open[-1] == "div":
            attributes, told = self.said[-1]
            if not told:
                self.said[-1] = (attributes, data)

    @property
    def flat(self) -> str:
        """All text, white space folded."""
        return " ".join(" ".join(self.text).split())


def page_of(run: Run) -> tuple[str, Page]:
    html = write_report(run).read_text(encoding="utf-8")
    return html, Page(html)


def test_nothing_of_others_text_becomes_markup(run: Run) -> None:
    html, page = page_of(run)
    names = Counter(tag for tag, _ in page.tags)
    assert names["script"] == names["img"] == names["iframe"] == names["b"] - html.count("<b>") == 0
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]
    assert not page.wrong
    assert not page.open


def test_nothing_is_loaded_from_elsewhere(run: Run) -> None:
    html, page = page_of(run)
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in html
    assert not [attributes for _, attributes in page.tags if LOADING & set(attributes)]
    assert [attributes["href"] for tag, attributes in page.tags if tag == "link"] == ["data:,"]
    style = html[html.index("<style>") : html.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style


def test_only_web_addresses_are_links(run: Run) -> None:
    html, page = page_of(run)
    links = [
        attributes for tag, attributes in page.tags if tag == "a" and not (attributes["href"] or "").startswith("#")
    ]
    assert links
    assert all(str(link["href"]).startswith("https://") and "noopener" in str(link["rel"]) for link in links)
    assert "javascript:alert(3)" in page.flat
    assert 'href="javascript' not in html


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "data:text/html,x", "//evil.example", "http:/x", "file:///etc", "", None, "http://[x"],
)
def test_what_is_no_web_address(url: str | None) -> None:
    assert web_address(url) == ""


def test_every_message_has_its_language_and_direction(run: Run) -> None:
    _, page = page_of(run)
    seen = Counter((attributes["lang"], attributes["dir"]) for attributes, _ in page.said)
    assert set(seen) == {("hi", "ltr"), ("ur", "rtl")}
    for attributes, text in page.said:
        if TEXTS["ur"][:20] in text:
            assert (attributes["lang"], attributes["dir"]) == ("ur", "rtl")
            assert "nastaliq" in str(attributes["class"])


def test_three_rows_a_cell_and_a_word_where_there_is_none(run: Run) -> None:
    _, page = page_of(run)
    shown = Counter(str(attributes["aria-label"])[:-7] for tag, attributes in page.tags if tag == "article")
    assert shown == {"summarization in Hindi": 3, "summarization in Urdu": 3, "dialog_gen in Urdu": 2}
    assert "No row of this cell is in the dataset." in page.flat


def test_the_passage_is_folded_and_printed_once(run: Run) -> None:
    html, page = page_of(run)
    assert html.count("The passage, part of this message") == 6
    assert html.count("The passage it rests on") == 2  # closed rows: no message holds it
    assert sum(TEXTS["hi"] in text for _, text in page.said) == 3
    assert all(text == TEXTS["hi"] for _, text in page.said if TEXTS["hi"] in text)


def test_numbers_are_those_of_stats(run: Run) -> None:
    html, page = page_of(run)
    stats = json.loads((run.folder / "stats.json").read_text(encoding="utf-8"))["total"]
    dropped, failed = sum(stats["dropped"].values()), sum(stats["failed"].values())
    told = f"{stats['attempted']} attempted = {stats['kept']} kept + {dropped} dropped + {failed} failed + {stats['pending']} pending"
    assert told in page.flat
    for one in CELLS:
        assert f"<b>{percent(one['kept'], one['attempted'])}</b><small>{one['kept']} of {one['attempted']}" in html
    assert "source exhausted: every passage was used as often as the recipe allows" in page.flat
    assert "2 attempts are pending" in page.flat
    assert re.search(r'aria-label="summarization: 9 kept, 3 copied \(dropped\)', html)


def test_reasons_are_explained_also_where_a_code_means_two_things(run: Run) -> None:
    _, page = page_of(run)
    assert "The reply was not of the shape asked for" in page.flat
    assert "The roles do not alternate" in page.flat
    assert "No explanation is recorded" in page.flat  # strange_code
    stats = json.loads((run.folder / "stats.json").read_text(encoding="utf-8"))
    (run.folder / "stats.json").write_text(
        json.dumps({**stats, "reasons": {"strange_code": "Odd <i>."}}), encoding="utf-8"
    )
    html, page = page_of(run)
    assert "Odd &lt;i&gt;." in html
    assert "No explanation is recorded" not in page.flat


def test_names_are_collapsed_escaped_and_in_their_language(run: Run) -> None:
    assert 'id="names"' not in page_of(run)[0]  # nothing was mined
    write_names(run.folder, "hi", f"नाम{HOSTILE}", "\u0947", 25)
    write_names(run.folder, "ur", "نام", "وں", 2)
    html, page = page_of(run)
    section = html[html.index('<section id="names"') : html.index('<section id="how"')]
    assert HOSTILE not in html
    assert not page.wrong
    assert section.count("<details") == section.count('<details class="tongue">') == 2  # closed, both
    assert section.count("<caption>The most linked endings</caption>") == section.count("<caption>The most linked names</caption>") == 2
    assert "1,000 links: 61% show the name as it is, 17% in another form. 17 names have no page in the dump." in page.flat
    terms = [(at["lang"], at["dir"]) for tag, at in Page(section).tags if tag == "bdi"]
    assert set(terms) == {("hi", "ltr"), ("ur", "rtl")}
    hindi = section[section.index('lang="hi"') : section.index('lang="ur"')]
    assert hindi.count("<tr><th scope=\"row\">") == 40  # 20 suffixes, 20 names
    assert hindi.count("and 3 more") == 20
    assert ">\u25cc\u093e</bdi> → <bdi" in hindi  # a sign alone stands on a circle
    assert "unlinked" not in section
    assert [tag for tag, at in page.tags if tag == "a" and at["href"] == "#names"]


def test_names_that_are_damaged_are_named(run: Run) -> None:
    write_names(run.folder, "hi", "नाम", "में", 1)
    (run.folder / "names" / "hi" / "mined.json").write_text("{}", encoding="utf-8")
    with pytest.raises(RunError, match="charkha names"):
        write_report(run)


def test_the_same_run_gives_the_same_bytes(run: Run, tmp_path: Path) -> None:
    first = write_report(run).read_bytes()
    elsewhere = tmp_path / "copy"
    shutil.copytree(run.folder, elsewhere)
    assert write_report(run).read_bytes() == write_report(Run(elsewhere)).read_bytes() == first


def test_the_sample_does_not_depend_on_the_order_of_rows(run: Run) -> None:
    _, before = page_of(run)
    write_rows(run.folder, "summarization", [example("hi", "summarization", n) for n in (4, 2, 0, 3, 1)])
    _, after = page_of(run)
    assert before.said == after.said


def test_template_rows_are_said_loudly(run: Run) -> None:
    assert "Made without a model" not in page_of(run)[1].flat
    write_rows(run.folder, "dialog_gen", [example("ur", "dialog_gen", n, kind="template") for n in range(2)])
    assert "2 of 11 rows carry kind: template" in page_of(run)[1].flat


def test_sums_that_differ_are_an_alarm(run: Run) -> None:
    wrong = [*CELLS[1:], {**CELLS[0], "attempted": 99, "balanced": False}]
    write_stats(run.folder, wrong, balanced=False)
    assert "The sums of this run differ" in page_of(run)[1].flat


def test_a_run_without_a_row_or_a_dataset(tmp_path: Path) -> None:
    write_stats(tmp_path, [cell("dialog_gen", "hi", 0, "source exhausted", failed={"declined": 4})], template=True)
    page = page_of(Run(tmp_path))[1]
    assert "The writer of this run is no model." in page.flat
    assert "0%" in page.flat


def test_a_run_that_drew_no_seed(tmp_path: Path) -> None:
    write_stats(tmp_path, [])
    assert "0 attempted = 0 kept" in page_of(Run(tmp_path))[1].flat


def test_without_stats_the_way_out_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="charkha export"):
        write_report(Run(tmp_path))
    (tmp_path / "stats.json").write_text("{", encoding="utf-8")
    with pytest.raises(RunError, match="damaged"):
        write_report(Run(tmp_path))


def test_a_torn_file_is_named(run: Run) -> None:
    path = run.folder / "dataset" / "summarization" / "hin_Deva-00000-of-00001.parquet"
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(RunError, match="hin_Deva-00000"):
        write_report(run)


def test_a_language_whose_file_is_gone_is_shown_by_its_code(run: Run) -> None:
    gone = tongue("xyz_Arab")
    assert (gone.english, gone.direction, gone.tag) == ("xyz_Arab", "rtl", "xyz-Arab")
    assert tongue("qq").direction == "auto"
    write_rows(run.folder, "dialog_gen", [example("ur", "dialog_gen", 0, message_langs=["xyz_Arab", "urd_Arab"])])
    assert 'lang="xyz-Arab" dir="rtl"' in page_of(run)[0]


def test_long_messages_are_folded_between_words() -> None:
    folded = fold_long(LONG)
    assert len(folded.head) <= SHOWN < len(folded.rest)
    assert (folded.head + " " + folded.rest).split() == LONG.split()
    assert fold_long("short").rest == ""
    endless = fold_long("क" * 20_000)
    assert len(endless.head) + len(endless.rest) + endless.left == 20_000


def test_a_font_name_cannot_leave_its_rule() -> None:
    hindi = tongue("hi")
    evil = type(hindi)(wiki="hi", code="hin_Deva", english="x", font='A";}</style><script>')
    assert not set(evil.family) & set("<>;{}")


@pytest.mark.parametrize(
    ("part", "whole", "told"),
    [(0, 5, "0%"), (5, 5, "100%"), (1, 1000, "<1%"), (999, 1000, ">99%"), (0, 0, "–"), (1, 3, "33%")],
)
def test_percent(part: int, whole: int, told: str) -> None:
    assert percent(part, whole) == told


def _ratio(one: str, two: str) -> float:
    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((light(one), light(two)))
    return (high + 0.05) / (low + 0.05)


def test_colours_keep_wcag_contrast(run: Run) -> None:
    css = page_of(run)[0]
    for block in re.findall(r":root \{(.*?)\}", css, re.DOTALL):
        found = re.findall(r"--([\w-]+): (#[0-9a-f]+)", block)
        colours = {name: "#" + "".join(2 * c for c in value[1:]) if len(value) == 4 else value for name, value in found}
        text = [
            ("ink", "paper"),
            ("soft", "paper"),
            ("soft", "raised"),
            ("accent", "paper"),
            ("loud", "loud-paper"),
            ("alarm", "alarm-paper"),
        ]
        text += [("ink", f"h{level}") for level in range(6)]
        assert not [(a, b) for a, b in text if _ratio(colours[a], colours[b]) < 4.5]
        shapes = ["accent", *(f"c{number}" for number in range(9))]
        assert not [name for name in shapes if _ratio(colours[name], colours["paper"]) < 3]


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_in_a_browser(run: Run, scheme: Any) -> None:
    sync_api = pytest.importorskip("playwright.sync_api")
    if not Path(CHROMIUM).exists():
        pytest.skip("no /usr/bin/chromium: apt-get install chromium")
    path = write_report(run).as_uri()
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 380, "height": 800}, color_scheme=scheme)
        asked: list[str] = []
        trouble: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: trouble.append(message.text))
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on("dialog", lambda dialog: trouble.append(dialog.message))
        page.goto(path)
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        page.wait_for_timeout(200)
        assert [url for url in asked if not url.startswith("data:")] == [path]
        assert not trouble
        assert page.evaluate("document.documentElement.scrollWidth") == 380
        urdu = page.locator(".said[lang=ur]").first
        assert urdu.evaluate("e => getComputedStyle(e).direction") == "rtl"
        assert "Nastaliq" in urdu.evaluate("e => getComputedStyle(e).fontFamily")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == (
            "rgb(255, 255, 255)" if scheme == "light" else "rgb(21, 22, 26)"
        )
        browser.close()


def test_the_page_does_not_grow_with_the_number_of_rows(tmp_path: Path) -> None:
    write_stats(tmp_path, [cell("summarization", "hi", 3000, "seeds tried", target=None)])
    write_passages(tmp_path, "hi", 3)
    write_rows(tmp_path, "summarization", [example("hi", "summarization", n) for n in range(3000)])
    html = write_report(Run(tmp_path)).read_text(encoding="utf-8")
    assert html.count("<article") == 3
    assert len(html) < 100_000
    assert HOSTILE not in html


def test_rare_reasons_share_a_colour_and_lose_no_count(tmp_path: Path) -> None:
    dropped = {f"reason_{number:02d}": 100 - number for number in range(12)}
    write_stats(tmp_path, [cell("summarization", "hi", 7, "seeds tried", target=None, dropped=dropped)])
    html, page = page_of(Run(tmp_path))
    assert "362 for 4 other reasons" in html  # 92 + 91 + 90 + 89
    assert all(code in page.flat for code in dropped)

"""The report's section on culture: the numbers of artifacts.json, the picture, each script as its readers know it."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from test_report import CHROMIUM, page_of
from written_run import CELLS, HOSTILE, cell, write_artifacts, write_passages, write_stats

from charkha.core.errors import RunError
from charkha.core.run import Run
from charkha.languages import artifact_classes, codes, load
from charkha.report.coverage import coverage
from charkha.report.page import write_report

COUNTS = {"hi": {"cuisine": 40, "craft": 16, "film": 1}, "ur": {"cuisine": 40, "craft": 3}}


@pytest.fixture
def many(tmp_path: Path) -> Run:
    """Every language and every class, from one to thousands."""
    folder = tmp_path / "run"
    folder.mkdir()
    langs = codes()
    write_stats(folder, [cell("summarization", lang, 1, "target reached") for lang in langs])
    kinds = list(artifact_classes())
    for lang in langs:
        write_passages_in(folder, lang)
    write_artifacts(folder, {lang: {kind: (at * 37 + row * 11) ** 2 % 3001 for at, kind in enumerate(kinds) if (at + row) % 5} for row, lang in enumerate(langs)})
    return Run(folder)


def write_passages_in(folder: Path, lang: str) -> None:
    write_passages(folder, "hi", 2)
    if lang != "hi":
        (folder / "passages" / lang).mkdir(parents=True)
        (folder / "passages" / lang / "00000.parquet").write_bytes((folder / "passages" / "hi" / "00000.parquet").read_bytes())


def test_without_artifacts_there_is_no_section(run: Run) -> None:
    html, _ = page_of(run)
    assert "#culture" not in html
    assert coverage(run) is None


def test_the_numbers_are_those_of_the_files(run: Run) -> None:
    write_artifacts(run.folder, COUNTS, lost=["hi: no langlinks.sql"])
    found = coverage(run)
    assert found is not None
    assert [line.tongue.wiki for line in found.lines] == ["hi", "ur"]
    assert [name for name, _ in found.classes] == [artifact_classes()[kind].name for kind in ("cuisine", "craft", "film")]
    assert [count for _, count in found.classes] == [80, 19, 1]
    hindi, urdu = found.lines
    assert ([one.count for one in hindi.cells], hindi.own, hindi.titled) == ([40, 16, 1], 57, 64)
    assert ([one.percent for one in hindi.cells], hindi.others) == (["17%", "17%", "17%"], "50%")
    assert (urdu.passages, urdu.others) == (5, "60%")
    html, page = page_of(run)
    assert "99 artifacts were found" in page.flat
    assert "hi: no langlinks.sql" in page.flat
    assert "xx:Nowhere" in page.flat


def test_areas_are_in_proportion_and_nothing_vanishes(run: Run) -> None:
    write_artifacts(run.folder, {"hi": {"cuisine": 40_000, "craft": 10_000, "film": 1}, "ur": {}})
    found = coverage(run)
    assert found is not None
    cuisine, craft, film = (one.radius for one in found.lines[0].cells)
    assert craft == cuisine / 2
    assert 2 < film < 3
    assert [one.radius for one in found.lines[1].cells] == [0, 0, 0]


def test_what_is_thin_is_told(run: Run) -> None:
    write_artifacts(run.folder, COUNTS)
    found = coverage(run)
    assert found is not None
    assert found.lines[0].thin == []
    assert found.lines[1].thin == ["film and television"]  # none against half a one in the middle; crafts have 3 against 9.5
    write_artifacts(run.folder, {"hi": {"cuisine": 40, "craft": 16}, "ur": {"cuisine": 40, "craft": 1}})
    found = coverage(run)
    assert found is not None
    assert found.lines[1].thin == ["crafts and textiles"]
    html, _ = page_of(run)
    assert 'class="thin"' in html


def test_titles_of_others_are_no_markup(run: Run) -> None:
    write_artifacts(run.folder, COUNTS, lost=[HOSTILE])
    html, page = page_of(run)
    assert "<script>alert" not in html
    assert f"{HOSTILE} cuisine 0" in page.flat


def test_damaged_numbers_are_named(run: Run) -> None:
    write_artifacts(run.folder, COUNTS)
    (run.folder / "artifacts" / "artifacts.json").write_text("{", encoding="utf-8")
    with pytest.raises(RunError, match="Make it again: charkha artifacts"):
        write_report(run)


def test_the_cells_of_the_fixture_do_not_depend_on_culture(run: Run) -> None:
    write_artifacts(run.folder, COUNTS)
    _, page = page_of(run)
    assert f"{sum(one['attempted'] for one in CELLS)} attempted" in page.flat


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 380])
def test_the_picture_in_a_browser(many: Run, width: int, tmp_path: Path) -> None:
    sync_api = pytest.importorskip("playwright.sync_api")
    if not Path(CHROMIUM).exists():
        pytest.skip("no /usr/bin/chromium: apt-get install chromium")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": width, "height": 900})
        page.goto(write_report(many).as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") == width
        boxes: list[Any] = page.evaluate(
            "[...document.querySelectorAll('figure > .scroll text:not(.class)')].map(e => [e.textContent, ...Object.values(e.getBoundingClientRect().toJSON()).slice(0, 4)])"
        )
        native = {load(code).names["native"] for code in codes()}
        assert native <= {text for text, *_ in boxes}
        for (one, *a), (two, *b) in combinations(boxes, 2):
            apart = a[0] + a[2] <= b[0] or b[0] + b[2] <= a[0] or a[1] + a[3] <= b[1] + 4 or b[1] + b[3] <= a[1] + 4
            assert apart, f"{one} lies on {two}"
        frame = page.locator("figure svg").first.bounding_box()
        assert frame is not None
        for text, x, y, wide, high in boxes:
            assert x >= frame["x"] - 1, text
            assert y + high <= frame["y"] + frame["height"] + 8, text
            assert wide > 8, text
        fonts = page.evaluate("[...document.querySelectorAll('figure text[lang]')].map(e => [e.getAttribute('lang'), getComputedStyle(e).fontFamily])")
        for lang, family in fonts:
            assert load(lang).font in family
        browser.close()

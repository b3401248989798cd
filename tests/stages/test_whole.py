"""The main job, end to end, through the command line: the demo, a real dump, a real engine."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import polars
import pyarrow.parquet as pq
import pytest

from charkha.core.tables import DATASET
from charkha.languages import load
from charkha.text.identify import vote
from charkha.text.script import script_share
from runs import SAMPLE, TASKS, charkha, recipe, rows, stats
from tinymodel import tiny_model

EXCERPT = Path(__file__).parent.parent.parent.parent / "shared" / "data" / "bnwiki-excerpt.xml.bz2"
BUNDLED = sorted(path.name.split("wiki-")[0] for path in SAMPLE.glob("*.bz2"))
MARKUP = re.compile(r"\[\[|\]\]|\{\{|\}\}|'''?|<ref|<nowiki|\{\||\|\}|^\s*[*#;:]|&nbsp;|__[A-Z]+__|== ?", re.MULTILINE)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's run folder."""
    folder = tmp_path_factory.mktemp("demo") / "run"
    said = charkha("demo", "--out", folder).stdout
    assert str(folder / "dataset") in said
    assert str(folder / "report.html") in said
    assert "charkha demo --model some.gguf" in said
    return folder


def test_the_demo_keeps_rows_in_every_cell(demo: Path) -> None:
    cells = {(cell["subset"], cell["lang"]): cell["kept"] for cell in stats(demo)["cells"]}
    assert set(cells) == {(task, lang) for task in TASKS for lang in BUNDLED}
    assert all(kept >= 1 for kept in cells.values())


def test_the_demos_dataset_loads_everywhere(demo: Path) -> None:
    import datasets

    for task in TASKS:
        files = sorted((demo / "dataset" / task).glob("*.parquet"))
        assert len(files) == len(BUNDLED)
        for path in files:
            assert pq.read_schema(path).equals(DATASET)
            assert path.name == f"{path.name[:8]}-00000-of-00001.parquet"
        assert polars.read_parquet(files).height >= len(files)
        loaded = datasets.load_dataset("parquet", data_files=[str(path) for path in files], split="train")
        assert loaded.num_rows == polars.read_parquet(files).height


def test_the_demos_rows_say_what_they_are(demo: Path) -> None:
    for row in rows(demo, "dataset"):
        if "messages" not in row:
            continue  # the attribution
        assert row["generation"]["kind"] == "template"
        assert row["generation"]["tokens_out"] == 0
        assert row["provenance"]["licence"] == "CC BY-SA 4.0"
        assert row["provenance"]["url"].startswith(f"https://{row['lang']}.charkha.example/wiki/")
        assert row["evidence"]
        assert all(message["content"].strip() for message in row["messages"])
        language = load(row["lang"])
        for message in row["messages"]:
            assert script_share(message["content"], language) > 0.7
            assert not MARKUP.search(message["content"]), message["content"]


def test_the_demo_twice_is_the_same(demo: Path, tmp_path: Path) -> None:
    charkha("demo", "--out", tmp_path / "again")
    for part in ("examples", "failed", "decisions", "dataset", "passages"):
        assert rows(tmp_path / "again", part) == rows(demo, part)
    before = {path: path.stat().st_mtime_ns for path in (demo / "examples").rglob("*.parquet")}
    charkha("demo", "--out", demo)
    assert {path: path.stat().st_mtime_ns for path in (demo / "examples").rglob("*.parquet")} == before


@pytest.mark.skipif(not EXCERPT.exists(), reason="the excerpt of a real dump is not part of the project")
@pytest.mark.slow
def test_a_real_dump(tmp_path: Path) -> None:
    path = recipe(tmp_path, ["hi"], languages=["bn"], source={"dumps": {"bn": str(EXCERPT)}}, targets={"seeds": 300})
    charkha("run", path, "--out", tmp_path / "run")
    articles = [row for row in rows(tmp_path / "run", "pages/bn") if not row["redirect_to"]]
    assert len(articles) == 380
    assert all(row["text"].strip() for row in articles)
    told = stats(tmp_path / "run")["total"]
    assert told["kept"] >= 0.8 * told["attempted"]
    bengali, residue = load("bn"), Counter[str]()
    for row in rows(tmp_path / "run", "dataset"):
        for message in row.get("messages", []):
            residue.update(MARKUP.findall(message["content"]))
            if len(message["content"]) >= 100:
                assert vote(message["content"], bengali).confidence >= 0.75
    assert not residue


@pytest.mark.slow
def test_a_real_engine(tmp_path: Path) -> None:
    """The tiny model answers in the schemas' shapes and means nothing: its replies fall, and are accounted for."""
    model = tiny_model(tmp_path)
    charkha("demo", "--model", model, "--lang", "hi", "--lang", "ta", "--rows", "1", "--out", tmp_path / "run")
    told = stats(tmp_path / "run")
    assert {(cell["subset"], cell["lang"]) for cell in told["cells"]} == {(task, lang) for task in TASKS for lang in ("hi", "ta")}
    assert told["total"]["attempted"] > 0
    assert told["total"]["pending"] == 0
    for row in rows(tmp_path / "run", "examples"):
        assert row["generation"]["kind"] == "model"
        assert row["generation"]["tokens_out"] > 0
        assert row["replies"]

"""export: the dataset of DESIGN's contract, whole, the same every time, with the attribution of every row."""

from __future__ import annotations

import hashlib
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import polars
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from charkha.cli import main
from runs import TASKS, recipe, rows, stats

CODES = {"hi": "hin_Deva", "ta": "tam_Taml"}
COLUMNS = [
    "id", "messages", "subset", "lang", "message_langs", "context", "split", "seed_id", "evidence", "provenance", "generation", "quality"
]  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two languages with more kept rows than are wanted now."""
    folder = tmp_path_factory.mktemp("made")
    for wanted in (5, 3):
        path = recipe(folder, ["hi", "ta"], targets={"rows": wanted}, shard=2)
        assert main(["generate", str(path), "--out", str(folder / "run")]) == 0
    assert main(["export", str(folder / "run")]) == 0
    return folder / "run"


@pytest.fixture
def run(made: Path, tmp_path: Path) -> Path:
    """A copy that may be changed."""
    return Path(shutil.copytree(made, tmp_path / "run"))


def bytes_of(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def left(run: Path) -> list[str]:
    return [path.name for path in run.rglob(".tmp-*")]


def test_files_are_named_as_the_contract_says(made: Path) -> None:
    names = {str(path.relative_to(made / "dataset")) for path in (made / "dataset").rglob("*") if path.is_file()}
    assert names == {f"{task}/{code}-00000-of-00001.parquet" for task in TASKS for code in CODES.values()} | {
        "ATTRIBUTION.parquet", "README.md"
    }  # fmt: skip
    assert not left(made)


def test_columns(made: Path) -> None:
    for path in (made / "dataset").glob("*/*.parquet"):
        schema = pq.read_schema(path)
        assert schema.names == COLUMNS
        assert schema.field("id").type == pa.string()
        assert schema.field("messages").type == pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))
        assert {field.name for field in schema.field("evidence").type.value_type} == {"page_id", "revision_id", "start", "end", "text"}
        assert {field.name for field in schema.field("generation").type} == {
            "kind", "provider", "model", "terms", "prompt", "sampling", "tokens_in", "tokens_out"
        }  # fmt: skip
        assert {field.name for field in schema.field("quality").type.value_type} == {"name", "message", "value"}
        assert pq.read_metadata(path).row_group(0).column(0).compression == "ZSTD"


def test_rows_are_whole(made: Path) -> None:
    pages = {(row["lang"], row["page_id"]): row["text"] for lang in CODES for row in rows(made, f"pages/{lang}")}
    for row in rows(made, "dataset"):
        if "messages" not in row:
            continue
        assert row["id"] == row["seed_id"]
        assert [message["role"] for message in row["messages"]] == ["user", "assistant"] * (len(row["messages"]) // 2)
        assert all(message["content"].strip() for message in row["messages"])
        assert row["message_langs"] == [CODES[row["lang"]]] * len(row["messages"])
        assert row["context"] in ("open", "closed", "answer_is_passage")
        assert row["split"] in ("train", "dev", "test")
        assert row["generation"]["kind"] == "template"
        assert row["quality"]
        assert row["evidence"]
        for span in row["evidence"]:
            assert pages[row["lang"], span["page_id"]][span["start"] : span["end"]] == span["text"]


@pytest.mark.parametrize("task", TASKS)
def test_the_first_rows_in_seed_order(made: Path, task: str) -> None:
    for lang, code in CODES.items():
        dropped = {row["id"] for part in ("generate", "filter") for row in rows(made, f"decisions/{part}/{lang}") if not row["kept"]}
        kept = [row for row in rows(made, f"examples/{lang}") if row["subset"] == task and row["id"] not in dropped]
        wanted = [row["id"] for row in sorted(kept, key=lambda row: row["position"])]
        told = pq.read_table(made / "dataset" / task / f"{code}-00000-of-00001.parquet")["id"].to_pylist()
        assert len(wanted) >= 5
        assert told == wanted[:3]


def test_it_loads_where_people_load(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    import datasets

    files = sorted(str(path) for path in (made / "dataset").glob("*/*.parquet"))
    loaded = datasets.load_dataset("parquet", data_files=files, split="train", cache_dir=str(tmp_path / "cache"))
    frame = polars.read_parquet(files)
    table = pa.concat_tables([pq.read_table(file) for file in files])
    assert len(loaded) == frame.height == table.num_rows == 3 * len(TASKS) * len(CODES)
    assert loaded["id"][:] == frame["id"].to_list() == table["id"].to_pylist()
    assert loaded[0]["messages"] == frame["messages"][0].to_list() == table["messages"][0].as_py()
    assert loaded.column_names == frame.columns == COLUMNS


def test_every_row_is_attributed(made: Path) -> None:
    credited = list(pq.read_table(made / "dataset" / "ATTRIBUTION.parquet").to_pylist())
    used: Counter[tuple[Any, ...]] = Counter()
    for path in (made / "dataset").glob("*/*.parquet"):
        for row in pq.read_table(path).to_pylist():
            source = row["provenance"]
            used[row["lang"], source["page_id"], source["revision_id"], source["title"], source["url"]] += 1
    assert {(r["lang"], r["page_id"], r["revision_id"], r["title"], r["url"]): r["rows"] for r in credited} == dict(used)
    for row in credited:
        assert row["source"] == row["url"].split("/")[2]
        assert row["licence"].startswith("CC BY-SA")
        assert row["dump_date"]


def test_exporting_again_gives_the_same_bytes(run: Path) -> None:
    before = bytes_of(run / "dataset")
    assert main(["export", str(run)]) == 0
    assert bytes_of(run / "dataset") == before
    assert not left(run)


def test_numbers_agree(made: Path) -> None:
    found = stats(made)
    assert len(rows(made, "examples")) + len(rows(made, "failed")) == found["total"]["attempted"]
    assert all(cell["ended"] == "target reached" for cell in found["cells"])


@pytest.mark.parametrize("moment", ["writing", "between", "behind"])
def test_an_export_that_was_killed_is_made_again(run: Path, moment: str) -> None:
    """What SIGKILL leaves: half a new dataset; the old one moved away; or the new one in place beside the old."""
    before = bytes_of(run / "dataset")
    fresh = run / ".tmp-dataset"
    if moment == "writing":
        (fresh / TASKS[0]).mkdir(parents=True)
        (fresh / TASKS[0] / "hin_Deva-part-00000.parquet").write_bytes(b"PAR1 half")
        (fresh / TASKS[0] / ".tmp-77-hin_Deva-part-00001.parquet").write_bytes(b"PAR1")
        assert bytes_of(run / "dataset") == before
    else:
        shutil.copytree(run / "dataset", run / ".tmp-dataset-old")
        if moment == "between":
            (run / "dataset").rename(fresh)
    assert main(["export", str(run)]) == 0
    assert bytes_of(run / "dataset") == before
    assert not left(run)


def test_an_export_that_fails_leaves_the_old_dataset(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = bytes_of(run / "dataset")
    shard = max((run / "decisions" / "filter" / "ta").glob("*.parquet"))
    shard.write_bytes(shard.read_bytes()[:-40])
    assert main(["export", str(run)]) == 2
    assert shard.name in capsys.readouterr().err
    assert bytes_of(run / "dataset") == before


def test_superseded_rows_are_not_exported(run: Path) -> None:
    old = {row["id"] for row in rows(run, "dataset/summarization")}
    path = recipe(run.parent, ["hi", "ta"], targets={"rows": 3}, shard=2)
    assert main(["generate", str(path), "--out", str(run), "--supersede", "summarization"]) == 0
    assert main(["export", str(run)]) == 0
    new = {row["id"] for row in rows(run, "dataset/summarization")}
    assert len(new) == len(old)
    assert not new & old
    assert stats(run)["total"]["dropped"]["superseded"] >= 6

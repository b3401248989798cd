"""The dataset card: front matter that Hugging Face can use, counts that are the files', names that stay names."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from written_run import CELLS, cell, example, write_rows, write_stats

from charkha.core.run import Run
from charkha.core.tables import DATASET, count_rows
from charkha.report.card import COLUMNS, code, plain, write_card


def card_of(run: Run) -> tuple[dict[str, Any], str]:
    text = write_card(run).read_text(encoding="utf-8")
    empty, front, body = text.split("---\n", 2)
    assert empty == ""
    found: dict[str, Any] = yaml.safe_load(front)
    return found, body


def test_front_matter(run: Run) -> None:
    front, _ = card_of(run)
    assert front["license"] == "cc-by-sa-4.0"
    assert front["language"] == ["hi", "ur"]
    assert front["task_categories"] == ["text-generation"]
    assert front["size_categories"] == ["n<1K"]
    assert front["pretty_name"] == "Charkha dataset"
    assert front["tags"] == ["charkha", "synthetic"]


def test_configs_name_every_file_and_no_other(run: Run) -> None:
    front, _ = card_of(run)
    folder, named = run.folder / "dataset", []
    for config in front["configs"]:
        for data in config["data_files"]:
            found = sorted(folder.glob(data["path"]))
            assert found
            assert re.fullmatch(r"\w+", data["split"])
            assert data["path"].startswith(f"{config['config_name']}/{data['split']}-")
            named += found
    assert sorted(named) == sorted(folder.glob("*/*.parquet"))
    assert [config["config_name"] for config in front["configs"]] == ["summarization", "dialog_gen"]
    assert [data["split"] for data in front["configs"][1]["data_files"]] == ["urd_Arab"]  # Hindi kept nothing there


def test_counts_are_the_files(run: Run) -> None:
    _, body = card_of(run)
    assert "11 rows of instruction data in 2 languages and 2 subsets" in body
    assert "| Hindi (हिन्दी) | `hin_Deva` | 5 | 0 | 5 |" in body
    assert f"**{sum(count_rows(path) for path in (run.folder / 'dataset').glob('*/*.parquet'))}**" in body
    for one in CELLS:
        numbers = [
            one["attempted"],
            one["kept"],
            sum(one["dropped"].values()),
            sum(one["failed"].values()),
            one["pending"],
        ]
        assert f"| {' | '.join(map(str, numbers))} | {one['ended']} |" in body


def test_hostile_names_stay_names(run: Run) -> None:
    stats = json.loads((run.folder / "stats.json").read_text(encoding="utf-8"))
    stats["recipe"]["name"] = "A: name\n---\nlicense: mit <script>"
    stats["models"]["writer"].update(terms="x | y\n# heading [l](javascript:1)", model="m`|`\n<script>")
    (run.folder / "stats.json").write_text(json.dumps(stats), encoding="utf-8")
    front, body = card_of(run)
    assert front["license"] == "cc-by-sa-4.0"
    assert front["pretty_name"] == "A: name --- license: mit <script>"
    assert "<script" not in re.sub(r"`[^`]*`", "", body)
    tables = [line for line in body.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in tables} <= {4, 5, 6, 9}
    assert plain("a|b\n*c*") == r"a\|b \*c\*"
    assert code("a`b|c") == "`a'b'c`"


def test_template_rows_are_said_first(run: Run) -> None:
    for subset, lang, count in (("summarization", "hi", 5), ("summarization", "ur", 4), ("dialog_gen", "ur", 2)):
        write_rows(run.folder, subset, [example(lang, subset, n, kind="template") for n in range(count)])
    front, body = card_of(run)
    assert "template-baseline" in front["tags"]
    assert body.strip().splitlines()[2].startswith("> **Template baseline: no model.** Every row is")
    write_rows(run.folder, "summarization", [example("hi", "summarization", n) for n in range(5)])
    assert "6 of 11 rows are" in card_of(run)[1]


def test_other_licences_are_named(run: Run) -> None:
    older = example("hi", "summarization", 0)
    older["provenance"] = {**older["provenance"], "licence": "CC BY-SA 3.0"}
    write_rows(run.folder, "summarization", [older])
    front, body = card_of(run)
    assert (front["license"], front["license_name"]) == ("other", "CC BY-SA 3.0 and CC BY-SA 4.0")
    assert "CC BY-SA 3.0 (1 row), CC BY-SA 4.0 (6 rows)" in body


def test_limits_follow_the_files(run: Run) -> None:
    body = card_of(run)[1]
    assert "No native speaker has reviewed the language files of: Hindi, Urdu." in body
    assert "No blocklist was given" in body
    assert "No judge model rated" in body
    assert "Some cells ended below their target" in body
    stats = json.loads((run.folder / "stats.json").read_text(encoding="utf-8"))
    stats["recipe"]["source"] = {"blocklist": ["b.jsonl"]}
    stats["models"]["judge"] = stats["models"]["writer"]
    (run.folder / "stats.json").write_text(json.dumps(stats), encoding="utf-8")
    body = card_of(run)[1]
    assert "No blocklist was given" not in body
    assert "No judge model rated" not in body


def test_every_column_is_explained() -> None:
    assert set(COLUMNS) == set(DATASET.names)


def test_a_dataset_without_rows(tmp_path: Path) -> None:
    write_stats(tmp_path, [cell("dialog_gen", "hi", 0, "source exhausted", failed={"declined": 4})])
    front, body = card_of(Run(tmp_path))
    assert "configs" not in front
    assert "license" not in front
    assert "there is no file to load" in body


def test_the_same_run_gives_the_same_bytes(run: Run, tmp_path: Path) -> None:
    first = write_card(run).read_bytes()
    shutil.copytree(run.folder, tmp_path / "copy")
    assert write_card(Run(tmp_path / "copy")).read_bytes() == first


@pytest.mark.parametrize("needs", ["pyarrow", "polars", "datasets"])
def test_the_snippets_run(run: Run, needs: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip(needs)
    if needs == "datasets":
        monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "hf")
    blocks = re.findall(r"```python\n(.*?)```", card_of(run)[1], re.DOTALL)
    mine = [block for block in blocks if needs in block.splitlines()[0]]
    assert len(mine) == (2 if needs == "datasets" else 1)
    monkeypatch.chdir(run.folder)
    for block in mine:
        names: dict[str, Any] = {}
        exec(block, names)
        rows = names["rows"]
        assert (rows.num_rows if hasattr(rows, "num_rows") else rows.height) == 5

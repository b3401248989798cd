"""What bad input gets: one line with what, where and the way out; exit 2; nothing half-written. Through the command line."""

from __future__ import annotations

import bz2
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from runs import charkha, command, dump_of, one_line, recipe, rows, served, stats
from servers import ReplyServer


def edited(path: Path, **changes: object) -> Path:
    """The recipe with some keys changed."""
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    data.update(changes)
    path.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    return path


def refused(*arguments: object) -> str:
    """Runs a command that must be refused, and returns its line."""
    return one_line(charkha(*arguments, code=2))


def test_a_file_that_is_no_dump(tmp_path: Path) -> None:
    (tmp_path / "notes.xml").write_text("<html><body>hello</body></html>")
    line = refused("ingest", tmp_path / "notes.xml", "--lang", "hi", "--out", tmp_path / "run")
    assert "notes.xml" in line
    assert not list((tmp_path / "run").rglob("*.parquet"))
    assert not list((tmp_path / "run").rglob("ingest.json"))


def test_a_dump_that_is_not_there(tmp_path: Path) -> None:
    line = refused("ingest", tmp_path / "none.xml.bz2", "--lang", "hi", "--out", tmp_path / "run")
    assert "none.xml.bz2" in line
    assert "No such file" in line


def test_a_truncated_dump_keeps_what_was_whole(tmp_path: Path) -> None:
    text = bz2.decompress(dump_of("hi").read_bytes())
    first = b"</page>\n".join(text.split(b"</page>\n")[:5]) + b"</page>\n"
    cut = tmp_path / "hiwiki-20261101-pages-articles.xml.bz2"
    cut.write_bytes(bz2.compress(first) + bz2.compress(text[len(first) :])[:-2000])
    done = charkha("ingest", cut, "--lang", "hi", "--out", tmp_path / "run", code=3)
    assert cut.name in one_line(done)
    assert len(rows(tmp_path / "run", "pages/hi")) >= 1
    found = json.loads((tmp_path / "run" / "pages" / "hi" / "ingest.json").read_text(encoding="utf-8"))
    assert found["cut"]
    assert found["pages"] >= 1
    data = yaml.safe_load(recipe(tmp_path, ["hi"]).read_text(encoding="utf-8"))
    data["source"]["dumps"]["hi"] = str(cut)
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(data), encoding="utf-8")
    done = charkha("run", tmp_path / "recipe.yaml", "--out", tmp_path / "whole", code=3)
    assert cut.name in one_line(done)
    stats(tmp_path / "whole")


def test_a_page_without_text(tmp_path: Path) -> None:
    text = bz2.decompress(dump_of("hi").read_bytes()).decode("utf-8")
    empty = (
        "  <page>\n    <title>रिक्त</title>\n    <ns>0</ns>\n    <id>9999</id>\n    <revision>\n      <id>99990</id>\n"
        "      <timestamp>2026-11-01T00:00:00Z</timestamp>\n      <model>wikitext</model>\n      <text bytes=\"0\" />\n"
        "    </revision>\n  </page>\n"
    )
    dump = tmp_path / "hiwiki-20261101-pages-articles.xml"
    dump.write_text(text.replace("</mediawiki>", empty + "</mediawiki>"), encoding="utf-8")
    charkha("ingest", dump, "--lang", "hi", "--out", tmp_path / "run")
    assert len(rows(tmp_path / "run", "passages/hi")) >= 6


@pytest.mark.parametrize(
    ("change", "word", "near"),
    [
        ({"languags": ["hi"]}, "unknown key 'languags'", "languages"),
        ({"tasks": ["sumarization"]}, "unknown task 'sumarization'", "summarization"),
        ({"languages": ["hn"]}, "unknown language 'hn'", "hi"),
        ({"filters": {"langage": {"confidence": 0.9}}}, "unknown filter 'langage'", "language"),
        ({"filters": {"language": {"confidense": 0.9}}}, "no limit 'confidense'", "confidence"),
        ({"models": {"writer": {"kind": "openai"}}}, "unknown provider 'openai'", "openai_compatible"),
        ({"models": {"writer": {"kind": "extractive", "sampeling": {}}}}, "unknown key 'sampeling'", "sampling"),
        ({"targets": {"rows": 5, "seeds": 5}}, "exactly one of rows and seeds", "recipe.yaml"),
        ({"models": {}}, "writer", "recipe.yaml"),
        ({"seed": "seven"}, "seed", "recipe.yaml"),
    ],
)
def test_unknown_names_have_a_near_one(tmp_path: Path, change: dict[str, object], word: str, near: str) -> None:
    path = edited(recipe(tmp_path, ["hi"]), **change)
    line = refused("run", path, "--out", tmp_path / "run")
    assert word in line
    assert near in line
    assert "recipe.yaml" in line
    assert not (tmp_path / "run" / "examples").exists()


def test_an_unknown_key_is_named_by_its_line(tmp_path: Path) -> None:
    path = recipe(tmp_path, ["hi"])
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([*lines, "colour: red", ""]), encoding="utf-8")
    assert f"recipe.yaml:{len(lines) + 1}" in refused("run", path, "--out", tmp_path / "run")


def test_yaml_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text("languages: [hi\ntasks: ]", encoding="utf-8")
    assert "r.yaml:" in refused("run", tmp_path / "r.yaml", "--out", tmp_path / "run")
    (tmp_path / "r.yaml").write_text("!!python/object/apply:os.system ['touch /tmp/pwned']", encoding="utf-8")
    refused("run", tmp_path / "r.yaml", "--out", tmp_path / "run")
    (tmp_path / "r.yaml").write_text("- a\n- b\n", encoding="utf-8")
    assert "no recipe" in refused("run", tmp_path / "r.yaml", "--out", tmp_path / "run")
    assert "none.yaml" in refused("run", tmp_path / "none.yaml", "--out", tmp_path / "run")


def test_an_unknown_command_and_a_wrong_flag(tmp_path: Path) -> None:
    assert "'report'" in refused("raport")
    assert "--out" in refused("run", "x.yaml")
    assert "unknown language 'hn'" in refused("prompt", "summarization", "--lang", "hn")
    assert "no run folder" in refused("report", tmp_path)
    assert "key=value" in refused("run", recipe(tmp_path, ["hi"]), "--out", tmp_path / "run", "--set", "rows")


def test_a_missing_key(tmp_path: Path) -> None:
    with ReplyServer(key="sk-right") as server:
        path = recipe(tmp_path, ["hi"], served(server.url, api_key_env="MY_TEST_KEY"))
        line = refused("run", path, "--out", tmp_path / "run")
        assert "MY_TEST_KEY" in line
        assert "export" in line
        assert "demo" in line
        wrong = charkha("run", path, "--out", tmp_path / "run", code=2, env={**os.environ, "MY_TEST_KEY": "sk-wrong"})
        assert "sk-wrong" not in wrong.stderr + wrong.stdout
        assert "MY_TEST_KEY" in one_line(wrong)
        charkha("run", path, "--out", tmp_path / "run", env={**os.environ, "MY_TEST_KEY": "sk-right"})
    held = b"".join(p.read_bytes() for p in (tmp_path / "run").rglob("*") if p.is_file())
    assert b"sk-right" not in held


def test_a_secret_in_the_recipe_is_refused(tmp_path: Path) -> None:
    path = recipe(tmp_path, ["hi"], served("http://127.0.0.1:9", headers={"Authorization": "Bearer sk-hidden"}))
    line = refused("run", path, "--out", tmp_path / "run")
    assert "sk-hidden" not in line
    assert "${" in line


def test_a_password_in_a_url_is_refused(tmp_path: Path) -> None:
    line = refused("run", recipe(tmp_path, ["hi"], served("http://me:sk-hidden@127.0.0.1:9/v1")), "--out", tmp_path / "run")
    assert "sk-hidden" not in line
    assert "api_key_env" in line


def test_an_endpoint_that_is_down(tmp_path: Path) -> None:
    line = refused("run", recipe(tmp_path, ["hi"], served("http://127.0.0.1:9/v1")), "--out", tmp_path / "run")
    assert "127.0.0.1:9" in line
    assert "base_url" in line


@pytest.fixture
def html() -> Iterator[str]:
    """A server that answers everything with a page."""
    with ReplyServer(write=lambda body: "") as server:
        server.faults = [("html", 1.0)]
        yield server.url


def test_an_endpoint_that_speaks_html(tmp_path: Path, html: str) -> None:
    origin = html.removesuffix("/v1")
    line = refused("run", recipe(tmp_path, ["hi"], served(origin, retries=1)), "--out", tmp_path / "run")
    assert "base_url" in line


def test_a_model_that_is_not_served(tmp_path: Path) -> None:
    with ReplyServer(models=("qwen3-235b", "llama-3.1-405b")) as server:
        line = refused("run", recipe(tmp_path, ["hi"], served(server.url, model="qwen3-235")), "--out", tmp_path / "run")
    assert "'qwen3-235'" in line
    assert "qwen3-235b" in line


def test_a_gguf_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "fake.gguf").write_bytes(b"not a model at all")
    assert "fake.gguf" in refused("demo", "--model", tmp_path / "fake.gguf", "--lang", "hi", "--out", tmp_path / "run")
    assert "none.gguf" in refused("demo", "--model", tmp_path / "none.gguf", "--lang", "hi", "--out", tmp_path / "run2")


def test_a_run_of_another_recipe(tmp_path: Path) -> None:
    charkha("run", recipe(tmp_path, ["hi"]), "--out", tmp_path / "run")
    before = rows(tmp_path / "run")
    line = refused("run", edited(tmp_path / "recipe.yaml", seed=8), "--out", tmp_path / "run")
    assert "'7' -> '8'" in line
    assert "--out" in line
    assert "cache:" in line
    with ReplyServer() as server:
        changed = edited(tmp_path / "recipe.yaml", seed=7, models={"writer": served(server.url)})
        line = refused("run", changed, "--out", tmp_path / "run")
        assert "extractive" in line
        assert "--supersede summarization" in line
        assert rows(tmp_path / "run") == before
        flags = [flag for task in ("summarization", "multihop_reasoning", "dialog_gen") for flag in ("--supersede", task)]
        charkha("run", changed, "--out", tmp_path / "run", *flags)
    told = stats(tmp_path / "run")
    assert told["total"]["dropped"]["superseded"] > 0
    exported = rows(tmp_path / "run", "dataset/summarization")
    assert len(exported) == 2
    assert {row["generation"]["kind"] for row in exported} == {"model"}
    ids = [row["id"] for row in rows(tmp_path / "run")]
    assert len(ids) == len(set(ids))


def test_what_a_changed_recipe_may_change(tmp_path: Path) -> None:
    path = edited(recipe(tmp_path, ["hi"]), tasks=["summarization"])
    charkha("run", path, "--out", tmp_path / "run")
    before = {row["id"] for row in rows(tmp_path / "run")}
    charkha("run", recipe(tmp_path, ["hi"], targets={"rows": 4}), "--out", tmp_path / "run")
    after = rows(tmp_path / "run")
    assert before < {row["id"] for row in after}
    assert {row["subset"] for row in after} == {"summarization", "multihop_reasoning", "dialog_gen"}
    entries = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))["entries"]
    assert len(entries) == 2


def test_a_newer_format_and_a_strange_folder(tmp_path: Path) -> None:
    path = recipe(tmp_path, ["hi"])
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.json").write_text('{"format": 99, "entries": []}')
    assert "format 99" in refused("run", path, "--out", tmp_path / "run")
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").write_bytes(b"meow")
    assert "'cat.jpg'" in refused("run", path, "--out", tmp_path / "photos")
    assert [p.name for p in (tmp_path / "photos").iterdir()] == ["cat.jpg"]


def test_a_second_process_on_the_same_run(tmp_path: Path) -> None:
    with ReplyServer(latency=1.0) as server:
        path = recipe(tmp_path, ["hi"], served(server.url, concurrency=1))
        first = subprocess.Popen(command("generate", path, "--out", tmp_path / "run"), stderr=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            while not (tmp_path / "run" / "rounds" / "hi.jsonl").exists():
                assert first.poll() is None
            line = refused("generate", path, "--out", tmp_path / "run")
        finally:
            first.kill()
            first.communicate()
    assert f"process {first.pid}" in line


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small tmpfs")
@pytest.mark.parametrize("size", ["200k", "600k", "900k"])
def test_a_full_disk(tmp_path: Path, size: str) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    path = recipe(tmp_path, ["hi", "ta"], targets={"seeds": 20}, shard=2)
    run = " ".join(command("run", path, "--out", disk / "run"))
    mount = f"mount -t tmpfs -o size={size} none {disk} && {run}; code=$?; cp -r {disk}/run {tmp_path}/left; exit $code"
    done = subprocess.run(["unshare", "-m", "sh", "-c", mount], capture_output=True, text=True, timeout=120)
    assert done.returncode == 2, done.stderr
    assert "no space left" in one_line(done)
    assert "Traceback" not in done.stderr
    assert not list((tmp_path / "left").rglob(".tmp-*.parquet"))
    for part in ("examples", "failed", "decisions"):
        rows(tmp_path / "left", part)  # every file that stands can be read
    charkha("run", path, "--out", tmp_path / "left")
    charkha("run", path, "--out", tmp_path / "undisturbed")
    assert rows(tmp_path / "left") == rows(tmp_path / "undisturbed")


def test_interrupt_lets_replies_land(tmp_path: Path) -> None:
    import signal

    with ReplyServer(latency=0.3) as server:
        path = recipe(tmp_path, ["hi"], served(server.url, concurrency=4), targets={"seeds": 30}, max_uses_per_passage=10)
        process = subprocess.Popen(command("run", path, "--out", tmp_path / "run"), stderr=subprocess.PIPE, stdout=subprocess.PIPE)
        while sum(server.asked.values()) < 4:
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
        assert process.returncode == 130, said
        assert b"Traceback" not in said
        charkha("run", path, "--out", tmp_path / "run")
        assert max(server.asked.values()) == 1

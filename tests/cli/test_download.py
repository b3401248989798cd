"""Dump files are fetched whole or not at all, from servers that do whatever servers do."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import random
import re
import resource
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charkha.core.errors import SourceError
from charkha.stages.mirror import articles_of, read_status
from dumpserver import USUAL, Body, DumpServer
from runs import SAMPLE, charkha, command, one_line

DATE = "20261101"
PAGE = "page.sql.gz"
ARTICLES = "pages-articles-multistream.xml.bz2"


def content(name: str, size: int = 300_000) -> bytes:
    return random.Random(name).randbytes(size)


def usual(size: int = 20_000) -> dict[str, bytes]:
    return {name: content(name, size) for name in USUAL}


@pytest.fixture
def server() -> Iterator[DumpServer]:
    with DumpServer() as running:
        yield running


def download(server: DumpServer, out: Path, *more: object, code: int | None = 0, lang: str = "hi") -> subprocess.CompletedProcess[str]:
    return charkha("download", lang, "--mirror", server.url, "--out", out, "--stall", 2, *more, code=code)


def page(server: DumpServer, out: Path, *more: object, code: int = 0, **changes: Any) -> subprocess.CompletedProcess[str]:
    """Fetches one file of one group; 'langlinks' is the group that has just one."""
    return download(server, out, "--what", "langlinks", *more, code=code, **changes)


def place(out: Path, what: str = "langlinks.sql.gz", wiki: str = "hi", date: str = DATE) -> Path:
    return out / wiki / f"{wiki.replace('-', '_')}wiki-{date}-{what}"


def left_over(out: Path) -> list[str]:
    """Everything below a folder but finished files and what remembers them."""
    names = [path.name for path in out.rglob("*") if path.is_file()]
    return sorted(name for name in names if name.endswith((".part", ".part.json")) or name.startswith(".tmp"))


# The plain case


def test_a_whole_dump_is_fetched_and_never_twice(server: DumpServer, tmp_path: Path) -> None:
    files = usual()
    server.publish("hi", DATE, files)
    done = download(server, tmp_path)
    for name, data in files.items():
        assert place(tmp_path, name).read_bytes() == data
    assert left_over(tmp_path) == []
    assert f"next: charkha ingest {tmp_path / 'hi'} --lang hi --out" in done.stdout
    assert "category:  page.sql.gz, categorylinks.sql.gz, linktarget.sql.gz: the tree of categories" in done.stdout
    assert {request.headers["User-Agent"].split("/")[0] for request in server.log} == {"charkha"}
    assert server.peak <= 2
    before = len(server.asked(".gz")) + len(server.asked(".bz2"))
    again = download(server, tmp_path)
    assert "6 of 6 files" in again.stdout
    assert "6 of them there already" in again.stdout
    assert len(server.asked(".gz")) + len(server.asked(".bz2")) == before


def test_what_is_there_is_hashed_again_only_when_asked(server: DumpServer, tmp_path: Path) -> None:
    data = content("a")
    server.publish("hi", DATE, {"langlinks.sql.gz": data})
    page(server, tmp_path)
    path = place(tmp_path)
    stat = path.stat()
    path.write_bytes(bytes([data[0] ^ 1]) + data[1:])
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    page(server, tmp_path)
    assert path.read_bytes() != data  # its time and size say that nobody touched it
    told = page(server, tmp_path, "--verify")
    assert "is not the published one; fetching it anew" in told.stderr
    assert path.read_bytes() == data
    path.write_bytes(data[:1000])  # a changed time is enough
    page(server, tmp_path)
    assert path.read_bytes() == data


def test_languages_have_many_names_and_wikis_their_own(server: DumpServer, tmp_path: Path) -> None:
    for wiki in ("hi", "zh-min-nan"):
        server.publish(wiki, DATE, {"langlinks.sql.gz": content(wiki)})
    done = charkha("download", "hin_Deva", "zh-min-nan", "hi", "--what", "langlinks", "--mirror", server.url + "/", "--out", tmp_path)
    assert place(tmp_path, wiki="zh-min-nan").name == f"zh_min_nanwiki-{DATE}-langlinks.sql.gz"
    assert place(tmp_path, wiki="zh-min-nan").read_bytes() == content("zh-min-nan")
    assert place(tmp_path).read_bytes() == content("hi")
    assert len(server.asked("hiwiki-20261101-langlinks.sql.gz")) == 1
    assert "--what articles" in done.stdout


# Which dump


def test_the_newest_finished_dump_is_taken(server: DumpServer, tmp_path: Path) -> None:
    files = usual()
    server.publish("hi", "20261001", files)
    server.publish("hi", DATE, files)
    server.publish("hi", "20261120", {name: data for name, data in files.items() if "multistream" not in name}, articlesmultistreamdump="waiting")
    done = download(server, tmp_path)
    assert "the dump of 20261120 is not finished (articlesmultistreamdump waiting)" in done.stderr
    assert place(tmp_path, ARTICLES).exists()
    assert not list((tmp_path / "hi").glob("*20261120*"))
    assert not list((tmp_path / "hi").glob("*20261001*"))
    page(server, tmp_path)  # what of it is finished may be had
    assert place(tmp_path, date="20261120").exists()


def test_a_date_that_is_named_is_taken_as_far_as_it_is_there(server: DumpServer, tmp_path: Path) -> None:
    files = usual()
    del files["categorylinks.sql.gz"], files["linktarget.sql.gz"]
    server.publish("hi", "20261120", files, categorylinkstable="in-progress")
    done = download(server, tmp_path, "--date", "20261120", code=3)
    assert "hiwiki-20261120-categorylinks.sql.gz is not published for 20261120 (in-progress)" in one_line(done)
    assert "no linktarget in the dump of 20261120" in done.stderr
    assert len(list((tmp_path / "hi").glob("hiwiki-20261120-*.?z*"))) == 4


def test_without_a_listing_latest_says_the_date(server: DumpServer, tmp_path: Path) -> None:
    server.publish("hi", DATE, {"langlinks.sql.gz": content("a")})
    del server.files["/hiwiki/"]
    server.files["/hiwiki/latest/hiwiki-latest-sha1sums.txt"] = Body(f"{'0' * 40}  hiwiki-{DATE}-langlinks.sql.gz\n".encode())
    page(server, tmp_path)
    assert place(tmp_path).read_bytes() == content("a")


def test_without_a_status_the_lists_of_checksums_do(server: DumpServer, tmp_path: Path) -> None:
    data = content("a")
    server.publish("hi", DATE, {"langlinks.sql.gz": data})
    del server.files[f"/hiwiki/{DATE}/dumpstatus.json"]
    server.files[f"/hiwiki/{DATE}/hiwiki-{DATE}-md5sums.txt"] = Body(f"{hashlib.md5(data).hexdigest()}  hiwiki-{DATE}-langlinks.sql.gz\n".encode())
    server.faults["langlinks.sql.gz"] = ["wrong"]
    done = page(server, tmp_path)
    assert place(tmp_path).read_bytes() == data
    assert "unverified" not in done.stdout


def test_without_any_checksum_it_is_kept_and_said(server: DumpServer, tmp_path: Path) -> None:
    status = server.publish("hi", DATE, {"langlinks.sql.gz": content("a")})
    for facts in status["jobs"]["langlinkstable"]["files"].values():
        del facts["sha1"], facts["md5"]
    server.write_status("hi", DATE, status)
    for _ in range(2):
        done = page(server, tmp_path)
        assert f"unverified, no checksum is published: hiwiki-{DATE}-langlinks.sql.gz" in done.stdout
    assert place(tmp_path).read_bytes() == content("a")
    assert len(server.asked("langlinks.sql.gz")) == 1


def test_where_nothing_is_listed_the_usual_names_are_asked_for(server: DumpServer, tmp_path: Path) -> None:
    files = usual()
    del files["linktarget.sql.gz"], files[ARTICLES]
    server.publish("hi", DATE, {**files, "pages-articles.xml.bz2": b"plain"})
    del server.files[f"/hiwiki/{DATE}/dumpstatus.json"]
    done = download(server, tmp_path)
    assert "nothing says what the dump of 20261101 has, nor its checksums" in done.stderr
    assert "linktarget.sql.gz is not there, as in old dumps" in done.stderr
    assert done.stdout.count("unverified, no checksum") == 5
    assert place(tmp_path, "pages-articles.xml.bz2").read_bytes() == b"plain"
    del server.files[f"/hiwiki/{DATE}/hiwiki-{DATE}-{PAGE}"]
    lines = download(server, tmp_path / "other", code=3).stderr
    assert lines.count("charkha: ") == 1
    assert f"charkha: hiwiki-{DATE}-{PAGE} is not at" in lines


def lists_only(server: DumpServer, names: Iterable[str], wiki: str = "hi", date: str = DATE) -> None:
    """A dump without dumpstatus.json, with a list of checksums of some of its files."""
    folder = f"/{wiki}wiki/{date}/"
    server.files.pop(f"{folder}dumpstatus.json", None)
    named = {name: server.files[f"{folder}{wiki}wiki-{date}-{name}"].data for name in names}
    lines = "".join(f"{hashlib.sha1(data).hexdigest().upper()} *./{wiki}wiki-{date}-{name}\r\n" for name, data in named.items())
    server.files[f"{folder}{wiki}wiki-{date}-sha1sums.txt"] = Body(lines.encode())


def test_a_list_that_lacks_a_file_does_not_hide_it(server: DumpServer, tmp_path: Path) -> None:
    files = usual()
    server.publish("hi", DATE, files)
    lists_only(server, [name for name in files if name != "page_props.sql.gz"])
    done = download(server, tmp_path)
    assert place(tmp_path, "page_props.sql.gz").read_bytes() == files["page_props.sql.gz"]
    assert done.stdout.count("unverified, no checksum") == 1
    assert "6 of 6 files" in done.stdout


def test_a_dump_that_is_no_longer_made_is_taken_as_far_as_it_is_there(server: DumpServer, tmp_path: Path) -> None:
    files = usual()
    del files["langlinks.sql.gz"]
    for date in ("20261001", DATE):
        server.publish("hi", date, files)
    assert f"hiwiki-{DATE}-langlinks.sql.gz is not published" in one_line(download(server, tmp_path, code=3))
    assert len(list((tmp_path / "hi").glob(f"hiwiki-{DATE}-*.?z*"))) == 5
    server.publish("hi", "20261201", {PAGE: files[PAGE]})
    lists_only(server, [PAGE], date="20261201")  # may still grow
    server.publish("hi", DATE, usual())
    assert download(server, tmp_path / "other").returncode == 0
    assert not list((tmp_path / "other" / "hi").glob("*20261201*"))


@pytest.mark.parametrize("status", ["403", "501", "404"])
def test_where_listings_and_lists_are_refused_there_are_other_ways(server: DumpServer, tmp_path: Path, status: str) -> None:
    server.publish("hi", DATE, {"langlinks.sql.gz": content("a")})
    server.files["/hiwiki/latest/hiwiki-latest-md5sums.txt"] = Body(f"{'0' * 32}  hiwiki-{DATE}-langlinks.sql.gz\n".encode())
    server.faults["/hiwiki/"] = server.faults["dumpstatus.json"] = server.faults["sha1sums.txt"] = [f"*{status}"]
    done = page(server, tmp_path)
    assert place(tmp_path).read_bytes() == content("a")
    assert "trying again" not in done.stderr


def test_a_server_with_the_latest_dump_only(server: DumpServer, tmp_path: Path) -> None:
    sample = {name: (SAMPLE / f"hiwiki-{DATE}-{name}").read_bytes() for name in (*USUAL[1:], "pages-articles.xml.bz2")}
    server.publish("hi", "latest", sample)
    lists_only(server, sample, date="latest")
    del server.files["/hiwiki/"]
    assert "6 of 6 files" in download(server, tmp_path).stdout
    for name, data in sample.items():
        assert place(tmp_path, name, date="latest").read_bytes() == data
    charkha("ingest", tmp_path / "hi", "--lang", "hi", "--out", tmp_path / "run")
    ids = [row["wikidata_id"] for file in (tmp_path / "run" / "pages" / "hi").glob("*.parquet") for row in pq.read_table(file).to_pylist()]
    assert sum(map(bool, ids)) == 6
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text("languages: [hi]\nsource: {dumps: {hi: hi}}\ntasks: [summarization]\nmodels: {writer: {kind: extractive}}\ntargets: {rows: 2}\n")
    charkha("run", recipe, "--out", tmp_path / "second")
    written = json.loads((tmp_path / "second" / "artifacts" / "artifacts.json").read_text(encoding="utf-8"))
    assert written
    (tmp_path / "empty").mkdir()
    recipe.write_text(recipe.read_text().replace("hi: hi", "hi: empty"))
    assert "is a folder without a dump" in one_line(charkha("run", recipe, "--out", tmp_path / "third", code=2))


def test_a_date_that_is_not_listed_is_one_line(server: DumpServer, tmp_path: Path) -> None:
    server.publish("hi", DATE, usual())
    done = download(server, tmp_path, "--date", "20261231", code=3)
    assert one_line(done).endswith(f"no dump of 20261231 at '{server.url}'. There are: {DATE}.")
    assert server.asked(".gz") == []


def test_parts_are_taken_where_there_is_no_whole(server: DumpServer, tmp_path: Path) -> None:
    parts = {f"pages-articles-multistream{n}.xml-p{n}00p{n}99.bz2": content(str(n)) for n in (1, 2, 10)}
    server.publish("hi", DATE, {**parts, "pages-articles-multistream-index1.txt-p100p199.bz2": b"index"})
    done = download(server, tmp_path, "--what", "articles")
    assert {path.name.partition(f"{DATE}-")[2] for path in (tmp_path / "hi").glob("*.bz2")} == set(parts)
    assert "no multistream file" in done.stderr
    server.publish("hi", "20261201", {"pages-articles.xml.bz2": b"plain", **parts})
    download(server, tmp_path, "--what", "articles")
    assert [path.name for path in (tmp_path / "hi").glob("*20261201*")] == ["hiwiki-20261201-pages-articles.xml.bz2"]


def test_names_that_the_server_makes_up_are_never_written(server: DumpServer, tmp_path: Path) -> None:
    status = server.publish("hi", DATE, {"langlinks.sql.gz": content("a")})
    facts = {"size": 3, "sha1": "0" * 40, "url": "/etc/passwd"}
    hostile = ["../../x", "/etc/x", f"hiwiki-{DATE}-pages-articles1.xml-p1p2.bz2/../../x", f"hiwiki-{DATE}-pages-articles1.xml-p1p2.bz2\n", f"tawiki-{DATE}-pages-articles-multistream.xml.bz2", "\x1b[31mred"]
    status["jobs"]["articlesdump"] = {"status": "done", "files": dict.fromkeys(hostile, facts)}
    server.write_status("hi", DATE, status)
    server.files["/hiwiki/"] = Body(b'<a href="../../20279999/">x</a><a href="20261101/../../x/">y</a><a href="20261101/">z</a>')
    out = tmp_path / "a" / "b" / "c"
    done = download(server, out, "--what", "articles,langlinks", "--date", DATE, code=3)
    assert "pages-articles-multistream.xml.bz2 is not published" in one_line(done)
    assert "\x1b" not in done.stderr + done.stdout
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} == {place(out).name, ".download.json", ".download.lock"}


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["jobs", "status", "files", "size", "sha1", "done", "hiwiki-20261101-pages-articles1.xml-p1p2.bz2", "../x"]) | st.text(), inner)))
def test_any_status_is_read_or_refused(data: Any) -> None:
    if not (isinstance(data, dict) and isinstance(data.get("jobs"), dict)):
        with pytest.raises(SourceError, match=r"dumpstatus\.json of hi is damaged"):
            read_status(json.dumps(data), "hi")
        return
    jobs = read_status(json.dumps(data), "hi")
    known = {name: facts for job in jobs.values() for name, facts in job["files"].items()}
    names, _ = articles_of("hiwiki-20261101", known, {name: job["status"] for name, job in jobs.items()})
    assert all("/" not in name and name.startswith("hiwiki-20261101-pages-articles") for name in names)
    assert all(set(facts) <= {"size", "sha1", "md5"} for facts in known.values())


# Faults


@pytest.mark.parametrize("faults", [
    ["cut:100000", "cut:50000", "cut:1"],
    ["503:1", "429:1", "500"],
    ["short", "short"],
    ["long"],
    ["stall:60000"],
    ["wrong"],
    ["cut:90000", "noranges"],
    ["cut:90000", "shifted:10"],
    ["cut:90000", "416"],
    ["cut:90000", "wrong"],
    ["unsaid"],
    ["204", "304", "101"],
    ["redirect:/elsewhere/langlinks.sql.gz", "redirect:langlinks2.sql.gz"],
], ids=lambda faults: "+".join(faults).replace("/", "_"))  # fmt: skip
def test_faults_end_in_the_whole_file(server: DumpServer, tmp_path: Path, faults: list[str]) -> None:
    data = content("a")
    server.publish("hi", DATE, {"langlinks.sql.gz": data})
    server.files["/elsewhere/langlinks2.sql.gz"] = Body(data)
    server.faults["langlinks.sql.gz"] = list(faults)
    page(server, tmp_path)
    assert place(tmp_path).read_bytes() == data
    assert left_over(tmp_path) == []
    assert server.faults["langlinks.sql.gz"] == []


@pytest.mark.parametrize(("fault", "told"), [
    ("*404", "is not at 'http://127.0.0.1:{port}' (HTTP 404). Name another --date or another --mirror."),
    ("*403", "refuses it (HTTP 403)"),
    ("*503", "answers HTTP 503"),
    ("*429:90000", "answers HTTP 429 and asks to wait 90,000 s"),
    ("*wrong", "published is {sha1}, twice. The bad file was removed."),
    ("*gzip", "in the content-encoding 'gzip'"),
    ("*cut:0", "cut the connection before all was there"),
    ("*stall:0", "sent nothing for 2 s"),
    ("*drip:0", "bytes in 2 s"),
    ("*headers", "sent nothing for 2 s"),
    ("*redirect:{url}/hiwiki/20261101/pages-articles-multistream.xml.bz2", "redirected more than 5 times"),
    ("*redirect:file:///etc/passwd", "redirects it to no http(s) address"),
    ("*redirect:", "redirects it to no http(s) address"),
], ids=lambda value: value.split(" ")[0].replace("/", "_"))  # fmt: skip
def test_what_cannot_be_is_one_line_and_the_rest_goes_on(server: DumpServer, tmp_path: Path, fault: str, told: str) -> None:
    files = {"pages-articles-multistream.xml.bz2": content("b", 5_000_000 if "drip" in fault else 300_000), "langlinks.sql.gz": content("a")}
    server.publish("hi", DATE, files)
    server.faults[ARTICLES] = [fault.format(url=server.url)]
    done = download(server, tmp_path, "--what", "articles,langlinks", "--tries", 2, code=3)
    line = one_line(done)
    assert told.format(port=server.port, sha1=hashlib.sha1(files[ARTICLES]).hexdigest()) in line
    assert f"hiwiki-{DATE}-{ARTICLES}" in line
    assert place(tmp_path).read_bytes() == files["langlinks.sql.gz"]
    assert not place(tmp_path, ARTICLES).exists()
    if fault != "*redirect:{url}/hiwiki/20261101/pages-articles-multistream.xml.bz2":
        assert len(server.asked(ARTICLES)) <= 2
    server.faults.clear()
    download(server, tmp_path, "--what", "articles,langlinks")
    assert place(tmp_path, ARTICLES).read_bytes() == files[ARTICLES]


@pytest.mark.parametrize("faults", [["eof:70000"] * 6, ["cap:70000"] * 6, ["eof:150000", "cap:60000", "eof:60000"], ["eof:150000", "noranges"], ["wrong"], ["whole206"]], ids=lambda faults: "+".join(faults))
def test_where_only_the_connection_says_how_long_it_is(server: DumpServer, tmp_path: Path, faults: list[str]) -> None:
    data = content("a")
    server.publish("hi", DATE, {"langlinks.sql.gz": data})
    lists_only(server, ["langlinks.sql.gz"])
    server.faults["langlinks.sql.gz"] = list(faults)
    done = page(server, tmp_path, "--tries", 2)
    assert place(tmp_path).read_bytes() == data
    assert left_over(tmp_path) == []
    assert "1 of 1 files, 300.0 kB" in done.stdout
    if "noranges" not in faults and "wrong" not in faults:
        assert sum(request.sent for request in server.asked("langlinks.sql.gz")) <= len(data)


def test_lists_that_come_as_a_part_that_is_all(server: DumpServer, tmp_path: Path) -> None:
    server.publish("hi", DATE, {"langlinks.sql.gz": content("a")})
    server.faults["/hiwiki/"] = server.faults["dumpstatus.json"] = ["*whole206"]
    page(server, tmp_path)
    assert place(tmp_path).read_bytes() == content("a")


def test_where_only_the_length_names_a_file_it_must_unpack(server: DumpServer, tmp_path: Path) -> None:
    old, new = (gzip.compress(content(name), mtime=0) for name in ("old", "new"))
    assert len(old) == len(new)
    name = f"/hiwiki/{DATE}/{place(tmp_path).name}"
    server.has_etags = False
    for data, after in ((old, old), (old, new)):
        server.publish("hi", DATE, {"langlinks.sql.gz": data})
        del server.files[f"/hiwiki/{DATE}/dumpstatus.json"]
        server.faults["langlinks.sql.gz"] = ["stall:100000", "*503"]
        page(server, tmp_path, "--tries", 2, code=3)
        server.faults.clear()
        server.files[name] = Body(after)
        server.log.clear()
        page(server, tmp_path)
        assert [request.start for request in server.asked("langlinks.sql.gz")] == ([100_000] if after == data else [100_000, 0])
        assert place(tmp_path).read_bytes() == after
        place(tmp_path).unlink()


def test_a_checksum_is_worth_more_than_an_etag(server: DumpServer, tmp_path: Path) -> None:
    data = content("a")
    server.publish("hi", DATE, {"langlinks.sql.gz": data})
    server.faults["langlinks.sql.gz"] = ["newtag:100000"] * 3
    page(server, tmp_path)
    assert [request.start for request in server.asked("langlinks.sql.gz")] == [0, 100_000, 200_000]
    assert place(tmp_path).read_bytes() == data


@pytest.mark.parametrize("has_sums", [True, False])
def test_a_login_page_takes_no_file_s_place(server: DumpServer, tmp_path: Path, has_sums: bool) -> None:
    data = content("a")
    status = server.publish("hi", DATE, {"langlinks.sql.gz": data})
    if not has_sums:
        status["jobs"]["langlinkstable"]["files"][place(tmp_path).name].clear()
        server.write_status("hi", DATE, status)
    server.faults["langlinks.sql.gz"] = ["cut:100000", "*page"]
    assert "sends a web page instead" in one_line(page(server, tmp_path, "--tries", 2, code=3))
    assert not place(tmp_path).exists()
    part = tmp_path / "hi" / f"{place(tmp_path).name}.part"
    assert 0 < (there := part.stat().st_size) <= 100_000
    server.faults.clear()
    page(server, tmp_path)
    assert server.asked("langlinks.sql.gz")[-1].start == there
    assert place(tmp_path).read_bytes() == data


def test_a_long_wait_is_everybody_s(server: DumpServer, tmp_path: Path) -> None:
    server.publish("hi", DATE, usual())
    server.faults["z2"] = server.faults["gz"] = ["*503:3600"]
    done = download(server, tmp_path, "--at-once", 1, code=3)
    assert done.stderr.count("asked to wait 3,600 s") == 2
    assert len(server.asked(".gz")) + len(server.asked(".bz2")) == 1


def test_retry_after_is_kept_by_all(server: DumpServer, tmp_path: Path) -> None:
    server.publish("hi", DATE, usual())
    server.faults["linktarget.sql.gz"] = ["503:2"]
    download(server, tmp_path)
    told, again = server.asked("linktarget.sql.gz")
    assert again.at - told.at >= 2
    between = [request for request in server.log if told.at + 0.1 < request.at < told.at + 1.9]
    assert between == []


def test_progress_gives_new_patience_and_a_drip_none(server: DumpServer, tmp_path: Path) -> None:
    data = content("a")
    server.publish("hi", DATE, {"langlinks.sql.gz": data})
    server.faults["langlinks.sql.gz"] = ["cut:40000"] * 5
    page(server, tmp_path, "--tries", 2)
    assert place(tmp_path).read_bytes() == data
    place(tmp_path).unlink()
    server.faults["langlinks.sql.gz"] = ["*short:"]  # half of what is left, for ever: at last too little
    page(server, tmp_path, "--tries", 2, code=None)
    assert len(server.asked("langlinks.sql.gz")) < 30


def test_a_server_that_is_gone_is_left_alone(server: DumpServer, tmp_path: Path) -> None:
    server.publish("hi", DATE, usual())
    server.faults["z2"] = server.faults["gz"] = ["*cut:0"]
    done = download(server, tmp_path, "--tries", 2, "--at-once", 1, code=3)
    lines = [line for line in done.stderr.splitlines() if line.startswith("charkha: ")]
    assert len(lines) == 6
    assert sum("not tried" in line for line in lines) == 3
    assert len(server.asked(".gz")) + len(server.asked(".bz2")) == 6


def test_a_server_that_never_answered_is_given_up_soon(tmp_path: Path) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # and does not listen
        done = charkha("download", "hi", "--mirror", f"http://127.0.0.1:{nobody.getsockname()[1]}", "--out", tmp_path, code=3)
    assert "no connection to" in [line for line in done.stderr.splitlines() if line.startswith("charkha: ")][0]
    assert "(5 of 6)" in done.stderr


def test_a_file_that_changed_is_begun_anew(server: DumpServer, tmp_path: Path) -> None:
    old, new = content("old"), content("new")
    status = server.publish("hi", DATE, {"langlinks.sql.gz": old})
    for facts in status["jobs"]["langlinkstable"]["files"].values():
        facts.clear()
    server.write_status("hi", DATE, status)
    server.faults["langlinks.sql.gz"] = ["cut:200000", "*503"]
    page(server, tmp_path, "--tries", 2, code=3)
    assert 0 < (tmp_path / "hi" / f"{place(tmp_path).name}.part").stat().st_size <= 200_000
    server.files[f"/hiwiki/{DATE}/{place(tmp_path).name}"] = Body(new)
    server.faults.clear()
    page(server, tmp_path)
    last = server.asked("langlinks.sql.gz")[-1]
    assert last.headers["If-Range"] == Body(old).etag
    assert (last.start > 0, last.status) == (True, 200)
    assert place(tmp_path).read_bytes() == new


@pytest.mark.parametrize(("more", "told"), [(5_000, "has 300000 bytes of it"), (-5_000, "twice. The bad file was removed")])
def test_a_size_that_was_published_wrong_ends(server: DumpServer, tmp_path: Path, more: int, told: str) -> None:
    status = server.publish("hi", DATE, {"langlinks.sql.gz": content("a")})
    for facts in status["jobs"]["langlinkstable"]["files"].values():
        facts["size"] += more
    server.write_status("hi", DATE, status)
    assert told in one_line(page(server, tmp_path, code=3))
    assert sum(request.sent > 250_000 for request in server.asked("langlinks.sql.gz")) <= 3
    assert not place(tmp_path).exists()


def test_a_part_of_another_publication_is_never_built_on(server: DumpServer, tmp_path: Path) -> None:
    old, new = content("old"), content("new")
    server.publish("hi", DATE, {"langlinks.sql.gz": old})
    server.faults["langlinks.sql.gz"] = ["cut:200000", "*503"]
    page(server, tmp_path, "--tries", 2, code=3)
    server.faults.clear()
    server.publish("hi", DATE, {"langlinks.sql.gz": new})
    page(server, tmp_path)
    assert "Range" not in server.asked("langlinks.sql.gz")[-1].headers
    assert place(tmp_path).read_bytes() == new


def test_another_mirror_goes_on_with_the_same_file(server: DumpServer, tmp_path: Path) -> None:
    data = content("a")
    server.publish("hi", DATE, {"langlinks.sql.gz": data})
    server.faults["langlinks.sql.gz"] = ["cut:200000", "*503"]
    page(server, tmp_path, "--tries", 2, code=3)
    with DumpServer() as other:
        other.publish("hi", DATE, {"langlinks.sql.gz": Body(data, etag='"its own"')})
        page(other, tmp_path)
        assert [(request.start > 0, request.status) for request in other.asked("langlinks.sql.gz")] == [(True, 206)]
    assert place(tmp_path).read_bytes() == data


def test_a_part_of_nothing_known_is_never_built_on(server: DumpServer, tmp_path: Path) -> None:
    data = content("a")
    server.publish("hi", DATE, {"langlinks.sql.gz": data})
    part = tmp_path / "hi" / f"{place(tmp_path).name}.part"
    part.parent.mkdir(parents=True)
    for sidecar in (None, "torn {", "[]", json.dumps({"sha1": "0" * 40, "size": len(data)})):
        part.write_bytes(b"of another file")
        if sidecar is not None:
            part.with_name(f"{part.name}.json").write_text(sidecar)
        page(server, tmp_path)
        assert server.asked("langlinks.sql.gz")[-1].start == 0
        assert place(tmp_path).read_bytes() == data
        place(tmp_path).unlink()


def test_after_a_power_cut_only_what_was_synced_counts(server: DumpServer, tmp_path: Path) -> None:
    data = content("a")
    server.publish("hi", DATE, {"langlinks.sql.gz": data})
    server.faults["langlinks.sql.gz"] = ["cut:200000", "*503"]
    page(server, tmp_path, "--tries", 2, code=3)
    sidecar = tmp_path / "hi" / f"{place(tmp_path).name}.part.json"
    sidecar.write_text(json.dumps({**json.loads(sidecar.read_text()), "boot": "an older one", "durable": 4096}))
    server.faults.clear()
    page(server, tmp_path)
    assert server.asked("langlinks.sql.gz")[-1].start == 4096
    assert place(tmp_path).read_bytes() == data


# Kills, disks, neighbours


@pytest.mark.timeout(200)
def test_killed_at_random_it_fetches_nothing_twice(server: DumpServer, tmp_path: Path) -> None:
    data, moments = content("big", 6_000_000), random.Random(4)
    server.publish("hi", DATE, {"langlinks.sql.gz": data})
    server.pace = 0.002
    part, kills, repeated, before = tmp_path / "hi" / f"{place(tmp_path).name}.part", 10, 0, 0
    arguments = command("download", "hi", "--what", "langlinks", "--mirror", server.url, "--out", tmp_path)
    for kill in range(kills):
        process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = len(server.asked("langlinks.sql.gz")) + 1
        bound = moments.randint(0, len(data) // kills - 100_000)
        while process.poll() is None and (len(server.asked("langlinks.sql.gz")) < until or server.asked("langlinks.sql.gz")[-1].sent < bound):
            server.ending.wait(0.001)
        assert process.poll() is None, "ended before the last kill: make the file larger"
        process.kill()
        process.wait()
        size = part.stat().st_size if part.exists() else 0
        requests = server.asked("langlinks.sql.gz")
        assert len(requests) == kill + 1
        repeated += requests[-1].start + requests[-1].sent - size
        assert data.startswith(part.read_bytes() if part.exists() else b"")
        assert requests[-1].start == before
        before = size
    page(server, tmp_path)
    assert server.asked("langlinks.sql.gz")[-1].start == before
    assert place(tmp_path).read_bytes() == data
    assert repeated <= kills * 400_000  # what stood in the kernel's buffers; nothing that reached us


def test_two_at_once_do_not_meet(server: DumpServer, tmp_path: Path) -> None:
    data = content("a")
    server.publish("hi", DATE, {"langlinks.sql.gz": data})
    server.faults["langlinks.sql.gz"] = ["stall:100000"]
    first = subprocess.Popen(command("download", "hi", "--what", "langlinks", "--mirror", server.url, "--out", tmp_path, "--stall", 30))
    try:
        while not server.asked("langlinks.sql.gz"):
            assert first.poll() is None
            server.ending.wait(0.01)
        assert "another download writes to" in one_line(page(server, tmp_path, code=2))
        assert len(server.asked("langlinks.sql.gz")) == 1
    finally:
        first.send_signal(signal.SIGINT)
        assert first.wait(20) == 130
    page(server, tmp_path)
    assert server.asked("langlinks.sql.gz")[-1].start == 100_000
    assert place(tmp_path).read_bytes() == data


@pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_says_so_and_goes_on(server: DumpServer, tmp_path: Path, name: signal.Signals) -> None:
    data = content("a")
    server.publish("hi", DATE, {"langlinks.sql.gz": data})
    server.faults["langlinks.sql.gz"] = ["stall:100000"]
    arguments = command("download", "hi", "--what", "langlinks", "--mirror", server.url, "--out", tmp_path)
    process = subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True)
    part = tmp_path / "hi" / f"{place(tmp_path).name}.part"
    while not part.exists() or part.stat().st_size < 100_000:
        assert process.poll() is None
        server.ending.wait(0.01)
    process.send_signal(name)
    _, told = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Traceback" not in told
    assert "interrupted; what came is kept" in told
    page(server, tmp_path)
    assert [request.start for request in server.asked("langlinks.sql.gz")] == [0, 100_000]
    assert place(tmp_path).read_bytes() == data


def test_a_full_disk_is_one_line_and_can_go_on(server: DumpServer, tmp_path: Path) -> None:
    data = content("a", 400_000)
    server.publish("hi", DATE, {"langlinks.sql.gz": data})
    limited = subprocess.run(
        command("download", "hi", "--what", "langlinks", "--mirror", server.url, "--out", tmp_path), capture_output=True, text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, 150_000)),
    )  # fmt: skip
    assert limited.returncode == 2, limited.stderr
    assert "no space left to write" in one_line(limited)
    assert not place(tmp_path).exists()
    page(server, tmp_path)
    assert server.asked("langlinks.sql.gz")[-1].start == 150_000
    assert place(tmp_path).read_bytes() == data


def test_what_can_never_fit_is_said_first(server: DumpServer, tmp_path: Path) -> None:
    server.publish("hi", DATE, {"langlinks.sql.gz": Body(b"x", size=1 << 41)})
    assert "no space left for it" in one_line(page(server, tmp_path, code=2))
    assert server.asked("langlinks.sql.gz") == []


def test_a_big_file_needs_little_memory(server: DumpServer, tmp_path: Path) -> None:
    server.publish("hi", DATE, {"langlinks.sql.gz": Body(content("pattern", 1 << 20), size=200 << 20)})
    # Through a small process of its own: what a process is forked from counts as its memory.
    measure = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True); print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    arguments = command("download", "hi", "--what", "langlinks", "--mirror", server.url, "--out", tmp_path)
    told = subprocess.run([sys.executable, "-c", measure, *arguments], capture_output=True, text=True, check=True).stdout
    assert place(tmp_path).stat().st_size == 200 << 20
    assert int(told.splitlines()[-1]) < 120 << 10  # KiB; the most of it is Python and what it imports


# What a user mistypes


def test_mistakes_are_one_line(server: DumpServer, tmp_path: Path) -> None:
    server.publish("hi", DATE, usual())
    assert "Known: articles" in one_line(download(server, tmp_path, "--what", "article", code=2))
    assert "20261101" in one_line(download(server, tmp_path, "--date", "2026-11-01", code=2))
    assert "unknown language 'Hindi!'" in one_line(download(server, tmp_path, code=2, lang="Hindi!"))
    assert "no dump of 'hnwiki'" in one_line(download(server, tmp_path, code=3, lang="hn"))
    assert "--mirror is no plain address" in one_line(charkha("download", "hi", "--mirror", "http://me:secret@127.0.0.1/", code=2))
    assert "secret" not in charkha("download", "hi", "--mirror", "http://me:secret@127.0.0.1/", code=2).stderr
    assert "at most 3" in one_line(charkha("download", "hi", "--at-once", 9, code=2))
    assert "CHARKHA_OFFLINE=1 forbids" in one_line(charkha("download", "hi", "--out", tmp_path, code=2))
    assert "no language is named" in one_line(charkha("download", code=2))
    assert "the text" in charkha("download", "--list").stdout


def test_the_next_command_can_be_run(server: DumpServer, tmp_path: Path) -> None:
    server.publish("hi", DATE, usual())
    out = tmp_path / "my dir; $x"
    for what in ("langlinks", "articles"):
        words = shlex.split(download(server, out, "--what", what).stdout.partition("next: ")[2])
        if words[1] == "download":
            assert charkha(*words[1:]).stdout.count("1 of 1 files") == 1
            assert place(out, ARTICLES).exists()
    assert words[:3] == ["charkha", "ingest", str(out / "hi")]


def test_codes_have_the_names_of_their_databases(server: DumpServer, tmp_path: Path) -> None:
    for wiki in ("be-x-old", "zh-min-nan", "simple"):
        server.publish(wiki, DATE, {"langlinks.sql.gz": content(wiki)})
    charkha("download", "be-tarask", "nan", "zh_min_nan", "simple", "--what", "langlinks", "--mirror", server.url, "--out", tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["be-x-old", "simple", "zh-min-nan"]
    assert place(tmp_path, wiki="be-x-old").read_bytes() == content("be-x-old")


def test_a_list_fetches_nothing(server: DumpServer, tmp_path: Path) -> None:
    server.publish("hi", DATE, usual())
    lists_only(server, USUAL)
    assert "6 files, their sizes are not published" in download(server, tmp_path / "none", "--list").stdout
    server.publish("hi", DATE, usual())
    told = download(server, tmp_path / "none", "--list").stdout
    assert f"hi: the dump of {DATE}, 6 files, 120.0 kB" in told
    assert f"hiwiki-{DATE}-page_props.sql.gz  (Wikidata ids and hidden categories)" in told
    assert server.asked(".gz") == []
    assert not (tmp_path / "none").exists()


def on_a_terminal(server: DumpServer, out: Path, columns: int, *more: object) -> str:
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        command("download", "hi", "--mirror", server.url, "--out", out, *more),
        stderr=theirs, stdout=subprocess.DEVNULL, env={**os.environ, "TERM": "xterm", "COLUMNS": str(columns)},
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    while piece := _read(ours):
        shown += piece
    os.close(ours)
    assert process.wait(20) == 0
    return shown.decode()


def test_a_narrow_terminal_sees_percent_and_time_left(server: DumpServer, tmp_path: Path) -> None:
    server.publish("hi", DATE, {ARTICLES: content("a", 3_000_000)})
    server.pace = 0.01
    text = on_a_terminal(server, tmp_path, 40, "--what", "articles")
    assert re.search(r"hi pages-art\S*… +\d+% +0:00:0\d", re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text))


def test_what_is_there_already_counts_as_no_speed(server: DumpServer, tmp_path: Path) -> None:
    there = Body(content("pattern", 1 << 20), size=60 << 20)
    server.publish("hi", DATE, {"page_props.sql.gz": there})
    download(server, tmp_path, "--what", "props")
    server.publish("hi", DATE, {"langlinks.sql.gz": content("a", 3_000_000), "page_props.sql.gz": there})
    server.pace = 0.01
    text = on_a_terminal(server, tmp_path, 90, "--what", "langlinks,props", "--at-once", 1)
    rates = [float(rate) * {"k": 1e3, "M": 1e6, "G": 1e9}[unit] for rate, unit in re.findall(r"([\d.]+) ([kMG])B/s", re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text))]
    assert rates
    assert max(rates) < 10e6


def test_a_terminal_gets_bars(server: DumpServer, tmp_path: Path) -> None:
    server.publish("hi", DATE, {"langlinks.sql.gz": content("a", 3_000_000)})
    server.pace = 0.005
    text = on_a_terminal(server, tmp_path, 90, "--what", "langlinks")
    assert "hi langlinks.sql.gz" in text
    assert "/3.0 MB" in text
    assert "total" in text
    assert "here, verified (3.0 MB)" in text


def _read(fd: int) -> bytes:
    try:
        return os.read(fd, 65_536)
    except OSError:  # the other side is closed
        return b""

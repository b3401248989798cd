"""A dump read in slices gives the pages of the whole dump, each once, wherever it is cut; what is broken stays in its slice."""

from __future__ import annotations

import bz2
import gzip
from pathlib import Path

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from charkha.corpus.dump import Tally, newest_revision, read_dump
from charkha.corpus.streams import Slice, cut
from dumps import Article, prose, write_dump

ARTICLES = [Article(number, f"Page {number}", prose(f"Subject {number}", 3 + number % 9)) for number in range(1, 40)]


def in_slices(pieces: list[Slice]) -> tuple[list[int], Tally]:
    whole = Tally()
    found = []
    for piece in pieces:
        tally = Tally()
        found += [page.page_id for page in read_dump(piece, tally)]
        whole.add(tally)
    return found, whole


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(cuts=st.lists(st.integers(1, 60_000), max_size=12))
def test_a_plain_file_may_be_cut_anywhere(tmp_path: Path, cuts: list[int]) -> None:
    path = write_dump(tmp_path / "d.xml", ARTICLES)
    size = path.stat().st_size
    starts = sorted({0, *(at % (size - 100) for at in cuts)})  # `cut` leaves no last slice that short
    found, tally = in_slices([Slice(path, a, b) for a, b in zip(starts, [*starts[1:], None], strict=True)])
    assert found == [article.page_id for article in ARTICLES]
    assert (tally.pages, tally.damaged, tally.cut) == (39, [], None)


@pytest.mark.parametrize("step", [1, 3, 200])
@pytest.mark.parametrize("xml_bytes", [600, 5_000, 10**9])
def test_a_multistream_file_is_cut_at_its_streams(tmp_path: Path, step: int, xml_bytes: int) -> None:
    path = write_dump(tmp_path / "d.xml.bz2", ARTICLES, a_stream=step)
    pieces = cut(path, xml_bytes)
    assert len(pieces) > 5 or step == 200 or xml_bytes == 10**9
    found, tally = in_slices(pieces)
    assert found == [article.page_id for article in ARTICLES]
    assert (tally.damaged, tally.cut) == ([], None)


def test_a_page_that_crosses_streams_belongs_to_the_slice_in_which_it_begins(tmp_path: Path) -> None:
    data = write_dump(tmp_path / "d.xml", ARTICLES).read_bytes()
    path = tmp_path / "odd.xml.bz2"
    path.write_bytes(b"".join(bz2.compress(data[at : at + 777]) for at in range(0, len(data), 777)))
    pieces = cut(path, 1)
    assert len(pieces) > 20
    found, tally = in_slices(pieces)
    assert found == [article.page_id for article in ARTICLES]
    assert (tally.pages, tally.damaged, tally.cut) == (39, [], None)


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress, bz2.compress], ids=["gz", "zst", "one bz2 stream"])
def test_what_cannot_be_cut_is_one_slice(tmp_path: Path, pack: object) -> None:
    path = tmp_path / "d"
    path.write_bytes(pack(write_dump(tmp_path / "d.xml", ARTICLES).read_bytes()))  # type: ignore[operator]
    pieces = cut(path, 1_000)
    assert pieces == [Slice(path)]
    assert in_slices(pieces)[0] == [article.page_id for article in ARTICLES]


def test_a_torn_zst_keeps_what_was_whole(tmp_path: Path) -> None:
    path = tmp_path / "d.zst"
    packed = b"".join(zstandard.compress(article.xml().encode()) for article in ARTICLES)
    head = zstandard.compress(write_dump(tmp_path / "none.xml", []).read_bytes().removesuffix(b"</mediawiki>\n"))
    path.write_bytes((head + packed)[:-200])
    found, tally = in_slices(cut(path, 1_000))
    assert found == [article.page_id for article in ARTICLES][: len(found)]
    assert len(found) >= 37
    assert "zst stream ends" in (tally.cut or "")


@pytest.mark.parametrize("at", [0.3, 0.5, 0.8])
def test_damage_costs_its_own_stream_only(tmp_path: Path, at: float) -> None:
    path = write_dump(tmp_path / "d.xml.bz2", ARTICLES, a_stream=1)
    data = bytearray(path.read_bytes())
    place = data.index(b"1AY&SY", int(len(data) * at)) + 40
    data[place : place + 8] = bytes(8)
    path.write_bytes(data)
    whole, told = in_slices([Slice(path)])
    found, tally = in_slices(cut(path, 2_000))
    assert found == whole
    assert len(found) == 38
    assert len(tally.damaged) == len(told.damaged) == 1
    assert tally.cut is None


def test_a_page_without_an_end_at_a_slices_edge_is_counted_once(tmp_path: Path) -> None:
    path = write_dump(tmp_path / "d.xml", ARTICLES[:9])
    data = path.read_bytes()
    at = data.index(b"</page>", len(data) // 2)
    data = data[:at] + data[at + 7 :]
    path.write_bytes(data)
    torn = data.rindex(b"<page>", 0, at)
    for edge in (torn + 3, torn + 50, at, at + 20):
        found, tally = in_slices([Slice(path, 0, edge), Slice(path, edge)])
        assert (len(found), len(tally.damaged), tally.pages) == (8, 1, 9), edge


def test_a_bomb_is_unpacked_piece_by_piece(tmp_path: Path) -> None:
    path = tmp_path / "d.xml.bz2"
    head = write_dump(tmp_path / "h.xml", ARTICLES[:3]).read_bytes().removesuffix(b"</mediawiki>\n")
    path.write_bytes(bz2.compress(head + b"<page><title>Bomb</title><id>9</id><revision><text>" + b"x" * (120 << 20)))
    tally = Tally()
    assert [page.page_id for page in read_dump(path, tally)] == [1, 2, 3]
    assert tally.damaged == ["Bomb: larger than 32 MB"]


def test_the_newest_revision_dates_a_dump_without_a_date(tmp_path: Path) -> None:
    assert newest_revision(write_dump(tmp_path / "d.xml", ARTICLES)) == "20261001"
    assert newest_revision(write_dump(tmp_path / "e.xml", [])) == ""

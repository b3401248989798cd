"""Dumps, whole and broken: packed every way, cut off, damaged inside, no dump at all."""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from charkha.core.errors import SourceError
from charkha.corpus import dump
from charkha.corpus.dump import RawPage, Tally, read_dump, read_siteinfo

HEAD = (
    '<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" version="0.11" xml:lang="bn">\n  <siteinfo>\n'
    "    <dbname>bnwiki</dbname>\n    <base>https://bn.wikipedia.org/wiki/X</base>\n    <namespaces>\n"
    '      <namespace key="0" case="first-letter" />\n      <namespace key="14" case="first-letter">বিষয়শ্রেণী</namespace>\n'
    "    </namespaces>\n  </siteinfo>\n"
)
TAIL = "</mediawiki>\n"


def page(number: int, title: str = "", text: str = "<text>t</text>", extra: str = "", ns: int = 0) -> str:
    return (
        f"  <page>\n    <title>{title or f'T{number}'}</title>\n    <ns>{ns}</ns>\n    <id>{number}</id>\n{extra}    <revision>\n"
        f"      <id>{number + 1000}</id>\n      <timestamp>2025-01-01T00:00:00Z</timestamp>\n      <contributor>\n"
        "        <username>U</username>\n        <id>7</id>\n      </contributor>\n      <model>wikitext</model>\n"
        f"      <format>text/x-wiki</format>\n      {text}\n      <sha1>x</sha1>\n    </revision>\n  </page>\n"
    )


def write(tmp_path: Path, *pages: str, tail: str = TAIL) -> Path:
    path = tmp_path / "d.xml"
    path.write_text(HEAD + "".join(pages) + tail, encoding="utf-8")
    return path


def read(path: Path) -> tuple[list[RawPage], Tally]:
    tally = Tally()
    return list(read_dump(path, tally)), tally


def multistream(data: bytes, pages_at: int) -> bytes:
    """The head, then two halves of the rest, each a bz2 stream of its own."""
    middle = pages_at + (len(data) - pages_at) // 2
    return b"".join(map(bz2.compress, (data[:pages_at], data[pages_at:middle], data[middle:])))


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes, "bz2": bz2.compress, "gz": gzip.compress, "xz": lzma.compress, "multistream": lambda data: multistream(data, data.index(b"  <page>")),
    "two gz members": lambda data: gzip.compress(data[:1500]) + gzip.compress(data[1500:]),
}  # fmt: skip


@pytest.mark.parametrize("pack", PACKERS.values(), ids=PACKERS)
def test_every_packing_gives_the_same_pages(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    plain = write(tmp_path, *(page(number, text=f"<text>পাঠ {number}</text>") for number in range(1, 60)))
    packed = tmp_path / "packed"
    packed.write_bytes(pack(plain.read_bytes()))
    pages, tally = read(packed)
    assert [(p.page_id, p.text) for p in pages] == [(number, f"পাঠ {number}") for number in range(1, 60)]
    assert (tally.pages, tally.cut, tally.damaged) == (59, None, [])


def test_a_page_has_what_the_dump_says(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        page(
            5,
            "&quot;A&quot; &amp;amp; B",
            '<text bytes="9" xml:space="preserve">a &lt;ref&gt; &amp;lt; &amp;amp;nbsp; &#2453; &amp;#39;</text>',
        ),
        page(6, extra='    <redirect title="A &amp; &quot;B&quot;" />\n'),
        page(7, text="<text />"),
        page(8, text='<text bytes="0" deleted="deleted"></text>'),
        page(9, ns=14),
    )
    pages, _ = read(path)
    first = pages[0]
    assert (first.title, first.text) == ('"A" &amp; B', "a <ref> &lt; &amp;nbsp; ক &#39;")
    assert (first.page_id, first.revision_id, first.timestamp, first.model) == (
        5,
        1005,
        "2025-01-01T00:00:00Z",
        "wikitext",
    )
    assert pages[1].redirect == 'A & "B"'
    assert [p.text for p in pages[2:4]] == [None, None]
    assert pages[4].ns == 14


def test_the_contributors_id_is_never_the_revisions(tmp_path: Path) -> None:
    odd = page(3).replace("      <id>1003</id>\n", "").replace("      <model>", "      <id>1003</id>\n      <model>")
    assert read(write(tmp_path, odd))[0][0].revision_id == 1003


def test_slots_and_histories(tmp_path: Path) -> None:
    slots = page(1, text="<text>main</text>\n<content><role>x</role><model>json</model><text>{}</text></content>")
    second = page(2)
    start, end = second.index("    <revision>"), second.index("  </page>")
    history = second[:end] + second[start:end].replace(">t<", ">later<").replace("1002", "1003") + second[end:]
    pages, _ = read(write(tmp_path, slots, history))
    assert [(p.text, p.model, p.revision_id) for p in pages] == [
        ("main", "wikitext", 1001),
        ("later", "wikitext", 1003),
    ]


def test_old_exports_without_namespace_and_model(tmp_path: Path) -> None:
    old = page(1).replace("    <ns>0</ns>\n", "").replace("      <model>wikitext</model>\n", "")
    assert [(p.ns, p.model) for p in read(write(tmp_path, old))[0]] == [(0, "wikitext")]


def test_siteinfo_stands_before_the_first_page(tmp_path: Path) -> None:
    path = write(tmp_path, page(1))
    site = read_siteinfo(path)
    assert (site.dbname, site.base, site.language) == ("bnwiki", "https://bn.wikipedia.org/wiki/X", "bn")
    assert site.namespaces == {0: "", 14: "বিষয়শ্রেণী"}
    tally = Tally()
    next(iter(read_dump(path, tally)))
    assert tally.siteinfo == site


BROKEN = {
    "no end": (page(2).replace("</page>", ""), "T2: its end is missing"),
    "no id": (page(2).replace("<id>2</id>", ""), "T2: it has no id"),
    "no title": (page(2).replace("<title>T2</title>", ""), "(no title): it has no title"),
    "no revision": (page(2).split("    <revision>")[0] + "  </page>\n", "T2: it has no revision"),
    "torn text": (page(2, text="<text>t"), "T2: its text does not end"),
}  # fmt: skip


@pytest.mark.parametrize(("bad", "complaint"), BROKEN.values(), ids=BROKEN)
def test_a_damaged_page_is_named_and_the_rest_goes_on(tmp_path: Path, bad: str, complaint: str) -> None:
    pages, tally = read(write(tmp_path, page(1), bad, page(3)))
    assert [p.page_id for p in pages] == [1, 3]
    assert tally.damaged == [complaint]
    assert tally.pages == 3
    assert tally.cut is None


def test_bytes_that_are_no_utf8_damage_one_page(tmp_path: Path) -> None:
    path = write(tmp_path, page(1), page(2, text="<text>@</text>"), page(3))
    path.write_bytes(path.read_bytes().replace(b">@<", b">\xff\xfe<"))
    pages, tally = read(path)
    assert [p.page_id for p in pages] == [1, 3]
    assert tally.damaged[0].startswith("T2: it is not UTF-8")


def test_a_head_that_is_no_utf8_still_heads_a_dump(tmp_path: Path) -> None:
    path = write(tmp_path, page(1))
    path.write_bytes(re.sub(rb"<dbname>\w+", b"<dbname>hi\xffwiki", path.read_bytes()))
    pages, tally = read(path)
    assert [found.page_id for found in pages] == [1]
    assert tally.siteinfo.dbname == "hi\ufffdwiki"


@pytest.mark.parametrize("number", ["-2", "9" * 19, "9" * 5000])
def test_an_id_that_is_none_damages_one_page(tmp_path: Path, number: str) -> None:
    pages, tally = read(write(tmp_path, page(1), page(2).replace("<id>2</id>", f"<id>{number}</id>"), page(3)))
    assert [found.page_id for found in pages] == [1, 3]
    assert len(tally.damaged) == 1
    assert "it has no id" in tally.damaged[0]


def test_lines_end_as_in_xml(tmp_path: Path) -> None:
    path = write(tmp_path, page(1, text="<text>one\n\ntwo\nthree</text>"))
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert read(path)[0][0].text == "one\n\ntwo\nthree"


def test_a_page_that_comes_twice_is_read_once(tmp_path: Path) -> None:
    pages, tally = read(write(tmp_path, page(9), page(2), page(9, "again"), page(5_000_000_000), page(5_000_000_000)))
    assert [p.page_id for p in pages] == [9, 2, 5_000_000_000]
    assert tally.duplicates == ["again", "T5000000000"]


def test_a_page_beyond_the_limit_is_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dump, "MAX_PAGE", 1 << 20)
    big = page(2, "Huge", "<text>" + "x" * (9 << 20) + "</text>")
    pages, tally = read(write(tmp_path, page(1), big, page(3)))
    assert [p.page_id for p in pages] == [1, 3]
    assert tally.damaged == ["Huge: larger than 1 MB"]


def test_a_large_page_below_the_limit_is_read(tmp_path: Path) -> None:
    pages, tally = read(write(tmp_path, page(1), page(2, text="<text>" + "x" * (20 << 20) + "</text>"), page(3)))
    assert [len(p.text or "") for p in pages] == [1, 20 << 20, 1]
    assert tally.damaged == []


@pytest.mark.parametrize(("pack", "word"), [(bz2.compress, "bz2"), (gzip.compress, "gz"), (lzma.compress, "xz")])
def test_a_stream_that_is_cut_gives_what_is_whole(tmp_path: Path, pack: Callable[[bytes], bytes], word: str) -> None:
    import random

    noise = random.Random(1)
    texts = ["".join(noise.choices("abcdefgh", k=4000)) for _ in range(400)]
    data = pack((HEAD + "".join(page(n, text=f"<text>{t}</text>") for n, t in enumerate(texts, 1)) + TAIL).encode())
    path = tmp_path / f"cut.xml.{word}"
    path.write_bytes(data[: len(data) * 3 // 4])
    pages, tally = read(path)
    if word != "bz2":  # a bz2 block of 900 kB is all or nothing; the others give nearly all that was read
        assert len(pages) > 200
    assert [p.text for p in pages] == texts[: len(pages)]
    assert tally.cut is not None
    assert tally.cut.startswith(f"{word} stream ends at byte {len(data) * 3 // 4} of cut.xml.{word}")


def test_a_multistream_file_that_is_cut_gives_its_whole_streams(tmp_path: Path) -> None:
    data = (HEAD + "".join(page(number) for number in range(1, 100)) + TAIL).encode()
    packed = multistream(data, data.index(b"  <page>"))
    path = tmp_path / "cut.bz2"
    path.write_bytes(packed[:-40])
    pages, tally = read(path)
    assert 30 < len(pages) < 60
    assert tally.cut is not None
    assert f"bz2 stream ends at byte {len(packed) - 40} of cut.bz2" in tally.cut


def test_a_rotten_stream_costs_only_its_own_pages(tmp_path: Path) -> None:
    streams = [bz2.compress("".join(page(n) for n in range(s, s + 10)).encode()) for s in (1, 11, 21)]
    rotten = bytearray(streams[1])
    rotten[30:60] = bytes(30)
    path = tmp_path / "rotten.bz2"
    path.write_bytes(
        bz2.compress(HEAD.encode()) + streams[0] + bytes(rotten) + streams[2] + bz2.compress(TAIL.encode())
    )
    pages, tally = read(path)
    assert [p.page_id for p in pages] == [*range(1, 11), *range(21, 31)]
    assert len(tally.damaged) == 1
    assert "bz2 data is damaged" in tally.damaged[0]


def test_xml_that_is_cut_inside_a_page(tmp_path: Path) -> None:
    whole = write(tmp_path, page(1), page(2, "শেষ", "<text>" + "ক" * 500 + "</text>")).read_bytes()
    path = tmp_path / "cut.xml"
    path.write_bytes(whole[: whole.index("শেষ".encode()) + 900])
    pages, tally = read(path)
    assert [p.page_id for p in pages] == [1]
    assert tally.cut == "the XML ends in cut.xml, inside the page 'শেষ'"


def test_xml_that_is_cut_between_pages(tmp_path: Path) -> None:
    pages, tally = read(write(tmp_path, page(1), tail=""))
    assert len(pages) == 1
    assert tally.cut == "the XML of d.xml ends without </mediawiki>"


@pytest.mark.parametrize(
    "content", [b"", b"<html><page></page></html>", b"\x00" * 9000, bz2.compress(b"hello"), b"id,text\n" * 5000]
)
def test_what_is_no_dump_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.xml"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=r"x\.xml' is no MediaWiki dump.*dumps\.wikimedia\.org") as caught:
        read(path)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot open the dump"):
        read(tmp_path / "none.xml")


def test_memory_does_not_grow_with_the_dump(tmp_path: Path) -> None:
    import tracemalloc

    path = write(tmp_path, *(page(number, text="<text>" + "x" * 20_000 + "</text>") for number in range(1, 2_000)))
    tracemalloc.start()
    for _ in read_dump(path, Tally()):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 25 << 20  # of a file of 40 MB

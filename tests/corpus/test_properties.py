"""What must hold of any wikitext: no crash, no residue, exact offsets, NFC, plain prose untouched, linear time."""

from __future__ import annotations

import re
import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charkha.corpus.wikitext import Parsed, parse
from charkha.languages import load

WIKIS = st.sampled_from(["bn", "en", "hi", "ml", "pa", "ta", "ur"])
WORDS = st.sampled_from(
    ["নদী", "কোনো", "पहाड़", "क्‍ष", "மரம்", "കണ്ണികൾ", "دریا", "ਸ਼ਹਿਰ", "river", "1901", "१९", "২৫", "a.b", "–"]
)
PHRASE = st.lists(WORDS, min_size=1, max_size=5).map(" ".join)
TOKENS = [
    "[[", "]]", "{{", "}}", "{{{", "}}}", "|", "||", "{|", "|}", "|-", "|+", "!", "!!", "''", "'''", "'''''", "=", "==", "===", "\n", "\n\n", "\n* ", "\n## ",
    "\n; ", "\n: ", "\n ", " ", "<ref>", "</ref>", "<ref name=a/>", "<nowiki>", "</nowiki>", "<nowiki/>", "<!--", "-->", "<br>", "<div>", "</div>", "<li>",
    "<ul>", "</ul>", "<table>", "<td>", "</table>", "<gallery>", "</gallery>", "<includeonly>", "</includeonly>", "<poem>", "</poem>", "<math>", "</math>",
    "<pre>", "</pre>", "&amp;", "&lt;", "&#91;", "&nbsp;", "&#x27;", "__NOTOC__", "File:a.jpg", "Category:", "চিত্র:", "বিষয়শ্রেণী:", "श्रेणी:", "زمرہ:", "en:",
    "thumb", "lang", "convert", "5", "km", "#if:", "PAGENAME", "!}}", "Infobox x", "name=", "coord", "N", "E", "~", "http://x.org ", "[", "]", "(", ")",
    "\u200c", "\u200d", "\u09c7", "\u09be", "\u093c", "\u0653", "\u200f", "\u00a0", "\t", "\r\n", "ক", "क", "a",
]  # fmt: skip
SOUP = st.lists(st.one_of(st.sampled_from(TOKENS), WORDS), max_size=60).map("".join)


def _shown(parsed: Parsed) -> list[str]:
    cells = [cell for table in parsed.tables for row in table for cell in row]
    boxes = [*parsed.infobox, *parsed.infobox.values()]
    return [parsed.text, parsed.lead, *parsed.captions, *parsed.categories, *parsed.langlinks.values(), *boxes, *cells]


def _check(parsed: Parsed) -> None:
    for text in _shown(parsed):
        assert unicodedata.is_normalized("NFC", text)
        assert not re.search("[\ufdd0-\ufdef]", text), ascii(text)
    for link in parsed.links:
        assert parsed.text[link.start : link.end] == link.surface
        assert link.target
        assert link.surface == link.surface.strip()
    ordered = [(link.start, link.end) for link in parsed.links]
    assert ordered == sorted(ordered)
    assert all(end <= start for (_, end), (start, _) in zip(ordered, ordered[1:], strict=False))


@settings(max_examples=400, deadline=None)
@given(SOUP, WIKIS)
def test_a_soup_of_markup_is_read(wikitext: str, wiki: str) -> None:
    _check(parse(wikitext, load(wiki), title="x"))


@settings(max_examples=250, deadline=None)
@given(SOUP.filter(lambda text: "nowiki" not in text and "pre>" not in text and "&" not in text), WIKIS)
def test_no_opening_stays(wikitext: str, wiki: str) -> None:
    """What MediaWiki would show raw is dropped; only the author's own words are prose."""
    text = parse(wikitext, load(wiki)).text
    assert not re.search(r"\[\[|\{\{|<!--", text), ascii(text)


def _nest(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    forms = st.sampled_from([
        "'''{}'''", "''{}''", "[[নদী|{}]]", "{{{{nowrap|{}}}}}", "{{{{অচেনা|{}}}}}", "<ref name=\"x\">{}</ref>", "<small>{}</small>", "<!-- {} -->", "({{{{cn}}}}) {}",
        "{{{{lang|hi|{}}}}}", "{{{{lang-ur|{}}}}}", "[[File:x.jpg|thumb|{}]]", "<span lang=\"hi\">{}</span>", "(ক, {} খ)", "{{{{#if:1|{}|x}}}}", "{{{{small|1={}}}}}",
        "[http://x.org {}]", "<poem>{}</poem>", "{{{{quote|{}}}}}", "\n{{|\n| {}\n|}}\n", "<gallery>\nA.jpg|{}\n</gallery>", "\n* {}\n", "<ul><li>{}</li></ul>",
    ])  # fmt: skip
    return st.lists(
        st.one_of(inner, st.tuples(forms, inner).map(lambda pair: pair[0].format(pair[1]))), max_size=3
    ).map(" ".join)


NESTED = st.recursive(PHRASE, _nest, max_leaves=10)


@settings(max_examples=300, deadline=None)
@given(NESTED, WIKIS)
def test_what_is_nested_well_leaves_only_words(wikitext: str, wiki: str) -> None:
    parsed = parse(wikitext, load(wiki))
    _check(parsed)
    for text in _shown(parsed):
        assert not re.search(r"\[\[|\]\]|\{\{|\}\}|''|\{\||<[a-z/!]|\(\)", text), ascii(text)
    assert not re.search(r"\S  |\( | \)", parsed.text)


@settings(max_examples=200, deadline=None)
@given(NESTED, st.data())
def test_a_page_cut_anywhere_is_read(wikitext: str, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(wikitext)))
    last = data.draw(st.integers(first, len(wikitext)))
    _check(parse(wikitext[first:last], load("bn")))


@settings(max_examples=200, deadline=None)
@given(
    st.lists(PHRASE.map(lambda line: unicodedata.normalize("NFC", line).strip("–. ") or "a"), min_size=1, max_size=5),
    WIKIS,
)
def test_plain_prose_comes_back_as_it_was(paragraphs: list[str], wiki: str) -> None:
    prose = "\n\n".join(paragraphs)
    parsed = parse(prose, load(wiki))
    assert parsed.text == prose
    assert parse(parsed.text, load(wiki)).text == prose
    assert (parsed.links, parsed.tables, parsed.captions, len(parsed.sections)) == ([], [], [], 1)


@settings(max_examples=150, deadline=None)
@given(NESTED.filter(lambda text: not re.search(r"poem|\*|<ul>|http", text)), WIKIS)
def test_prose_that_was_cleaned_once_stays_as_it_is(wikitext: str, wiki: str) -> None:
    once = parse(wikitext, load(wiki)).text
    assert parse(once, load(wiki)).text == once


PIECES = [
    "{{", "}}", "{{{", "[[", "]]", "[[a|", "<ref>", "<ref name=a/>", "</ref>", "{|\n", "|}\n", "'''", "''", "((", "<!--", "<!-- -->", "=", "==\n", "\n== a ==\n", "\n* ", "<li>", "<ul>",
    "<td>", "<table>", "<nowiki>", "<nowiki/>", "<gallery>\n", "[[File:", "[[File:a|", "[[Category:", "[[Category:a]]", "{{a|", "{{a|b=", "{{Infobox\n|", "{{#if:", "&", "&amp;", "[http://a ", "__", "~", "( ", "({{a}}",
    "|", "\n|", "\n!", "{{!}}", "-->", " \n", "\n\n", "\u0995\u09c7", "a'''b''", "<poem>", "<h2>", "{{lang|hi|", "{{quote|", "{{coord|1|2}}", "\n;a:", "[[a]]b", "[[a|b [1]",
]  # fmt: skip


def _seconds(wikitext: str) -> float:
    language = load("bn")
    best = float("inf")
    for _ in range(2):
        started = time.process_time()  # of this process alone: neighbours on the machine do not count
        parse(wikitext, language)
        best = min(best, time.process_time() - started)
    return best


@pytest.mark.parametrize("piece", PIECES)
def test_time_grows_with_the_page_only_linearly(piece: str) -> None:
    """Quadratic work would take 16 times as long for 4 times the text, and minutes for the longest."""
    short = _seconds(piece * 5_000)
    long = _seconds(piece * 20_000)
    assert long < 9 * short + 0.1, (short, long)
    if long < 1:
        _check(parse(piece * 50_000, load("bn")))

"""Wikitext to prose, in many languages, nested and broken; the public door is `parse`."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charkha.corpus.wikitext import Parsed, parse, section_spans
from charkha.languages import load

RESIDUE = re.compile(r"\[\[|\]\]|\{\{|\}\}|''|\{\||<ref|[\ufdd0-\ufdef]")


def read(wikitext: str, wiki: str = "en") -> Parsed:
    """Parses and checks what must hold of every page."""
    parsed = parse(wikitext, load(wiki))
    for link in parsed.links:
        assert parsed.text[link.start : link.end] == link.surface
        assert link.surface.endswith(link.trail)
    for section, (start, end) in zip(parsed.sections, section_spans(parsed), strict=True):
        assert parsed.text[start:end] == section.text
    assert parsed.lead == parsed.sections[0].text
    return parsed


def text(wikitext: str, wiki: str = "en") -> str:
    return read(wikitext, wiki).text


PROSE = {
    "bold and italics": ("en", "'''''A''''' is ''not'' '''B'''.", "A is not B."),
    "four apostrophes": ("en", "a ''''b'''' c", "a 'b' c"),
    "an apostrophe before italics": ("en", "L'''amour'' is '''b'''", "L'amour is b"),
    "bold left open": ("en", "'''Open bold\nnext line", "Open bold next line"),
    "apostrophes on both sides of a tag": ("en", "''i''<sub>''1''</sub> a", "i1 a"),
    "a comment": ("en", "one <!-- not\nthis --> two<!-- x -->.", "one two."),
    "a comment on a line of its own": ("en", "one\n<!-- x -->\ntwo", "one two"),
    "a comment before a list": ("en", "a\n<!-- x -->* b", "a\n- b"),
    "lines that begin with a space": ("en", "a\n b\n c\nd", "a\nb\nc\nd"),
    "signs that are no tags": ("en", "a < b > c <1>", "a < b > c <1>"),
    "a comment left open": ("en", "one <!-- two", "one"),
    "nowiki": ("en", "<nowiki>[[x]] ''y'' {{z}} &lt;</nowiki>", "[[x]] ''y'' {{z}} <"),
    "entities, once": ("en", "a&nbsp;b &amp;lt; &lt;i&gt; &#91;&#91;x]] &#x41; &zwnj;", "a b &lt; <i> [[x A \u200c"),
    "an unknown entity": ("en", "AT&T; &nosuch; R&D", "AT&T; &nosuch; R&D"),
    "a reference before a danda": ("hi", "यह है <ref name=x />। दूसरा<ref>{{cite|[[a]]}}</ref> वाक्य।", "यह है। दूसरा वाक्य।"),
    "references closed oddly": ("en", "a<ref>x</REF> b<Ref>y</ref > c<ref>z</ref>", "a b c"),
    "a reference left open": ("en", "one <ref>two", "one two"),
    "references keep no space before commas": ("bn", "এক {{cn}}, দুই <ref>x</ref>; তিন {{cn}} চার।", "এক, দুই; তিন চার।"),
    "emptied brackets": ("bn", "'''ঢাকা''' ({{IPAc-en|d}}; {{audio-x|a}}) শহর।", "ঢাকা শহর।"),
    "half emptied brackets": ("hi", "नाम ({{IPA-hi|x}}, जन्म १९०१) और ({{lang-en|Name}}, {{cn}})।", "नाम (जन्म १९०१) और (Name)।"),
    "lang": ("hi", "{{lang|sa|धर्म}} और {{lang-ta|அறம்}}", "धर्म और அறம்"),
    "convert": ("hi", "{{convert|30|km|mi}}, {{convert|5|to|8|m}}, {{cvt|3|ft|2|in|m}}, {{convert|12|km2}}", "30 km, 5 to 8 m, 3 ft 2 in, 12 km²"),
    "convert under a Bengali name": ("bn", "আয়তন {{রূপান্তর|৩০৬|km2|sqmi|abbr=on}}।", "আয়তন ৩০৬ km²।"),
    "convert under a name nobody listed": ("mr", "{{अनोळखी साचा|३०|km|mi}} लांब", "३० km लांब"),
    "nested prose templates": ("en", "{{nowrap|{{small|a {{lang|fr|b}}}} c}} d", "a b c d"),
    "unknown templates": ("en", "a {{unknown|x|{{y|z}}}} b", "a b"),
    "the equals sign of a positional argument": ("en", "{{nowrap|1=a = b}}", "a = b"),
    "links in arguments": ("en", "{{nowrap|[[a|b]] c}}", "b c"),
    "as of": ("en", "{{As of|2010}}, there; {{as of|2011|lc=y}}", "As of 2010, there; as of 2011"),
    "abbreviations": ("en", "{{abbr|approx.|approximately}} 5", "approx. 5"),
    "parser functions": ("en", "{{#if:x|yes|no}} {{#if:|yes|no}} {{#ifeq:a|a|same}} {{#switch:b|a=1|b=2|3}}", "yes no same 2"),
    "text functions": ("en", "{{uc:ab}} {{lcfirst:AB}} {{formatnum:1,234}}", "AB aB 1,234"),
    "a local function name": ("bn", "{{নম্বর_বিন্যাস:১২৩৪}} টাকা", "১২৩৪ টাকা"),
    "a sort key": ("en", "{{DEFAULTSORT:Dhaka}}x", "x"),
    "a local sort key": ("hi", "{{मूल_सॉर्ट:दिल्ली}}दिल्ली", "दिल्ली"),
    "switches": ("bn", "__NOTOC__ক __কোন_বিষয়বস্তুর_ছক_নয়__ খ", "ক খ"),
    "parameters": ("en", "{{{1|default}}} {{{2}}}x", "default x"),
    "braces left open": ("en", "before {{open after. Next one.", "before open after. Next one."),
    "braces nobody opened": ("en", "before }} after", "before after"),
    "an infobox left open": ("en", "{{Infobox x\n| a = 1\n| b = {{small|2}}\n'''X''' is here.", "X is here."),
    "three and two": ("en", "{{{{{x}}}}}a {{nowrap|b}}}", "a b}"),
    "a link": ("en", "[[Bus]]es and [[a b|c]]s, [[#part|here]], [[:Category:X|cats]], [[:en:Y|y]]", "Buses and cs, here, cats, y"),
    "a link left open": ("en", "see [[open and [[b|c]] d", "see open and c d"),
    "a link nobody opened": ("en", "see open]] d", "see open d"),
    "a suffix": ("bn", "[[বাংলাদেশ]]ের [[ঢাকা|ঢাকা শহর]]ে।", "বাংলাদেশের ঢাকা শহরে।"),
    "joiners": ("ml", "[[അവൻ\u200d]] ക്\u200cഷ", "അവൻ\u200d ക്\u200cഷ"),
    "external links": ("en", "[http://x.org label [[a]]] [https://y.org] [//z.org z] [mailto:a@b c]", "label a z c"),
    "html": ("en", "<span style='x'>a</span><sup>2</sup> <u>b</u><br/>c<div class=x>d</div>", "a2 b\nc\nd"),
    "a tag MediaWiki does not know": ("en", "as <stdio.h> a < b", "as <stdio.h> a < b"),
    "tags nobody opened or closed": ("en", "a</span></ref> <b>b <i>c", "a b c"),
    "math": ("en", "where <math>x^2</math> is", "where is"),
    "no include": ("en", "<noinclude>a</noinclude><includeonly>b</includeonly><onlyinclude>c</onlyinclude>", "ac"),
    "includeonly left open": ("en", "a<includeonly>b", "a"),
    "soft line ends": ("en", "one\ntwo\n\nthree", "one two\n\nthree"),
    "a rule": ("en", "one\n----\ntwo", "one\ntwo"),
    "lists": ("en", "* a\n** b\n*** c\n# d\n## e\n#* f", "- a\n  - b\n    - c\n1. d\n  1. e\n  - f"),
    "definitions": ("en", "; term : meaning\n; other\n: what it is\n: more", "term: meaning\nother: what it is\nmore"),
    "indents": ("en", ": indented\n:: twice", "indented\ntwice"),
    "a table": ("en", "a\n{| class=x\n! h\n|-\n| c || d {{!}} e\n|}\nb", "a\n\nb"),
    "tables in tables": ("en", "a\n{|\n| x\n{|\n| y\n|}\n|}\nb", "a\n\nb"),
    "a table left open": ("en", "a\n{|\n| x\n\nProse after it.", "a\n\nProse after it."),
    "a row without a table": ("en", "a\n| b = c\nd", "a\nd"),
    "a table of a template's pipes": ("en", "{{{!}}\n{{!}} x\n{{!}}}\nb", "b"),
    "an html table": ("en", "a <table><tr><td>x</td></tr></table> b", "a\n\nb"),
    "files": ("ta", "[[படிமம்:x.jpg|thumb|200px|தலைப்பு [[அ|ஆ]] இ]]உரை [[File:y.png|left]]", "உரை"),
    "a file left open": ("en", "[[File:x.jpg|thumb|cap\nProse.", "Prose."),
    "a gallery": ("en", "a\n<gallery>\nFile:x.jpg|cap\n</gallery>\nb", "a\n\nb"),
    "a poem": ("en", "<poem>\none\ntwo\n</poem>", "one\ntwo"),
    "a quote": ("bn", "সে বলে:\n{{উক্তি|জয় হোক।|লেখক}}\nশেষ।", "সে বলে:\n\nজয় হোক।\n\nশেষ।"),
    "decomposed letters": ("bn", "\u0995\u09c7\u09be \u09df", "\u0995\u09cb \u09af\u09bc"),
    "carriage returns": ("en", "a\r\n\r\nb", "a\n\nb"),
    "a category inside a sentence": ("ur", "یہ [[زمرہ:تاریخ]] ہے۔", "یہ ہے۔"),
    "right to left": ("ur", "'''قوالی''' ({{lang-hi|क़व्वाली}}) [[برصغیر]] کی موسیقی ہے۔<ref>x</ref>", "قوالی (क़व्वाली) برصغیر کی موسیقی ہے۔"),
}  # fmt: skip


@pytest.mark.parametrize(("wiki", "wikitext", "expected"), PROSE.values(), ids=PROSE)
def test_prose(wiki: str, wikitext: str, expected: str) -> None:
    assert text(wikitext, wiki) == expected


def test_sections_form_a_tree_and_the_lead_stands_apart() -> None:
    parsed = read("Lead.\n== A ==\na\n=== B ===\nb\n==C==<!-- x -->\n{| \n| t\n|}\n===== D ====\nd\n= E\n== F == x")
    assert [(s.level, s.title, s.text) for s in parsed.sections] == [
        (1, "", "Lead."), (2, "A", "a"), (3, "B", "b"), (2, "C", ""), (4, "= D", "d = E == F == x"),
    ]  # fmt: skip
    assert parsed.text == "Lead.\n\nA\na\n\nB\nb\n\nC\n\n= D\nd = E == F == x"


def test_a_heading_behind_a_comment_is_one_and_one_behind_a_template_is_not() -> None:
    assert [section.title for section in read("<!-- x -->== A ==<!-- y -->\nb").sections] == ["", "A"]
    assert [section.title for section in read("{{x}}== A ==\nb").sections] == [""]


def test_an_empty_lead_leaves_no_gap() -> None:
    parsed = read("{{x}}\n== [[A|B]] ''c'' ==\nd [[e]]")
    assert parsed.text == "B c\nd e"
    assert parsed.lead == ""
    assert [link.target for link in parsed.links] == ["E"]  # a heading's links are no links of the prose


@pytest.mark.parametrize(
    ("wiki", "heading"),
    [
        ("as", "তথ্যসূত্ৰ"), ("bn", "তথ্যসূত্র"), ("bn", "আরো  দেখুন"), ("bn", "বহিঃ সংযোগ"), ("bn", "আরও দেখুন:"), ("en", "See Also"), ("gu", "સંદર્ભ"),
        ("hi", "सन्दर्भ"), ("hi", "संदर्भ"), ("hi", "बाहरी कड़ियाँ"), ("kn", "ಉಲ್ಲೇಖಗಳು"), ("ml", "അവലംബം"), ("mr", "हे सुद्धा पहा"), ("mr", "बाह्यदुवे"),
        ("ne", "सन्दर्भहरू"), ("or", "ଆଧାର"), ("pa", "ਹਵਾਲੇ"), ("ta", "மேற்கோள்கள்"), ("te", "మూలాలు"), ("ur", "حوالہ جات"), ("ur", "بیرونی روابط"),
    ],
)  # fmt: skip
def test_trailing_sections_go_with_all_under_them(wiki: str, heading: str) -> None:
    parsed = read(f"a\n== {heading} ==\n* b\n=== c ===\nd\n== E ==\nf", wiki)
    assert [section.title for section in parsed.sections] == ["", "E"]
    assert parsed.text == "a\n\nE\nf"


def test_links_have_target_surface_trail_and_offsets() -> None:
    parsed = read("'''ক''' [[বাংলাদেশ]]ের [[ঢাকা#ইতিহাস|রাজধানী]] ও [[ভারত_ গণরাজ্য]]।\n== খ ==\n* [[গ|''ঘ'']]", "bn")
    found = [(link.target, link.surface, link.trail) for link in parsed.links]
    assert found == [("বাংলাদেশ", "বাংলাদেশের", "ের"), ("ঢাকা", "রাজধানী", ""), ("ভারত গণরাজ্য", "ভারত_ গণরাজ্য", ""), ("গ", "ঘ", "")]


def test_spaces_inside_a_link_stay_outside_its_surface() -> None:
    parsed = read("x[[a| b ]] c [[d| e]] [[f|g ]] [[h]]")
    assert parsed.text == "x b c e g h"
    assert [link.surface for link in parsed.links] == ["b", "e", "g", "h"]
    assert read("[[a|b ]][[c]]d").text == "b cd"


def test_a_trail_ends_at_dandas_and_digits() -> None:
    parsed = read("[[क]]।ख [[ग]]ों१२ [[घ]]A", "hi")
    assert [link.trail for link in parsed.links] == ["", "ों", ""]


def test_a_first_letter_is_upper_case_in_a_target() -> None:
    assert [link.target for link in read("[[delhi]] [[new%20york]]").links] == ["Delhi", "New york"]


@pytest.mark.parametrize(
    ("wiki", "word"),
    [("as", "শ্ৰেণী"), ("bn", "বিষয়শ্রেণী"), ("gu", "શ્રેણી"), ("hi", "श्रेणी"), ("kn", "ವರ್ಗ"), ("ml", "വർഗ്ഗം"), ("mr", "वर्ग"), ("ne", "श्रेणी"), ("or", "ଶ୍ରେଣୀ"),
     ("pa", "ਸ਼੍ਰੇਣੀ"), ("ta", "பகுப்பு"), ("te", "వర్గం"), ("ur", "زمرہ"), ("en", "Category"), ("hi", "category"), ("ur", " Category ")],
)  # fmt: skip
def test_categories_under_local_names(wiki: str, word: str) -> None:
    parsed = read(
        f"a\n[[{word}:Some_thing|key]]\n[[{word}: some thing ]] [[{word}:other]]\n[[:{word.strip()}:shown]]", wiki
    )
    assert parsed.categories == ["Some thing", "Other"]
    assert read(f"[[{word}:A&amp;B]]", wiki).categories == ["A&B"]
    assert parsed.text == f"a {word.strip()}:shown"


def test_categories_of_what_is_thrown_away() -> None:
    parsed = read(
        "a<ref>b [[Category:In a note]]</ref> [[File:x.jpg|cap [[Category:In a caption]]]]\n{|\n| [[Category:In a cell]]\n|}"
    )
    assert sorted(parsed.categories) == ["In a caption", "In a cell", "In a note"]
    hidden = "<nowiki>[[Category:A]]</nowiki><!-- [[Category:B]] --><includeonly>[[Category:C]]</includeonly>{{x|[[Category:D]]}}"
    assert read(hidden).categories == []


def test_siteinfo_names_beat_the_language_file() -> None:
    parsed = parse("a [[Kategorie:B]]", load("en"), siteinfo_namespaces={14: "Kategorie"})
    assert (parsed.text, parsed.categories) == ("a", ["B"])


def test_interlanguage_links_leave_the_text() -> None:
    parsed = read("a\n[[en:Dhaka]]\n[[fr:Dacca]] [[CSI: Miami]] [[wikt:word|word]]", "bn")
    assert parsed.langlinks == {"en": "Dhaka", "fr": "Dacca"}
    assert parsed.text == "a CSI: Miami word"
    assert [link.target for link in parsed.links] == ["CSI: Miami"]


def test_an_infobox_is_keys_and_clean_values() -> None:
    parsed = read(
        "{{তথ্যছক বসতি\n| নাম = '''ঢাকা'''<ref>x</ref>\n| দেশ = [[বাংলাদেশ|বাং]]<br>{{ছোট|(১৯৭১)}}\n| খালি = \n"
        "| তালিকা = {{plainlist|\n* [[ক]]\n* খ\n}}\n| জন্ম = {{জন্ম তারিখ|১৮৬১|৫|৭}}\n| coordinates = {{coord|23|45|50|N|90|23|20|E|display=title}}\n}}\nক।", "bn",
    )  # fmt: skip
    assert parsed.infobox == {"নাম": "ঢাকা", "দেশ": "বাং, (১৯৭১)", "তালিকা": "ক, খ", "জন্ম": "১৮৬১-৫-৭"}
    assert parsed.coordinates == [23.763889, 90.388889]
    assert parsed.text == "ক।"


def test_a_box_under_a_name_of_its_own_is_an_infobox() -> None:
    assert read("{{Ecken Kasten\n| a = 1\n| b = 2\n| c = 3\n}}\nx").infobox == {"a": "1", "b": "2", "c": "3"}
    assert read("{{Navbox y\n| a = 1\n| b = 2\n| c = 3\n}}\nx").infobox == {}


@pytest.mark.parametrize(
    ("wikitext", "expected"),
    [
        ("{{coord|12.5|-77.25}}", [12.5, -77.25]), ("{{Coord|33|52|S|151|12|W}}", [-33.866667, -151.2]), ("{{coord|x|y}}", []),
        ("{{coord|12.5|N|77.5|E|type:city}}", [12.5, 77.5]), ("{{coord|95|10}}", []), ("{{coord|1|2}} {{coord|3|4|display=title}}", [3.0, 4.0]),
    ],
)  # fmt: skip
def test_coordinates(wikitext: str, expected: list[float]) -> None:
    assert read(wikitext).coordinates == expected


def test_coordinates_under_a_local_name_in_local_digits() -> None:
    parsed = read("'''ঢাকা''' ({{স্থানাঙ্ক|২৩|৪২|উ|৯০|২২|পূ}}) শহর।", "bn")
    assert parsed.coordinates == [23.7, 90.366667]
    assert parsed.text == "ঢাকা শহর।"


def test_tables_are_rows() -> None:
    body = "{| class=x\n|+ caption\n! a !! style='x' | b\n|-\n| [[c|d]]<ref>r</ref> || align=right | {{nowrap|e f}}\n|-\n| g\nh\n|}"
    assert read(body).tables == [[["a", "b"], ["d", "e f"], ["g h"]]]
    assert read("{|\n| a\n| b\n\nProse.").tables == [[["a", "b"]]]
    assert read("<table><tr><th>a</th><td>b</td></tr><tr><td>[[c|d]]</td></tr></table>").tables == [[["a", "b"], ["d"]]]


def test_captions_stand_apart_and_options_are_no_captions() -> None:
    wikitext = "[[चित्र:x.jpg|अंगूठाकार|दाएँ|200px|alt=y|शीर्षक [[क|ख]]<ref>z</ref>]]\n[[File:y.jpg|thumb|right]]\n<gallery>\nA.jpg|एक [[दो]]\nB.jpg\n</gallery>"
    assert sorted(read(wikitext, "hi").captions) == ["एक दो", "शीर्षक ख"]


@pytest.mark.parametrize(
    ("wiki", "name"),
    [("en", "Disambiguation"), ("hi", "बहुविकल्पी"), ("bn", "দ্ব্যর্থতা_নিরসন"), ("ta", "பக்கவழி நெறிப்படுத்தல்"), ("te", "అయోమయ నివృత్తి"), ("ur", "ضد ابہام"), ("mr", "निःसंदिग्धीकरण")],
)  # fmt: skip
def test_disambiguation_pages_are_told(wiki: str, name: str) -> None:
    assert read(f"'''x''':\n* [[y]]\n{{{{{name}}}}}", wiki).disambiguation
    assert not read("'''x''' {{stub}}", wiki).disambiguation


def test_a_page_knows_its_name() -> None:
    assert parse("{{PAGENAME}} is", load("en"), title="Dhaka").text == "Dhaka is"


def test_time_grows_with_the_page_only_linearly() -> None:
    for piece in ("{{a|", "[[File:x|", "[[a|", "<ref>", "{|\n", "''", "<!-- ", "{{{", "* [[", "&", "==\n="):
        read(piece * 20_000)  # quadratic would not end within the test's time limit


_WORDS = st.sampled_from(["এক", "दो", "மூன்று", "four", "پانچ", "ക്ഷ", "1901", "১৯", "।", ","])
_ATOM = st.lists(_WORDS, min_size=1, max_size=4).map(" ".join)


def _wrap(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    forms = ["'''{}'''", "''{}''", "[[x|{}]]", "{{{{nowrap|{}}}}}", "{{{{unknown|{}}}}}", "<ref>{}</ref>", "<small>{}</small>", "<!-- {} -->",
             "{{{{lang|sa|{}}}}}", "[http://x.org {}]", "[[File:x.jpg|thumb|{}]]", "<span class=a>{}</span>", "({})", "{{{{#if:x|{}}}}}"]  # fmt: skip
    one = st.tuples(st.sampled_from(forms), inner).map(lambda pair: pair[0].format(pair[1]))
    return st.lists(st.one_of(inner, one), min_size=1, max_size=3).map(" ".join)


_LINE = st.tuples(
    st.sampled_from(["", "* ", "# ", ": ", "; ", "== ", " "]), st.recursive(_ATOM, _wrap, max_leaves=8)
).map(lambda pair: pair[0] + pair[1].replace("\n", " ") + (" ==" if pair[0] == "== " else ""))


@settings(max_examples=150, deadline=None)
@given(st.lists(_LINE, max_size=6).map("\n".join))
def test_well_formed_markup_leaves_no_residue(wikitext: str) -> None:
    parsed = read(wikitext)
    assert not RESIDUE.search(parsed.text), parsed.text
    assert "  " not in parsed.text.replace("\n  ", "\n")
    assert "()" not in parsed.text


_ALPHABET = st.sampled_from([*"[]{}|'=<>*#:;!-& \n", "ref", "/", "[[", "]]", "{{", "}}", "{|", "|}", "'''", "==", "<!--", "-->", "<nowiki>", "</nowiki>",
                             "File:", "Category:", "en:", "a", "ক", "\u09c7", "\u09be", "\u200d", "lang|", "coord|1|2", "&amp;", "&#91;", "<ref>", "</ref>"])  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(_ALPHABET, max_size=40).map("".join))
def test_any_text_is_read_without_a_crash(wikitext: str) -> None:
    parsed = read(wikitext, "bn")
    assert parsed.text == unicodedata.normalize("NFC", parsed.text)
    assert not re.search("[\ufdd0-\ufdef]", parsed.text)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60))
def test_any_unicode_is_read_without_a_crash(wikitext: str) -> None:
    read(wikitext)

"""Small wikitext that MediaWiki itself settled: what odd and broken markup means. test_recovery.py and the oracle read it.

Each name stands for (wiki, wikitext, prose without headings, section tree, categories). Where MediaWiki would show markup
that never closes, the prose holds the words alone.
"""

from __future__ import annotations

from typing import TypeAlias

Case: TypeAlias = tuple[str, str, str, list[tuple[int, str]], list[str]]

RECOVERY: dict[str, Case] = {
    "a heading of spaces": ("en", "== ==\nb", "b", [(2, "")], []),
    "a category behind a heading's last sign": ("en", "== A ==[[Category:X]]\nb", "== A == b", [], ["X"]),
    "a category under a heading": ("en", "== A ==\n\n[[Category:X]]\n[[fr:Y]]\n== B ==\nb", "b", [(2, "A"), (2, "B")], ["X"]),
    "a category between a heading and its prose": ("en", "== A ==<!-- x -->\n[[Category:X]] b\n[[Category:Y]]\nc", "b c", [(2, "A")], ["X", "Y"]),
    "an html heading closed by another": ("en", "<h2>A</h3>\nb", "b", [(2, "A")], []),
    "a heading inside a cell": ("en", "{|\n|\n== H ==\nb\n|}\nc", "c", [(2, "H")], []),
    "a label's last space": ("en", "(a [http://x.org b] )", "(a b )", [], []),
    "a bracket in a label": ("en", "[http://x.org a [b] c] d", "a [b c] d", [], []),
    "a wiki list inside an html list": ("en", "<ul>\n* a\n* b\n</ul>c", "- a\n- b\nc", [], []),
    "a target in percents": ("en", "[[a%20b]] c", "a b c", [], []),
    "a file left open": ("en", "[[File:x.jpg|thumb|a [[Category:X]]\nb", "b", [], ["X"]),
    "a category between a file's options": ("en", "[[File:x.jpg|[[Category:X]]|c]] d", "d", [], ["X"]),
    "a comment in a category's name": ("en", "[[Category:X<!-- c -->]] d", "d", [], ["X"]),
    "three brackets": ("en", "[[[Category:X]] [[[[Category:Y]] a", "[Category:X a", [], ["Y"]),
    "brackets in a sort key": ("en", "[[Category:X|[y]]] d", "d", [], ["X"]),
    "braces in a category's name": ("en", "[[Category:X{y}]] [[Category:X<b>y</b>]]", "", [], []),
    "a template in a category's name": ("en", "[[Category:{{T}} births]] a", "a", [], []),
    "a break in a category's name": ("en", "[[Category:X<br>Y]] a", "a", [], []),
    "a category in a note made by a function": ("en", "{{#tag:ref|b [[Category:X]]}} a", "a", [], ["X"]),
    "a parameter's second default": ("en", "{{{1|a|b}}}", "a", [], []),
    "numbers are equal by value": ("en", "{{#ifeq:1|1.0|a|b}} {{#ifeq:01|1|a|b}} {{#switch:1|01=a|b}} {{#ifeq:x|X|a|b}}", "a a a b", [], []),
    "no error": ("en", "{{#iferror:x|a|b}} {{#iferror:x|a}}", "b x", [], []),
    "a comment in a condition": ("en", "{{#if:<!-- x -->|a|b}}", "b", [], []),
    "a number in threes": ("en", "{{formatnum:1234567.8912}} {{formatnum:1,234|R}} {{formatnum:1234|NOSEP}} {{formatnum:a 1234 b}}", "1,234,567.8912 1234 1234 a 1,234 b", [], []),
    "a number in Bengali": ("bn", "{{formatnum:1234567}} {{নম্বর_বিন্যাস:১২৩৪}} {{formatnum:১,২৩৪|R}}", "১২,৩৪,৫৬৭ ১২৩৪ 1234", [], []),
    "a number in Nepali": ("ne", "{{formatnum:1234567}}", "१,२३४,५६७", [], []),
    "a number in Tamil": ("ta", "{{formatnum:1234567}}", "12,34,567", [], []),
    "a number in Urdu": ("ur", "{{formatnum:1234567}}", "1,234,567", [], []),
    "a mark behind nowiki": ("en", "<nowiki />* a", "* a", [], []),
    "a poem's lists and indents": ("en", "<poem>\na\n:b\n* c\n</poem>", "a\nb\n- c", [], []),
    "code points that are no characters": ("en", "&#0; &#xFFFF; &#128;", "&#0; &#xFFFF; &#128;", [], []),
    "a sign in brackets": ("bn", "সেমিকোলন (;) চিহ্ন ({{T}}; {{T}})।", "সেমিকোলন (;) চিহ্ন।", [], []),
    "an exclamation at a line's start": ("en", "a\n! b [[c|d]] e", "a ! b d e", [], []),
    "a table without a row": ("en", "a\n{|\nb\n\nc", "a\n\nb\n\nc", [], []),
    "an html table without a row": ("en", "a <table>b\n\nc", "a b\n\nc", [], []),
    "a paragraph tag before a sign": ("en", "* a<p>; b\n* c", "- a ; b\n- c", [], []),
    "a table's sign inside a line": ("en", "a {| b", "a b", [], []),
    "an apostrophe from a template beside italics": ("en", "''{{'}}g'''s'' a", "'gs a", [], []),
    "a list that a function returns": ("en", "g{{#if:1|\n* h\n* i\n}}\nj\n{{#if:1|* k}}", "g\n- h\n- i\nj\n- k", [], []),
    "four apostrophes and two": ("en", "''''a'' b", "'a b", [], []),
}  # fmt: skip

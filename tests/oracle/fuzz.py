"""PYTHONPATH=src:tests python -m oracle.fuzz [--rounds N] [--seed N] [--show N] [DUMP ...].

Damages real wikitext (drops, doubles and scatters tokens of markup), reads it with charkha and with a real MediaWiki, and prints where
they differ. Exit codes: 0 always; a damaged page that differs is something to look at, not a failure.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from charkha.corpus.names import names_of
from charkha.corpus.wikitext import parse
from oracle.compare import KINDS, SAMPLE, Difference, articles, compare
from oracle.mediawiki import MediaWiki, install

TOKENS = [
    "[[", "]]", "[", "]", "{{", "}}", "{{{", "}}}", "'''", "''", "==", "\n== ", " ==\n", "<ref>", "</ref>", "<ref name=a />", "<nowiki>",
    "</nowiki>", "<nowiki />", "<!--", "-->", "\n{|\n", "\n|}\n", "\n|-\n", "\n| ", "||", "\n! ", "\n* ", "\n# ", "\n: ", "\n; ", "\n", "\n\n",
    "\n ", "<div>", "</div>", "<br>", "&nbsp;", "&lt;", "__NOTOC__", "<includeonly>", "</includeonly>", "<noinclude>", "</noinclude>",
    "<onlyinclude>", "</onlyinclude>", "<gallery>", "</gallery>", "|", "=", "[[Category:", "[[File:a.jpg|thumb|", "[http://x.org ", "<small>",
    "</small>", "<pre>", "</pre>", "<poem>", "</poem>", "<table>", "</table>", "<tr><td>", "<li>", "<h2>", "</h2>", "----", "#", ":", "{{PAGENAME}}",
    "{{#if:", "<b>", "</b>", "<math>", "</math>", "<references />", "-{", "}-", "<sup>", "</sup>", "<center>", "<blockquote>", "<p>", "<hr>",
]  # fmt: skip
_MARKUP = re.compile(r"\[\[|\]\]|\{\{|\}\}|'{2,5}|={2,6}|</?[a-zA-Z]+[^<>]*>|<!--|-->|\{\||\|\}|\|-|\n[*#:;]+|\n")


def pieces(text: str, size: int) -> list[str]:
    """A page in stretches of whole paragraphs, about so many characters long: a small page says where it broke."""
    found: list[str] = [""]
    for paragraph in text.split("\n\n"):
        if len(found[-1]) > size:
            found.append("")
        found[-1] += ("\n\n" if found[-1] else "") + paragraph[: size * 2]
    return found


def damage(text: str, chance: random.Random, times: int) -> str:
    """The text with so many small damages."""
    for _ in range(times):
        marks = list(_MARKUP.finditer(text))
        kind = chance.randrange(4)
        if kind < 2 and marks:
            mark = chance.choice(marks)
            text = text[: mark.start()] + mark[0] * (2 * kind) + text[mark.end() :]
        else:
            at = chance.randrange(len(text) + 1)
            text = text[:at] + chance.choice(TOKENS) + text[at:]
    return text


def damaged(dump: Path, rounds: int, seed: int, times: int) -> Iterator[tuple[str, Difference]]:
    """(damaged wikitext, difference) of so many pieces of a dump's pages."""
    language, namespaces, pages = articles(dump)
    names = names_of(language, namespaces)
    chance = random.Random(seed)
    with MediaWiki(language, namespaces) as wiki:
        for _ in range(rounds):
            text = damage(chance.choice(pieces(chance.choice(pages).text or "", 400)), chance, times)
            ours = parse(text, language, siteinfo_namespaces=namespaces, title="Page")
            yield text, compare("Page", ours, wiki.render("Page", text), names)


def main() -> int:
    """Damages, compares, prints."""
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[2])
    options.add_argument("dumps", nargs="*", type=Path, default=sorted(SAMPLE.glob("*.bz2")))
    options.add_argument("--rounds", type=int, default=200, help="damaged pieces of each dump")
    options.add_argument("--times", type=int, default=1, help="damages of each piece")
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--show", type=int, default=3, help="so many differences are printed in full")
    options.add_argument("--kinds", default=" ".join(("missing", *KINDS)), help="only these kinds of difference count")
    chosen = options.parse_args()
    install()
    for dump in chosen.dumps:
        counts: Counter[str] = Counter()
        shown = chosen.show
        for text, page in damaged(dump, chosen.rounds, chosen.seed, chosen.times):
            said = ({"missing": page.missing} if page.missing else {}) | page.found
            said = {kind: what for kind, what in said.items() if kind in chosen.kinds.split()}
            counts.update(said.keys())
            if said and shown:
                shown -= 1
                print(f"--- {text!r}\n    {said}")
        print(f"{dump.name}: {chosen.rounds} damaged pieces; that differ: {dict(counts)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

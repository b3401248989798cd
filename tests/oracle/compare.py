"""PYTHONPATH=src:tests python -m oracle.compare [--pages N] [--show N] [DUMP ...].

Reads the articles of dumps (default: the bundled sample) with charkha and with a real MediaWiki (setup.sh installs it) and says where they
differ: prose, residue of markup, categories, sections, links, interlanguage links, words too many. Exit codes: 0 within the limits, 3 beyond them.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from charkha.corpus.dump import RawPage, Tally, read_dump
from charkha.corpus.names import Names, names_of
from charkha.corpus.wikitext import Parsed, parse
from charkha.languages import Language, load
from oracle.mediawiki import MediaWiki, Rendered, install
from oracle.reading import NOTE, SENTENCE, TEMPLATE, Reading, read

SAMPLE = Path(__file__).resolve().parents[2] / "src" / "charkha" / "sample"
EXCERPT = Path(__file__).resolve().parents[3] / "shared" / "data" / "bnwiki-excerpt.xml.bz2"
RESIDUE = re.compile(r"\[\[|\]\]|\{\{|\}\}|''|</?[a-z]+[^<>]*>|<!--|\{\||\|\}|\(\)", re.IGNORECASE)
MIN_RECALL, MIN_CLEAN = 0.995, 0.99
_HOLE = re.compile(r"[(][ ,;]*[)]| |[,;،](?=[ ,;،]*[,;،])")
_MARK = re.compile(r"^ *(?:- |1\. )")  # of a list item
_SIGNS = re.compile(r"[\s:,;،()]")
_SPACE = re.compile(r"[\s\u2002-\u200a\u202f]+")


@dataclass
class Difference:
    """What one page differs in; empty lists for a page on which both agree."""

    title: str
    sentences: int = 0
    missing: list[str] = field(default_factory=list)
    found: dict[str, list[str]] = field(default_factory=dict)  # kind -> what

    def add(self, kind: str, what: str) -> None:
        """Notes a difference of one of KINDS."""
        self.found.setdefault(kind, []).append(what)


def compare(title: str, ours: Parsed, theirs: Rendered, names: Names) -> Difference:
    """Where charkha's reading of a page differs from MediaWiki's."""
    page = Difference(title)
    text = fold(ours.text)
    dense = _HOLE.sub("", text)
    reading = read(theirs.html, names.is_trailing)
    for sentence in reading.sentences:
        if TEMPLATE in sentence or RESIDUE.search(sentence):
            continue  # what the bare wiki cannot show, or shows as markup
        page.sentences += 1
        plain_sentence = fold(sentence)
        # Where a note stood, spaces and brackets close up: only the letters are compared.
        if plain_sentence not in text and (NOTE not in sentence or _dense(plain_sentence) not in dense):
            page.missing.append(sentence)
    if residue := RESIDUE.search(ours.text):
        page.add("residue", ours.text[max(0, residue.start() - 40) : residue.end() + 40])
    _sets(page, "categories", {name.replace("_", " ") for name in theirs.categories}, set(ours.categories))
    their_links = [parts for link in theirs.langlinks if (parts := link.partition(":"))[2].partition("#")[0]]
    _sets(
        page,
        "langlinks",
        {f"{code}:{_upper(name)}" for code, _, name in their_links},
        {f"{c}:{t}" for c, t in ours.langlinks.items()},
    )
    _sections(page, ours, reading.sections)
    _extra(page, ours, reading)
    for link in ours.links:
        if ours.text[link.start : link.end] != link.surface:
            page.add("links", f"{link}")
    return page


def fold(text: str) -> str:
    """Text as it is compared: single spaces, no soft hyphens."""
    return _SPACE.sub(" ", text.replace("\u00ad", "")).strip()


def _dense(sentence: str) -> str:
    return _HOLE.sub("", sentence.replace(NOTE, ""))


def _upper(title: str) -> str:
    title = title.partition("#")[0].replace("_", " ")
    return title[:1].upper() + title[1:]


def _sets(page: Difference, kind: str, theirs: set[str], ours: set[str]) -> None:
    for name in sorted(theirs - ours):
        page.add(kind, f"- {name}")
    for name in sorted(ours - theirs):
        page.add(kind, f"+ {name}")


def _sections(page: Difference, ours: Parsed, theirs: list[tuple[int, str]]) -> None:
    wanted = [(level, fold(title.replace(NOTE, ""))) for level, title in theirs]
    got = [(section.level, fold(section.title)) for section in ours.sections[1:]]
    if len(wanted) != len(got) or any(
        a[0] != b[0] or (a[1] != b[1] and TEMPLATE not in a[1]) for a, b in zip(wanted, got, strict=True)
    ):
        page.add("sections", f"MediaWiki {wanted}, charkha {got}")


def _extra(page: Difference, ours: Parsed, theirs: Reading) -> None:
    """What charkha shows and MediaWiki does not; only where no template and no broken markup blurs it."""
    if TEMPLATE in theirs.shown or RESIDUE.search(theirs.shown) or not ours.text:
        return
    shown = _letters(theirs.shown)
    for line in ours.text.split("\n"):
        for sentence in SENTENCE.split(_MARK.sub("", line)):
            if _letters(sentence) not in shown:
                page.add("extra", sentence)


def _letters(text: str) -> str:
    """Text without spaces and the signs that close up or join definitions."""
    return _SIGNS.sub("", fold(text))


@dataclass
class Verdict:
    """Sums over pages."""

    pages: int = 0
    sentences: int = 0
    missing: int = 0
    differing: Counter[str] = field(default_factory=Counter)  # kind -> pages

    def add(self, page: Difference) -> None:
        """Counts one page."""
        self.pages += 1
        self.sentences += page.sentences
        self.missing += len(page.missing)
        self.differing.update(page.found.keys())

    @property
    def recall(self) -> float:
        """The share of MediaWiki's sentences that charkha's text holds."""
        return 1 - self.missing / self.sentences if self.sentences else 1.0

    @property
    def clean(self) -> float:
        """The share of pages without residue."""
        return 1 - self.differing["residue"] / self.pages if self.pages else 1.0

    def complaints(self) -> list[str]:
        """What is beyond the limits, in words; empty when all is well."""
        said = []
        if self.recall < MIN_RECALL:
            said.append(f"sentence recall {self.recall:.4f} is below {MIN_RECALL}")
        if self.clean < MIN_CLEAN:
            said.append(f"only {self.clean:.4f} of the pages are free of markup")
        said += [f"{self.differing[kind]} pages differ in {kind}" for kind in KINDS[1:] if self.differing[kind]]
        return said

    def __str__(self) -> str:
        kinds = ", ".join(f"{kind} {self.differing[kind]}" for kind in KINDS)
        return f"{self.pages} pages, {self.sentences} sentences, recall {self.recall:.5f}; pages that differ: {kinds}"


KINDS = ("residue", "categories", "sections", "links", "langlinks", "extra")


def articles(dump: Path) -> tuple[Language, Mapping[int, str], list[RawPage]]:
    """A dump's language, namespaces and articles."""
    tally = Tally()
    pages = [page for page in read_dump(dump, tally, texts_of=(0,)) if page.ns == 0 and page.text and not page.redirect]
    return load(tally.siteinfo.dbname.removesuffix("wiki")), tally.siteinfo.namespaces, pages


def differences(dump: Path, limit: int = 0) -> Iterator[Difference]:
    """The differences of a dump's first articles, page by page; 0 for all."""
    language, namespaces, pages = articles(dump)
    names = names_of(language, namespaces)
    with MediaWiki(language, namespaces) as wiki:
        for raw in pages[: limit or None]:
            text = raw.text or ""
            ours = parse(text, language, siteinfo_namespaces=namespaces, title=raw.title)
            yield compare(raw.title, ours, wiki.render(raw.title, text), names)


def main() -> int:
    """Compares, prints, returns the exit code."""
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[2])
    options.add_argument("dumps", nargs="*", type=Path, default=sorted(SAMPLE.glob("*.bz2")))
    options.add_argument("--pages", type=int, default=0, help="at most so many articles of each dump")
    options.add_argument("--show", type=int, default=5, help="so many differences are printed in full")
    chosen = options.parse_args()
    install()
    wrong = False
    for dump in chosen.dumps:
        verdict = Verdict()
        shown = chosen.show
        for page in differences(dump, chosen.pages):
            verdict.add(page)
            if (page.missing or page.found) and shown:
                shown -= 1
                print(f"  {page.title}")
                for sentence in page.missing:
                    print(f"    missing: {sentence}")
                for kind, what in page.found.items():
                    print(f"    {kind}: {'; '.join(what)}")
        wrong = wrong or bool(verdict.complaints())
        print(f"{dump.name}: {verdict}")
    return 3 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

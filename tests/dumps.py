"""Small dumps of a made-up wiki, for tests: a head, pages, an end, in as many bz2 streams as wanted."""

from __future__ import annotations

import bz2
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

HEAD = (
    '<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" version="0.11" xml:lang="{lang}">\n  <siteinfo>\n'
    "    <dbname>{lang}wiki</dbname>\n    <base>https://{lang}.wikipedia.org/wiki/X</base>\n    <namespaces>\n"
    '      <namespace key="0" case="first-letter" />\n    </namespaces>\n  </siteinfo>\n'
)
TAIL = "</mediawiki>\n"


@dataclass(frozen=True)
class Article:
    """A page of the made-up wiki."""

    page_id: int
    title: str
    text: str
    revision: int = 1
    redirect: str = ""
    ns: int = 0

    def xml(self) -> str:
        """As a dump has it."""
        redirect = f'    <redirect title="{escape(self.redirect)}" />\n' if self.redirect else ""
        return (
            f"  <page>\n    <title>{escape(self.title)}</title>\n    <ns>{self.ns}</ns>\n    <id>{self.page_id}</id>\n{redirect}    <revision>\n"
            f"      <id>{self.page_id * 100 + self.revision}</id>\n      <timestamp>2026-10-01T00:00:00Z</timestamp>\n"
            f"      <model>wikitext</model>\n      <text xml:space=\"preserve\">{escape(self.text)}</text>\n    </revision>\n  </page>\n"
        )


def write_dump(path: Path, articles: Sequence[Article], lang: str = "en", a_stream: int = 0) -> Path:
    """Writes a dump; packed as .bz2 with `a_stream` articles a stream where the name ends so."""
    pages = [article.xml() for article in articles]
    head = HEAD.format(lang=lang)
    if path.suffix != ".bz2":
        path.write_text(head + "".join(pages) + TAIL, encoding="utf-8")
        return path
    step = a_stream or max(1, len(pages))
    parts = [head, *("".join(pages[at : at + step]) for at in range(0, len(pages), step)), TAIL]
    path.write_bytes(b"".join(bz2.compress(part.encode()) for part in parts))
    return path


THEMES = {
    "weaving": "The loom stands in the front room and the whole family works at it by turns from early morning.",
    "dyeing": "Indigo leaves are steeped in deep clay vats until the water turns green and then slowly blue.",
    "singing": "Singers answer each other across the courtyard and the drummer decides when a verse has ended.",
    "cooking": "Rice is pounded before dawn and steamed in bamboo so that the cakes keep their shape all day.",
    "dancing": "Masks are carved from a single block of wood and painted again each year before the first night.",
    "sailing": "Boats are sewn with coconut fibre and not a single nail goes into the planks of the hull.",
}


def prose(subject: str, sentences: int = 8, links: Sequence[str] = (), theme: str = "weaving") -> str:
    """Some sentences on a subject, different from those on any other, with links to other articles."""
    said = [f"{subject} is told of in this article with the words that belong to it alone."]
    base = THEMES[theme]
    for number in range(sentences - 1):
        turned = " ".join(reversed(base.rstrip(".").split())) if number % 2 else base.rstrip(".")
        said.append(f"{turned} {subject} {number} {'again ' * (number % 5)}here.".capitalize())
    said += [f"It is often named together with [[{link}]] by those who know it." for link in links]
    return " ".join(said)

"""python tools/pack_sample.py [hi ta ...] [--check].

Packs sample/<wiki>/*.wikitext into src/charkha/sample/<wiki>wiki-20261101-pages-articles.xml.bz2: a small MediaWiki dump
(export 0.11, multistream) of articles that were written for this project, so their addresses are under charkha.example and
not wikipedia.org. A file's header lines are `title:` and, for a redirect, `redirect:`; then an empty line and raw wikitext.
Same input, same bytes: ids come from the file names and all timestamps are one.
--check writes nothing and exits 3 where a packed file differs.
"""

from __future__ import annotations

import argparse
import base64
import bz2
import hashlib
import re
import sys
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from charkha.core.errors import EXIT_DONE, EXIT_UNFINISHED, EXIT_USER, CharkhaError, SourceError
from charkha.languages import Language, load

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "sample"
TARGET = ROOT / "src" / "charkha" / "sample"
DATE = "20261101"
TIMESTAMP = "2026-11-01T00:00:00Z"
_FIRST_ID = 100  # page id = this + the number that opens the file's name
_CATEGORY_ID, _TEMPLATE_ID = 1, 2
_CONTENT_MODEL = "wikitext"
_XML_CHARS = {'"': "&quot;"}


def read_article(path: Path) -> tuple[int, str, str, str]:
    """(page id, title, redirect target or "", wikitext) of a sample file.

    Raises:
        SourceError: the file's name has no number or its header no title.
    """
    head, _, text = path.read_text(encoding="utf-8").partition("\n\n")
    fields = dict(re.findall(r"^(title|redirect):[ \t]*(.+?)[ \t]*$", head, re.MULTILINE))
    number = re.match(r"(\d+)-", path.name)
    if number is None or "title" not in fields:
        raise SourceError(
            f"{str(path)!r} has no number in its name or no 'title:' line at its top. Name it NN-slug.wikitext and begin "
            "it with 'title: ...' and an empty line."
        )
    return _FIRST_ID + int(number[1]), fields["title"], fields.get("redirect", ""), text.strip("\n")


def pack(language: Language, folder: Path) -> bytes:
    """The dump of one language's sample folder.

    Raises:
        SourceError: the folder has no article, or one of them is malformed or repeats a title or number.
    """
    articles = [read_article(path) for path in sorted(folder.glob("*.wikitext"))]
    if not articles:
        raise SourceError(f"{str(folder)!r} has no *.wikitext file. Write one, or leave the language out.")
    for column in (0, 1):
        values = [article[column] for article in articles]
        if repeated := {value for value in values if values.count(value) > 1}:
            raise SourceError(
                f"two files of {str(folder)!r} have the same number or title: {sorted(map(str, repeated))}."
            )
    pages = [_page(page_id, 0, title, text, redirect) for page_id, title, redirect, text in articles]
    pages[:0] = _other_namespaces(language, "\n".join(text for *_, text in articles))
    streams = [_head(language), "".join(pages), "</mediawiki>\n"]
    return b"".join(bz2.compress(stream.encode("utf-8"), 9) for stream in streams)


def _local(language: Language, number: int, fallback: str) -> str:
    return (language.mediawiki.namespaces.get(number) or [fallback])[0]


def _other_namespaces(language: Language, text: str) -> list[str]:
    """A category page and a template page, so that a reader has something to leave out."""
    category, template = _local(language, 14, "Category"), _local(language, 10, "Template")
    in_category = re.search(rf"\[\[\s*(?:{re.escape(category)}|Category)\s*:([^|\]]+)", text)
    in_template = re.search(r"\{\{\s*([^|{}\n<:#]+)", text)
    name = in_category[1].strip() if in_category else "Sample"
    called = in_template[1].strip() if in_template else "Sample"
    return [
        _page(_CATEGORY_ID, 14, f"{category}:{name}", f"[[{category}:{name} (2)]]", ""),
        _page(
            _TEMPLATE_ID,
            10,
            f"{template}:{called}",
            "<includeonly>{{{1|}}}</includeonly><noinclude>Sample</noinclude>",
            "",
        ),
    ]


def _head(language: Language) -> str:
    names = {
        -2: "Media",
        -1: "Special",
        0: "",
        1: "Talk",
        2: "User",
        3: "User talk",
        4: "Wikipedia",
        5: "Wikipedia talk",
    }
    names |= {6: "File", 7: "File talk", 8: "MediaWiki", 9: "MediaWiki talk", 10: "Template", 11: "Template talk"}
    names |= {12: "Help", 13: "Help talk", 14: "Category", 15: "Category talk", 828: "Module", 829: "Module talk"}
    names |= {number: local[0] for number, local in language.mediawiki.namespaces.items() if local and number}
    rows = "".join(
        f'      <namespace key="{number}" case="first-letter"'
        + (f">{escape(names[number])}</namespace>\n" if names[number] else " />\n")
        for number in sorted(names)
    )
    wiki = language.wiki
    return (
        '<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        'xsi:schemaLocation="http://www.mediawiki.org/xml/export-0.11/ http://www.mediawiki.org/xml/export-0.11.xsd" '
        f'version="0.11" xml:lang="{wiki}">\n  <siteinfo>\n    <sitename>{escape(names[4])}</sitename>\n'
        f"    <dbname>{wiki}wiki</dbname>\n    <base>https://{wiki}.charkha.example/wiki/Main_Page</base>\n"
        f"    <generator>charkha tools/pack_sample.py</generator>\n    <case>first-letter</case>\n    <namespaces>\n{rows}"
        "    </namespaces>\n  </siteinfo>\n"
    )


def _page(page_id: int, ns: int, title: str, text: str, redirect: str) -> str:
    body = escape(text, _XML_CHARS)
    sha1 = base64.b32encode(hashlib.sha1(text.encode("utf-8")).digest()).decode().lower()
    target = f"    <redirect title={quoteattr(redirect)} />\n" if redirect else ""
    return (
        f"  <page>\n    <title>{escape(title, _XML_CHARS)}</title>\n    <ns>{ns}</ns>\n    <id>{page_id}</id>\n{target}"
        f"    <revision>\n      <id>{page_id * 10 + 1}</id>\n      <timestamp>{TIMESTAMP}</timestamp>\n"
        "      <contributor>\n        <username>Charkha</username>\n        <id>7</id>\n      </contributor>\n"
        f"      <origin>{page_id * 10 + 1}</origin>\n      <model>{_CONTENT_MODEL}</model>\n      <format>text/x-wiki</format>\n"
        f'      <text bytes="{len(text.encode("utf-8"))}" sha1="{sha1}" xml:space="preserve">{body}</text>\n'
        f"      <sha1>{sha1}</sha1>\n    </revision>\n  </page>\n"
    )


def target_of(wiki: str) -> Path:
    """Where the packed sample of a wiki stands."""
    return TARGET / f"{wiki}wiki-{DATE}-pages-articles.xml.bz2"


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wikis", nargs="*", help="Wikipedia codes; all folders of sample/ when left out")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 3 where a packed file differs")
    args = parser.parse_args(argv)
    wikis = args.wikis or sorted(folder.name for folder in SOURCE.iterdir() if folder.is_dir())
    stale = []
    try:
        for wiki in wikis:
            data = pack(load(wiki), SOURCE / wiki)
            target = target_of(wiki)
            if args.check:
                if not target.exists() or target.read_bytes() != data:
                    stale.append(target.name)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
            print(f"{target.relative_to(ROOT)}: {len(data):,} bytes")
    except CharkhaError as error:
        print(error, file=sys.stderr)
        return EXIT_USER
    if stale:
        print(f"not as sample/ says: {', '.join(stale)}. Run: python tools/pack_sample.py", file=sys.stderr)
        return EXIT_UNFINISHED
    return EXIT_DONE


if __name__ == "__main__":
    sys.exit(main())

"""python tools/pack_sample.py [hi ta ...] [--check].

Packs sample/<wiki>/ into src/charkha/sample/: <wiki>wiki-20261101-pages-articles.xml.bz2, a small MediaWiki dump (export 0.11,
multistream) of articles that were written for this project, so their addresses are under charkha.example and not
wikipedia.org; and the SQL dumps page, categorylinks, linktarget, langlinks and page_props beside it (tools/sample_sql.py).
sample/README.md says what the sources hold. Same input, same bytes: ids come from file names and from places in the tree, and
all timestamps are one. --check writes nothing and exits 3 where a packed file differs.
"""

from __future__ import annotations

import argparse
import base64
import bz2
import hashlib
import sys
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from sample_source import Item, Page, Wiki, local_name, pages_of, read_items, read_wiki
from sample_sql import tables

from charkha.core.errors import EXIT_DONE, EXIT_UNFINISHED, EXIT_USER, CharkhaError, SourceError
from charkha.languages import Language, load

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "sample"
TARGET = ROOT / "src" / "charkha" / "sample"
DATE = "20261101"
TIMESTAMP = "2026-11-01T00:00:00Z"
_CONTENT_MODEL = "wikitext"
_NAMES = {
    -2: "Media", -1: "Special", 0: "", 1: "Talk", 2: "User", 3: "User talk", 4: "Wikipedia", 5: "Wikipedia talk", 6: "File",
    7: "File talk", 8: "MediaWiki", 9: "MediaWiki talk", 10: "Template", 11: "Template talk", 12: "Help", 13: "Help talk",
    14: "Category", 15: "Category talk", 828: "Module", 829: "Module talk",
}  # fmt: skip
_XML_CHARS = {'"': "&quot;"}


def pack(language: Language, folder: Path) -> bytes:
    """The XML dump of one language's sample folder.

    Raises:
        SourceError: the folder has no article, or its files do not fit together.
    """
    return _xml(read_wiki(language, folder))


def pack_all(source: Path = SOURCE) -> dict[str, dict[str, bytes]]:
    """Wiki -> file name -> bytes, for every folder of `source`.

    Raises:
        SourceError: a source is malformed, or the sources do not fit together.
    """
    wikis = {
        folder.name: read_wiki(load(folder.name), folder) for folder in sorted(source.iterdir()) if folder.is_dir()
    }
    items = read_items(source / "items.yaml", wikis)
    return {code: _files(wiki, items, wikis) for code, wiki in wikis.items()}


def _files(wiki: Wiki, items: list[Item], wikis: dict[str, Wiki]) -> dict[str, bytes]:
    code = wiki.language.wiki
    dumps = tables(wiki, items, {name: other.language for name, other in wikis.items()})
    files = {target_of(code).name: _xml(wiki)}
    return files | {f"{code}wiki-{DATE}-{table}.sql.gz": dumps[table] for table in sorted(dumps)}


def _xml(wiki: Wiki) -> bytes:
    pages = "".join(_page(page, wiki.language) for page in pages_of(wiki))
    streams = [_head(wiki.language), pages, "</mediawiki>\n"]
    return b"".join(bz2.compress(stream.encode("utf-8"), 9) for stream in streams)


def _head(language: Language) -> str:
    names = _NAMES | {number: local[0] for number, local in language.mediawiki.namespaces.items() if local and number}
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


def _page(page: Page, language: Language) -> str:
    body = escape(page.text, _XML_CHARS)
    sha1 = base64.b32encode(hashlib.sha1(page.text.encode("utf-8")).digest()).decode().lower()
    target = f"    <redirect title={quoteattr(page.redirect)} />\n" if page.redirect else ""
    space = local_name(language, page.namespace, _NAMES.get(page.namespace, ""))
    title = f"{space}:{page.title}" if page.namespace else page.title
    revision = page.page_id * 10 + 1
    return (
        f"  <page>\n    <title>{escape(title, _XML_CHARS)}</title>\n    <ns>{page.namespace}</ns>\n    <id>{page.page_id}</id>\n"
        f"{target}    <revision>\n      <id>{revision}</id>\n      <timestamp>{TIMESTAMP}</timestamp>\n"
        "      <contributor>\n        <username>Charkha</username>\n        <id>7</id>\n      </contributor>\n"
        f"      <origin>{revision}</origin>\n      <model>{_CONTENT_MODEL}</model>\n      <format>text/x-wiki</format>\n"
        f'      <text bytes="{len(page.text.encode("utf-8"))}" sha1="{sha1}" xml:space="preserve">{body}</text>\n'
        f"      <sha1>{sha1}</sha1>\n    </revision>\n  </page>\n"
    )


def target_of(wiki: str) -> Path:
    """Where the packed sample of a wiki stands."""
    return TARGET / f"{wiki}wiki-{DATE}-pages-articles.xml.bz2"


def _chosen(packed: dict[str, dict[str, bytes]], wikis: list[str]) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for wiki in wikis or packed:
        if wiki not in packed:
            raise SourceError(f"there is no sample/{wiki}. There are: {', '.join(packed)}.")
        files |= packed[wiki]
    return files


def _stale(files: dict[str, bytes], everything: bool) -> list[str]:
    """Packed files that differ from their sources or are missing; among all of them also those that have no source."""
    stale = [
        name for name, data in files.items() if not (TARGET / name).exists() or (TARGET / name).read_bytes() != data
    ]
    return stale + (
        sorted(path.name for path in TARGET.glob("*wiki-*") if path.name not in files) if everything else []
    )


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wikis", nargs="*", help="Wikipedia codes; all folders of sample/ when left out")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 3 where a packed file differs")
    args = parser.parse_args(argv)
    try:
        chosen = _chosen(pack_all(), args.wikis)
    except CharkhaError as error:
        print(error, file=sys.stderr)
        return EXIT_USER
    if args.check:
        if stale := _stale(chosen, everything=not args.wikis):
            print(f"not as sample/ says: {', '.join(stale)}. Run: python tools/pack_sample.py", file=sys.stderr)
            return EXIT_UNFINISHED
        return EXIT_DONE
    TARGET.mkdir(parents=True, exist_ok=True)
    for name, data in chosen.items():
        (TARGET / name).write_bytes(data)
        print(f"{(TARGET / name).relative_to(ROOT)}: {len(data):,} bytes")
    return EXIT_DONE


if __name__ == "__main__":
    sys.exit(main())

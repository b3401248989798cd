"""Reads a dump page by page: `python examples/read_dump.py DUMP LANG`; without arguments, the bundled Tamil one."""

import sys
from pathlib import Path

import charkha
from charkha.corpus.dump import Tally
from charkha.corpus.pages import read_pages
from charkha.corpus.passages import passages
from charkha.languages import load

sample = next((Path(charkha.__file__).parent / "sample").glob("tawiki-*.xml.bz2"))
path, lang = (Path(sys.argv[1]), sys.argv[2]) if len(sys.argv) > 2 else (sample, "ta")
language, tally = load(lang), Tally()
for page in read_pages(path, language, tally):
    if not page.redirect_to:
        print(f"{page.title}: {len(page.sections)} sections, {len(page.links)} links, {len(passages(page, language))} passages")
print(f"{tally.articles} articles, {tally.redirects} redirects")

"""ingest: a dump becomes pages and passages. Finished when `pages/<lang>/ingest.json` stands, which is written last."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from charkha.core.errors import RunError, SourceError
from charkha.core.files import write_json, write_text
from charkha.core.records import Page
from charkha.core.run import Run
from charkha.core.tables import PAGES, PASSAGES, page_row, write_table
from charkha.corpus.dump import Tally
from charkha.corpus.pages import read_pages
from charkha.corpus.passages import passages, split_of
from charkha.languages import Language
from charkha.stages.sources import Blocklist, fingerprint
from charkha.text.identify import CharModel, teach

PAGES_A_FILE = 2_000
Progress = Callable[[str, int], None]  # language, pages so far


@dataclass
class Ingested:
    """What ingest.json says of a language."""

    lang: str
    dump: str
    fingerprint: str
    pages: int = 0
    redirects: int = 0
    disambiguations: int = 0
    without_text: int = 0
    passages: int = 0
    split_by: dict[str, int] = field(default_factory=dict)
    blocked: dict[str, int] = field(default_factory=dict)
    tally: dict[str, Any] = field(default_factory=dict)
    cut: str | None = None


def ingest(
    run: Run, language: Language, dump: Path, blocklist: Blocklist, progress: Progress | None = None
) -> Ingested:
    """Reads a dump into the run, or returns what an earlier ingest of the same dump found.

    Raises:
        SourceError: the file is no dump, or holds no article. RunError: another dump was ingested here before.
    """
    mark = fingerprint(dump)
    folder = run.folder / "pages" / language.wiki
    done = folder / "ingest.json"
    if done.exists():
        found = _done(done)
        if found.fingerprint != mark:
            raise RunError(
                f"{language.wiki!r} in {str(run.folder)!r} was read from {found.dump!r}, and {dump.name!r} is another file. "
                f"Name another --out, and keep the replies already bought with `cache: {run.replies}` in the recipe."
            )
        _teach_from(run, language)
        return found
    for part in ("pages", "passages"):
        for left in (run.folder / part / language.wiki).glob("*.parquet"):
            left.unlink()  # of an ingest that was killed: it starts over
    found = Ingested(lang=language.wiki, dump=dump.name, fingerprint=mark)
    tally = Tally()
    reader = _Reader(found, blocklist, language, progress)
    for number, batch in enumerate(_batches(read_pages(dump, language, tally))):
        _write(run, language, number, batch, reader)
    _same_wiki(dump, language, tally)
    if not found.pages:
        raise SourceError(
            f"{str(dump)!r} holds no article of {language.name}. Is it a pages-articles dump of {language.wiki}wiki?"
        )
    found.blocked, found.cut = dict(blocklist.hits), tally.cut
    found.tally = asdict(tally)
    if not language.identify:
        model = CharModel.train(reader.heard, language)
        write_text(run.folder / "passages" / language.wiki / "characters.json", model.save())
    write_json(done, asdict(found))
    _teach_from(run, language)
    return found


def _done(path: Path) -> Ingested:
    try:
        return Ingested(**json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise RunError(
            f"{path} is damaged ({error}). Remove it and run the same command again: the dump is read anew."
        ) from error


def _same_wiki(dump: Path, language: Language, tally: Tally) -> None:
    """A dump that names another wiki in both ways it has is another language's."""
    site = tally.siteinfo
    name = f"{language.wiki.replace('-', '_')}wiki"
    if (
        site
        and site.dbname.endswith("wiki")
        and site.dbname != name
        and site.language
        and site.language != language.wiki
    ):
        raise SourceError(
            f"{str(dump)!r} is a dump of {site.dbname!r}, not of {name!r}. Name its language: --lang {site.language}"
        )


def _teach_from(run: Run, language: Language) -> None:
    path = run.folder / "passages" / language.wiki / "characters.json"
    if path.exists():
        teach(language, CharModel.read(path))


class _Reader:
    """Counts pages as they pass, and keeps a bounded sample of text for a language that no identifier knows."""

    def __init__(self, found: Ingested, blocklist: Blocklist, language: Language, progress: Progress | None) -> None:
        self.found, self.blocklist, self.language, self.progress = found, blocklist, language, progress
        self.heard: list[str] = []
        self._room = 0 if language.identify else 2_000_000

    def page(self, page: Page) -> None:
        """Counts one page and gives it its split."""
        page.split, basis = split_of(page)
        found = self.found
        if page.redirect_to:
            found.redirects += 1
            return
        found.pages += 1
        found.disambiguations += page.disambiguation
        found.without_text += not page.text.strip()
        found.split_by = dict(Counter(found.split_by) + Counter({basis: 1}))
        if self._room > 0:
            self.heard.append(page.text[: self._room])
            self._room -= len(page.text)
        if self.progress and found.pages % 200 == 0:
            self.progress(found.lang, found.pages)

    def passages(self, page: Page) -> list[dict[str, Any]]:
        """The passages of a page that is not blocked."""
        if self.blocklist.blocks(page.lang, page.title, page.page_id, page.wikidata_id):
            return []
        rows = [asdict(passage) for passage in passages(page, self.language)]
        self.found.passages += len(rows)
        return rows


def _batches(pages: Iterator[Page]) -> Iterator[list[Page]]:
    held: list[Page] = []
    for page in pages:
        held.append(page)
        if len(held) >= PAGES_A_FILE:
            yield held
            held = []
    if held:
        yield held


def _write(run: Run, language: Language, number: int, batch: list[Page], reader: _Reader) -> None:
    for page in batch:
        reader.page(page)
    folder = f"{number:05d}.parquet"
    write_table(run.folder / "pages" / language.wiki / folder, PAGES, (page_row(page) for page in batch))
    rows = (row for page in batch for row in reader.passages(page))
    write_table(run.folder / "passages" / language.wiki / folder, PASSAGES, rows, batch=64)

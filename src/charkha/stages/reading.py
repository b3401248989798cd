"""One slice of a dump, or a pile of documents, becomes one file of pages and one of passages: what a worker process does, sharing nothing.

Its files are numbered by the slice, so that a run folder is the same whatever the number of workers.
"""

from __future__ import annotations

import gc
import time
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

from charkha.core.records import CategoryPage, Page, Passage
from charkha.core.tables import CATEGORIES, PAGES, PASSAGES, record_writer
from charkha.corpus.documents import Heard, Terms, read_documents
from charkha.corpus.dump import SiteInfo, Tally
from charkha.corpus.folder import Pile
from charkha.corpus.links import clean_title
from charkha.corpus.page_facts import DISAMBIGUATION, HIDDEN, PageFacts
from charkha.corpus.pages import Stamp, read_pages
from charkha.corpus.passages import passages, split_of
from charkha.corpus.sensitivity import sensitivity_of
from charkha.corpus.streams import Slice
from charkha.languages import Language
from charkha.stages.sources import Blocklist

GROUP_CHARS = 4 << 20  # characters of text in a row group of pages: what a worker holds at most
PASSAGES_A_GROUP = 64  # generate reads single passages
FILE_NAME = "{:05d}.parquet"


@dataclass(frozen=True, slots=True)
class Revisions:
    """Which revision of each page is known, as two sorted arrays: 16 bytes a page, whatever the wiki's size."""

    ids: array[int]
    revisions: array[int]

    def knows(self, page_id: int, revision_id: int) -> bool:
        """Whether the page stands there at this very revision."""
        at = bisect_left(self.ids, page_id)
        return at < len(self.ids) and self.ids[at] == page_id and self.revisions[at] == revision_id


@dataclass(frozen=True, slots=True)
class Job:
    """What all slices of a dump's file, or all piles of documents, have in common."""

    folder: Path  # of the run
    language: Language
    blocklist: Blocklist
    stamp: Stamp
    site: SiteInfo
    known: Revisions | None = None
    again: frozenset[int] = frozenset()  # pages that are read though their revision is known
    terms: Terms = Terms()  # of documents
    facts: PageFacts | None = None  # what SQL tables say of the wiki's pages
    by_item: bool = True  # whether a split follows from the Wikidata id


@dataclass
class Report:
    """What became of a slice."""

    number: int
    tally: Tally
    heard: Heard = field(default_factory=Heard)  # of documents
    ids: array[int] = field(default_factory=lambda: array("q"))  # page ids in order
    kept: array[int] = field(default_factory=lambda: array("q"))  # of pages whose revision was known
    pages_seconds: float = 0.0  # of CPU, from the dump to finished rows
    passages_seconds: float = 0.0
    same: int = 0  # pages that were read though their revision was known
    blocked: Counter[str] = field(default_factory=Counter)
    blocked_pages: array[int] = field(default_factory=lambda: array("q"))
    led: set[tuple[str, str]] = field(default_factory=set)  # (title, entry): what a blocked redirect leads to


def read_slice(job: Job, number: int, piece: Slice | Pile) -> Report:
    """Writes `pages/<lang>/<number>.parquet` and the passages beside it; a slice without pages leaves no file."""
    report = Report(number, Tally(siteinfo=job.site))
    blocklist = replace(job.blocklist, hits=dict.fromkeys(job.blocklist.hits, 0))  # each worker counts for itself
    reader = _Reader(job, report, blocklist)
    wiki = job.language.wiki
    started = time.process_time()
    groups = reader.groups(reader.pages(piece))
    with _no_garbage():
        first = next(groups, None)
        if first is not None:
            to_pages, to_passages = (job.folder / part / wiki / FILE_NAME.format(number) for part in ("pages", "passages"))
            with record_writer(to_pages, PAGES) as put_pages, record_writer(to_passages, PASSAGES) as put_passages:
                for group in chain([first], groups):
                    put_pages(group)
                    before = time.process_time()
                    for made in reader.passages(group):
                        put_passages(made)
                    report.passages_seconds += time.process_time() - before
    if reader.categories:
        with record_writer(job.folder / "categories" / wiki / FILE_NAME.format(number), CATEGORIES) as put_categories:
            put_categories(reader.categories)
    report.pages_seconds = time.process_time() - started - report.passages_seconds
    report.blocked = Counter({entry: hits for entry, hits in blocklist.hits.items() if hits})
    return report


class _Reader:
    """Gives pages their split and their tags as they pass, and makes their passages."""

    def __init__(self, job: Job, report: Report, blocklist: Blocklist) -> None:
        self.job, self.report, self.blocklist = job, report, blocklist
        self.categories: list[CategoryPage] = []

    def pages(self, piece: Slice | Pile) -> Iterator[Page]:
        """The pages of a slice or a pile, without those whose rows stay."""
        job, report = self.job, self.report
        if isinstance(piece, Pile):
            return read_documents(piece, job.language, job.terms, report.heard, self.is_known)
        known = (lambda raw: self.is_known(raw.page_id, raw.revision_id)) if job.known else None
        found = read_pages(piece, job.language, report.tally, stamp=job.stamp, unchanged=known, categories=self._category)
        return map(self._with_facts, found) if job.facts else found

    def _category(self, category: CategoryPage) -> None:
        facts = self.job.facts
        if facts:
            hidden = category.hidden or bool(facts.flags(category.page_id) & HIDDEN)
            links = facts.links(category.page_id) | category.langlinks
            category = replace(category, wikidata_id=facts.item(category.page_id), hidden=hidden, langlinks=links)
        self.categories.append(category)

    def _with_facts(self, page: Page) -> Page:
        facts = self.job.facts
        if facts:
            page.wikidata_id = facts.item(page.page_id)
            page.disambiguation |= bool(facts.flags(page.page_id) & DISAMBIGUATION)
            page.langlinks = facts.links(page.page_id) | page.langlinks
        return page

    def is_known(self, page_id: int, revision_id: int) -> bool:
        """Whether this very revision was read before; its rows stay."""
        if self.job.known is None or not self.job.known.knows(page_id, revision_id):
            return False
        if page_id in self.job.again:
            self.report.same += 1
            return False
        self.report.ids.append(page_id)
        self.report.kept.append(page_id)
        return True

    def groups(self, pages: Iterator[Page]) -> Iterator[list[Page]]:
        """Pages in row groups of bounded size."""
        group: list[Page] = []
        size = 0
        for page in pages:
            self.report.ids.append(page.page_id)
            page.split, _ = split_of(page, by_item=self.job.by_item)
            page.sensitivity = sensitivity_of(page, self.job.language)
            group.append(page)
            size += len(page.text) + 200
            if size > GROUP_CHARS:
                yield group
                group, size = [], 0
        if group:
            yield group

    def passages(self, group: list[Page]) -> Iterator[list[Passage]]:
        """The passages of pages that are not blocked, in small row groups."""
        made: list[Passage] = []
        for page in group:
            known = (page.lang, page.title, page.page_id, page.wikidata_id, page.langlinks)
            if page.redirect_to:
                self.report.led.update((clean_title(page.redirect_to), entry) for entry in self.blocklist.naming(*known))
            elif self.blocklist.blocks(*known):
                self.report.blocked_pages.append(page.page_id)
            else:
                made += passages(page, self.job.language)
        for at in range(0, len(made), PASSAGES_A_GROUP):
            yield made[at : at + PASSAGES_A_GROUP]


class _no_garbage:  # noqa: N801 - reads as a phrase
    """No cycle collection while a slice is read: its records hold none, and looking for them costs a fifth of the time."""

    def __enter__(self) -> None:
        self._was = gc.isenabled()
        gc.disable()

    def __exit__(self, *error: object) -> None:
        if self._was:
            gc.enable()

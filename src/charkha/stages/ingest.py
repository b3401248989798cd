"""ingest: dumps and documents become pages and passages, slice by slice, on every core. Finished when `pages/<lang>/ingest.json` stands, which is written last.

A newer dump may follow: pages whose revision is unchanged keep their rows, and so their passages and the replies bought for them.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from charkha.core.errors import RunError, SourceError
from charkha.core.files import write_json, write_text
from charkha.core.ids import is_document
from charkha.core.run import Run
from charkha.core.tables import PAGES, PASSAGES, count_rows, open_table, read_table
from charkha.corpus.documents import Heard
from charkha.corpus.dump import Seen, SiteInfo, Tally, read_siteinfo
from charkha.corpus.folder import Pile, Refusal, Survey
from charkha.corpus.page_facts import forget_facts, write_facts
from charkha.corpus.pages import Stamp, stamp_of
from charkha.corpus.streams import Slice, cut
from charkha.languages import Language, codes
from charkha.stages.documents import look, no_page, tell, without_passage
from charkha.stages.reading import FILE_NAME, Job, Report, Revisions
from charkha.stages.renewal import ASIDE, BESIDE, PARTS, filter_rows, put_back, rename, revisions_of
from charkha.stages.rounds import renew
from charkha.stages.second_look import Led, second_look
from charkha.stages.sources import Blocklist, Dump
from charkha.stages.weave import is_woven, weave
from charkha.stages.workers import Workers
from charkha.text.identify import CharModel, teach

SLICE_XML = 24 << 20  # bytes of XML a slice: half a second of work, so that the last one keeps nobody waiting
HEARD_CHARS = 2_000_000  # of text for the character model of a language that no identifier knows
Progress = Callable[[str, int, float], None]  # language, pages so far, share of the dump


@dataclass
class Ingested:
    """What ingest.json says of a language."""

    lang: str
    dump: str
    fingerprint: str
    dump_date: str = ""
    licence: str = ""
    pages: int = 0
    redirects: int = 0
    disambiguations: int = 0
    without_text: int = 0
    passages: int = 0
    pages_seconds: float = 0.0  # of CPU, over all processes
    passages_seconds: float = 0.0
    split_by: dict[str, int] = field(default_factory=dict)
    blocklist: str = ""  # the mark of the list that it was read with
    blocked: dict[str, int] = field(default_factory=dict)  # entry -> pages
    blocked_pages: list[int] = field(default_factory=list)  # ids, so that a newer dump with another list can look at them again
    tally: dict[str, Any] = field(default_factory=dict)
    cut: str | None = None
    since: dict[str, int] = field(default_factory=dict)  # unchanged, changed, new, gone pages against the dump before
    documents: dict[str, Any] = field(default_factory=dict)  # what became of them, as stages/documents.py counts it


def ingest(
    run: Run, language: Language, dump: Dump, blocklist: Blocklist, progress: Progress | None = None, *,
    renew: bool = False, processes: int | None = None,
) -> Ingested:  # fmt: skip
    """Reads a dump into the run, or returns what an earlier ingest of the same dump found.

    Args:
        run: an open run.
        language: of the dump's wiki.
        dump: its files.
        blocklist: pages that no passage is made of.
        progress: told how far it is.
        renew: take another dump in where one was read before; unchanged pages keep their rows.
        processes: how many work at once; by default one a core.

    Raises:
        SourceError: a file is no dump, or none holds an article. RunError: another dump was ingested here before, or this one
            with another blocklist.
    """
    mark = dump.mark
    done, aside = (run.folder / "pages" / language.wiki / name for name in ("ingest.json", ASIDE))
    if not done.exists() and aside.exists() and _done(aside).fingerprint == mark:
        put_back(run, language.wiki)  # a newer dump was begun and left
    before = _done(done) if done.exists() else None
    if before is not None and before.fingerprint == mark:
        _same_list(run, before, blocklist)
        put_back(run, language.wiki)
        if not is_woven(run, language.wiki):
            weave(run, language.wiki)
        _teach_from(run, language)
        return before
    if before is not None and not renew:
        raise RunError(
            f"{language.wiki!r} in {str(run.folder)!r} was read from {before.dump!r}, and {dump.name!r} is another one. "
            f"Take it in, unchanged pages keep what they have: charkha ingest {' '.join(map(str, dump.places))} --lang {language.wiki} --out "
            f"{run.folder}. Or name another --out, and keep the replies already bought with `cache: {run.replies}` in the recipe."
        )
    reading = _Reading(run, language, dump, blocklist, Ingested(language.wiki, dump.name, mark), progress)
    reading.know(dump.sql)  # first: a table that is none must not cost what was read before
    reading.renew()
    reading.read(processes)
    forget_facts(done.parent)
    found = reading.found
    if not language.identify:
        model = CharModel.train(_heard(run, language), language)
        write_text(run.folder / "passages" / language.wiki / "characters.json", model.save())
    weave(run, language.wiki)
    told = asdict(found)
    for clock in ("pages_seconds", "passages_seconds"):  # of this machine and this day, not of what was read
        del told[clock]
    write_json(done, told)
    _teach_from(run, language)
    return found


class _Reading:
    """One language's ingest: what is known before, what the slices report, what must be put right at the end.

    Raises:
        SourceError: a file is no dump of the language's wiki; nothing in the run was touched.
    """

    def __init__(
        self, run: Run, language: Language, dump: Dump, blocklist: Blocklist, found: Ingested, progress: Progress | None
    ) -> None:  # fmt: skip
        self.run, self.language, self.blocklist, self.found, self.progress = run, language, blocklist, found, progress
        self.folders = {part: run.folder / part / language.wiki for part in PARTS}
        self.aside = self.folders["pages"] / ASIDE
        self.jobs = [self._job(path, dump) for path in dump.paths]
        self.pieces: list[tuple[int, Slice | Pile]] = [
            (at, piece) for at, path in enumerate(dump.paths) for piece in cut(path, SLICE_XML)
        ]
        self.heard, self.survey = Heard(), Survey()
        if dump.own:
            self.survey = look(dump.own)
            terms = dump.own.terms
            self.jobs.append(
                Job(run.folder, language, blocklist, Stamp("", terms.licence, terms.source), SiteInfo(), terms=terms)
            )
            self.pieces += [(len(dump.paths), pile) for pile in self.survey.piles()]
        self.known: Revisions | None = None
        self.by_item = True
        self.cut_tables: list[str] = []
        self.old: dict[str, list[Path]] = {part: [] for part in PARTS}
        self.seen, self.tally, self.same = Seen(), Tally(), 0
        self.led: Led = set()
        self.twice: list[Refusal] = []  # documents under an id that one in an earlier pile has
        self.kept: array[int] = array("q")
        found.dump_date, found.licence = max(job.stamp.date for job in self.jobs), self.jobs[0].stamp.licence
        found.blocklist, found.blocked = blocklist.mark, dict.fromkeys(blocklist.hits, 0)

    def _job(self, path: Path, dump: Dump) -> Job:
        stamp = stamp_of(path, licence=dump.licence, date=dump.date)
        site = read_siteinfo(path)
        _same_wiki(path, self.language, site.dbname, site.language)
        return Job(self.run.folder, self.language, self.blocklist, stamp, site)

    def renew(self) -> None:
        """Makes room: rows of the dump before are set beside, what a killed ingest left goes.

        While ingest.json stands, nothing has happened yet: files that were set beside are put back first. What stands beside
        is whole as long as the old ingest.json stands there too.
        """
        groundings, done = self.run.groundings_path(self.language.wiki), self.folders["pages"] / "ingest.json"
        if done.exists():
            put_back(self.run, self.language.wiki)
            groundings.unlink(missing_ok=True)
            for folder in self.folders.values():
                rename(folder, "[0-9]*.parquet", lambda name: f"{BESIDE}{name}")
            done.rename(self.aside)
        groundings.unlink(missing_ok=True)
        for part, folder in self.folders.items():
            for left in folder.glob("[0-9]*.parquet"):
                left.unlink()  # of an ingest that was killed: it starts over
            self.old[part] = sorted(folder.glob(f"{BESIDE}*.parquet"))
        if not self.aside.exists():
            self._forget_old()
        if self.old["pages"]:
            self.known, before = revisions_of(self.old["pages"]), _done(self.aside)
            again = frozenset(before.blocked_pages)  # they have no passages to keep
            self.by_item = "wikidata_id" in before.split_by  # fixed when the first dump was read
            self.jobs = [replace(job, known=self.known, again=again, by_item=self.by_item) for job in self.jobs]

    def know(self, sql: Mapping[str, Path]) -> None:
        """Puts what the SQL tables say of pages where every process can read it."""
        if {"page_props", "langlinks"}.intersection(sql):
            facts = write_facts(self.folders["pages"], sql, codes(), self.cut_tables)
            self.jobs = [job if job.terms.licence else replace(job, facts=facts) for job in self.jobs]

    def _forget_old(self) -> None:
        """Lets go of what was set beside; its ingest.json first, since without it the rest is no whole."""
        self.aside.unlink(missing_ok=True)
        for part in self.old:
            for path in self.old[part]:
                path.unlink()
            self.old[part] = []

    def read(self, processes: int | None) -> None:
        """Reads all slices of all files and puts their reports together.

        Raises:
            SourceError: there is no article; a dump that was read before stands as it stood.
        """
        repeats: dict[int, list[int]] = {}
        with Workers(min(len(self.pieces), processes or 1 << 10), self.jobs) as workers:
            work = [(job, number, piece) for number, (job, piece) in enumerate(self.pieces)]
            for report in workers.read(work):
                again = [page_id for page_id in report.ids if not self.seen.add(page_id)]
                if again:
                    repeats[report.number] = again
                    self._tell_again(report.number, sum(map(is_document, again)))
                self._take(report, set(again), (report.number + 1) / len(self.pieces))
        if not self.tally.articles and not self.heard.pages:
            put_back(self.run, self.language.wiki)
            raise self._nothing()
        for number, again in repeats.items():
            self._drop_repeats(number, again)
        self._keep_old()
        self._look_again()
        self._count()
        self.found.tally, self.found.cut = asdict(self.tally) | {"cut_tables": self.cut_tables}, self.tally.cut
        self.found.documents = tell(self.folders["pages"], self.survey, self.heard, self.twice)
        if self.found.documents:
            self.found.documents["without_passage"] = without_passage(self.run, self.language.wiki)

    def _tell_again(self, number: int, rows: int) -> None:
        piece = self.pieces[number][1]
        if rows and isinstance(piece, Pile):  # only a file that is cut has ids on both sides, and a later stretch begins a pile
            self.twice.append(
                Refusal(piece.files[0].name, piece.files[0].row + 1, "same_id", "rows further up have the same `id`, and are read", rows)
            )

    def _nothing(self) -> SourceError:
        if self.survey.files or self.survey.refused or not self.pieces:
            return no_page(self.survey, self.heard)
        piece = self.pieces[0][1]
        path = piece.path if isinstance(piece, Slice) else ""
        return SourceError(
            f"{str(path)!r} holds no article of {self.language.name}. Is it a pages-articles dump of {self.language.wiki}wiki?"
        )

    def _take(self, report: Report, again: set[int], share: float) -> None:
        found = self.found
        self.tally.add(report.tally)
        self.tally.siteinfo = report.tally.siteinfo
        self.heard.add(report.heard)
        self.kept.extend(page_id for page_id in report.kept if page_id not in again)
        self.same += report.same
        self.led |= report.led
        found.pages_seconds += report.pages_seconds
        found.passages_seconds += report.passages_seconds
        found.blocked_pages += report.blocked_pages
        self._hit(report.blocked)
        if self.progress:
            self.progress(found.lang, self.tally.articles + self.heard.pages, share)

    def _hit(self, blocked: Mapping[str, int]) -> None:
        for entry, hits in blocked.items():
            self.found.blocked[entry] += hits

    def _look_again(self) -> None:
        """Takes out the passages of pages that only a second look finds blocked."""
        counting = replace(self.blocklist, hits=dict.fromkeys(self.blocklist.hits, 0))
        tables = self.run.tables("pages", self.language.wiki)
        kept = [path for path in tables if int(path.stem) >= len(self.pieces)]
        for path, page_ids in second_look(tables, kept, counting, self.led).items():
            self.found.blocked_pages += page_ids
            made = self.folders["passages"] / path.name
            if made.exists():
                filter_rows(made, made, PASSAGES, array("q", page_ids), keep=False)
        self.found.blocked_pages = sorted(set(self.found.blocked_pages))
        self._hit(counting.hits)

    def _drop_repeats(self, number: int, again: Sequence[int]) -> None:
        """Takes out of a slice's files the pages that an earlier slice had: the first copy counts."""
        for part, schema in (("pages", PAGES), ("passages", PASSAGES)):
            path = self.folders[part] / FILE_NAME.format(number)
            if path.exists():
                gone = filter_rows(path, path, schema, array("q", again), keep=False)
                if part == "pages":
                    self.tally.duplicates += gone

    def _keep_old(self) -> None:
        """Rows of unchanged pages become files of the new dump; the others go."""
        if self.known is None:
            return
        renew(self.run, self.language.wiki, self.found.fingerprint)
        for part, schema in (("pages", PAGES), ("passages", PASSAGES)):
            for at, path in enumerate(self.old[part], len(self.pieces)):
                filter_rows(path, self.folders[part] / FILE_NAME.format(at), schema, self.kept, keep=True)
        self._forget_old()

    def _count(self) -> None:
        """Counts what the tables hold now, whichever dump it was read from."""
        found, ids = self.found, 0
        for path in self.run.tables("pages", self.language.wiki):
            with open_table(path) as file:
                for batch in file.iter_batches(500, columns=["redirect_to", "disambiguation", "wikidata_id", "text"]):
                    ids += len(batch)
                    batch = batch.filter(pc.equal(batch.column("redirect_to"), ""))
                    found.pages += len(batch)
                    found.disambiguations += batch.column("disambiguation").true_count
                    bare = pc.utf8_trim_whitespace(batch.column("text"))
                    found.without_text += pc.equal(bare, "").true_count
                    linked = len(batch) - pc.equal(batch.column("wikidata_id"), "").true_count if self.by_item else 0
                    for basis, count in (("wikidata_id", linked), ("page_id", len(batch) - linked)):
                        if count:
                            found.split_by[basis] = found.split_by.get(basis, 0) + count
        found.redirects = ids - found.pages
        found.passages = sum(map(count_rows, self.run.tables("passages", self.language.wiki)))
        if self.known is not None:
            unchanged = len(self.kept) + self.same
            changed = sum(map(self.seen.has, self.known.ids)) - unchanged
            gone = len(self.known.ids) - unchanged - changed
            found.since = {"unchanged": unchanged, "changed": changed, "new": ids - unchanged - changed, "gone": gone}


def _same_list(run: Run, before: Ingested, blocklist: Blocklist) -> None:
    """A list that is given must be the one that the dump was read with."""
    if blocklist.mark and blocklist.mark != before.blocklist:
        raise RunError(
            f"{before.lang!r} in {str(run.folder)!r} was read {'with another' if before.blocklist else 'without a'} blocklist. Name "
            f"another --out, and keep the replies already bought with `cache: {run.replies}` in the recipe."
        )


def _heard(run: Run, language: Language) -> list[str]:
    """The first pages' text, bounded: what a character model learns from."""
    heard: list[str] = []
    room = HEARD_CHARS
    for path in run.tables("pages", language.wiki):
        for row in read_table(path, ["text"]):
            if room <= 0:
                return heard
            heard.append(row["text"][:room])
            room -= len(row["text"])
    return heard


def _done(path: Path) -> Ingested:
    try:
        return Ingested(**json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise RunError(
            f"{path} is damaged ({error}). Remove it and run the same command again: the dump is read anew."
        ) from error


def _same_wiki(path: Path, language: Language, dbname: str, spoken: str) -> None:
    """A dump that names another wiki in both ways it has is another language's."""
    name = f"{language.wiki.replace('-', '_')}wiki"
    if dbname.endswith("wiki") and dbname != name and spoken and spoken != language.wiki:
        raise SourceError(f"{str(path)!r} is a dump of {dbname!r}, not of {name!r}. Name its language: --lang {spoken}")


def _teach_from(run: Run, language: Language) -> None:
    path = run.folder / "passages" / language.wiki / "characters.json"
    if path.exists():
        teach(language, CharModel.read(path))

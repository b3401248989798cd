"""ingest: dumps become pages and passages, slice by slice, on every core. Finished when `pages/<lang>/ingest.json` stands, which is written last.

A newer dump may follow: pages whose revision is unchanged keep their rows, and so their passages and the replies bought for them.
"""

from __future__ import annotations

import json
from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from charkha.core.errors import RunError, SourceError
from charkha.core.files import write_json, write_text
from charkha.core.run import Run
from charkha.core.tables import PAGES, PASSAGES, open_table, read_table, write_columns
from charkha.corpus.dump import Seen, Tally, read_siteinfo
from charkha.corpus.pages import stamp_of
from charkha.corpus.streams import cut
from charkha.languages import Language
from charkha.stages.reading import FILE_NAME, Job, Report, Revisions
from charkha.stages.rounds import renew
from charkha.stages.second_look import Led, second_look
from charkha.stages.sources import Blocklist, Dump, fingerprint
from charkha.stages.weave import weave
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
    tally: dict[str, Any] = field(default_factory=dict)
    cut: str | None = None
    since: dict[str, int] = field(default_factory=dict)  # unchanged, changed, new, gone pages against the dump before


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
    mark = fingerprint(*dump.paths)
    done = run.folder / "pages" / language.wiki / "ingest.json"
    before = _done(done) if done.exists() else None
    if before is not None and before.fingerprint == mark:
        _same_list(run, before, blocklist)
        for part in ("pages", "passages"):  # set beside for a newer dump that was not taken in after all
            _rename(run.folder / part / language.wiki, "before-*.parquet", lambda name: name.removeprefix("before-"))
        if not run.groundings_path(language.wiki).exists():
            weave(run, language.wiki)
        _teach_from(run, language)
        return before
    if before is not None and not renew:
        raise RunError(
            f"{language.wiki!r} in {str(run.folder)!r} was read from {before.dump!r}, and {dump.name!r} is another file. "
            f"Take it in, unchanged pages keep what they have: charkha ingest {dump.paths[0]} --lang {language.wiki} --out "
            f"{run.folder}. Or name another --out, and keep the replies already bought with `cache: {run.replies}` in the recipe."
        )
    reading = _Reading(run, language, Ingested(language.wiki, dump.name, mark), progress)
    reading.renew(before is not None, mark)
    reading.read(dump, blocklist, processes)
    found = reading.found
    if not found.pages:
        raise SourceError(
            f"{str(dump.paths[0])!r} holds no article of {language.name}. Is it a pages-articles dump of {language.wiki}wiki?"
        )
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
    """One language's ingest: what is known before, what the slices report, what must be put right at the end."""

    def __init__(self, run: Run, language: Language, found: Ingested, progress: Progress | None) -> None:
        self.run, self.language, self.found, self.progress = run, language, found, progress
        self.folders = {part: run.folder / part / language.wiki for part in ("pages", "passages")}
        self.known: Revisions | None = None
        self.old: dict[str, list[Path]] = {"pages": [], "passages": []}
        self.seen, self.tally = Seen(), Tally()
        self.led: Led = set()
        self.kept: array[int] = array("q")

    def renew(self, wanted: bool, mark: str) -> None:
        """Makes room: rows of the dump before are set beside where they are wanted, what a killed ingest left goes.

        While ingest.json stands, nothing has happened yet: files that were set beside are put back first.
        """
        groundings, done = self.run.groundings_path(self.language.wiki), self.folders["pages"] / "ingest.json"
        if wanted:
            for folder in self.folders.values():
                _rename(folder, "before-*.parquet", lambda name: name.removeprefix("before-"))
            groundings.unlink(missing_ok=True)
            for folder in self.folders.values():
                _rename(folder, "[0-9]*.parquet", lambda name: f"before-{name}")
            done.unlink()
        groundings.unlink(missing_ok=True)
        for part, folder in self.folders.items():
            self.old[part] = sorted(folder.glob("before-*.parquet"))
            for left in folder.glob("[0-9]*.parquet"):
                left.unlink()  # of an ingest that was killed: it starts over
        if self.old["pages"]:
            renew(self.run, self.language.wiki, mark)
            self.known = _revisions(self.old["pages"])

    def read(self, dump: Dump, blocklist: Blocklist, processes: int | None) -> None:
        """Reads all slices of all files and puts their reports together."""
        pieces = [(path, piece) for path in dump.paths for piece in cut(path, SLICE_XML)]
        jobs = {path: self._job(path, dump, blocklist) for path in dump.paths}
        self.found.dump_date = max(job.stamp.date for job in jobs.values())
        self.found.licence = jobs[dump.paths[0]].stamp.licence
        self.found.blocklist, self.found.blocked = blocklist.mark, dict.fromkeys(blocklist.hits, 0)
        repeats: dict[int, list[int]] = {}
        with Workers(min(len(pieces), processes or 1 << 10)) as workers:
            work = [(jobs[path], number, piece) for number, (path, piece) in enumerate(pieces)]
            for report in workers.read(work):
                if again := [page_id for page_id in report.ids if not self.seen.add(page_id)]:
                    repeats[report.number] = again
                self._take(report, (report.number + 1) / len(pieces))
        for number, again in repeats.items():
            self._drop_repeats(number, again)
        self._keep_old(len(pieces))
        self._look_again(blocklist, len(pieces))
        self.found.tally, self.found.cut = asdict(self.tally), self.tally.cut

    def _job(self, path: Path, dump: Dump, blocklist: Blocklist) -> Job:
        stamp = stamp_of(path, licence=dump.licence, date=dump.date)
        site = read_siteinfo(path)
        _same_wiki(path, self.language, site.dbname, site.language)
        return Job(self.run.folder, self.language, blocklist, stamp, site, self.known)

    def _take(self, report: Report, share: float) -> None:
        found = self.found
        self.tally.add(report.tally)
        self.tally.siteinfo = report.tally.siteinfo
        self.kept += report.kept
        self.led |= report.led
        for name in ("pages", "redirects", "disambiguations", "without_text", "passages", "pages_seconds", "passages_seconds"):
            setattr(found, name, getattr(found, name) + getattr(report, name))
        found.split_by = dict(Counter(found.split_by) + report.split_by)
        self._count(report.blocked)
        if self.progress:
            self.progress(found.lang, found.pages + len(self.kept), share)

    def _count(self, blocked: Mapping[str, int]) -> None:
        for entry, hits in blocked.items():
            self.found.blocked[entry] += hits

    def _look_again(self, blocklist: Blocklist, first_kept: int) -> None:
        """Takes out the passages of pages that only a second look finds blocked."""
        counting = replace(blocklist, hits=dict.fromkeys(blocklist.hits, 0))
        tables = self.run.tables("pages", self.language.wiki)
        kept = [path for path in tables if int(path.stem) >= first_kept]
        for path, page_ids in second_look(tables, kept, counting, self.led).items():
            made = self.folders["passages"] / path.name
            if made.exists():
                self.found.passages -= len(_filter(made, made, PASSAGES, array("q", page_ids), keep=False))
        self._count(counting.hits)

    def _drop_repeats(self, number: int, again: Sequence[int]) -> None:
        """Takes out of a slice's files the pages that an earlier slice had: the first copy counts."""
        for part, schema in (("pages", PAGES), ("passages", PASSAGES)):
            path = self.folders[part] / FILE_NAME.format(number)
            if path.exists():
                gone = _filter(path, path, schema, array("q", again), keep=False)
                if part == "pages":
                    redirects = sum(bool(redirect) for _, redirect in gone)
                    self.found.pages -= len(gone) - redirects
                    self.found.redirects -= redirects
                    self.tally.duplicates += [title for title, _ in gone]
                else:
                    self.found.passages -= len(gone)

    def _keep_old(self, number: int) -> None:
        """Rows of unchanged pages become files of the new dump; the others go."""
        if not self.old["pages"]:
            return
        known = self.known or Revisions(array("q"), array("q"))
        new_ids = self.found.pages + self.found.redirects
        for part, schema in (("pages", PAGES), ("passages", PASSAGES)):
            for at, path in enumerate(self.old[part]):
                to = self.folders[part] / FILE_NAME.format(number + at)
                kept = _filter(path, to, schema, self.kept, keep=True)
                if part == "pages":
                    redirects = sum(bool(redirect) for _, redirect in kept)
                    self.found.pages += len(kept) - redirects
                    self.found.redirects += redirects
                else:
                    self.found.passages += len(kept)
                path.unlink()
        changed = sum(self.seen.has(page_id) for page_id in known.ids) - len(self.kept)
        self.found.since = {
            "unchanged": len(self.kept), "changed": changed, "new": new_ids - changed,
            "gone": len(known.ids) - len(self.kept) - changed,
        }  # fmt: skip


def _same_list(run: Run, before: Ingested, blocklist: Blocklist) -> None:
    """A list that is given must be the one that the dump was read with."""
    if blocklist.mark and blocklist.mark != before.blocklist:
        raise RunError(
            f"{before.lang!r} in {str(run.folder)!r} was read {'with another' if before.blocklist else 'without a'} blocklist. Name "
            f"another --out, and keep the replies already bought with `cache: {run.replies}` in the recipe."
        )


def _rename(folder: Path, pattern: str, name: Callable[[str], str]) -> None:
    for path in sorted(folder.glob(pattern)):
        path.rename(path.with_name(name(path.name)))


def _revisions(paths: list[Path]) -> Revisions:
    """The page ids and revision ids of page tables, sorted by page."""
    tables = []
    for path in paths:
        with open_table(path) as file:
            tables.append(file.read(columns=["page_id", "revision_id"]))
    table = pa.concat_tables(tables).sort_by("page_id")
    ids, revisions = (array("q", table.column(name).to_pylist()) for name in ("page_id", "revision_id"))
    return Revisions(ids, revisions)


def _filter(source: Path, to: Path, schema: pa.Schema, page_ids: array[int], *, keep: bool) -> list[tuple[str, str]]:
    """Writes the rows of some pages (or of all others) to a file; returns (title, redirect_to) of the rows that `page_ids` names."""
    named: list[tuple[str, str]] = []
    wanted = pa.array(page_ids, pa.int64())

    def groups() -> Iterator[pa.Table]:
        with open_table(source) as file:
            for number in range(file.num_row_groups):
                table = file.read_row_group(number)
                hit = pc.is_in(table.column("page_id"), value_set=wanted)
                found = table.filter(hit)
                redirects = found.column("redirect_to") if "redirect_to" in found.column_names else [None] * len(found)
                named.extend((str(title), str(to or "")) for title, to in zip(found.column("title"), redirects, strict=True))
                yield found if keep else table.filter(pc.invert(hit))

    write_columns(to, schema, groups())
    return named


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

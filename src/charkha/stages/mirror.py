"""What a dump server publishes of a Wikipedia: which dates, which files, how long they are, what they hash to.

The layout is the public server's: MIRROR/<wiki>wiki/<date>/<wiki>wiki-<date>-<what>, with dumpstatus.json and lists of
checksums beside. Only names that are built or matched here are ever asked for or written: a name that the server
makes up, however it looks, is not seen.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from charkha.core.errors import RecipeError, SourceError
from charkha.stages.web import Web

# The tables of a group, and what the group is for.
TABLES = {
    "articles": (),
    "category": ("page", "categorylinks", "linktarget"),
    "langlinks": ("langlinks",),
    "props": ("page_props",),
}
PURPOSES = {
    "articles": "the text",
    "category": "the tree of categories, which finds cultural artifacts",
    "langlinks": "which articles are the same in other languages",
    "props": "Wikidata ids and hidden categories",
}
NOT_IN_OLD_DUMPS = ("linktarget",)
LATEST = ("sha1sums.txt", "md5sums.txt", "pages-articles-multistream.xml.bz2-rss.xml", "pages-articles.xml.bz2-rss.xml")
ENDED = ("done", "skipped", "failed")  # a job that will not bring more
MOST_DATES = 12  # folders looked at for `latest`
MOST_LISTING, MOST_STATUS = 4 << 20, 32 << 20  # bytes
MOST_SIZE = 1 << 42  # bytes; no file of a dump is near it
_DATED = re.compile(r"""href\s*=\s*["']?(?:[^"'>\s]*/)?(20\d{6})/?["'>\s]""", re.IGNORECASE)
_SUM = re.compile(r"^([0-9a-fA-F]{32}|[0-9a-fA-F]{40})[ \t]+\*?(?:\./)?(\S+?)[ \t]*\r?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Published:
    """One file of a dump.

    Args:
        name: of the file.
        url: where it is.
        group: of PURPOSES.
        size: in bytes, None where nobody says.
        sha1: in lower case, empty where none is published; md5 likewise.
        instead: a name to ask for where this one is missing, if nobody lists what there is.
        is_optional: a dump may do without it.
    """

    name: str
    url: str
    group: str
    size: int | None = None
    sha1: str = ""
    md5: str = ""
    instead: str = ""
    is_optional: bool = False


@dataclass(slots=True)
class Dump:
    """What of one dump is to be had: its files, in order, and what is lacking, a line each."""

    wiki: str
    date: str
    files: list[Published] = field(default_factory=list)
    lacking: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)  # jobs that will still bring a file that was asked for
    unlisted: list[str] = field(default_factory=list)  # files that a list of checksums does not have; asked for nevertheless


def checked_mirror(mirror: str) -> str:
    """The address without a slash at its end.

    Raises:
        RecipeError: it is no plain http(s) address.
    """
    try:
        parts = urlsplit(mirror)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good or parts.query or parts.fragment or "@" in parts.netloc or mirror != mirror.strip():
        raise RecipeError("--mirror is no plain address. Write it as https://host/folder, without password, ? or #.")
    return mirror.rstrip("/")


class Mirror:
    """A dump server.

    Args:
        root: its address, as `checked_mirror` gives it.
        web: the way there.
        say: is told what a reader should know, a line each.
    """

    def __init__(self, root: str, web: Web, say: Callable[[str], None]) -> None:
        self.root = root
        self._web = web
        self._say = say

    async def dump(self, wiki: str, date: str, groups: list[str]) -> Dump:
        """The dump of a date, or with `latest` the newest that is finished as far as it was asked for.

        Raises:
            SourceError: no such Wikipedia or date here, or none is finished.
            ProviderError: the server cannot be read.
        """
        if date != "latest":
            return await self._dated(wiki, date, groups) or await self._unsaid(wiki, date, groups)
        dates = await self._dates(wiki)
        bare, partial = "", None
        for found in dates[:MOST_DATES]:
            dump = await self._dated(wiki, found, groups)
            if dump is None:
                bare = bare or found
            elif lacks := dump.waiting + [f"{line.partition(' is ')[0]} is missing" for line in dump.unlisted + dump.lacking]:
                if not dump.waiting and any(file.sha1 or file.md5 for file in dump.files):
                    partial = partial or dump
                why = ", ".join(dump.waiting) or lacks[0]
                self._say(f"{wiki}: the dump of {found} is not finished ({why}); looking at the one before")
            else:
                return dump
        if partial is not None:  # nothing more is to come of it
            self._say(f"{wiki}: no dump has all of it; taking what the one of {partial.date} has")
            return partial
        if bare:
            return self._guessed(wiki, bare, groups)
        raise SourceError(f"{wiki}: no finished dump at {self.root!r} among {', '.join(dates[:MOST_DATES])}. Ask for less with --what, or name a --date or another --mirror.")

    def _folder(self, wiki: str, date: str = "") -> str:
        return f"{self.root}/{database(wiki)}/{date + '/' if date else ''}"

    async def _dates(self, wiki: str) -> list[str]:
        """The dates that have a folder, the newest first; the one that `latest` points at where nothing is listed.

        Where there is nothing but the folder `latest` with files of that name, it stands for the date.
        """
        db = database(wiki)
        dates = await self._listed(wiki)
        is_there = False
        for name in ("", *(f"{db}-latest-{rest}" for rest in LATEST)):
            if not dates:
                text = await self._web.text(self._folder(wiki, "latest") + name, MOST_LISTING) or ""
                dates = set(re.findall(rf"\b{re.escape(db)}[-/](20\d{{6}})\b", text))
                is_there |= re.search(rf"\b{re.escape(db)}-latest-p", text) is not None
        if not dates and is_there:
            return ["latest"]
        if not dates:
            raise SourceError(f"{wiki}: no dump of {db!r} at {self.root!r}. Check the code (charkha languages), or name a --date or another --mirror.")
        return sorted(dates, reverse=True)

    async def _listed(self, wiki: str) -> set[str]:
        """The dates in the listing of a Wikipedia's folder; none where there is no listing."""
        return set(_DATED.findall(await self._web.text(self._folder(wiki), MOST_LISTING) or ""))

    async def _unsaid(self, wiki: str, date: str, groups: list[str]) -> Dump:
        """A date that was named and that says nothing of itself: its usual files, unless a listing knows better."""
        dates = await self._listed(wiki)
        if dates and date not in dates:
            raise SourceError(f"{wiki}: no dump of {date} at {self.root!r}. There are: {', '.join(sorted(dates, reverse=True)[:MOST_DATES])}.")
        return self._guessed(wiki, date, groups)

    async def _dated(self, wiki: str, date: str, groups: list[str]) -> Dump | None:
        """What a dated folder says it has; None where it says nothing."""
        stem = f"{database(wiki)}-{date}"
        text = await self._web.text(self._folder(wiki, date) + "dumpstatus.json", MOST_STATUS)
        status = read_status(text, f"{wiki} {date}") if text is not None else None
        jobs = status or {}
        listed = {name: facts for job in jobs.values() if job["status"] == "done" for name, facts in job["files"].items()}
        sums: dict[str, dict[str, str]] = {}
        if status is None or any(not (facts.get("sha1") or facts.get("md5")) for facts in listed.values()):
            for kind in ("sha1", "md5"):
                text = await self._web.text(f"{self._folder(wiki, date)}{stem}-{kind}sums.txt", MOST_STATUS)
                for value, name in _SUM.findall(text or ""):
                    if len(value) == (40 if kind == "sha1" else 32):
                        sums.setdefault(name, {})[kind] = value.lower()
        if status is None and not sums:
            return None
        known = {name: {**sums.get(name, {}), **facts} for name, facts in (listed if status is not None else sums).items()}
        return self._chosen(Dump(wiki, date), groups, known, {name: job["status"] for name, job in jobs.items()})

    def _chosen(self, dump: Dump, groups: list[str], known: Mapping[str, Any], jobs: Mapping[str, str]) -> Dump:
        stem, folder = f"{database(dump.wiki)}-{dump.date}", self._folder(dump.wiki, dump.date)

        def add(group: str, *names: str) -> None:
            dump.files += [Published(name, folder + name, group, **known[name]) for name in names]

        for group in groups:
            if group == "articles":
                names, waiting = articles_of(stem, known, jobs)
                add(group, *names)
                dump.waiting += waiting
                if names and not names[0].endswith("-multistream.xml.bz2"):
                    dump.notes.append(f"{dump.wiki}: no multistream file in the dump of {dump.date}; taking {names[0]}{f' and {len(names) - 1} more parts' * (len(names) > 1)}")
                if not names and not jobs:
                    self._unlisted(dump, group, "pages-articles-multistream.xml.bz2", instead="pages-articles.xml.bz2")
                elif not names:
                    dump.lacking.append(_lacking(f"{stem}-pages-articles-multistream.xml.bz2", dump, ", ".join(waiting)))
            for table in TABLES[group]:
                name, state = f"{stem}-{table}.sql.gz", jobs.get(f"{table.replace('_', '')}table", "")
                if name in known:
                    add(group, name)
                elif state and state not in ENDED:
                    dump.waiting.append(f"{table} {state}")
                    dump.lacking.append(_lacking(name, dump, state))
                elif not jobs:
                    self._unlisted(dump, group, f"{table}.sql.gz")
                elif table in NOT_IN_OLD_DUMPS:
                    dump.notes.append(f"{dump.wiki}: no {table} in the dump of {dump.date}, as in old ones; going on without it")
                else:
                    dump.lacking.append(_lacking(name, dump, state))
        return dump

    def _unlisted(self, dump: Dump, group: str, what: str, instead: str = "") -> None:
        """A file of which nobody says whether it is there: a list of checksums may lack what the folder has."""
        stem = f"{database(dump.wiki)}-{dump.date}"
        is_optional = what.removesuffix(".sql.gz") in NOT_IN_OLD_DUMPS
        name = f"{stem}-{what}"
        dump.files.append(Published(name, self._folder(dump.wiki, dump.date) + name, group, instead=instead and f"{stem}-{instead}", is_optional=is_optional))
        if not is_optional:
            dump.unlisted.append(name)

    def _guessed(self, wiki: str, date: str, groups: list[str]) -> Dump:
        """The files that a dump usually has, where the server lists none."""
        dump = Dump(wiki, date, notes=[f"{wiki}: nothing says what the dump of {date} has, nor its checksums; asking for the usual files"])
        for group in groups:
            if group == "articles":
                self._unlisted(dump, group, "pages-articles-multistream.xml.bz2", instead="pages-articles.xml.bz2")
            for table in TABLES[group]:
                self._unlisted(dump, group, f"{table}.sql.gz")
        return dump


def database(wiki: str) -> str:
    """How a dump server calls a Wikipedia: zh-min-nan is zh_min_nanwiki."""
    return f"{wiki.replace('-', '_')}wiki"


def articles_of(stem: str, known: Mapping[str, Any], jobs: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """The files that hold the text, the best first choice that is there, and the jobs worth waiting for instead.

    A multistream file is read by all cores; where it is still being made, it is worth the wait.
    """
    whole, plain = f"{stem}-pages-articles-multistream.xml.bz2", f"{stem}-pages-articles.xml.bz2"
    pending = [f"{name} {state}" for name, state in jobs.items() if name.startswith("articles") and state not in ENDED]
    if whole in known:
        return [whole], []
    waiting = [line for line in pending if "multistream" in line]
    if plain in known:
        return [plain], waiting
    for kind in ("-multistream", ""):
        part = re.compile(rf"{re.escape(stem)}-pages-articles{kind}(\d{{1,4}})\.xml-p(\d{{1,12}})p(\d{{1,12}})\.bz2", re.ASCII)
        parts = sorted((int(found[2]), name) for name in known if (found := part.fullmatch(name)))
        if parts:
            return [name for _, name in parts], waiting
    return [], pending


def read_status(text: str, where: str) -> dict[str, dict[str, Any]]:
    """The jobs of a dumpstatus.json: name -> status, files -> size, sha1, md5. What is out of form is left out.

    Raises:
        SourceError: it is no JSON of that shape.
    """
    try:
        jobs = json.loads(text)["jobs"].items()
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise SourceError(f"dumpstatus.json of {where} is damaged. Name another --date or --mirror.") from None
    read: dict[str, dict[str, Any]] = {}
    for name, job in jobs:
        if isinstance(job, dict) and isinstance(job.get("status"), str):
            files = job.get("files")
            facts = files.items() if isinstance(files, dict) else ()
            read[_safe(name)] = {"status": _safe(job["status"]), "files": {file: _facts(said) for file, said in facts if isinstance(said, dict)}}
    return read


def _facts(said: Mapping[str, Any]) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    size = said.get("size")
    if isinstance(size, int) and not isinstance(size, bool) and 0 <= size <= MOST_SIZE:
        facts["size"] = size
    for kind, digits in (("sha1", 40), ("md5", 32)):
        value = said.get(kind)
        if isinstance(value, str) and re.fullmatch(rf"[0-9a-fA-F]{{{digits}}}", value):
            facts[kind] = value.lower()
    return facts


def _safe(text: str) -> str:
    """A server's word as it may stand on a terminal."""
    return re.sub(r"[^\w-]", "?", text)[:40]


def _lacking(name: str, dump: Dump, state: str) -> str:
    why = f" ({state})" if state else ""
    return f"{name} is not published for {dump.date}{why}. Name another --date, or another --mirror."

"""Brings Wikipedias' dump files to disk: which are published, which are there, the rest a few at a time.

Knows of languages, folders and order; how a file comes and how a server is asked stand in `landing` and `web`.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import threading
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from charkha.core.errors import CharkhaError, ProviderError, RecipeError, Refused, RunError
from charkha.core.files import disk_errors
from charkha.languages import codes, load
from charkha.stages.kept import Notes, held
from charkha.stages.landing import Landing, Transfer
from charkha.stages.mirror import PURPOSES, Dump, Mirror
from charkha.stages.web import Manners, Missing, Web

LOST = 3  # files in a row given up without an answer, after which the server is left alone
# Editions whose databases kept an older code than their address has.
ALIASES = {"be-tarask": "be-x-old", "gsw": "als", "lzh": "zh-classical", "nan": "zh-min-nan", "nb": "no", "rup": "roa-rup", "sgs": "bat-smg", "vro": "fiu-vro", "yue": "zh-yue"}
HEADROOM = 16 << 20  # bytes that a disk keeps free


@dataclass(frozen=True, slots=True)
class Order:
    """What is wanted.

    Args:
        wikis: Wikipedia codes.
        groups: names of PURPOSES.
        mirror: as `checked_mirror` gives it.
        date: eight digits, or "latest".
        out: the folder that gets one folder a language.
        verify: hash what is there already.
    """

    wikis: list[str]
    groups: list[str]
    mirror: str
    date: str
    out: Path
    verify: bool = False


@dataclass(slots=True)
class Outcome:
    """What came of it: the dumps, the files' transfers with their states, and what is missing, a line each."""

    dumps: list[Dump] = field(default_factory=list)
    transfers: list[Transfer] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)


def wiki_of(name: str) -> str:
    """The Wikipedia code of a language by any name that is known, or a plain code that is not.

    Raises:
        RecipeError: it is neither.
    """
    name = ALIASES.get(name, name)
    try:
        return load(name, "the languages to download").wiki
    except RecipeError:
        name = name.replace("_", "-")
        if name not in codes() and re.fullmatch(r"[a-z]{2,12}(-[a-z0-9]{1,12}){0,3}", name):
            return name
        raise


class Download:
    """One call of `charkha download`.

    Args:
        order: what is wanted.
        manners: how the server is treated.
        say: is told what a reader should know, a line each.
        watch: is given all transfers once they are known; their fields change from then on.
    """

    def __init__(
        self, order: Order, manners: Manners, say: Callable[[str], None], watch: Callable[[list[Transfer]], None]
    ) -> None:
        self.order = order
        self.outcome = Outcome()
        self._manners = manners
        self._say = say
        self._watch = watch
        self._halt = threading.Event()
        self._lost = 0

    async def plan(self) -> Outcome:
        """Finds out what is published, and fetches none of it.

        Raises:
            Refused: nothing can be reached (offline, certificate, proxy).
        """
        web = Web(self._manners, self._say)
        try:
            await self._look(web)
        finally:
            await web.close()
        return self.outcome

    async def run(self) -> Outcome:
        """Fetches what is published and not there yet.

        Raises:
            RunError: a folder is held by another download; the disk is full or may not be written.
            Refused: as `plan`.
        """
        web = Web(self._manners, self._say)
        with ExitStack() as stack:
            for wiki in self.order.wikis:
                stack.enter_context(held(self.order.out / wiki))
            try:
                await self._look(web)
                self._has_room()
                self._watch(self.outcome.transfers)
                await self._fetch(web)
            finally:
                self._halt.set()
                await web.close()
        return self.outcome

    async def _look(self, web: Web) -> None:
        mirror = Mirror(self.order.mirror, web, self._say)
        for wiki in self.order.wikis:
            if self._lost >= LOST:
                self.outcome.trouble.append(f"{wiki}: not tried, the server does not answer. Run the same command again later.")
                continue
            try:
                dump = await mirror.dump(wiki, self.order.date, self.order.groups)
            except CharkhaError as error:
                self._failed(wiki, error)
                continue
            self._lost = 0
            for note in dump.notes:
                self._say(note)
            self.outcome.dumps.append(dump)
            self.outcome.trouble += dump.lacking
            folder = self.order.out / wiki
            self.outcome.transfers += [Transfer(wiki, file, folder, file.size) for file in dump.files]

    def _failed(self, what: str, error: CharkhaError) -> None:
        """Notes a failure that others need not share; raises one that they would."""
        if isinstance(error, Refused | RunError):
            raise error
        self._lost += isinstance(error, ProviderError)
        told = str(error)
        self.outcome.trouble.append(told if told.startswith(what) else f"{what}: {told}")

    def _has_room(self) -> None:
        """Says at once that a disk is too small, not after a night."""
        for transfer in self.outcome.transfers:
            transfer.have = _present(transfer)  # so that what is there already counts as no speed
        needed = sum(max(0, (transfer.size or 0) - transfer.have) for transfer in self.outcome.transfers)
        with disk_errors(self.order.out):
            free = shutil.disk_usage(self.order.out).free
        if needed and needed + HEADROOM > free:
            raise RunError(
                f"no space left for it in {str(self.order.out)!r}: {needed:,} bytes are to come, {free:,} are free. "
                "Free some space, ask for less with --what, or name another --out; what is there is kept."
            )

    async def _fetch(self, web: Web) -> None:
        """As many at once as connections are allowed; the first failure that concerns all of them ends all."""
        waiting = iter(self.outcome.transfers)
        notes = {wiki: Notes(self.order.out / wiki) for wiki in self.order.wikis}
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(self._manners.at_once):
                    group.create_task(self._work(web, waiting, notes))
        except BaseExceptionGroup as errors:
            raise _first(errors) from None

    async def _work(self, web: Web, waiting: Iterable[Transfer], notes: dict[str, Notes]) -> None:
        for transfer in waiting:
            name = transfer.file.name
            if self._lost >= LOST:
                transfer.state = "failed"
                self.outcome.trouble.append(f"{name}: not tried, the server does not answer. Run the same command again later.")
                continue
            try:
                await self._land(transfer, web, notes[transfer.lang])
                self._lost = 0
            except CharkhaError as error:
                transfer.state = "failed"
                self._failed(name, error)
            except BaseException:
                self._halt.set()  # a hash that goes on in its thread would hold up the end
                raise


    async def _land(self, transfer: Transfer, web: Web, notes: Notes) -> None:
        """Lands a file, or what stands for it where nobody listed what there is."""
        try:
            await Landing(transfer, web, notes, self._halt, self._say, self.order.verify).land()
        except Missing:
            file = transfer.file
            if file.instead:
                self._say(f"{file.name} is not there; asking for {file.instead}")
                transfer.file = replace(file, name=file.instead, url=file.url.removesuffix(file.name) + file.instead, instead="")
                await self._land(transfer, web, notes)
            elif file.is_optional:
                self._say(f"{file.name} is not there, as in old dumps; going on without it")
                transfer.state = "absent"
            else:
                raise


def chosen_groups(text: str) -> list[str]:
    """The groups that `--what` names, in the order of PURPOSES.

    Raises:
        RecipeError: one is not known.
    """
    names = [name.strip() for name in text.split(",") if name.strip()]
    wrong = [name for name in names if name not in PURPOSES]
    if wrong or not names:
        raise RecipeError(f"--what {text!r} names {'an unknown group' if wrong else 'no group'}. Known: {', '.join(PURPOSES)}. See: charkha download --list")
    return [name for name in PURPOSES if name in names]


def _present(transfer: Transfer) -> int:
    """Bytes that seem to be there already."""
    path = transfer.folder / transfer.file.name
    part = path.with_name(f"{path.name}.part")
    size = transfer.file.size
    if path.exists() and size in (None, path.stat().st_size):
        return path.stat().st_size
    there = part.stat().st_size if part.exists() else 0
    return there if size is None or there <= size else 0


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    found: BaseException = errors
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    return found

"""Progress of files on their way, on stderr: a bar for each and one for all on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from types import TracebackType
from typing import Any

from charkha.cli.screen import PLAIN_SECONDS
from charkha.stages.landing import Transfer

TICK = 0.25  # seconds between two looks
WIDE, FIGURES, PERCENT = 72, 40, 18  # columns: of a line with a bar and bytes, which take so many; else percent and time left
ENDED = ("verified", "unverified", "present", "absent", "failed")
WORDS = {"verified": "here, verified", "unverified": "here, not verified: no checksum is published", "failed": "did not come"}


class TransferScreen:
    """Shows how files come. Use as a context manager around the stage; it looks at the transfers from its own thread."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._tty = sys.stderr is not None and sys.stderr.isatty()
        self._transfers: list[Transfer] = []
        self._told: set[str] = set()
        self._started = self._said = time.monotonic()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._bars: Any = None
        self._rows: list[Any] = []

    def __enter__(self) -> TransferScreen:
        if self._tty:
            self._bars = _bars()
            self._bars.start()
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._ending.set()
        self._thread.join()
        self._show(last=True)
        if self._bars is not None:
            self._bars.stop()

    def say(self, line: str) -> None:
        """A line that a reader should know."""
        if self._bars is not None:
            self._bars.console.print(line, markup=False, highlight=False, soft_wrap=True)
        else:
            print(f"{self._title}: {line}", file=sys.stderr)

    def watch(self, transfers: list[Transfer]) -> None:
        """The transfers to look at from now on."""
        self._started = time.monotonic()
        if self._bars is not None:
            self._rows = [self._bars.add_task(self._label(_short(item)), total=item.size, visible=False, start=False) for item in transfers]
            have, size = _sums(transfers)
            self._rows.append(self._bars.add_task("total", total=size, completed=have))
        self._transfers = transfers

    def _look(self) -> None:
        while not self._ending.wait(TICK):
            self._show()

    def _show(self, *, last: bool = False) -> None:
        if self._bars is not None:
            self._draw()
        for item in self._transfers:
            if item.state in WORDS and item.file.name not in self._told:
                self._told.add(item.file.name)
                self.say(f"{item.file.name} {WORDS[item.state]} ({told_size(item.have)})")
        if self._transfers and self._bars is None and not last and time.monotonic() - self._said > PLAIN_SECONDS:
            self._said = time.monotonic()
            self.say(self._line())

    def _label(self, words: str) -> str:
        """A name as long as a line has room for: figures are worth more than its end."""
        width = self._bars.console.width
        room = max(8, width - (FIGURES if width >= WIDE else PERCENT))
        return words if len(words) <= room else f"{words[: room - 1]}…"

    def _line(self) -> str:
        """All of it in one line: files, bytes, rate, time left."""
        items = self._transfers
        ended = sum(item.state in ENDED for item in items)
        have, size = _sums(items)
        rate = sum(item.fetched for item in items) / max(time.monotonic() - self._started, 0.001)
        left = f", {_clock((size - have) / rate)} left" if size is not None and size > have and rate else ""
        coming = ", ".join(f"{item.file.name} {item.have / item.size:.0%}" for item in items if item.state == "coming" and item.size)
        checking = ", ".join(f"checking {item.file.name}" for item in items if item.state == "checking")
        parts = [f"{ended} of {len(items)} files, {told_size(have)} of {told_size(size)}, {told_size(int(rate))}/s{left}", coming, checking]
        return "; ".join(part for part in parts if part)

    def _draw(self) -> None:
        for row, item in zip(self._rows, self._transfers, strict=False):
            if item.state == "waiting":
                continue
            if not self._bars.tasks[row].started:
                self._bars.update(row, completed=item.have)
                self._bars.start_task(row)
            words = self._label(f"{item.state} {_short(item)}" if item.state == "checking" else _short(item))
            self._bars.update(row, completed=item.have, total=item.size, visible=item.state not in ENDED, description=words)
        if self._rows:
            have, size = _sums(self._transfers)
            self._bars.update(self._rows[-1], completed=have, total=size)


def told_size(size: int | None) -> str:
    """Bytes as a person reads them; "?" where they are not known."""
    if size is None:
        return "?"
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= scale:
            return f"{size / scale:,.1f} {unit}"
    return f"{size} B"


def _sums(items: list[Transfer]) -> tuple[int, int | None]:
    """Bytes that are there and that will be in the end, of all that did not fail; the second None while nobody knows."""
    good = [item for item in items if item.state not in ("failed", "absent")]
    known = all(item.size is not None for item in good)
    return sum(item.have for item in good), sum(item.size or 0 for item in good) if known else None


def _short(item: Transfer) -> str:
    """A file's name without its wiki and date, which stand in the folder's name and in the plan."""
    return f"{item.lang} {item.file.name.split('-', 2)[-1]}"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"


def _bars() -> Any:  # rich is imported only on a terminal
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )
    from rich.table import Column

    console = Console(stderr=True)
    kinds = (DownloadColumn, TransferSpeedColumn, TimeRemainingColumn) if console.width >= WIDE else (TaskProgressColumn, TimeRemainingColumn)
    figures = [column(table_column=Column(no_wrap=True)) for column in kinds]
    name = TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True))
    bar = [BarColumn(bar_width=None)] if console.width >= WIDE else []
    return Progress(name, *bar, *figures, console=console, expand=True)

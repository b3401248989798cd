"""Progress on stderr: a live table per language on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any

from charkha.stages.accounting import Cell
from charkha.stages.generate import Live

PLAIN_SECONDS = 5.0  # between plain lines
LIVE_HZ = 4


class Screen:
    """Shows how a stage goes. Use as a context manager around it."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._started = time.monotonic()
        self._said = 0.0
        self._live: Live | None = None
        self._display: Any = None
        self._tty = sys.stderr is not None and sys.stderr.isatty()

    def __enter__(self) -> Screen:
        if self._tty:
            from rich.console import Console
            from rich.live import Live as RichLive

            console = Console(stderr=True)
            self._display = RichLive(get_renderable=self._table, console=console, refresh_per_second=LIVE_HZ)
            self._display.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._display is not None:
            self._display.stop()
        elif self._live is not None:
            self._say(self._live)

    def pages(self, lang: str, count: int, share: float) -> None:
        """Pages read so far, and the share of the dump that they are."""
        if time.monotonic() - self._said > PLAIN_SECONDS:
            self._said = time.monotonic()
            left = f", {_clock((self._said - self._started) * (1 - share) / share)} left" if 0 < share < 1 else ""
            print(f"{self._title}: {lang} {count:,} pages, {share:.0%}{left}", file=sys.stderr)

    def step(self, line: str) -> None:
        """What is done now, of work that has no measure."""
        if self._display is not None:
            self._display.console.print(f"{self._title}: {line}")
        else:
            print(f"{self._title}: {line}", file=sys.stderr)

    def outcomes(self, live: Live) -> None:
        """Outcomes so far."""
        self._live = live
        if not self._tty and time.monotonic() - self._said > PLAIN_SECONDS:
            self._say(live)

    def _say(self, live: Live) -> None:
        self._said = time.monotonic()
        done, wanted = sum(live.done.values()), sum(live.wanted.values())
        kept = sum(cell.kept for cell in live.cells.values())
        waiting = f", {live.waiting}" if live.waiting else ""
        print(f"{self._title}: {done:,} of {wanted:,} seeds, {kept:,} kept{waiting}", file=sys.stderr)

    def _table(self) -> Any:  # rich's renderable; rich is imported only on a terminal
        from rich.table import Table

        table = Table(title=self._title, caption=self._live.waiting if self._live else None)
        for name in ("language", "done", "kept", "dropped", "failed", "seeds/s", "ETA"):
            table.add_column(name, justify="left" if name == "language" else "right")
        seconds = max(time.monotonic() - self._started, 0.001)
        live = self._live or Live()
        for lang in sorted(live.wanted):
            done, wanted = live.done.get(lang, 0), live.wanted[lang]
            cells = [cell for (_, at), cell in live.cells.items() if at == lang] or [Cell()]
            rate = done / seconds
            table.add_row(
                lang, f"{done:,}/{wanted:,}", f"{sum(c.kept for c in cells):,}", f"{sum(c.dropped.total() for c in cells):,}",
                f"{sum(c.failed.total() for c in cells):,}", f"{rate:,.1f}", _clock((wanted - done) / rate) if rate else "-",
            )  # fmt: skip
        return table


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"

"""Processes that read slices side by side and share nothing; with one slice, or one core, the work is done right here."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait
from types import TracebackType

from charkha.core.errors import RunError
from charkha.corpus.folder import Pile
from charkha.corpus.streams import Slice
from charkha.stages.reading import Job, Report, read_slice

Work = tuple[int, int, Slice | Pile]  # which job, the slice's number, the slice or pile
AHEAD = 2  # slices handed out per process: enough that none waits, few enough that an interrupt is prompt


class Workers:
    """Up to `wanted` processes, never more than there are cores; each is told the jobs once. Use as a context manager."""

    def __init__(self, wanted: int, jobs: Sequence[Job]) -> None:
        self.jobs = jobs
        self.count = max(1, min(wanted, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1))
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Workers:
        if self.count > 1:
            # Fresh interpreters: a fork would copy the threads of a live screen in the middle of what they do.
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self.count, mp_context=context, initializer=_settle, initargs=(self.jobs,))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def read(self, work: Iterable[Work]) -> Iterator[Report]:
        """Reports in the order of the work, as they come.

        Raises:
            RunError: a process was ended from outside, for instance for want of memory.
        """
        if self._pool is None:
            yield from (read_slice(self.jobs[job], number, piece) for job, number, piece in work)
            return
        pending: list[Future[Report]] = []
        try:
            for item in work:
                pending.append(self._pool.submit(_read, *item))
                if len(pending) >= AHEAD * self.count:
                    yield pending.pop(0).result()
            while pending:
                yield pending.pop(0).result()
        except BrokenProcessPool as error:
            raise RunError(
                "a process that read the source was ended from outside (out of memory?). Run the same command again, "
                "with fewer at once: charkha ingest ... --processes 1"
            ) from error


_jobs: Sequence[Job] = ()  # in a worker: what it was told when it began; a job may hold megabytes of revisions


def _read(job: int, number: int, piece: Slice | Pile) -> Report:
    return read_slice(_jobs[job], number, piece)


def _settle(jobs: Sequence[Job]) -> None:
    """In a worker: an interrupt is the parent's to handle, and without the parent there is nothing to do."""
    global _jobs
    _jobs = jobs
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)

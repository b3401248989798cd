"""The pump: the only caller of a provider. A request goes in, its reply comes out, stored; nothing is bought twice.

No barrier anywhere: every request waits for a slot of its endpoint and for nothing else. Retries sleep outside the slot. An identical request in
flight is joined. Limits per minute, budgets and adaptive concurrency belong into `Endpoint.admit`, which today is a plain count of slots.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from charkha.core.errors import CharkhaError, ProviderError, RateLimited, RunError, Unfinished
from charkha.core.ids import request_key
from charkha.core.protocols import Provider
from charkha.core.records import Capabilities, Reply, Request
from charkha.core.store import ReplyStore

_UNWRITABLE = "the reply store cannot be written: {error}. Mend `cache:` or the disk, and run the same command again."
PROBES = 5  # tries of a probe that is told to wait
REFUSALS = 16  # requests refused in a row, none answered, after which it is the endpoint
FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0  # seconds


class Stopped(CharkhaError):
    """The pump takes no more requests; the seed that asked stays pending."""


@dataclass
class Endpoint:
    """A provider with its slots and its record.

    Args:
        provider: what is called.
        concurrency: calls in flight at most.
        retries: repeats of one request after transient errors.
    """

    provider: Provider
    concurrency: int
    retries: int
    flying: int = 0
    peak: int = 0
    answered: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    last_success: float = 0.0
    refused_in_row: int = 0
    _slots: asyncio.Semaphore | None = None

    def admit(self) -> asyncio.Semaphore:
        """The slot to hold during a call."""
        if self._slots is None:
            self._slots = asyncio.Semaphore(self.concurrency)
        return self._slots


class Pump:
    """Buys replies, each once, and hands them out.

    Args:
        store: where replies are kept; looked at first.
        on_wait: told when an endpoint makes us wait: (error, seconds).
    """

    def __init__(self, store: ReplyStore, on_wait: Callable[[ProviderError, float], None] | None = None) -> None:
        self.store = store
        self.stopped_by: BaseException | None = None
        self.bought = self.reused = 0
        self._on_wait = on_wait
        self._flying: dict[str, asyncio.Future[Reply]] = {}
        self._wake = asyncio.Event()

    def stop(self, reason: BaseException) -> None:
        """Takes no more requests; what is in flight lands and is stored. The first reason stays."""
        self.stopped_by = self.stopped_by or reason
        self._wake.set()

    async def reply(self, endpoint: Endpoint, request: Request) -> tuple[str, Reply]:
        """The reply to a request and its key.

        Raises:
            Stopped: the pump was stopped before the request left.
            ProviderError: the request itself fails for good; the endpoint is otherwise well.
        """
        key = request_key(request)
        known = self.store.get(key)
        if known is not None:
            self.reused += 1
            return key, known
        if key in self._flying:
            return key, await asyncio.shield(self._flying[key])
        landed: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._flying[key] = landed
        try:
            reply = await self._buy(endpoint, request, key)
            landed.set_result(reply)
            return key, reply
        except BaseException as error:
            landed.set_exception(error if isinstance(error, Exception) else Stopped("cancelled"))
            landed.exception()  # seen: nobody may have joined
            raise
        finally:
            del self._flying[key]

    async def _buy(self, endpoint: Endpoint, request: Request, key: str) -> Reply:
        for attempt in range(endpoint.retries + 1):
            began = time.monotonic()
            try:
                return await self._call(endpoint, request, key)
            except ProviderError as error:
                endpoint.errors[type(error).__name__] += 1
                if error.fatal:
                    self.stop(error)
                if not error.transient:
                    self._note_refusal(endpoint, error)
                    raise
                if attempt == endpoint.retries:
                    # What was answered before this last try began, by an endpoint that was just ending, proves nothing.
                    if endpoint.last_success < began and not await self._is_alive(endpoint):
                        self.stop(error)  # nothing gets through: it is the endpoint, not this request
                    raise
                await self._wait(error, attempt)
        raise AssertionError("unreachable")

    async def probe(self, endpoint: Endpoint) -> Capabilities:
        """Asks an endpoint what it can do; waits while it says that it has too much to do.

        Raises:
            ProviderError: what the last try met.
        """
        for attempt in range(PROBES):
            try:
                return await endpoint.provider.probe()
            except RateLimited as error:
                if attempt == PROBES - 1:
                    raise
                await self._wait(error, attempt)
        raise AssertionError("unreachable")

    async def _is_alive(self, endpoint: Endpoint) -> bool:
        try:
            await endpoint.provider.probe()
        except ProviderError:
            return False
        return True

    def _note_refusal(self, endpoint: Endpoint, error: ProviderError) -> None:
        """Stops when an endpoint refuses one request after the other: it is not theirs, and seeds must not be spent on it."""
        endpoint.refused_in_row += 1
        if endpoint.refused_in_row >= REFUSALS:
            self.stop(
                Unfinished(
                    f"{REFUSALS} requests in a row were refused, the last so: {error} Then run the same command again."
                )
            )

    async def _call(self, endpoint: Endpoint, request: Request, key: str) -> Reply:
        async with endpoint.admit():
            if self.stopped_by is not None:
                raise Stopped(f"stopped: {self.stopped_by}")
            endpoint.flying += 1
            endpoint.peak = max(endpoint.peak, endpoint.flying)
            try:
                reply = await endpoint.provider.call(request)
                self._keep(key, reply, request.model)  # durable before the slot is free
            finally:
                endpoint.flying -= 1
            endpoint.answered += 1
            endpoint.refused_in_row = 0
            endpoint.last_success = time.monotonic()
            self.bought += 1
            return reply

    def _keep(self, key: str, reply: Reply, model: str) -> None:
        try:
            self.store.put(key, reply, model)
        except (CharkhaError, OSError) as error:  # a full or broken disk: buying on would be paying for nothing
            self.stop(error if isinstance(error, CharkhaError) else RunError(_UNWRITABLE.format(error=error)))
            raise Stopped(str(error)) from error

    async def _wait(self, error: ProviderError, attempt: int) -> None:
        seconds = random.uniform(0, min(LONGEST_WAIT, FIRST_WAIT * 2**attempt))  # full jitter
        asked: float | None = getattr(error, "retry_after", None)
        if asked is not None:
            seconds += min(asked, 10 * LONGEST_WAIT)
        if self._on_wait:
            self._on_wait(error, seconds)
        try:
            await asyncio.wait_for(self._wake.wait(), seconds)
        except TimeoutError:
            return
        raise Stopped(f"stopped: {self.stopped_by}")

"""GETs of public files, politely: few at a time, patient with a server in trouble, never a storm, never a hang.

Knows nothing of dumps and writes nothing. What a server says is bounded here: redirects, waits, sizes.
"""

from __future__ import annotations

import asyncio
import random
import time
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TypeVar
from urllib.parse import urljoin, urlsplit

from charkha import __version__
from charkha.core.errors import BadReply, Overloaded, ProviderError, RateLimited, SourceError, TimedOut
from charkha.core.transport import HttpTransport, Streamed, origin

PUBLIC_MIRROR = "https://dumps.wikimedia.org"
PUBLIC_AT_ONCE = 3  # connections that the public host allows one reader
USER_AGENT = f"charkha/{__version__} (charkha download; reads dump files)"
MOST_REDIRECTS = 5
MOST_WAIT = 900.0  # seconds; a server that wants more is asked another day
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 60.0  # seconds; doubled from failure to failure
LEAST_RATE = 1024  # bytes in `stall` seconds; less is a server that only pretends to send
UNANSWERED = 6  # tries of servers of which none ever answered: the address may be wrong
TOLD_FROM = 3  # failures in a row
GONE = (404, 410)
_REDIRECTS = (301, 302, 303, 307, 308)

T = TypeVar("T")


class Missing(SourceError):
    """The server has no such file."""


class Denied(SourceError):
    """The server does not give it out; others of its files it may."""


@dataclass(frozen=True, slots=True)
class Manners:
    """How a server is treated.

    Args:
        at_once: connections to a host.
        tries: in a row without progress before a file is given up.
        stall: seconds without a byte before a connection is given up.
    """

    at_once: int = 2
    tries: int = 10
    stall: float = 60.0


class Web:
    """The way to files on servers. Close it in the end.

    Args:
        manners: how a server is treated.
        say: is told when it takes long, a line each.
    """

    def __init__(self, manners: Manners, say: Callable[[str], None]) -> None:
        self.manners = manners
        self._say = say
        self._transport = HttpTransport(named_by="--mirror")
        self._gates: dict[str, asyncio.Semaphore] = {}
        self._was_answered = False
        self._not_before: dict[str, float] = {}  # by host, on the monotonic clock

    async def close(self) -> None:
        """Closes the connections."""
        await self._transport.close()

    @asynccontextmanager
    async def get(self, url: str, headers: Mapping[str, str]) -> AsyncIterator[Streamed]:
        """One GET, redirects followed; the answer's status is 200, 206, 404, 410 or 416.

        Raises:
            RateLimited, Overloaded, TimedOut, BadReply: it may go better next time.
            SourceError: it will not: refused, or redirected in circles or out of http.
            Refused: nothing on this server can be reached (offline, certificate, proxy).
        """
        name = urlsplit(url).path.rpartition("/")[2] or url
        sent = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity", **headers}
        for _ in range(MOST_REDIRECTS + 1):
            host = origin(url)
            async with self._gate(host):
                await self._turn(host)
                async with self._transport.stream(url, sent, self.manners.stall) as answer:
                    self._was_answered = True
                    if answer.status not in _REDIRECTS:
                        self._judge(answer, host, name)
                        yield Streamed(answer.status, answer.headers, self._flowing(answer.chunks, host))
                        return
                    url = _next(url, answer.headers.get("location", ""), name)
        raise SourceError(f"{name}: redirected more than {MOST_REDIRECTS} times. Name another --mirror.")

    async def text(self, url: str, most: int) -> str | None:
        """A small text, tried patiently; None when there is none, or none for us.

        Args:
            url: of the text.
            most: bytes; a longer one is refused.

        Raises:
            ProviderError, SourceError: as `get`.
        """

        async def once() -> str | None:
            async with self.get(url, {}) as answer:
                if answer.status in GONE:
                    return None
                begins = answer.status == 206 and answer.headers.get("content-range", "").strip().startswith("bytes 0-")
                if answer.status != 200 and not begins:  # some answer 206 with all of it
                    raise BadReply(f"{origin(url)!r} answers {url.rpartition('/')[2]!r} with HTTP {answer.status}. Name another --mirror.")
                data = bytearray()
                async for chunk in answer.chunks:
                    data += chunk
                    if len(data) > most:
                        raise SourceError(f"{url.rpartition('/')[2] or 'the listing'!r} at {origin(url)!r} is longer than {most:,} bytes. Name another --mirror.")
                return _plain(bytes(data), answer.headers.get("content-encoding", ""), most).decode("utf-8", "replace")

        try:
            return await self.patiently(once, lambda: False)
        except Denied:
            return None

    async def patiently(self, attempt: Callable[[], Awaitable[T]], has_progressed: Callable[[], bool]) -> T:
        """Tries until it succeeds, or `tries` times in a row without progress.

        Raises:
            ProviderError: the last failure; what no retry can mend at once.
        """
        failures = 0
        while True:
            try:
                return await attempt()
            except ProviderError as error:
                if not error.transient:
                    raise
                failures = 1 if has_progressed() else failures + 1
                asked = getattr(error, "retry_after", None) or 0.0
                most = self.manners.tries if self._was_answered else min(self.manners.tries, UNANSWERED)
                if failures >= most or asked > MOST_WAIT:
                    raise
                if failures >= TOLD_FROM:
                    self._say(f"{str(error).partition('. ')[0]}; trying again ({failures} of {most})")
            # Full jitter, so that many readers of a server that came back do not return together.
            await asyncio.sleep(random.uniform(0, min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (failures - 1))))

    def _gate(self, host: str) -> asyncio.Semaphore:
        if host not in self._gates:
            most = min(self.manners.at_once, PUBLIC_AT_ONCE) if is_public(host) else self.manners.at_once
            self._gates[host] = asyncio.Semaphore(most)
        return self._gates[host]

    async def _turn(self, host: str) -> None:
        """Waits as long as the host asked everyone to; longer than MOST_WAIT it is not asked at all."""
        while (seconds := self._not_before.get(host, 0.0) - time.monotonic()) > 0:
            if seconds > MOST_WAIT:
                raise Overloaded(f"{host!r} asked to wait {seconds:,.0f} s. Try again later, or name another --mirror.", seconds)
            await asyncio.sleep(seconds)

    def _judge(self, answer: Streamed, host: str, name: str) -> None:
        status = answer.status
        if status in (200, 206, 416, *GONE):
            return
        if status in (408, 425, 429) or (status >= 500 and status != 501):
            seconds = _seconds(answer.headers.get("retry-after", ""))
            if seconds:
                self._not_before[host] = max(self._not_before.get(host, 0.0), time.monotonic() + seconds)
            wait = f" and asks to wait {seconds:,.0f} s" if seconds else ""
            kind = RateLimited if status == 429 else Overloaded
            raise kind(f"{host!r} answers HTTP {status}{wait}. Try again later, or name another --mirror.", seconds)
        if 400 <= status:
            raise Denied(f"{name}: {host!r} refuses it (HTTP {status}). Name another --mirror or --date.")
        raise BadReply(f"{host!r} answers HTTP {status} to a plain request. Name another --mirror.")

    async def _flowing(self, chunks: AsyncIterator[bytes], host: str) -> AsyncIterator[bytes]:
        """The chunks, given up when they come in drips."""
        since, count = time.monotonic(), 0
        async for chunk in chunks:
            yield chunk
            count += len(chunk)
            now = time.monotonic()
            if now - since > self.manners.stall:
                if count < LEAST_RATE:
                    raise TimedOut(f"{host!r} sent {count} bytes in {now - since:.0f} s. Try again later.")
                since, count = now, 0


def is_public(host: str) -> bool:
    """Whether an address is on the public dump server, which allows few connections."""
    return urlsplit(host).hostname == urlsplit(PUBLIC_MIRROR).hostname


def _next(url: str, location: str, name: str) -> str:
    """Where a redirect leads: http or https, and never from https back to http."""
    try:
        after = urljoin(url, location)
        parts = urlsplit(after)
        good = bool(location and parts.hostname and parts.port != 0)
    except ValueError:
        good = False
    if not good or parts.scheme not in ("http", "https") or (url.startswith("https:") and parts.scheme == "http"):
        raise SourceError(f"{name}: {origin(url)!r} redirects it to no http(s) address. Name another --mirror.")
    return after


def _seconds(value: str) -> float | None:
    """What Retry-After says, in seconds: a number, or a date from which now is taken off."""
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None


def _plain(data: bytes, encoding: str, most: int) -> bytes:
    """A small body without the content-encoding that it should not have had."""
    if encoding.strip().lower() in ("", "identity"):
        return data
    try:
        if encoding.strip().lower() not in ("gzip", "x-gzip", "deflate"):
            raise zlib.error("unknown")
        return zlib.decompressobj(47).decompress(data, most)
    except zlib.error:
        raise BadReply(f"an answer in the content-encoding {encoding[:20]!r} that was not asked for. Name another --mirror.") from None

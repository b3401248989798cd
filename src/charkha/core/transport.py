"""The only network seam: everything that leaves this machine leaves through a Transport.

Proxies (HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY with networks) and a custom CA (SSL_CERT_FILE,
REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE) are taken from the usual variables; this machine itself is never reached through a
proxy, and .netrc is never read, so that no password leaves that no recipe names. CHARKHA_OFFLINE=1 refuses every call
but to this machine itself.
"""

from __future__ import annotations

import asyncio
import ipaddress
import os
import ssl
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from charkha.core.errors import BadReply, Overloaded, ProviderError, Refused, TimedOut

MAX_BODY = 64 * 1024 * 1024  # bytes; a reply beyond it is no chat completion
STREAM_CHUNK = 1 << 18  # bytes; the most that a streamed answer hands over at once


@dataclass(frozen=True, slots=True)
class Response:
    """A whole HTTP response; header names in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Streamed:
    """An answer whose body is still on its way; header names in lower case.

    `chunks` are the body's bytes as they were sent: a content-encoding is not undone.
    """

    status: int
    headers: Mapping[str, str]
    chunks: AsyncIterator[bytes]


class Transport(Protocol):
    """Sends one HTTP request and returns the whole response, or raises Overloaded, TimedOut or BadReply."""

    async def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, timeout: float
    ) -> Response:
        """`timeout` in seconds for the whole exchange."""
        ...

    async def close(self) -> None:
        """Closes connections."""
        ...


class FakeTransport:
    """A shipped stand-in: answers by calling `answer(method, url, body)`; records what was sent in `sent`."""

    def __init__(self, answer: Callable[[str, str, bytes | None], Response]) -> None:
        self.answer = answer
        self.sent: list[tuple[str, str, bytes | None]] = []

    async def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, timeout: float
    ) -> Response:
        """Answers at once."""
        self.sent.append((method, url, body))
        return self.answer(method, url, body)

    async def close(self) -> None:
        """Nothing to close."""


class HttpTransport:
    """aiohttp behind the seam; one session, made on first use, and the variables of that moment.

    Args:
        connections: open at once, 0 for any number.
        named_by: what names the address, so that an error can say what to mend.
    """

    def __init__(self, connections: int = 0, named_by: str = "base_url") -> None:
        self._connections = connections
        self._named_by = named_by
        self._session: Any = None
        self._proxies: dict[tuple[str, str], str | None] = {}

    async def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, timeout: float
    ) -> Response:
        """See Transport. Raises Overloaded for a lost connection, Refused for one that never can be."""
        import aiohttp

        where, session = origin(url), self._ready(url)
        limits = aiohttp.ClientTimeout(total=timeout, sock_connect=min(30.0, timeout))
        late = f"no whole answer from {where!r} within {timeout:g} s. Raise `timeout` or look at it."
        with _mapping(where, late, self._named_by):
            async with session.request(
                method,
                url,
                headers=dict(headers),
                data=body,
                timeout=limits,
                allow_redirects=False,
                proxy=self._proxy(url),
            ) as answer:
                data = await self._read(answer, where)
                return Response(answer.status, _lower(answer.headers), data)

    @asynccontextmanager
    async def stream(self, url: str, headers: Mapping[str, str], stall: float) -> AsyncIterator[Streamed]:
        """GETs an answer too big to be held: its chunks are read inside the `async with`, and errors come from there.

        Redirects are handed over, not followed. What is left unread is dropped with its connection.

        Args:
            url: what to get.
            headers: of the request.
            stall: seconds without a byte before it is given up.

        Raises:
            Overloaded, TimedOut, BadReply, Refused: as `send`; a body shorter than it was said to be is Overloaded.
        """
        import aiohttp

        where, session = origin(url), self._ready(url)
        soon = min(30.0, stall)
        limits = aiohttp.ClientTimeout(total=None, sock_connect=soon, sock_read=stall)
        late = f"{where!r} sent nothing for {stall:g} s. Try again later, or look at the way there."
        with _mapping(where, late, self._named_by):
            async with asyncio.timeout(2 * soon + stall):  # names looked up, a proxy's answer, headers that come in drips
                answer = await session.get(
                    url,
                    headers=dict(headers),
                    timeout=limits,
                    allow_redirects=False,
                    proxy=self._proxy(url),
                    auto_decompress=False,
                )
        try:
            yield Streamed(answer.status, _lower(answer.headers), self._chunks(answer, where, late))
        finally:
            answer.close()

    async def _chunks(self, answer: Any, where: str, late: str) -> AsyncIterator[bytes]:
        while True:
            with _mapping(where, late, self._named_by):  # not around the yield: the reader's errors are its own
                chunk = await answer.content.read(STREAM_CHUNK)
            if not chunk:
                return
            yield chunk

    def _ready(self, url: str) -> Any:
        """The session; refused where nothing may leave this machine."""
        if os.environ.get("CHARKHA_OFFLINE") == "1" and not _is_local(url):
            raise Refused(f"CHARKHA_OFFLINE=1 forbids a call to {origin(url)!r}. Unset it to allow calls.")
        if self._session is None:
            self._session = self._open()
        return self._session

    def _open(self) -> Any:
        import aiohttp

        bundle = next((name for name in _CA_VARIABLES if os.environ.get(name)), None)
        connector = aiohttp.TCPConnector(limit=self._connections, ssl=_trusting(bundle) if bundle else True)
        # trust_env would read .netrc and ask a thread for the proxy at every request.
        return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())

    def _proxy(self, url: str) -> str | None:
        parts = urlsplit(url)
        at = (parts.scheme, parts.netloc)
        if at not in self._proxies:
            self._proxies[at] = proxy_for(url)
        return self._proxies[at]

    @staticmethod
    async def _read(answer: Any, where: str) -> bytes:
        chunks, size = [], 0
        async for chunk in answer.content.iter_chunked(1 << 16):
            size += len(chunk)
            if size > MAX_BODY:
                raise BadReply(f"{where!r} answered with more than {MAX_BODY >> 20} MiB. That is no chat completion.")
            chunks.append(chunk)
        return b"".join(chunks)

    async def close(self) -> None:
        """Closes the session and lets its sockets go."""
        if self._session is not None:
            await self._session.close()
            await asyncio.sleep(0)
            self._session = None


_CA_VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


def origin(url: str) -> str:
    """Scheme, host and port of a URL: never its path, query or credentials."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "(no URL)"
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{f':{port}' if port else ''}"


def proxy_for(url: str) -> str | None:
    """The proxy that the usual variables name for a URL, or None: always for this machine, else as NO_PROXY says.

    Raises:
        Refused: the proxy is of a kind that is not spoken here (socks).
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if (
        _is_local(url)
        or proxy_bypass(host)
        or proxy_bypass(parts.netloc.rpartition("@")[2])
        or _in_no_proxy_network(host)
    ):
        return None
    found = getproxies()
    proxy = found.get(parts.scheme) or found.get("all")
    if proxy and "://" not in proxy:
        proxy = f"http://{proxy}"
    if proxy and urlsplit(proxy).scheme not in ("http", "https"):
        raise Refused(f"the proxy {origin(proxy)!r} is not an http one. Name an http proxy, or the host in NO_PROXY.")
    return proxy or None


def _in_no_proxy_network(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    for entry in (os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or "").split(","):
        try:
            if address in ipaddress.ip_network(entry.strip(), strict=False):
                return True
        except ValueError:
            continue
    return False


def _trusting(variable: str) -> ssl.SSLContext:
    path = os.environ[variable]
    try:
        if os.path.isdir(path):
            return ssl.create_default_context(capath=path)
        return ssl.create_default_context(cafile=path)
    except (OSError, ssl.SSLError) as error:
        raise Refused(
            f"{variable}={path!r} holds no CA certificates ({type(error).__name__}). Mend or unset {variable}."
        ) from error


@contextmanager
def _mapping(where: str, late: str, named_by: str) -> Iterator[None]:
    """Every lower error becomes one of ours. They hold the request with its headers, keys and all: they are not chained."""
    import aiohttp

    try:
        yield
    except TimeoutError:
        raise TimedOut(late) from None
    except aiohttp.ClientError as error:
        raise _mapped(error, where, named_by) from None
    except (OSError, ValueError) as error:
        raise _lost(where, error, named_by) from None


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _mapped(error: Any, where: str, named_by: str) -> ProviderError:
    import aiohttp

    if isinstance(error, aiohttp.InvalidURL):
        place = "base_url in the recipe" if named_by == "base_url" else named_by
        return Refused(f"{where!r} is no URL that can be called. Mend {place}.")
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return Refused(f"the certificate of {where!r} is not trusted. Set SSL_CERT_FILE to your CA's file.")
    if isinstance(error, aiohttp.ClientConnectorSSLError):
        return Refused(
            f"{where!r} speaks no TLS that is understood here. Is it http:// rather than https://? Check {named_by}."
        )
    if isinstance(error, aiohttp.ClientHttpProxyError) and error.status < 500:
        return Refused(
            f"the proxy refuses the way to {where!r} (HTTP {error.status}). "
            "Check HTTPS_PROXY, or name the host in NO_PROXY."
        )
    if isinstance(error, aiohttp.ClientResponseError) and not isinstance(error, aiohttp.ClientHttpProxyError):
        return BadReply(f"{where!r} speaks no HTTP. Check the port in {named_by}.")
    if isinstance(error, aiohttp.ClientPayloadError):
        return Overloaded(f"{where!r} cut the connection before all was there. Try again later.")
    return _lost(where, error, named_by)


def _lost(where: str, error: BaseException, named_by: str) -> ProviderError:
    return Overloaded(f"no connection to {where!r} ({type(error).__name__}). Is the server up? Check {named_by}.")


def _is_local(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")

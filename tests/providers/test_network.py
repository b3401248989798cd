"""The way out: proxies, NO_PROXY, a CA of one's own, .netrc, and being offline; all of it on this machine."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from aiohttp import web

from charkha.core.errors import Refused
from charkha.core.recipe import Model
from charkha.core.records import Message, Reply, Request
from charkha.core.transport import proxy_for
from charkha.providers.openai_compatible import OpenAICompatible
from servers import ReplyServer, completion

ASK = Request(messages=(Message("user", "?"),), model="m")
CA = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


def call(base_url: str) -> Reply:
    async def whole() -> Reply:
        provider = OpenAICompatible(Model(kind="openai_compatible", model="m", base_url=base_url, timeout=20))
        try:
            return await provider.call(ASK)
        finally:
            await provider.close()

    return asyncio.run(whole())


@contextmanager
def answering(seen: list[web.Request], context: ssl.SSLContext | None = None) -> Iterator[int]:
    """A server that answers whatever comes, as an endpoint or as a proxy; yields its port."""
    up, port = threading.Event(), [0]

    async def handler(request: web.BaseRequest) -> web.Response:
        seen.append(request)  # type: ignore[arg-type]
        return web.json_response(completion("हाँ", {"model": "m"}))

    async def serve() -> None:
        ending.append((asyncio.get_running_loop(), asyncio.Event()))
        runner = web.ServerRunner(web.Server(handler), shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        port[0] = runner.addresses[0][1]
        up.set()
        await ending[0][1].wait()
        await runner.cleanup()

    ending: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []
    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert up.wait(20)
    try:
        yield port[0]
    finally:
        ending[0][0].call_soon_threadsafe(ending[0][1].set)
        thread.join()


@pytest.fixture
def online(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CHARKHA_OFFLINE", "NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy", *CA):
        monkeypatch.delenv(name, raising=False)


# Proxies


@pytest.mark.usefixtures("online")
@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_a_proxy_is_used(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    seen: list[web.Request] = []
    with answering(seen) as port:
        monkeypatch.setenv(variable, f"http://me:secret@127.0.0.1:{port}")
        assert call("http://model.test/v1").text == "हाँ"
    assert seen[0].headers["Host"] == "model.test"
    assert seen[0].headers["Proxy-Authorization"].startswith("Basic ")


@pytest.mark.usefixtures("online")
def test_this_machine_is_never_reached_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with ReplyServer(models=("m",)) as server:
        assert call(server.url).served_by == "m"


@pytest.mark.usefixtures("online")
@pytest.mark.parametrize(
    ("url", "no_proxy", "direct"),
    [
        ("http://model.test/v1", "", False),
        ("http://model.test/v1", "model.test", True),
        ("http://model.test/v1", "*", True),
        ("http://a.model.test/v1", ".model.test", True),
        ("http://model.test:81/v1", "model.test:81", True),
        ("http://mymodel.test/v1", "model.test", False),
        ("http://10.1.2.3/v1", "10.0.0.0/8", True),
        ("http://11.1.2.3/v1", "x, 10.0.0.0/8", False),
        ("https://model.test/v1", "", True),
        ("http://[::1]:8/v1", "", True),
        ("http://localhost:8/v1", "", True),
    ],
)
def test_no_proxy(monkeypatch: pytest.MonkeyPatch, url: str, no_proxy: str, direct: bool) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.test:3128")
    monkeypatch.setenv("NO_PROXY", no_proxy)
    assert proxy_for(url) == (None if direct else "http://proxy.test:3128")


@pytest.mark.usefixtures("online")
def test_a_socks_proxy_is_said_to_be_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "socks5://me:secret@proxy.test:1080")
    with pytest.raises(Refused, match="NO_PROXY") as caught:
        call("http://model.test/v1")
    assert "secret" not in str(caught.value)


@pytest.mark.usefixtures("online")
def test_netrc_is_never_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login me password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    seen: list[web.Request] = []
    with answering(seen) as port:
        call(f"http://127.0.0.1:{port}/v1")
    assert "Authorization" not in seen[0].headers


def test_offline_refuses_the_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHARKHA_OFFLINE", "1")
    with pytest.raises(Refused, match="CHARKHA_OFFLINE=1"):
        call("http://model.test/v1")


# Certificates


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-made certificate for 127.0.0.1 that is its own CA, key and all in one file."""
    if shutil.which("openssl") is None:
        pytest.skip("needs the openssl command")
    folder = tmp_path_factory.mktemp("ca")
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=charkha-test"
    more = [
        "-addext",
        "subjectAltName=IP:127.0.0.1",
        "-keyout",
        str(folder / "key.pem"),
        "-out",
        str(folder / "ca.pem"),
    ]
    subprocess.run([*command.split(), *more], check=True, capture_output=True)
    (folder / "both.pem").write_text((folder / "key.pem").read_text() + (folder / "ca.pem").read_text())
    return folder / "ca.pem"


@contextmanager
def tls(certificate: Path) -> Iterator[str]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate.parent / "both.pem")
    with answering([], context) as port:
        yield f"https://127.0.0.1:{port}/v1"


@pytest.mark.usefixtures("online")
@pytest.mark.parametrize("variable", CA)
def test_a_ca_of_ones_own(monkeypatch: pytest.MonkeyPatch, certificate: Path, variable: str) -> None:
    monkeypatch.setenv(variable, str(certificate))
    with tls(certificate) as url:
        assert call(url).text == "हाँ"


@pytest.mark.usefixtures("online")
def test_a_certificate_that_nobody_signed(certificate: Path) -> None:
    with tls(certificate) as url, pytest.raises(Refused, match="SSL_CERT_FILE"):
        call(url)


@pytest.mark.usefixtures("online")
@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_ca_file_that_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    with pytest.raises(Refused, match="SSL_CERT_FILE"):
        call("https://127.0.0.1:9/v1")


@pytest.mark.usefixtures("online")
def test_https_where_http_is_spoken() -> None:
    with ReplyServer() as server, pytest.raises(Refused, match="TLS"):
        call(server.url.replace("http://", "https://"))

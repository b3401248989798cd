"""A dump server with faults, in threads of its own: the layout of the public one, and whatever can go wrong with it.

    with DumpServer() as server:
        server.publish("hi", "20261101", {"page.sql.gz": b"..."})
        server.faults["page.sql.gz"] = ["cut:1000", "503"]     # one a request, by the end of its path; "*..." stays
        charkha("download", "hi", "--mirror", server.url)
        assert server.asked("page.sql.gz") == [...]            # a Request each: range, status, bytes handed to the kernel
"""

from __future__ import annotations

import gzip
import hashlib
import json
import socket
import struct
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

USUAL = ("pages-articles-multistream.xml.bz2", "page.sql.gz", "categorylinks.sql.gz", "linktarget.sql.gz", "langlinks.sql.gz", "page_props.sql.gz")
PIECE = 16_384  # bytes handed to the kernel at once


@dataclass(slots=True)
class Request:
    """One request as the server saw it."""

    path: str
    start: int
    headers: dict[str, str]
    status: int = 0
    sent: int = 0  # of the body
    fault: str = ""
    at: float = field(default_factory=time.monotonic)


@dataclass(slots=True)
class Body:
    """What is served: bytes, or a pattern repeated up to a size that nobody holds."""

    data: bytes
    size: int = -1
    etag: str = ""

    def __post_init__(self) -> None:
        self.size = len(self.data) if self.size < 0 else self.size
        self.etag = self.etag or f'"{hashlib.sha1(self.data).hexdigest()[:12]}-{self.size}"'

    def piece(self, start: int, count: int) -> bytes:
        count = min(count, self.size - start)
        if self.size == len(self.data):
            return self.data[start : start + count]
        at = start % len(self.data)
        return (self.data[at:] + self.data * (count // len(self.data) + 1))[:count]


def job_of(name: str) -> str:
    """The job of dumpstatus.json that makes a file."""
    if "multistream" in name:
        return "articlesmultistreamdump"
    return "articlesdump" if "articles" in name else f"{name.split('.')[0].replace('_', '')}table"


@dataclass
class DumpServer:
    """Serves `files` by path. `pace`: seconds between pieces of a body."""

    files: dict[str, Body] = field(default_factory=dict)
    faults: dict[str, list[str]] = field(default_factory=dict)
    log: list[Request] = field(default_factory=list)
    pace: float = 0.0
    has_ranges: bool = True
    has_etags: bool = True
    peak: int = 0

    def __post_init__(self) -> None:
        self._busy, self._mutex, self.ending = 0, threading.Lock(), threading.Event()
        handler = type("Handler", (_Handler,), {"dumps": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> DumpServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ending.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def publish(self, wiki: str, date: str, contents: Mapping[str, bytes | Body], **changes: Any) -> dict[str, Any]:
        """Puts a dump there, its dumpstatus.json and the listing; `changes` are statuses of jobs. Returns the status."""
        db = f"{wiki.replace('-', '_')}wiki"
        jobs: dict[str, Any] = {}
        for what, content in contents.items():
            name = f"{db}-{date}-{what}"
            body = content if isinstance(content, Body) else Body(content)
            self.files[f"/{db}/{date}/{name}"] = body
            facts = {"size": body.size, "url": f"/{db}/{date}/{name}"}
            if body.size == len(body.data):
                facts |= {"sha1": hashlib.sha1(body.data).hexdigest(), "md5": hashlib.md5(body.data).hexdigest()}
            jobs.setdefault(job_of(what), {"status": "done", "files": {}})["files"][name] = facts
        for job, state in changes.items():
            jobs.setdefault(job, {"files": {}})["status"] = state
        status = {"version": "0.8", "jobs": jobs}
        self.write_status(wiki, date, status)
        dates = sorted({path.split("/")[2] for path in self.files if path.startswith(f"/{db}/20")})
        listing = "".join(f'<a href="{found}/">{found}/</a>  01-Nov-2026 00:00  -\n' for found in dates)
        self.files[f"/{db}/"] = Body(f'<html><a href="../">../</a>\n{listing}<a href="latest/">latest/</a></html>'.encode())
        return status

    def write_status(self, wiki: str, date: str, status: Any) -> None:
        db = f"{wiki.replace('-', '_')}wiki"
        self.files[f"/{db}/{date}/dumpstatus.json"] = Body(json.dumps(status).encode())

    def asked(self, end: str) -> list[Request]:
        """The requests for a path of that end, in order."""
        return [request for request in self.log if request.path.endswith(end)]

    def fault_of(self, path: str) -> str:
        for end, faults in self.faults.items():
            if path.endswith(end) and faults:
                return faults[0][1:] if faults[0].startswith("*") else faults.pop(0)
        return ""

    def enter(self, change: int) -> None:
        with self._mutex:
            self._busy += change
            self.peak = max(self.peak, self._busy)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    dumps: DumpServer

    def setup(self) -> None:
        self.request.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, PIECE)
        super().setup()

    def log_message(self, *_: Any) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        asked = self.headers.get("Range", "")
        request = Request(self.path, int(asked[6:-1]) if asked else 0, dict(self.headers.items()))
        self.dumps.log.append(request)
        self.dumps.enter(1)
        try:
            self._answer(request, bool(asked))
        except OSError:
            self.close_connection = True
        finally:
            self.dumps.enter(-1)

    def _answer(self, request: Request, ranged: bool) -> None:
        body = self.dumps.files.get(self.path)
        fault, _, more = self.dumps.fault_of(self.path).partition(":")
        request.fault = fault
        if fault.isdigit():
            self._plain(request, int(fault), {"Retry-After": more} if more else {})
        elif fault == "redirect":
            self._plain(request, 302, {"Location": more})
        elif fault == "headers":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not self.dumps.ending.wait(0.5):
                self.wfile.write(b"y")
        elif body is None:
            self._plain(request, 404, {})
        else:
            self._body(request, body, ranged, fault, more)

    def _plain(self, request: Request, status: int, headers: Mapping[str, str]) -> None:
        request.status = status
        self.send_response(status)
        for name, value in {**headers, "Content-Length": "0"}.items():
            self.send_header(name, value)
        self.end_headers()

    def _body(self, request: Request, body: Body, ranged: bool, fault: str, more: str) -> None:
        if fault == "newtag":
            body = Body(body.data, etag=f'"{time.monotonic_ns()}"')
        if fault == "page":
            body = Body(b"<!DOCTYPE html><title>Log in</title>", etag='"page"')
        etag = self.headers.get("If-Range", body.etag)
        partial = ranged and self.dumps.has_ranges and fault not in ("noranges", "page") and etag == body.etag
        start = request.start if partial else 0
        if partial and start >= body.size:
            return self._plain(request, 416, {"Content-Range": f"bytes */{body.size}"})
        if fault == "gzip":
            body, start, partial = Body(gzip.compress(body.data)), 0, False
        if fault == "wrong":
            body = Body(body.data[:-1] + bytes([body.data[-1] ^ 1]), etag=body.etag)
        partial |= fault == "whole206"
        length = {"cap": min(int(more or 0), body.size - start), "short": (body.size - start) // 2, "long": body.size - start + 1000}.get(fault, body.size - start)
        request.status = 206 if partial else 200
        self.send_response(request.status)
        if partial:
            self.send_header("Content-Range", f"bytes {start + int(more or 0) if fault == 'shifted' else start}-{body.size - 1}/{body.size}")
        if self.dumps.has_etags:
            self.send_header("ETag", body.etag)
        if fault == "gzip":
            self.send_header("Content-Encoding", "gzip")
        if fault not in ("unsaid", "eof"):
            self.send_header("Content-Length", str(length))
        self.end_headers()
        self._send(request, body, start, fault, int(more or 0))
        self.close_connection = fault != ""

    def _send(self, request: Request, body: Body, start: int, fault: str, more: int) -> None:
        end = min(body.size, start + more) if fault in ("cut", "stall", "drip", "eof", "cap", "newtag") else body.size
        end = start + (body.size - start) // 2 if fault == "short" else end
        while start < end:
            piece = body.piece(start, min(PIECE, end - start))
            self.wfile.write(piece)
            start += len(piece)
            request.sent += len(piece)
            if self.dumps.pace:
                self.dumps.ending.wait(self.dumps.pace)
        if fault == "long":
            self.wfile.write(b"x" * 500)
        if fault == "cut":  # a reset, which also drops what is on its way
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
        if fault == "stall":
            self.dumps.ending.wait(60)
        while fault == "drip" and start < body.size and not self.dumps.ending.wait(0.05):
            self.wfile.write(body.piece(start, 1))
            start += 1

"""Pages and API under two origins, as with `siteMode` website: a plain file server, and a gateway
that allows the pages' origin as infra/http_api.py has it set up.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import ssl
import threading
from collections.abc import Iterator, Mapping
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import trustme

from infra import site_build
from infra.cors import CORS_METHODS, CORS_READ, CORS_SENT
from tests.browser.product import Product


@contextlib.contextmanager
def website(product: Product, authority: trustme.CA) -> Iterator[str]:
    """The website's address. Its API is `product` behind a gateway with TLS of `authority`."""
    origin: list[str] = []
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(tls)
    gateway = ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(_Gateway, product.url.partition("://")[2], origin)
    )
    gateway.socket = tls.wrap_socket(gateway.socket, server_side=True)
    pages = ThreadingHTTPServer(
        ("127.0.0.1", 0),
        partial(_Pages, site_build.build_folder(), f"https://localhost:{gateway.server_port}"),
    )
    origin.append(f"http://127.0.0.1:{pages.server_port}")
    with _running(gateway), _running(pages):
        yield origin[0]


@contextlib.contextmanager
def _running(server: ThreadingHTTPServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Pages(SimpleHTTPRequestHandler):
    """The bucket: its files, the page for missing files, and no added header fields."""

    def __init__(self, folder: Path, api: str, *arguments: object) -> None:
        self._folder, self._api = folder, api
        super().__init__(*arguments, directory=str(folder))  # type: ignore[arg-type]

    def do_GET(self) -> None:
        """Handle a request."""
        if self.path == "/config.json":
            self._config()
            return
        if not (self._folder / self.path.partition("?")[0].lstrip("/")).is_file():
            self.path = "/index.html"
        super().do_GET()

    def _config(self) -> None:
        body = json.dumps({"api": self._api}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Log nothing."""


class _Gateway(BaseHTTPRequestHandler):
    """The HTTP API: answers preflights itself, and allows one origin to read its responses."""

    protocol_version = "HTTP/1.1"

    def __init__(self, behind: str, origin: list[str], *arguments: object) -> None:
        self._behind, self._origin = behind, origin
        super().__init__(*arguments)  # type: ignore[arg-type]

    def do_OPTIONS(self) -> None:
        """Handle a request."""
        self._answer(
            204,
            {
                "access-control-allow-methods": ",".join(CORS_METHODS),
                "access-control-allow-headers": ",".join(CORS_SENT),
            },
            b"",
        )

    def _pass_on(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        connection = http.client.HTTPConnection(self._behind)
        try:
            connection.request(
                self.command,
                self.path,
                self.rfile.read(length),
                {name: value for name, value in self.headers.items() if name.lower() != "host"},
            )
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        skipped = ("content-length", "transfer-encoding", "connection", "date", "server")
        headers = {name: value for name, value in answer.headers.items()
                   if name.lower() not in skipped}  # fmt: skip
        self._answer(answer.status, headers, body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _pass_on

    def _answer(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if self.headers.get("Origin") == self._origin[0]:
            self.send_header("access-control-allow-origin", self._origin[0])
            self.send_header("access-control-expose-headers", ",".join(CORS_READ))
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Log nothing."""

"""A request to a built target arrives as one line at the stored host (S7)."""

from __future__ import annotations

import http.client
import socketserver
import threading
from collections.abc import Iterator

import pytest

from api.upstream.base_url import (
    parse_base_url,
)
from api.upstream.target import build_target
from tests.unit.upstream.samples import HOSTILE_PATHS, LEGITIMATE_PATHS


class RecordingServer(socketserver.ThreadingTCPServer):
    """A server that records the first two lines of each request."""

    daemon_threads = True

    def __init__(self) -> None:
        self.requests: list[list[bytes]] = []
        super().__init__(("127.0.0.1", 0), RecordingHandler)


class RecordingHandler(socketserver.StreamRequestHandler):
    server: RecordingServer

    def handle(self) -> None:
        lines = list(iter(self.rfile.readline, b"\r\n"))
        self.server.requests.append(lines[:2])
        self.wfile.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")


@pytest.fixture(scope="module")
def upstream() -> Iterator[RecordingServer]:
    with RecordingServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("path", [*HOSTILE_PATHS, *LEGITIMATE_PATHS])
def test_s7_the_stored_host_receives_one_request_in_origin_form(
    path: str, upstream: RecordingServer
) -> None:
    authority = f"127.0.0.1:{upstream.server_address[1]}"
    stored = parse_base_url(f"http://{authority}/v1", frozenset({authority}))
    target = build_target(stored, path, "q=1")
    upstream.requests.clear()
    connection = http.client.HTTPConnection(stored.host, stored.port, timeout=30)
    connection.putrequest("GET", target, skip_host=True, skip_accept_encoding=True)
    connection.putheader("Host", stored.authority)
    connection.endheaders()
    assert connection.getresponse().status == 204
    connection.close()
    sent = path.replace(" ", "%20").replace("\\", "%5C")
    assert upstream.requests == [
        [f"GET /v1{sent}?q=1 HTTP/1.1\r\n".encode(), f"Host: {authority}\r\n".encode()]
    ]

"""Reloading while the session is being renewed: the page that asked is gone before the answer."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Page, expect

from tests.browser.product import Product
from tests.browser.visit import sign_in
from tests.browser.watch import watch_of
from tests.support.accounts import Account

SLOW = 0.7


@dataclass
class Relay:
    """Stands before the product; answers to refreshes come `SLOW` seconds late."""

    url: str
    refreshes: int = 0


@pytest.fixture
def relay(product: Product) -> Iterator[Relay]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            connection = http.client.HTTPConnection(product.url.partition("://")[2], timeout=30)
            connection.putrequest(self.command, self.path, skip_host=True)
            for name, value in self.headers.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            given = answer.read()
            if self.path == "/api/auth/refresh":
                made.refreshes += 1
                threading.Event().wait(SLOW)
            self.send_response_only(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("connection", "content-length", "transfer-encoding"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(given)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(given)
            connection.close()

        do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_GET

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            pass  # callers that go away are what the test is about

    server = Server(("127.0.0.1", 0), Handler)
    made = Relay(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield made
    server.shutdown()
    server.server_close()


def test_reloading_again_and_again_does_not_end_the_session(
    new_page: Callable[..., Page], relay: Relay, account: Account
) -> None:
    page = new_page(product=relay)
    watch_of(page).allow("ERR_ABORTED")
    sign_in(page, account)
    with page.expect_request("**/api/auth/refresh"):
        page.goto("/keys")
    for _ in range(2):
        with page.expect_request("**/api/auth/refresh"):
            page.evaluate("void setTimeout(() => location.reload())")
    expect(page.get_by_role("heading", name="Keys", level=1)).to_be_visible()
    assert relay.refreshes >= 2

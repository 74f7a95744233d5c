"""Reload a page while it refreshes its session, before the response arrives."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler

import pytest
from playwright.sync_api import Page, expect

from tests.browser.product import Product
from tests.browser.visit import sign_in
from tests.browser.watch import watch_of
from tests.support.accounts import Account
from tests.support.relay import Relay

SLOW = 0.7


class SlowRefreshes(Relay):
    """A proxy of the product that delays responses to refreshes by `SLOW` seconds."""

    def __init__(self, product: Product) -> None:
        self.refreshes = 0
        super().__init__(product.url, self._wait)

    def _wait(self, request: BaseHTTPRequestHandler) -> bool:
        if request.path == "/api/auth/refresh":
            self.refreshes += 1
            threading.Event().wait(SLOW)
        return True


@pytest.fixture
def relay(product: Product) -> Iterator[SlowRefreshes]:
    made = SlowRefreshes(product)
    yield made
    made.close()


def test_repeated_reloads_do_not_end_the_session(
    new_page: Callable[..., Page], relay: SlowRefreshes, account: Account
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

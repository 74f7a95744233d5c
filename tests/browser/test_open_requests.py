"""The page of requests shows requests in progress until they are in the log."""

from __future__ import annotations

import http.client
import re
import threading
from collections.abc import Iterator

from playwright.sync_api import Page, expect

from tests.browser.axe import axe
from tests.browser.product import Product
from tests.browser.visit import sign_in, visit
from tests.support.accounts import Account
from tests.support.upstream import Answer, Place


def test_an_open_stream_is_shown_and_then_logged(
    page: Page, account: Account, place: Place, product: Product
) -> None:
    ended = threading.Event()

    def pieces() -> Iterator[bytes]:
        yield b"x" * 1_500
        while not ended.wait(1):
            yield b"x"

    place.answer(Answer(200, [("Content-Type", "text/event-stream")], pieces=pieces))
    account.key(place, api_name="weather")
    token = account.token(["weather"], name="nightly report")
    connection = http.client.HTTPConnection("127.0.0.1", product.port, timeout=60)
    connection.request("GET", "/proxy/weather/live", headers={"Authorization": f"Bearer {token}"})
    stream = connection.getresponse()
    sign_in(page, account)
    visit(page, "/requests")

    row = page.get_by_role("table", name="Open now").get_by_role("row").nth(1)
    for text in ("Open 200", "GET", "weather /live", "1.5 kB received", "nightly report"):
        expect(row).to_contain_text(text)
    expect(row.get_by_role("cell").nth(4)).to_have_text(re.compile(r"^\d+ s$"))
    axe(page)
    page.set_viewport_size({"width": 360, "height": 740})
    expect(row).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360

    ended.set()
    stream.read()
    connection.close()
    expect(row).to_have_count(0)
    logged = page.get_by_role("table", name="Requests").get_by_role("row")
    expect(logged.last).to_contain_text("weather /live")

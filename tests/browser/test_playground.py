"""The playground sends requests as composed and shows responses as text."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
from playwright.sync_api import Locator, Page, expect

from infra.node import find_node
from tests.browser.axe import axe
from tests.browser.chromium import every_width
from tests.browser.visit import sign_in, visit
from tests.browser.watch import watch_of
from tests.support.accounts import Account
from tests.support.upstream import Answer, Place


@pytest.fixture
def caller(page: Page, account: Account, place: Place) -> Account:
    """A user with a key, signed in on `page`."""
    account.key(place, api_name="weather")
    sign_in(page, account)
    return account


def send(page: Page) -> Locator:
    """Send the composed request and return the response's region."""
    page.get_by_role("button", name="Send request").click()
    response = page.get_by_role("region", name="Response")
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0)
    return response


def shown(response: Locator) -> Locator:
    """Return the locator of the shown body."""
    return response.locator("pre")


def test_a_request_arrives_as_composed(page: Page, caller: Account, place: Place) -> None:
    place.answer(
        Answer(
            201,
            headers=[
                ("Content-Type", "application/json"),
                ("X-RateLimit-Limit", "5000"),
                ("X-RateLimit-Remaining", "4999"),
            ],
            body=b'{"id":12345678901234567890,"ok":true}',
        )
    )
    visit(page, "/playground?api=weather&method=POST&path=/v1/things")
    page.get_by_label("Path").fill("/v1/ä b?limit=3")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Path")).to_have_value("/v1/ä b")
    expect(page.get_by_label("Query")).to_have_value("limit=3")
    page.get_by_text("Headers").first.click()
    page.get_by_role("textbox", name="Headers").fill("X-Trace: 7\nAccept: a/b")
    page.get_by_role("textbox", name="Body").fill('{ "a": 1, }')
    expect(page.get_by_text("This is not valid JSON")).to_be_visible()
    response = send(page)

    assert place.last.method == "POST"
    assert place.path() == "/v1/%C3%A4%20b?limit=3"
    assert place.last.body == b'{ "a": 1, }'
    assert place.last.get("x-trace") == "7"
    assert place.last.get("accept") == "a/b"
    assert place.last.get("content-type") == "application/json"
    assert place.last.get("authorization") == "Bearer sk-secret-0123456789"
    assert place.last.get("cookie") is None

    expect(response).to_contain_text("201 Created")
    expect(response).to_contain_text(re.compile(r"API \d+ ms\s*Proxy [\d.]+ ms\s*37 B"))
    expect(response).to_contain_text("4,999 left of 5,000")
    expect(shown(response)).to_have_text('{\n  "id": 12345678901234567890,\n  "ok": true\n}')
    response.get_by_text("Raw").click()
    expect(shown(response)).to_have_text('{"id":12345678901234567890,"ok":true}')
    # The URL has no query, header fields or body of the request.
    expect(page).to_have_url(re.compile(r"\?api=weather&method=POST&path=%2Fv1%2F%C3%A4\+b$"))

    response.get_by_role("link", name="View in log").click()
    expect(page.get_by_role("dialog")).to_contain_text("201 Created")


def test_on_a_phone_the_response_scrolls_to_just_below_the_top_bar(
    page: Page, caller: Account, place: Place
) -> None:
    page.set_viewport_size({"width": 390, "height": 500})
    place.answer(Answer(200, [("Content-Type", "application/json")], b"[%s0]" % (b"1," * 200)))
    visit(page, "/playground?api=weather&path=/v1/things")
    response = send(page)
    expect(response).to_contain_text("200 OK")
    bar = page.get_by_role("banner").bounding_box()
    panel = response.bounding_box()
    assert bar is not None and panel is not None
    assert page.evaluate("scrollY") > 0 and panel["y"] >= bar["y"] + bar["height"]


def test_a_request_cannot_leave_the_proxy(page: Page, caller: Account, place: Place) -> None:
    for path in ("/../../api/me", "/%2e%2e/%2e%2e/api/me", "/..%2f..%2fapi/me"):
        visit(page, f"/playground?api=weather&method=DELETE&path={path.replace('%', '%25')}")
        expect(page.get_by_label("Path")).to_have_value(path)
        page.get_by_role("button", name="Send request").click()
        page.get_by_text(re.compile("Browsers resolve|The path is not allowed")).first.wait_for()
    watch_of(page).allow("status of 400")
    assert place.received == []
    assert caller.call("GET", "/api/me").status == 200


@pytest.mark.parametrize(
    ("status", "words"),
    [(401, "weather rejected the stored key"), (429, "weather itself rejected")],
)
def test_a_rejection_by_the_api_is_explained(
    page: Page, caller: Account, place: Place, status: int, words: str
) -> None:
    watch_of(page).allow(f"status of {status} .*/proxy/weather")
    # It looks like the dashboard's problem, but does not end the session.
    body = json.dumps({"code": "authentication_required", "status": status}).encode()
    place.answer(Answer(status, [("Content-Type", "application/problem+json")], body))
    visit(page, "/playground?api=weather")
    response = send(page)
    expect(response).to_contain_text(words)
    assert len(place.received) == 1
    expect(page.get_by_role("heading", level=1)).to_have_text("Playground")


def test_the_proxys_own_failures_are_distinguished(
    page: Page, caller: Account, place: Place
) -> None:
    watch_of(page).allow("status of 502 .*/proxy/weather")
    place.answer(Answer(raw=b"nonsense\r\n\r\n"))
    visit(page, "/playground?api=weather")
    response = send(page)
    expect(response).to_contain_text("502 The upstream's response is not valid HTTP")
    expect(response).to_contain_text("This response is from the proxy, not the API")
    expect(response).to_contain_text("http_protocol_error")


def test_hostile_answers_are_text(page: Page, caller: Account, place: Place) -> None:
    html = "<h1>Hi</h1><script>document.title = 'owned'</script><img src=x onerror=alert(1)>"
    place.answer(
        Answer(
            headers=[("Content-Type", "text/html"), ("X-Evil", "<b>bold</b>")], body=html.encode()
        )
    )
    visit(page, "/playground?api=weather")
    response = send(page)
    expect(shown(response)).to_have_text(html)
    response.get_by_text("Headers (").click()
    expect(response).to_contain_text("<b>bold</b>")
    assert page.title() == "Playground · API Dashboard"
    assert response.locator("img, script, h1, iframe").count() == 0


def test_a_binary_response_is_downloaded(
    page: Page, caller: Account, place: Place, tmp_path: Path
) -> None:
    picture = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8
    place.answer(Answer(headers=[("Content-Type", "image/png")], body=picture))
    visit(page, "/playground?api=weather&path=/logo")
    response = send(page)
    expect(response).to_contain_text("Binary content (2.1 kB)")
    with page.expect_download() as waiting:
        response.get_by_role("button", name="Download body").click()
    assert waiting.value.suggested_filename == "logo.png"
    waiting.value.save_as(tmp_path / "logo.png")
    assert (tmp_path / "logo.png").read_bytes() == picture


def test_a_large_body_is_truncated_with_a_notice(page: Page, caller: Account, place: Place) -> None:
    place.answer(Answer(headers=[("Content-Type", "text/plain")], body=b"x" * 3_000_000))
    visit(page, "/playground?api=weather")
    response = send(page)
    expect(response).to_contain_text(
        "Truncated after 200.0 kB of 3.0 MB. The download is complete."
    )
    assert len(shown(response).inner_text()) == 200_000


def comments_until(event: threading.Event) -> Iterator[bytes]:
    """Yield comments, which keep a stream open, until the event is set, at most for a minute."""
    for _ in range(120):
        if event.wait(0.5):
            return
        yield b":\n"


def test_a_stream_is_shown_as_it_arrives_and_can_be_cancelled(
    page: Page, caller: Account, place: Place
) -> None:
    gone_on, ended = threading.Event(), threading.Event()

    def pieces() -> Iterator[bytes]:
        yield b"data: one\n\n"
        yield from comments_until(gone_on)
        yield b"data: two\n\n"
        yield from comments_until(ended)

    place.answer(Answer(headers=[("Content-Type", "text/event-stream")], pieces=pieces))
    visit(page, "/playground?api=weather")
    page.get_by_role("button", name="Send request").click()
    response = page.get_by_role("region", name="Response")
    expect(shown(response)).to_contain_text("data: one")
    expect(response).to_contain_text("Receiving… 1 event")
    gone_on.set()
    expect(response).to_contain_text("2 events")
    page.get_by_role("button", name="Cancel").click()
    expect(response).to_contain_text("Cancelled. 2 events")
    expect(shown(response)).to_contain_text("data: two")
    ended.set()


def test_a_truncated_response_is_kept_up_to_its_end(
    page: Page, caller: Account, place: Place
) -> None:
    watch_of(page).allow("ERR_INCOMPLETE_CHUNKED_ENCODING")
    seen = threading.Event()

    def pieces() -> Iterator[bytes]:
        yield b"half"
        seen.wait(20)
        raise ConnectionResetError

    place.answer(Answer(headers=[("Content-Type", "text/plain")], pieces=pieces))
    visit(page, "/playground?api=weather")
    page.get_by_role("button", name="Send request").click()
    response = page.get_by_role("region", name="Response")
    expect(shown(response)).to_have_text("half")
    seen.set()
    expect(response).to_contain_text("The connection was lost. The log shows the reason.")
    expect(shown(response)).to_have_text("half")


def test_a_redirect_is_shown_and_can_be_followed(page: Page, caller: Account, place: Place) -> None:
    place.behaviour = lambda received, _: (
        Answer(302, [("Location", place.url + "/there")])
        if received.target.endswith("/here")
        else Answer(headers=[("Content-Type", "text/plain")], body=b"arrived")
    )
    visit(page, "/playground?api=weather&path=/here")
    response = send(page)
    expect(response).to_contain_text("Redirect.")
    response.get_by_role("button", name="Follow redirect").click()
    expect(shown(response)).to_have_text("arrived")


def test_the_sent_request_stays_in_the_tab_until_the_session_ends(
    page: Page, caller: Account
) -> None:
    visit(page, "/playground?api=weather&method=POST&path=/first")
    page.get_by_role("textbox", name="Body").fill('{"a": "private"}')
    send(page)
    page.get_by_label("Path").fill("/second")
    page.get_by_role("textbox", name="Body").fill("")
    send(page)
    past = page.get_by_role("region", name="Requests from this tab")
    expect(past.get_by_role("listitem")).to_have_count(2)
    page.get_by_role("link", name="Requests", exact=True).click()
    page.go_back()
    past.get_by_role("button", name="/first").click()
    expect(page.get_by_role("textbox", name="Body")).to_have_value('{"a": "private"}')
    assert "private" not in page.evaluate(
        "JSON.stringify([location.href, {...localStorage}, {...sessionStorage}])"
    )
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    sign_in(page, caller)
    visit(page, "/playground")
    expect(past).to_have_count(0)


RUNNERS: dict[str, Callable[[str], list[str]]] = {
    "curl": lambda text: ["sh", "-c", text.replace("curl ", "curl --silent ", 1)],
    "Python": lambda text: [sys.executable, "-c", text],
    "JavaScript": lambda text: [*find_node().node, "--input-type=module", "--eval", text],
}


@pytest.mark.parametrize("language", RUNNERS)
def test_a_copied_snippet_makes_the_same_request(
    page: Page, caller: Account, place: Place, language: str
) -> None:
    body = """{"it's": "$HOME `id` \\\\ \\"q\\" {x} 日本 🙂"}"""
    visit(page, "/playground?api=weather&method=PUT&path=/a'b")
    page.get_by_label("Query").fill("q[]=$x&y='z'")
    page.get_by_text("Headers").first.click()
    page.get_by_role("textbox", name="Headers").fill('X-Quote: it\'s "so" $HOME \\n')
    page.get_by_role("textbox", name="Body").fill(body)
    send(page)
    sent = place.last
    page.get_by_text("Copy as code").click()
    page.get_by_text(language, exact=True).first.click()
    page.get_by_role("button", name="Copy", exact=True).click()
    text: str = page.evaluate("navigator.clipboard.readText()")
    assert "eyJ" not in text and "apd_" not in text

    environment = {**os.environ, "API_DASHBOARD_TOKEN": caller.token(["weather"])}
    ran = subprocess.run(
        RUNNERS[language](text), env=environment, capture_output=True, text=True, timeout=60
    )
    assert ran.returncode == 0, ran.stderr
    assert len(place.received) == 2
    again = place.last
    # Some clients percent-encode more characters; the URL is equivalent (RFC 3986 6.2.2.2).
    assert unquote(again.target) == unquote(sent.target)
    assert (again.method, again.body) == (sent.method, sent.body)
    assert again.body.decode() == body
    for name in ("x-quote", "content-type", "authorization"):
        assert again.get(name) == sent.get(name)


def test_without_a_key_the_page_links_to_adding_one(page: Page, account: Account) -> None:
    sign_in(page, account)
    visit(page, "/playground")
    expect(page.get_by_role("heading", name="No API to call yet")).to_be_visible()
    page.get_by_role("link", name="Add key").click()
    expect(page).to_have_url(re.compile(r"/keys\?add=$"))


def test_it_is_used_by_keyboard(page: Page, caller: Account, place: Place) -> None:
    visit(page, "/playground?api=weather")
    page.get_by_label("Path").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("/typed?x=1")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("region", name="Response")).to_contain_text("200 OK")
    assert place.path() == "/typed?x=1"


@every_width
def test_axe_finds_nothing(page: Page, caller: Account, place: Place) -> None:
    watch_of(page).allow("status of 429")
    place.answer(
        Answer(
            429,
            [("Content-Type", "application/json"), ("X-RateLimit-Remaining", "0")],
            json.dumps({"error": "x" * 500}).encode(),
        )
    )
    visit(page, "/playground?api=weather&method=POST&path=/v1/" + "long" * 60)
    send(page)
    page.get_by_text("Copy as code").click()
    page.get_by_text("Headers (").click()
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

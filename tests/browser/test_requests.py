"""The request log: search, filters, explanations, live updates, and speed with many entries."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.axe import axe
from tests.browser.chromium import every_width
from tests.browser.product import Product
from tests.browser.seeding import seed_log
from tests.browser.visit import sign_in, visit
from tests.browser.watch import watch_of
from tests.support.accounts import Account
from tests.support.upstream import Answer, Place

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def caller(page: Page, account: Account, place: Place) -> Account:
    """A user with a key, signed in on `page`."""
    account.key(place, api_name="weather")
    sign_in(page, account)
    return account


def rows(page: Page) -> Locator:
    """The log's entries, without its head."""
    return (
        page.get_by_role("table", name="Requests")
        .get_by_role("row")
        .filter(has=page.get_by_role("cell"))
    )


def query(page: Page) -> dict[str, list[str]]:
    """What stands in the URL."""
    return parse_qs(urlsplit(page.url).query)


def test_a_failed_request_is_found_and_explained(page: Page, caller: Account, place: Place) -> None:
    token = caller.token(["weather"], name="nightly report")
    caller.proxied(token, "/proxy/weather/v1/now")
    place.answer(Answer(401, body=b'{"error": "bad key"}'))
    caller.proxied(token, "/proxy/weather/v1/forecast")

    visit(page, "/requests")
    expect(rows(page)).to_have_count(2)
    page.get_by_label("Status").select_option("4xx Client error")
    expect(rows(page)).to_have_count(1)
    expect(rows(page)).to_contain_text("401 Unauthorized")
    expect(rows(page)).to_contain_text("nightly report")
    rows(page).get_by_role("link").click()

    details = page.get_by_role("dialog", name="GET /v1/forecast")
    expect(details).to_contain_text("weather rejected the stored key")
    expect(details).to_contain_text(
        re.compile(r"API \d+ ms until its response started ?\d+ ms to forward the response")
    )
    link = details.get_by_role("link", name="Replace secret")
    expect(link).to_have_attribute("href", re.compile(r"^/keys\?key=weather\..*&do=replace$"))
    details.get_by_role("link", name="Try in the playground").click()
    expect(page).to_have_url(re.compile(r"/playground\?api=weather&path=%2Fv1%2Fforecast$"))
    expect(page.get_by_label("Path")).to_have_value("/v1/forecast")


@pytest.mark.parametrize("name", ["maps", "openai"])
def test_a_call_to_an_unknown_api_links_to_adding_its_key(
    page: Page, caller: Account, name: str
) -> None:
    assert caller.proxied(caller.access, f"/proxy/{name}/v1/x").status == 404
    visit(page, "/requests")
    rows(page).get_by_role("link").click()

    page.get_by_role("link", name=f"Add a key for {name}").click()

    if name == "maps":
        page.get_by_role("dialog", name="Add a key for maps").get_by_role("combobox").fill("stripe")
        page.get_by_role("option", name="Stripe api").click()
        expect(page.get_by_label("API name")).to_have_value("maps")
    form = page.get_by_role(
        "dialog", name=f"Add a key for {'maps' if name == 'maps' else 'OpenAI'}"
    )
    expect(form.get_by_label("Secret")).to_be_focused()


@pytest.mark.parametrize(
    ("name", "words", "links"),
    [
        ("OpenAI", "Did you mean openai?", ["Add a key for openai", "View all keys"]),
        ("WEATHER", "Did you mean weather?", ["View keys for weather", "View all keys"]),
        ("My%20API", "not a valid API name", ["View all keys"]),
    ],
)
def test_a_call_to_an_invalid_api_name_has_no_link_to_add_a_key(
    page: Page, caller: Account, name: str, words: str, links: list[str]
) -> None:
    assert caller.proxied(caller.access, f"/proxy/{name}/v1/x").status == 404
    visit(page, "/requests")
    rows(page).get_by_role("link").click()
    explained = page.get_by_role("dialog").get_by_role("region", name="What happened")
    expect(explained).to_contain_text(words)
    expect(explained.locator("a.button")).to_have_text(links)
    if name == "OpenAI":
        explained.get_by_role("link", name="Add a key for openai").click()
        form = page.get_by_role("dialog", name="Add a key for OpenAI")
        expect(form.get_by_label("Secret")).to_be_focused()


def test_it_shows_whose_limit_rejected_the_call_and_when_it_resets(
    page: Page, caller: Account
) -> None:
    caller.call("PUT", "/api/rate-limits/weather", {"limit": 1, "window": 3600})
    token = caller.token(["weather"])
    caller.proxied(token, "/proxy/weather/")
    caller.proxied(token, "/proxy/weather/")
    narrow = caller.token(["weather"], name="narrow", limit=1, window=60, path_prefixes=["/a"])
    caller.proxied(narrow, "/proxy/weather/b")

    visit(page, "/requests?status=429")
    rows(page).get_by_role("link").click()
    details = page.get_by_role("dialog")
    expect(details).to_contain_text("The limit that you set for weather was exhausted")
    expect(details).to_contain_text("0 of 1 are left now. The limit resets in 59:")
    expect(details.get_by_role("link", name="Change the limit for weather")).to_be_visible()
    page.keyboard.press("Escape")
    expect(details).to_have_count(0)
    expect(rows(page).get_by_role("link")).to_be_focused()

    visit(page, "/requests?status=403")
    rows(page).get_by_role("link").click()
    expect(details).to_contain_text("The token does not allow GET /b of weather")
    expect(details).to_contain_text("narrow can access weather; all methods; /a.")


def test_reserved_quota_is_not_shown_as_available_to_all(page: Page, caller: Account) -> None:
    caller.call("PUT", "/api/rate-limits/weather", {"limit": 5, "window": 3600})
    pages = caller.token_details(["weather"], name="pages")["token_id"]
    caller.call("PUT", f"/api/rate-limits/weather/reservations/{pages}", {"amount": 4})
    night = caller.token(["weather"], name="night")
    for _ in range(2):
        caller.proxied(night, "/proxy/weather/")

    visit(page, "/requests?status=429")
    rows(page).get_by_role("link").click()
    details = page.get_by_role("dialog")
    expect(details).to_contain_text("4 of 5 are left now, 0 of them unreserved.")


def test_the_filters_are_in_the_url_and_survive_a_reload(
    page: Page, caller: Account, place: Place
) -> None:
    caller.key(place, api_name="other")
    first = caller.token_details(["*"], name="first")
    second = caller.token(["*"], name="second")
    for target in ("/proxy/weather/a", "/proxy/other/b"):
        caller.proxied(first["token"], target)
        caller.proxied(second, target)

    visit(page, "/requests")
    page.get_by_label("API", exact=True).select_option("other")
    page.get_by_label("Token", exact=True).select_option("first")
    page.get_by_label("Time", exact=True).select_option("Last hour")
    expect(rows(page)).to_have_count(1)
    assert query(page) == {"api": ["other"], "token": [first["token_id"]], "range": ["hour"]}
    page.reload()
    expect(rows(page)).to_have_count(1)
    expect(page.get_by_label("API", exact=True)).to_have_value("other")
    page.get_by_label("Time", exact=True).select_option("Custom range")
    page.get_by_label("From").fill("2001-01-01T00:00:00")
    page.get_by_label("To", exact=True).fill("2001-01-02T00:00:00")
    expect(page.get_by_role("heading", name="No requests match")).to_be_visible()
    page.get_by_role("button", name="Clear filters").click()
    expect(rows(page)).to_have_count(4)
    assert query(page) == {}


def test_a_link_to_a_request_opens_it_anywhere_in_the_log(
    page: Page, account: Account, product: Product
) -> None:
    seed_log(product.storage(), account, 400)
    sign_in(page, account)
    visit(page, "/requests")
    expect(rows(page)).to_have_count(100)
    page.get_by_role("button", name="Load older requests").click()
    expect(rows(page)).to_have_count(400)
    expect(page.get_by_text("400 requests shown, no older ones")).to_be_visible()
    rows(page).last.get_by_role("link").click()
    details = page.get_by_role("dialog", name="DELETE /v1/things/399")
    expect(details).to_be_visible()
    page.reload()
    expect(rows(page)).to_have_count(100)
    expect(details).to_contain_text("Too many requests")
    page.goto("/requests?id=ffffffffffffffff")
    expect(page.get_by_role("dialog")).to_contain_text("is not loaded")


def test_new_requests_appear_live_unless_an_entry_is_open(page: Page, caller: Account) -> None:
    token = caller.token(["*"])
    visit(page, "/requests")
    expect(page.get_by_role("heading", name="No requests yet")).to_be_visible()
    caller.proxied(token, "/proxy/weather/one")
    expect(rows(page)).to_have_count(1)

    rows(page).get_by_role("link").click()
    caller.proxied(token, "/proxy/weather/two")
    held = page.get_by_role("button", name="Show 1 new request")
    expect(held).to_be_visible()
    expect(rows(page)).to_have_count(1)
    page.keyboard.press("Escape")
    held.click()
    expect(rows(page)).to_have_count(2)
    expect(rows(page).first).to_contain_text("/two")

    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Paused")).to_be_visible()
    caller.proxied(token, "/proxy/weather/three")
    page.get_by_role("button", name="Resume").click()
    expect(rows(page).first).to_contain_text("/three")


def test_the_log_is_not_live_while_the_api_does_not_respond(page: Page, caller: Account) -> None:
    watch_of(page).allow("ERR_FAILED|ERR_CONNECTION")
    visit(page, "/requests")
    live = page.locator(".live")
    expect(live).to_have_text("Live")
    page.route("**/api/requests*", lambda route: route.abort())
    expect(live).to_have_text("Not live")
    page.unroute("**/api/requests*")
    expect(live).to_have_text("Live")


def test_thousands_of_requests_stay_fast(page: Page, account: Account, product: Product) -> None:
    seed_log(product.storage(), account, 2_500)
    sign_in(page, account)
    visit(page, "/requests")
    expect(rows(page)).to_have_count(100)
    for loaded in (600, 1_100, 1_600):
        page.get_by_role("button", name="Load older requests").click()
        expect(rows(page)).to_have_count(loaded)
    # What is out of sight is not laid out.
    visibility = rows(page).last.evaluate("row => getComputedStyle(row).contentVisibility")
    assert visibility == "auto"
    # A rare status is found at once although few of the entries have it.
    page.get_by_label("Status").select_option("5xx Server error")
    expect(rows(page)).to_have_count(100)
    expect(rows(page).first).to_contain_text("500")


def test_names_and_paths_of_others_are_text(page: Page, account: Account, place: Place) -> None:
    account.key(place, api_name="weather", description=HOSTILE)
    token = account.token(["*"], name=HOSTILE)
    account.proxied(token, "/proxy/weather/<script>alert(1)</script>")
    account.proxied(token, "/proxy/%3Cb%3Ex/y")
    sign_in(page, account)
    visit(page, "/requests")
    expect(rows(page)).to_have_count(2)
    expect(rows(page).filter(has_text="<script>alert(1)</script>")).to_have_count(1)
    expect(rows(page).first).to_contain_text(HOSTILE)
    rows(page).last.get_by_role("link").click()
    expect(page.get_by_role("dialog")).to_contain_text(HOSTILE)
    assert page.locator("main img, dialog img, main script").count() == 0


def test_the_log_is_read_by_keyboard(page: Page, caller: Account) -> None:
    caller.proxied(caller.token(["*"]), "/proxy/weather/only")
    visit(page, "/requests")
    rows(page).get_by_role("link").focus()
    page.keyboard.press("Enter")
    details = page.get_by_role("dialog", name="GET /only")
    expect(details).to_be_visible()
    page.keyboard.press("Escape")
    expect(details).to_have_count(0)
    expect(rows(page).get_by_role("link")).to_be_focused()


@every_width
def test_axe_finds_nothing(new_page: Callable[..., Page], account: Account, place: Place) -> None:
    page = new_page()
    account.key(place, api_name="weather")
    token = account.token(["weather"], name="a rather long name of a token for a narrow window")
    for status in (200, 302, 404, 429, 503):
        place.answer(Answer(status))
        account.proxied(token, f"/proxy/weather/status/{status}/{'long/' * 30}")
    account.proxied(token, "/proxy/nothing/here")
    sign_in(page, account)
    visit(page, "/requests")
    expect(rows(page)).to_have_count(6)
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    rows(page).nth(1).get_by_role("link").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    axe(page)

"""The overview: the guide to the first call, usage and quotas, all updated live."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.axe import axe
from tests.browser.budget import FIRST_LOAD, weighed
from tests.browser.chromium import every_width
from tests.browser.test_every_page import fits
from tests.browser.visit import settle, sign_in, visit
from tests.support.accounts import Account
from tests.support.upstream import Answer, Place, Upstream
from tools.demo import Demo

HOSTILE = "<img src=x onerror=alert(1)>"
QUOTA = [
    ("x-ratelimit-limit-requests", "50"),
    ("x-ratelimit-remaining-requests", "44"),
    ("x-ratelimit-reset-requests", "26h"),
]


@pytest.fixture
def place(upstream_server: Upstream, account: Account) -> Place:
    """A new place on the upstream."""
    return upstream_server.place(account.username)


@pytest.fixture
def called(account: Account, place: Place) -> Callable[..., None]:
    """Return a function that makes proxied calls. The account has a key for them."""
    account.key(place)

    def call(times: int = 1, path: str = "/v1/x") -> None:
        for _ in range(times):
            account.proxied(account.access, f"/proxy/test{path}")

    return call


def tile(page: Page, name: str) -> Locator:
    """Return the locator of a total's number."""
    totals = page.get_by_role("region", name="Totals")
    return totals.locator("div", has=page.get_by_text(name, exact=True)).get_by_role("definition")


def quota_row(page: Page, text: str) -> Locator:
    """Return a row of the quota overview."""
    return page.get_by_role("region", name="Quotas").get_by_role("row").filter(has_text=text)


def test_an_empty_account_is_guided_to_its_first_call_and_sees_it_arrive(
    page: Page, account: Account, place: Place
) -> None:
    sign_in(page, account)
    visit(page, "/")
    steps = page.get_by_role("region", name="Your first call")
    expect(steps.get_by_role("heading", level=3)).to_have_text(
        ["Add a key (to do)", "Create a token (to do)", "Send the first request (to do)"]
    )
    expect(steps.get_by_role("link", name="Add key")).to_have_attribute("href", "/keys?add=")

    account.key(place)  # in another session: the page updates itself
    expect(steps.get_by_role("heading", name="Add a key (done)")).to_be_visible()
    steps.get_by_role("button", name="Create token for test").click()
    expect(steps.get_by_role("heading", name="Create a token (done)")).to_be_visible()

    snippet = steps.get_by_role("figure").locator("code").last
    expect(snippet).to_contain_text("apd_")
    steps.get_by_role("button", name="Copy").last.click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == snippet.inner_text()
    url, token = re.findall(r"(http://\S+?)['\s].*?Bearer (\w+)", copied, re.DOTALL)[0]
    answer = account.proxied(token, url.removeprefix(account.client.url))
    assert answer.status == 200

    expect(steps.get_by_role("status")).to_contain_text("Request received: GET / returned 200")
    expect(steps.get_by_role("heading", name="Send the first request (done)")).to_be_visible()
    expect(tile(page, "Requests")).to_contain_text(["1", ""])
    assert token not in json.dumps(page.evaluate("[{...localStorage}, {...sessionStorage}]"))
    expect(steps.get_by_role("figure").locator("code")).to_have_text(token)

    page.reload()
    settle(page)
    expect(tile(page, "Requests")).to_contain_text(["1", ""])
    expect(steps).to_have_count(0)
    expect(page.get_by_text(token)).to_have_count(0)


def test_the_first_token_stays_until_it_is_dismissed(
    page: Page, account: Account, place: Place
) -> None:
    account.key(place)
    sign_in(page, account)
    visit(page, "/")
    steps = page.get_by_role("region", name="Your first call")
    steps.get_by_role("button", name="Create token for test").click()
    shown = steps.get_by_role("figure").locator("code").first
    expect(shown).to_contain_text("apd_")
    token = shown.inner_text()

    steps.get_by_role("link", name="from the playground").click()
    expect(page).to_have_url(re.compile("/playground"))
    assert account.proxied(token, "/proxy/test/").status == 200
    page.go_back()
    expect(steps.get_by_role("status")).to_contain_text("Request received")
    expect(shown).to_have_text(token)
    steps.get_by_role("button", name="Copy").first.click()
    assert page.evaluate("navigator.clipboard.readText()") == token
    steps.get_by_role("button", name="Hide token").click()
    expect(page.get_by_text(token)).to_have_count(0)


def test_requests_and_quotas_appear_without_reloading(
    page: Page, account: Account, place: Place, called: Callable[..., None]
) -> None:
    called(2)
    sign_in(page, account)
    visit(page, "/")
    expect(tile(page, "Requests").first).to_have_text("2")
    expect(page.get_by_text("No limits are known yet.")).to_be_visible()

    place.answer(Answer(headers=QUOTA))
    called(3)
    expect(tile(page, "Requests").first).to_have_text("5")
    row = quota_row(page, "Requests")
    expect(row).to_contain_text("44 of 50 requests")
    expect(row.get_by_role("time").first).to_have_text(re.compile(r"\d+ d \d+ h"))

    place.answer(Answer(status=500))
    called(5)
    expect(tile(page, "Errors").first).to_have_text("50%")


def test_the_quota_overview_shows_when_a_limit_is_exhausted_and_when_a_key_is_skipped(
    page: Page, account: Account, place: Place, called: Callable[..., None]
) -> None:
    account.call("PUT", "/api/rate-limits/test", {"limit": 20, "window": 3600})
    called(19)
    sign_in(page, account)
    visit(page, "/")
    row = quota_row(page, "Your policy")
    expect(row).to_contain_text("1 of 20 requests")
    expect(row).to_contain_text(re.compile(r"Running out|Low"))
    called(2)
    expect(row).to_contain_text("0 of 20 requests")
    expect(row).to_contain_text("Exhausted")

    account.call("DELETE", "/api/rate-limits/test")
    place.answer(Answer(status=429, headers=[("Retry-After", "900")]))
    called()
    refused = quota_row(page, "asked this key to wait")
    expect(refused).to_contain_text("Key …6789")
    expect(refused).to_contain_text(re.compile(r"Exhausted for 1[45]:\d\d min"))
    expect(page.get_by_role("region", name="Quotas").get_by_role("status")).to_have_text(
        "Exhausted: test."
    )


def test_a_chart_can_be_shown_as_a_table_by_keyboard_and_after_a_reload(
    page: Page, account: Account, called: Callable[..., None]
) -> None:
    called(3)
    sign_in(page, account)
    visit(page, "/?period=6h")
    chart = page.get_by_role("img", name=re.compile("^Requests per hour, .* Requests: 3"))
    expect(chart).to_be_visible()
    page.get_by_role("button", name="as table (requests)").focus()
    page.keyboard.press("Enter")
    table = page.get_by_role("region", name=re.compile("^Requests per hour, "))
    expect(table.get_by_role("row")).to_have_count(7)
    expect(table.get_by_role("row").nth(1)).to_contain_text(re.compile(r"\d\d:00\s*3$"))
    expect(chart).to_have_count(0)

    page.reload()
    expect(table).to_be_visible()
    page.get_by_role("button", name="as chart (requests)").press("Space")
    expect(chart).to_be_visible()


def test_the_period_is_in_the_url(
    page: Page, account: Account, called: Callable[..., None]
) -> None:
    called()
    sign_in(page, account)
    visit(page, "/")
    expect(page.get_by_role("radio", name="24 h")).to_be_checked()
    page.get_by_text("30 d", exact=True).click()
    expect(page).to_have_url(re.compile(r"/\?period=30d$"))
    expect(page.get_by_role("img", name=re.compile("^Requests per day"))).to_be_visible()
    page.reload()
    expect(page.get_by_role("radio", name="30 d")).to_be_checked()

    page.get_by_role("button", name="Custom").click()
    dialog = page.get_by_role("dialog", name="Choose a period")
    dialog.get_by_label("From").fill("2026-03-02T10:00")
    dialog.get_by_label("To").fill("2026-03-02T09:00")
    dialog.get_by_role("button", name="Show period").click()
    expect(dialog.get_by_text("Choose a time after the start")).to_be_visible()
    dialog.get_by_label("To").fill("2026-03-02T18:00")
    dialog.get_by_role("button", name="Show period").click()
    expect(page).to_have_url(re.compile(r"/\?from=1772445600&to=1772474400$"))
    expect(page.get_by_role("radio", name="Mar 2, 10:00 to Mar 2, 18:00")).to_be_checked()
    expect(page.get_by_text("No calls in this period.")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("radio", name="30 d")).to_be_checked()


def test_hovering_over_a_chart_shows_its_numbers_and_dragging_zooms_in(
    page: Page, account: Account, called: Callable[..., None]
) -> None:
    called(4)
    sign_in(page, account)
    visit(page, "/?period=6h")
    chart = page.get_by_role("img", name=re.compile("^Requests per hour"))
    expect(chart).to_have_attribute("width", re.compile(r"^[1-9]"))
    width = chart.evaluate("chart => chart.clientWidth")
    chart.hover(position={"x": width - 12, "y": 60})
    # The range is selected in all charts at once.
    expect(page.get_by_text(re.compile(r"^\w{3} \d+, \d\d:00.\d\d:00$"))).to_have_count(3)
    page.mouse.down()
    chart.hover(position={"x": width - 72, "y": 60})
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"from=\d+&to=\d+"))
    expect(tile(page, "Requests").first).to_have_text("4")


def test_the_overview_can_be_limited_to_one_api(
    page: Page, account: Account, place: Place, called: Callable[..., None]
) -> None:
    called(2)
    account.key(place, api_name="other")
    account.proxied(account.access, "/proxy/other/v1/x")
    sign_in(page, account)
    visit(page, "/")
    expect(tile(page, "Requests").first).to_have_text("3")
    row = page.get_by_role("region", name="APIs").get_by_role("row").filter(has_text="test")
    expect(row.get_by_role("cell").nth(1)).to_have_text("2")
    row.get_by_role("link", name="test").click()
    expect(tile(page, "Requests").first).to_have_text("2")
    page.reload()
    expect(tile(page, "Requests").first).to_have_text("2")
    page.get_by_role("button", name="Only test").click()
    expect(tile(page, "Requests").first).to_have_text("3")


def test_s34_hostile_names_and_paths_are_shown_as_text(
    page: Page, account: Account, place: Place
) -> None:
    sign_in(page, account)
    visit(page, "/")
    expect(page.get_by_role("region", name="Your first call")).to_be_visible()
    account.key(place, description=HOSTILE)
    place.answer(Answer(status=429, headers=[("Retry-After", "900")], body=HOSTILE.encode()))
    account.proxied(account.access, "/proxy/test/%3Cimg%20src=x%20onerror=alert(1)%3E")
    expect(quota_row(page, f"Key …6789 {HOSTILE}")).to_be_visible()
    arrived = page.get_by_role("region", name="Your first call").get_by_role("status")
    expect(arrived).to_contain_text("/%3Cimg%20src=x%20onerror=alert(1)%3E")
    expect(page.locator("main img")).to_have_count(0)


@every_width
def test_axe_finds_nothing_on_a_full_overview(page: Page, demo_account: Demo) -> None:
    sign_in(page, demo_account.account)
    visit(page, "/?period=7d&table=errors")
    expect(page.get_by_role("img", name=re.compile("^Requests per hour"))).to_be_visible()
    expect(page.get_by_role("region", name="Quotas").get_by_role("row").nth(3)).to_be_visible()
    axe(page)
    fits(page)
    visit(page, "/?choose=period")
    expect(page.get_by_role("dialog")).to_be_visible()
    axe(page)


@every_width
def test_axe_finds_nothing_on_the_way_to_the_first_call(
    page: Page, account: Account, place: Place
) -> None:
    account.key(place)
    sign_in(page, account)
    visit(page, "/")
    page.get_by_role("button", name="Create token for test").click()
    expect(page.get_by_text("Waiting for the first request")).to_be_visible()
    axe(page)
    fits(page)


def test_a_full_overview_with_its_charts_weighs_at_most_100_kilobytes(
    page: Page, demo_account: Demo
) -> None:
    sign_in(page, demo_account.account)
    with weighed(page) as load:
        visit(page, "/")
        expect(page.get_by_role("img", name=re.compile("^Latency per hour"))).to_be_visible()
    # Responses of the API grow with use and are not part of the page.
    answers = sum(weight for path, weight in load.weights.items() if path.startswith("/api/"))
    assert load.bytes - answers <= FIRST_LOAD, str(load)


def test_a_year_without_calls_is_not_an_error(page: Page, account: Account, place: Place) -> None:
    account.key(place)
    account.proxied(account.access)
    now = int(time.time())
    sign_in(page, account)
    visit(page, f"/?from={now - 390 * 86_400}&to={now}")
    expect(tile(page, "Requests").first).to_have_text("1")
    expect(page.get_by_role("img", name=re.compile("^Requests per day"))).to_be_visible()

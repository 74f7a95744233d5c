"""The rate limits' page: set, change, remove and restore a limit, and see what applies."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import axe
from tests.browser.chromium import every_width
from tests.browser.seeding import seed_keys
from tests.browser.test_every_page import fits
from tests.browser.visit import sign_in, visit
from tests.support.accounts import Account
from tests.support.upstream import Answer, Place, Upstream
from tools.demo import Demo


@pytest.fixture
def place(upstream_server: Upstream, account: Account) -> Place:
    """A new place on the upstream, with a key for it."""
    place = upstream_server.place(account.username)
    account.key(place)
    return place


def test_a_limit_can_be_set_is_enforced_and_shows_what_is_left(
    page: Page, account: Account, place: Place
) -> None:
    sign_in(page, account)
    visit(page, "/rate-limits")
    api = page.get_by_role("region", name="test")
    expect(api).to_contain_text("You have not set a limit.")
    page.get_by_role("button", name="Set limit for test").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Set a limit for test")
    expect(dialog.get_by_label("Maximum requests")).to_be_focused()
    page.keyboard.type("2")
    page.keyboard.press("Tab")
    page.keyboard.type("hour")
    page.keyboard.press("Enter")
    dialog.get_by_role("button", name="Set limit").press("Enter")
    expect(page.get_by_text("test is limited to 2 requests per hour.")).to_be_visible()
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("button", name="Change limit for test")).to_be_focused()
    expect(api).to_contain_text("2 requests per hour")
    expect(api).to_contain_text("calls get a 429 response with the time until the window resets")

    statuses = [account.proxied(account.access).status for _ in range(3)]
    assert statuses == [200, 200, 429]
    expect(api).to_contain_text("0 of 2 requests")
    expect(api).to_contain_text("Exhausted")


def test_a_changed_limit_can_be_changed_back(page: Page, account: Account, place: Place) -> None:
    account.call("PUT", "/api/rate-limits/test", {"limit": 100, "window": 60})
    sign_in(page, account)
    visit(page, "/rate-limits")
    api = page.get_by_role("region", name="test")
    page.get_by_role("button", name="Change limit for test").click()
    dialog = page.get_by_role("dialog", name="Change the limit for test")
    expect(dialog.get_by_label("Maximum requests")).to_have_value("100")
    expect(dialog.get_by_label("per", exact=True)).to_have_value("minute")
    page.reload()  # the URL names the open dialog
    dialog.get_by_label("per", exact=True).select_option("custom…")
    dialog.get_by_label("Length").fill("10")
    dialog.get_by_label("Unit").select_option("minutes")
    dialog.get_by_role("button", name="Change limit").click()
    expect(api).to_contain_text("100 requests per 10 minutes")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("test is limited to 100 requests per minute again.")).to_be_visible()
    limit = account.call("GET", "/api/rate-limits/test").json
    assert (limit["limit"], limit["window"]) == (100, 60)


def test_a_limit_is_removed_after_a_confirmation_and_can_be_restored(
    page: Page, account: Account, place: Place
) -> None:
    account.call("PUT", "/api/rate-limits/test", {"limit": 100, "window": 60})
    sign_in(page, account)
    visit(page, "/rate-limits")
    api = page.get_by_role("region", name="test")
    page.get_by_role("button", name="Remove limit for test").click()
    dialog = page.get_by_role("dialog", name="Remove the limit for test?")
    expect(dialog).to_contain_text("no longer limited to 100 requests per minute")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert account.call("GET", "/api/rate-limits/test").status == 200

    page.get_by_role("button", name="Remove limit for test").click()
    dialog.get_by_role("button", name="Remove limit").click()
    expect(page.get_by_text("The limit for test was removed.")).to_be_visible()
    expect(api).to_contain_text("You have not set a limit.")
    assert account.call("GET", "/api/rate-limits/test").status == 404
    heading = page.get_by_role("heading", name="Rate limits", level=1)
    expect(heading).to_be_focused()
    page.get_by_role("button", name="Undo").press("Enter")
    expect(api).to_contain_text("100 requests per minute")
    expect(heading).to_be_focused()
    assert account.call("GET", "/api/rate-limits/test").json["limit"] == 100


def test_a_message_stays_while_it_has_focus_or_the_pointer_is_over_it(
    page: Page, account: Account, place: Place
) -> None:
    account.call("PUT", "/api/rate-limits/test", {"limit": 100, "window": 60})
    page.clock.install()
    sign_in(page, account)
    visit(page, "/rate-limits?remove=test")
    page.get_by_role("button", name="Remove limit", exact=True).click()
    undo = page.get_by_role("button", name="Undo")
    undo.focus()
    page.clock.run_for(30_000)
    expect(undo).to_be_focused()
    undo.hover()
    page.get_by_role("heading", level=1).focus()
    page.clock.run_for(30_000)
    expect(undo).to_be_visible()
    page.mouse.move(0, 0)
    page.clock.run_for(4_000)
    expect(undo).to_be_visible()  # undo stays available for some time
    page.clock.run_for(2_000)
    expect(undo).to_have_count(0)


@pytest.mark.parametrize(
    ("limit", "count", "complaint"),
    [
        ("", None, "Enter a whole number of requests, 1 or more."),
        ("0", None, "Enter a whole number of requests, 1 or more."),
        ("2000000000", None, "At most 1,000,000,000 requests."),
        ("5", "1.5", "Enter a whole number, 1 or more."),
        ("5", "366", "At most 365 days."),
    ],
)
def test_an_error_is_shown_at_its_field(
    page: Page, account: Account, place: Place, limit: str, count: str | None, complaint: str
) -> None:
    sign_in(page, account)
    visit(page, "/rate-limits?set=test")
    dialog = page.get_by_role("dialog", name="Set a limit for test")
    field = dialog.get_by_label("Maximum requests")
    field.fill(limit)
    if count is not None:
        dialog.get_by_label("per", exact=True).select_option("custom…")
        dialog.get_by_label("Unit").select_option("days")
        field = dialog.get_by_label("Length")
        field.fill(count)
    dialog.get_by_role("button", name="Set limit").click()
    expect(field).to_have_accessible_description(complaint)
    expect(field).to_be_focused()
    assert account.call("GET", "/api/rate-limits/test").status == 404


def test_the_limit_that_the_api_reports_is_shown_and_can_be_adopted(
    page: Page, account: Account, place: Place
) -> None:
    place.answer(
        Answer(
            headers=[
                ("RateLimit-Policy", '"hourly";q=500;w=3600, "burst";q=10;w=1'),
                ("RateLimit", '"hourly";r=420;t=1800'),
                ("x-ratelimit-limit-tokens", "9000"),
                ("x-ratelimit-remaining-tokens", "300"),
                ("x-ratelimit-reset-tokens", "20m"),
            ]
        )
    )
    account.proxied(account.access)
    sign_in(page, account)
    visit(page, "/rate-limits")
    api = page.get_by_role("region", name="test")
    expect(api).to_contain_text(re.compile(r"Hourly per hour\s*resets in \d+:\d\d min, updated"))
    expect(api).to_contain_text("420 of 500 requests")
    expect(api).to_contain_text("300 of 9,000 tokens")
    expect(api).to_contain_text("A second key under the same name would take over.")
    page.get_by_role("button", name="Set limit for test").click()
    page.get_by_role("button", name="500 requests per hour").click()
    page.get_by_role("button", name="Set limit", exact=True).click()
    expect(api).to_contain_text("500 requests per hour")


def test_the_api_is_asked_for_if_none_is_named(page: Page, account: Account, place: Place) -> None:
    account.key(place, api_name="other")
    account.call("PUT", "/api/rate-limits/test", {"limit": 100, "window": 3600})
    sign_in(page, account)
    visit(page, "/rate-limits?set=")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("API").select_option("test")
    expect(dialog.get_by_label("Maximum requests")).to_have_value("100")
    expect(dialog.get_by_label("per", exact=True)).to_have_value("hour")
    dialog.get_by_label("API").select_option("other")
    dialog.get_by_label("Maximum requests").fill("7")
    dialog.get_by_role("button", name="Set limit").click()
    expect(page.get_by_role("region", name="other")).to_contain_text("7 requests per minute")


def test_among_many_apis_one_is_found_by_its_name(
    page: Page, account: Account, place: Place
) -> None:
    for number in range(8):
        account.key(place, api_name=f"api-{number}")
    sign_in(page, account)
    visit(page, "/rate-limits")
    expect(page.get_by_role("region", name=re.compile(r"^(api-\d|test)$"))).to_have_count(9)
    page.get_by_role("searchbox", name="API").fill("api-7")
    expect(page.get_by_role("region", name=re.compile(r"^(api-\d|test)$"))).to_have_count(1)
    expect(page).to_have_url(re.compile(r"\?api=api-7$"))
    page.get_by_role("searchbox", name="API").fill("zzz")
    expect(page.get_by_text("No API matches “zzz”.")).to_be_visible()


def test_many_apis_are_paged(page: Page, account: Account, place: Place) -> None:
    seed_keys(account, place, 29)
    sign_in(page, account)
    visit(page, "/rate-limits")
    apis = page.get_by_role("region", name=re.compile(r"^(api-\d+|test)$"))
    expect(apis).to_have_count(25)
    following = page.get_by_role("button", name="Next page")
    following.press("Enter")
    expect(apis).to_have_count(5)
    expect(following).to_be_focused()
    expect(following).to_be_disabled()
    following.press("Enter")
    expect(page.get_by_text("Page 2 of 2")).to_be_visible()
    page.get_by_role("searchbox", name="API").fill("api-00")
    expect(apis).to_have_count(10)
    expect(page).to_have_url(re.compile(r"\?api=api-00$"))


def test_without_a_key_the_page_explains_the_first_step(page: Page, account: Account) -> None:
    sign_in(page, account)
    visit(page, "/rate-limits")
    expect(page.get_by_role("heading", name="No APIs yet")).to_be_visible()
    expect(page.get_by_role("link", name="Add key")).to_be_visible()


@every_width
def test_axe_finds_nothing_on_full_rate_limits_and_their_dialogs(
    page: Page, demo_account: Demo
) -> None:
    sign_in(page, demo_account.account)
    visit(page, "/rate-limits")
    expect(page.get_by_role("region", name="openai")).to_be_visible()
    axe(page)
    fits(page)
    visit(page, "/rate-limits?set=openai")
    page.get_by_label("per", exact=True).select_option("custom…")
    axe(page)

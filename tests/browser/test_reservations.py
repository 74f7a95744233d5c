"""Reservations on the rate limits' page: create, use, change, remove, and rejections."""

from __future__ import annotations

import re
import time
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.axe import axe
from tests.browser.chromium import every_width
from tests.browser.product import Product
from tests.browser.test_every_page import fits
from tests.browser.visit import sign_in, visit
from tests.browser.watch import watch_of
from tests.support.accounts import Account
from tests.support.upstream import Answer, Place, Upstream
from tools.demo import demo

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def place(upstream_server: Upstream, account: Account) -> Place:
    """A new place on the upstream, with a key for it."""
    place = upstream_server.place(account.username)
    account.key(place)
    return place


@pytest.fixture
def pages(account: Account, place: Place) -> dict[str, Any]:
    """A token for the API `test`, which has a policy of 20 requests an hour."""
    account.call("PUT", "/api/rate-limits/test", {"limit": 20, "window": 3600})
    return account.token_details(["test"], name="pages")


def reserve(account: Account, token: dict[str, Any], **of: Any) -> None:
    path = f"/api/rate-limits/test/reservations/{token['token_id']}"
    assert account.call("PUT", path, of).status == 200


def held(account: Account) -> list[tuple[int, float | None]]:
    """Return the reserved amounts with their shares."""
    view = account.call("GET", "/api/rate-limits/test").json
    return [(one["amount"], one["share"]) for one in view["reservations"]]


def row(page: Page, token: str) -> Locator:
    """Return the row of a token's reservation."""
    rows = page.get_by_role("region", name="test", exact=True).get_by_role("row")
    return rows.filter(has=page.get_by_role("rowheader", name=token))


def test_a_reservation_is_kept_while_others_are_refused(
    page: Page, account: Account, pages: dict[str, Any]
) -> None:
    job = account.token_details(["test"], name="night job")["token"]
    sign_in(page, account)
    visit(page, "/rate-limits")
    api = page.get_by_role("region", name="test", exact=True)
    expect(api).to_contain_text(
        "so that a nightly job cannot use up the requests your website needs"
    )
    page.get_by_role("button", name="Reserve requests of test").press("Enter")
    dialog = page.get_by_role("dialog", name="Reserve requests of test")
    expect(dialog.get_by_label("Token")).to_be_focused()
    dialog.get_by_label("Token").select_option("pages")
    dialog.get_by_label("Requests per hour").fill("15")
    expect(dialog).to_contain_text("All other tokens share at most 5 requests of every 20.")
    dialog.get_by_label("Requests per hour").press("Enter")
    expect(page.get_by_text("15 requests of test reserved for pages.")).to_be_visible()
    expect(dialog).to_have_count(0)
    expect(row(page, "pages")).to_contain_text("15 (0 used)")
    expect(row(page, "Everyone else")).to_contain_text("5 requests")

    assert [account.proxied(job).status for _ in range(7)] == [200] * 5 + [429] * 2
    assert [account.proxied(pages["token"]).status for _ in range(4)] == [200] * 4
    expect(row(page, "pages")).to_contain_text("11 (4 used)")
    expect(row(page, "Everyone else").get_by_role("cell").nth(1)).to_have_text("0")
    visit(page, "/")
    quotas = page.get_by_role("region", name="Quotas")
    expect(quotas).to_contain_text("11 of 20 requests")
    expect(quotas).to_contain_text("Everything left is reserved for tokens")


def test_a_reservation_can_be_changed_by_keyboard_and_undone(
    page: Page, account: Account, pages: dict[str, Any]
) -> None:
    reserve(account, pages, amount=15)
    sign_in(page, account)
    visit(page, "/rate-limits")
    page.get_by_role("button", name="Change reservation for pages").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Change the test reservation for pages")
    expect(dialog.get_by_label("Requests per hour")).to_have_value("15")
    expect(dialog.get_by_label("Requests per hour")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("ArrowRight")
    expect(dialog.get_by_role("radio", name="Share")).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.type("33,3")
    expect(dialog).to_contain_text("That is currently 6 requests.")
    page.keyboard.press("Enter")
    expect(row(page, "pages")).to_contain_text("6 requests (33.3%)")
    assert held(account) == [(6, 0.333)]
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("15 requests of test reserved for pages again.")).to_be_visible()
    assert held(account) == [(15, None)]


def test_a_reservation_is_removed_at_once_and_can_be_restored(
    page: Page, account: Account, pages: dict[str, Any]
) -> None:
    reserve(account, pages, share=0.5)
    sign_in(page, account)
    visit(page, "/rate-limits")
    page.get_by_role("button", name="Remove reservation for pages").press("Enter")
    expect(page.get_by_text("The reservation for pages was removed.")).to_be_visible()
    expect(row(page, "pages")).to_have_count(0)
    expect(page.get_by_role("button", name="Reserve requests of test")).to_be_focused()
    assert held(account) == []
    page.get_by_role("button", name="Undo").click()
    expect(row(page, "pages")).to_contain_text("10 requests (50%)")
    assert held(account) == [(10, 0.5)]


def test_more_than_is_left_is_refused_with_the_numbers_at_its_field(
    page: Page, account: Account, pages: dict[str, Any]
) -> None:
    watch_of(page).allow(r"status of 422 .* /api/rate-limits/test/reservations/")
    reserve(account, account.token_details(["test"], name="ci"), amount=14)
    sign_in(page, account)
    visit(page, f"/rate-limits?reserve=test&token={pages['token_id']}")
    dialog = page.get_by_role("dialog", name="Reserve requests of test")
    expect(dialog).to_contain_text("14 of 20 are reserved for other tokens.")
    amount = dialog.get_by_label("Requests per hour")
    amount.fill("7")
    expect(dialog).to_contain_text("Only 6 are left to reserve.")
    dialog.get_by_role("button", name="Reserve requests", exact=True).click()
    expect(amount).to_have_accessible_description(
        re.compile("7 of 20 requests cannot be reserved: 14 are reserved already, 6 are left")
    )
    expect(amount).to_be_focused()
    dialog.get_by_text("Share", exact=True).click()
    share = dialog.get_by_label("Share of the limit in %")
    share.fill("0")
    dialog.get_by_role("button", name="Reserve requests", exact=True).click()
    expect(share).to_have_accessible_description(re.compile("greater than 0 and at most 100"))
    share.fill("1")
    dialog.get_by_role("button", name="Reserve requests", exact=True).click()
    expect(share).to_have_accessible_description(re.compile("less than one request"))
    dialog.get_by_role("button", name="Use the remaining 30%").click()
    dialog.get_by_role("button", name="Reserve requests", exact=True).click()
    expect(row(page, "pages")).to_contain_text("6 requests (30%)")
    assert held(account) == [(14, None), (6, 0.3)]


def test_a_limit_is_not_lowered_below_what_is_reserved(
    page: Page, account: Account, pages: dict[str, Any]
) -> None:
    watch_of(page).allow(r"status of 422 .* /api/rate-limits/test")
    reserve(account, pages, amount=15)
    sign_in(page, account)
    visit(page, "/rate-limits?set=test")
    dialog = page.get_by_role("dialog", name="Change the limit for test")
    expect(dialog).to_contain_text("15 requests are reserved for tokens")
    limit = dialog.get_by_label("Maximum requests")
    limit.fill("10")
    dialog.get_by_role("button", name="Change limit").click()
    expect(limit).to_have_accessible_description(
        re.compile("Tokens have reserved 15 requests, more than the limit of 10")
    )
    limit.fill("30")
    dialog.get_by_role("button", name="Change limit").click()
    expect(row(page, "Everyone else")).to_contain_text("15 requests")


def test_a_removed_limit_comes_back_with_its_reservations(
    page: Page, account: Account, pages: dict[str, Any]
) -> None:
    reserve(account, pages, amount=3)
    reserve(account, account.token_details(["test"], name="ci"), share=0.25)
    sign_in(page, account)
    visit(page, "/rate-limits?remove=test")
    dialog = page.get_by_role("dialog", name="Remove the limit for test?")
    expect(dialog).to_contain_text("the reservations of 2 tokens.")
    dialog.get_by_role("button", name="Remove limit").click()
    expect(page.get_by_text("You have not set a limit.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(row(page, "ci")).to_contain_text("5 requests (25%)")
    assert held(account) == [(3, None), (5, 0.25)]


def test_a_limit_that_only_the_api_reports_links_to_setting_a_policy(
    page: Page, account: Account, place: Place
) -> None:
    account.token(["test"], name="pages")
    place.answer(Answer(headers=[("RateLimit", "limit=500, remaining=420, reset=1800")]))
    account.proxied(account.access)
    sign_in(page, account)
    visit(page, "/rate-limits")
    page.get_by_role("link", name="Set a limit to reserve from for test").click()
    dialog = page.get_by_role("dialog", name="Set a limit for test")
    expect(dialog).to_contain_text("This is the limit that the API reports.")
    expect(dialog.get_by_label("Maximum requests")).to_have_value("500")
    expect(dialog.get_by_label("per", exact=True)).to_have_value("hour")
    dialog.get_by_role("button", name="Set limit").click()
    dialog = page.get_by_role("dialog", name="Reserve requests of test")
    dialog.get_by_text("Share", exact=True).click()
    dialog.get_by_label("Share of the limit in %").fill("10")
    dialog.get_by_role("button", name="Reserve requests", exact=True).click()
    expect(row(page, "pages")).to_contain_text("50 requests (10%)")


def test_a_concurrent_change_is_reported_where_it_matters(
    page: Page, account: Account, pages: dict[str, Any]
) -> None:
    watch_of(page).allow(r"status of 4(04|09) .* /api/rate-limits/test/reservations/")
    others = [account.token_details(["test"], name=f"t{number}") for number in range(5)]
    sign_in(page, account)
    visit(page, f"/rate-limits?reserve=test&token={pages['token_id']}")
    known = page.request.get(
        "/api/rate-limits", headers={"Authorization": f"Bearer {account.access}"}
    )
    # The page does not know about changes in other sessions.
    page.route("**/api/rate-limits?*", lambda route: route.fulfill(response=known))
    tokens = page.request.get("/api/tokens", headers={"Authorization": f"Bearer {account.access}"})
    page.route("**/api/tokens?*", lambda route: route.fulfill(response=tokens))
    dialog = page.get_by_role("dialog", name="Reserve requests of test")
    dialog.get_by_label("Requests per hour").fill("3")
    send = dialog.get_by_role("button", name="Reserve requests", exact=True)

    for other in others:
        reserve(account, other, amount=1)
    send.click()
    expect(dialog.get_by_role("alert")).to_contain_text("at most 5 reservations")

    account.call("DELETE", "/api/rate-limits/test")
    send.click()
    expect(dialog.get_by_role("alert")).to_contain_text("Set a rate-limit policy")
    expect(dialog.get_by_role("alert").get_by_role("button", name="Set limit")).to_be_visible()

    account.call("PUT", "/api/rate-limits/test", {"limit": 20, "window": 3600})
    account.call("DELETE", f"/api/tokens/{pages['token_id']}")
    send.click()
    expect(dialog.get_by_label("Token")).to_have_accessible_description(
        re.compile("no longer exists")
    )
    expect(dialog.get_by_role("alert")).to_have_count(0)


def test_the_token_of_a_reservation_is_never_guessed(
    page: Page, account: Account, pages: dict[str, Any]
) -> None:
    account.token(["test"], name="ci")
    sign_in(page, account)
    visit(page, "/rate-limits?reserve=test")
    dialog = page.get_by_role("dialog", name="Reserve requests of test")
    dialog.get_by_label("Token").select_option("pages")
    dialog.get_by_label("Requests per hour").fill("3")
    watch_of(page).allow(r"status of 404 .* /api/rate-limits/test/reservations/")
    account.call("DELETE", f"/api/tokens/{pages['token_id']}")
    send = dialog.get_by_role("button", name="Reserve requests", exact=True)
    send.click()
    token = dialog.get_by_label("Token")
    expect(token).to_have_accessible_description(re.compile("no longer exists"))
    expect(token.get_by_role("option")).to_have_text(["Choose a token", "ci"])
    send.click()
    expect(token).to_have_accessible_description(re.compile("Choose a token"))
    assert held(account) == []
    token.select_option("ci")
    send.click()
    expect(row(page, "ci")).to_contain_text("3 requests")


def test_the_page_shows_the_maximum_of_five_reservations(
    page: Page, account: Account, pages: dict[str, Any]
) -> None:
    for number in range(5):
        reserve(account, account.token_details(["test"], name=f"t{number}"), amount=number + 1)
    sign_in(page, account)
    visit(page, "/rate-limits")
    expect(page.get_by_text("An API can have at most 5 reservations")).to_be_visible()
    expect(page.get_by_role("button", name="Reserve requests of test")).to_be_disabled()


def test_an_expired_token_is_shown_to_hold_no_reservation(
    page: Page, account: Account, pages: dict[str, Any], product: Product
) -> None:
    reserve(account, pages, amount=15)
    storage = product.storage()
    pool = storage.pools.get(account.username, "test")
    assert pool is not None and pool.policy is not None
    (one,) = pool.policy.reservations
    ended = msgspec.structs.replace(
        pool.policy,
        reservations=(msgspec.structs.replace(one, expires_at=int(time.time()) - 60),),
        revision=pool.policy.revision + 1,
    )
    storage.policies.replace(account.username, "test", pool.policy, ended)
    sign_in(page, account)
    visit(page, "/rate-limits")
    expect(row(page, "pages")).to_contain_text("Token expired")
    expect(row(page, "pages")).to_contain_text("None, previously 15 requests")
    expect(row(page, "Everyone else")).to_contain_text("20 requests")
    page.get_by_role("button", name="Remove reservation for pages").click()
    expect(row(page, "pages")).to_have_count(0)
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)  # the API would reject it


def test_without_a_token_the_dialog_links_to_creating_one(
    page: Page, account: Account, place: Place
) -> None:
    account.call("PUT", "/api/rate-limits/test", {"limit": 20, "window": 3600})
    sign_in(page, account)
    visit(page, "/rate-limits?reserve=test")
    dialog = page.get_by_role("dialog", name="Reserve requests of test")
    expect(dialog).to_contain_text("No token can call test yet.")
    make = dialog.get_by_role("link", name="Create token")
    expect(make).to_have_attribute("href", "/tokens?create=test")


def test_s34_a_hostile_token_name_is_shown_as_text(
    page: Page, account: Account, pages: dict[str, Any]
) -> None:
    evil = account.token_details(["test"], name=HOSTILE)
    sign_in(page, account)
    visit(page, f"/rate-limits?reserve=test&token={evil['token_id']}")
    dialog = page.get_by_role("dialog", name="Reserve requests of test")
    dialog.get_by_label("Requests per hour").fill("3")
    dialog.get_by_role("button", name="Reserve requests", exact=True).click()
    expect(page.get_by_text(f"3 requests of test reserved for {HOSTILE}.")).to_be_visible()
    expect(row(page, HOSTILE)).to_be_visible()
    page.get_by_role("button", name=f"Change reservation for {HOSTILE}").click()
    expect(
        page.get_by_role("heading", name=f"Change the test reservation for {HOSTILE}")
    ).to_be_visible()
    expect(page.locator("main img, dialog img, .toasts img")).to_have_count(0)


@every_width
def test_axe_finds_nothing_in_the_dialogs_of_reservations(
    page: Page, product: Product, upstream_server: Upstream
) -> None:
    watch_of(page).allow(r"status of 422 .* /api/rate-limits/openai/reservations/")
    account = demo(product, upstream_server).account
    sign_in(page, account)
    visit(page, "/rate-limits?reserve=openai")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Requests per hour").fill("400")
    dialog.get_by_role("button", name="Reserve requests", exact=True).click()
    expect(dialog.get_by_label("Requests per hour")).to_have_accessible_description(
        re.compile("180 are left")
    )
    axe(page)
    fits(page)
    dialog.get_by_text("Share", exact=True).click()
    expect(dialog.get_by_label("Share of the limit in %")).to_be_visible()
    axe(page)
    dialog.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Change reservation for release notes").click()
    expect(
        page.get_by_role("dialog", name="Change the openai reservation for release notes")
    ).to_be_visible()
    axe(page)
    visit(page, "/rate-limits?remove=openai")
    expect(page.get_by_role("dialog")).to_contain_text(
        "This also removes the reservations of 2 tokens"
    )
    axe(page)
    visit(page, "/rate-limits?set=github&for=reserve")
    expect(page.get_by_role("dialog")).to_contain_text("the limit that the API reports")
    axe(page)
    visit(page, "/rate-limits?reserve=github")
    expect(page.get_by_role("dialog")).to_contain_text("You have not set a limit for github")
    axe(page)

"""A token's details, changes and simulated rate limiting."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.axe import axe
from tests.browser.chromium import every_width
from tests.browser.visit import sign_in, visit
from tests.support.accounts import Account
from tests.support.upstream import Place

HOSTILE = "<b onclick=alert(1)>\"'&{{7*7}}"


@pytest.fixture
def user(page: Page, account: Account, place: Place) -> Account:
    """A user with keys of two APIs, signed in on the page."""
    account.key(place, api_name="openai", provider="openai", auth=None)
    account.key(place, api_name="my-weather")
    sign_in(page, account)
    return account


def shown(account: Account) -> dict[str, Any]:
    """Return the only token as the API shows it."""
    (token,) = account.call("GET", "/api/tokens").json["items"]
    assert isinstance(token, dict)
    return token


def editing(page: Page, name: str) -> Locator:
    return page.get_by_role("dialog", name=f"Edit token {name}")


def toast(page: Page) -> Locator:
    return page.locator(".toasts")


def test_a_tokens_apis_can_be_changed_and_its_text_stays_the_same(
    page: Page, user: Account
) -> None:
    token = user.token(["openai"], name="agent", limit=5, window=900, methods=["GET", "HEAD"])
    before = shown(user)
    visit(page, "/tokens")
    page.get_by_role("link", name="Edit agent").click()
    form = editing(page, "agent")
    expect(form.get_by_label("Name")).to_be_focused()
    expect(form.get_by_label("Name")).to_have_value("agent")
    expect(form.get_by_role("checkbox", name="openai")).to_be_checked()
    expect(form.get_by_role("radio", name="Read only")).to_be_checked()
    expect(form.get_by_label("Limit (optional)")).to_have_value("5")
    expect(form.get_by_label("per", exact=True)).to_have_value("900")
    expect(form.get_by_label("Expires")).to_have_value("keep")

    form.get_by_label("Name").fill("agent two")
    form.get_by_role("checkbox", name="my-weather").check()
    form.get_by_role("checkbox", name="openai").uncheck()
    form.get_by_label("Expires").select_option("In 30 days from now")
    form.get_by_label("Limit (optional)").fill("")
    form.get_by_role("radio", name="All", exact=True).check()
    form.get_by_label("Paths (optional)").fill("/v1")
    form.get_by_role("button", name="Save changes").click()
    expect(toast(page)).to_contain_text("The token agent two was updated.")
    expect(form).to_have_count(0)

    row = page.get_by_role("row").filter(has_text="agent two")
    expect(row).to_contain_text("All methods under /v1")
    after = shown(user)
    assert (after["token_id"], after["hint"]) == (before["token_id"], before["hint"])
    assert (after["apis"], after["methods"], after["path_prefixes"]) == (
        ["my-weather"],
        [],
        ["/v1"],
    )
    assert (after["limit"], after["window"]) == (None, None)
    assert after["expires_at"] is not None and before["expires_at"] is None
    assert user.proxied(token, "/proxy/my-weather/v1/x").status == 200
    assert user.proxied(token, "/proxy/openai/v1/x").status == 403


def test_unchanged_fields_are_not_sent(page: Page, user: Account) -> None:
    user.token(["openai"], name="agent", limit=5, window=7, rehearsal={"share": 0.0025})
    visit(page, f"/tokens?edit={shown(user)['token_id']}")
    form = editing(page, "agent")
    form.get_by_label("Name").fill("renamed")
    page.keyboard.press("Enter")
    expect(toast(page)).to_contain_text("The token renamed was updated.")
    after = shown(user)
    assert (after["limit"], after["window"], after["rehearsal"]) == (5, 7, {"share": 0.0025})


def test_a_tokens_details_link_to_its_requests_and_reservations(page: Page, user: Account) -> None:
    token = user.token_details(["openai", "my-weather"], name=HOSTILE, limit=10, window=60)
    token_id = token["token_id"]
    user.call("PUT", "/api/rate-limits/openai", {"limit": 1000, "window": 3600})
    answer = user.call("PUT", f"/api/rate-limits/openai/reservations/{token_id}", {"share": 0.3})
    assert answer.status == 200, answer.body
    visit(page, "/tokens")
    page.get_by_role("rowheader", name=HOSTILE).get_by_role("link").click()
    details = page.get_by_role("dialog", name=f"Token {HOSTILE}")
    expect(details).to_contain_text("10 per minute")
    reserved = details.get_by_role("region", name="Reservations")
    expect(reserved).to_contain_text("openai: 300 requests per window, 30% of the limit")
    expect(reserved.get_by_role("link", name="openai")).to_have_attribute(
        "href", "/rate-limits?api=openai"
    )
    expect(details.get_by_role("link", name="View requests")).to_have_attribute(
        "href", f"/requests?token={token_id}"
    )
    # The effect of a change is shown before it is saved.
    details.get_by_role("button", name="Edit token").click()
    form = editing(page, HOSTILE)
    form.get_by_role("checkbox", name="openai").uncheck()
    expect(form.get_by_text("This removes its reservations for openai.")).to_be_visible()
    form.get_by_role("button", name="Cancel").click()
    details.get_by_role("button", name="Revoke").click()
    question = page.get_by_role("dialog", name=re.compile("^Revoke token"))
    expect(question).to_contain_text("This also removes its reservations for openai.")


def test_a_simulated_rejection_is_in_the_log_and_links_to_stopping_the_simulation(
    page: Page, user: Account, place: Place
) -> None:
    token = user.token(["openai"], name="nightly report")
    visit(page, f"/tokens?token={shown(user)['token_id']}")
    details = page.get_by_role("dialog", name="Token nightly report")
    simulation = details.get_by_role("region", name="Simulated rate limiting")
    expect(simulation).to_contain_text("without calling the provider")
    simulation.get_by_label("Share of calls").press("End")
    simulation.get_by_role("button", name="Start rejecting 100%").click()
    expect(simulation).to_contain_text("100% of its calls are currently rejected.")
    page.keyboard.press("Escape")
    expect(page.get_by_role("row", name="nightly report")).to_contain_text("Simulated limits 100%")

    refused = user.proxied(token, "/proxy/openai/v1/models")
    assert refused.status == 429 and refused.json["error"]["code"] == "rate_limit_exceeded"
    assert place.received == []
    visit(page, "/requests")
    entry = page.get_by_role("table", name="Requests").get_by_role("row").nth(1)
    expect(entry).to_contain_text("429 Simulated")
    entry.get_by_role("link").click()
    explained = page.get_by_role("dialog", name="GET /v1/models")
    expect(explained).to_contain_text("the call got openai's own rate-limit error (429)")
    expect(explained).to_contain_text("Check whether the script waited")
    expect(explained).to_contain_text("the API was not called")
    expect(explained).not_to_contain_text("openai itself rejected")
    explained.get_by_role("link", name="View simulated rate limiting of nightly report").click()

    simulation.get_by_role("button", name="Stop simulation").click()
    expect(toast(page)).to_contain_text("Simulated rate limiting for nightly report is off")
    expect(simulation.get_by_role("button", name="Start rejecting")).to_be_visible()
    assert user.proxied(token, "/proxy/openai/v1/models").status == 200
    page.keyboard.press("Escape")
    toast(page).get_by_role("button", name="Undo").click()
    mark = page.get_by_role("row", name="nightly report")
    expect(mark).to_contain_text("Simulated limits 100%")
    assert user.proxied(token, "/proxy/openai/v1/models").status == 429
    # With one click, from the list.
    mark.get_by_role("button", name="Stop simulated rate limiting for nightly report").click()
    expect(mark).not_to_contain_text("Simulated limits")
    expect(toast(page)).to_contain_text("Simulated rate limiting for nightly report is off")
    assert user.proxied(token, "/proxy/openai/v1/models").status == 200


def test_a_simulated_rejection_links_to_what_the_script_did_next(page: Page, user: Account) -> None:
    token = user.token_details(["openai"], name="script", rehearsal={"share": 1})
    user.proxied(token["token"], "/proxy/openai/v1/first")
    user.call("PATCH", f"/api/tokens/{token['token_id']}", {"rehearsal": None})
    user.proxied(token["token"], "/proxy/openai/v1/first")
    user.proxied(user.token(["openai"]), "/proxy/openai/v1/another")
    visit(page, "/requests")
    page.get_by_role("row").filter(has_text="Simulated").get_by_role("link").click()
    page.get_by_role("dialog").get_by_role("link", name="View later requests").click()
    rows = page.get_by_role("row").filter(has=page.get_by_role("cell"))
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("200")
    expect(rows.last).to_contain_text("Simulated")


def test_a_token_can_be_created_with_simulated_rate_limiting(page: Page, user: Account) -> None:
    visit(page, "/tokens?create=openai")
    form = page.get_by_role("dialog", name="Create token")
    form.get_by_label("Name").fill("trial")
    form.get_by_role("checkbox", name="Simulate rate limiting").check()
    share = form.get_by_label("Share of calls")
    expect(share).to_have_value("20")
    share.press("ArrowRight")
    form.get_by_role("button", name="Create token").click()
    expect(page.get_by_role("dialog", name="The token trial")).to_be_visible()
    assert shown(user)["rehearsal"] == {"share": 0.21}


def test_the_overview_separates_simulated_rejections_from_errors(page: Page, user: Account) -> None:
    token = user.token(["openai"], rehearsal={"share": 1})
    user.proxied(token, "/proxy/openai/v1/models")
    visit(page, "/?table=errors")
    expect(page.get_by_role("region", name="Totals")).to_contain_text("1, 1 of them simulated")
    expect(page.get_by_role("columnheader", name="Simulated")).to_be_visible()


@every_width
@pytest.mark.parametrize("dialog", ["", "token", "edit"])
def test_axe_finds_nothing_in_a_token_with_simulated_rate_limiting(
    page: Page, user: Account, dialog: str
) -> None:
    token = user.token_details(
        ["openai", "gone"], name=HOSTILE + "x" * 60, methods=["PUT"], rehearsal={"share": 0.35}
    )
    user.call("PUT", "/api/rate-limits/openai", {"limit": 1000, "window": 3600})
    user.call("PUT", f"/api/rate-limits/openai/reservations/{token['token_id']}", {"amount": 3})
    user.proxied(token["token"], "/proxy/openai/v1/x", "PUT")
    visit(page, f"/tokens?{dialog}={token['token_id']}" if dialog else "/tokens")
    expect(page.get_by_role("dialog")).to_have_count(1 if dialog else 0)
    if dialog == "edit":
        page.get_by_role("checkbox", name="openai").uncheck()
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@every_width
def test_axe_finds_nothing_in_a_simulated_rejection_in_the_log(page: Page, user: Account) -> None:
    token = user.token(["openai"], name=HOSTILE, rehearsal={"share": 1})
    user.proxied(token, "/proxy/openai/v1/models")
    visit(page, "/requests")
    page.get_by_role("row").filter(has_text="Simulated").get_by_role("link").click()
    expect(page.get_by_role("dialog")).to_contain_text("Check whether the script waited")
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

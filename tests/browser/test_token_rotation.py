"""A token's allowed addresses, its networks, and its rotation."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.axe import axe
from tests.browser.chromium import every_width
from tests.browser.visit import clipboard, dialog, sign_in, visit
from tests.support.accounts import Account
from tests.support.upstream import Place


@pytest.fixture
def user(page: Page, account: Account, place: Place) -> Account:
    """A user with a key, signed in on the page."""
    account.key(place, api_name="openai", provider="openai", auth=None)
    sign_in(page, account)
    return account


def the_token(account: Account) -> dict[str, Any]:
    """Return the only token as the API shows it."""
    (token,) = account.call("GET", "/api/tokens").json["items"]
    assert isinstance(token, dict)
    return token


def addresses(form: Locator) -> Locator:
    return form.get_by_label("Allowed addresses (optional)")


def open_restrictions(form: Locator) -> None:
    form.get_by_text("Restrict methods, paths or addresses").click()


def test_addresses_are_checked_while_they_are_typed_and_saved(page: Page, user: Account) -> None:
    visit(page, "/tokens?create=openai")
    form = dialog(page, "Create token")
    form.get_by_label("Name").fill("office")
    open_restrictions(form)
    addresses(form).press_sequentially("203.0.113.7/24")
    wrong = form.get_by_text("has bits set after its prefix")
    expect(wrong).to_have_count(0)
    addresses(form).press_sequentially("\n")
    expect(wrong).to_contain_text("Write 203.0.113.0/24 for the network")
    form.get_by_role("button", name="Create token").click()
    expect(addresses(form)).to_be_focused()
    assert user.call("GET", "/api/tokens").json["items"] == []
    addresses(form).fill("203.0.113.0/24, 2001:DB8::/48")
    expect(wrong).to_have_count(0)
    form.get_by_role("button", name="Add my address").click()
    expect(addresses(form)).to_have_value("203.0.113.0/24\n2001:DB8::/48\n127.0.0.1")
    expect(form.get_by_role("button", name="Add my address")).to_have_count(0)
    form.get_by_role("button", name="Create token").click()
    once = dialog(page, "The token office")
    once.get_by_role("button", name="Copy").first.click()
    expect(once.get_by_text("Copied")).to_be_visible()
    token = clipboard(page)
    once.get_by_role("button", name="Done").click()
    assert the_token(user)["allowed_ips"] == ["203.0.113.0/24", "2001:db8::/48", "127.0.0.1"]
    assert user.proxied(token, "/proxy/openai/v1/models").status == 200
    row = page.get_by_role("row").filter(has_text="office")
    expect(row).to_contain_text("From 203.0.113.0/24 and 2 more")
    row.get_by_role("link", name="office", exact=True).click()
    details = dialog(page, "Token office")
    expect(details).to_contain_text("203.0.113.0/24, 2001:db8::/48, 127.0.0.1")
    page.reload()
    expect(details).to_contain_text(re.compile(r"127\.0\.0\.1\S*, first (just now|\d+ s)"))


def test_a_call_from_another_address_is_refused_and_explained(page: Page, user: Account) -> None:
    token = user.token(["openai"], name="office")
    visit(page, f"/tokens?edit={the_token(user)['token_id']}")
    form = dialog(page, "Edit token office")
    open_restrictions(form)
    addresses(form).fill("203.0.113.7")
    form.get_by_role("button", name="Save changes").click()
    expect(form).to_have_count(0)
    assert user.proxied(token, "/proxy/openai/v1/models").status == 403
    visit(page, "/requests?status=403")
    page.get_by_role("table").get_by_role("row").nth(1).get_by_role("link").click()
    details = page.get_by_role("region", name="What happened")
    expect(details).to_contain_text("The token may not be used from")
    expect(details.get_by_role("link", name="address_not_allowed")).to_be_visible()
    expect(details).to_contain_text("office can be used from 203.0.113.7.")
    details.get_by_role("link", name="View token office").click()
    expect(dialog(page, "Token office")).to_contain_text("203.0.113.7")


def test_a_token_is_rotated_by_keyboard_and_the_old_value_ended(page: Page, user: Account) -> None:
    old = user.token(["openai"], name="nightly")
    visit(page, f"/tokens?token={the_token(user)['token_id']}")
    dialog(page, "Token nightly").get_by_role("button", name="Rotate token…").press("Enter")
    form = dialog(page, "Rotate token nightly")
    expect(form.get_by_role("radio", name="1 day")).to_be_checked()
    form.get_by_role("radio", name="1 day").focus()
    page.keyboard.press("ArrowDown")
    expect(form.get_by_role("radio", name="7 days")).to_be_checked()
    page.keyboard.press("Enter")
    once = dialog(page, "The token nightly")
    expect(once).to_contain_text("The old value works until")
    expect(once.get_by_role("heading", name="Run an agent or a script")).to_be_visible()
    once.get_by_role("button", name="Copy").first.press("Enter")
    expect(once.get_by_text("Copied")).to_be_visible()
    new = clipboard(page)
    page.keyboard.press("Escape")
    assert new != old
    assert [user.proxied(text, "/proxy/openai/x").status for text in (old, new)] == [200, 200]
    row = page.get_by_role("row").filter(has_text="nightly")
    expect(row).to_contain_text("Old value works")

    visit(page, f"/tokens?token={the_token(user)['token_id']}")
    details = dialog(page, "Token nightly")
    expect(details).to_contain_text("It was last used")
    details.get_by_role("button", name="End now").click()
    question = dialog(page, "End the old value of nightly?")
    question.get_by_role("button", name="End old value").click()
    expect(dialog(page, "Token nightly")).to_be_visible()
    expect(details.get_by_role("button", name="End now")).to_have_count(0)
    assert [user.proxied(text, "/proxy/openai/x").status for text in (old, new)] == [401, 200]


@every_width
def test_axe_finds_nothing_in_the_dialogs(page: Page, user: Account) -> None:
    token = user.token_details(["openai"], name="x" * 90, allowed_ips=["2001:db8::/48"])
    path = f"/api/tokens/{token['token_id']}/rotate"
    rotated = user.call("POST", path, {"overlap": 60})
    assert rotated.status == 200, rotated.body
    for param, name in (("token", "Token"), ("edit", "Edit"), ("rotate", "Rotate"), ("end", "End")):
        visit(page, f"/tokens?{param}={token['token_id']}")
        expect(dialog(page, re.compile(f"^{name}"))).to_be_visible()
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

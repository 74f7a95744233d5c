"""The account page: email address, password, sessions, data export and deletion."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.axe import axe
from tests.browser.chromium import every_width
from tests.browser.product import Product
from tests.browser.seeding import seed_log
from tests.browser.visit import sign_in, visit
from tests.browser.watch import watch_of
from tests.support.accounts import PASSWORD, Account
from tests.support.upstream import Place

NEW_PASSWORD = "another long passphrase"


@pytest.fixture
def owner(page: Page, account: Account) -> Account:
    """A user on the account's page."""
    sign_in(page, account)
    visit(page, "/account")
    return account


def sessions(page: Page) -> Locator:
    """Return the rows of the sessions."""
    return page.get_by_role("region", name="Sessions").get_by_role("listitem")


def change_password(page: Page, current: str, new: str) -> None:
    page.get_by_label("Current password").fill(current)
    page.get_by_label("New password").fill(new)
    page.get_by_role("button", name="Change password").click()


def test_the_address_is_changed_and_changed_back(page: Page, owner: Account) -> None:
    field = page.get_by_label("Email")
    field.fill("new@example.com")
    page.get_by_role("button", name="Change email").click()
    expect(page.get_by_text("Your email address was changed.")).to_be_visible()
    assert owner.call("GET", "/api/me").json["email"] == "new@example.com"
    page.get_by_role("button", name="Undo").click()
    expect(field).to_have_value("u@example.com")
    assert owner.call("GET", "/api/me").json["email"] == "u@example.com"


def test_a_wrong_address_is_shown_at_its_field(page: Page, owner: Account) -> None:
    watch_of(page).allow("status of 422 .*/api/me")
    field = page.get_by_label("Email")
    field.fill("nobody@nowhere")
    page.get_by_role("button", name="Change email").click()
    expect(page.get_by_text("This is not an email address.")).to_be_visible()
    expect(field).to_be_focused()


def test_a_new_password_keeps_this_session_and_ends_the_others(
    page: Page, new_page: Callable[..., Page], owner: Account
) -> None:
    other = new_page()
    watch_of(other).allow("status of 401")
    sign_in(other, owner)
    visit(other, "/account")
    expect(sessions(page)).to_have_count(2)  # the test's own and this one

    change_password(page, PASSWORD, NEW_PASSWORD)
    expect(page.get_by_text("All other sessions have ended.")).to_be_visible()
    expect(page.get_by_label("Current password")).to_have_value("")
    expect(page.get_by_label("New password")).to_have_value("")
    expect(sessions(page)).to_have_count(1)
    expect(sessions(page)).to_contain_text("This session")
    page.reload()
    expect(sessions(page)).to_have_count(1)

    other.get_by_role("link", name="Keys", exact=True).click()
    expect(other.get_by_text("Your session has ended.")).to_be_visible()
    other.get_by_label("Username").fill(owner.username)
    other.get_by_label("Password", exact=True).fill(NEW_PASSWORD)
    other.get_by_role("button", name="Sign in").click()
    expect(other.get_by_role("heading", name="Keys", level=1)).to_be_visible()


def test_other_tabs_of_this_browser_stay_signed_in_too(page: Page, owner: Account) -> None:
    other = page.context.new_page()
    visit(other, "/keys")
    change_password(page, PASSWORD, NEW_PASSWORD)
    expect(page.get_by_text("All other sessions have ended.")).to_be_visible()
    watch_of(page).allow("status of 401")
    other.get_by_role("link", name="Tokens", exact=True).click()
    expect(other.get_by_role("heading", name="No tokens yet")).to_be_visible()


def test_a_wrong_password_is_reported_at_its_field(page: Page, owner: Account) -> None:
    watch_of(page).allow("status of 403 .*/api/me/password")
    change_password(page, "not the password", NEW_PASSWORD)
    expect(page.get_by_text("The current password is wrong.")).to_be_visible()
    expect(page.get_by_label("Current password")).to_be_focused()
    expect(page.get_by_role("heading", name="Account", exact=True)).to_be_visible()


def test_a_session_in_another_browser_can_be_ended(page: Page, account: Account) -> None:
    account.sign_in()
    account.sign_in()
    sign_in(page, account)
    visit(page, "/account")
    expect(sessions(page)).to_have_count(4)
    expect(sessions(page).first).to_contain_text("Chrome")
    expect(sessions(page).first).to_contain_text("This session")
    sessions(page).nth(1).get_by_role("button", name="End session").click()
    dialog = page.get_by_role("dialog", name="End session on")
    dialog.get_by_role("button", name="End session").click()
    expect(sessions(page)).to_have_count(3)
    page.get_by_role("button", name="End all others").click()
    dialog = page.get_by_role("dialog", name="End 2 other sessions?")
    dialog.get_by_role("button", name="End sessions").click()
    expect(sessions(page)).to_have_count(1)
    assert account.call("GET", "/api/me").status == 401
    page.get_by_role("button", name="Sign out").last.click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_the_data_export_contains_everything_except_secrets(
    page: Page, account: Account, place: Place, product: Product, tmp_path: Path
) -> None:
    account.key(place, api_name="weather", secret="sk-never-to-be-seen-again")
    token = account.token(["weather"], name="script")
    account.call("PUT", "/api/rate-limits/weather", {"limit": 100, "window": 60})
    seed_log(product.storage(), account, 1_200, "weather")
    sign_in(page, account)
    visit(page, "/account")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download data").click()
    expect(page.get_by_text("Saved to your downloads.")).to_be_visible()
    waiting.value.save_as(tmp_path / "all.json")
    text = (tmp_path / "all.json").read_text(encoding="utf-8")
    everything = json.loads(text)
    assert everything["profile"]["username"] == account.username
    assert [key["api_name"] for key in everything["keys"]] == ["weather"]
    assert [token["name"] for token in everything["tokens"]] == ["script"]
    assert everything["rate_limits"][0]["limit"] == 100
    assert len(everything["requests"]) == 1_200
    assert len({entry["request_id"] for entry in everything["requests"]}) == 1_200
    assert "sk-never-to-be-seen-again" not in text and token not in text


def test_the_account_is_deleted_after_being_confirmed(
    page: Page, owner: Account, place: Place
) -> None:
    watch_of(page).allow("status of 403 .*/api/me")
    owner.key(place)
    page.get_by_role("button", name="Delete account…").click()
    dialog = page.get_by_role("dialog", name=f"Delete account {owner.username}?")
    expect(dialog).to_contain_text("all stored keys, tokens, rate limits")
    name = dialog.get_by_label("Your username")
    password = dialog.get_by_label("Your password")
    name.fill("somebody-else")
    password.fill(PASSWORD)
    dialog.get_by_role("button", name="Delete account").click()
    expect(dialog.get_by_text(f"Type {owner.username} to confirm.")).to_be_visible()
    name.fill(owner.username)
    password.fill("not the password")
    dialog.get_by_role("button", name="Delete account").click()
    expect(dialog.get_by_text("The current password is wrong.")).to_be_visible()
    password.fill(PASSWORD)
    dialog.get_by_role("button", name="Delete account").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_focused()
    expect(page.get_by_text("all its data were deleted")).to_be_visible()
    assert owner.call("GET", "/api/me").status == 401
    assert page.context.cookies() == []


@every_width
def test_axe_finds_nothing(page: Page, owner: Account) -> None:
    expect(sessions(page)).to_have_count(2)
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Delete account…").click()
    axe(page)

"""The tokens' page: create with minimal permissions, show once, copy, use, revoke."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.axe import axe
from tests.browser.chromium import LOOKS, every_width
from tests.browser.visit import clipboard, sign_in, visit
from tests.browser.watch import watch_of
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


def tokens(account: Account) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = account.call("GET", "/api/tokens").json["items"]
    return items


def form(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Create token")


def shown(page: Page, name: str) -> Locator:
    return page.get_by_role("dialog", name=f"The token {name}")


def test_a_token_created_by_keyboard_is_shown_once_and_works(
    page: Page, user: Account, place: Place
) -> None:
    visit(page, "/tokens?create=openai")
    expect(form(page).get_by_label("Name")).to_be_focused()
    page.keyboard.type("nightly report")
    page.keyboard.press("Enter")
    once = shown(page, "nightly report")
    expect(once.get_by_text("It is not shown again")).to_be_visible()
    once.get_by_role("button", name="Copy").first.press("Enter")
    expect(once.get_by_text("Copied")).to_be_visible()
    token = clipboard(page)
    assert user.proxied(token, "/proxy/openai/v1/models").status == 200
    assert user.proxied(token, "/proxy/my-weather/").status == 403
    page.keyboard.press("Escape")
    expect(once).to_have_count(0)
    assert token not in page.content()
    expect(page.get_by_role("row").filter(has_text="nightly report")).to_contain_text(token[-4:])
    (made,) = tokens(user)
    assert made["apis"] == ["openai"] and made["expires_in"] == 90 * 86_400
    assert made["limit"] is None and made["methods"] == [] and made["path_prefixes"] == []


def test_only_chosen_permissions_are_granted(page: Page, user: Account) -> None:
    visit(page, "/tokens")
    page.get_by_role("button", name="Create token").first.click()
    dialog = form(page)
    expect(
        dialog.get_by_text("A token can call only the APIs that you choose here.")
    ).to_be_visible()
    for name in ("openai", "my-weather"):
        expect(dialog.get_by_role("checkbox", name=name)).not_to_be_checked()
    dialog.get_by_label("Name").fill("careless")
    dialog.get_by_role("button", name="Create token").click()
    expect(dialog.get_by_text("Choose at least one API")).to_be_visible()
    assert tokens(user) == []
    dialog.get_by_role("radio", name="All APIs").check()
    dialog.get_by_role("button", name="Create token").click()
    expect(shown(page, "careless")).to_be_visible()
    assert tokens(user)[0]["apis"] == ["*"]


def test_a_token_can_get_methods_paths_a_limit_and_an_expiry(page: Page, user: Account) -> None:
    visit(page, "/tokens?create=openai")
    dialog = form(page)
    dialog.get_by_label("Name").fill("agent")
    dialog.get_by_label("Expires").select_option("In 7 days")
    dialog.get_by_label("Limit (optional)").fill("500")
    dialog.get_by_label("per", exact=True).select_option("hour")
    dialog.get_by_text("Restrict methods, paths or addresses").click()
    dialog.get_by_role("radio", name="Custom").check()
    dialog.get_by_role("checkbox", name="POST").check()
    dialog.get_by_label("Paths (optional)").fill("v1/chat\n/v1/models\n")
    dialog.get_by_role("button", name="Create token").click()
    expect(shown(page, "agent")).to_be_visible()
    (made,) = tokens(user)
    assert made["methods"] == ["GET", "POST"]
    assert made["path_prefixes"] == ["/v1/chat", "/v1/models"]
    assert (made["limit"], made["window"], made["expires_in"]) == (500, 3600, 7 * 86_400)
    shown(page, "agent").get_by_role("button", name="Copy").first.click()
    shown(page, "agent").get_by_role("button", name="Done").click()
    row = page.get_by_role("row").filter(has_text="agent")
    expect(row).to_contain_text("GET, POST under /v1/chat, /v1/models")
    expect(row).to_contain_text("500 per hour")


def test_a_rejection_by_the_api_is_shown_at_its_field(page: Page, user: Account) -> None:
    watch_of(page).allow(r"status of 422 .* /api/tokens")
    visit(page, "/tokens?create=openai")
    dialog = form(page)
    dialog.get_by_label("Name").fill("x")
    dialog.get_by_text("Restrict methods, paths or addresses").click()
    dialog.get_by_label("Paths (optional)").fill("/with space")
    dialog.get_by_role("button", name="Create token").click()
    expect(dialog.get_by_label("Paths (optional)")).to_be_focused()
    expect(dialog.get_by_label("Paths (optional)")).to_have_attribute("aria-invalid", "true")
    assert tokens(user) == []


def test_closing_without_copying_is_warned_of_once(page: Page, user: Account) -> None:
    visit(page, "/tokens?create=openai")
    form(page).get_by_label("Name").fill("hasty")
    page.keyboard.press("Enter")
    once = shown(page, "hasty")
    expect(once).to_be_visible()
    page.keyboard.press("Escape")
    expect(once.get_by_role("alert")).to_contain_text("You have not copied the token.")
    once.get_by_role("button", name="Close without copying").click()
    expect(once).to_have_count(0)


def test_back_does_not_lose_a_token_that_was_not_copied(page: Page, user: Account) -> None:
    visit(page, "/keys")
    page.evaluate("history.pushState(null, '', '/tokens'); dispatchEvent(new Event('popstate'))")
    page.get_by_role("button", name="Create token").first.click()
    form(page).get_by_label("Name").fill("hasty")
    form(page).get_by_role("checkbox", name="openai").check()
    form(page).get_by_role("button", name="Create token").click()
    once = shown(page, "hasty")
    token = once.get_by_role("figure").first.locator("code")
    expect(token).to_contain_text("apd_")
    text = token.inner_text()
    page.go_back()
    expect(once.get_by_role("alert")).to_contain_text("You have not copied the token.")
    page.go_back()
    expect(page).to_have_url(re.compile("/keys$"))
    expect(token).to_have_text(text)
    assert text not in page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    once.get_by_role("button", name="Copy").first.click()
    once.get_by_role("button", name="Done").click()
    expect(once).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).to_have_text("Keys")


def test_a_shown_token_disappears_when_the_session_ends(page: Page, user: Account) -> None:
    visit(page, "/tokens?create=openai")
    form(page).get_by_label("Name").fill("left")
    page.keyboard.press("Enter")
    expect(shown(page, "left")).to_be_visible()
    page.evaluate("dispatchEvent(new StorageEvent('storage', {key: 'api-dashboard.signed-in'}))")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    expect(shown(page, "left")).to_have_count(0)
    assert "apd_" not in page.content()


def test_a_link_to_a_missing_token_shows_a_message(page: Page, user: Account) -> None:
    visit(page, "/tokens?token=nonexistent")
    gone = page.get_by_role("dialog", name="Token")
    expect(gone).to_contain_text("The token nonexistent does not exist.")
    page.keyboard.press("Escape")
    expect(gone).to_have_count(0)


@pytest.mark.parametrize(
    ("language", "holds"),
    [
        ("Shell", "export OPENAI_BASE_URL='{url}/proxy/openai/v1'"),
        (".env", "OPENAI_API_KEY={token}"),
        ("Python", 'OpenAI(base_url="{url}/proxy/openai/v1", api_key="{token}")'),
        ("JavaScript", 'new OpenAI({{ baseURL: "{url}/proxy/openai/v1", apiKey: "{token}" }})'),
        ("curl", "curl '{url}/proxy/openai/v1/models"),
    ],
)
def test_snippets_hold_the_token_and_the_base_url(
    page: Page, user: Account, language: str, holds: str
) -> None:
    visit(page, "/tokens?create=openai")
    form(page).get_by_label("Name").fill("snippets")
    page.keyboard.press("Enter")
    once = shown(page, "snippets")
    once.get_by_role("button", name="Copy").first.click()
    token = clipboard(page)
    once.get_by_role("radio", name=language, exact=True).check()
    once.get_by_role("button", name="Copy", exact=True).last.click()
    expect(once.get_by_text("Copied").last).to_be_visible()
    page.wait_for_function("async (old) => await navigator.clipboard.readText() !== old", arg=token)
    assert holds.format(url=user.client.url, token=token) in clipboard(page)


def test_revoking_asks_once_names_the_token_and_applies_at_once(page: Page, user: Account) -> None:
    token = user.token(["openai"], name="leaked one")
    visit(page, "/tokens")
    page.get_by_role("button", name="Revoke leaked one").click()
    question = page.get_by_role("dialog", name="Revoke token leaked one?")
    expect(question).to_contain_text("This cannot be undone")
    page.reload()
    question.get_by_role("button", name="Cancel").click()
    assert user.proxied(token, "/proxy/openai/x").status == 200
    page.get_by_role("button", name="Revoke leaked one").click()
    question.get_by_role("button", name="Revoke token").click()
    expect(page.get_by_role("heading", name="No tokens yet")).to_be_visible()
    expect(page.get_by_role("heading", name="Tokens", exact=True)).to_be_focused()
    assert user.proxied(token, "/proxy/openai/x").status == 401


def test_120_tokens_can_be_searched_and_paged(page: Page, user: Account) -> None:
    for number in range(120):
        user.token(["openai"], name=f"script-{number:03}")
    visit(page, "/tokens")
    expect(page.get_by_role("row")).to_have_count(51)
    expect(page.get_by_text("Page 1 of 3")).to_be_visible()
    page.get_by_role("searchbox", name="Search").fill("script-11")
    expect(page.get_by_role("row")).to_have_count(11)


def test_a_hostile_name_is_shown_as_text(page: Page, user: Account) -> None:
    user.token(["openai"], name=HOSTILE)
    visit(page, "/tokens")
    expect(page.get_by_role("rowheader", name=HOSTILE)).to_be_visible()
    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_role("dialog", name=HOSTILE)).to_be_visible()


@every_width
def test_axe_finds_nothing_in_the_list_the_form_and_the_token(page: Page, user: Account) -> None:
    user.token(["openai", "my-weather"], name=HOSTILE + "x" * 60, methods=["GET"])
    user.token(["*"], name="all", limit=10, window=60, expires_in=60)
    visit(page, "/tokens")
    looks_right(page)
    visit(page, "/tokens?create=openai")
    form(page).get_by_text("Restrict methods, paths or addresses").click()
    looks_right(page)
    form(page).get_by_label("Name").fill("axe")
    form(page).get_by_role("button", name="Create token").click()
    expect(shown(page, "axe")).to_be_visible()
    looks_right(page)


def looks_right(page: Page) -> None:
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("look", [LOOKS[2]], ids=str)
def test_on_a_phone_the_table_keeps_its_table_roles(page: Page, user: Account) -> None:
    user.token(["openai"], name="pocket")
    visit(page, "/tokens")
    expect(page.get_by_role("rowheader", name=re.compile("pocket"))).to_be_visible()
    expect(page.get_by_role("columnheader", name="Expires")).to_have_count(1)

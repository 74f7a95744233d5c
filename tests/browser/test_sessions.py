"""Sign up, in and out; sessions that end; an API that becomes unreachable and returns."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from api.services.accounts.devices import cookie_suffix
from tests.browser.product import Product
from tests.browser.visit import settle, sign_in, visit
from tests.browser.watch import watch_of
from tests.support.accounts import PASSWORD, Account
from tests.support.upstream import Upstream


def fill_in(page: Page, username: str, password: str = PASSWORD) -> None:
    """Fill in and submit the sign-in form."""
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()


def heading(page: Page, name: str) -> None:
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()


def end_elsewhere(account: Account) -> None:
    """End every session of the user, as from another machine."""
    for session in account.call("GET", "/api/sessions").json["items"]:
        if not session["current"]:
            account.call("DELETE", f"/api/sessions/{session['session_id']}")


def test_a_link_to_a_page_opens_it_after_signing_in(page: Page, account: Account) -> None:
    page.goto("/requests?status=4xx")
    heading(page, "Sign in")
    fill_in(page, account.username)
    heading(page, "Requests")
    expect(page).to_have_url(re.compile(r"/requests\?status=4xx$"))
    page.reload()
    heading(page, "Requests")
    expect(page).to_have_url(re.compile(r"/requests\?status=4xx$"))


@pytest.mark.parametrize(
    "next_page",
    ["//evil.example/x", "https://evil.example/", "javascript:alert(1)", "/\\evil.example"],
    ids=["host", "url", "script", "backslash"],
)
def test_a_link_to_another_site_is_not_followed_after_signing_in(
    page: Page, account: Account, next_page: str
) -> None:
    page.goto(f"/sign-in?next={next_page}")
    fill_in(page, account.username)
    heading(page, "Overview")


def test_a_wrong_password_is_reported_and_not_kept(page: Page, account: Account) -> None:
    watch_of(page).allow("status of 401 .*/api/auth/login")
    visit(page, "/sign-in")
    fill_in(page, account.username, "not the password at all")
    expect(page.get_by_role("alert")).to_contain_text("username or the password is wrong")
    assert "not the password" not in json.dumps(page.evaluate("[{...localStorage}, location.href]"))
    fill_in(page, account.username)
    heading(page, "Overview")


def test_after_too_many_attempts_the_wait_is_shown_once(page: Page) -> None:
    watch_of(page).allow(r"status of 429 .* /api/auth/login")
    said = "Too many attempts. Try again in 376 seconds."
    page.route(
        "**/api/auth/login",
        lambda route: route.fulfill(
            status=429,
            content_type="application/problem+json",
            headers={"Retry-After": "376"},
            body=json.dumps({"code": "too_many_attempts", "status": 429, "detail": said}),
        ),
    )
    visit(page, "/sign-in")
    fill_in(page, "ada")
    expect(page.get_by_role("alert")).to_have_text(said)


def test_a_new_user_signs_up_and_is_signed_in(page: Page, account: Account) -> None:
    watch_of(page).allow("status of (409|422) .*/api/auth/register")
    visit(page, "/sign-in")
    page.get_by_role("link", name="Sign up").click()
    expect(page.get_by_role("heading", name="Sign up")).to_be_focused()
    page.get_by_label("Username").fill(account.username.upper())
    page.get_by_label("Email").fill("new@example.com")
    page.get_by_label("Password", exact=True).fill("password1")
    page.get_by_role("button", name="Sign up").click()
    expect(page.get_by_label("Password", exact=True)).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign up").click()
    expect(page.get_by_label("Username")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Username").fill(f"new-{secrets.token_hex(4)}")
    page.get_by_role("button", name="Sign up").click()
    heading(page, "Overview")


def test_a_session_that_ends_shows_sign_in_and_then_the_same_page(
    page: Page, account: Account
) -> None:
    watch_of(page).allow("status of 401")
    sign_in(page, account)
    visit(page, "/tokens?q=night")
    end_elsewhere(account)
    page.get_by_role("link", name="Requests").click()
    heading(page, "Sign in")
    expect(page.get_by_text("Your session has ended.")).to_be_visible()
    fill_in(page, account.username)
    heading(page, "Requests")


def test_signing_out_in_one_tab_signs_out_the_others(page: Page, account: Account) -> None:
    sign_in(page, account)
    visit(page, "/keys")
    other = page.context.new_page()
    visit(other, "/tokens")
    menu = page.get_by_role("complementary", name="Menu")
    menu.get_by_role("button", name="Sign out").click()
    heading(page, "Sign in")
    heading(other, "Sign in")
    page.goto("/keys")
    heading(page, "Sign in")


def test_two_tabs_that_open_at_once_use_one_session(page: Page, account: Account) -> None:
    sign_in(page, account)
    tabs = [page, *(page.context.new_page() for _ in range(3))]
    for tab in tabs:
        tab.goto("/keys", wait_until="commit")
    for tab in tabs:
        heading(tab, "Keys")
    assert len(account.call("GET", "/api/sessions").json["items"]) == 2


def test_s34_no_session_token_is_in_storage_that_scripts_can_read(
    page: Page, account: Account
) -> None:
    sign_in(page, account)
    visit(page, "/keys")
    kept = page.evaluate("[{...localStorage}, {...sessionStorage}, document.cookie]")
    assert "ey" not in json.dumps(kept)
    address = page.url.replace("/keys", "/api/auth/refresh")
    cookies = {cookie["name"]: cookie for cookie in page.context.cookies(address)}
    device = f"api_dashboard_device_{cookie_suffix(account.username)}"
    assert set(cookies) == {"api_dashboard_refresh", device}
    for cookie in cookies.values():
        assert cookie["httpOnly"] and cookie["sameSite"] == "Strict"
        assert cookie["path"] == "/api/auth"


def test_an_unreachable_api_is_reported_and_its_return_is_detected(
    own_product: Product, new_page: Callable[..., Page]
) -> None:
    page = new_page(product=own_product)
    watch_of(page).allow("ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE")
    account = Account(own_product.client)
    sign_in(page, account)
    visit(page, "/")
    own_product.stop()
    away = page.get_by_text("The API does not respond. Retrying")
    expect(away).to_be_visible()
    heading(page, "Overview")
    own_product.start()
    expect(away).to_have_count(0)
    page.reload()
    heading(page, "Overview")


def test_an_unreachable_api_at_page_load_does_not_end_the_session(
    page: Page, account: Account
) -> None:
    watch_of(page).allow("ERR_CONNECTION_REFUSED")
    sign_in(page, account)
    page.route("**/api/**", lambda route: route.abort("connectionrefused"))
    page.goto("/keys")
    heading(page, "The API does not respond")
    expect(page.get_by_text("You are still signed in.")).to_be_visible()
    page.unroute("**/api/**")
    page.get_by_role("button", name="Try again").click()
    heading(page, "Keys")


@pytest.fixture
def by_invite(upstream_server: Upstream, tmp_path: Path) -> Iterator[Product]:
    """A product where sign-up needs an invite."""
    product = Product(
        tmp_path,
        [upstream_server],
        API_DASHBOARD_SIGN_UP="invite",
        API_DASHBOARD_INVITE_CODE="the-invite-code",
    )
    product.start()
    yield product
    product.stop()


def test_the_invite_code_field_is_shown_if_sign_up_needs_one(
    by_invite: Product, new_page: Callable[..., Page]
) -> None:
    page = new_page(product=by_invite)
    watch_of(page).allow("status of 403 .*/api/auth/register")
    visit(page, "/sign-up")
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Email").fill("ada@example.com")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Invite code").fill("another")
    page.get_by_role("button", name="Sign up").click()
    expect(page.get_by_text("Sign-up needs a valid invite code.")).to_be_visible()
    page.get_by_label("Invite code").fill("the-invite-code")
    page.get_by_role("button", name="Sign up").click()
    heading(page, "Overview")
    settle(page)


def test_a_tab_from_before_an_update_reloads_the_dashboard(page: Page, account: Account) -> None:
    watch_of(page).allow("status of 404 .*/assets/tokens-|Failed to fetch dynamically")
    sign_in(page, account)
    visit(page, "/keys")
    gone = re.compile(r"/assets/tokens-[^/]*\.js$")
    page.route(gone, lambda route: route.fulfill(status=404), times=1)
    page.get_by_role("link", name="Tokens").click()
    heading(page, "Tokens")


def test_a_page_whose_code_cannot_be_loaded_shows_a_message(
    own_product: Product, new_page: Callable[..., Page]
) -> None:
    page = new_page(product=own_product)
    watch_of(page).allow("ERR_CONNECTION|ERR_EMPTY_RESPONSE|Failed to fetch dynamically")
    sign_in(page, Account(own_product.client))
    visit(page, "/keys")
    own_product.stop()
    page.get_by_role("link", name="Tokens").click()
    expect(page.get_by_role("heading", name="This page could not be loaded")).to_be_visible()
    own_product.start()
    page.get_by_role("button", name="Try again").click()
    heading(page, "Tokens")

"""The pages at a separate origin, as on an S3 website."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme
from playwright.sync_api import Page, expect

from tests.browser.product import Product
from tests.browser.watch import watch_of
from tests.browser.website import website
from tests.support.accounts import PASSWORD, Account


@pytest.fixture
def site(product: Product, authority: tuple[trustme.CA, Path]) -> Iterator[str]:
    """The address of a website whose API is `product`."""
    with website(product, authority[0]) as url:
        yield url


@pytest.fixture
def guest(site: str, new_page: Callable[..., Page]) -> Page:
    """A page of a visitor of the website."""
    page = new_page(base_url=site, ignore_https_errors=True)
    watch_of(page).allow("request to another origin: [A-Z]+ (http://127.0.0.1|https://localhost):")
    return page


def sign_in(page: Page, account: Account) -> None:
    """Sign in by the form that is shown."""
    page.get_by_label("Username").fill(account.username)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def test_a_session_is_kept_in_its_tab_and_a_reload_keeps_the_page(
    guest: Page, account: Account
) -> None:
    guest.goto("/account")
    sign_in(guest, account)
    expect(guest.get_by_role("heading", name="Account", level=1)).to_be_visible()
    assert guest.context.cookies() == []
    guest.reload()
    expect(guest.get_by_role("heading", name="Account", level=1)).to_be_visible()
    menu = guest.get_by_role("complementary", name="Menu")
    menu.get_by_role("button", name="Sign out").click()
    expect(guest.get_by_role("heading", name="Sign in")).to_be_visible()
    assert guest.evaluate("JSON.stringify({...sessionStorage})") == "{}"


def test_the_playground_calls_the_function_url_which_is_another_origin(
    guest: Page, account: Account
) -> None:
    """As GET /api/addresses names it on AWS. The call itself goes nowhere."""
    proxy = "https://0123456789abcdef.lambda-url.us-east-2.on.aws"
    watch_of(guest).allow(f"request to another origin: [A-Z]+ {proxy}")
    headers = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "*"}
    guest.route(
        "**/api/addresses",
        lambda route: route.fulfill(json={"proxy": f"{proxy}/proxy", "roots": {}}, headers=headers),
    )
    guest.route(f"{proxy}/**", lambda route: route.fulfill(body="streamed", headers=headers))
    key = {"api_name": "test", "base_url": "https://api.example.com",
           "auth": {"scheme": "bearer"}, "secret": "sk-0123456789abcdef"}  # fmt: skip
    assert account.call("POST", "/api/keys", key).status == 201
    guest.goto("/playground?api=test&path=/v1/things")
    sign_in(guest, account)
    with guest.expect_request(f"{proxy}/proxy/test/v1/things") as sent:
        guest.get_by_role("button", name="Send").click()
    assert sent.value.headers["authorization"].startswith("Bearer ")
    expect(guest.get_by_text("streamed")).to_be_visible()
    guest.get_by_text("Copy as code").click()
    expect(guest.get_by_text(f"{proxy}/proxy/test/v1/things")).to_be_visible()


def test_s34_no_other_site_reads_the_api_of_a_website(
    site: str, guest: Page, new_page: Callable[..., Page]
) -> None:
    guest.goto("/sign-in")
    api = guest.evaluate("fetch('/config.json').then((answer) => answer.json())")["api"]
    ask = f"fetch('{api}/api/status').then((answer) => answer.status, () => 'refused')"
    assert guest.evaluate(ask) == 200
    other = new_page(ignore_https_errors=True)
    watch_of(other).allow("CORS policy|ERR_FAILED|Content Security Policy|another origin")
    other.route("**/other", lambda route: route.fulfill(content_type="text/html", body="Other"))
    other.goto("/other")
    assert other.evaluate(ask) == "refused"

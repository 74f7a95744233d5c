"""Every page loads nothing from other hosts, has no axe violations and is small."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.axe import axe
from tests.browser.budget import FIRST_LOAD, weighed
from tests.browser.chromium import every_width
from tests.browser.visit import INSIDE, OUTSIDE, settle, sign_in, visit
from tests.support.accounts import Account
from tools.demo import Demo


@every_width
def test_axe_finds_nothing_on_the_public_pages(page: Page) -> None:
    check(page, OUTSIDE)


@every_width
def test_axe_finds_nothing_on_the_pages_of_an_empty_account(page: Page, user: Account) -> None:
    check(page, INSIDE)


@every_width
def test_axe_finds_nothing_on_the_pages_of_an_account_in_use(
    page: Page, demo_account: Demo
) -> None:
    sign_in(page, demo_account.account)
    check(page, INSIDE)


@pytest.mark.parametrize("path", ["/", *OUTSIDE])
def test_the_first_page_weighs_at_most_100_kilobytes(page: Page, path: str) -> None:
    with weighed(page) as load:
        visit(page, path)
    assert load.bytes <= FIRST_LOAD, str(load)


@pytest.mark.parametrize("path", INSIDE)
def test_the_first_page_after_signing_in_weighs_at_most_100_kilobytes(
    page: Page, demo_account: Demo, path: str
) -> None:
    """The demo may just have made hundreds of calls, which the page of requests reads as new ones.
    That is no account's usual first load.
    """
    nothing: dict[str, object] = {"items": [], "next_cursor": None, "open": []}
    page.route("**/api/requests?*&limit=200", lambda route: route.fulfill(json=nothing))
    sign_in(page, demo_account.account)
    with weighed(page) as load:
        visit(page, path)
    assert load.bytes <= FIRST_LOAD, str(load)


def test_s33_pages_have_their_content_security_policy_and_obey_it(
    page: Page, user: Account
) -> None:
    for path in (*OUTSIDE, *INSIDE):
        answer = page.goto(path)
        settle(page)
        assert answer is not None and answer.status == 200, path
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy, path
    # The page's watch checks at the end that the policy is obeyed and no other host is called.


def check(page: Page, paths: tuple[str, ...]) -> None:
    """Assert of each page that axe finds nothing and that it fits its window."""
    for path in paths:
        visit(page, path)
        axe(page)
        fits(page)


def fits(page: Page) -> None:
    """Assert that nothing makes the page wider than its window."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (
        f"{page.url} scrolls sideways"
    )

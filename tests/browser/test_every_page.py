"""Every page loads nothing from other hosts, has no axe violations and is small."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.axe import axe
from tests.browser.budget import FIRST_LOAD, weighed
from tests.browser.chromium import every_look
from tests.browser.visit import INSIDE, OUTSIDE, settle, sign_in, visit
from tests.support.accounts import Account
from tools.demo import Demo


@every_look
@pytest.mark.parametrize("path", OUTSIDE)
def test_axe_finds_nothing_on_a_public_page(page: Page, path: str) -> None:
    visit(page, path)
    axe(page)
    fits(page)


@every_look
@pytest.mark.parametrize("path", INSIDE)
def test_axe_finds_nothing_on_a_page_of_an_empty_account(
    page: Page, account: Account, path: str
) -> None:
    sign_in(page, account)
    visit(page, path)
    axe(page)
    fits(page)


@every_look
@pytest.mark.parametrize("path", INSIDE)
def test_axe_finds_nothing_on_a_page_of_an_account_in_use(
    page: Page, demo_account: Demo, path: str
) -> None:
    sign_in(page, demo_account.account)
    visit(page, path)
    axe(page)
    fits(page)


@pytest.mark.parametrize("path", ["/", *OUTSIDE])
def test_the_first_page_weighs_at_most_100_kilobytes(page: Page, path: str) -> None:
    with weighed(page) as load:
        visit(page, path)
    assert load.bytes <= FIRST_LOAD, str(load)


@pytest.mark.parametrize("path", INSIDE)
def test_the_first_page_after_signing_in_weighs_at_most_100_kilobytes(
    page: Page, demo_account: Demo, path: str
) -> None:
    sign_in(page, demo_account.account)
    with weighed(page) as load:
        visit(page, path)
    assert load.bytes <= FIRST_LOAD, str(load)


@pytest.mark.parametrize("path", [*OUTSIDE, *INSIDE])
def test_s33_pages_have_their_content_security_policy_and_obey_it(
    page: Page, account: Account, path: str
) -> None:
    sign_in(page, account)
    answer = page.goto(path)
    settle(page)
    assert answer is not None and answer.status == 200
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    # The page's watch checks at the end that the policy is obeyed and no other host is called.


def fits(page: Page) -> None:
    """Assert that nothing makes the page wider than its window."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (
        "it scrolls sideways"
    )

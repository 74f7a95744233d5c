"""Open the dashboard's pages."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.support.accounts import PASSWORD, Account

OUTSIDE = ("/sign-in", "/sign-up")
INSIDE = (
    "/",
    "/keys",
    "/apis/openai",
    "/env-files",
    "/playground",
    "/tokens",
    "/requests",
    "/rate-limits",
    "/spend",
    "/notifications",
    "/audit",
    "/account",
)

_SIGNED_IN = "localStorage.setItem('api-dashboard.signed-in', 'yes')"
# In the first document only, so that a later sign-out holds. The name of a window stays when it
# goes to another page, and the dashboard does not use it.
_ONCE = f"""if (location.origin !== "null" && window.name === "") {{
    window.name = "signed-in";
    {_SIGNED_IN};
}}"""


def sign_in(page: Page, account: Account) -> None:
    """Give the page a session without the form, stored as session.ts stores it.

    An empty page has it as soon as it goes to one of the dashboard's pages.
    """
    answer = page.context.request.post(
        "/api/auth/login",
        data={"username": account.username, "password": PASSWORD, "session": "cookie"},
    )
    assert answer.ok, answer.text()
    if page.url == "about:blank":
        page.add_init_script(_ONCE)
    else:
        page.evaluate(_SIGNED_IN)


def visit(page: Page, path: str) -> None:
    """Open a path and wait until the page is complete."""
    page.goto(path)
    settle(page)


def settle(page: Page) -> None:
    """Wait until the page shows its heading, has its fonts and has finished loading."""
    expect(page.get_by_role("main")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_role("status", name="Loading")).to_have_count(0)
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    page.evaluate("document.fonts.ready.then(() => undefined)")


def clipboard(page: Page) -> str:
    """Return the copied text."""
    text: str = page.evaluate("navigator.clipboard.readText()")
    return text


def dialog(page: Page, name: str | re.Pattern[str]) -> Locator:
    """Return the dialog with this title."""
    return page.get_by_role("dialog", name=name)

"""Open the dashboard's pages."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.support.accounts import PASSWORD, Account

OUTSIDE = ("/sign-in", "/sign-up")
INSIDE = (
    "/",
    "/keys",
    "/env-files",
    "/playground",
    "/tokens",
    "/requests",
    "/rate-limits",
    "/account",
)

_BLANK = '<!doctype html><link rel="icon" href="data:,">'


def sign_in(page: Page, account: Account) -> None:
    """Give the page a session without the form, stored as session.ts stores it."""
    answer = page.context.request.post(
        "/api/auth/login",
        data={"username": account.username, "password": PASSWORD, "session": "cookie"},
    )
    assert answer.ok, answer.text()
    page.route("**/blank", lambda route: route.fulfill(content_type="text/html", body=_BLANK))
    page.goto("/blank")
    page.evaluate("localStorage.setItem('api-dashboard.signed-in', 'yes')")
    page.unroute("**/blank")


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

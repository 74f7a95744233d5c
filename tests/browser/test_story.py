"""A user's complete journey by keyboard, from sign-up to deleting the account."""

from __future__ import annotations

import re
import secrets

from playwright.sync_api import Locator, Page, expect

from tests.browser.product import Product
from tests.browser.visit import clipboard, visit
from tests.browser.watch import watch_of
from tests.support.accounts import PASSWORD
from tests.support.upstream import Place

# More presses than any page has places to go to.
MOST_TABS = 80


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until an element has the focus."""
    expect(target).to_be_visible()
    for _ in range(MOST_TABS):
        if target.evaluate("(element) => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError("Tab does not lead there.")


def press(page: Page, target: Locator, key: str = "Enter") -> None:
    tab_to(page, target)
    page.keyboard.press(key)


def write(page: Page, target: Locator, text: str) -> None:
    tab_to(page, target)
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type(text)


def open_page(page: Page, name: str) -> None:
    press(page, page.get_by_role("link", name=name, exact=True))
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()


def test_the_whole_story_by_keyboard_alone(page: Page, product: Product, place: Place) -> None:
    watch_of(page).allow("status of 401")
    username = f"story-{secrets.token_hex(4)}"

    visit(page, "/sign-in")
    press(page, page.get_by_role("link", name="Sign up"))
    expect(page.get_by_role("heading", name="Sign up", level=1)).to_be_visible()
    write(page, page.get_by_label("Username"), username)
    write(page, page.get_by_label("Email"), "story@example.com")
    write(page, page.get_by_label("Password", exact=True), PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Overview", level=1)).to_be_visible()

    press(page, page.get_by_role("link", name="Add key"))
    expect(page.get_by_role("combobox", name="Provider")).to_be_focused()
    page.keyboard.type("openai")
    page.keyboard.press("Enter")
    adding = page.get_by_role("dialog", name="Add a key for OpenAI")
    expect(adding.get_by_label("Secret")).to_be_focused()
    page.keyboard.type("sk-story-secret-0123456789")
    press(page, adding.get_by_text("API name, description, base URL"))
    write(page, adding.get_by_label("Base URL"), place.url)
    page.keyboard.press("Enter")
    added = page.get_by_role("dialog", name="Key added")
    expect(added.get_by_text("accepted the key")).to_be_visible()
    press(page, added.get_by_role("link", name="Create token for openai"))

    making = page.get_by_role("dialog", name="Create token")
    write(page, making.get_by_label("Name"), "story script")
    page.keyboard.press("Enter")
    shown = page.get_by_role("dialog", name=re.compile("story script"))
    press(page, shown.get_by_role("button", name="Copy").first)
    expect(shown.get_by_text("Copied")).to_be_visible()
    token = clipboard(page)
    page.keyboard.press("Escape")
    expect(shown).to_have_count(0)

    answer = product.client.request(
        "GET", "/proxy/openai/v1/models", headers=[("Authorization", f"Bearer {token}")]
    )
    assert answer.status == 200

    open_page(page, "Requests")
    row = page.get_by_role("row").filter(has_text="/v1/models")
    expect(row.last).to_contain_text("story script")

    open_page(page, "Rate limits")
    press(page, page.get_by_role("button", name=re.compile("Set limit")).first)
    setting = page.get_by_role("dialog")
    write(page, setting.get_by_label("Maximum requests"), "1")
    page.keyboard.press("Enter")
    expect(setting).to_have_count(0)

    open_page(page, "Tokens")
    press(page, page.get_by_role("button", name="Revoke story script"))
    asking = page.get_by_role("dialog")
    expect(asking).to_contain_text("story script")
    press(page, asking.get_by_role("button", name=re.compile("^Revoke")))
    expect(asking).to_have_count(0)

    press(page, page.get_by_role("link", name=username))
    press(page, page.get_by_role("button", name="Delete account"))
    deleting = page.get_by_role("dialog")
    write(page, deleting.get_by_label(re.compile("username", re.I)), username)
    write(page, deleting.get_by_label("Your password", exact=True), PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Sign in", level=1)).to_be_visible()
    again = {"username": username, "password": PASSWORD}
    assert product.client.call("POST", "/api/auth/login", again).status == 401

"""The palette finds pages, actions and stored items, by name and by keyboard."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.axe import axe
from tests.browser.chromium import every_width
from tests.browser.product import Product
from tests.browser.visit import sign_in, visit
from tests.support.accounts import Account
from tests.support.upstream import Place


@pytest.fixture
def palette(page: Page, account: Account, place: Place) -> Locator:
    """The palette, opened by keyboard, of a user who has a key and a token."""
    account.key(place, api_name="weather", description="<b>forecasts</b>")
    account.token(["weather"], name="nightly report")
    sign_in(page, account)
    visit(page, "/")
    page.keyboard.press("Control+k")
    dialog = page.get_by_role("dialog", name="Search")
    expect(dialog.get_by_role("combobox")).to_be_focused()
    return dialog


def options(palette: Locator) -> Locator:
    """Return the options of the palette."""
    return palette.get_by_role("option")


def test_a_page_is_reached_by_keyboard(page: Page, palette: Locator) -> None:
    page.keyboard.type("plgr")
    expect(options(palette).first).to_contain_text("Playground")
    page.keyboard.press("Enter")
    expect(palette).to_have_count(0)
    expect(page.get_by_role("heading", name="Playground", level=1)).to_be_visible()


def test_arrows_choose_and_escape_closes(page: Page, palette: Locator) -> None:
    expect(options(palette).first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    expect(options(palette).nth(1)).to_have_attribute("aria-selected", "true")
    chosen = options(palette).nth(1).get_attribute("id")
    expect(palette.get_by_role("combobox")).to_have_attribute("aria-activedescendant", chosen or "")
    page.keyboard.press("Escape")
    expect(palette).to_have_count(0)
    page.keyboard.press("Control+k")
    expect(palette).to_be_visible()
    page.keyboard.press("Control+k")
    expect(palette).to_have_count(0)


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("add key", r"/keys\?add=$"),
        ("make tok", r"/tokens\?create=$"),
        ("requests weather", r"/requests\?api=weather$"),
        ("limit weather", r"/rate-limits\?set=weather$"),
        ("try weather", r"/playground\?api=weather$"),
        ("forecasts", r"/keys\?key=weather\."),
        ("nightly", r"/tokens\?q=nightly\+report$"),
        ("log", r"/requests$"),
        ("new token", r"/tokens\?create=$"),
        ("revoke tok", r"/tokens$"),
        ("failed 5xx", r"/requests\?status=5xx$"),
        ("failed req", r"/requests\?status=4xx$"),
    ],
)
def test_actions_and_stored_items_are_found(
    page: Page, palette: Locator, typed: str, address: str
) -> None:
    expect(options(palette).filter(has_text="nightly report")).to_have_count(1)
    expect(options(palette).filter(has_text="<b>forecasts</b>")).to_have_count(1)
    page.keyboard.type(typed)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(address))


@pytest.mark.parametrize(
    ("typed", "control"), [("change pass", "Current password"), ("export", "Download data")]
)
def test_the_parts_of_the_account_are_found(
    page: Page, palette: Locator, typed: str, control: str
) -> None:
    page.keyboard.type(typed)
    page.keyboard.press("Enter")
    expect(page.get_by_label(control).or_(page.get_by_role("button", name=control))).to_be_focused()
    expect(page).to_have_url(re.compile(r"/account$"))


def test_the_documentation_opens_in_a_new_tab(
    page: Page, palette: Locator, product: Product
) -> None:
    page.keyboard.type("api doc")
    with page.expect_popup() as opened:
        page.keyboard.press("Enter")
    expect(opened.value).to_have_url(f"{product.url}/api/docs")


def test_a_base_url_is_copied(page: Page, palette: Locator, product: Product) -> None:
    expect(options(palette).filter(has_text="nightly report")).to_have_count(1)
    page.keyboard.type("base url weather")
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"Copied {product.url}/proxy/weather")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == f"{product.url}/proxy/weather"


def test_colours_and_signing_out(page: Page, palette: Locator) -> None:
    page.keyboard.type("dark")
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.keyboard.press("Control+k")
    expect(palette.get_by_role("combobox")).to_be_focused()
    page.keyboard.type("sign out")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_search_without_matches_offers_nothing(page: Page, palette: Locator) -> None:
    page.keyboard.type("zzzqqq")
    expect(options(palette)).to_have_count(0)
    expect(palette.get_by_text("No results.")).to_be_visible()
    page.keyboard.press("Enter")
    expect(palette).to_be_visible()


@every_width
def test_axe_finds_nothing(page: Page, account: Account, place: Place) -> None:
    account.key(place, api_name="weather")
    sign_in(page, account)
    visit(page, "/")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("option").filter(has_text="Key weather")).to_have_count(1)
    axe(page)

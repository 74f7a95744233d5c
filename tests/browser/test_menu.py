"""The menu on phones, and what stays visible in a high contrast mode."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.axe import axe
from tests.browser.chromium import LOOKS
from tests.browser.visit import sign_in, visit
from tests.support.accounts import Account

phone = pytest.mark.parametrize("look", [LOOKS[2]], ids=str)


@pytest.fixture
def menu(page: Page, account: Account) -> Locator:
    """The phone's menu, opened on the keys' page."""
    sign_in(page, account)
    visit(page, "/keys")
    page.get_by_role("button", name="Open menu").click()
    menu = page.get_by_role("complementary", name="Menu")
    expect(menu).to_be_visible()
    return menu


@phone
def test_escape_and_a_click_outside_close_the_menu(page: Page, menu: Locator) -> None:
    axe(page)
    opener = page.get_by_role("button", name="Open menu")
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(opener).to_be_focused()
    opener.click()
    expect(menu).to_be_visible()
    page.mouse.click(380, 600)
    expect(menu).to_be_hidden()
    expect(opener).to_be_focused()


@phone
def test_a_link_closes_the_menu_even_the_link_to_the_current_page(
    page: Page, menu: Locator
) -> None:
    menu.get_by_role("link", name="Keys").click()
    expect(menu).to_be_hidden()
    expect(page.get_by_role("button", name="Open menu")).to_be_focused()
    page.get_by_role("button", name="Open menu").click()
    menu.get_by_role("link", name="Tokens").click()
    expect(menu).to_be_hidden()
    expect(page.get_by_role("heading", name="Tokens", level=1)).to_be_focused()


@phone
@pytest.mark.parametrize("by_keyboard", [False, True])
def test_the_palette_closes_the_menu(page: Page, menu: Locator, by_keyboard: bool) -> None:
    if by_keyboard:
        menu.get_by_role("link", name="Keys").focus()
        page.keyboard.press("Control+k")
    else:
        menu.get_by_role("button", name="Search").click()
    expect(page.get_by_role("combobox")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("combobox")).to_have_count(0)
    expect(menu).to_be_hidden()
    expect(page.get_by_role("button", name="Open menu")).to_be_focused()


@phone
def test_tabbing_out_of_the_menu_closes_it(page: Page, menu: Locator) -> None:
    menu.get_by_role("button", name="Sign out").focus()
    page.keyboard.press("Tab")
    expect(menu).to_be_hidden()


def test_forced_colours_keep_the_selection_and_the_legend_visible(
    new_page: Callable[..., Page], account: Account
) -> None:
    page = new_page(forced_colors="active")
    account.proxied(account.access, "/proxy/unknown/x")
    sign_in(page, account)
    visit(page, "/")
    background = "element => getComputedStyle(element).backgroundColor"
    chosen = page.locator(".segmented label:has(:checked)").first.evaluate(background)
    other = page.locator(".segmented label:not(:has(:checked))").first.evaluate(background)
    assert chosen != other
    errors = page.get_by_role("region", name=re.compile("^Errors"))
    swatches = errors.locator(".swatch")
    expect(swatches).to_have_count(3)
    assert len(set(swatches.evaluate_all(f"all => all.map({background})"))) == 3

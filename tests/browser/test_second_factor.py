"""Authenticator apps, recovery codes, confirmations and the required second factor on the pages."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.axe import axe
from tests.browser.chromium import Look
from tests.browser.product import Product
from tests.browser.seeding import forget_confirmations
from tests.browser.visit import dialog, sign_in, visit
from tests.browser.watch import watch_of
from tests.support.accounts import PASSWORD, Account
from tests.support.factors import App, add_totp
from tests.support.upstream import Upstream

PHONE = Look(width=390)
CODE = "Code of your authenticator app"


@pytest.fixture
def owner(page: Page, account: Account) -> Account:
    """A user on the account's page."""
    sign_in(page, account)
    visit(page, "/account")
    return account


def give_password(page: Page, account: Account) -> None:
    page.get_by_label("Username").fill(account.username)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def set_up_app(page: Page) -> tuple[App, list[str]]:
    """Set up an app in the open dialog. Returns it and the recovery codes that are shown."""
    setting_up = page.get_by_role("dialog")
    image = setting_up.get_by_role("img", name="QR code with the secret")
    expect(image).to_be_visible()
    assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    app = App(setting_up.locator("pre").inner_text())
    # The code of the step before leaves the present one for the sign-in.
    setting_up.get_by_label(CODE).fill(app.code(time.time() - 30))
    setting_up.get_by_role("button", name="Confirm code").click()
    codes = page.get_by_role("region", name="Recovery codes").get_by_role("listitem")
    expect(codes).to_have_count(10)
    shown = codes.all_inner_texts()
    page.get_by_role("button", name="I saved them").click()
    return app, shown


def confirmation(page: Page) -> Locator:
    return dialog(page, "Confirm that it is you")


def test_s50_an_app_and_recovery_codes_sign_in(page: Page, owner: Account) -> None:
    watch_of(page).allow("status of 401 .*/api/auth/")
    page.get_by_role("button", name="Set up app").click()
    axe(page)
    app, codes = set_up_app(page)
    expect(page.get_by_text("10 of 10 left.")).to_be_visible()
    axe(page)

    page.get_by_role("button", name="Sign out").last.click()
    give_password(page, owner)
    expect(page.get_by_role("heading", name="Confirm that it is you")).to_be_focused()
    axe(page)
    code = page.get_by_label(CODE)
    code.fill(app.wrong_code())
    code.press("Enter")
    expect(code).to_have_attribute("aria-invalid", "true")
    expect(code).to_be_focused()
    code.fill(app.code())
    code.press("Enter")
    expect(page.get_by_role("heading", name="Account", exact=True)).to_be_visible()

    page.get_by_role("button", name="Sign out").last.click()
    give_password(page, owner)
    page.get_by_role("button", name="Use a recovery code").click()
    page.get_by_label("Recovery code").fill(codes[0])
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_text("You used a recovery code. 9 codes left.")).to_be_visible()

    page.get_by_role("button", name="Sign out").last.click()
    give_password(page, owner)
    page.get_by_role("button", name="Use a recovery code").click()
    page.get_by_label("Recovery code").fill(codes[0])
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_label("Recovery code")).to_have_attribute("aria-invalid", "true")
    page.get_by_role("button", name="Back to the start").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_few_recovery_codes_are_renewed(page: Page, owner: Account) -> None:
    watch_of(page).allow("status of 401 .*/api/auth/")
    _, codes = add_totp(owner)
    assert codes is not None
    for code in codes[:7]:
        body = {"username": owner.username, "password": PASSWORD, "code": code}
        assert owner.client.call("POST", "/api/auth/login", body).status == 200
    visit(page, "/account")
    expect(page.get_by_text("Only 3 recovery codes left.")).to_be_visible()
    page.get_by_role("button", name="Create new codes").click()
    page.get_by_role("dialog").get_by_role("button", name="Create new codes").click()
    shown = page.get_by_role("region", name="Recovery codes").get_by_role("listitem")
    expect(shown).to_have_count(10)
    assert set(shown.all_inner_texts()).isdisjoint(codes)
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download", exact=True).click()
    text = Path(saved.value.path()).read_text()
    assert all(code in text for code in shown.all_inner_texts())
    page.get_by_role("button", name="I saved them").click()
    expect(page.get_by_text("10 of 10 left.")).to_be_visible()


@pytest.mark.parametrize("look", [Look(), PHONE], ids=["wide", "phone"])
def test_s50_a_change_waits_for_the_confirmation(
    page: Page, product: Product, owner: Account
) -> None:
    watch_of(page).allow("status of 403 ")
    forget_confirmations(product.storage(), owner)
    page.get_by_label("Email").fill("new@example.com")
    page.get_by_role("button", name="Change email").click()
    asked = confirmation(page)
    expect(asked.get_by_label("Your password")).to_be_focused()
    axe(page)
    asked.get_by_label("Your password").fill("not the password")
    asked.get_by_role("button", name="Confirm").click()
    expect(asked.get_by_label("Your password")).to_have_attribute("aria-invalid", "true")
    assert owner.call("GET", "/api/me").json["email"] == "u@example.com"
    asked.get_by_label("Your password").fill(PASSWORD)
    asked.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("Your email address was changed.")).to_be_visible()
    expect(asked).to_have_count(0)
    assert owner.call("GET", "/api/me").json["email"] == "new@example.com"


def test_a_cancelled_confirmation_changes_nothing(
    page: Page, product: Product, owner: Account
) -> None:
    watch_of(page).allow("status of 403 ")
    app, _ = add_totp(owner)
    forget_confirmations(product.storage(), owner)
    page.get_by_label("Email").fill("new@example.com")
    page.get_by_role("button", name="Change email").click()
    confirmation(page).get_by_role("button", name="Cancel").click()
    expect(confirmation(page)).to_have_count(0)
    expect(page.get_by_role("alert").first).to_be_visible()
    assert owner.call("GET", "/api/me").json["email"] == "u@example.com"

    page.get_by_role("button", name="Change email").click()
    confirmation(page).get_by_label(CODE).fill(app.code())
    page.keyboard.press("Enter")
    expect(page.get_by_text("Your email address was changed.")).to_be_visible()


def test_an_export_needs_a_confirmation(page: Page, product: Product, owner: Account) -> None:
    watch_of(page).allow("status of 403 ")
    forget_confirmations(product.storage(), owner)
    page.get_by_role("button", name="Download data").click()
    confirmation(page).get_by_label("Your password").fill(PASSWORD)
    with page.expect_download():
        confirmation(page).get_by_role("button", name="Confirm").click()


@pytest.fixture
def strict_product(upstream_server: Upstream, tmp_path: Path) -> Iterator[Product]:
    """A product that requires a second factor from everybody."""
    product = Product(tmp_path, [upstream_server], API_DASHBOARD_REQUIRE_SECOND_FACTOR="true")
    product.start()
    yield product
    product.stop()


@pytest.mark.parametrize("look", [Look(), PHONE], ids=["wide", "phone"])
def test_a_required_second_factor_is_set_up_first(
    new_page: Callable[..., Page], strict_product: Product
) -> None:
    page = new_page(product=strict_product)
    watch_of(page).allow("status of 40[139] ")
    account = Account(strict_product.client)
    sign_in(page, account)
    for path in ("/keys", "/"):
        visit(page, path)
        expect(page.get_by_role("heading", name="Set up a second factor")).to_be_visible()
    axe(page)
    page.get_by_role("button", name="Set up app").click()
    set_up_app(page)
    expect(page.get_by_role("heading", name="Set up a second factor")).to_have_count(0)
    visit(page, "/account")
    expect(page.get_by_text("10 of 10 left.")).to_be_visible()
    page.get_by_role("button", name="Remove app").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove app").click()
    refused = page.get_by_role("dialog").get_by_text("This dashboard requires a second factor")
    expect(refused).to_be_visible()

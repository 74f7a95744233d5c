"""Passkeys: add, use without a password and as second factor, rename, remove."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.axe import axe
from tests.browser.product import Product
from tests.browser.seeding import forget_confirmations
from tests.browser.virtual_authenticator import VirtualAuthenticator
from tests.browser.visit import dialog, settle, sign_in, visit
from tests.browser.watch import watch_of
from tests.support.accounts import PASSWORD, Account
from tests.support.clients import HttpClient


@pytest.fixture
def authenticator(named_page: Page) -> VirtualAuthenticator:
    return VirtualAuthenticator(named_page)


@pytest.fixture
def owner(named_page: Page, authenticator: VirtualAuthenticator, account: Account) -> Account:
    """A user with one passkey, on the account page."""
    sign_in(named_page, account)
    visit(named_page, "/account")
    add_passkey(named_page, "Laptop")
    named_page.get_by_role("button", name="I saved them").click()
    expect(passkeys(named_page)).to_have_count(1)
    return account


def passkeys(page: Page) -> Locator:
    """Return the rows of the passkeys."""
    return page.get_by_role("list", name="Passkeys").get_by_role("listitem")


def add_passkey(page: Page, name: str) -> None:
    page.get_by_role("button", name="Add passkey").click()
    adding = dialog(page, "Add passkey")
    adding.get_by_label("Name").fill(name)
    adding.get_by_role("button", name="Add passkey").click()


def sign_out(page: Page) -> None:
    """Sign out, with no passkeys in the list of the username field until the page is reloaded.

    The virtual authenticator would answer the list's request at once.
    """
    page.evaluate("PublicKeyCredential.isConditionalMediationAvailable = async () => false")
    page.get_by_role("button", name="Sign out").last.click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def give_password(page: Page, account: Account) -> None:
    page.get_by_label("Username").fill(account.username)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_s50_a_passkey_signs_in_without_a_password(
    named_page: Page, authenticator: VirtualAuthenticator, owner: Account
) -> None:
    (credential,) = authenticator.credentials()
    assert credential["rpId"] == "localhost" and credential["isResidentCredential"]
    sign_out(named_page)
    named_page.get_by_role("button", name="Sign in with a passkey").click()
    expect(named_page.get_by_role("heading", name="Account", exact=True)).to_be_visible()
    expect(passkeys(named_page)).to_contain_text("last used")


def test_the_username_field_offers_passkeys(
    named_page: Page, authenticator: VirtualAuthenticator, owner: Account
) -> None:
    sign_out(named_page)
    username = named_page.get_by_label("Username")
    expect(username).to_have_attribute("autocomplete", "username webauthn")
    # The virtual authenticator chooses at once what a user would choose from the list.
    named_page.reload()
    expect(named_page.get_by_role("heading", name="Account", exact=True)).to_be_visible()


def test_s50_a_passkey_is_the_second_factor_after_the_password(
    named_page: Page, authenticator: VirtualAuthenticator, owner: Account
) -> None:
    watch_of(named_page).allow("status of 401 .*/api/auth/login")
    sign_out(named_page)
    give_password(named_page, owner)
    expect(named_page.get_by_role("heading", name="Confirm that it is you")).to_be_focused()
    axe(named_page)
    named_page.get_by_role("button", name="Use passkey").click()
    expect(named_page.get_by_role("heading", name="Account", exact=True)).to_be_visible()


def test_s50_a_passkey_confirms_a_change(
    named_page: Page, product: Product, authenticator: VirtualAuthenticator, owner: Account
) -> None:
    watch_of(named_page).allow("status of 403 .*/api/me")
    forget_confirmations(product.storage(), owner)
    named_page.get_by_label("Email").fill("new@example.com")
    named_page.get_by_role("button", name="Change email").click()
    dialog(named_page, "Confirm that it is you").get_by_role("button", name="Use passkey").click()
    expect(named_page.get_by_text("Your email address was changed.")).to_be_visible()


def test_s50_an_authenticator_that_does_not_verify_its_user_is_not_enough(
    named_page: Page, authenticator: VirtualAuthenticator, owner: Account
) -> None:
    sign_out(named_page)
    authenticator.verify(False)
    named_page.get_by_role("button", name="Sign in with a passkey").click()
    expect(named_page.get_by_role("status").get_by_text("No passkey was used")).to_be_visible()
    expect(named_page.get_by_role("heading", name="Sign in")).to_be_visible()
    authenticator.verify(True)
    named_page.get_by_role("button", name="Sign in with a passkey").click()
    expect(named_page.get_by_role("heading", name="Account", exact=True)).to_be_visible()


def test_several_passkeys_are_named_renamed_and_removed(
    named_page: Page,
    new_page: Callable[..., Page],
    product: Product,
    authenticator: VirtualAuthenticator,
    account: Account,
) -> None:
    other = new_page(base_url=product.named_url)
    VirtualAuthenticator(other)
    for page in (named_page, other):
        sign_in(page, account)
        visit(page, "/account")
    add_passkey(named_page, "Laptop")
    named_page.get_by_role("button", name="I saved them").click()
    # A device has one passkey of an account.
    add_passkey(named_page, "Again")
    expect(dialog(named_page, "Add passkey")).to_contain_text("already has a passkey")
    assert len(authenticator.credentials()) == 1

    add_passkey(other, "Phone")
    expect(other.get_by_text("The passkey Phone was added.")).to_be_visible()
    expect(passkeys(other)).to_have_count(2)

    other.get_by_role("button", name="Rename passkey Phone").click()
    renaming = dialog(other, "Rename passkey Phone")
    renaming.get_by_label("Name").fill("My phone")
    renaming.get_by_role("button", name="Rename").click()
    expect(passkeys(other).filter(has_text="My phone")).to_have_count(1)

    other.get_by_role("button", name="Remove passkey My phone").click()
    removing = dialog(other, "Remove passkey My phone?")
    expect(removing).not_to_contain_text("only second factor")
    removing.get_by_role("button", name="Remove passkey").click()
    expect(passkeys(other)).to_have_count(1)
    expect(other.get_by_role("heading", name="Account", exact=True)).to_be_focused()


def test_s50_a_removed_passkey_no_longer_signs_in(
    named_page: Page, authenticator: VirtualAuthenticator, owner: Account
) -> None:
    watch_of(named_page).allow("status of 401 .*/api/auth/passkey")
    named_page.get_by_role("button", name="Remove passkey Laptop").click()
    removing = dialog(named_page, "Remove passkey Laptop?")
    expect(removing).to_contain_text("It is your only second factor.")
    removing.get_by_role("button", name="Remove passkey").click()
    expect(named_page.get_by_text("Your account has no second factor")).to_be_visible()
    sign_out(named_page)
    named_page.get_by_role("button", name="Sign in with a passkey").click()
    expect(named_page.get_by_role("alert")).to_contain_text("This passkey was not accepted.")


def test_s50_a_passkey_that_another_origin_asked_for_is_refused(
    named_page: Page, authenticator: VirtualAuthenticator, product: Product, owner: Account
) -> None:
    watch_of(named_page).allow("request to another origin")
    client = HttpClient(product.port, f"localhost:{product.port}")
    started = client.call("POST", "/api/auth/passkey/options", {}).json
    evil = "http://localhost:9/"
    named_page.route(f"{evil}**", lambda route: route.fulfill(body="", content_type="text/html"))
    named_page.goto(evil)
    # Same host name, so the browser does sign. Only the signed origin differs.
    credential = named_page.evaluate(
        """async (options) => (await navigator.credentials.get({
            publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options),
        })).toJSON()""",
        started["options"],
    )
    body = {"pending": started["pending"], "credential": credential, "session": "token"}
    answer = client.call("POST", "/api/auth/passkey", body)
    assert (answer.status, answer.json["code"]) == (401, "invalid_passkey")


def test_an_ip_address_leads_to_the_host_name(page: Page, product: Product) -> None:
    visit(page, "/sign-in?next=%2Fkeys")
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_have_count(0)
    link = page.get_by_role("link", name=product.named_url)
    expect(link).to_have_attribute("href", f"{product.named_url}/sign-in?next=%2Fkeys")
    expect(page.get_by_text("Passkeys do not work at an IP address.")).to_be_visible()


def test_passkeys_work_by_keyboard_alone(
    named_page: Page, authenticator: VirtualAuthenticator, account: Account
) -> None:
    sign_in(named_page, account)
    visit(named_page, "/account")
    named_page.get_by_role("button", name="Add passkey").focus()
    named_page.keyboard.press("Enter")
    expect(dialog(named_page, "Add passkey").get_by_label("Name")).to_be_focused()
    named_page.keyboard.press("Enter")
    codes = dialog(named_page, "Your recovery codes")
    expect(codes.get_by_role("button", name="Copy codes")).to_be_focused()
    axe(named_page)
    for _ in range(3):
        named_page.keyboard.press("Tab")
    expect(codes.get_by_role("button", name="I saved them")).to_be_focused()
    named_page.keyboard.press("Enter")
    expect(codes).to_have_count(0)
    sign_out(named_page)
    named_page.get_by_label("Username").focus()
    for _ in range(4):  # password, its eye, the button
        named_page.keyboard.press("Tab")
    expect(named_page.get_by_role("button", name="Sign in with a passkey")).to_be_focused()
    named_page.keyboard.press("Enter")
    settle(named_page)
    expect(named_page).to_have_url(re.compile("/account$"))

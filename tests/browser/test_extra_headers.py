"""The forms of a key with extra headers."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.axe import axe
from tests.browser.chromium import every_width
from tests.browser.visit import settle, sign_in, visit
from tests.browser.watch import watch_of
from tests.support.accounts import Account
from tests.support.upstream import Place

SECOND = "application-key-0123456789-abcd"


def test_a_second_secret_is_added_kept_and_replaced(
    page: Page, account: Account, place: Place
) -> None:
    sign_in(page, account)
    visit(page, "/keys?add=datadog")
    form = page.get_by_role("dialog", name="Add a key for Datadog")
    form.get_by_label("Secret", exact=True).fill("main-key-0123456789")
    form.get_by_label("DD-APPLICATION-KEY (optional)").fill(SECOND)
    form.get_by_text("API name, description, base URL").click()
    form.get_by_label("Base URL").fill(place.url)
    form.get_by_role("button", name="Add key").click()
    expect(page.get_by_text("127.0.0.1 accepted the key.")).to_be_visible()
    assert place.last.get("DD-APPLICATION-KEY") == SECOND
    assert SECOND not in page.content()

    (key,) = account.call("GET", "/api/keys").json["items"]
    visit(page, f"/keys?key={key['key_id']}")
    expect(page.get_by_text("DD-APPLICATION-KEY: …abcd")).to_be_visible()
    page.get_by_role("button", name="Edit key").click()
    edit = page.get_by_role("dialog", name="Edit key")
    edit.get_by_role("button", name="Add header").click()
    edit.get_by_label("Extra header 2", exact=True).fill("Host")
    watch_of(page).allow("status of 422 .*/api/keys/")
    edit.get_by_label("Value of extra header 2").fill("third-secret-0123456789")
    edit.get_by_role("button", name="Save changes").click()
    expect(edit.get_by_text("The header Host cannot be used for a credential.")).to_be_visible()
    edit.get_by_label("Extra header 2", exact=True).fill("X-Third")
    edit.get_by_role("button", name="Save changes").click()
    expect(page.get_by_text("X-Third: …6789")).to_be_visible()
    account.proxied(account.token(["datadog"]), "/proxy/datadog/x")
    assert place.last.get("DD-APPLICATION-KEY") == SECOND
    assert place.last.get("X-Third") == "third-secret-0123456789"


@every_width
def test_axe_finds_nothing_in_the_forms(page: Page, account: Account) -> None:
    sign_in(page, account)
    visit(page, "/keys?add=datadog")
    form = page.get_by_role("dialog", name="Add a key for Datadog")
    form.get_by_role("button", name="Add header").click()
    expect(form.get_by_label("Extra header 2", exact=True)).to_be_visible()
    settle(page)
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

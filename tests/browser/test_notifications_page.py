"""Notification targets and notifications: add, test, edit, rotate, turn off, remove."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import Locator, Page, expect
from standardwebhooks.webhooks import Webhook

from api.storage.notifications import Notification
from api.wiring.notifications import build_outbox
from tests.browser.axe import axe
from tests.browser.chromium import every_width
from tests.browser.product import Product
from tests.browser.visit import clipboard, dialog, sign_in, visit
from tests.support.accounts import Account
from tests.support.upstream import Answer, Place

HOSTILE = "<b onclick=alert(1)>\"'&{{7*7}}"


@pytest.fixture
def user(page: Page, account: Account) -> Account:
    """A user who is signed in on the page."""
    sign_in(page, account)
    return account


def add(account: Account, place: Place, name: str = "pager", **members: object) -> str:
    """Create a target at a place, a webhook by default, and return its id."""
    body = {"name": name, "kind": "webhook", "address": f"{place.url}/hook", **members}
    answer = account.call("POST", "/api/notifications/targets", body)
    assert answer.status == 201, answer.body
    target_id: str = answer.json["target_id"]
    return target_id


def target(page: Page, name: str) -> Locator:
    """Return a target of the list."""
    return page.get_by_role("list", name="Targets").get_by_role("listitem").filter(has_text=name)


def verified(place: Place, secret: str) -> object:
    """Verify the last request with the library of Standard Webhooks and return its content."""
    fields = {name.lower(): value for name, value in place.last.headers}
    return Webhook(secret).verify(place.last.body, fields)


def test_a_webhook_is_added_by_keyboard_and_its_secret_verifies_the_test(
    page: Page, user: Account, place: Place
) -> None:
    visit(page, "/notifications")
    expect(page.get_by_role("heading", name="No targets yet")).to_be_visible()
    page.get_by_role("button", name="Add target").first.press("Enter")
    form = dialog(page, "Add notification target")
    expect(form.get_by_label("Name")).to_be_focused()
    page.keyboard.type("pager")
    page.keyboard.press("Tab")
    page.keyboard.type(f"{place.url}/hook")
    form.get_by_role("checkbox", name="Backups").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    once = dialog(page, "The signing secret of pager")
    expect(once.get_by_text("It is not shown again.")).to_be_visible()
    expect(once.get_by_role("button", name="Copy").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(once.get_by_role("alert")).to_contain_text("You have not copied the secret.")
    once.get_by_role("button", name="Copy").first.press("Enter")
    expect(once.get_by_text("Copied")).to_be_visible()
    secret = clipboard(page)
    expect(once).to_contain_text("WEBHOOK_SECRET")
    once.get_by_role("button", name="Done").press("Enter")
    expect(once).to_have_count(0)
    assert secret.startswith("whsec_") and secret not in page.content()

    pager = target(page, "pager")
    expect(pager).to_contain_text("Quotas, Budgets, Keys, Tokens, Sign-ins")
    expect(pager).to_contain_text("Nothing sent yet")
    pager.get_by_role("button", name="Send test to pager").press("Enter")
    expect(pager.get_by_role("status").last).to_contain_text("The test was delivered.")
    expect(pager).to_contain_text("Delivered")
    verified(place, secret)


def test_a_test_that_fails_says_why_and_the_target_is_shown_as_failing(
    page: Page, user: Account, place: Place
) -> None:
    add(user, place)
    place.answer(Answer(503, body=HOSTILE.encode()))
    visit(page, "/notifications")
    pager = target(page, "pager")
    pager.get_by_role("button", name="Send test to pager").click()
    expect(pager).to_contain_text("The test was not delivered.")
    expect(pager).to_contain_text("503")
    page.reload()
    expect(pager).to_contain_text("Failing")
    expect(pager.get_by_role("alert")).to_contain_text("The last delivery failed")


def test_a_target_is_edited_and_keeps_its_masked_address(
    page: Page, user: Account, place: Place
) -> None:
    target_id = add(user, place, kind="slack", name="team", address=f"{place.url}/{'s' * 30}")
    visit(page, "/notifications")
    expect(target(page, "team")).not_to_contain_text("sssss")
    page.get_by_role("link", name="Edit team").click()
    form = dialog(page, "Edit team")
    form.get_by_label("Name").fill("team two")
    expect(form.get_by_label("Webhook URL")).to_have_value("")
    for event in ("Quotas", "Keys", "Tokens", "Sign-ins", "Backups"):
        form.get_by_role("checkbox", name=event).uncheck()
    form.get_by_role("button", name="Save changes").click()
    expect(form).to_have_count(0)
    expect(target(page, "team two")).to_contain_text("Budgets")
    assert user.call("POST", f"/api/notifications/targets/{target_id}/test").json["delivered"]
    assert "/ssss" in place.last.target


def test_errors_are_shown_at_their_fields(page: Page, user: Account) -> None:
    visit(page, "/notifications?add=")
    form = dialog(page, "Add notification target")
    form.get_by_label("URL", exact=True).fill("example.com")
    for event in form.get_by_role("checkbox").all():
        event.uncheck()
    form.get_by_role("button", name="Add target").click()
    expect(form.get_by_text("Enter a name.")).to_be_visible()
    expect(form.get_by_text("Enter a whole URL")).to_be_visible()
    expect(form.get_by_text("Choose at least one event.")).to_be_visible()
    expect(form.get_by_label("Name")).to_be_focused()
    form.get_by_role("radio", name="Email").check()
    expect(form.get_by_text("This server cannot send email.")).to_be_visible()
    expect(form.get_by_role("button", name="Add target")).to_be_disabled()


def test_a_secret_is_replaced_and_both_secrets_sign(
    page: Page, user: Account, place: Place
) -> None:
    body = {"name": "pager", "kind": "webhook", "address": f"{place.url}/hook"}
    old = user.call("POST", "/api/notifications/targets", body).json["secret"]
    visit(page, "/notifications")
    page.get_by_role("link", name="Replace secret of pager").click()
    question = dialog(page, "Replace the secret of pager?")
    expect(question).to_contain_text("signed with both secrets")
    question.get_by_role("button", name="Replace secret").click()
    once = dialog(page, "The signing secret of pager")
    expect(once).to_contain_text("each request is signed with the old secret too")
    once.get_by_role("button", name="Copy").first.click()
    expect(once.get_by_text("Copied")).to_be_visible()
    new = clipboard(page)
    once.get_by_role("button", name="Done").click()
    assert new != old
    page.get_by_role("button", name="Send test to pager").click()
    expect(target(page, "pager")).to_contain_text("The test was delivered.")
    assert verified(place, new) == verified(place, old)


def test_a_target_is_turned_off_and_on_and_removed(page: Page, user: Account, place: Place) -> None:
    add(user, place)
    visit(page, "/notifications")
    page.get_by_role("button", name="Turn off pager").click()
    expect(target(page, "pager")).to_contain_text("Off")
    page.get_by_role("button", name="Turn on pager").click()
    expect(page.get_by_role("button", name="Turn off pager")).to_be_visible()
    page.get_by_role("link", name="Remove pager").click()
    dialog(page, "Remove pager?").get_by_role("button", name="Remove target").click()
    expect(page.get_by_role("heading", name="No targets yet")).to_be_visible()
    expect(page.get_by_role("heading", name="Notifications", exact=True)).to_be_focused()
    assert user.call("GET", "/api/notifications/targets").json["items"] == []


def test_a_notification_is_shown_with_its_delivery(
    page: Page, user: Account, place: Place, product: Product
) -> None:
    add(user, place, name=HOSTILE)
    outbox = build_outbox(product.storage(), time.time)
    text = f"The key of {HOSTILE} was refused."
    assert outbox.enqueue(user.username, Notification("key", "k", "w", f"Key {HOSTILE}", text))
    visit(page, "/notifications")
    recent = page.get_by_role("region", name="Last 30 days")
    expect(recent.get_by_role("heading", name=f"Key {HOSTILE}")).to_be_visible()
    expect(recent).to_contain_text(text)
    delivery = recent.get_by_role("listitem").last
    expect(delivery).to_contain_text(re.compile(rf"{re.escape(HOSTILE)}\s+Delivered"))
    assert len(place.received) == 1


def test_a_link_to_a_missing_target_shows_a_message(page: Page, user: Account) -> None:
    visit(page, "/notifications?edit=nonexistent")
    gone = dialog(page, "Notification target")
    expect(gone).to_contain_text("This target does not exist.")
    page.keyboard.press("Escape")
    expect(gone).to_have_count(0)


@every_width
def test_axe_finds_nothing_in_the_list_and_the_dialogs(
    page: Page, user: Account, place: Place
) -> None:
    add(user, place, name=HOSTILE + "x" * 60)
    target_id = add(user, place, name="phone", kind="ntfy", access_token="tk_0123456789")
    place.answer(Answer(500))
    assert user.call("POST", f"/api/notifications/targets/{target_id}/test").status == 200
    visit(page, "/notifications")
    expect(target(page, "phone")).to_contain_text("Failing")
    looks_right(page)
    for kind in ("webhook", "email", "ntfy", "slack", "discord"):
        visit(page, f"/notifications?add={kind}")
        expect(dialog(page, "Add notification target")).to_be_visible()
        looks_right(page)
    visit(page, f"/notifications?edit={target_id}")
    expect(dialog(page, "Edit phone").get_by_label("Remove the stored")).to_be_visible()
    looks_right(page)
    visit(page, "/notifications?add=")
    form = dialog(page, "Add notification target")
    form.get_by_label("Name").fill("hook")
    form.get_by_label("URL", exact=True).fill(f"{place.url}/hook")
    page.keyboard.press("Enter")
    expect(dialog(page, "The signing secret of hook")).to_be_visible()
    looks_right(page)


def looks_right(page: Page) -> None:
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

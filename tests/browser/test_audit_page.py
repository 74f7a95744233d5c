"""The audit log: who did what, filters in the URL, details, CSV."""

from __future__ import annotations

import csv
import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from api.storage.audit import AuditEntry, AuditItems, AuditSubject, new_audit_id
from tests.browser.axe import axe
from tests.browser.chromium import every_width
from tests.browser.product import Product
from tests.browser.visit import sign_in, visit
from tests.browser.watch import watch_of
from tests.support.accounts import Account, login
from tests.support.upstream import Place

HOSTILE = "<b onclick=alert(1)>\"'&{{7*7}}"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def user(page: Page, account: Account) -> Account:
    """A user with a failed sign-in, a changed key and a revoked token, signed in on the page."""
    assert login(account.client, account.username, "not the password").status == 401
    token = account.token_details(["openai"], name=HOSTILE)
    assert account.call("DELETE", f"/api/tokens/{token['token_id']}").status == 204
    sign_in(page, account)
    return account


def entry(page: Page, text: str | re.Pattern[str]) -> Locator:
    """Return the entries with this text."""
    return page.get_by_role("main").get_by_role("group").filter(has_text=text)


def past(product: Product, account: Account, count: int, **members: object) -> None:
    """Write `count` entries of yesterday."""
    storage = product.storage()
    items = AuditItems(storage.table, 365)
    for number in range(count):
        at = round(time.time() - 86_400 - number, 3)
        fields = {"source": "203.0.113.7", "network": "203.0.113.7", "client": "firefox"}
        old = AuditEntry(
            **{  # type: ignore[arg-type]
                **{"audit_id": new_audit_id(at), "at": at, "action": "key.check"},
                **{"outcome": "succeeded", "user_agent": FIREFOX, **fields, **members},
            }
        )
        storage.table.run(items.put_op(account.username, old))


def test_a_line_says_who_did_what_from_where_and_opens_by_keyboard(
    page: Page, user: Account, place: Place
) -> None:
    key = user.key(place, api_name="openai")
    change = user.call("PATCH", f"/api/keys/{key['key_id']}", {"secret": "sk-other-0123456789"})
    assert change.status == 200
    visit(page, "/audit")
    line = entry(page, "Replaced the secret of key openai")
    expect(line).to_contain_text("From 127.0.0.1")
    expect(line).to_contain_text("Succeeded")
    expect(entry(page, "Failed to sign in")).to_contain_text("Failed")
    expect(entry(page, re.compile(r"Signed in.*Chrome \d+ on Linux"))).to_have_count(1)
    line.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(line.get_by_role("link", name="key.update")).to_be_visible()
    expect(line.get_by_text("Given, not recorded")).to_be_visible()
    expect(line).not_to_contain_text("sk-other")
    page.keyboard.press("Tab")
    expect(line.get_by_role("link", name="key.update")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/audit\?action=key\.update$"))
    expect(page.get_by_label("Action")).to_have_value("key.update")
    expect(entry(page, "")).to_have_count(1)


def test_filters_are_kept_in_the_url_and_can_be_cleared(page: Page, user: Account) -> None:
    visit(page, "/audit")
    page.get_by_label("Action").select_option("Sign-ins and sessions")
    page.get_by_label("Outcome").select_option("Failed")
    page.get_by_label("Time").select_option("Last 7 days")
    page.get_by_label("Address or network").fill("127.0.0.1")
    page.keyboard.press("Enter")
    expect(page).to_have_url(
        re.compile(r"action=session\.&outcome=failed&source=127\.0\.0\.1&days=7$")
    )
    expect(entry(page, "Failed to sign in")).to_have_count(1)
    expect(entry(page, "Revoked token")).to_have_count(0)
    page.reload()
    expect(page.get_by_label("Outcome")).to_have_value("failed")
    expect(entry(page, "Failed to sign in")).to_have_count(1)
    page.get_by_label("Address or network").fill("203.0.113")
    page.get_by_label("Address or network").blur()
    expect(page.get_by_text("“203.0.113” is neither an IP address")).to_be_visible()
    page.get_by_label("Address or network").fill("203.0.113.0")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="No entries match")).to_be_visible()
    page.get_by_role("button", name="Clear filters").click()
    expect(page).to_have_url(re.compile(r"/audit$"))
    expect(entry(page, "Revoked token")).to_have_count(1)


def test_more_entries_are_shown_until_there_are_no_older_ones(
    page: Page, user: Account, product: Product
) -> None:
    past(product, user, 60)
    visit(page, "/audit?action=key.")
    expect(entry(page, "Checked a key")).to_have_count(50)
    page.get_by_role("button", name="Show more").click()
    expect(entry(page, "Checked a key")).to_have_count(60)
    expect(page.get_by_text("60 entries shown, no older ones")).to_be_visible()
    expect(page.get_by_role("button", name="Show more")).to_have_count(0)


def test_an_entry_without_an_outcome_is_explained(
    page: Page, user: Account, product: Product
) -> None:
    subject = AuditSubject("key", "weather.x", "weather")
    past(product, user, 1, action="key.delete", outcome="started", subject=subject)
    visit(page, "/audit?outcome=started")
    line = entry(page, "Began to delete key weather")
    expect(line).to_contain_text("No outcome")
    line.locator("summary").click()
    expect(line).to_contain_text("check whether the action took effect")


def test_the_csv_file_has_the_filtered_entries(page: Page, user: Account, tmp_path: Path) -> None:
    visit(page, "/audit?action=token.")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download CSV").click()
    assert re.fullmatch(r"audit-log-\d{4}-\d\d-\d\d\.csv", waiting.value.suggested_filename)
    waiting.value.save_as(tmp_path / "audit.csv")
    with (tmp_path / "audit.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["action"] for row in rows] == ["token.delete", "token.create"]


def test_a_hostile_name_and_client_are_shown_as_text(
    page: Page, user: Account, product: Product
) -> None:
    past(product, user, 1, user_agent=HOSTILE, client="other", details={HOSTILE: HOSTILE})
    visit(page, "/audit")
    expect(entry(page, f"Created token {HOSTILE}")).to_have_count(1)
    line = entry(page, "Checked a key")
    line.locator("summary").click()
    expect(line.get_by_text(HOSTILE, exact=True)).to_have_count(3)


def test_an_error_can_be_tried_again(page: Page, user: Account) -> None:
    watch_of(page).allow("status of 503")
    problem = {"code": "storage_unavailable", "detail": "The database does not respond."}
    page.route("**/api/audit?*", lambda route: route.fulfill(status=503, json=problem))
    page.goto("/audit")
    expect(page.get_by_text("The database does not respond.")).to_be_visible()
    page.unroute("**/api/audit?*")
    page.get_by_role("button", name="Try again").click()
    expect(entry(page, "Signed up")).to_have_count(1)


def test_the_operators_log_is_separate(page: Page, user: Account) -> None:
    visit(page, "/audit")
    page.get_by_label("Log").select_option("This server")
    expect(page).to_have_url(re.compile(r"scope=installation$"))
    expect(entry(page, "Signed")).to_have_count(0)


@every_width
def test_axe_finds_nothing(page: Page, user: Account, product: Product) -> None:
    past(product, user, 1, action="key.delete", outcome="started", user_agent=HOSTILE * 5)
    visit(page, "/audit?from=2026-01-01")
    for line in entry(page, "").all():
        line.locator("summary").click()
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

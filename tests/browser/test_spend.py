"""Spend: what calls cost, own prices, and budgets that reject calls."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import axe
from tests.browser.chromium import Look, every_width
from tests.browser.test_every_page import fits
from tests.browser.visit import dialog, settle, sign_in, visit
from tests.support.accounts import Account
from tests.support.upstream import Answer, Place, Upstream
from tools.demo import Demo

USAGE = {"prompt_tokens": 1_000, "completion_tokens": 500, "total_tokens": 1_500}


@pytest.fixture
def place(upstream_server: Upstream, account: Account) -> Place:
    """A new place on the upstream."""
    return upstream_server.place(account.username)


def test_a_budget_is_created_and_spent_by_a_call_whose_cost_the_pages_show(
    page: Page, account: Account, place: Place
) -> None:
    account.key(place, api_name="openai", provider="openai", auth=None)
    answer = {"object": "chat.completion", "model": "gpt-4o-mini", "usage": USAGE}
    place.answer(
        Answer(headers=[("Content-Type", "application/json")], body=json.dumps(answer).encode())
    )
    sign_in(page, account)
    visit(page, "/spend")
    budgets = page.get_by_role("region", name="Budgets")
    expect(budgets).to_contain_text("No budgets yet.")
    budgets.get_by_role("button", name="Create budget").press("Enter")
    form = dialog(page, "Create budget")
    form.get_by_label("Counts").select_option("Calls to openai")
    form.get_by_role("button", name="Create budget").click()
    expect(form.get_by_text("Enter an amount in US dollars")).to_be_visible()
    form.get_by_label("Amount in US dollars").fill("0.0009")
    form.get_by_label("per", exact=True).select_option("day")
    expect(form.get_by_label("Time zone")).to_have_value("UTC")
    form.get_by_role("button", name="Create budget").press("Enter")
    expect(page.get_by_text("openai: calls may cost $0.0009 per day.")).to_be_visible()
    expect(budgets).to_contain_text("$0.00 of $0.0009 per day")

    body = {"model": "gpt-4o-mini", "max_tokens": 500, "messages": []}
    call = account.proxied(
        account.access,
        "/proxy/openai/v1/chat/completions",
        "POST",
        [("Content-Type", "application/json")],
        json.dumps(body).encode(),
    )
    assert call.status == 200, call.body
    page.reload()
    settle(page)
    # 1,000 tokens at 0.15 and 500 at 0.60 dollars a million.
    expect(budgets).to_contain_text("$0.00045 of $0.0009 per day")
    expect(budgets.get_by_text("50% spent")).to_be_visible()
    row = page.get_by_role("region", name="By model").get_by_role("row").nth(1)
    expect(row).to_contain_text(re.compile(r"gpt-4o-mini.*\$0\.00045"))
    with page.expect_download() as saved:
        page.get_by_role("button", name="Export CSV").click()
    text = saved.value.path().read_text(encoding="utf-8")
    assert "gpt-4o-mini" in text and "0.00045" in text

    page.get_by_role("link", name="Requests").click()
    expect(page.get_by_role("heading", level=1, name="Requests")).to_be_visible()
    settle(page)
    entry = page.get_by_role("table").get_by_role("row").nth(1)
    expect(entry).to_contain_text("$0.00045")
    entry.get_by_role("link").click()
    details = dialog(page, re.compile("^POST"))
    expect(details).to_contain_text("$0.00045, from what was used and its price")
    expect(details).to_contain_text("500 output tokens")


def test_an_own_price_makes_calls_count_and_an_exceeded_budget_is_explained(
    page: Page, account: Account, place: Place
) -> None:
    account.key(place)
    account.proxied(account.access)
    sign_in(page, account)
    visit(page, "/")
    page.get_by_role("link", name="Spend and prices").click()
    page.get_by_role("link", name="Set price for test").click()
    form = dialog(page, "Prices of test")
    form.get_by_role("button", name="Save prices").click()
    expect(form.get_by_text("Enter a price, or remove this entry.")).to_be_visible()
    form.get_by_label("US dollars per call").fill("0.25")
    axe(page)
    form.get_by_role("button", name="Save prices").press("Enter")
    expect(page.get_by_text("The prices of test were saved.")).to_be_visible()
    budget = {"scope": {"type": "account"}, "period": "month", "amount_usd": "0.3"}
    assert account.call("POST", "/api/budgets", budget).status == 201

    assert [account.proxied(account.access).status for _ in range(2)] == [200, 402]
    visit(page, "/")
    panel = page.get_by_role("region", name="Spend this month")
    expect(panel).to_contain_text(re.compile(r"Today\s*\$0\.25"))
    expect(
        panel.get_by_role("img", name=re.compile(r"Spend per day.* test: \$0\.25"))
    ).to_be_visible()
    expect(panel).to_contain_text("83% spent All APIs: $0.25 of $0.30 per month")

    visit(page, "/requests?status=402")
    page.get_by_role("table").get_by_role("row").nth(1).get_by_role("link").click()
    page.get_by_role("link", name="View budgets").click()
    budgets = page.get_by_role("region", name="Budgets")
    change = budgets.get_by_role("link", name="Change budget: All APIs per month")
    expect(budgets.get_by_role("button", name="Create budget")).to_be_focused()
    change.click()
    form = dialog(page, "Change the budget of All APIs per month")
    expect(form.get_by_label("Amount in US dollars")).to_have_value("0.30")
    form.get_by_label("Amount in US dollars").fill("0.2")
    expect(form).to_contain_text("$0.25 is already spent.")
    expect(form).to_contain_text("This budget would have rejected calls of $0.05")
    form.get_by_label("Amount in US dollars").fill("1")
    form.get_by_role("button", name="Change budget").click()
    expect(budgets).to_contain_text("$0.25 of $1.00 per month")
    assert account.proxied(account.access).status == 200

    budgets.get_by_role("link", name="Remove budget: All APIs per month").click()
    dialog(page, "Remove the budget of $1.00 per month?").get_by_role(
        "button", name="Remove budget"
    ).click()
    expect(budgets).to_contain_text("No budgets yet.")


@every_width
def test_axe_finds_nothing_in_the_dialogs_and_tables_of_spend(
    page: Page, demo_account: Demo, look: Look
) -> None:
    sign_in(page, demo_account.account)
    for path, name in (
        ("/spend?prices=openai&model=gpt-5", "Prices of openai"),
        ("/spend?budget=new&scope=api:openai", "Create budget"),
    ):
        visit(page, path)
        expect(dialog(page, name)).to_be_visible()
        settle(page)
        axe(page)
        fits(page)
    visit(page, "/spend?table=spend&range=7d&api=openai")
    table = page.get_by_role("region", name=re.compile("^Spend per day"))
    expect(table.get_by_role("row")).to_have_count(8)
    expect(page.get_by_role("region", name="Budgets").get_by_role("listitem")).to_have_count(2)
    axe(page)
    fits(page)

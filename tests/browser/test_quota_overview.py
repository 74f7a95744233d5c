"""The quota overview: separate rows for units, windows and keys, and unknown values."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.axe import axe
from tests.browser.chromium import every_width
from tests.browser.product import Product
from tests.browser.seeding import seed_keys
from tests.browser.test_every_page import fits
from tests.browser.visit import sign_in, visit
from tests.support.accounts import Account
from tests.support.upstream import Answer, Place, Received, Upstream
from tools.demo import demo

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def place(upstream_server: Upstream, account: Account) -> Place:
    """A new place on the upstream."""
    return upstream_server.place(account.username)


@pytest.fixture
def quotas(page: Page) -> Locator:
    """The quota overview."""
    return page.get_by_role("region", name="Quotas")


def test_each_unit_window_and_key_has_its_row(
    page: Page, account: Account, place: Place, quotas: Locator
) -> None:
    def answer(received: Received, _socket: object) -> Answer:
        if received.get("Authorization") == "Bearer sk-second-aaaa2222":
            return Answer(headers=[("RateLimit", "limit=50, remaining=45, reset=90")])
        return Answer(
            headers=[
                ("x-ratelimit-limit-requests", "5000"),
                ("x-ratelimit-remaining-requests", "4000"),
                ("x-ratelimit-reset-requests", "26h"),
                ("x-ratelimit-limit-tokens", "90000"),
                ("x-ratelimit-remaining-tokens", "81234"),
                ("x-ratelimit-reset-tokens", "20m"),
            ]
        )

    account.key(place, description="Main")
    account.key(place, "sk-second-aaaa2222", description=HOSTILE)
    account.call("PUT", "/api/rate-limits/test", {"limit": 100, "window": 86_400})
    place.behaviour = answer
    for _ in range(4):  # a key without a known quota is chosen before the others
        assert account.proxied(account.access).status == 200
    sign_in(page, account)
    visit(page, "/")
    rows = quotas.get_by_role("row")
    expect(rows.filter(has_text="Your policy per day")).to_contain_text("96 of 100 requests")
    expect(rows.filter(has_text="Your policy per day")).to_contain_text("Set by you")
    expect(rows.filter(has_text="4,000 of 5,000 requests")).to_contain_text("1 d 1 h")
    expect(rows.filter(has_text="81,234 of 90,000 tokens")).to_contain_text("19:")
    expect(rows.filter(has_text="45 of 50 requests")).to_be_visible()
    expect(quotas).to_contain_text("2 keys")
    for name in ("Key …6789 Main", f"Key …2222 {HOSTILE}"):
        expect(quotas.get_by_text(name, exact=True)).to_be_visible()
    expect(page.locator("main img")).to_have_count(0)


def test_an_unknown_number_is_shown_as_unknown_and_never_as_zero(
    page: Page, account: Account, place: Place, quotas: Locator
) -> None:
    account.key(place)
    place.answer(Answer(headers=[("x-ratelimit-limit", "5000")]))
    account.proxied(account.access)
    sign_in(page, account)
    visit(page, "/")
    row = quotas.get_by_role("row").filter(has_text="Unknown, of 5,000 requests")
    expect(row).to_contain_text("Known after the next call")
    expect(row).not_to_contain_text(re.compile(r"\b0\b|Exhausted"))


def test_an_exhausted_key_is_skipped_while_the_api_stays_usable(
    page: Page, account: Account, place: Place, quotas: Locator
) -> None:
    def answer(received: Received, _socket: object) -> Answer:
        if received.get("Authorization") == "Bearer sk-spent-aaaa1111":
            return Answer(429, [("Retry-After", "900")])
        return Answer(headers=[("RateLimit", "limit=50, remaining=45, reset=90")])

    account.key(place, "sk-spent-aaaa1111", description="Trial")
    account.key(place, "sk-going-bbbb2222")
    place.behaviour = answer
    for _ in range(3):
        assert account.proxied(account.access).status == 200
    sign_in(page, account)
    visit(page, "/")
    key = quotas.get_by_role("row").filter(has_text="Key …1111 Trial")
    expect(key).to_contain_text(re.compile(r"Exhausted ?ready in 1\d:\d\d min"))
    expect(key).to_contain_text("Its limits appear after its next call")
    expect(quotas).not_to_contain_text("Exhausted for")
    expect(quotas.get_by_role("status")).to_have_text("")

    place.answer(Answer(429, [("Retry-After", "300")]))
    assert account.proxied(account.access).status == 429
    expect(quotas).to_contain_text(re.compile(r"Exhausted for \d:\d\d min"))
    expect(quotas.get_by_role("status")).to_have_text("Exhausted: test.")
    visit(page, "/rate-limits")
    expect(page.get_by_role("region", name="test")).to_contain_text(
        re.compile(
            r"All keys are exhausted for \d:\d\d min\. Calls still go to the API\. "
            r"If it answered 429 and asked to wait, only one call a minute does\."
        )
    )


def test_a_refused_key_is_in_the_quota_overview_with_a_link_to_replace_it(
    page: Page, account: Account, place: Place, quotas: Locator
) -> None:
    account.key(place, "sk-wrong-aaaa1111", description="Trial")
    place.answer(Answer(401))
    assert account.proxied(account.access).status == 401
    sign_in(page, account)
    visit(page, "/")
    key = quotas.get_by_role("row").filter(has_text="Key …1111 Trial")
    expect(key).to_contain_text(re.compile(r"Refused ?still used"))
    account.key(place, "sk-other-bbbb2222")
    page.reload()
    expect(key).to_contain_text(re.compile(r"Refused ?retried in \d:\d\d min"))
    visit(page, "/rate-limits")
    region = page.get_by_role("region", name="test")
    expect(region).to_contain_text("Refused")
    region.get_by_role("link", name="Replace secret").click()
    expect(page.get_by_role("dialog")).to_contain_text("…1111")
    expect(page.get_by_label("New secret")).to_be_visible()


def test_of_many_limits_the_tightest_are_shown(
    page: Page, account: Account, place: Place, quotas: Locator
) -> None:
    left = {"a": 90, "b": 3, "c": 80, "d": 0, "e": 70, "f": 60, "g": 50, "h": 40}

    def answer(received: Received, _socket: object) -> Answer:
        first = received.get("Authorization") == "Bearer sk-first-aaaa1111"
        named = list(left)[:4] if first else list(left)[4:]
        return Answer(
            headers=[
                ("RateLimit-Policy", ", ".join(f'"{name}";q=100;w=3600' for name in named)),
                ("RateLimit", ", ".join(f'"{name}";r={left[name]};t=900' for name in named)),
            ]
        )

    account.key(place, "sk-first-aaaa1111")
    account.key(place, "sk-other-bbbb2222")
    place.behaviour = answer
    for _ in range(3):
        account.proxied(account.access)
    sign_in(page, account)
    visit(page, "/")
    limits = quotas.get_by_role("row").filter(has_text=re.compile("of 100 requests"))
    expect(limits).to_have_count(4)
    expect(quotas).to_contain_text("0 of 100 requests")
    expect(quotas).to_contain_text("3 of 100 requests")
    expect(quotas).not_to_contain_text("90 of 100 requests")
    more = quotas.get_by_role("button", name="Show 4 more limits of test")
    more.press("Enter")
    expect(limits).to_have_count(8)
    fewer = quotas.get_by_role("button", name="Show fewer of test")
    expect(fewer).to_be_focused()
    fewer.press("Enter")
    expect(limits).to_have_count(4)


def test_of_many_apis_the_most_urgent_are_shown(
    page: Page, account: Account, place: Place, quotas: Locator
) -> None:
    seed_keys(account, place, 20)
    for number in range(20):
        account.call("PUT", f"/api/rate-limits/api-{number:03}", {"limit": 1, "window": 3600})
    account.proxied(account.access, "/proxy/api-019/x")
    sign_in(page, account)
    visit(page, "/")
    apis = quotas.get_by_role("link", name=re.compile(r"^api-\d+$"))
    expect(apis).to_have_count(12)
    expect(apis.first).to_have_text("api-019")
    quotas.get_by_role("button", name="Show 8 more APIs of the quota overview").press("Enter")
    expect(apis).to_have_count(20)
    fewer = quotas.get_by_role("button", name="Show fewer of the quota overview")
    expect(fewer).to_be_focused()
    fewer.press("Enter")
    expect(apis).to_have_count(12)


def test_a_used_account_shows_forecasts_and_skipped_keys(
    page: Page, product: Product, upstream_server: Upstream, quotas: Locator
) -> None:
    sign_in(page, demo(product, upstream_server).account)
    visit(page, "/")
    passed = quotas.get_by_role("row").filter(has_text="Key …w3Lq Evaluations")
    expect(passed).to_contain_text(re.compile(r"Exhausted ?ready in \d+:\d\d min"))
    assistant = quotas.get_by_role("row").filter(has_text="of 400 requests")
    expect(assistant).to_contain_text("of them unreserved")
    expect(quotas.get_by_role("row").filter(has_text="of 600 requests")).to_contain_text(
        "Not in use"
    )


@every_width
def test_axe_finds_nothing_in_a_quota_overview_with_an_exhausted_api_and_collapsed_limits(
    page: Page, account: Account, place: Place, quotas: Locator
) -> None:
    account.key(place, description="A key whose description is longer than there is room for " * 2)
    names = [f"a-long-name-of-a-limit-{number}" for number in range(6)]
    place.answer(
        Answer(
            429,
            [
                ("Retry-After", "900"),
                ("RateLimit-Policy", ", ".join(f'"{name}";q=1000000;w=3600' for name in names)),
                ("RateLimit", ", ".join(f'"{name}";r=0;t=900' for name in names)),
            ],
        )
    )
    account.proxied(account.access)
    sign_in(page, account)
    visit(page, "/")
    expect(quotas).to_contain_text("Exhausted for")
    axe(page)
    fits(page)
    visit(page, "/rate-limits")
    expect(page.get_by_role("region", name="test")).to_contain_text("The key is exhausted")
    axe(page)
    fits(page)

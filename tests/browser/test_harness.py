"""The tests' own eyes: what they must see, they see."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.axe import axe
from tests.browser.budget import weighed
from tests.browser.chromium import Look, new_context
from tests.browser.product import Product
from tests.browser.seeding import seed_keys, seed_log
from tests.browser.visit import clipboard, sign_in, visit
from tests.browser.watch import Watch
from tests.support.accounts import Account
from tests.support.upstream import Place
from tools.demo import Demo
from tools.demo_apis import APIS


@pytest.fixture
def unwatched(browser: Browser, product: Product) -> Iterator[Page]:
    """A page whose troubles fail no test."""
    context = new_context(browser, product.url, Look())
    yield context.new_page()
    context.close()


TROUBLES = {
    "console: so it is": "console.error('so it is')",
    "script: oh": "setTimeout(() => { throw new Error('oh') })",
    "request to another origin: GET http://elsewhere.example/x": (
        "new Image().src = 'http://elsewhere.example/x'"
    ),
    "status of 404": "fetch('/api/nothing').catch(() => {})",
    "Content Security Policy.*inline": (
        "document.body.append(Object.assign(document.createElement('script'),"
        " { textContent: 'window.done = true' }))"
    ),
    "Content Security Policy.*style": (
        "document.body.insertAdjacentHTML('beforeend', '<p style=\"color:red\">x</p>')"
    ),
    "Content Security Policy.*eval": "setTimeout('window.done = true', 0)",
}


@pytest.mark.parametrize("pattern", TROUBLES)
def test_a_watch_records_what_must_not_happen(
    unwatched: Page, product: Product, pattern: str
) -> None:
    watch = Watch(unwatched.context, product.url)
    visit(unwatched, "/")
    assert watch.troubles() == []
    unwatched.evaluate(f"() => {{ {TROUBLES[pattern]} }}")
    for _ in range(500):
        if watch.troubles():
            break
        unwatched.wait_for_timeout(10)
    assert watch.troubles() != []
    watch.allow(pattern)
    watch.allow("ERR_NAME_NOT_RESOLVED|img-src")  # what else comes of the image
    assert watch.troubles() == []


def test_axe_says_what_is_wrong_and_where(unwatched: Page) -> None:
    unwatched.set_content(
        "<!doctype html><html lang=en><title>x</title><main><h1>x</h1>"
        "<img src='data:,'><button></button></main>"
    )
    with pytest.raises(
        AssertionError, match=r"(?s)image-alt .*button-name|button-name .*image-alt"
    ):
        axe(unwatched)
    axe(unwatched, without=("image-alt", "button-name"))
    axe(unwatched, within="h1")


def test_a_page_load_is_measured_compressed(page: Page) -> None:
    with weighed(page) as load:
        visit(page, "/")
    (script,) = [path for path in load.weights if path.endswith(".js") and "index" in path]
    whole = page.context.request.get(script, headers={"Accept-Encoding": "identity"})
    assert 0 < load.weights[script] < len(whole.body())
    assert load.bytes == sum(load.weights.values()) >= load.weights[script] + load.weights["/"]
    assert script in str(load)


def test_a_page_is_wide_and_light_unless_a_test_overrides_it(page: Page) -> None:
    visit(page, "/sign-in")
    assert page.evaluate("[innerWidth, matchMedia('(pointer: coarse)').matches]") == [1440, False]


@pytest.mark.parametrize("look", [Look(390, "dark")], ids=str)
def test_the_page_has_the_chosen_look(page: Page) -> None:
    visit(page, "/sign-in")
    assert page.evaluate(
        "[innerWidth, matchMedia('(prefers-color-scheme: dark)').matches, "
        "matchMedia('(pointer: coarse)').matches]"
    ) == [390, True, True]


def test_copied_text_can_be_read(page: Page) -> None:
    visit(page, "/sign-in")
    page.evaluate("navigator.clipboard.writeText('copied')")
    assert clipboard(page) == "copied"


def test_a_visitor_with_a_session_is_signed_in(page: Page, account: Account) -> None:
    sign_in(page, account)
    with page.expect_response("**/api/me") as answer:
        visit(page, "/account")
    assert answer.value.json()["username"] == account.username


def test_the_demo_account_has_a_day_of_history(demo_account: Demo) -> None:
    account = demo_account.account
    stats = account.call("GET", "/api/stats").json
    assert {api["api_name"] for api in stats["apis"]} == {api.api_name for api in APIS}
    assert 500 < stats["totals"]["requests"] < 2_000
    assert 0 < stats["totals"]["failures"] < stats["totals"]["errors"] < 200
    assert len({point["start"] for point in stats["series"]}) >= 20
    limits = account.call("GET", "/api/rate-limits").json["items"]
    assert {limit["source"] for limit in limits} == {"observed", "policy"}
    assert all(limit["limit"] is not None for limit in limits)
    latest = account.call("GET", "/api/requests?limit=1000").json["items"]
    assert not any("127.0.0.1" in entry["host"] for entry in latest)
    for listing in ("keys", "tokens", "sessions"):
        assert len(account.call("GET", f"/api/{listing}").json["items"]) >= 3


def test_a_long_log_and_many_keys_can_be_seeded(
    product: Product, account: Account, place: Place
) -> None:
    assert seed_keys(account, place, 3)[2].startswith("api-002.")
    seed_log(product.storage(), account, 120, seconds=600)
    first = account.call("GET", "/api/requests?limit=100").json
    rest = account.call("GET", f"/api/requests?limit=100&cursor={first['next_cursor']}").json
    times = [entry["at"] for entry in first["items"] + rest["items"]]
    assert len(times) == 120 and times == sorted(times, reverse=True)

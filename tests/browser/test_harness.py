"""The tests' own eyes: what they must see, they see."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.axe import axe
from tests.browser.budget import weighed
from tests.browser.chromium import Look, new_context
from tests.browser.product import Product
from tests.browser.visit import visit
from tests.browser.watch import Watch


@pytest.fixture
def unwatched(browser: Browser, product: Product) -> Page:
    """A page whose troubles fail no test; it is closed with the browser."""
    return new_context(browser, product.url, Look()).new_page()


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
def test_a_watch_notes_what_must_not_happen(
    unwatched: Page, product: Product, pattern: str
) -> None:
    watch = Watch(unwatched.context, product.url)
    visit(unwatched, "/")
    assert watch.troubles() == []
    unwatched.evaluate(f"() => {{ {TROUBLES[pattern]} }}")
    while not watch.troubles():
        unwatched.wait_for_timeout(10)
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


def test_a_load_is_weighed_packed(page: Page) -> None:
    with weighed(page) as load:
        visit(page, "/")
    (script,) = [path for path in load.weights if path.endswith(".js") and "index" in path]
    whole = page.context.request.get(script, headers={"Accept-Encoding": "identity"})
    assert 0 < load.weights[script] < len(whole.body())
    assert load.bytes == sum(load.weights.values()) >= load.weights[script] + load.weights["/"]
    assert script in str(load)


def test_a_phone_is_a_phone(page: Page) -> None:
    page.goto("/")
    assert page.evaluate("[innerWidth, matchMedia('(pointer: coarse)').matches]") == [1440, False]


@pytest.mark.parametrize("look", [Look(390, "dark")], ids=str)
def test_the_look_is_the_page_s(page: Page) -> None:
    page.goto("/")
    assert page.evaluate(
        "[innerWidth, matchMedia('(prefers-color-scheme: dark)').matches, "
        "matchMedia('(pointer: coarse)').matches]"
    ) == [390, True, True]

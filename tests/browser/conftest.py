"""Fixtures of the browser tests: the product, a browser, and watched pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from infra.building import CACHE
from tests.browser.chromium import PATIENCE, Look, launch, new_context
from tests.browser.product import Product
from tests.browser.visit import sign_in
from tests.browser.watch import Watch
from tests.support.accounts import Account
from tests.support.upstream import Upstream
from tools.demo import Demo, demo

# The folder for screenshots of failed tests.
FAILURES = CACHE / "browser-failures"

expect.set_options(timeout=PATIENCE)

_started: list[tuple[Playwright, Browser]] = []
_reports: pytest.StashKey[pytest.TestReport] = pytest.StashKey()


@pytest.fixture(scope="session")
def product(
    upstream_server: Upstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Product]:
    """The running product, one for each test process. Do not stop it: other tests use it."""
    product = Product(tmp_path_factory.mktemp("product"), [upstream_server])
    product.start()
    yield product
    product.stop()


@pytest.fixture
def user(page: Page, account: Account) -> Account:
    """A user who is signed in on the page."""
    sign_in(page, account)
    return account


@pytest.fixture
def own_product(upstream_server: Upstream, tmp_path: Path) -> Iterator[Product]:
    """A running product that the test may stop and start; take `new_page(product=own_product)`."""
    product = Product(tmp_path, [upstream_server])
    product.start()
    yield product
    product.stop()


@pytest.fixture
def browser() -> Browser:
    """The system's browser, which the browser tests share."""
    if not _started:
        playwright = sync_playwright().start()
        _started.append((playwright, launch(playwright)))
    return _started[0][1]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> Iterator[None]:
    """End the browser after the last of several browser tests.

    Playwright's running event loop would prevent other tests of this process from running one.
    """
    yield
    if _started and (nextitem is None or Path(__file__).parent not in nextitem.path.parents):
        playwright, browser = _started.pop()
        browser.close()
        playwright.stop()


@pytest.fixture
def look() -> Look:
    """The window and theme of the test's pages: wide and light by default."""
    return Look()


@pytest.fixture
def new_page(
    request: pytest.FixtureRequest, browser: Browser, look: Look
) -> Iterator[Callable[..., Page]]:
    """A function that opens a page in a new context.

    `product` and `look` replace the fixtures, other arguments go to Browser.new_context, such as
    `base_url` for another name of the product. The test fails if a page's watch recorded an error
    that the test did not allow.
    """
    watches: list[Watch] = []

    def open_page(product: Product | None = None, look: Look = look, **options: Any) -> Page:
        url = options.get("base_url") or (product or request.getfixturevalue("product")).url
        context = new_context(browser, url, look, **options)
        watches.append(Watch(context, url))
        return context.new_page()

    yield open_page
    pages = [page for watch in watches for page in watch.context.pages]
    troubles = [line for watch in watches for line in watch.troubles()]
    report = request.node.stash.get(_reports, None)
    if report is not None and report.failed:
        pictures = [_picture(request.node.name, *numbered) for numbered in enumerate(pages)]
        print("The pages as they were:", *pictures, *troubles, sep="\n  ")
        troubles = []
    for watch in watches:
        watch.context.close()
    assert not troubles, "\n".join(troubles)


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """An empty page of a new visitor."""
    return new_page()


@pytest.fixture
def named_page(new_page: Callable[..., Page], product: Product) -> Page:
    """An empty page of a new visitor, at the host name of this machine, where passkeys work."""
    return new_page(base_url=product.named_url)


@pytest.fixture
def account(product: Product) -> Account:
    """A new user of `product`, signed up by the API (`sign_in(page, account)` shows it a page)."""
    return Account(product.client)


@pytest.fixture(scope="session")
def _demo(product: Product, upstream_server: Upstream) -> Demo:
    return demo(product, upstream_server)


@pytest.fixture
def demo_account(_demo: Demo) -> Demo:
    """An account with a day of history (demo.py). Do not change it: other tests use it."""
    _demo.account.renew()
    return _demo


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Tell fixtures whether their test failed."""
    report = yield
    if report.when == "call":
        item.stash[_reports] = report
    return report


def _picture(test: str, number: int, page: Page) -> Path:
    FAILURES.mkdir(parents=True, exist_ok=True)
    path = FAILURES / f"{re.sub(r'[^A-Za-z0-9-]+', '_', test)}-{number}.png"
    page.screenshot(path=path, full_page=True)
    return path

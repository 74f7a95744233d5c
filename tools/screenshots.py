"""`make screenshots`: save a screenshot of every page in both themes and both widths."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser

from infra.building import CACHE, BuildError
from tests.browser.chromium import LOOKS, Look, new_context, started_browser
from tests.browser.product import Product
from tests.browser.visit import INSIDE, OUTSIDE, sign_in, visit
from tests.support.accounts import Account
from tests.support.upstream import Upstream
from tools.demo import demo

FOLDER = CACHE / "screenshots"


def main() -> int:
    """Replace all screenshots. Return the exit code."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    upstream = Upstream()
    try:
        with tempfile.TemporaryDirectory(prefix="screenshots-") as name:
            product = Product(Path(name), [upstream])
            product.start()
            try:
                full = demo(product, upstream, "ada").account
                empty = Account(product.client, "grace")
                with started_browser() as browser:
                    for look in LOOKS:
                        _all(browser, product.url, look, full, empty)
            finally:
                product.stop()
    except (BuildError, RuntimeError) as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        upstream.close()
    print(f"{len(list(FOLDER.iterdir()))} screenshots in {FOLDER}")
    return 0


def _all(browser: Browser, url: str, look: Look, full: Account, empty: Account) -> None:
    _pages(browser, url, look, OUTSIDE, None, "")
    _pages(browser, url, look, INSIDE, full, "")
    _pages(browser, url, look, INSIDE, empty, "empty-")


def _pages(
    browser: Browser,
    url: str,
    look: Look,
    paths: tuple[str, ...],
    account: Account | None,
    prefix: str,
) -> None:
    context = new_context(browser, url, look)
    page = context.new_page()
    if account is not None:
        sign_in(page, account)
    for path in paths:
        visit(page, path)
        name = path.strip("/").replace("/", "-") or "overview"
        page.screenshot(path=FOLDER / f"{prefix}{name}-{look}.png", full_page=True)
    context.close()


if __name__ == "__main__":
    sys.exit(main())

"""The system's Chromium under Playwright, and the looks that pages are tested in."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Playwright, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
# The browser resolves only localhost, for pages and for its own requests.
LOOPBACK_ONLY = [
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
    "--no-proxy-server",
]
# Chromium loads its address bar's pop-ups as pages of their own, in a process for each context,
# which takes as long as the tested page. It obeys only the last --disable-features, so those of
# Playwright (chromiumSwitches.ts) are repeated.
DISABLED_FEATURES = [
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    "AimEnabled",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "TcpPortRandomizationWin",
    "ThirdPartyStoragePartitioning",
]
# The timeout of actions and expectations in milliseconds.
PATIENCE = 30_000


@dataclass(frozen=True)
class Look:
    """A size of the window in CSS pixels and a theme; narrow ones are phones."""

    width: int = 1440
    scheme: Literal["light", "dark"] = "light"

    @property
    def phone(self) -> bool:
        """Whether it is a touch screen."""
        return self.width < 600

    @property
    def height(self) -> int:
        """The height that goes with the width."""
        return 844 if self.phone else 900

    def __str__(self) -> str:
        return f"{self.width}-{self.scheme}"


LOOKS = (Look(1440, "light"), Look(1440, "dark"), Look(390, "light"), Look(390, "dark"))
# For a test of a page in every width, which takes the fixture `look` or `page`. Both themes are
# checked in one page, by `axe`.
every_width = pytest.mark.parametrize("look", (Look(1440), Look(390)), ids=str)


def executable() -> str:
    """Return the path of the system's Chromium or Chrome."""
    for name in NAMES:
        found = shutil.which(name)
        if found is not None:
            return found
    raise RuntimeError(f"There is no browser: install one of {', '.join(NAMES)}.")


def launch(playwright: Playwright, **options: Any) -> Browser:
    """Start the browser, which can reach only this machine."""
    return playwright.chromium.launch(
        executable_path=executable(),
        args=[*LOOPBACK_ONLY, f"--disable-features={','.join(DISABLED_FEATURES)}"],
        **options,
    )


@contextlib.contextmanager
def started_browser(**options: Any) -> Iterator[Browser]:
    """A browser for a program."""
    with sync_playwright() as playwright:
        browser = launch(playwright, **options)
        yield browser
        browser.close()


def new_context(browser: Browser, url: str, look: Look, **options: Any) -> BrowserContext:
    """Return a context without cookies, storage or cache.

    `url` is the product's address. Motion is reduced, so that what is looked at stands still; times
    are in UTC. `options` are those of Playwright's Browser.new_context.
    """
    context = browser.new_context(
        **{
            "base_url": url,
            "viewport": {"width": look.width, "height": look.height},
            "color_scheme": look.scheme,
            "is_mobile": look.phone,
            "has_touch": look.phone,
            "reduced_motion": "reduce",
            "locale": "en-US",
            "timezone_id": "UTC",
            **options,
        }
    )
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=url)
    context.set_default_timeout(PATIENCE)
    return context

"""What must not happen while a page is used: errors, refusals by its policy, calls elsewhere."""

from __future__ import annotations

import re
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, WebError

_OF_THE_PAGE = ("data", "blob", "about")

_watches: WeakKeyDictionary[BrowserContext, Watch] = WeakKeyDictionary()


def watch_of(page: Page) -> Watch:
    """The watch over a page and all others of its context."""
    return _watches[page.context]


class Watch:
    """Notes troubles of all pages of a context. `url` is the product's address."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self._origin = url
        self._allowed: list[str] = []
        self._noted: list[str] = []
        self.context = context
        _watches[context] = self
        context.on("console", self._console)
        context.on("weberror", self._error)
        context.on("request", self._request)
        context.on("page", lambda page: page.on("crash", self._crash))

    def allow(self, pattern: str) -> None:
        """Take troubles whose text has this regular expression for granted.

        Chromium itself writes an error to the console for each answer of 400 and above, and for
        each call that gets none: `allow(r"status of 401 .* /api/auth/login")` where a test signs in
        with a wrong password, `allow("ERR_CONNECTION_REFUSED")` where it stops the product.
        """
        self._allowed.append(pattern)

    def troubles(self) -> list[str]:
        """What happened so far and was not allowed."""
        for page in self.context.pages:
            page.evaluate("0")  # whatever was on its way has been noted then
        return [
            text
            for text in self._noted
            if not any(re.search(pattern, text) for pattern in self._allowed)
        ]

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            where = message.location.get("url", "").removeprefix(self._origin)
            self._noted.append(f"console: {message.text} {where}")

    def _error(self, error: WebError) -> None:
        self._noted.append(f"script: {error.error}")

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if f"{parts.scheme}://{parts.netloc}" != self._origin and parts.scheme not in _OF_THE_PAGE:
            self._noted.append(f"request to another origin: {request.method} {request.url}")

    def _crash(self, page: Page) -> None:
        self._noted.append(f"the page crashed: {page.url}")

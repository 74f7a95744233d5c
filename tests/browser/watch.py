"""Detect console errors, policy violations and requests to other hosts while a page is used."""

from __future__ import annotations

import re
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, WebError

_OF_THE_PAGE = ("data", "blob", "about")

_watches: WeakKeyDictionary[BrowserContext, Watch] = WeakKeyDictionary()


def watch_of(page: Page) -> Watch:
    """Return the watch of a page's context."""
    return _watches[page.context]


class Watch:
    """Record the errors of all pages of a context. `url` is the product's address."""

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
        """Allow errors whose text matches a regular expression.

        Chromium logs an error for each response with status 400 or higher and for each request
        without a response. A test that signs in with a wrong password calls
        `allow(r"status of 401 .* /api/auth/login")`, one that stops the product
        `allow("ERR_CONNECTION_REFUSED")`.
        """
        self._allowed.append(pattern)

    def troubles(self) -> list[str]:
        """Return the errors so far that are not allowed."""
        for page in self.context.pages:
            page.evaluate("0")  # after this, all earlier events are recorded
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

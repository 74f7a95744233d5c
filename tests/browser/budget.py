"""Measure the compressed bytes that a page loads, as the CDN and one machine send them."""

from __future__ import annotations

import contextlib
import gzip
from collections.abc import Iterator
from urllib.parse import urlsplit

from playwright.sync_api import Error, Page, Request, Response

FIRST_LOAD = 100_000  # bytes


class PageLoad:
    """The responses that a page has loaded."""

    def __init__(self) -> None:
        self.weights: dict[str, int] = {}
        self._responses: list[Response] = []
        self._finished: set[Request] = set()

    @property
    def bytes(self) -> int:
        """The total size in bytes, compressed with gzip."""
        return sum(self.weights.values())

    def begin(self, response: Response) -> None:
        """Record the start of a response."""
        self._responses.append(response)

    def finish(self, request: Request) -> None:
        """Record the end of a response."""
        self._finished.add(request)

    def weigh(self) -> None:
        """Measure all responses."""
        for response in self._responses:
            parts = urlsplit(response.url)
            if parts.scheme != "data":
                path = parts.path + ("?" + parts.query if parts.query else "")
                self.weights[path] = self.weights.get(path, 0) + self._weight(response)

    def _weight(self, response: Response) -> int:
        if response.request not in self._finished:
            # Chromium does not finish a response that no script reads to its end.
            return int(response.headers.get("content-length", 0))
        try:
            body = response.body()
        except Error:  # a redirect, or a response without a body
            return 0
        return min(len(gzip.compress(body, 9, mtime=0)), len(body))

    def __str__(self) -> str:
        lines = [f"{self.bytes:7d} bytes in all"]
        for path, weight in sorted(self.weights.items(), key=lambda item: -item[1]):
            lines.append(f"{weight:7d} {path}")
        return "\n".join(lines)


@contextlib.contextmanager
def weighed(page: Page) -> Iterator[PageLoad]:
    """Measure what `page` loads in the `with` block. The result is complete at its end.

    Inside, go to a page and expect what shows that it works. Everything counts that has come by
    then: the document, scripts, styles, fonts, images, and the API's answers.
    """
    load = PageLoad()
    page.on("response", load.begin)
    page.on("requestfinished", load.finish)
    try:
        yield load
    finally:
        page.remove_listener("response", load.begin)
        page.remove_listener("requestfinished", load.finish)
    load.weigh()

"""`serve --open` opens the browser when the server responds."""

from __future__ import annotations

import threading

import pytest

from api.cli.server import browser
from api.cli.server.browser import open_when_ready

URL = "http://127.0.0.1:8420"


@pytest.fixture(autouse=True)
def starting_server(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A server that responds to the third request. The list has the requests."""
    asked: list[str] = []

    def third_time(url: str) -> bool:
        asked.append(url)
        return len(asked) == 3

    monkeypatch.setattr(browser, "responds", third_time)
    monkeypatch.setattr(browser, "_PAUSE", 0.0)
    return asked


def test_it_opens_once_when_the_server_responds(starting_server: list[str]) -> None:
    opened: list[str] = []
    done = threading.Event()

    def open_url(url: str) -> bool:
        opened.append(url)
        done.set()
        return True

    open_when_ready(URL, open_url)
    assert done.wait(10)
    assert (opened, starting_server) == ([URL], [URL] * 3)


def test_without_a_browser_it_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    browser._wait_and_open(URL, lambda _url: False)
    assert capsys.readouterr().out == f"No browser could be opened: open {URL} yourself.\n"

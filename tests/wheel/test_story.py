"""From the wheel to the first answer through the proxy, on a machine that has only Python."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.chromium import PATIENCE, Look, new_context, started_browser
from tests.browser.watch import Watch
from tests.support.accounts import PASSWORD
from tests.support.upstream import Answer, Place, Upstream
from tests.wheel.installed import Installation, InstalledServer

# Bytes, and seconds from the end of the installation to the first page.
LARGEST = 60_000_000
FIRST_PAGE = 20.0

USERNAME = "ada-of-the-wheel"
SECRET = "sk-real-secret-0123456789"
# The SDK finds the base URL and the token where it looks for them.
SCRIPT = """
import os, pathlib
from openai import OpenAI

answer = OpenAI().chat.completions.create(
    model="gpt-5-mini", messages=[{"role": "user", "content": "Hello"}]
)
print(answer.choices[0].message.content)
pathlib.Path("token").write_text(os.environ["OPENAI_API_KEY"])
"""
COMPLETION = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1,
    "model": "gpt-5-mini",
    "choices": [
        {
            "index": 0,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": "An answer through the proxy."},
        }
    ],
}


@pytest.fixture
def server(
    installation: Installation, upstream_server: Upstream, tmp_path: Path
) -> Iterator[InstalledServer]:
    """The installed server, which has not been started yet."""
    server = InstalledServer(
        installation,
        tmp_path,
        API_DASHBOARD_ALLOWED_UPSTREAMS=f"127.0.0.1:{upstream_server.port}",
    )
    yield server
    server.kill()


def test_one_wheel_brings_a_user_to_the_first_answer(
    installation: Installation, server: InstalledServer, place: Place
) -> None:
    assert installation.size() <= LARGEST

    server.start()
    assert time.monotonic() - installation.installed_at < FIRST_PAGE
    data = server.home / ".local/share/api-dashboard"
    assert f"Data folder: {data}" in server.output()
    assert f"First start: open {server.url}/sign-up" in server.output()
    assert (data / "database.db").is_file()

    sign_up_in_the_browser(server.url)

    server.run("login", server.url, "--username", USERNAME, "--password-stdin", stdin=PASSWORD)
    server.run("keys", "add", "openai", "--base-url", place.url, stdin=SECRET)

    place.answer(
        Answer(headers=[("Content-Type", "application/json")], body=json.dumps(COMPLETION).encode())
    )
    (server.project / "script.py").write_text(SCRIPT)
    done = server.run("run", "--api", "openai", "--", sys.executable, "script.py")
    assert done.stdout == "An answer through the proxy.\n"
    assert place.path() == "/v1/chat/completions"
    assert place.last.get("Authorization") == f"Bearer {SECRET}"

    received = len(place.received)
    token = (server.project / "token").read_text()
    assert token.startswith("apd_")
    assert server.client.call("GET", "/api/token", token=token).status == 401
    assert server.client.call("GET", "/proxy/openai/v1/models", token=token).status == 401
    assert len(place.received) == received

    assert server.stop() == 0
    server.start()
    assert "First start" not in server.output()
    assert server.stop() == 0


def sign_up_in_the_browser(url: str) -> None:
    with started_browser() as browser:
        context = new_context(browser, url, Look())
        watch = Watch(context, url)
        watch.allow("status of 401")  # the page looks for a session
        page = context.new_page()
        page.goto("/sign-up")
        page.get_by_label("Username").fill(USERNAME)
        page.get_by_label("Email").fill("ada@example.com")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign up").click()
        expect(page.get_by_role("heading", name="Overview", level=1)).to_be_visible(
            timeout=PATIENCE
        )
        assert watch.troubles() == []

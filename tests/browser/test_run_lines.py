"""The lines of `api-dashboard run` that the dashboard shows do what it says."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.visit import visit
from tests.support.accounts import PASSWORD, Account
from tests.support.upstream import Place

ROOT = Path(__file__).resolve().parents[2]
SECRET = "sk-real-secret-0123456789"
SCRIPT = """
import os, urllib.request

prefix = os.environ["SCRIPT_PREFIX"]
token, url = os.environ[f"{prefix}_API_KEY"], os.environ[f"{prefix}_BASE_URL"]
assert token.startswith("apd_"), token
request = urllib.request.Request(url + "/models", headers={"Authorization": f"Bearer {token}"})
print(urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request).status)
"""


@pytest.fixture
def terminal(tmp_path: Path) -> dict[str, str]:
    """The environment of a shell with the command, its own folders, and a script."""
    commands = tmp_path / "bin"
    commands.mkdir()
    for name, line in {
        "api-dashboard": f"PYTHONPATH={shlex.quote(str(ROOT))} exec "
        f'{shlex.quote(sys.executable)} -m api "$@"',
        "python": f'exec {shlex.quote(sys.executable)} "$@"',
    }.items():
        (commands / name).write_text(f"#!/bin/sh\n{line}\n")
        (commands / name).chmod(0o755)
    (tmp_path / "script.py").write_text(SCRIPT)
    return {
        "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "API_DASHBOARD_CONFIG": str(tmp_path / "config"),
        "PWD": str(tmp_path),
    }


def shell(line: str, terminal: dict[str, str], text: str = "") -> str:
    done = subprocess.run(
        ["sh", "-c", line], env=terminal, cwd=terminal["HOME"], input=text,
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, (line, done.stdout, done.stderr)
    return done.stdout


def test_a_script_runs_with_a_token_of_its_own(
    page: Page, user: Account, place: Place, terminal: dict[str, str]
) -> None:
    user.key(place, SECRET, api_name="openai", provider="openai", auth=None)
    user.key(place, SECRET, api_name="my-llm")
    visit(page, "/apis/openai?agent=other")
    page.get_by_text("First time on this computer").click()
    login = page.get_by_role("figure", name="Sign in").locator("code").inner_text()
    shell(f"{login} --username {user.username} --password-stdin", terminal, f"{PASSWORD}\n")
    for api_name, prefix in (("openai", "OPENAI"), ("my-llm", "MY_LLM")):
        visit(page, f"/apis/{api_name}?agent=other")
        line = page.get_by_role("figure", name="Run your program").locator("code").inner_text()
        output = shell(line, terminal | {"SCRIPT_PREFIX": prefix})
        assert output.splitlines()[0] == "200"
        assert place.last.get("authorization") == f"Bearer {SECRET}"
    assert user.call("GET", "/api/tokens").json["items"] == []

"""Fixtures of the tests of commands: a command line, and an account that is signed in."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.accounts import Account
from tests.support.clients import HttpClient
from tests.support.command_line import CommandLine


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """A command line without saved logins."""
    return CommandLine(tmp_path / "config", monkeypatch)


@pytest.fixture(scope="module")
def owner(server: HttpClient) -> Account:
    """An account for the tests of a module."""
    return Account(server)


@pytest.fixture
def signed_in(run: CommandLine, owner: Account) -> CommandLine:
    """A command line that is signed in as `owner`."""
    run.login(owner)
    return run

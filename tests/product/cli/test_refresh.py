"""Renewal of tokens: two processes at once, interruptions, a full disk."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from api.cli.client import ApiClient, connect
from api.cli.errors import CliError
from api.cli.http import send
from tests.conftest import ROOT
from tests.support.accounts import Account, refresh
from tests.support.clients import HttpClient
from tests.support.command_line import CommandLine, failed

PROCESSES = 4


def expire(run: CommandLine, **members: Any) -> dict[str, Any]:
    """Let the access token of the only login expire, and return the login."""
    [path] = run.paths()
    login: dict[str, Any] = {**json.loads(path.read_bytes()), "access_expires_at": 0, **members}
    path.write_text(json.dumps(login))
    return login


def test_an_expired_access_token_is_renewed_and_saved(run: CommandLine, server: HttpClient) -> None:
    run.login(Account(server))
    before = expire(run)
    assert run("status").exit_code == 0
    [after] = run.saved()
    assert after["refresh_token"] != before["refresh_token"]
    assert after["access_expires_at"] > time.time() + 800
    assert run("status").exit_code == 0
    assert run.saved() == [after]


def test_an_access_token_that_the_server_refuses_is_renewed(
    run: CommandLine, server: HttpClient
) -> None:
    run.login(Account(server))
    expire(run, access_token="e30.e30.e30", access_expires_at=time.time() + 800)
    assert run("status").exit_code == 0
    assert run.saved()[0]["access_token"] != "e30.e30.e30"


def test_s49_processes_and_threads_that_renew_at_once_share_one_new_token(
    run: CommandLine, server: HttpClient
) -> None:
    run.login(Account(server))
    expire(run)
    environment = {**os.environ, "API_DASHBOARD_CONFIG": str(run.config)}
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "api", "keys", "list", "--json"],
            cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        for _ in range(PROCESSES)
    ]  # fmt: skip
    failures: list[CliError] = []

    def call(client: ApiClient) -> None:
        try:
            client.call("GET", "/api/me")
        except CliError as error:
            failures.append(error)

    with connect() as client:
        threads = [threading.Thread(target=call, args=(client,)) for _ in range(PROCESSES)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    for process in started:
        _, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
    assert failures == []
    assert run("status").exit_code == 0


def test_a_refresh_token_that_was_used_elsewhere_ends_the_session(
    run: CommandLine, server: HttpClient
) -> None:
    run.login(Account(server))
    login = expire(run)
    assert refresh(server, login["refresh_token"]).status == 200
    failed(run("status"), 4, "has expired", f"api-dashboard login {server.url}")


def test_a_full_disk_uses_up_no_refresh_token(
    run: CommandLine, server: HttpClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.login(Account(server))
    login = expire(run)

    def full(_file: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("api.cli.logins.os.fsync", full)
        failed(run("status"), 1, "disk is full")
    assert run.saved() == [login]
    assert [path.suffix for path in run.paths()[0].parent.iterdir() if path.suffix == ".part"] == []
    assert run("status").exit_code == 0


def test_an_interrupt_waits_until_new_tokens_are_saved(
    run: CommandLine, server: HttpClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.login(Account(server))
    before = expire(run)

    def interrupted(http: Any, method: str, path: str, **options: Any) -> Any:
        answer = send(http, method, path, **options)
        if path == "/api/auth/refresh":
            signal.raise_signal(signal.SIGINT)
        return answer

    with monkeypatch.context() as patch:
        patch.setattr("api.cli.client.send", interrupted)
        assert run("status").exit_code == 130
    assert run.saved()[0]["refresh_token"] != before["refresh_token"]
    assert run("status").exit_code == 0


def test_a_sign_out_elsewhere_is_noticed(run: CommandLine, server: HttpClient) -> None:
    run.login(Account(server))
    expire(run)
    with connect() as client:
        assert run("logout").exit_code == 0
        with pytest.raises(CliError, match="has expired"):
            client.call("GET", "/api/me")
    assert run.paths() == []


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"\xff", b'{"name": 1}'])
def test_a_damaged_login_says_what_to_do(run: CommandLine, owner: Account, content: bytes) -> None:
    run.login(owner)
    [path] = run.paths()
    path.write_bytes(content)
    failed(run("status"), 4, str(path), "sign in again")
    run.login(owner)
    assert run("status").exit_code == 0


def test_s49_a_login_that_others_can_read_is_refused(
    run: CommandLine, owner: Account, tmp_path: Path
) -> None:
    run.login(owner)
    [path] = run.paths()
    path.chmod(0o640)
    failed(run("status"), 4, "chmod 600", str(path))


def test_a_login_that_cannot_be_used_does_not_stop_another(
    run: CommandLine, owner: Account
) -> None:
    run.login(owner, "--name", "bad")
    [bad] = run.paths()
    bad.write_text("{}")
    run.login(owner, "--name", "good")
    assert run("status", "--server", "good").exit_code == 0
    assert run("status", "--server", owner.client.url).exit_code == 0
    failed(run("status", "--server", "bad"), 4, str(bad))
    # It may be the latest.
    failed(run("status"), 4, str(bad))


def test_a_login_that_another_process_keeps_is_an_error(
    run: CommandLine, server: HttpClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.login(Account(server))
    expire(run)
    [path] = run.paths()
    monkeypatch.setattr("api.cli.logins._LONGEST_WAIT", 0.1)
    with path.with_suffix(".lock").open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        failed(run("status"), 1, "Another command", "Ctrl+Z")
    assert run("status").exit_code == 0


def test_a_refresh_in_another_thread_is_saved_before_the_end(
    run: CommandLine, server: HttpClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.login(Account(server))
    before = expire(run)
    sent, go_on = threading.Event(), threading.Event()

    def slow(http: Any, method: str, path: str, **more: Any) -> Any:
        if path == "/api/auth/refresh":
            sent.set()
            assert go_on.wait(10)
        return send(http, method, path, **more)

    monkeypatch.setattr("api.cli.client.send", slow)
    client = connect()

    def call() -> None:
        with contextlib.suppress(RuntimeError, CliError):  # The client is closed by then.
            client.call("GET", "/api/me")

    thread = threading.Thread(target=call)
    thread.start()
    assert sent.wait(10)
    threading.Timer(0.1, go_on.set).start()
    client.close()
    assert run.saved()[0]["refresh_token"] != before["refresh_token"]
    thread.join(10)

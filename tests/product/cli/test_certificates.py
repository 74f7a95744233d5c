"""Servers with TLS, and HTTP proxies of the environment."""

from __future__ import annotations

import json
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from api import __version__
from tests.support.accounts import PASSWORD, Account
from tests.support.command_line import CommandLine, failed
from tests.support.upstream import Answer, Place, Received, Upstream

JSON = [("Content-Type", "application/json")]


def answer(received: Received, _connection: socket.socket) -> Answer:
    """Answer as API Dashboard does."""
    status = {
        "status": "ok", "version": __version__, "sign_up": "open", "time": int(time.time()),
        "scheduled_checks": True,
    }  # fmt: skip
    pair = {"access_token": "a.b.c", "refresh_token": "d.e.f", "expires_in": 900}
    bodies = {
        "/api/status": status,
        "/api/auth/login": pair,
        "/api/me": {"username": "ada"},
        "/api/notifications/targets": {"items": [], "kinds": []},
        "/api/keys?limit=1000": {"items": [], "next_cursor": None},
    }
    if received.target not in bodies:
        return Answer(404, [("Content-Type", "text/html")], b"")
    return Answer(200, JSON, json.dumps(bodies[received.target]).encode())


@pytest.fixture
def tls_server(authority: tuple[trustme.CA, Path]) -> Iterator[Place]:
    """A server with TLS that answers as API Dashboard does."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority[0].issue_cert("localhost").configure_cert(context)
    upstream = Upstream(context)
    place = upstream.root("localhost")
    place.behaviour = answer
    yield place
    upstream.close()


def login(run: CommandLine, url: str, *arguments: str) -> object:
    """Sign in. Return the failure, or None."""
    ran = run("login", url, "--username", "ada", "--password-stdin", *arguments, stdin=PASSWORD)
    return ran if ran.exit_code else None


def test_the_file_of_an_authority_is_saved_with_the_login(
    run: CommandLine,
    tls_server: Place,
    authority: tuple[trustme.CA, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(authority[1].parent)
    assert login(run, tls_server.url, "--ca-file", authority[1].name) is None
    assert run.saved()[0]["ca_file"] == str(authority[1])
    ran = run("doctor", "--json")
    found = {item["check"]: item["outcome"] for item in ran.json["items"]}
    assert (found["server"], found["certificate"], found["sign-in"]) == ("ok", "ok", "ok")
    assert login(run, tls_server.url) is None  # The file is kept.


def test_the_authorities_of_a_variable_are_trusted(
    run: CommandLine,
    tls_server: Place,
    authority: tuple[trustme.CA, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    unknown = run("login", tls_server.url, "--username", "ada", "--password-stdin", stdin=PASSWORD)
    failed(unknown, 3, "is not trusted", "--ca-file", "SSL_CERT_FILE")
    assert tls_server.received == []
    monkeypatch.setenv("SSL_CERT_FILE", str(authority[1]))
    assert login(run, tls_server.url) is None


def test_the_wrong_scheme_is_said(run: CommandLine, tls_server: Place, owner: Account) -> None:
    plain = tls_server.url.replace("https:", "http:")
    failed(run("login", plain, "--username", "x"), 3, plain, "scheme")
    secure = owner.client.url.replace("http:", "https:")
    failed(run("login", secure, "--username", "x"), 3, "does not speak HTTPS")


def test_a_proxy_of_the_environment_is_not_used_for_this_machine(
    run: CommandLine, owner: Account, closed_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port}")
    run.login(owner)
    assert run("status").exit_code == 0
    ran = run("login", "https://dash.example.com", "--username", "x")
    failed(ran, 3, "dash.example.com")

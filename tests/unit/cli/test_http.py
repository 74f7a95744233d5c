"""Responses that are not those of API Dashboard, and lists that never end."""

from __future__ import annotations

import gzip
import time
from pathlib import Path
from typing import Any

import pytest

from api.cli.client import ApiClient
from api.cli.errors import NO_SERVER, CliError, ProblemError
from api.cli.http import send
from api.cli.logins import LoginStore, SavedLogin
from api.cli.transport import ServerResponse, Transport
from api.secret import Secret

JSON = {"Content-Type": "application/json"}
PROBLEM = {"Content-Type": "application/problem+json"}


class Answering(Transport):
    """A server that answers every request in the same way."""

    def __init__(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        super().__init__("http://localhost", None, {}, use_proxy=False)
        self._answer = ServerResponse(
            status, {name.lower(): value for name, value in headers.items()}, content
        )

    def request(self, *_: Any, **__: Any) -> ServerResponse:
        """Return the answer."""
        return self._answer


def received(status: int, content: bytes, headers: dict[str, str]) -> Any:
    """Return what `send` returns for a response."""
    return send(Answering(status, content, headers), "GET", "/api/status")


@pytest.mark.parametrize(
    ("status", "content", "headers"),
    [
        (200, b"<html></html>", {"Content-Type": "text/html"}),
        (200, b"[]", JSON),
        (200, b"null", JSON),
        (200, b'"text"', JSON),
        (200, b"{", JSON),
        (200, b"[" * 200_000, JSON),
        (200, b"\xff", JSON),
        (200, gzip.compress(b"{}", mtime=0), {**JSON, "Content-Encoding": "gzip"}),
        (302, b"", {}),
        (302, b"", {"Location": "http://["}),
        (500, b"Oops", {}),
        (400, b"[]", PROBLEM),
        (400, b'{"code": "x"}', PROBLEM),
    ],
)
def test_a_response_of_another_server_is_one_error(
    status: int, content: bytes, headers: dict[str, str]
) -> None:
    with pytest.raises(CliError) as failed:
        received(status, content, headers)
    assert failed.value.exit_code == NO_SERVER
    assert failed.value.message.startswith("http://localhost ")


def test_a_member_that_a_response_lacks_is_an_error_of_the_server() -> None:
    found = received(200, b'{"token": {"name": "x"}}', JSON)
    assert isinstance(found, dict)
    assert found["token"].get("other") is None
    for each in (found, found["token"], received(204, b"", {})):
        with pytest.raises(CliError) as failed:
            each["other"]
        assert failed.value.exit_code == NO_SERVER


def test_a_problem_has_no_control_characters_and_an_end() -> None:
    content = b'{"code": "x", "field": "\\u001b[1m", "detail": "\\u001b[2J' + b"y" * 9000 + b'"}'
    with pytest.raises(ProblemError) as failed:
        received(400, content, PROBLEM)
    assert failed.value.message.isprintable()
    assert len(failed.value.message) < 3000


@pytest.mark.parametrize(
    "page",
    [b'{"items": [null], "next_cursor": null}', b'{"items": [], "next_cursor": "same"}'],
)
def test_a_list_with_wrong_items_or_without_an_end_is_an_error(
    page: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "api.cli.client.open_http",
        lambda _url, _file: Answering(200, page, JSON),
    )
    with ApiClient(LoginStore(tmp_path), login()) as api, pytest.raises(CliError) as failed:
        api.items("/api/keys")
    assert failed.value.exit_code == NO_SERVER


def login() -> SavedLogin:
    return SavedLogin(
        name="here",
        url="http://localhost",
        username="ada",
        refresh_token=Secret("refresh"),
        access_token=Secret("access"),
        access_expires_at=time.time() + 600,
        signed_in_at=0,
    )

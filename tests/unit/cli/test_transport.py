"""HTTP of the command line: redirects, proxies, time limits and responses without an end."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from api.cli import transport as module
from api.cli.errors import NO_SERVER, CliError
from api.cli.http import send
from api.cli.transport import OversizedResponse, ProxyFailure, RequestTimeouts, Transport

FAR = "http://dashboard.example"


@contextmanager
def answering(answer: bytes, *, keep_open: bool = False) -> Iterator[tuple[str, list[bytes]]]:
    """A server that answers one request. Yields its origin and what it received."""
    received: list[bytes] = []
    done = threading.Event()

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            received.append(connection.recv(65536))
            connection.sendall(answer)
            if keep_open:
                done.wait(20)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}", received
        finally:
            done.set()
            thread.join(20)


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def transport(url: str, use_proxy: bool = False) -> Transport:
    return Transport(url, None, {"User-Agent": "test"}, use_proxy)


def test_a_redirect_is_a_response_and_is_not_followed() -> None:
    head = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    with answering(head) as (url, _):
        response = transport(url).request("GET", "/")
    assert response.status == 302
    assert response.is_redirect


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "ALL_PROXY"])
def test_a_proxy_of_the_environment_is_used_unless_switched_off(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    with answering(b"HTTP/1.1 204 No Content\r\n\r\n") as (proxy, received):
        monkeypatch.setenv(variable.lower(), proxy)
        assert transport(FAR, use_proxy=True).request("GET", "/path").status == 204
    assert received[0].startswith(f"GET {FAR}/path HTTP/1.1\r\n".encode())


def test_no_proxy_lists_hosts_that_need_none(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(b"HTTP/1.1 204 No Content\r\n\r\n") as (url, received):
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        assert transport(url, use_proxy=True).request("GET", "/path").status == 204
    assert received[0].startswith(b"GET /path HTTP/1.1\r\n")


@pytest.mark.parametrize("answer", [b"HTTP/1.1 403 Forbidden\r\n\r\n", b"HTTP/1.1 502 Bad\r\n\r\n"])
def test_a_proxy_that_refuses_to_connect_is_told_apart(
    monkeypatch: pytest.MonkeyPatch, answer: bytes
) -> None:
    with answering(answer) as (proxy, _):
        monkeypatch.setenv("https_proxy", proxy)
        way = Transport("https://dashboard.example", None, {}, use_proxy=True)
        with pytest.raises(ProxyFailure):
            way.request("GET", "/")


def test_a_proxy_of_an_unknown_kind_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("all_proxy", "socks5://127.0.0.1:1080")
    with pytest.raises(CliError, match="The HTTP proxy in HTTPS_PROXY or ALL_PROXY") as raised:
        send(transport(FAR, use_proxy=True), "GET", "/api/status")
    assert raised.value.exit_code == NO_SERVER


def test_a_server_that_does_not_answer_in_time_ends_the_request() -> None:
    with (
        answering(b"HTTP/1.1 200 OK\r\n", keep_open=True) as (url, _),
        pytest.raises(TimeoutError),
    ):
        transport(url).request("GET", "/", timeouts=RequestTimeouts(read=0.05))


def test_a_response_that_is_too_long_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 10)
    with (
        answering(b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * 11) as (url, _),
        pytest.raises(OversizedResponse),
    ):
        transport(url).request("GET", "/")


@pytest.mark.parametrize(
    "answer", [b"", b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 200 OK\r\nContent-"]
)
def test_what_is_not_http_is_said_in_one_sentence(answer: bytes) -> None:
    with answering(answer) as (url, _), pytest.raises(CliError) as raised:
        send(transport(url), "GET", "/api/status")
    assert raised.value.exit_code == NO_SERVER


@pytest.mark.parametrize("path", ["/api/\nx", "/api/é"])
def test_a_path_that_is_not_valid_is_refused(path: str) -> None:
    with pytest.raises(CliError, match="is not a valid path"):
        send(transport("http://127.0.0.1:1"), "GET", path)


def test_a_response_that_takes_too_long_ends_the_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_SECONDS", -1.0)
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"
    with answering(head, keep_open=True) as (url, _), pytest.raises(TimeoutError):
        transport(url).request("GET", "/")


@pytest.mark.parametrize("status", [200, 404])
def test_a_response_that_breaks_off_is_an_error(status: int) -> None:
    head = f"HTTP/1.1 {status} Status\r\nContent-Length: 9\r\n\r\n{{}}".encode()
    with answering(head) as (url, _), pytest.raises(http.client.IncompleteRead):
        transport(url).request("GET", "/")

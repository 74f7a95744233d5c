"""Each operation of a proxied call has its own time limit, and the record says which one ended it.

All limits are fractions of a second here.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from api.aws_lambda.parameters import within_platform_limits
from api.http.errors import TransportTimeout
from api.settings import read_settings
from api.wiring import build_app
from tests.product.proxy.hostile import OK, dripping, sending
from tests.product.proxy.pools import FIRST, SECOND, Keys, good, limited
from tests.support.accounts import Account, problem
from tests.support.clients import Response
from tests.support.in_process import InProcess
from tests.support.products import another_app, keep, lambda_client
from tests.support.upstream import Answer, Place, Received

SHORT = 0.3
UPLOAD = b"x" * 6_000_000


@pytest.fixture(scope="session")
def settings(environment: dict[str, str]) -> dict[str, str]:
    """The settings of the product under test, with short limits."""
    limits = ("SEND", "FIRST_BYTE", "IDLE")
    return environment | {f"API_DASHBOARD_{name}_TIMEOUT": str(SHORT) for name in limits}


@pytest.fixture(scope="session")
def short(settings: dict[str, str]) -> InProcess:
    """A client of the product with short limits."""
    return InProcess(another_app(settings))


@pytest.fixture
def account(short: InProcess) -> Account:
    """A new user."""
    return Account(short)


def timed_out(account: Account, answer: Response, limit: str) -> dict[str, Any]:
    """Assert that a limit ended a call, as its response and its record say."""
    document = problem(answer, 504, "upstream_timeout")
    assert document["time_limit"] == limit
    entry: dict[str, Any] = account.call("GET", "/api/requests").json["items"][0]
    assert (entry["problem"], entry["time_limit"]) == ("upstream_timeout", limit)
    return document


@pytest.mark.parametrize("method", ["POST", "PATCH", "GET", "PUT", "DELETE"])
def test_sdks_do_not_repeat_a_call_that_was_perhaps_carried_out(
    account: Account, place: Place, token: str, over: threading.Event, method: str
) -> None:
    place.behaviour = sending(b"", "hang", over)

    answer = account.proxied(token, method=method)

    document = timed_out(account, answer, "first_byte")
    assert "`API_DASHBOARD_FIRST_BYTE_TIMEOUT`" in document["detail"]
    expected = "false" if method in ("POST", "PATCH") else None
    assert answer.get("x-should-retry") == answer.get("stripe-should-retry") == expected


@pytest.mark.parametrize("body", [b"Content-Length: 60000\r\n\r\nx", b"Content-Length: 9\r\n\r\n"])
def test_a_pause_in_a_short_body_has_a_limit(
    account: Account, place: Place, token: str, over: threading.Event, body: bytes
) -> None:
    place.behaviour = sending(OK + body, "hang", over)

    answer = account.proxied(token, method="POST", body=b"{}")

    timed_out(account, answer, "idle")
    assert answer.get("x-should-retry") == "false"


def test_each_wait_has_its_own_limit(account: Account, place: Place, token: str) -> None:
    """The call takes four times as long as any single wait may."""
    pause = threading.Event()

    def slow(_received: Received, connection: socket.socket) -> Answer | None:
        for piece in (OK + b"Content-Length: 4\r\n\r\n", b"a", b"b", b"c", b"d"):
            pause.wait(SHORT * 0.8)
            connection.sendall(piece)
        return None

    place.behaviour = slow

    assert account.proxied(token).body == b"abcd"


@pytest.mark.parametrize("length", [b"Content-Length: 60000", b"Transfer-Encoding: chunked"])
def test_a_whole_body_has_a_limit(
    settings: dict[str, str], place: Place, over: threading.Event, length: bytes
) -> None:
    app = another_app(settings, API_DASHBOARD_STREAM_TIMEOUT="0.5")
    account = Account(InProcess(app))
    account.key(place)
    token = account.token(["test"])
    if b"chunked" in length:

        def pieces() -> Iterator[bytes]:
            while not over.wait(0.05):
                yield b"x"

        place.answer(Answer(200, [], pieces=pieces))
        with pytest.raises(TransportTimeout):
            account.proxied(token)
    else:
        place.behaviour = dripping(OK + length + b"\r\n\r\n", over)
        problem(account.proxied(token), 504, "upstream_timeout")

    entry = account.call("GET", "/api/requests").json["items"][0]
    assert (entry["problem"], entry["time_limit"]) == ("upstream_timeout", "stream")


def test_on_aws_one_limit_applies_to_the_whole_call(
    settings: dict[str, str], place: Place, over: threading.Event
) -> None:
    """The gateway waits for 30 s in all."""
    given = settings | {"API_DASHBOARD_UPSTREAM_TIMEOUT": "0.5"}
    app = build_app(within_platform_limits(read_settings(given)))
    keep(app)
    account = Account(lambda_client(app))
    account.key(place)
    place.behaviour = dripping(OK + b"Content-Length: 60000\r\n\r\n", over)

    timed_out(account, account.proxied(account.token(["test"])), "total")


def test_a_late_429_is_not_tried_with_another_key(
    account: Account, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr("api.proxy.forwarding.perf_counter", lambda: now)
    account.key(place, FIRST)
    account.key(place, SECOND)
    token = account.token(["test"])
    keys = Keys(place, first=limited(), second=limited())
    answer = keys.place.behaviour

    def late(received: Received, connection: socket.socket) -> Answer | None:
        nonlocal now
        now += SHORT * 0.6
        return answer(received, connection)

    place.behaviour = late
    assert account.proxied(token, method="POST").status == 429
    assert len(keys.used) == 1

    place.behaviour = answer
    keys.answers = dict.fromkeys(keys.answers, good())
    assert account.proxied(token, method="POST").status == 200


@contextmanager
def raw_upstream(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """Serve one connection with a small receive buffer. Yield the port."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
    listener.bind(("127.0.0.1", 0))
    listener.listen()

    def run() -> None:
        connection, _ = listener.accept()
        with connection:
            serve(connection)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    with listener:
        yield listener.getsockname()[1]
        thread.join(10)


def upload(settings: dict[str, str], place: Place, port: int) -> tuple[Account, Response]:
    """Send a long body to the upstream at `port`."""
    allowed = f"{settings['API_DASHBOARD_ALLOWED_UPSTREAMS']},127.0.0.1:{port}"
    app = another_app(settings, API_DASHBOARD_ALLOWED_UPSTREAMS=allowed)
    account = Account(InProcess(app))
    account.key(place, base_url=f"http://127.0.0.1:{port}")
    return account, account.proxied(account.token(["test"]), method="POST", body=UPLOAD)


def test_an_upload_to_an_upstream_that_reads_slowly(settings: dict[str, str], place: Place) -> None:
    """It takes several times as long as a single write may."""
    pause = threading.Event()
    received = 0

    def serve(connection: socket.socket) -> None:
        nonlocal received
        while received < len(UPLOAD):
            received += len(connection.recv(500_000))
            pause.wait(SHORT / 100)
        connection.sendall(OK + b"Content-Length: 2\r\n\r\nok")

    with raw_upstream(serve) as port:
        _, answer = upload(settings, place, port)

    assert (answer.status, answer.body) == (200, b"ok")


def test_an_upload_to_an_upstream_that_does_not_read(
    settings: dict[str, str], place: Place, over: threading.Event
) -> None:
    def serve(_connection: socket.socket) -> None:
        over.wait(10)

    with raw_upstream(serve) as port:
        account, answer = upload(settings, place, port)
        over.set()

    timed_out(account, answer, "send")
    assert answer.get("x-should-retry") == "false"


def test_an_upload_that_is_refused_before_it_is_read(
    settings: dict[str, str], place: Place, over: threading.Event
) -> None:
    def serve(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\nno")
        over.wait(10)

    with raw_upstream(serve) as port:
        _, answer = upload(settings | {"API_DASHBOARD_SEND_TIMEOUT": "10"}, place, port)
        over.set()

    assert (answer.status, answer.body) == (401, b"no")

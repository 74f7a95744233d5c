"""One exchange with an upstream: what its time limits count, and what a failure tells SDKs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

import msgspec
import pytest

from api.errors import DO_NOT_RETRY, TimeLimit
from api.http import timeouts as timeouts_module
from api.http.errors import (
    CallerGone,
    ConnectFailed,
    ConnectTimeout,
    MalformedResponse,
    NoSocketLeft,
    PeerClosed,
    ResponseTooLarge,
    TlsFailed,
    TransportTimeout,
)
from api.http.timeouts import Timeouts
from api.proxy import exchange
from api.proxy.exchange import UpstreamClient, UpstreamError, to_problem, was_sent
from api.proxy.upstream_request import UpstreamRequest
from api.secret import Credential, Secret
from api.settings import read_settings
from api.upstream.base_url import parse_base_url
from api.upstream.resolver import BlockedAddress, ResolveFailed, ResolveTimeout
from tests.support.products import Clock

LIMITS = Timeouts(connect=1, send=10, first_byte=20, idle=30, stream=100)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of exchanges."""
    made = Clock(1_000.0)
    monkeypatch.setattr(exchange, "monotonic", made)
    monkeypatch.setattr(timeouts_module, "monotonic", made)
    return made


class FakeConnection:
    """Records what it gets. `refuses_after` is the number of writes until the peer refuses."""

    def __init__(self, refuses_after: int = 1000) -> None:
        self.refuses_after = refuses_after
        self.sent: list[tuple[bytes, float]] = []
        self.on_send: Callable[[], None] = lambda: None
        self.on_read_head: Callable[[], None] = lambda: None
        self.head_limits: list[Timeouts] = []

    def expect(self, method: str) -> None:
        """Accept any method."""

    def close(self) -> None:
        """Do nothing."""

    def send(self, data: bytes, timeouts: Timeouts, _caller: object) -> bool:
        """Record what is sent, and the end of the time for it."""
        self.sent.append((data, timeouts.end))
        self.on_send()
        return len(self.sent) < self.refuses_after

    def read_head(
        self, timeouts: Timeouts, _caller: object = None
    ) -> tuple[int, list[tuple[str, str]]]:
        """Return a response."""
        self.head_limits.append(timeouts)
        self.on_read_head()
        return 200, []


class FakePool:
    """Has one connection."""

    def __init__(self, connection: FakeConnection, was_used: bool = False) -> None:
        self.connection = connection
        self.was_used = was_used

    def acquire(self, *_: object, fresh: bool, **__: object) -> tuple[FakeConnection, bool]:
        """Return the connection."""
        return self.connection, self.was_used and not fresh


def request(
    method: str = "POST", read_more: Callable[[int], bytes] | None = None, length: int | None = 9
) -> UpstreamRequest:
    return UpstreamRequest(
        base=parse_base_url("https://api.example.com", frozenset()),
        method=method,
        target="/x",
        headers=[],
        credential=Credential(Secret("0123456789")),
        body=b"abc",
        length=length,
        read_more=read_more,
    )


def send(pool: FakePool, sent: UpstreamRequest) -> None:
    client = UpstreamClient(pool, object(), frozenset())  # type: ignore[arg-type]
    assert client.send(sent, ("192.0.2.1",), LIMITS).status == 200


@pytest.mark.parametrize("length", [9, None])
def test_the_time_in_which_the_caller_sends_its_body_is_not_counted(
    clock: Clock, length: int | None
) -> None:
    pieces = [b"def", b"ghi", b""]

    def read_more(_size: int) -> bytes:
        clock.now += 90
        return pieces.pop(0)

    connection = FakeConnection()

    send(FakePool(connection), request(read_more=read_more, length=length))

    assert [end for _, end in connection.sent][:3] == [1_100, 1_190, 1_280]
    assert b"".join(data for data, _ in connection.sent).count(b"def") == 1
    assert connection.head_limits == [LIMITS], "the limit of the response starts after the request"


def test_a_refused_upload_ends_at_once(clock: Clock) -> None:
    connection = FakeConnection(refuses_after=2)
    asked = []

    def read_more(size: int) -> bytes:
        asked.append(size)
        return b"def"

    send(FakePool(connection), request(read_more=read_more, length=1_000_000))

    assert len(asked) == 1 and len(connection.head_limits) == 1


def test_a_response_before_the_connection_is_closed_is_read(clock: Clock) -> None:
    connection = FakeConnection()

    def close() -> None:
        raise PeerClosed("EPIPE", started=False)

    connection.on_send = close

    send(FakePool(connection), request())

    assert connection.head_limits[0].end == clock.now + 1


def test_a_closed_connection_without_a_response_is_no_timeout(clock: Clock) -> None:
    connection = FakeConnection()

    def close() -> None:
        raise PeerClosed("EPIPE", started=False)

    def wait() -> None:
        raise TransportTimeout("deadline passed")

    connection.on_send, connection.on_read_head = close, wait

    with pytest.raises(PeerClosed):
        send(FakePool(connection), request())


def test_a_repeated_request_waits_for_what_is_left(clock: Clock) -> None:
    """A server that closes an old connection late must not double the time."""
    connection = FakeConnection()

    def close_once() -> None:
        connection.on_read_head = lambda: None
        clock.now += 15
        raise PeerClosed("connection closed early", started=False)

    connection.on_read_head = close_once

    send(FakePool(connection, was_used=True), request("GET", length=0))

    assert [limits.first_byte for limits in connection.head_limits] == [20, 5]


NOT_SENT: list[UpstreamError] = [
    BlockedAddress("a.example", "10.0.0.1", "private"),
    ConnectFailed("refused"),
    ConnectTimeout("deadline passed", limit="connect"),
    ResolveFailed("a.example", "no address"),
    ResolveTimeout("a.example"),
    TlsFailed("expired"),
]
SENT: list[UpstreamError] = [
    *[TransportTimeout("", limit=limit) for limit in get_args(TimeLimit)],
    PeerClosed("ECONNRESET", started=False),
    MalformedResponse("no"),
    ResponseTooLarge("declared"),
]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "POST", "PATCH"])
@pytest.mark.parametrize("error", [*NOT_SENT, *SENT], ids=lambda error: type(error).__name__)
def test_sdks_must_not_repeat_a_call_that_the_upstream_may_have_carried_out(
    error: UpstreamError, method: str
) -> None:
    problem = to_problem(error, request(method))

    expected = error in SENT and method in ("POST", "PATCH")
    assert (set(DO_NOT_RETRY) <= set(problem.headers)) is expected
    assert was_sent(error) is (error in SENT)


def test_a_field_that_overrides_the_method_makes_a_call_unrepeatable() -> None:
    sent = msgspec.structs.replace(request("GET"), headers=[("X-HTTP-Method-Override", "POST")])

    problem = to_problem(TransportTimeout("", limit="idle"), sent)

    assert ("x-should-retry", "false") in problem.headers


def test_s43_a_call_without_a_socket_is_refused_as_busy() -> None:
    error = NoSocketLeft("OSError")

    problem = to_problem(error, request("POST"))

    assert (problem.status, problem.code) == (503, "server_busy")
    assert dict(problem.headers) == {
        "Proxy-Status": "api-dashboard; error=connection_limit_reached",
        "Retry-After": "1",
    }
    assert not was_sent(error)


def test_a_caller_that_left_gets_no_advice() -> None:
    assert to_problem(CallerGone("gone"), request()).headers == ()


@pytest.mark.parametrize("limit", get_args(TimeLimit))
def test_a_timeout_names_the_setting_of_its_limit(limit: TimeLimit) -> None:
    problem: Any = to_problem(TransportTimeout("", limit=limit))

    name = "UPSTREAM" if limit == "total" else limit.upper()
    setting = f"API_DASHBOARD_{name}_TIMEOUT"
    assert f"`{setting}`" in problem.detail
    assert problem.document("1")["time_limit"] == limit
    assert read_settings({setting: "0.5"}) != read_settings({}), "the setting exists"


def test_what_is_to_be_done_meanwhile_is_done_when_the_request_was_sent() -> None:
    connection = FakeConnection()
    order: list[str] = []
    connection.on_read_head = lambda: order.append("read")
    client = UpstreamClient(FakePool(connection), object(), frozenset())  # type: ignore[arg-type]
    client.send(
        request(length=3), ("192.0.2.1",), LIMITS, while_waiting=lambda: order.append("waiting")
    )
    assert order == ["waiting", "read"]
    assert connection.sent

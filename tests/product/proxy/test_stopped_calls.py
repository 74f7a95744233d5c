"""A call that the server's stop ends is recorded once, wherever it waits."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

from api import stopping
from api.errors import ServerStopping
from api.http.connection import Connection
from api.http.pool import ConnectionPool, TlsContexts
from api.proxy.exchange import UpstreamClient
from api.proxy.response import ProxyResponse
from api.raw_request import RawRequest, Readable
from api.settings import read_settings
from api.upstream.resolver import Resolver
from api.wiring import build_proxy, build_shared
from api.wsgi import App
from tests.product.proxy.pools import SECOND, limited, states
from tests.support.accounts import Account
from tests.support.clients import LambdaClient
from tests.support.machine import until
from tests.support.products import Clock, keep
from tests.support.upstream import Answer, Place, Received

MEGABYTE = 1 << 20


class Stopped:
    """An upload whose caller sends nothing more after `start`, until the server stops."""

    def __init__(self, start: bytes) -> None:
        self._start = io.BytesIO(start)

    def read(self, size: int = -1, /) -> bytes:
        data = self._start.read(size)
        if not data:
            raise ServerStopping
        return data


class StoppedConnection:
    """A connection to the upstream at which the server stops in the method `where`."""

    def __init__(self, connection: Connection, where: str) -> None:
        self.connection = connection
        self.where = where
        self.is_closed = False

    def __getattr__(self, name: str) -> Any:
        if name == self.where:
            return self._stop
        return getattr(self.connection, name)

    def _stop(self, *_: object) -> None:
        raise ServerStopping

    def close(self) -> None:
        """Close the connection."""
        self.is_closed = True
        self.connection.close()


class StoppedPool(ConnectionPool):
    """Connects to the upstream. The server stops in the method `where` of it or its connection."""

    def __init__(self, where: str) -> None:
        super().__init__(TlsContexts())
        self.where = where
        self.connections: list[StoppedConnection] = []

    def acquire(self, *arguments: Any, **named: Any) -> Any:
        """Return a connection, or stop."""
        if self.where == "acquire":
            raise ServerStopping
        connection, used = super().acquire(*arguments, **named)
        self.connections.append(StoppedConnection(connection, self.where))
        return self.connections[-1], used


class StoppedResolver(Resolver):
    """Looks up names until the server stops."""

    def lookup(self, *_: object) -> tuple[str, ...]:
        raise ServerStopping


@pytest.fixture
def account(function: LambdaClient, place: Place) -> Account:
    """A new user with a key for `place`."""
    account = Account(function)
    account.key(place)
    return account


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Start to end the calls in progress, for this test."""
    monkeypatch.setattr(stopping, "_begun", False)
    return stopping.begin


class Stage:
    """The product in this process, whose server stops in the method `where`."""

    def __init__(
        self, environment: dict[str, str], where: str = "", clock: Clock | None = None
    ) -> None:
        settings = read_settings(environment)
        self.pool = StoppedPool(where)
        resolver = StoppedResolver() if where == "lookup" else Resolver()
        self.shared = msgspec.structs.replace(
            build_shared(settings, clock=clock or Clock()),
            upstream=UpstreamClient(self.pool, resolver, settings.allowed_upstreams),
        )
        self.app = App(build_proxy(self.shared, lambda: 1.0), lambda: self.fail())
        keep(self.app)

    def fail(self) -> Any:
        raise AssertionError("only proxied calls are made here")

    def call(
        self,
        token: str,
        method: str = "GET",
        body: Readable | None = None,
        length: int | None = 0,
    ) -> ProxyResponse:
        """Send a call with an upload of `length` bytes."""
        headers = [("Authorization", f"Bearer {token}")]
        return self.app.proxy(
            RawRequest(
                method=method,
                raw_path="/proxy/test/x",
                raw_query="",
                headers=headers,
                body=body or io.BytesIO(),
                length=length,
                source="127.0.0.1",
                scheme="http",
                host="localhost",
                caller=None,
                streaming=True,
            )
        )


def only_entry(account: Account) -> dict[str, Any]:
    """Return the only log entry. Statistics have the same call."""
    (entry,) = account.call("GET", "/api/requests").json["items"]
    totals = account.call("GET", "/api/stats").json["totals"]
    assert totals["requests"] == 1
    assert totals["failures"] == (entry["status"] >= 500)
    assert totals["bytes_out"] == entry["bytes_out"]
    return entry  # type: ignore[no-any-return]


def refused(response: ProxyResponse) -> dict[str, str]:
    """Assert that a response is the problem, and return its fields."""
    assert response.status == 503
    assert isinstance(response.body, bytes)
    assert msgspec.json.decode(response.body)["code"] == "server_stopping"
    fields = dict(response.headers)
    assert int(fields["Retry-After"]) > 0
    assert "proxy_internal_error" in fields["Proxy-Status"]
    return fields


@pytest.mark.parametrize(
    ("where", "method", "retry", "is_sent"),
    [
        ("lookup", "POST", "true", False),
        ("acquire", "POST", "true", False),
        ("send", "POST", "false", True),
        ("read_head", "POST", "false", True),
        ("read_head", "PATCH", "false", True),
        ("read_head", "GET", "true", True),
        ("read_body", "POST", "false", True),
        ("read_body", "PUT", "true", True),
    ],
)
def test_a_call_without_a_response_gets_503(
    environment: dict[str, str],
    account: Account,
    place: Place,
    where: str,
    method: str,
    retry: str,
    is_sent: bool,
) -> None:
    stage = Stage(environment, where)
    # The rest of the body arrives after the head.
    place.answer(Answer(200, [("Content-Length", "60000")], b"x" * 60_000))

    fields = refused(stage.call(account.token(["test"]), method))

    assert fields["x-should-retry"] == retry
    entry = only_entry(account)
    assert (entry["status"], entry["problem"]) == (503, "server_stopping")
    assert entry["key_id"] is not None
    assert (entry["upstream_ms"] is not None) is is_sent
    assert all(connection.is_closed for connection in stage.pool.connections)


def test_a_call_that_is_stopped_with_its_second_key_is_recorded_with_that_key(
    environment: dict[str, str], account: Account, place: Place
) -> None:
    account.key(place, SECOND)
    stage = Stage(environment)

    def stop_the_next(_received: Received, _connection: object) -> Answer:
        stage.pool.where = "read_head"
        return limited()

    place.behaviour = stop_the_next
    assert refused(stage.call(account.token(["test"])))["x-should-retry"] == "true"
    until(lambda: len(place.received) == 2)
    assert only_entry(account)["problem"] == "server_stopping"
    assert sorted(states(account)) == ["exhausted", "ready"]
    assert all(connection.is_closed for connection in stage.pool.connections)


@pytest.mark.parametrize(
    ("received", "length", "retry"),
    [(0, 10, "true"), (5, 10, "true"), (5, None, "true"), (2 * MEGABYTE, 3 * MEGABYTE, "false")],
)
def test_an_upload_that_waits_for_its_caller_is_recorded(
    environment: dict[str, str],
    account: Account,
    received: int,
    length: int | None,
    retry: str,
) -> None:
    stage = Stage(environment)
    response = stage.call(account.token(["test"]), "POST", Stopped(b"x" * received), length)
    assert refused(response)["x-should-retry"] == retry
    entry = only_entry(account)
    assert (entry["problem"], entry["bytes_in"]) == ("server_stopping", received)
    assert all(connection.is_closed for connection in stage.pool.connections)


def test_a_caller_who_is_not_known_yet_gets_the_same_response(
    environment: dict[str, str], account: Account
) -> None:
    raw = {"Content-Type": "application/x-www-form-urlencoded"}
    stage = Stage(environment)
    request = RawRequest(
        method="POST",
        raw_path="/proxy/test/x",
        raw_query="",
        headers=list(raw.items()),
        body=Stopped(b"token=ap"),
        length=99,
        source="127.0.0.1",
        scheme="http",
        host="localhost",
        caller=None,
        streaming=True,
    )
    assert refused(stage.app.proxy(request))["x-should-retry"] == "true"
    assert account.call("GET", "/api/requests").json["items"] == []


@pytest.fixture
def stream(environment: dict[str, str], account: Account, place: Place) -> Iterator[Any]:
    """The connection and the body of a stream of which three bytes were delivered."""

    ended = threading.Event()

    def pieces() -> Iterator[bytes]:
        yield b"one"
        ended.wait(20)

    place.answer(Answer(200, [("Content-Type", "text/event-stream")], pieces=pieces))
    stage = Stage(environment)
    response = stage.call(account.token(["test"]))
    body = response.body
    assert not isinstance(body, bytes)
    assert next(piece for piece in body if piece) == b"one"
    yield stage.pool.connections[-1], body
    ended.set()


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (ServerStopping(), "server_stopping"),
        (TimeoutError(), "caller_not_reading"),
        (ConnectionResetError(), "caller_gone"),
        (RuntimeError(), "internal_error"),
    ],
)
def test_a_write_that_fails_says_why(
    stream: Any, account: Account, error: BaseException, problem: str
) -> None:
    connection, body = stream
    with pytest.raises(type(error)):
        try:
            raise error  # as in a write to the caller
        finally:
            body.close()
    entry = only_entry(account)
    assert (entry["status"], entry["problem"], entry["bytes_out"]) == (200, problem, 3)
    assert connection.is_closed
    with pytest.raises(StopIteration):
        next(body)
    body.close()
    only_entry(account)


def test_a_stream_that_waits_for_its_upstream_is_recorded(stream: Any, account: Account) -> None:
    connection, body = stream
    connection.where = "read_body"
    with pytest.raises(ServerStopping):
        next(body)
    body.close()
    entry = only_entry(account)
    assert (entry["status"], entry["problem"], entry["bytes_out"]) == (200, "server_stopping", 3)
    assert connection.is_closed


def test_a_stream_ends_at_its_next_piece_if_it_was_not_interrupted(
    stream: Any, account: Account, begun: Callable[[], None]
) -> None:
    _, body = stream
    begun()
    with pytest.raises(ServerStopping):
        next(body)
    assert only_entry(account)["problem"] == "server_stopping"


def test_trips_are_not_interrupted_and_limits_keep_what_was_counted(
    environment: dict[str, str],
    account: Account,
    place: Place,
    begun: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The stop begins during the authorization, whose thread must not be interrupted."""
    stage = Stage(environment)
    during = Trips(stage, begun)
    token = account.token(["test"], limit=5, window=3600)
    fields = refused(stage.call(token))
    assert fields["x-should-retry"] == "true"
    assert during.held == [True, True]  # authorization and record
    assert not stopping.is_held(during.ident)
    assert place.received == []
    entry = only_entry(account)
    assert (entry["problem"], entry["upstream_ms"]) == ("server_stopping", None)
    monkeypatch.setattr(stopping, "_begun", False)
    left = account.proxied(token).get("RateLimit")
    assert left is not None and left.startswith('"token";r=3;t=3')


def test_a_claimed_probe_is_given_back(
    environment: dict[str, str],
    account: Account,
    place: Place,
    begun: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock()
    stage = Stage(environment, clock=clock)
    place.answer(limited(3600))
    token = account.token(["test"])
    assert stage.call(token).status == 429
    clock.now += 61
    stage = Stage(environment, clock=clock)
    during = Trips(stage, begun, at="UpdateItem")
    refused(stage.call(token))
    assert all(during.held)
    assert len(place.received) == 1, "the probe was not sent"
    monkeypatch.setattr(stopping, "_begun", False)
    clock.now += 1
    place.answer(Answer())
    assert Stage(environment, clock=clock).call(token).status == 200, "the next call probes"


class Trips:
    """Watches a stage's database trips. The stop begins in the first one, or the first `at`."""

    def __init__(self, stage: Stage, begin: Callable[[], None], at: str = "") -> None:
        self.held: list[bool] = []
        self.ident = threading.get_ident()
        client = stage.shared.storage.table.client
        original = client._batch

        def batch(calls: Any) -> Any:
            if any(name == at or not at for name, _ in calls):
                begin()
            self.held.append(stopping.is_held(self.ident))
            return original(calls)

        client._batch = batch  # type: ignore[method-assign]

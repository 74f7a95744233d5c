"""A database that is down or throttles: 503 with Retry-After, and no call passes uncounted."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from api.aws.json_client import AwsError, JsonClient, Operation
from api.settings import read_settings
from api.wiring import build_app, build_storage
from tests.support.accounts import Account, problem
from tests.support.clients import LambdaClient
from tests.support.logged import logged
from tests.support.products import another_app, keep, lambda_client
from tests.support.upstream import Place


class ThrottlingDatabase:
    """A DynamoDB that throttles every request."""

    def __init__(self) -> None:
        self.calls = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                outer.calls += 1
                self.rfile.read(int(self.headers["Content-Length"]))
                body = (
                    b'{"__type":"com.amazonaws.dynamodb.v20120810#'
                    b'ProvisionedThroughputExceededException","message":"slow down"}'
                )
                self.send_response(400)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture(scope="module")
def throttling() -> Iterator[ThrottlingDatabase]:
    made = ThrottlingDatabase()
    yield made
    made.server.shutdown()
    made.server.server_close()


def unavailable(answer: Any) -> None:
    problem(answer, 503, "storage_unavailable")
    assert int(answer.get("retry-after")) > 0


def test_without_a_database_the_response_is_503_with_retry_after(
    environment: dict[str, str], closed_port: int
) -> None:
    client = lambda_client(
        another_app(environment, AWS_ENDPOINT_URL_DYNAMODB=f"http://127.0.0.1:{closed_port}")
    )
    unavailable(client.call("GET", "/api/status"))
    unavailable(
        client.call("POST", "/api/auth/login", {"username": "ada", "password": "passphrase"})
    )


def test_a_throttling_database_is_retried_before_the_503(
    environment: dict[str, str], throttling: ThrottlingDatabase
) -> None:
    client = lambda_client(another_app(environment, AWS_ENDPOINT_URL_DYNAMODB=throttling.url))
    before = throttling.calls
    unavailable(client.call("GET", "/api/status"))
    assert throttling.calls - before > 2


def test_a_limit_that_cannot_be_counted_rejects_the_call_without_an_upstream_request(
    environment: dict[str, str], function: LambdaClient, closed_port: int, place: Place
) -> None:
    account = Account(function)
    account.key(place)
    token = account.token(limit=10, window=60)
    broken = lambda_client(
        another_app(environment, AWS_ENDPOINT_URL_DYNAMODB=f"http://127.0.0.1:{closed_port}")
    )
    unavailable(broken.request("GET", "/proxy/test/x", [("Authorization", f"Bearer {token}")]))
    assert place.received == []


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_response_that_cannot_be_recorded_is_not_returned(
    environment: dict[str, str], place: Place, throttling: ThrottlingDatabase, method: str
) -> None:
    settings = read_settings(environment)
    storage = build_storage(settings)
    other = build_storage(
        read_settings({**environment, "AWS_ENDPOINT_URL_DYNAMODB": throttling.url})
    )
    keep(storage, other)
    reading = storage.table.client.batch

    def only_reads(calls: Sequence[Operation]) -> list[dict[str, Any] | AwsError]:
        recording = any(operation == "PutItem" for operation, _ in calls) and any(
            payload.get("Item", {}).get("SK", {}).get("S", "").startswith("LOG#")
            for _, payload in calls
        )
        return other.table.client.batch(calls) if recording else reading(calls)

    storage.table.client.batch = only_reads  # type: ignore[method-assign]
    app = build_app(settings, storage)
    keep(app)
    account = Account(lambda_client(app))
    account.key(place)
    document = problem(account.proxied(account.token(), method=method), 503, "usage_not_recorded")
    assert document["upstream_status"] == 200
    assert len(place.received) == 1


class FailingWrites:
    """A client of a database that fails every write of a log entry, with an error."""

    def __init__(self, client: JsonClient, error: Exception) -> None:
        self._client = client
        self._error = error

    def batch(self, calls: Sequence[Operation]) -> list[dict[str, Any] | AwsError]:
        items = [payload.get("Item", {}).get("SK", {}).get("S", "") for _, payload in calls]
        if not any(sort_key.startswith("LOG#") for sort_key in items):
            return self._client.batch(calls)
        if not isinstance(self._error, AwsError):
            raise self._error
        return [self._error] * len(calls)

    def call(self, operation: str, payload: dict[str, Any]) -> dict[str, Any]:
        return self._client.call(operation, payload)


@pytest.fixture
def failing(environment: dict[str, str], request: pytest.FixtureRequest) -> Account:
    """A user of an application whose database fails to store log entries."""
    settings = read_settings(environment)
    storage = build_storage(settings)
    client = FailingWrites(storage.table.client, request.param)
    storage.table.client = client  # type: ignore[assignment]
    app = build_app(settings, storage)
    keep(storage, app)
    return Account(lambda_client(app))


REJECTED = AwsError("ValidationException", "Item size has exceeded the maximum allowed size", {})
BUG = KeyError("updated_at")


@pytest.mark.parametrize("failing", [REJECTED, BUG], indirect=True, ids=["rejected", "bug"])
def test_a_call_that_was_made_but_not_recorded_is_logged_and_not_repeated_by_sdks(
    failing: Account, place: Place
) -> None:
    failing.key(place)
    with logged() as events:
        answer = failing.proxied(failing.token(), method="POST")
    document = problem(answer, 503, "usage_not_recorded")
    assert answer.get("x-should-retry") == answer.get("stripe-should-retry") == "false"
    assert answer.get("retry-after") is None
    (event,) = [event for event in events() if event["event"] == "usage_not_recorded"]
    assert event["request_id"] == document["request_id"]
    assert (event["method"], event["api_name"], event["status"]) == ("POST", "test", 200)


@pytest.mark.parametrize("failing", [REJECTED], indirect=True)
def test_a_call_that_was_not_made_is_not_reported_as_unrecorded(
    failing: Account, place: Place
) -> None:
    failing.key(place)
    token = failing.token(["other"])
    problem(failing.proxied(token), 500, "storage_failed")
    assert place.received == []

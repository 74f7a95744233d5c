"""A database that is down or throttles: 503 with Retry-After, and no call passes uncounted."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from api.aws.json_client import AwsError, Operation
from api.settings import read_settings
from api.wiring import build_app, build_storage
from tests.support.accounts import Account, problem
from tests.support.clients import LambdaClient
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

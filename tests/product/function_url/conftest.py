"""The streaming function behind a function URL, and an account on the same table."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest

from tests.support.accounts import Account
from tests.support.bundled_function import bundled_function
from tests.support.cdn import Cdn
from tests.support.clients import HttpClient, LambdaClient, Response
from tests.support.function_processes import FunctionProcesses
from tests.support.function_url_server import FunctionUrl
from tests.support.upstream import Place

CDN = Cdn(secrets.token_hex(32))


class UrlCaller:
    """Calls the API `test`, whose base URL is `place`, through the function URL."""

    def __init__(self, account: Account, place: Place, front: FunctionUrl) -> None:
        self.account = account
        self.place = place
        self.client = HttpClient(front.port)
        account.key(place)
        self.token = account.token(["test"])

    def call(
        self,
        path: str = "/x",
        method: str = "GET",
        fields: list[tuple[str, str]] | None = None,
        body: bytes | None = None,
    ) -> Response:
        """Send a proxied call and return its response."""
        headers = [("Authorization", f"Bearer {self.token}"), *(fields or [])]
        return self.client.request(method, f"/proxy/test{path}", headers, body)

    def entry(self) -> dict[str, object]:
        """Return the latest entry of the request log."""
        entry: dict[str, object] = self.account.call("GET", "/api/requests").json["items"][0]
        return entry


@pytest.fixture(scope="session")
def processes(
    environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FunctionProcesses]:
    """The function's processes."""
    folder = tmp_path_factory.mktemp("function")
    with bundled_function(environment, folder, CDN.secret) as made:
        yield made


@pytest.fixture(scope="session")
def front(processes: FunctionProcesses) -> Iterator[FunctionUrl]:
    """The function URL, called directly."""
    with FunctionUrl(processes) as made:
        yield made


@pytest.fixture(scope="session")
def cdn_front(processes: FunctionProcesses) -> Iterator[FunctionUrl]:
    """The function URL behind the CDN."""
    with FunctionUrl(processes, CDN) as made:
        yield made


@pytest.fixture
def caller(function: LambdaClient, place: Place, front: FunctionUrl) -> UrlCaller:
    """A new user with a key and a token."""
    return UrlCaller(Account(function), place, front)

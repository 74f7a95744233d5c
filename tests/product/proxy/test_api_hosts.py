"""API hosts and API ports on the real server: they serve `/proxy/{api_name}` and nothing else."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from tests.conftest import running
from tests.support.accounts import PASSWORD, Account, problem
from tests.support.clients import HttpClient
from tests.support.ports import free_port
from tests.support.upstream import Answer, Place

PORT = free_port()


@pytest.fixture(scope="module")
def product(
    environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[HttpClient]:
    ports = {"API_DASHBOARD_API_PORTS": f"test:{PORT}"}
    with running({**environment, **ports}, tmp_path_factory.mktemp("api-hosts")) as client:
        yield client


@pytest.fixture(params=["port", "host"])
def api_client(request: pytest.FixtureRequest, product: HttpClient) -> HttpClient:
    if request.param == "port":
        return HttpClient(PORT, f"127.0.0.1:{PORT}")
    return HttpClient(product.port, f"test.localhost:{product.port}")


@pytest.fixture
def account(product: HttpClient, place: Place) -> Account:
    made = Account(product)
    made.key(place)
    return made


def bearer(token: str) -> list[tuple[str, str]]:
    return [("Authorization", f"Bearer {token}")]


def test_a_call_to_an_api_host_is_proxied(
    api_client: HttpClient, account: Account, place: Place
) -> None:
    answer = api_client.request("POST", "/v1/x%2Fy?a=1&b", bearer(account.token(["test"])), b"body")
    assert answer.status == 200, answer.body
    assert (place.path(), place.last.body) == ("/v1/x%2Fy?a=1&b", b"body")
    assert place.last.get("Authorization") == "Bearer sk-secret-0123456789"
    assert answer.get("X-Dashboard-Request-Id") is not None


def test_an_access_token_is_accepted_at_an_api_host(
    api_client: HttpClient, account: Account, place: Place
) -> None:
    assert api_client.request("GET", "/v1/x", bearer(account.access)).status == 200
    assert place.path() == "/v1/x"


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/api/me"),
        ("GET", "/api/keys"),
        ("GET", "/api/status"),
        ("GET", "/api/docs"),
        ("GET", "/"),
        ("POST", "/api/auth/refresh"),
        ("GET", "/proxy/test/v1/x"),
    ],
)
def test_nothing_of_the_dashboard_is_at_an_api_host(
    api_client: HttpClient, account: Account, place: Place, method: str, target: str
) -> None:
    place.answer(Answer(body=b"the upstream's"))
    answer = api_client.request(method, target, bearer(account.access))
    assert (answer.status, answer.body) == (200, b"the upstream's")
    assert place.path() == target
    problem(api_client.request(method, target), 401, "authentication_required")


def test_the_refresh_cookie_is_not_accepted_at_an_api_host(
    api_client: HttpClient, account: Account, place: Place
) -> None:
    body = {"username": account.username, "password": PASSWORD, "session": "cookie"}
    cookie = (account.client.call("POST", "/api/auth/login", body).get("set-cookie") or "").split(
        ";"
    )[0]
    headers = [("Cookie", cookie), ("Origin", f"http://{api_client.host}")]
    problem(
        api_client.request("POST", "/api/auth/refresh", headers), 401, "authentication_required"
    )
    assert place.received == []


@pytest.mark.parametrize("host", ["other.localhost", "a.b.localhost", "dashboard.localhost"])
def test_an_unknown_api_host_is_not_the_dashboard(
    product: HttpClient, account: Account, place: Place, host: str
) -> None:
    client = HttpClient(product.port, f"{host}:{product.port}")
    problem(client.request("GET", "/api/me"), 401, "authentication_required")
    problem(client.request("GET", "/api/me", bearer(account.access)), 404, "unknown_api")
    assert place.received == []


@pytest.mark.parametrize("path", ["/../x", "/v1/%2e%2e/x", "/..%2f", "/v1/..;/x", "/%252e%252e/x"])
def test_s7_no_path_at_an_api_host_leaves_the_stored_prefix(
    api_client: HttpClient, account: Account, place: Place, path: str
) -> None:
    answer = api_client.request("GET", path, bearer(account.token(["test"])))
    problem(answer, 400, "invalid_path")
    assert place.received == []


def test_a_token_of_another_api_is_rejected_at_an_api_host(
    api_client: HttpClient, account: Account, place: Place
) -> None:
    problem(
        api_client.request("GET", "/v1/x", bearer(account.token(["other"]))), 403, "token_scope"
    )
    assert place.received == []


def test_links_are_rewritten_to_the_same_api_host(
    api_client: HttpClient, account: Account, place: Place
) -> None:
    place.answer(
        Answer(
            headers=[
                ("Link", f'<{place.url}/v1/x?page=2>; rel="next"'),
                ("Location", f"{place.url}/v1/y"),
                ("Content-Location", "/elsewhere"),
            ]
        )
    )
    answer = api_client.request("GET", "/v1/x", bearer(account.token(["test"])))
    assert answer.get("Link") == f'<http://{api_client.host}/v1/x?page=2>; rel="next"'
    assert answer.get("Location") == f"http://{api_client.host}/v1/y"
    assert "/proxy/" not in str(answer.headers)


def test_links_at_an_api_port_use_loopback_without_a_host_field(
    product: HttpClient, account: Account, place: Place
) -> None:
    place.answer(Answer(headers=[("Location", f"{place.url}/v1/y")]))
    token = account.token(["test"])
    with socket.create_connection(("127.0.0.1", PORT), timeout=20) as sock:
        sock.sendall(f"GET /v1/x HTTP/1.0\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
        answer = sock.makefile("rb").read()
    assert f"Location: http://127.0.0.1:{PORT}/v1/y\r\n".encode() in answer


def test_a_rejected_call_to_an_api_host_is_recorded_for_its_api(
    api_client: HttpClient, account: Account
) -> None:
    api_client.request("GET", "/../x", bearer(account.token(["test"])))
    [entry] = account.call("GET", "/api/requests").json["items"]
    assert (entry["api_name"], entry["path"]) == ("test", "/../x")

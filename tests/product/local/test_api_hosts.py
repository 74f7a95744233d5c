"""API ports and API hosts on the real server: which port and Host lead to which API."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import pytest

from tests.product.local.processes import ServerProcess, free_port, launch, product, responses


@pytest.fixture(scope="module")
def ports() -> dict[str, int]:
    return {"stripe": free_port(), "my-api_2": free_port()}


@pytest.fixture(scope="module")
def served(ports: dict[str, int]) -> Iterator[ServerProcess]:
    with product(
        workers=2, threads=4, api_ports=ports, public_url="https://dash.localhost"
    ) as running:
        yield running


def target(port: int, host: str, path: str = "/v1/x?a=1") -> str:
    """Return the target that the app receives for `path` at a port with a Host."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        [(status, body)] = responses(client)
    assert status == 200
    return str(json.loads(body)["target"])


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1:{port}", "localhost:{port}", "github.localhost:{port}", "dash.localhost", "[::1]"],
)
def test_an_api_port_leads_to_its_api_with_any_accepted_host(
    served: ServerProcess, ports: dict[str, int], host: str
) -> None:
    for api_name, port in ports.items():
        assert target(port, host.format(port=port)) == f"/proxy/{api_name}/v1/x?a=1"


@pytest.mark.parametrize(
    ("host", "api_name"),
    [
        ("stripe.localhost:8420", "stripe"),
        ("stripe.localhost", "stripe"),
        ("STRIPE.LocalHost:1", "stripe"),
        ("stripe.localhost.", "stripe"),
        ("stripe.localhost.:8420", "stripe"),
        ("not-stored.localhost", "not-stored"),
        ("api.localhost", "api"),
        ("www.localhost:8420", "www"),
    ],
)
def test_a_subdomain_of_localhost_is_the_host_of_the_api_of_that_name(
    served: ServerProcess, host: str, api_name: str
) -> None:
    assert target(served.port, host) == f"/proxy/{api_name}/v1/x?a=1"


@pytest.mark.parametrize(
    "host",
    [
        "a.b.localhost",
        "-a.localhost",
        f"{'n' * 49}.localhost",
    ],
)
def test_other_subdomains_of_localhost_are_neither_an_api_nor_the_dashboard(
    served: ServerProcess, host: str
) -> None:
    assert target(served.port, host, "/api/me") == "/proxy/-/api/me"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        (".localhost", 400),
        ("a..localhost", 400),
        ("a/../b.localhost", 400),
        ("x.localhost/", 400),
        ("a%2fb.localhost", 400),
        ("a@b.localhost", 400),
        ("a:b.localhost", 400),
        ("stripe.localhost:8420x.localhost", 400),
        ("evil.example, stripe.localhost", 400),
        ("stripe.localhost:123456", 400),
        ("a b", 400),
        ("", 400),
        ("dashboard.example", 421),
        ("stripe.localhost.example", 421),
        ("stripelocalhost", 421),
    ],
)
def test_s45_other_hosts_are_refused_at_every_port(
    served: ServerProcess, ports: dict[str, int], host: str, status: int
) -> None:
    request = f"GET /api/me HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()
    for port in (served.port, ports["stripe"]):
        with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
            client.sendall(request)
            assert [found for found, _ in responses(client)] == [status]


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1:8420",
        "localhost",
        "localhost:8420",
        "[::1]:8420",
        "dash.localhost",
        "dash.localhost:8420",
    ],
)
def test_all_other_hosts_lead_to_the_dashboard(served: ServerProcess, host: str) -> None:
    assert target(served.port, host, "/api/status") == "/api/status"


@pytest.mark.parametrize(
    "path", ["/api/me", "/proxy/github/user", "//x", "/%2e%2e/api/me", "/..%2f..", "/", "/?q"]
)
def test_s7_a_path_at_an_api_host_is_appended_unchanged(
    served: ServerProcess, ports: dict[str, int], path: str
) -> None:
    assert target(ports["stripe"], "localhost", path) == f"/proxy/stripe{path}"
    assert target(served.port, "stripe.localhost", path) == f"/proxy/stripe{path}"


def test_an_api_port_in_use_ends_with_one_sentence_that_names_the_setting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = launch(port=free_port(), api_ports={"stripe": port})
        out, err = process.communicate(timeout=40)
    assert (process.returncode, out) == (1, "")
    assert err == (
        f"Port {port} on 127.0.0.1 is in use by another program: stop that program, "
        "or set API_DASHBOARD_API_PORTS to another port.\n"
    )

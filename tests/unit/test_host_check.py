"""Which Host fields the server accepts (S45)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from api.errors import SettingError
from api.local.server.host_check import HostCheck, host_name
from api.settings import read_settings

LOCAL = {"API_DASHBOARD_PUBLIC_URL": "https://dash.example/x"}
LAN = {"API_DASHBOARD_HOST": "192.0.2.7"}
NAMED = {"API_DASHBOARD_HOSTS": "host.docker.internal, Dashboard.LAN,[fd00::0:7]"}
VALID = {
    "localhost": "localhost",
    "LocalHost.:8420": "localhost",
    "127.0.0.1:1": "127.0.0.1",
    "[::1]:65535": "[::1]",
    "[0:0:0:0:0:0:0:1]": "[::1]",
    "my_api.localhost:80": "my_api.localhost",
    "xn--bcher-kva.example": "xn--bcher-kva.example",
}
INVALID = [
    "", " ", "a b", "x.localhost/", "localhost/", "localhost:", "localhost:0", "localhost:65536",
    "localhost:123456", "localhost:-1", "localhost:+80", "localhost:8420x", "localhost: 80",
    "localhost:80:80", "user@localhost", "a:b@localhost", "localhost, evil.example",
    "localhost\tx", "localhost\\", "localhost?x", "localhost#x", "http://localhost", "*",
    "%6cocalhost", ".localhost", "a..localhost", ".", "..", "localhost..", "[::1", "::1", "[]",
    "[::g]", "[127.0.0.1]", "[fe80::1%25eth0]", "[::1]:", "b\u00fccher.localhost", "\u00ff",
    "\"localhost\"", "'localhost'", "(localhost)", "localhost;x", "x" * 300, "localhost\x00",
    "[::1]x", "{x}", "$HOST",
]  # fmt: skip


def respond(
    host: str | None,
    settings: dict[str, str],
    path: str = "/api/auth/register",
    fields: list[tuple[str, str]] | None = None,
) -> tuple[int, dict[str, str], bytes]:
    """Return the status, header fields and body of a request with this Host field."""
    seen: list[Any] = []

    def app(_environ: dict[str, Any], start: Any) -> list[bytes]:
        start("201 Created", [])
        return [b"reached"]

    environ = {"REQUEST_METHOD": "POST", "PATH_INFO": path, "wsgi.url_scheme": "http"}
    if host is not None:
        environ["HTTP_HOST"] = host
    if fields is not None:
        environ["api_dashboard.headers"] = fields  # type: ignore[assignment]
    check = HostCheck(app, read_settings(settings))
    body = b"".join(check(environ, lambda status, headers: seen.append((status, headers))))  # type: ignore[arg-type]
    [(status, headers)] = seen
    return int(status[:3]), dict(headers), body


@pytest.mark.parametrize(("field", "name"), VALID.items())
def test_a_host_field_has_one_canonical_form(field: str, name: str) -> None:
    assert host_name(field) == name


@pytest.mark.parametrize("settings", [LOCAL, LAN, NAMED], ids=["local", "lan", "named"])
@pytest.mark.parametrize("host", INVALID, ids=repr)
def test_s45_an_invalid_host_is_400(host: str, settings: dict[str, str]) -> None:
    status, headers, body = respond(host, settings)
    assert (status, json.loads(body)["code"]) == (400, "invalid_request")
    assert headers["Content-Type"] == "application/problem+json"


def test_s45_several_host_fields_are_400() -> None:
    twice = [("Host", "localhost"), ("host", "localhost")]
    assert respond("localhost", {}, fields=twice)[0] == 400
    assert respond("localhost", {}, fields=twice[:1])[0] == 201


@pytest.mark.parametrize("path", ["/", "/api/auth/register", "/proxy/test/v1/x", "/config.json"])
@pytest.mark.parametrize(
    "host",
    ["attacker.example:8420", "localhost.attacker.example", "localhostx", "xlocalhost", "local",
     "127.0.0.1.attacker.example", "127.0.0.1.nip.io", "127.0.0.2", "127.1", "2130706433",
     "0.0.0.0", "0x7f.0.0.1", "0177.0.0.1", "192.168.1.4:8420", "[::]", "[::ffff:127.0.0.1]",
     "[::2]", "attacker.example.", "localhost.localdomain", "notdash.example", "x.dash.example",
     "169.254.169.254", "host.docker.internal", "ip6-localhost", "dash.example.evil"],
)  # fmt: skip
def test_s45_other_hosts_are_refused_on_loopback(host: str, path: str) -> None:
    status, headers, body = respond(host, LOCAL, path)
    problem = json.loads(body)
    assert (status, problem["code"]) == (421, "host_not_accepted")
    assert "API_DASHBOARD_HOSTS" in problem["detail"]
    assert problem["error"]["message"] == problem["detail"]
    assert problem["request_id"] == headers["X-Request-Id"]
    assert int(headers["Content-Length"]) == len(body)


@pytest.mark.parametrize(
    "host",
    [*list(VALID)[:-1], "localhost:8420", "LOCALHOST", "stripe.localhost", "a.b.localhost.:1",
     "[::1]",     "dash.example", "DASH.example:443", None],
)  # fmt: skip
def test_s45_own_hosts_are_accepted_on_loopback(host: str | None) -> None:
    assert respond(host, LOCAL)[0] == 201


@pytest.mark.parametrize(
    "host", ["host.docker.internal:8420", "dashboard.lan", "DASHBOARD.lan.", "[fd00::7]:80"]
)
def test_s45_the_setting_adds_hosts(host: str) -> None:
    assert respond(host, NAMED)[0] == 201
    assert respond(host, {})[0] == 421


def test_s45_beyond_loopback_every_valid_host_is_accepted_until_the_setting_names_some() -> None:
    assert respond("any.example", LAN)[0] == 201
    assert respond("any.example", LAN | NAMED)[0] == 421
    for host in ("dashboard.lan", "192.0.2.7:8420", "10.0.0.5", "[fd00::8]", "localhost"):
        assert respond(host, LAN | NAMED)[0] == 201


@pytest.mark.parametrize(
    "value", ["http://a.example", "a.example:80", "a b", "a/b", "*", "a..b", ".a", "user@a", "[x]"]
)
def test_an_invalid_setting_is_refused_by_name(value: str) -> None:
    with pytest.raises(SettingError, match="API_DASHBOARD_HOSTS"):
        read_settings({"API_DASHBOARD_HOSTS": value})

"""Where passkeys work: the domain and origin that they are bound to (S50)."""

from __future__ import annotations

import sys

import pytest

from api.wsgi import App
from tests.support.accounts import Account, login, problem
from tests.support.authenticator import SoftPasskey
from tests.support.clients import HttpClient, LambdaClient
from tests.support.factors import add_passkey, start_sign_in
from tests.support.products import another_app, lambda_client

OPTIONS = "/api/auth/passkey/options"
PUBLIC = "https://vault.example.com"


def test_s50_ip_address_names_the_address_to_open(server: HttpClient) -> None:
    document = problem(server.call("POST", OPTIONS), 409, "passkeys_unavailable")
    assert document["address"] == f"http://localhost:{server.port}"
    assert document["address"] in document["detail"]


def test_s50_localhost_is_a_relying_party(server: HttpClient) -> None:
    client = HttpClient(server.port, f"localhost:{server.port}")
    assert client.call("POST", OPTIONS).json["options"]["rpId"] == "localhost"


def test_s50_sign_in_at_an_ip_address_offers_the_other_factors(server: HttpClient) -> None:
    account = Account(HttpClient(server.port, f"localhost:{server.port}"))
    add_passkey(account)
    account.client = server
    document = start_sign_in(account)
    assert document["methods"] == ["recovery_code"]
    assert f"http://localhost:{server.port}" in document["detail"]
    assert "passkey" not in document


def test_s50_public_url_is_the_relying_party(environment: dict[str, str]) -> None:
    app = another_app(environment, API_DASHBOARD_PUBLIC_URL=PUBLIC)
    account = Account(lambda_client(app))
    started = account.call("POST", "/api/me/passkeys/options").json
    assert started["options"]["rp"]["id"] == "vault.example.com"
    assert started["options"]["authenticatorSelection"]["residentKey"] == "required"
    assert started["options"]["authenticatorSelection"]["userVerification"] == "required"
    for origin, status in (
        (LambdaClient.url, 401),
        ("https://evil.example", 401),
        ("http://vault.example.com", 401),
        ("https://vault.example.com:8443", 401),
        ("https://vault.example.com.evil.example", 401),
        (PUBLIC, 201),
    ):
        credential = SoftPasskey().create(started["options"], origin)
        body = {"pending": started["pending"], "credential": credential, "name": "Phone"}
        assert account.call("POST", "/api/me/passkeys", body).status == status, origin


def test_s50_page_of_another_address_is_sent_to_the_public_url(
    environment: dict[str, str],
) -> None:
    client = lambda_client(another_app(environment, API_DASHBOARD_PUBLIC_URL=PUBLIC))
    answer = client.request("POST", OPTIONS, [("Origin", "https://other.example.com")])
    document = problem(answer, 409, "passkeys_unavailable")
    assert document["address"] == PUBLIC
    assert client.request("POST", OPTIONS, [("Origin", PUBLIC)]).status == 200


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://127.0.0.1:8420", "http://localhost:8420"),
        ("http://[::1]:8420", "http://localhost:8420"),
        ("https://192.0.2.1", None),
        ("http://vault.example.com", None),
    ],
)
def test_s50_addresses_without_passkeys(
    environment: dict[str, str], url: str, address: str | None
) -> None:
    client = lambda_client(another_app(environment, API_DASHBOARD_PUBLIC_URL=url))
    document = problem(client.call("POST", OPTIONS), 409, "passkeys_unavailable")
    assert document.get("address") == address
    assert address is not None or "API_DASHBOARD_PUBLIC_URL" in document["detail"]


@pytest.mark.parametrize("change", ["domain", "not verified", "other challenge"])
def test_s50_wrong_registrations_are_refused(app: App, change: str) -> None:
    account = Account(lambda_client(app))
    started = account.call("POST", "/api/me/passkeys/options").json
    options = started["options"]
    credential = SoftPasskey().create(
        {**options, "challenge": "AAAA"} if change == "other challenge" else options,
        LambdaClient.url,
        rp_id="evil.example" if change == "domain" else "",
        verified=change != "not verified",
    )
    body = {"pending": started["pending"], "credential": credential, "name": "Phone"}
    problem(account.call("POST", "/api/me/passkeys", body), 401, "invalid_passkey")
    assert account.call("GET", "/api/me").json["second_factor"] is False


def test_passkeys_are_unavailable_where_the_package_cannot_be_loaded(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = Account(lambda_client(app))
    passkey, added = add_passkey(account)
    assert passkey.credential_id
    monkeypatch.setitem(sys.modules, "webauthn", None)
    for path in ("/api/auth/passkey/options", "/api/me/passkeys/options"):
        document = problem(account.call("POST", path), 409, "passkeys_unavailable")
        assert "authenticator app" in document["detail"]
    assert start_sign_in(account)["methods"] == ["recovery_code"]
    code = added["recovery_codes"][0]
    assert login(account.client, account.username, code=code).status == 200

"""The data for code snippets: the SDKs in the catalogue, and the addresses of APIs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.accounts import Account, problem
from tests.support.clients import Client
from tests.support.products import another_app, lambda_client
from tests.support.upstream import Place


def providers(client: Client) -> dict[str, dict[str, Any]]:
    answer = client.call("GET", "/api/providers?limit=1000")
    return {provider["slug"]: provider for provider in answer.json["items"]}


@pytest.mark.parametrize("slug", ["openai", "anthropic", "stripe", "github"])
def test_a_provider_with_official_sdks_has_setup_code_for_python_and_javascript(
    client: Client, slug: str
) -> None:
    sdks = providers(client)[slug]["sdks"]
    assert [sdk["language"] for sdk in sdks[:2]] == ["python", "javascript"]
    for sdk in sdks:
        assert set(sdk) == {"language", "package", "setup", "argument", "evidence", "framework"}
        assert sdk["argument"] in sdk["setup"]
        assert sdk["evidence"] == "run"
        assert "{token}" in sdk["setup"]
        places = ("{base_url}", "{api_url}", "{root_host}")
        assert any(place in sdk["setup"] for place in places)


def test_one_provider_is_read_and_the_list_can_leave_the_code_out(client: Client) -> None:
    whole = providers(client)["openai"]
    assert client.call("GET", "/api/providers/openai").json == whole
    problem(client.call("GET", "/api/providers/none"), 404, "not_found")
    without = client.call("GET", "/api/providers?limit=1000&sdks=false").json["items"]
    assert [provider for provider in without if provider["sdks"]] == []
    assert {**whole, "sdks": []} in without
    problem(client.call("GET", "/api/providers?sdks=some"), 422, "invalid_field", "sdks")


def test_a_provider_has_the_environment_variables_and_base_url_path_of_its_sdks(
    client: Client,
) -> None:
    known = providers(client)
    assert known["openai"]["env"] == {"key": ["OPENAI_API_KEY"], "base_url": ["OPENAI_BASE_URL"]}
    assert known["openai"]["sdk_path"] == "/v1"
    assert known["anthropic"]["sdk_path"] == ""
    assert known["nasa"]["sdks"] == []


def test_providers_that_recommend_openais_sdk_have_its_setup_code(client: Client) -> None:
    known = providers(client)
    lines = {
        slug: [sdk["setup"] for sdk in known[slug]["sdks"] if sdk["package"] == "openai"]
        for slug in ("openai", "deepseek", "openrouter", "together", "xai")
    }
    assert len(lines["openai"]) == 2
    assert all(setup == lines["openai"] for setup in lines.values())


def test_a_provider_has_a_harmless_request_that_checks_a_key(client: Client) -> None:
    known = providers(client)
    assert known["anthropic"]["check_path"] == "/v1/models"
    assert known["anthropic"]["check_headers"] == {"anthropic-version": "2023-06-01"}
    assert known["assemblyai"]["check_path"] == "/v2/transcript?limit=1"
    assert known["alpha-vantage"]["check_path"] is None
    assert known["alpha-vantage"]["check_headers"] == {}


def test_addresses_include_the_ports_of_apis(environment: dict[str, str]) -> None:
    app = another_app(environment, API_DASHBOARD_API_PORTS="stripe:8421,github:8422")
    account = Account(lambda_client(app))
    answer = account.call("GET", "/api/addresses")
    assert answer.json["roots"] == {
        "stripe": "http://127.0.0.1:8421",
        "github": "http://127.0.0.1:8422",
    }


def test_ports_of_apis_speak_https_with_a_certificate(
    environment: dict[str, str], tmp_path: Path
) -> None:
    for name in ("certificate.pem", "key.pem"):
        (tmp_path / name).write_text("not read by the web API")
    app = another_app(
        environment,
        API_DASHBOARD_API_PORTS="stripe:8421",
        API_DASHBOARD_TLS_CERTIFICATE=str(tmp_path / "certificate.pem"),
        API_DASHBOARD_TLS_KEY=str(tmp_path / "key.pem"),
    )
    answer = Account(lambda_client(app)).call("GET", "/api/addresses")
    assert answer.json["roots"] == {"stripe": "https://127.0.0.1:8421"}


def test_without_api_ports_the_only_address_is_the_proxy(account: Account) -> None:
    assert account.call("GET", "/api/addresses").json == {
        "proxy": f"{account.client.url}/proxy",
        "roots": {},
    }


def test_addresses_use_the_public_url(environment: dict[str, str]) -> None:
    app = another_app(environment, API_DASHBOARD_PUBLIC_URL="https://dash.example")
    answer = Account(lambda_client(app)).call("GET", "/api/addresses")
    assert answer.json["proxy"] == "https://dash.example/proxy"


PROXY = "https://0123456789abcdef.lambda-url.us-east-2.on.aws"


def test_behind_a_cdn_the_proxy_has_a_second_address_without_it(
    environment: dict[str, str],
) -> None:
    app = another_app(
        environment,
        API_DASHBOARD_PUBLIC_URL="https://dash.example",
        API_DASHBOARD_PROXY_URL=f"{PROXY}/",
    )
    answer = Account(lambda_client(app)).call("GET", "/api/addresses")
    assert answer.json == {
        "proxy": "https://dash.example/proxy",
        "direct": f"{PROXY}/proxy",
        "roots": {},
    }


def test_without_a_cdn_the_function_url_is_the_only_address(
    environment: dict[str, str], place: Place
) -> None:
    account = Account(lambda_client(another_app(environment, API_DASHBOARD_PROXY_URL=PROXY)))
    addresses = account.call("GET", "/api/addresses").json
    assert addresses == {"proxy": f"{PROXY}/proxy", "roots": {}}
    account.key(place, api_name="openai", provider="openai")
    exported = account.call("POST", "/api/env/export", {}).json["content"]
    assert f"OPENAI_BASE_URL={PROXY}/proxy/openai" in exported


def test_addresses_require_authentication(client: Client) -> None:
    problem(client.call("GET", "/api/addresses"), 401, "authentication_required")

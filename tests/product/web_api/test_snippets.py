"""The data for code snippets: the SDKs in the catalogue, and the addresses of APIs."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.accounts import Account, problem
from tests.support.clients import Client
from tests.support.products import another_app, lambda_client


def providers(client: Client) -> dict[str, dict[str, Any]]:
    answer = client.call("GET", "/api/providers?limit=1000")
    return {provider["slug"]: provider for provider in answer.json["items"]}


@pytest.mark.parametrize("slug", ["openai", "anthropic", "stripe", "github"])
def test_a_provider_with_official_sdks_has_setup_code_for_python_and_javascript(
    client: Client, slug: str
) -> None:
    sdks = providers(client)[slug]["sdks"]
    assert [sdk["language"] for sdk in sdks] == ["python", "javascript"]
    for sdk in sdks:
        assert set(sdk) == {"language", "package", "setup"}
        assert "{token}" in sdk["setup"]
        assert "{base_url}" in sdk["setup"] or "{root_host}" in sdk["setup"]


def test_a_provider_has_the_environment_variables_and_base_url_path_of_its_sdks(
    client: Client,
) -> None:
    known = providers(client)
    assert known["openai"]["env"] == {"key": ["OPENAI_API_KEY"], "base_url": ["OPENAI_BASE_URL"]}
    assert known["openai"]["sdk_path"] == "/v1"
    assert known["anthropic"]["sdk_path"] == ""
    assert known["nasa"]["sdks"] == []


def test_providers_that_use_openais_sdk_have_its_setup_code(client: Client) -> None:
    known = providers(client)
    lines = known["openai"]["sdks"]
    assert lines
    alike = [slug for slug, provider in known.items() if provider["sdks"] == lines]
    assert {"openai", "deepseek", "openrouter", "together", "xai"} <= set(alike)
    for slug, provider in known.items():
        if any(sdk["package"] == "openai" for sdk in provider["sdks"]):
            assert slug in alike


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


def test_without_api_ports_the_only_address_is_the_proxy(account: Account) -> None:
    assert account.call("GET", "/api/addresses").json == {
        "proxy": f"{account.client.url}/proxy",
        "roots": {},
    }


def test_addresses_use_the_public_url(environment: dict[str, str]) -> None:
    app = another_app(environment, API_DASHBOARD_PUBLIC_URL="https://dash.example")
    answer = Account(lambda_client(app)).call("GET", "/api/addresses")
    assert answer.json["proxy"] == "https://dash.example/proxy"


def test_addresses_require_authentication(client: Client) -> None:
    problem(client.call("GET", "/api/addresses"), 401, "authentication_required")

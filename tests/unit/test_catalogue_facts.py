"""What clients of each provider expect: base URLs, variables and shapes of keys."""

from __future__ import annotations

import re

import pytest

from api.services.keys.catalogue import Catalogue
from api.services.keys.provider import Provider, missing_path
from tests.unit.provider_facts import (
    AI_SDK_PATHS,
    BASE_URLS,
    FRAMEWORK_BASES,
    OPENAI_BASE_URLS,
    VARIABLES,
)
from tests.unit.provider_key_shapes import FOREIGN, KEYS

CATALOGUE = Catalogue.load()


def entry(slug: str) -> Provider:
    provider = CATALOGUE.get(slug)
    assert provider is not None
    return provider


@pytest.mark.parametrize(("slug", "base_url"), BASE_URLS.items())
def test_the_base_url_is_the_one_that_clients_use(slug: str, base_url: str) -> None:
    provider = entry(slug)
    assert f"{provider.base_url or provider.base_url_example}{provider.sdk_path}" == base_url


@pytest.mark.parametrize(("slug", "base_url"), OPENAI_BASE_URLS.items())
def test_openais_sdk_has_a_base_url_of_its_own(slug: str, base_url: str) -> None:
    provider = entry(slug)
    assert provider.openai_path is not None
    assert f"{provider.base_url or provider.base_url_example}{provider.openai_path}" == base_url


def test_no_other_entry_is_compatible_with_openai() -> None:
    compatible = {p.slug for p in CATALOGUE.all() if p.openai_path is not None}
    assert compatible == set(OPENAI_BASE_URLS)


@pytest.mark.parametrize("provider", CATALOGUE.all(), ids=lambda provider: provider.slug)
def test_openais_sdk_gets_the_path_of_the_compatible_endpoint(provider: Provider) -> None:
    for sdk in provider.sdks:
        if sdk.package == "openai" and "AzureOpenAI(" not in sdk.setup:
            assert provider.openai_path is not None
            if "{api_url}" in sdk.setup:
                assert f'"{{api_url}}{provider.openai_path}"' in sdk.setup
            else:
                assert '"{base_url}"' in sdk.setup
                assert provider.sdk_path == provider.openai_path


@pytest.mark.parametrize(("slug", "package", "path"), AI_SDK_PATHS)
def test_each_package_of_the_ai_sdk_gets_its_own_path(slug: str, package: str, path: str) -> None:
    [sdk] = [sdk for sdk in entry(slug).sdks if sdk.package == package]
    assert sdk.language == "javascript"
    assert sdk.argument == "baseURL"
    assert f'baseURL: "{{api_url}}{path}"' in sdk.setup


@pytest.mark.parametrize(("slug", "package", "framework", "argument"), FRAMEWORK_BASES)
def test_a_package_of_a_framework_gets_its_own_base_url(
    slug: str, package: str, framework: str, argument: str
) -> None:
    [sdk] = [sdk for sdk in entry(slug).sdks if sdk.package == package]
    assert sdk.framework == framework
    assert argument in sdk.setup


@pytest.mark.parametrize(
    ("variable", "slug"),
    [(name, slug) for slug, names in VARIABLES.items() for name in names],
)
def test_the_variable_that_a_client_reads_belongs_to_its_provider(variable: str, slug: str) -> None:
    found = [CATALOGUE.by_env_name(variable), CATALOGUE.by_env_base_url(variable)]
    assert [provider.slug for provider in found if provider is not None] == [slug]


@pytest.mark.parametrize(("slug", "key"), KEYS)
def test_a_current_key_has_the_shape_of_its_provider(slug: str, key: str) -> None:
    assert [provider.slug for provider in CATALOGUE.by_key_shape(key)] == [slug]


@pytest.mark.parametrize("secret", FOREIGN)
def test_another_secret_has_no_providers_shape(secret: str) -> None:
    assert CATALOGUE.by_key_shape(secret) == ()


@pytest.mark.parametrize("provider", CATALOGUE.all(), ids=lambda provider: provider.slug)
def test_a_key_pattern_is_anchored(provider: Provider) -> None:
    if provider.key_pattern is not None:
        assert re.fullmatch(r"\^.*\$", provider.key_pattern)


@pytest.mark.parametrize(
    ("base_url", "path", "missing"),
    [
        ("https://api.example.org", "/v1", "/v1"),
        ("https://api.example.org/v1", "/v1", ""),
        ("https://api.example.org/v1", "/v1/", "/"),
        ("https://api.example.org", "/", "/"),
        ("https://api.example.org", "", ""),
        ("https://api.example.org/openai/v1", "/v1", ""),
    ],
)
def test_a_stored_path_is_not_repeated_and_a_final_slash_stays(
    base_url: str, path: str, missing: str
) -> None:
    assert missing_path(base_url, path) == missing

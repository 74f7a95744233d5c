"""Additional hosts of providers and API hosts work as docs/sdks.md describes."""

from __future__ import annotations

import subprocess

import pytest
from github import Github

from api.services.keys.catalogue import Catalogue
from tests.sdk.content import FILE
from tests.sdk.matrix import Runners
from tests.sdk.table import CLIENTS
from tests.sdk.world import World


@pytest.fixture
def token(world: World) -> str:
    world.keys("github", "stripe")
    return world.account.token(["*"])


def test_octokit_uploads_a_release_asset_with_the_base_url_of_the_uploads_api(
    world: World, runners: Runners, token: str
) -> None:
    setup = world.through("github", CLIENTS["octokit"].setup, token)
    assert runners.run(CLIENTS["octokit"], "asset", setup, {}) == len(FILE)
    [received] = world.providers.of("github").received
    path, _, query = received.target.partition("?")
    assert (path, query[:13]) == ("/repos/octocat/Hello-World/releases/1/assets", "name=data.bin")
    assert received.body == FILE


def test_pygithub_refuses_to_upload_a_release_asset_to_a_host_that_is_not_its_base_urls(
    world: World, token: str
) -> None:
    setup = world.through("github", CLIENTS["PyGithub"].setup, token)
    client: Github = setup.python()
    with client, pytest.raises(AssertionError, match=r"uploads\.github\.com"):
        client.requester.requestBlobAndCheck(
            "POST", "https://uploads.github.com/repos/o/r/releases/1/assets", input=__file__
        )


def test_curl_reaches_an_api_host_without_configuration(world: World, token: str) -> None:
    url = f"http://stripe.localhost:{world.product.port}/v1/customers"
    answer = subprocess.run(
        ["curl", "-q", "-sS", "-K", "-", url],
        input=f'user = "{token}:"'.encode(),
        capture_output=True,
        check=True,
    )
    assert b'"object": "list"' in answer.stdout
    assert world.providers.of("stripe").received[0].target == "/v1/customers"


@pytest.mark.parametrize(
    ("slug", "host"),
    [("stripe-files", "files.stripe.com"), ("github-uploads", "uploads.github.com")],
)
def test_a_providers_additional_host_is_a_separate_api_in_the_catalogue(
    slug: str, host: str
) -> None:
    provider = Catalogue.load().get(slug)
    assert provider is not None
    assert provider.base_url == f"https://{host}"
    assert Catalogue.load().by_host(host) == (provider,)

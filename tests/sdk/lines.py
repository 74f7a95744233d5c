"""The product with a key of every provider whose SDKs the tests run, and a process for each
language.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.services.keys.catalogue import Catalogue
from api.services.keys.provider import Provider, ProviderSdk
from tests.sdk.sdk_lines import start
from tests.sdk.setup import Setup
from tests.support.accounts import Account
from tests.support.clients import HttpClient
from tests.support.upstream import Answer, Place, Received, Upstream

SECRET = "real-secret-0123456789"
LANGUAGES = ("python", "javascript")
CATALOGUE = Catalogue.load()
_EMPTY = Answer(headers=[("Content-Type", "application/json")], body=b"{}")


@dataclass(frozen=True)
class Line:
    """An SDK of the catalogue, a call with its `client`, and the request that should arrive."""

    provider: Provider
    sdk: ProviderSdk
    call: str
    request: str

    @property
    def name(self) -> str:
        """The name of the test."""
        return f"{self.provider.slug}-{self.sdk.package}"


def _calls(language: str) -> dict[tuple[str, str], dict[str, str]]:
    text = (Path(__file__).parent / language / "calls.json").read_text()
    return {(row["api"], row["package"]): row for row in json.loads(text)}


CALLS = {language: _calls(language) for language in LANGUAGES}
LINES = [
    Line(provider, sdk, row["call"], row["request"])
    for provider in CATALOGUE.all()
    for sdk in provider.sdks
    for row in [CALLS[sdk.language].get((provider.slug, sdk.package))]
    if row is not None
]


class Lines:
    """The product with a key of every provider, and a process for each language.

    `further` is the place of all further hosts of the APIs in `with_further_hosts`.
    """

    def __init__(
        self, upstream: Upstream, further: Place, product: HttpClient, ports: dict[str, int]
    ) -> None:
        # Installing the SDKs takes most of the time, once.
        with ThreadPoolExecutor() as executor:
            self._runners = dict(zip(LANGUAGES, executor.map(start, LANGUAGES), strict=True))
        self._product = product
        self._ports = ports
        self.further = further
        account = Account(product)
        self.places = {
            slug: _store(account, upstream, slug)
            for slug in dict.fromkeys(line.provider.slug for line in LINES)
        }
        self.token = account.token(["*"])

    def run(self, line: Line) -> tuple[list[Received], str]:
        """Run a line and its call. Returns the upstream's requests and the call's error."""
        slug = line.provider.slug
        place = self.places[slug]
        # Another test may have set other answers. Some SDKs repeat a failed call for minutes.
        place.answer(_EMPTY)
        place.received.clear()
        error = self.run_code(line.provider, line.sdk.language, line.sdk.setup, line.call)
        return list(place.received), error

    def run_code(self, provider: Provider, language: str, setup: str, call: str) -> str:
        """Run setup code with the placeholders of the catalogue. Returns the call's error."""
        proxy = self.url(provider.slug)
        filled = Setup(
            code=setup,
            base_url=proxy + provider.sdk_path,
            root=f"http://127.0.0.1:{self._ports.get(provider.slug, 0)}",
            token=self.token,
            api_url=proxy,
        ).filled
        return self._runners[language].run(filled, call)

    def url(self, slug: str) -> str:
        """Return the proxy's URL of an API."""
        return f"{self._product.url}/proxy/{slug}"

    def close(self) -> None:
        """End the processes."""
        for runner in self._runners.values():
            runner.close()


def with_further_hosts(upstream: Upstream, further: Upstream) -> list[dict[str, Any]]:
    """Return the catalogue's entries that have further hosts, with `further` as these hosts."""
    entries = json.loads((Path(__file__).parents[2] / "api/providers.json").read_text())
    chosen = [entry for entry in entries if entry.get("further_hosts") and entry["base_url"]]
    for entry in chosen:
        entry["base_url"] = f"{upstream.scheme}://127.0.0.1:{upstream.port}"
        for hosts in entry["further_hosts"]:
            hosts["hosts"] = [f"{further.scheme}://127.0.0.1:{further.port}"]
    return chosen


def _store(account: Account, upstream: Upstream, slug: str) -> Place:
    """Store a key of a provider, with a place of the upstream as its base URL."""
    provider = CATALOGUE.get(slug)
    assert provider is not None
    place = upstream.place(slug)
    place.answer(_EMPTY)
    _, _, path = (
        (provider.base_url or provider.base_url_example or "").split("://")[1].partition("/")
    )
    body: dict[str, Any] = {
        "provider": slug,
        "base_url": f"{place.url}/{path}".rstrip("/"),
        "secret": SECRET,
    }
    if provider.auth.scheme == "basic":
        body["auth"] = {"scheme": "basic", "username": provider.auth.username or "user"}
    answer = account.call("POST", "/api/keys", body)
    assert answer.status == 201, answer.body
    return place

"""The APIs that a command may call: their URLs at the proxy and the variables of their SDKs."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

import msgspec

from api.cli.apis import EVERY_API
from api.cli.client import ApiClient
from api.cli.errors import CliError
from api.cli.output import plain
from api.credentials import AuthScheme
from api.services.env_files.exported_apis import ExportedApi, exported_apis
from api.services.keys.catalogue import Catalogue
from api.services.keys.provider import EnvironmentNames, Provider, missing_path

NO_TOKEN = "<token>"
"""What is shown in place of a token."""


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """An API with a stored key.

    `api_url` is its URL at the proxy, `base_url` the same with what SDKs add (`sdk_path`), and
    `openai_url` what clients of OpenAI's API need, or None. `keys` and `base_urls` are the
    variables of its SDKs, the usual one first; `hosts` name the API's own host instead.
    `sdk_reads_base_url` is false if the SDKs take no base URL from a variable.
    """

    api_name: str
    provider: str | None
    api_url: str
    base_url: str
    openai_url: str | None
    keys: tuple[str, ...]
    base_urls: tuple[str, ...]
    hosts: tuple[str, ...]
    token_prefix: str
    sdk_reads_base_url: bool

    def placeholders(self, token: str) -> dict[str, str]:
        """Return the values of the placeholders in an agent's profile."""
        return {
            "token": token,
            "api_name": self.api_name,
            "api_url": self.api_url,
            "base_url": self.base_url,
            "openai_url": self.openai_url or self.base_url,
        }


class StoredApis:
    """The APIs that have a key. `names` are sorted; `hints` are the ends of their keys."""

    def __init__(
        self,
        providers: dict[str, Provider | None],
        slugs: dict[str, str | None],
        proxy: str,
        hints: frozenset[str] = frozenset(),
    ) -> None:
        self._providers = providers
        self._slugs = slugs
        self._proxy = proxy
        self.names = tuple(sorted(providers))
        self.hints = hints

    def provider(self, name: str) -> str | None:
        """Return the slug of an API's provider, or None."""
        return self._slugs[name]

    def openai_compatible(self, name: str) -> bool:
        """Return whether clients of OpenAI's API can call an API."""
        provider = self._providers[name]
        return provider is not None and provider.openai_path is not None

    def of_provider(self, slug: str) -> str | None:
        """Return the API of a provider: the one with its slug as name, or its first."""
        if self._slugs.get(slug) == slug:
            return slug
        return next((name for name in self.names if self._slugs[name] == slug), None)

    def with_variables(self) -> list[str]:
        """Return the APIs whose provider has variables that the catalogue knows."""
        return [
            name
            for name, provider in sorted(self._providers.items())
            if provider is not None and provider.env.key
        ]

    def require(self, names: Sequence[str]) -> list[str]:
        """Return `names` without repetitions; `*` stands for all. Raises CliError without a key."""
        found: dict[str, None] = {}
        for name in names:
            if name != EVERY_API and name not in self.names:
                raise self.no_key(name)
            found.update(dict.fromkeys(self.names if name == EVERY_API else (name,)))
        return list(found)

    def no_key(self, name: str) -> CliError:
        """Return the error for an API without a key, with the command that adds one."""
        same = [each for each in self.names if self._slugs[each] == name]
        similar = same or get_close_matches(name, self.names, n=1)
        hint = f", or did you mean `--api {similar[0]}`?" if similar else "."
        return CliError(
            f"No key for {plain(name)} is stored: run `api-dashboard keys add {plain(name)}`{hint}"
        )

    def targets(self, names: Sequence[str]) -> list[Target]:
        """Return the targets of these APIs, sorted by name.

        The usual variables of a provider belong to the one among them with its slug as name, or to
        its first.
        """
        chosen = {name: self._providers[name] for name in names}
        return [
            self._target(exported, chosen[exported.api_name])
            for exported in exported_apis(chosen, self._proxy)
        ]

    def _target(self, exported: ExportedApi, provider: Provider | None) -> Target:
        api_url = f"{self._proxy}/{exported.api_name}"
        openai_path = provider.openai_path if provider is not None else None
        return Target(
            api_name=exported.api_name,
            provider=self._slugs[exported.api_name],
            api_url=api_url,
            base_url=exported.url,
            openai_url=None if openai_path is None else api_url + openai_path,
            keys=exported.keys,
            base_urls=exported.base_urls,
            # Only the API with the usual variables stands for the provider.
            hosts=provider.env.host if provider is not None and exported.provider else (),
            token_prefix=exported.token_prefix,
            sdk_reads_base_url=exported.sdk_reads_base_url,
        )


def stored_api_targets(client: ApiClient, catalogue: Catalogue) -> StoredApis:
    """Return the APIs that have a key at the server. `catalogue` is this machine's."""
    base_urls: dict[str, str] = {}
    hints = set()
    slugs: dict[str, str | None] = {}
    for key in client.items("/api/keys"):
        base_urls.setdefault(key["api_name"], key["base_url"])
        slugs.setdefault(key["api_name"], key["provider"])
        hints.add(key["hint"])
    addresses = client.call("GET", "/api/addresses")
    # The address without the CDN, if there is one: the CDN ends calls that stay silent.
    proxy = addresses.get("direct") or addresses["proxy"]
    known: dict[str, dict[str, Any]] = {}
    if any(slugs.values()):
        views = client.items("/api/providers", {"sdks": "false"})
        known = {entry["slug"]: entry for entry in views}
    providers = {
        name: _provider(known[slug], catalogue, base_urls[name])
        if slug is not None and slug in known
        else None
        for name, slug in slugs.items()
    }
    return StoredApis(providers, slugs, proxy, frozenset(hints))


def _provider(view: dict[str, Any], catalogue: Catalogue, base_url: str) -> Provider:
    """Return a provider as the server has it, with the host variables that this machine knows."""
    own = catalogue.get(view["slug"])
    env = EnvironmentNames(
        key=tuple(view["env"]["key"]),
        base_url=tuple(view["env"]["base_url"]),
        host=own.env.host if own is not None else (),
    )
    openai_path = view.get("openai_path")
    return Provider(
        slug=view["slug"],
        name=view["name"],
        auth=AuthScheme("bearer"),
        docs=view["docs"],
        env=env,
        sdk_path=missing_path(base_url, view["sdk_path"]),
        openai_path=None if openai_path is None else missing_path(base_url, openai_path),
        token_prefix=view.get("token_prefix", ""),
    )

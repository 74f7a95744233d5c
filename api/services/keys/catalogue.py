"""The catalogue of providers: the built-in data file, extended by a file of the user."""

from __future__ import annotations

import re
from functools import cached_property
from pathlib import Path

from api.services.keys.catalogue_file import read_catalogue
from api.services.keys.provider import Provider
from api.upstream.further_hosts import FurtherHosts

_BUILT_IN = Path(__file__).resolve().parents[2] / "providers.json"
_ACCOUNT_LABEL = re.compile(r"[A-Z][A-Z-]*")
_NAMED_GROUP = re.compile(r"\(\?P<\w+>")


class Catalogue:
    """The built-in providers, extended or replaced by those of the user's file."""

    def __init__(self, extra: tuple[Provider, ...] = ()) -> None:
        self._extra = extra

    @classmethod
    def load(cls, extra: str | None = None) -> Catalogue:
        """Return the catalogue, extended by the file at path `extra`.

        Raises CatalogueError for that file. The built-in file is read at the first lookup,
        because a proxied call does not need it.
        """
        return cls(() if extra is None else read_catalogue(Path(extra)))

    def get(self, slug: str) -> Provider | None:
        """Return the provider with this slug."""
        return self._by_slug.get(slug)

    def all(self) -> tuple[Provider, ...]:
        """Return all providers, sorted by slug."""
        return self._sorted

    def by_env_name(self, variable: str) -> Provider | None:
        """Return the provider whose key is usually in this environment variable (exact name)."""
        return self._by_key_variable.get(variable)

    def by_env_base_url(self, variable: str) -> Provider | None:
        """Return the provider whose SDK reads its base URL from this variable (exact name)."""
        return self._by_base_url_variable.get(variable)

    def by_key_shape(self, secret: str) -> tuple[Provider, ...]:
        """Return the providers whose keys have the shape of `secret`, sorted by slug."""
        return tuple(
            provider for pattern, provider in self._key_patterns if pattern.fullmatch(secret)
        )

    def has_key_in(self, text: str) -> bool:
        """Return whether a text contains something with the shape of a key, between other text."""
        return self._contained_key.search(text) is not None

    def by_host(self, host: str) -> tuple[Provider, ...]:
        """Return the providers with this host (a name without port), the user's entries first.

        Several entries have the same host if the API takes its credential in another place below
        another path.
        """
        name = host.lower().rstrip(".")
        return tuple(provider for pattern, provider in self._hosts if pattern.fullmatch(name))

    def further_hosts(self, provider: Provider | None, base_url: str) -> tuple[FurtherHosts, ...]:
        """Return the further hosts of a key with this base URL.

        Hosts that need the credential are among them only if the base URL is on the provider's own
        host: the key of a gateway or of a server of one's own may be sent to no other host.
        """
        if provider is None:
            return ()
        own = _host_pattern(provider).fullmatch(_host(base_url)) is not None
        return tuple(
            FurtherHosts(entry.fields, entry.hosts, entry.credential, entry.clients)
            for entry in provider.further_hosts
            if own or not entry.credential
        )

    @cached_property
    def _by_slug(self) -> dict[str, Provider]:
        providers = {provider.slug: provider for provider in read_catalogue(_BUILT_IN)}
        providers.update((provider.slug, provider) for provider in self._extra)
        return providers

    @cached_property
    def _sorted(self) -> tuple[Provider, ...]:
        return tuple(self._by_slug[slug] for slug in sorted(self._by_slug))

    @cached_property
    def _precedence(self) -> tuple[Provider, ...]:
        """Return the user's entries last, so that they win if two have the same variable."""
        extra = {provider.slug for provider in self._extra}
        return tuple(sorted(self._sorted, key=lambda provider: provider.slug in extra))

    @cached_property
    def _by_key_variable(self) -> dict[str, Provider]:
        return {name: provider for provider in self._precedence for name in provider.env.key}

    @cached_property
    def _by_base_url_variable(self) -> dict[str, Provider]:
        return {name: provider for provider in self._precedence for name in provider.env.base_url}

    @cached_property
    def _key_patterns(self) -> tuple[tuple[re.Pattern[str], Provider], ...]:
        return tuple(
            (re.compile(provider.key_pattern), provider)
            for provider in self._sorted
            if provider.key_pattern is not None
        )

    @cached_property
    def _contained_key(self) -> re.Pattern[str]:
        shapes = "|".join(
            _NAMED_GROUP.sub("(?:", pattern.pattern).removeprefix("^").removesuffix("$")
            for pattern, _ in self._key_patterns
        )
        # A letter before a key may be the rest of an escape such as `\n`.
        return re.compile(rf"(?:(?<![A-Za-z0-9])|(?<=\\[nrt]))(?:{shapes})(?![A-Za-z0-9])")

    @cached_property
    def _hosts(self) -> tuple[tuple[re.Pattern[str], Provider], ...]:
        extra = {provider.slug for provider in self._extra}
        users_first = sorted(self._sorted, key=lambda provider: provider.slug not in extra)
        return tuple((_host_pattern(provider), provider) for provider in users_first)


def _host(url: str) -> str:
    return url.split("://", 1)[1].split("/", 1)[0].split(":", 1)[0]


def _host_pattern(provider: Provider) -> re.Pattern[str]:
    host = _host(provider.base_url or provider.base_url_example or "")
    if provider.base_url is not None:
        return re.compile(re.escape(host.lower()))
    labels = (
        "[a-z0-9-]+" if _ACCOUNT_LABEL.fullmatch(label) else re.escape(label.lower())
        for label in host.split(".")
    )
    return re.compile(r"\.".join(labels))

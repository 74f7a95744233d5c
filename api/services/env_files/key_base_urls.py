"""Find where a key of a `.env` file belongs: the base URL that the file sets for it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from urllib.parse import urlsplit

from api.services.env_files.base_urls import (
    BaseUrlIndex,
    BaseUrlLine,
    base_url_levels,
    is_same_site,
)
from api.services.env_files.companions import account_base_url, has_any_host, is_unset_url
from api.services.env_files.provider_matching import ProviderMatcher, same_family
from api.services.env_files.syntax import Line
from api.services.keys.catalogue import Catalogue
from api.services.keys.provider import Provider
from api.upstream.base_url import InvalidBaseUrl, parse_base_url

# The last words of slugs of entries for the regions of a provider.
_REGIONS = frozenset(
    str.split("eu us us1 us3 us5 ap1 ap2 gov de uk au ca in jp cn intl asia global")
)


class BaseUrlFinder:
    """Find the base URL variables of the keys in one file, and the base URLs in them."""

    def __init__(
        self, catalogue: Catalogue, matcher: ProviderMatcher, lines: Sequence[Line]
    ) -> None:
        self._catalogue = catalogue
        self._matcher = matcher
        self._index = BaseUrlIndex(list(lines))

    def variable(self, name: str, provider: Provider) -> BaseUrlLine | None:
        """Return the base URL variable of the key in `name`, an unreadable or foreign one first.

        A placeholder is no base URL.
        """
        stems = self._matcher.stems(provider)
        for level in base_url_levels(name, stems, provider.env.base_url):
            variable = self._index.best(level, provider.slug, partial(self._rank, provider))
            if variable is not None:
                return variable
        return None

    def base_url(self, text: str, provider: Provider) -> str | None:
        """Return the base URL in a value without the SDK path, or None for a foreign host.

        The value is a URL, a host, a region, or the account's label.
        """
        text = text.strip()
        account = account_base_url(provider, text)
        if account is not None:
            return account
        if "://" not in text:
            text = f"https://{text}"
        try:
            base = parse_base_url(text, frozenset(), provider.auth.scheme == "path")
        except InvalidBaseUrl:
            return None
        if _is_parent_domain(base.host, provider):
            return provider.base_url
        if provider.base_url is None and has_any_host(provider):
            return base.url
        owners = self._catalogue.by_host(base.host)
        if any(owner == provider or same_family(owner, provider) for owner in owners):
            path = urlsplit(provider.base_url_example or "").path
            if path and base.url == base.origin:
                return base.origin + path
            return base.url.removesuffix(provider.sdk_path.rstrip("/"))
        # The site of another region: DD_SITE=datadoghq.eu for api.datadoghq.eu.
        family = (p for p in self._catalogue.all() if same_family(p, provider))
        return next((p.base_url for p in family if _is_parent_domain(base.host, p)), None)

    def region(self, name: str, provider: Provider) -> Provider:
        """Return the entry of the region that the file sets for the key in `name`.

        That is `datadog-eu` for a key of `datadog` with `DD_SITE=datadoghq.eu`.
        """
        variable = self.variable(name, provider)
        if variable is None or variable.line.value is None or provider.base_url is None:
            return provider
        base_url = self.base_url(variable.line.value.reveal(), provider)
        host = urlsplit(base_url or "").hostname
        for entry in self._catalogue.all():
            region = entry.slug.removeprefix(f"{provider.slug}-")
            if region in _REGIONS and urlsplit(entry.base_url or "").hostname == host:
                return entry
        return provider

    def _rank(self, provider: Provider, variable: BaseUrlLine) -> int | None:
        line = variable.line
        if line.error is not None:
            return 0
        value = line.value.reveal() if line.value is not None else ""
        if is_unset_url(value) or self._matcher.by_shape(value):
            return None
        if self.base_url(value, provider) is None:
            return None if is_same_site(variable.name, value, provider.base_url) else 1
        return 2 if variable.name.upper() in provider.env.base_url else 3


def _is_parent_domain(host: str, provider: Provider) -> bool:
    """Return whether a host is above the provider's, as github.com is above api.github.com."""
    provider_host = urlsplit(provider.base_url or "").hostname or ""
    return "." in host and provider_host.endswith(f".{host}")

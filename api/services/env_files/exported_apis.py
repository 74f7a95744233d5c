"""The APIs that an exported `.env` file is for, with the names of their variables."""

from __future__ import annotations

import msgspec

from api.services.keys.provider import Provider


class ExportedApi(msgspec.Struct, frozen=True):
    """An API whose variables are exported.

    `keys` and `base_urls` are its variable names; new lines use the first one.
    `sdk_reads_base_url` is true if an SDK of the provider reads the base URL variable.
    `token_prefix` stands before a token where an SDK checks the form of keys.
    """

    api_name: str
    label: str
    provider: str | None
    keys: tuple[str, ...]
    base_urls: tuple[str, ...]
    url: str
    sdk_reads_base_url: bool
    token_prefix: str = ""


def exported_apis(providers: dict[str, Provider | None], proxy: str) -> list[ExportedApi]:
    """Return the APIs of `providers` (API name to catalogue entry), sorted by name.

    `proxy` is the URL of `/proxy`. The usual variables of a provider belong to the API with the
    provider's slug as name or, without one, to its first API. The variables of other APIs are
    named after the API.
    """
    main_api: dict[str, str] = {}
    for name, provider in sorted(providers.items()):
        if provider is not None and (provider.slug == name or provider.slug not in main_api):
            main_api[provider.slug] = name
    return [
        _exported_api(
            name, provider, provider is not None and main_api[provider.slug] == name, proxy
        )
        for name, provider in sorted(providers.items())
    ]


def _exported_api(
    name: str, provider: Provider | None, usual_names: bool, proxy: str
) -> ExportedApi:
    variable = name.upper().replace("-", "_")
    variable = f"_{variable}" if variable[0].isdigit() else variable
    keys: tuple[str, ...] = (f"{variable}_API_KEY",)
    base_urls: tuple[str, ...] = (f"{variable}_BASE_URL",)
    sdk_reads_base_url = False
    if usual_names and provider is not None:
        keys = tuple(dict.fromkeys(provider.env.key + keys))
        base_urls = tuple(dict.fromkeys(provider.env.base_url + base_urls))
        sdk_reads_base_url = bool(provider.env.base_url)
    return ExportedApi(
        api_name=name,
        label=" ".join(provider.name.split()) if provider else name,
        provider=provider.slug if provider and usual_names else None,
        keys=keys,
        base_urls=base_urls,
        url=f"{proxy}/{name}{provider.sdk_path if provider else ''}",
        sdk_reads_base_url=sdk_reads_base_url,
        token_prefix=provider.token_prefix if provider is not None else "",
    )

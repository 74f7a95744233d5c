"""The types of an entry of the provider catalogue."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from api.credentials import AuthScheme

Slug = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,47}\Z")]
Url = Annotated[str, Meta(pattern=r"^https?://[^/?#\s@]+(/[^?#\s]*)?\Z")]
HttpsUrl = Annotated[str, Meta(pattern=r"^https://[^/?#\s@]+(/\S*)?\Z")]
CheckPath = Annotated[str, Meta(pattern=r"^/[\x21-\x7e]*\Z")]
VariableName = Annotated[str, Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_]*\Z")]
StatusCode = Annotated[int, Meta(ge=100, le=599)]
HeaderName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9-]+\Z")]
HeaderValue = Annotated[str, Meta(pattern=r"^[\x20-\x7e]*\Z")]
CredentialLocation = Annotated[str, Meta(pattern=r"^(bearer|header:[a-z0-9-]+|query:[^&=#\s]+)\Z")]
UrlField = Annotated[str, Meta(pattern=r"^\*?[A-Za-z0-9_.-]{1,64}\Z")]


class ProviderCheck(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A harmless request that tests a key. `path` is below the base URL; `query` has no `?`.

    A status in `valid` means that the key works, one in `invalid` that it does not. Any other
    status gives no information about the key.
    """

    path: CheckPath
    valid: tuple[StatusCode, ...]
    invalid: tuple[StatusCode, ...]
    method: Literal["GET", "HEAD"] = "GET"
    query: Annotated[str, Meta(pattern=r"^[\x21-\x7e]*\Z")] = ""
    headers: dict[HeaderName, HeaderValue] = {}


class EnvironmentNames(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The usual environment variables of a provider, those of the official SDK first."""

    key: tuple[VariableName, ...] = ()
    base_url: tuple[VariableName, ...] = ()


class ProviderSdk(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An official SDK: its name on PyPI or npm, and code that creates `client`.

    `setup` has the placeholders `{token}` and `{base_url}` (with the provider's `sdk_path`) or, for
    an SDK that accepts no path, `{root_host}` and `{root_port}`.
    """

    language: Literal["python", "javascript"]
    package: Annotated[str, Meta(pattern=r"^[@A-Za-z0-9][A-Za-z0-9./_-]*\Z")]
    setup: Annotated[str, Meta(min_length=1, max_length=1000)]


class Provider(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A third-party API in the catalogue.

    `base_url` is None if each account has its own. Then `base_url_example` has one label in
    capitals for the account's name. `rate_limit_dialect` is the dialect of the rate-limit response
    headers. `sdk_path` is the path that an SDK's base URL needs after `/proxy/{slug}`.
    `credential_locations` are other locations in which clients send the key: `bearer`,
    `header:<name>`, `query:<name>`. A `basic` scheme without a user name means that each account
    has its own. `url_fields` are the members of JSON responses with URLs of the API itself that
    clients follow: the proxy rewrites their values. `*_url` means every name that ends in `_url`.
    `sdks` are SDKs that the provider's documentation names and that were tested with the proxy.
    """

    slug: Slug
    name: Annotated[str, Meta(min_length=1, max_length=80)]
    auth: AuthScheme
    base_url: Url | None = None
    base_url_example: Url | None = None
    rate_limit_dialect: str = msgspec.field(name="rate_limit", default="generic")
    check: ProviderCheck | None = None
    docs: HttpsUrl
    keys_url: HttpsUrl | None = None
    env: EnvironmentNames = EnvironmentNames()
    sdk_path: Annotated[str, Meta(pattern=r"^(/[\x21-\x7e]*)?\Z")] = ""
    key_pattern: str | None = None
    credential_locations: tuple[CredentialLocation, ...] = msgspec.field(name="accepts", default=())
    url_fields: tuple[UrlField, ...] = msgspec.field(name="links", default=())
    sdks: tuple[ProviderSdk, ...] = ()

"""The catalogue of providers: a data file read at first use, extended by a file of the user's."""

from __future__ import annotations

import re
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from api.credentials import AuthScheme, InvalidAuth, check_auth
from api.errors import SettingError
from api.quota.dialects import dialect_names

_BUILT_IN = Path(__file__).resolve().parents[2] / "providers.json"
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_STAND_IN = re.compile(r"[A-Z][A-Z-]*")

Slug = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,47}\Z")]
Url = Annotated[str, Meta(pattern=r"^https?://[^/?#\s@]+(/[^?#\s]*)?\Z")]
Link = Annotated[str, Meta(pattern=r"^https://[^/?#\s@]+(/\S*)?\Z")]
PathAndNoQuery = Annotated[str, Meta(pattern=r"^/[\x21-\x7e]*\Z")]
VariableName = Annotated[str, Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_]*\Z")]
Status = Annotated[int, Meta(ge=100, le=599)]
HeaderName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9-]+\Z")]
HeaderValue = Annotated[str, Meta(pattern=r"^[\x20-\x7e]*\Z")]
Place = Annotated[str, Meta(pattern=r"^(bearer|header:[a-z0-9-]+|query:[^&=#\s]+)\Z")]
LinkName = Annotated[str, Meta(pattern=r"^\*?[A-Za-z0-9_.-]{1,64}\Z")]


class CatalogueError(SettingError):
    """A catalogue file cannot be used. The text is one sentence naming file, entry and field."""


class Check(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A harmless request that proves a key: `path` is below the base URL, `query` has no `?`.

    A status in `valid` means that the key works, one in `invalid` that it does not; any other
    status says nothing about the key.
    """

    path: PathAndNoQuery
    valid: tuple[Status, ...]
    invalid: tuple[Status, ...]
    method: Literal["GET", "HEAD"] = "GET"
    query: Annotated[str, Meta(pattern=r"^[\x21-\x7e]*\Z")] = ""
    headers: dict[HeaderName, HeaderValue] = {}


class EnvironmentNames(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Environment variables usual for a provider, its official SDK's first."""

    key: tuple[VariableName, ...] = ()
    base_url: tuple[VariableName, ...] = ()


class Sdk(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An official SDK: its name on PyPI or npm, and the code that makes `client`.

    Placeholders of `setup`: `{token}`, `{base_url}` (with the provider's `sdk_path`), or, for an
    SDK that takes no path, `{root_host}` and `{root_port}`.
    """

    language: Literal["python", "javascript"]
    package: Annotated[str, Meta(pattern=r"^[@A-Za-z0-9][A-Za-z0-9./_-]*\Z")]
    setup: Annotated[str, Meta(min_length=1, max_length=1000)]


class Provider(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A third-party API as the catalogue knows it.

    `base_url` is None where it is per account; `base_url_example` is given then, with one label in
    capitals where the account's own name goes. `rate_limit_dialect` (`rate_limit` in the file) is
    the dialect of its rate-limit response headers. `sdk_path` is what an SDK's base URL carries
    behind `/proxy/{slug}`.
    `accepts` are further places where its clients send the key: `bearer`, `header:<name>`,
    `query:<name>`. A `basic` scheme without a username means that each account has its own.
    `links` are the members of JSON answers that hold addresses of the API itself, for clients that
    follow them: their values are led back to the proxy. `*_url` means every name that ends so.
    `sdks` are SDKs that the provider's documentation names and that were tried with the proxy.
    """

    slug: Slug
    name: Annotated[str, Meta(min_length=1, max_length=80)]
    auth: AuthScheme
    base_url: Url | None = None
    base_url_example: Url | None = None
    rate_limit_dialect: str = msgspec.field(name="rate_limit", default="generic")
    check: Check | None = None
    docs: Link
    keys_url: Link | None = None
    env: EnvironmentNames = EnvironmentNames()
    sdk_path: Annotated[str, Meta(pattern=r"^(/[\x21-\x7e]*)?\Z")] = ""
    key_pattern: str | None = None
    credential_locations: tuple[Place, ...] = msgspec.field(name="accepts", default=())
    url_fields: tuple[LinkName, ...] = msgspec.field(name="links", default=())
    sdks: tuple[Sdk, ...] = ()


class Catalogue:
    """The built-in providers, and those of the user's own file added to them or in their place."""

    def __init__(self, extra: tuple[Provider, ...] = ()) -> None:
        self._extra = extra

    @classmethod
    def load(cls, extra: str | None = None) -> Catalogue:
        """The catalogue, with the file at path `extra`. Raises CatalogueError about that file.

        The built-in file is read when something is first looked up: a proxied call never does.
        """
        return cls(() if extra is None else _read(Path(extra)))

    def get(self, slug: str) -> Provider | None:
        """The provider of that slug."""
        return self._by_slug.get(slug)

    def all(self) -> tuple[Provider, ...]:
        """Every provider, sorted by slug."""
        return self._sorted

    def by_env_name(self, variable: str) -> Provider | None:
        """The provider whose key is usually in that environment variable (exact name)."""
        return self._by_key_variable.get(variable)

    def by_env_base_url(self, variable: str) -> Provider | None:
        """The provider whose SDK reads its base URL from that environment variable (exact name)."""
        return self._by_base_url_variable.get(variable)

    def by_key_shape(self, secret: str) -> tuple[Provider, ...]:
        """The providers whose keys look like `secret`, sorted by slug."""
        return tuple(provider for pattern, provider in self._shapes if pattern.fullmatch(secret))

    def by_host(self, host: str) -> Provider | None:
        """The provider that is called at that host (a name without port)."""
        wanted = host.lower().rstrip(".")
        for pattern, provider in self._hosts:
            if pattern.fullmatch(wanted):
                return provider
        return None

    @cached_property
    def _by_slug(self) -> dict[str, Provider]:
        providers = {provider.slug: provider for provider in _read(_BUILT_IN)}
        providers.update((provider.slug, provider) for provider in self._extra)
        return providers

    @cached_property
    def _sorted(self) -> tuple[Provider, ...]:
        return tuple(self._by_slug[slug] for slug in sorted(self._by_slug))

    @cached_property
    def _precedence(self) -> tuple[Provider, ...]:
        """The user's own entries last, so that they win where two claim the same variable."""
        own = {provider.slug for provider in self._extra}
        return tuple(sorted(self._sorted, key=lambda provider: provider.slug in own))

    @cached_property
    def _by_key_variable(self) -> dict[str, Provider]:
        return {name: provider for provider in self._precedence for name in provider.env.key}

    @cached_property
    def _by_base_url_variable(self) -> dict[str, Provider]:
        return {name: provider for provider in self._precedence for name in provider.env.base_url}

    @cached_property
    def _shapes(self) -> tuple[tuple[re.Pattern[str], Provider], ...]:
        return tuple(
            (re.compile(provider.key_pattern), provider)
            for provider in self._sorted
            if provider.key_pattern is not None
        )

    @cached_property
    def _hosts(self) -> tuple[tuple[re.Pattern[str], Provider], ...]:
        return tuple((_host_pattern(provider), provider) for provider in reversed(self._precedence))


def _read(path: Path) -> tuple[Provider, ...]:
    try:
        entries = msgspec.json.decode(path.read_bytes(), type=list[msgspec.Raw])
    except OSError as error:
        reason = error.strerror
        raise CatalogueError(f"The catalogue file {path} cannot be read: {reason}.") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CatalogueError(f"The catalogue file {path} is not a JSON array: {error}.") from error
    providers: dict[str, Provider] = {}
    for number, raw in enumerate(entries, start=1):
        try:
            provider = _checked(msgspec.json.decode(raw, type=Provider))
            if provider.slug in providers:
                raise msgspec.ValidationError("There are two entries of that slug - at `$.slug`")
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise CatalogueError(
                f"The catalogue file {path} has a wrong entry {_label(number, raw)}: {error}."
            ) from error
        providers[provider.slug] = provider
    return tuple(providers.values())


def _label(number: int, raw: msgspec.Raw) -> str:
    try:
        slug = msgspec.json.decode(raw)["slug"]
    except (msgspec.DecodeError, UnicodeDecodeError, TypeError, KeyError):
        return str(number)
    return f"{number} ({slug})"


def _checked(provider: Provider) -> Provider:
    """`provider` with its auth normalised. Raises ValidationError in msgspec's own form."""
    if (provider.base_url is None) == (provider.base_url_example is None):
        raise _wrong("Give either `base_url` or `base_url_example`", "base_url")
    if provider.rate_limit_dialect not in dialect_names():
        raise _wrong(f"Invalid enum value {provider.rate_limit_dialect!r}", "rate_limit")
    if provider.key_pattern is not None:
        try:
            re.compile(provider.key_pattern)
        except re.error as error:
            raise _wrong(f"Not a regular expression ({error})", "key_pattern") from error
    for sdk in provider.sdks:
        if "{token}" not in sdk.setup or not any(
            place in sdk.setup for place in ("{base_url}", "{root_host}")
        ):
            raise _wrong("Needs {token}, and {base_url} or {root_host}", "sdks[...].setup")
    try:
        auth = _checked_auth(provider.auth)
    except InvalidAuth as error:
        raise _wrong(error.reason.rstrip("."), f"auth.{error.field}") from error
    named = _PLACEHOLDER.findall(provider.base_url or provider.base_url_example or "")
    if auth.scheme == "path" and named != [auth.name]:
        raise _wrong("The base URL has to hold the auth's placeholder, once", "base_url")
    if auth.scheme != "path" and named:
        raise _wrong("Only the path scheme has a placeholder in the base URL", "base_url")
    return msgspec.structs.replace(provider, auth=auth)


def _checked_auth(auth: AuthScheme) -> AuthScheme:
    if auth.scheme == "basic" and auth.username is None:
        return AuthScheme("basic")
    return check_auth(auth)


def _wrong(reason: str, field: str) -> msgspec.ValidationError:
    return msgspec.ValidationError(f"{reason} - at `$.{field}`")


def _host_pattern(provider: Provider) -> re.Pattern[str]:
    url = provider.base_url or provider.base_url_example or ""
    host = url.split("://", 1)[1].split("/", 1)[0].split(":", 1)[0]
    if provider.base_url is not None:
        return re.compile(re.escape(host.lower()))
    labels = (
        "[a-z0-9-]+" if _STAND_IN.fullmatch(label) else re.escape(label.lower())
        for label in host.split(".")
    )
    return re.compile(r"\.".join(labels))

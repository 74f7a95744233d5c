"""The types of an entry of the provider catalogue."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from api.credentials import AuthScheme
from api.upstream.further_hosts import HOST

Slug = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,47}\Z")]
Url = Annotated[str, Meta(pattern=r"^https?://[^/?#\s@]+(/[^?#\s]*)?\Z")]
HttpsUrl = Annotated[str, Meta(pattern=r"^https://[^/?#\s@]+(/\S*)?\Z")]
SdkPath = Annotated[str, Meta(pattern=r"^(/[\x21-\x7e]*)?\Z")]
CheckPath = Annotated[str, Meta(pattern=r"^/[\x21-\x7e]*\Z")]
VariableName = Annotated[str, Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_]*\Z")]
StatusCode = Annotated[int, Meta(ge=100, le=599)]
HeaderName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9-]+\Z")]
HeaderValue = Annotated[str, Meta(pattern=r"^[\x20-\x7e]*\Z")]
CredentialLocation = Annotated[
    str,
    Meta(pattern=r"^(bearer(:/[!-~]*)?|header:[a-z0-9_-]+|(query|form|json):[^&=#\s]+)\Z"),
]
_NAME = r"(?:\*?[A-Za-z0-9_@$-]{1,64}|\*)"
UrlField = Annotated[
    str,
    Meta(
        pattern=rf"^(?!\*(?::|\Z))\.?{_NAME}(?:\.{_NAME}){{0,7}}(?::[!#-\[\]-~]{{1,64}})?\Z",
        max_length=128,
    ),
]


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
    """The usual environment variables of a provider, those of the official SDK first.

    `username` holds the user name of the `basic` scheme, to which `username_suffix` is added.
    `host` holds the base URL, the host, or the account's label in `base_url_example`. `other` has
    variables with names like a key's that hold something else, such as an OAuth client's id.
    """

    key: tuple[VariableName, ...] = ()
    base_url: tuple[VariableName, ...] = ()
    username: tuple[VariableName, ...] = ()
    username_suffix: Annotated[str, Meta(pattern=r"^[\x21-\x39\x3b-\x7e]*\Z")] = ""
    host: tuple[VariableName, ...] = ()
    other: tuple[VariableName, ...] = ()


class ProviderExtraHeader(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A header field with a further secret, and the usual environment variables of that secret.

    `required` is true if the API refuses every call without it.
    """

    name: HeaderName
    env: tuple[VariableName, ...] = ()
    required: bool = False


class ProviderFurtherHosts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Hosts besides the base URL's, and the JSON fields that lead clients there.

    The members are those of FurtherHosts (api/upstream/further_hosts.py).
    """

    fields: Annotated[tuple[UrlField, ...], Meta(min_length=1)]
    hosts: Annotated[tuple[Annotated[str, Meta(pattern=HOST)], ...], Meta(min_length=1)]
    credential: bool = False
    clients: str = ""


class ProviderSdk(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An official SDK or a framework's package: its name on PyPI or npm, and code that creates
    `client`. `framework` is the framework's name, such as LangChain, None for an SDK.

    `setup` has the placeholders `{token}` and `{base_url}` (with the provider's `sdk_path`),
    `{api_url}` (without it, for an SDK that needs another path), or, for an SDK that drops the
    path, `{root_host}` and `{root_port}`. `argument` is the constructor argument, method or
    environment variable that takes the base URL. `evidence` is how the code is known to work:
    `run` by the tests through the proxy, read in the SDK's `source`, or from its `documentation`.
    """

    language: Literal["python", "javascript"]
    package: Annotated[str, Meta(pattern=r"^[@A-Za-z0-9][A-Za-z0-9./_-]*\Z")]
    setup: Annotated[str, Meta(min_length=1, max_length=1000)]
    argument: Annotated[str, Meta(max_length=80)] = ""
    evidence: Literal["run", "source", "documentation"] = "documentation"
    framework: Annotated[str, Meta(min_length=1, max_length=80)] | None = None


class Provider(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A third-party API in the catalogue.

    `base_url` is None if each account has its own. Then `base_url_example` has one label in
    capitals for the account's name. `rate_limit_dialect` is the dialect of the rate-limit response
    headers. A group named `account` in `key_pattern` is the account's label in the base URL.
    `sdk_path` is the path that an SDK's base URL needs after `/proxy/{slug}`.
    `openai_path` is that path for clients of OpenAI's API, None if the API is not compatible.
    `credential_locations` are other locations in which clients send the key: `bearer`,
    `bearer:<path>` (below this path, where the API itself expects it so), `header:<name>`,
    `query:<name>`, `form:<name>` (a field of a form), `json:<name>` (a member of a JSON body).
    `extra_headers` are header fields with further secrets. A `basic` scheme without a user name
    means that each account has its own. `url_fields` are the members of JSON responses with URLs of
    the API itself that clients follow: the proxy rewrites their values. `*_url` means every name
    that ends in `_url`, `paging.next` a member `next` of `paging`, `.next` one at the top of the
    document, and `get:/jobs/` only values that contain `/jobs/` (api/proxy/json_fields.py).
    `further_hosts` are the API's other hosts to which JSON fields lead clients. `sdks` are SDKs
    that the provider publishes or its documentation names. `token_prefix` stands before a
    token of the dashboard in an SDK that checks the form of keys: the proxy accepts digits and a
    colon before a token in the path.
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
    sdk_path: SdkPath = ""
    openai_path: SdkPath | None = None
    key_pattern: str | None = None
    credential_locations: tuple[CredentialLocation, ...] = msgspec.field(name="accepts", default=())
    url_fields: tuple[UrlField, ...] = msgspec.field(name="links", default=())
    sdks: tuple[ProviderSdk, ...] = ()
    extra_headers: tuple[ProviderExtraHeader, ...] = ()
    further_hosts: tuple[ProviderFurtherHosts, ...] = ()
    token_prefix: Annotated[str, Meta(pattern=r"^([0-9]{1,20}:)?\Z")] = ""

    @property
    def needs_username(self) -> bool:
        """Whether each account has a user name of its own besides the secret."""
        auth = self.auth
        return auth.scheme == "basic" and auth.username is None and auth.password is msgspec.UNSET


def missing_path(base_url: str, path: str) -> str:
    """Return what an SDK's base URL still needs of `path` if a key's `base_url` ends with a part.

    A final `/` is always needed: without it, clients that resolve a relative reference (RFC 3986
    5.2) drop the last segment.
    """
    start = path.rstrip("/")
    return path[len(start) :] if start and base_url.endswith(start) else path

"""Auth schemes: where a credential is sent, and which names and secrets are valid there (S10)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from api.errors import DashboardError

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}")
_PREFIX = re.compile(r"(?! )[\x20-\x7e]{0,128}")
_USERNAME = re.compile(r"[\x20-\x39\x3b-\x7e]{1,256}")
_PASSWORD = re.compile(r"[\x20-\x7e]{0,256}")
_QUERY_NAME = re.compile(r"[^\s&=#;%+]{1,128}")
_PLACEHOLDER = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
_FIELD_TEXT = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")
_SEGMENT = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@-]+")
_JWT = re.compile(r"eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_MAX_SECRET_LENGTH = 8192
MAX_EXTRA_HEADERS = 8

# Fields that frame a message, control connections and proxies, or belong to a browser.
_RESERVED = frozenset(
    {
        "accept-encoding",
        "alt-svc",
        "connection",
        "content-encoding",
        "content-length",
        "content-range",
        "content-type",
        "cookie",
        "cookie2",
        "expect",
        "forwarded",
        "host",
        "http2-settings",
        "keep-alive",
        "max-forwards",
        "origin",
        "proxy",
        "range",
        "referer",
        "set-cookie",
        "set-cookie2",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "via",
    }
)
_RESERVED_PREFIXES = ("proxy-", "sec-", "x-forwarded-")


class AuthScheme(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The location of a credential. `name` is the name of a header, parameter or placeholder.

    `bearer`: `Authorization: Bearer <secret>`. `header`: `<name>: <prefix><secret>`. `query`:
    `?<name>=<secret>`. `basic`: user `username`, password `<secret>`, or user `<secret>` and
    `password` if that is set (RFC 7617). `path`: the secret replaces the placeholder `{<name>}` in
    the base URL.
    """

    scheme: Annotated[
        Literal["bearer", "header", "query", "basic", "path"],
        Meta(description="The kind of place where the credential is sent."),
    ]
    name: Annotated[
        str | None,
        Meta(description="The header field, query parameter or placeholder, by `scheme`."),
    ] = None
    prefix: Annotated[
        str | None,
        Meta(description="Text before the secret in a `header`, such as `Key `."),
    ] = None
    username: Annotated[str | None, Meta(description="The user of the `basic` scheme.")] = None
    password: Annotated[
        str | UnsetType,
        Meta(
            description="The password of the `basic` scheme if the secret is the user name. Many "
            "APIs ignore it."
        ),
    ] = UNSET


class InvalidAuth(DashboardError):
    """The scheme or secret is not valid. `field` is a member of AuthScheme, or `secret`."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


def check_auth(auth: AuthScheme) -> AuthScheme:
    """Return `auth` with only the members that its scheme uses. Raises InvalidAuth.

    Unused members are checked before they are removed, so that nothing that breaks HTTP framing is
    accepted.
    """
    name, prefix, username = auth.name or None, auth.prefix or None, auth.username or None
    if prefix is not None and not _PREFIX.fullmatch(prefix):
        raise InvalidAuth(
            "prefix",
            "The prefix must be at most 128 printable ASCII characters and not begin with a space.",
        )
    if username is not None and not _USERNAME.fullmatch(username):
        raise InvalidAuth(
            "username",
            "The user name must be at most 256 printable ASCII characters without a colon.",
        )
    if auth.password is not UNSET and not _PASSWORD.fullmatch(auth.password):
        raise InvalidAuth(
            "password", "The password must be at most 256 printable ASCII characters."
        )
    if name is not None and (not name.isprintable() or len(name) > 128):
        raise InvalidAuth("name", "The name must be at most 128 printable characters.")
    match auth.scheme:
        case "bearer":
            return AuthScheme("bearer")
        case "header":
            return AuthScheme("header", name=_header_name(name), prefix=prefix)
        case "query":
            return AuthScheme("query", name=_query_name(name))
        case "basic":
            if auth.password is not UNSET:
                if username is not None:
                    raise InvalidAuth(
                        "password", "Give a user name or a password: the secret is the other one."
                    )
                return AuthScheme("basic", password=auth.password)
            if username is None:
                raise InvalidAuth("username", "The basic scheme needs a user name.")
            return AuthScheme("basic", username=username)
        case "path":
            if name is not None and not _PLACEHOLDER.fullmatch(name):
                raise InvalidAuth(
                    "name", "A placeholder name has only letters, digits, `_` and `-`."
                )
            return AuthScheme("path", name=name)


def check_secret(secret: str, auth: AuthScheme) -> None:
    """Check that a secret can be sent with `auth`. Raises InvalidAuth(secret).

    A secret has 1 to 8192 characters and no control characters. In a header field it is visible
    ASCII with inner spaces (RFC 9110 5.5). In the path it has only characters that one segment may
    contain unencoded (RFC 3986 3.3).
    """
    if not 1 <= len(secret) <= _MAX_SECRET_LENGTH:
        raise InvalidAuth("secret", f"The secret must have 1 to {_MAX_SECRET_LENGTH} characters.")
    if not secret.isprintable():
        raise InvalidAuth(
            "secret", "The secret must not contain line breaks or other control characters."
        )
    if auth.scheme in ("bearer", "header", "basic") and not _FIELD_TEXT.fullmatch(secret):
        raise InvalidAuth(
            "secret", "A secret in a header must be ASCII, without spaces at the start or end."
        )
    if auth.scheme == "basic" and auth.password is not UNSET and ":" in secret:
        raise InvalidAuth("secret", "A secret that is a user name must not contain a colon.")
    if auth.scheme == "path" and (secret in (".", "..") or not _SEGMENT.fullmatch(secret)):
        raise InvalidAuth(
            "secret", "A secret in the path must have only characters that a path segment allows."
        )


def check_extra_headers(names: Sequence[str], auth: AuthScheme) -> None:
    """Check the names of further header fields of a key with `auth`. Raises InvalidAuth.

    `field` of the exception is the position of the name, or empty if there are too many.
    """
    if len(names) > MAX_EXTRA_HEADERS:
        raise InvalidAuth("", f"A key has at most {MAX_EXTRA_HEADERS} extra headers.")
    used = {folded_name(_field_name(auth) or "")}
    for position, name in enumerate(names):
        try:
            _header_name(name)
        except InvalidAuth as error:
            raise InvalidAuth(str(position), error.reason) from None
        if folded_name(name) in used:
            raise InvalidAuth(
                str(position),
                f"The key already sends the header {name}. Names are compared without case, and "
                "`_` equals `-`.",
            )
        used.add(folded_name(name))


def check_extra_secret(secret: str) -> None:
    """Check that a secret can be sent in a header of its own. Raises InvalidAuth(secret)."""
    check_secret(secret, AuthScheme("bearer"))


def folded_name(name: str) -> str:
    """Return a header name as the most lenient server compares it: without case, `_` as `-`."""
    return name.lower().replace("_", "-")


def is_user_bearer(auth: AuthScheme) -> bool:
    """Return whether an end user's token is sent in `Authorization`, in addition to the key.

    Supabase's gateway checks the key in `apikey`, and its database checks the user's token
    (https://supabase.com/docs/guides/api/api-keys).
    """
    return auth.scheme == "header" and (auth.name or "").lower() == "apikey"


def is_bearer_too(auth: AuthScheme, secret: str) -> bool:
    """Return whether a secret is a legacy key of Supabase: a JWT that names the database's role.

    Without a user's token it is the bearer token, too. The keys that replace it (`sb_...`) are not.
    """
    return is_user_bearer(auth) and _JWT.fullmatch(secret) is not None


def scheme_below(
    auth: AuthScheme, locations: Sequence[str], prefix: str, path: str
) -> tuple[AuthScheme, Sequence[str]]:
    """Return the scheme and the other credential locations for a request to `path`.

    `prefix` is the path of the base URL, which may contain the start of the API's own path.

    Some APIs expect their key as a bearer token below one path only, such as Google's Gemini below
    its OpenAI-compatible one: `bearer:/v1beta/openai`.
    """
    for location in locations:
        if location.startswith("bearer:"):
            start = location[7:].rstrip("/")
            if f"{path}/".startswith(f"{start}/") or f"{prefix}{path}/".startswith(f"{start}/"):
                if auth.scheme in ("header", "query"):
                    locations = (*locations, f"{auth.scheme}:{auth.name}")
                return AuthScheme("bearer"), locations
    return auth, locations


def user_and_password(auth: AuthScheme, secret: str) -> str:
    """Return the pair that the `basic` scheme encodes (RFC 7617 2)."""
    if auth.password is UNSET:
        return f"{auth.username or ''}:{secret}"
    return f"{secret}:{auth.password}"


def _field_name(auth: AuthScheme) -> str | None:
    """Return the header field in which a scheme sends the secret, or None."""
    if auth.scheme == "header":
        return auth.name
    return "Authorization" if auth.scheme in ("bearer", "basic") else None


def _header_name(name: str | None) -> str:
    if name is None:
        raise InvalidAuth("name", "The header scheme needs the name of a header.")
    if not _TOKEN.fullmatch(name):
        raise InvalidAuth(
            "name", "A header name has only letters, digits and `-` (a token of RFC 9110)."
        )
    lowered = name.lower()
    if lowered in _RESERVED or lowered.startswith(_RESERVED_PREFIXES):
        raise InvalidAuth("name", f"The header {name} cannot be used for a credential.")
    return name


def _query_name(name: str | None) -> str:
    if name is None:
        raise InvalidAuth("name", "The query scheme needs the name of a parameter.")
    if not _QUERY_NAME.fullmatch(name):
        raise InvalidAuth(
            "name", "A parameter name must not contain spaces or any of `& = # ; % +`."
        )
    return name

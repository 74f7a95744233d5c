"""Where a credential goes upstream, and which names and secrets can be sent there (S10)."""

from __future__ import annotations

import re
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from api.errors import DashboardError

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}")
_PREFIX = re.compile(r"(?! )[\x20-\x7e]{0,128}")
_USERNAME = re.compile(r"[\x20-\x39\x3b-\x7e]{1,256}")
_QUERY_NAME = re.compile(r"[^\s&=#;%+]{1,128}")
_PLACEHOLDER = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
_FIELD_TEXT = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")
_SEGMENT = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@-]+")
_LONGEST_SECRET = 8192

# Fields that frame a message, steer connections and proxies, or belong to the caller's browser.
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
    """Where a credential goes: `name` is a header, query or placeholder name.

    `bearer`: `Authorization: Bearer <secret>`. `header`: `<name>: <prefix><secret>`. `query`:
    `?<name>=<secret>`. `basic`: user `username`, password `<secret>` (RFC 7617). `path`: the secret
    stands in the base URL's placeholder `{<name>}`.
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


class InvalidAuth(DashboardError):
    """A scheme or a secret that cannot be sent. `field` is a member of AuthScheme, or `secret`."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


def check_auth(auth: AuthScheme) -> AuthScheme:
    """`auth` with only the members that its scheme uses. Raises InvalidAuth.

    What a scheme does not use is judged all the same and then left out, so that nothing that would
    break HTTP framing is ever stored.
    """
    name, prefix, username = auth.name or None, auth.prefix or None, auth.username or None
    if prefix is not None and not _PREFIX.fullmatch(prefix):
        raise InvalidAuth(
            "prefix", "A prefix is at most 128 printable ASCII characters and begins with no space."
        )
    if username is not None and not _USERNAME.fullmatch(username):
        raise InvalidAuth(
            "username", "A user name is at most 256 printable ASCII characters without a colon."
        )
    if name is not None and (not name.isprintable() or len(name) > 128):
        raise InvalidAuth("name", "A name is at most 128 printable characters.")
    match auth.scheme:
        case "bearer":
            return AuthScheme("bearer")
        case "header":
            return AuthScheme("header", name=_header_name(name), prefix=prefix)
        case "query":
            return AuthScheme("query", name=_query_name(name))
        case "basic":
            if username is None:
                raise InvalidAuth("username", "The basic scheme needs a user name.")
            return AuthScheme("basic", username=username)
        case "path":
            if name is not None and not _PLACEHOLDER.fullmatch(name):
                raise InvalidAuth("name", "A placeholder's name is letters, digits, `_` and `-`.")
            return AuthScheme("path", name=name)


def check_secret(secret: str, auth: AuthScheme) -> None:
    """Refuse a secret that cannot go where `auth` puts it. Raises InvalidAuth(secret).

    1 to 8192 characters without control characters; in a header field visible ASCII and inner
    spaces (RFC 9110 5.5); in the path only what one segment may hold unencoded (RFC 3986 3.3).
    """
    if not 1 <= len(secret) <= _LONGEST_SECRET:
        raise InvalidAuth("secret", f"A secret has 1 to {_LONGEST_SECRET} characters.")
    if not secret.isprintable():
        raise InvalidAuth("secret", "A secret has no line breaks or other control characters.")
    if auth.scheme in ("bearer", "header", "basic") and not _FIELD_TEXT.fullmatch(secret):
        raise InvalidAuth(
            "secret", "In a header a secret is ASCII, without a space at its begin or end."
        )
    if auth.scheme == "path" and (secret in (".", "..") or not _SEGMENT.fullmatch(secret)):
        raise InvalidAuth("secret", "In the path a secret has only characters of one path segment.")


def _header_name(name: str | None) -> str:
    if name is None:
        raise InvalidAuth("name", "The header scheme needs a header's name.")
    if not _TOKEN.fullmatch(name):
        raise InvalidAuth("name", "A header's name is a token of RFC 9110: letters, digits, `-`.")
    lowered = name.lower()
    if lowered in _RESERVED or lowered.startswith(_RESERVED_PREFIXES):
        raise InvalidAuth("name", f"The header {name} cannot carry a credential.")
    return name


def _query_name(name: str | None) -> str:
    if name is None:
        raise InvalidAuth("name", "The query scheme needs a parameter's name.")
    if not _QUERY_NAME.fullmatch(name):
        raise InvalidAuth("name", "A parameter's name has no spaces and none of `& = # ; % +`.")
    return name

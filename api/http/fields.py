"""Header fields with a meaning for every HTTP intermediary; names in lower case."""

from collections.abc import Iterable

# RFC 9110 7.6.1 and RFC 9112. Content-Length is set again with the body.
HOP_BY_HOP = frozenset(
    {
        "connection",
        "content-length",
        "expect",
        "http2-settings",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authentication-info",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
# Header fields with a digest of the body. They do not match a body that was changed.
DIGESTS = frozenset({"content-digest", "content-md5", "digest", "repr-digest"})
# RFC 9110 9.2.2.
_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"})
# Fields that override the method in the request line, in frameworks and APIs.
METHOD_OVERRIDES = frozenset(
    {
        "http-method",
        "http-method-override",
        "method",
        "method-override",
        "x-http-method",
        "x-http-method-override",
        "x-http-methodoverride",
        "x-http-verb",
        "x-http-verb-override",
        "x-method",
        "x-method-override",
        "x-original-method",
        "x-override-method",
        "x-request-method",
        "x-rest-method",
        "x-verb",
    }
)


def is_idempotent(method: str, headers: Iterable[tuple[str, str]]) -> bool:
    """Return whether a request may be repeated: its method allows it and no field overrides it."""
    return method in _IDEMPOTENT and not any(
        name.lower() in METHOD_OVERRIDES for name, _ in headers
    )

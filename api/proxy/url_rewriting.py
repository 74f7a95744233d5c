"""Rewrites the upstream's own URLs to the proxy's, so that pagination stays inside the proxy.

`json_url_rewriting.py` does the same in JSON bodies.
"""

from __future__ import annotations

import re
from urllib.parse import SplitResult, unquote_plus, urljoin, urlsplit

import msgspec

from api.credentials import AuthScheme
from api.secret import Secret
from api.upstream.base_url import DEFAULT_PORTS, BaseUrl
from api.upstream.paths import InvalidPath
from api.upstream.target import build_target

URL_FIELDS = frozenset(
    {
        "azure-asyncoperation",
        "content-location",
        "link",
        "location",
        "operation-location",
        "upload-location",
    }
)
"""The header fields that hold URLs, also relative ones, in lower case."""

# A URL in angle brackets, or a quoted parameter, in which they are text (RFC 8288 section 3).
_LINK_PARTS = re.compile(r'"(?:[^"\\]|\\.)*"|<([^<>]*)>')
# A relative URL that every reader understands alike: not absolute in any reading.
_PLAIN_REFERENCE = re.compile(r"[!-.0-\[\]-~][!-\[\]-~]*")


class UrlMapping(msgspec.Struct, frozen=True):
    """How the upstream's URLs map to the proxy's.

    `base` (with the credential if it is in the path) and `target` are those of the upstream
    request. `proxy` is the
    URL at which the caller reaches this API, such as `http://127.0.0.1:8420/proxy/github`.
    `query_name` is the query parameter and `basic` the Basic scheme of the credential,
    `extra_secrets` are the secrets that it sends in further header fields. `upload_query` is the
    query parameter that lets clients call the URL of an upload without a credential.
    """

    base: BaseUrl
    target: str
    proxy: str
    secret: Secret
    query_name: str | None = None
    basic: AuthScheme | None = None
    extra_secrets: tuple[Secret, ...] = ()
    upload_query: Secret | None = None


def rewrite_url(url: str, mapping: UrlMapping) -> str:
    """Return the proxy's URL for a URL below the base URL, and an absolute URL for any other.

    A relative URL is relative to the upstream request, and stays relative if the proxy has its
    target: some clients follow only relative redirects. A relative URL to any other path of the
    upstream would point to a path of the dashboard, so it becomes absolute. The query parameter
    that carries the credential is removed: the caller never had it.
    """
    base = mapping.base
    try:
        reference = urlsplit(url)
        parts = urlsplit(urljoin(base.origin + mapping.target, url))
    except ValueError:
        return ""
    if parts.scheme in ("http", "https") and not parts.netloc:
        # `http:/path` is relative to the reader's own origin if the schemes are equal.
        parts = parts._replace(scheme=base.scheme, netloc=base.authority)
    rest = _below(parts, mapping)
    if rest is None:
        return parts.geturl()
    if reference.scheme or reference.netloc:
        return mapping.proxy + rest
    return _relative(reference, rest, mapping)


def own_schemes(base: BaseUrl) -> tuple[str, ...]:
    """Return the schemes of URLs below a base URL.

    Some APIs write `http://` in their URLs although they are called with https.
    """
    return ("https", "http") if base.scheme == "https" and base.port == 443 else (base.scheme,)


def rewrite_own_url(value: str, mapping: UrlMapping) -> str:
    """Return the proxy's URL for a text that is an absolute URL below the base URL.

    Returns any other text unchanged.
    """
    if " " in value or "\t" in value:
        return value
    try:
        rest = _below(urlsplit(value), mapping)
    except ValueError:
        return value
    return value if rest is None else mapping.proxy + rest


def rewrite_upload_url(value: str, mapping: UrlMapping) -> str:
    """Return the URL of an upload at the proxy, with the caller's token.

    Google's own URL is a credential: google-genai for Python and the commands in Google's
    documentation send the content there without a key.
    """
    url = rewrite_own_url(value, mapping)
    if url == value or mapping.upload_query is None:
        return url
    own, hash_sign, fragment = url.partition("#")
    query = mapping.upload_query.reveal()
    return f"{own}{'&' if '?' in own else '?'}{query}{hash_sign}{fragment}"


def _below(parts: SplitResult, mapping: UrlMapping) -> str | None:
    """Return path, query and fragment of a URL below the base URL, None for any other."""
    base = mapping.base
    scheme, authority, path, query, fragment = parts
    authority = authority.lower().removesuffix(f":{DEFAULT_PORTS.get(scheme)}")
    if authority != base.authority or scheme not in own_schemes(base):
        return None
    if not (path + "/").startswith(base.prefix + "/"):
        return None
    rest = path[len(base.prefix) :]
    try:
        build_target(base, rest, "")
    except InvalidPath:
        return None  # A reader might resolve its dot segments to a path outside the proxy.
    query = _without(query, mapping.query_name)
    return rest + (f"?{query}" if query else "") + (f"#{fragment}" if fragment else "")


def _relative(reference: SplitResult, rest: str, mapping: UrlMapping) -> str:
    """Return a relative URL of `rest` below the proxy's URL, an absolute one if none is safe.

    `reference` is the upstream's relative URL. It is kept if it means the same at the proxy.
    """
    if not reference.path and not reference.query:
        return reference.geturl()
    own = reference._replace(query=_without(reference.query, mapping.query_name)).geturl()
    requested = mapping.target.partition("?")[0][len(mapping.base.prefix) :]
    if (
        requested not in ("", "/")  # The caller may have sent either.
        and _PLAIN_REFERENCE.fullmatch(own)
        and urljoin(mapping.proxy + requested, own) == mapping.proxy + rest
    ):
        return own
    path = urlsplit(mapping.proxy).path + rest
    # Readers take `//host` and `/\\host` for another host.
    return path if re.match(r"/(?![/\\])", path) else mapping.proxy + rest


def rewrite_header(name: str, value: str, mapping: UrlMapping) -> str:
    """Return the value of a field of `URL_FIELDS` with its URLs rewritten."""
    if name != "link":
        return rewrite_url(value, mapping)
    return _LINK_PARTS.sub(
        lambda part: part[0] if part[1] is None else f"<{rewrite_url(part[1], mapping)}>", value
    )


def _without(query: str, name: str | None) -> str:
    if name is None or not query:
        return query
    pairs = query.split("&")
    return "&".join([pair for pair in pairs if unquote_plus(pair.partition("=")[0]) != name])

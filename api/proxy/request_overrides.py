"""Refuses requests that ask the upstream for another method or path than a token allows.

Many frameworks let a parameter or a form field replace the request's method: Rails, Laravel,
Symfony, Spring, Slim and Yesod read `_method`, Salesforce `_HttpMethod`, Google's APIs
`$httpMethod`, others `X-HTTP-Method-Override` and the like. WordPress lets `rest_route` replace the
path. Header fields that do so are dropped (request_headers.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from api.errors import Problem
from api.proxy.body_fields import read_body
from api.proxy.parameters import decode_pair, folded, is_among
from api.storage.tokens import Token

# Names without case and punctuation. With a method as value, each of them may replace the method.
_METHOD_NAMES = frozenset(
    {
        "httpmethod", "httpmethodoverride", "httpverb", "method", "methodoverride",
        "overridemethod", "requestmethod", "restmethod", "verb", "xhttpmethod",
        "xhttpmethodoverride", "xhttpverb", "xmethod", "xmethodoverride", "xoverridemethod",
        "xrequestmethod",
    }
)  # fmt: skip
_PATH_NAMES = frozenset({"rest_route"})
_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
_HINT = re.compile(r"method|verb|rest.route|%", re.IGNORECASE)
_BODY_HINT = re.compile(rb"method|verb|rest.route|%|\\u00", re.IGNORECASE)
# A field that replaces the method, in a body that is not read as a whole.
_LATE = re.compile(
    rb"""(?:name\*?\s*=\s*"?|[&;]|")(?:_|%5f|\\u005f)(?:http_?)?method(?:_override)?(?:"|=|\s)""",
    re.IGNORECASE,
)
_PUNCTUATION = re.compile(r"[^a-z0-9]")


def check_overrides(
    token: Token | None,
    headers: Sequence[tuple[str, str]],
    query: str,
    body: bytes,
    body_is_complete: bool,
) -> None:
    """Check a call of a token that is limited to some methods or paths.

    `body` is the body or its start. Raises Problem(token_scope).
    """
    if token is None or not (token.methods or token.path_prefixes):
        return
    for where, name, value in _parameters(headers, query, body, body_is_complete):
        if token.methods and _overridden_method(name, value) not in (None, *token.methods):
            raise _other_method(where)
        if token.path_prefixes and is_among(name, _PATH_NAMES):
            raise Problem(
                "token_scope",
                f"{where} asks the API for another path. Remove it, or use a token without a "
                "limit on paths.",
            )


def refuse_late_override(piece: bytes) -> None:
    """Check a later piece of a long form or JSON body. Raises Problem(token_scope)."""
    if _LATE.search(piece):
        raise _other_method("A field of the body")


def is_method_override(name: str, value: str) -> bool:
    """Return whether a header field, with its name in lower case, replaces the method."""
    return _overridden_method(name, value) is not None


def _other_method(where: str) -> Problem:
    return Problem(
        "token_scope",
        f"{where} asks the API for another method than the request's, and the token does not allow "
        "it. Remove it, or use a token without a limit on methods.",
    )


def _overridden_method(name: str, value: str) -> str | None:
    """Return the method that a parameter asks for, or None if it asks for none."""
    if not _names_method(name):
        return None
    method = value.strip().upper()
    return method if method in _METHODS or (_is_certain(name) and method) else None


@lru_cache(maxsize=512)
def _names_method(name: str) -> bool:
    return _PUNCTUATION.sub("", name) in _METHOD_NAMES


def _is_certain(name: str) -> bool:
    """Return whether a parameter has no other use: `_method`, `x-…`, but not `method`."""
    return "override" in name or not name[:1].isalnum() or name.startswith(("x-", "x_"))


def _parameters(
    headers: Sequence[tuple[str, str]], query: str, body: bytes, body_is_complete: bool
) -> Iterator[tuple[str, str, str]]:
    """Yield what a framework may read as a parameter: a description, the name, and the value."""
    if query and _HINT.search(query):
        for pair in re.split("[&;]", query):
            name, _, value = pair.partition("=")
            yield "A query parameter", folded(decode_pair(name)), decode_pair(value)
    if body and _BODY_HINT.search(body):
        read = read_body(headers, body, body_is_complete)
        for field, _ in read.pieces() if read is not None else ():
            # No framework reads `method` of a JSON body, and JSON-RPC has a member of that name.
            if _is_certain(field.name) or (read is not None and read.kind != "json"):
                yield "A field of the body", field.name, field.value

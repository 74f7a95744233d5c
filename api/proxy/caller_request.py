"""The caller's request, and the upstream request that it becomes with one key."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from api.credentials import scheme_below
from api.errors import Problem
from api.pools import PoolKey
from api.proxy.body_credentials import check_rest, clean_body, has_body_locations
from api.proxy.own_credentials import SHORTEST_TOKEN, holds_credential
from api.proxy.request_headers import (
    clean_query,
    clean_request_headers,
    with_identity,
    with_readable_codings,
    without_extensions,
    without_method_overrides,
)
from api.proxy.signed_requests import signature_problem
from api.proxy.token_extraction import FoundToken, strip_token
from api.proxy.upstream_request import UpstreamRequest, build_upstream_request
from api.raw_request import RawRequest
from api.secret import Credential
from api.services.accounts.sessions import authentication_required
from api.upstream.base_url import BaseUrl
from api.upstream.further_hosts import FurtherCall
from api.upstream.paths import InvalidPath


class CallerRequest(msgspec.Struct, frozen=True):
    """The caller's request: `raw`, its path below the API, and the part of the body that was read.

    `read_more` reads the rest of the body, and is None if there is none. A request with a
    `read_more` is sent at most once. `reads_response` is whether the proxy reads the response, so
    that it has to come in a coding that can be read. `while_waiting` is called when the request was
    sent.
    """

    raw: RawRequest
    path: str
    body: bytes
    read_more: Callable[[int], bytes] | None
    reads_response: bool = False
    while_waiting: Callable[[], None] | None = None


def request_for_key(
    caller_request: CallerRequest,
    found: FoundToken,
    base: BaseUrl,
    key: PoolKey,
    credential: Credential,
    *,
    limited_methods: bool,
    further: FurtherCall | None = None,
) -> UpstreamRequest:
    """Return the request for one key: nothing of the caller's credential, and the key's own.

    `found` is the caller's token. `limited_methods` is true if it is limited to some methods.
    `further` is set if the path leads to a further host of the API. Raises Problem.
    """
    raw = caller_request.raw
    full_path: str = caller_request.path
    if further is not None:
        base, full_path = further.base, further.path
    if raw.websocket is not None:
        # Imported only for WebSockets, to keep cold starts short.
        from api.proxy.websocket_credential import placed_key

        key = placed_key(key, credential, raw.websocket)
    problem = signature_problem(raw, found, key.auth, base.host)
    if problem is not None:
        raise problem
    path: str | None = full_path
    if found.location == "path":
        path = strip_token(full_path, base.prefix, found.text)
    if path is None:
        raise authentication_required()
    if len(path) >= SHORTEST_TOKEN and holds_credential(path):
        raise Problem("invalid_path", "The path contains a token of the dashboard.")
    auth, locations = scheme_below(key.auth, key.credential_locations, base.prefix, path)
    headers = clean_request_headers(raw.headers, auth, locations, found.text, key.extra_headers)
    if raw.undoes_coding:
        headers = with_identity(headers)
    elif key.url_fields or key.further_hosts:
        headers = with_readable_codings(headers)
    elif caller_request.reads_response and raw.websocket is None:
        headers = with_readable_codings(headers, deflate=True)
    if caller_request.reads_response and raw.websocket is not None:
        headers = without_extensions(headers)
    if limited_methods:
        headers = without_method_overrides(headers)
    body, read_more = caller_request.body, caller_request.read_more
    body = clean_body(raw.headers, body, read_more is None, auth, locations, found)
    length: int | None = len(body)
    if read_more is not None:
        length = raw.length
        if length is not None:
            length -= len(caller_request.body) - len(body)
        body, read_more = check_rest(
            raw.headers,
            body,
            read_more,
            tokens=has_body_locations(locations),
            overrides=limited_methods,
        )
    try:
        request = build_upstream_request(
            base,
            auth,
            credential,
            method=raw.method,
            path=path,
            query=clean_query(raw.raw_query, auth, locations, found.text),
            headers=headers,
            body=body,
            length=length,
            read_more=read_more,
            further=further,
        )
    except InvalidPath as error:
        raise Problem("invalid_path", error.reason) from error
    # For some upstreams a `?` without a query differs from none (RFC 3986 6.2.3).
    if raw.has_empty_query and "?" not in request.target:
        request = msgspec.structs.replace(request, target=request.target + "?")
    return request

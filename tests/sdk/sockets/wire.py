"""What reaches an upstream of a WebSocket through the product, held against the same without it:
path, query and fields of each request, the place of the key, and each frame. Each difference has to
be one of SOCKET_DIFFERENCES.
"""

from __future__ import annotations

from collections import Counter
from urllib.parse import parse_qsl, urlsplit

from tests.sdk.sockets.standin import Opened
from tests.sdk.wire import readable_codings

SOCKET_DIFFERENCES = {
    "own": "`Host`, `Connection` and `Sec-WebSocket-Key` belong to one connection: they are the "
    "proxy's own.",
    "origin": "`Origin`, which browsers send, is not forwarded.",
    "placement": "The order and the case of the fields differ.",
    "query": "A key in the query is the last parameter.",
    "extensions": "`Sec-WebSocket-Extensions` is not forwarded to APIs with a price, so that no "
    "message is compressed: the usage is read in the messages.",
}
# Fields that differ with each connection: also an identifier that Deepgram's SDKs generate.
_OWN = frozenset({"host", "connection", "sec-websocket-key", "origin", "x-deepgram-session-id"})


def socket_differences(
    direct: Opened, through: Opened, secret: str, *, is_priced: bool
) -> set[str]:
    """Return which of SOCKET_DIFFERENCES two requests have. Fails if there is any other."""
    found = set()
    assert urlsplit(through.target).path == urlsplit(direct.target).path
    # The key has to be where the client puts it, which is the provider's own place.
    assert _credentials(through, secret) == _credentials(direct, secret)
    assert _parameters(through, secret) == _parameters(direct, secret)
    if _query(through) != _query(direct):
        found.add("query")
    assert _subprotocols(through, secret) == _subprotocols(direct, secret)
    if direct.get("Sec-WebSocket-Key") != through.get("Sec-WebSocket-Key"):
        found.add("own")
    assert through.get("Origin") is None
    if direct.get("Origin") is not None:
        found.add("origin")
    expected = _others(direct, secret)
    # A client that follows a URL of the upstream does not go through the product.
    goes_through = is_priced and secret in through.text
    if goes_through and direct.get("Sec-WebSocket-Extensions") is not None:
        found.add("extensions")
        expected = [field for field in expected if field[0] != "sec-websocket-extensions"]
    if is_priced and direct.get("Sec-WebSocket-Key") is None:  # an HTTP request before it
        expected = [
            (name, readable_codings(value) if name == "accept-encoding" else value)
            for name, value in expected
        ]
    assert Counter(_others(through, secret)) == Counter(expected)
    if [name for name, _ in through.headers] != [name for name, _ in direct.headers]:
        found.add("placement")
    assert _frames(through) == _frames(direct)
    return found


def _credentials(opened: Opened, secret: str) -> list[tuple[str, str]]:
    """Return the places of the key: a field, a query parameter or a subprotocol."""
    return [
        *(("query", name) for name, value in _query(opened) if secret in value),
        *((name.lower(), value) for name, value in opened.headers if secret in value),
    ]


def _query(opened: Opened) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(opened.target).query, keep_blank_values=True)


def _parameters(opened: Opened, secret: str) -> list[tuple[str, str]]:
    return [(name, value) for name, value in _query(opened) if secret not in value]


def _subprotocols(opened: Opened, secret: str) -> list[str]:
    return [name for name in opened.subprotocols if secret not in name]


def _others(opened: Opened, secret: str) -> list[tuple[str, str]]:
    return [
        (name.lower(), value)
        for name, value in opened.headers
        if secret not in value and name.lower() not in _OWN | {"sec-websocket-protocol"}
    ]


def _frames(opened: Opened) -> list[tuple[int, bool, bytes]]:
    """Return the frames without heartbeats, whose number depends on the time."""
    return [frame for frame in opened.frames if b'"heartbeat"' not in frame[2]]

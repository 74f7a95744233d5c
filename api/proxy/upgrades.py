"""Decides what becomes of a request to switch to another protocol (RFC 9110 7.8)."""

from __future__ import annotations

from api.errors import Problem
from api.raw_request import RawRequest


def is_websocket(request: RawRequest) -> bool:
    """Return whether a request with an Upgrade field is for a WebSocket.

    A client may offer HTTP/2 with any request (`h2c` and HTTP2-Settings, as Java's HttpClient
    does), and an Upgrade field that Connection does not name is not for this server: both are
    ignored. Raises Problem(upgrade_not_supported) for any other protocol, and for a WebSocket on a
    server that cannot relay it.
    """
    assert request.upgrade is not None
    protocols = {protocol.strip().lower() for protocol in request.upgrade.split(",")} - {""}
    if not protocols or "websocket" in protocols:
        if not request.can_upgrade:
            raise upgrade_not_supported(
                "This server cannot relay WebSockets: AWS passes only requests and responses to "
                "and from the function. Use the API's plain HTTP calls.",
                protocol="HTTP/1.1",
            )
        return True
    if protocols == {"h2c"} and request.header("http2-settings") is not None:
        return False
    # API Gateway may remove Connection.
    if request.streaming and "upgrade" not in connection_options(request):
        return False
    raise upgrade_not_supported("The proxy can switch to no other protocol than WebSocket.")


def connection_options(request: RawRequest) -> set[str]:
    """Return the options of the Connection fields, in lower case."""
    return {
        option.strip().lower()
        for name, value in request.headers
        if name.lower() == "connection"
        for option in value.split(",")
    }


def upgrade_not_supported(
    detail: str, *headers: tuple[str, str], protocol: str = "websocket"
) -> Problem:
    """Return the problem for a protocol that cannot be used, with the one that can (15.5.22)."""
    return Problem("upgrade_not_supported", detail, headers=[("Upgrade", protocol), *headers])

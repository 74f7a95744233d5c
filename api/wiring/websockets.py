"""Builds the part that relays WebSockets: the steps of a proxied call with other ends."""

from __future__ import annotations

from collections.abc import Callable

from api.proxy.forwarding import Forwarder
from api.proxy.pipeline import Proxy
from api.proxy.response import ProxyResponse
from api.raw_request import RawRequest
from api.websocket.handshake import read_handshake
from api.websocket.relay import RelayLimits
from api.websocket.response import HandshakeResponder
from api.websocket.revocation import RevocationWatch
from api.websocket.upstream import HandshakeClient
from api.wiring import ProxyParts
from api.wiring.shared import Shared
from api.wsgi import WebSockets


def build_websockets(shared: Shared, parts: ProxyParts, chance: Callable[[], float]) -> WebSockets:
    """Build what responds to WebSocket handshakes. `chance` is that of the proxy."""
    settings, clock, connections = shared.settings, shared.clock, shared.upstream.connections
    client = HandshakeClient(connections, shared.resolver, settings.allowed_upstreams)
    proxy = Proxy(
        authorizer=parts.authorizer,
        forwarder=Forwarder(parts.selector, shared.cipher, client, clock),
        responder=HandshakeResponder(
            connections,
            parts.recorder,
            parts.limits,
            settings.public_url,
            clock,
            RevocationWatch(shared.storage.table, parts.authorizer),
            RelayLimits(
                settings.websocket_timeout,
                settings.websocket_idle_timeout,
                settings.max_request_bytes,
            ),
        ),
        recorder=parts.recorder,
        limits=parts.limits,
        clock=clock,
        chance=chance,
        slots=parts.slots,
        prices=parts.prices,
    )

    def respond(raw: RawRequest, request_id: str) -> ProxyResponse:
        return proxy.handle(read_handshake(raw), request_id)

    return respond

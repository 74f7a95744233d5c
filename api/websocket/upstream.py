"""Opens a WebSocket to an upstream; a response without one is that of an ordinary call."""

from __future__ import annotations

from collections.abc import Callable

from api.http.connection import Watched
from api.http.timeouts import Timeouts
from api.proxy.exchange import UpstreamClient
from api.proxy.upstream_request import UpstreamRequest, UpstreamResponse
from api.websocket.handshake import UpstreamHandshake


class HandshakeClient(UpstreamClient):
    """Sends requests as opening handshakes, each over a connection of its own."""

    def send(
        self,
        request: UpstreamRequest,
        addresses: tuple[str, ...],
        timeouts: Timeouts,
        caller: Watched | None = None,
        while_waiting: Callable[[], None] | None = None,
    ) -> UpstreamResponse:
        """Send a handshake, call `while_waiting`, and read the head of the response.

        It has status 101 if it opens a WebSocket.

        Raises TransportError, also for a response with status 101 that is not valid, and CallerGone
        if `caller` is closed.
        """
        handshake, base = UpstreamHandshake(request), request.base
        connection, _ = self.connections.acquire(
            base.scheme, base.host, base.port, addresses, timeouts, fresh=True
        )
        try:
            connection.expect("GET", upgrades=True)
            connection.send(handshake.head, timeouts, caller)
            if while_waiting is not None:
                while_waiting()
            status, headers = connection.read_head(timeouts, caller)
            if status == 101:
                handshake.check(headers)
        except BaseException:
            connection.close()
            raise
        return UpstreamResponse(connection, status, headers)

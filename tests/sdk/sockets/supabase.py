"""Supabase Realtime: Phoenix channels, with messages as objects (protocol version 1.0.0), or as
arrays and broadcasts in binary (2.0.0).

Source: https://supabase.com/docs/guides/realtime/protocol.
"""

from __future__ import annotations

from typing import Any

from tests.sdk.sockets.standin import Channel, Opened, SocketProvider

_NAMES = ("join_ref", "ref", "topic", "event", "payload")
_BROADCAST_PUSH = 3
_BROADCAST = 4


class SupabaseRealtime(SocketProvider):
    """The service. Clients get their own broadcasts back, as they ask for at `phx_join`."""

    slug = "supabase"
    secret = "sb_secret_0123456789abcdefghijkl_01234567"

    def knows(self, opened: Opened) -> bool:
        return self.secret in (opened.query.get("apikey"), opened.get("apikey"))

    def serves(self, path: str) -> bool:
        return path == "/realtime/v1/websocket"

    def speak(self, channel: Channel, opened: Opened) -> None:
        arrays = opened.query["vsn"] == "2.0.0"
        while True:
            asked = channel.receive()
            if isinstance(asked, bytes):
                channel.send_bytes(_binary_broadcast(asked))
                continue
            if arrays:
                asked = dict(zip(_NAMES, asked, strict=True))
            answer = {**asked, "event": "phx_reply", "payload": self._reply(asked)}
            if asked["event"] == "broadcast":
                answer = {**asked, "ref": None, "join_ref": None}
            channel.send([answer.get(name) for name in _NAMES] if arrays else answer)

    def _reply(self, asked: dict[str, Any]) -> dict[str, Any]:
        # An access token is a user's JSON Web Token. In place of one, the key is accepted.
        if asked["payload"].get("access_token", self.secret) != self.secret:
            reason = "MalformedJWT: The token provided is not a valid JWT"
            return {"status": "error", "response": {"reason": reason}}
        return {"status": "ok", "response": {"postgres_changes": []}}


def _binary_broadcast(asked: bytes) -> bytes:
    """Return what a client receives for its own binary broadcast.

    Both begin with the kind and the lengths of the parts before the payload: join_ref, ref, topic,
    event and metadata in one direction, without the first two in the other.
    """
    assert asked[0] == _BROADCAST_PUSH
    references = asked[1] + asked[2]
    return bytes([_BROADCAST, *asked[3:7]]) + asked[7 + references :]

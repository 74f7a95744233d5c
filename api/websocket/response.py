"""Responds to the opening handshake of a WebSocket."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import msgspec

from api.http.errors import MalformedResponse
from api.http.pool import ConnectionPool
from api.http.timeouts import Timeouts
from api.limits.status import LimitStatus
from api.proxy.call_context import Attempt, CallContext, Forwarded, server_timing
from api.proxy.exchange import to_problem
from api.proxy.ratelimit_headers import ratelimit_headers
from api.proxy.recording import Recorder
from api.proxy.response import CallLimits, ProxyResponse, Responder
from api.proxy.response_headers import clean_response_headers
from api.raw_request import RawRequest
from api.storage.authorization_reads import AuthorizedCall
from api.websocket.handshake import EXTENSIONS_FIELD, HANDSHAKE_PREFIX, acceptance
from api.websocket.relay import RelayLimits
from api.websocket.revocation import RevocationWatch, WatchedWebSocket
from api.websocket.session import WebSocketSession


class HandshakeResponder(Responder):
    """Accepts a WebSocket if the upstream does. Any other response is that of an ordinary call."""

    def __init__(
        self,
        connections: ConnectionPool,
        recorder: Recorder,
        limits: CallLimits,
        public_url: str | None,
        clock: Callable[[], float],
        watch: RevocationWatch,
        relay_limits: RelayLimits,
    ) -> None:
        super().__init__(connections, recorder, limits, public_url, clock)
        self._watch = watch
        self._relay_limits = relay_limits

    def respond(
        self,
        raw: RawRequest,
        call: CallContext,
        forwarded: Forwarded,
        rules: Sequence[LimitStatus],
        bytes_in: int,
        timeouts: Timeouts,
    ) -> ProxyResponse:
        """Return the response to the caller. With status 101, its body is a `WebSocketSession`.

        Raises Problem if the response cannot be delivered.
        """
        answered = forwarded.answered
        response, offer = answered.response, raw.websocket
        assert response is not None and offer is not None
        if response.status != 101:
            plain = _with_http_location(forwarded)
            delivered = super().respond(raw, call, plain, rules, bytes_in, timeouts)
            return delivered if plain is forwarded else _with_websocket_location(delivered)
        if call.spend is not None:
            call.spend.begin_response(response.status, response.headers)
        headers = clean_response_headers(response.headers, self.mapping(raw, call, answered))
        subprotocol = _value(response.headers, "sec-websocket-protocol")
        headers = [
            (name, value)
            for name, value in headers
            if name.lower() == EXTENSIONS_FIELD or not name.lower().startswith(HANDSHAKE_PREFIX)
        ]
        headers += ratelimit_headers(rules, answered.reading, response.headers, self._clock())
        headers.append(server_timing(call, forwarded.attempts))
        try:
            acceptance(offer, subprotocol, headers)
        except MalformedResponse as error:
            response.connection.close()
            raise to_problem(error) from error
        session = WebSocketSession(
            offer, subprotocol, headers, call, forwarded, self.recorder, self._relay_limits
        )
        session.watch = self._watch, _watched(raw, call, answered, session)
        return ProxyResponse(101, headers, session)


def _watched(
    raw: RawRequest, call: CallContext, answered: Attempt, session: WebSocketSession
) -> WatchedWebSocket:
    claims = call.identity.claims
    authorized = AuthorizedCall(
        username=call.username,
        api_name=call.api_name,
        key_id=answered.key.key_id,
        token_id=call.token_id,
        session_id=claims.session_id if claims is not None else None,
    )
    path = "/" + raw.raw_path.split("/", 3)[3] if raw.raw_path.count("/") > 2 else ""
    return WatchedWebSocket(call.identity, authorized, path, session.end)


def _value(headers: Sequence[tuple[str, str]], name: str) -> str | None:
    """Return the value of a field that occurs at most once, None if it is missing or empty."""
    for field, value in headers:
        if field.lower() == name and value:
            return value
    return None


def _with_http_location(forwarded: Forwarded) -> Forwarded:
    """Return the same, with `http` for `ws` in a redirect, so that it is rewritten like others.

    Otherwise a client that follows it would send its token to the upstream.
    """
    response = forwarded.answered.response
    assert response is not None
    headers = [
        (name, "http" + value[2:])
        if name.lower() == "location" and re.match("wss?://", value, re.IGNORECASE)
        else (name, value)
        for name, value in response.headers
    ]
    if headers == response.headers:
        return forwarded
    changed = msgspec.structs.replace(response, headers=headers)
    answered = msgspec.structs.replace(forwarded.answered, response=changed)
    return msgspec.structs.replace(forwarded, answered=answered)


def _with_websocket_location(response: ProxyResponse) -> ProxyResponse:
    headers = [
        (name, "ws" + value[4:]) if name.lower() == "location" else (name, value)
        for name, value in response.headers
    ]
    return ProxyResponse(response.status, headers, response.body)

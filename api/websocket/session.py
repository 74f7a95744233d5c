"""One WebSocket from the upstream's acceptance to its record."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Sequence

import msgspec

from api.errors import Problem, ServerStopping
from api.http.upgrade import Upgrade
from api.proxy.call_context import CallContext, Forwarded, log_entry
from api.proxy.open_calls import OpenCall
from api.proxy.recording import Recorder, call_record
from api.raw_request import WebSocketOffer
from api.stopping import check
from api.websocket.direction import Ending
from api.websocket.handshake import acceptance
from api.websocket.relay import Relay, RelayLimits
from api.websocket.revocation import RevocationWatch, WatchedWebSocket


class WebSocketSession(Upgrade):
    """An accepted WebSocket, which the server runs with the caller's connection.

    It is also the body of its response: an iterator without bytes. `headers` are those of the
    response with status 101; fields that are added before `run` are sent too. `subprotocol` is the
    one that the upstream selected.
    """

    def __init__(
        self,
        offer: WebSocketOffer,
        subprotocol: str | None,
        headers: Sequence[tuple[str, str]],
        call: CallContext,
        forwarded: Forwarded,
        recorder: Recorder,
        limits: RelayLimits,
    ) -> None:
        self._offer = offer
        self._subprotocol = subprotocol
        self._headers = headers
        self._call = call
        self._forwarded = forwarded
        self._recorder = recorder
        self._limits = limits
        self._relay: Relay | None = None
        self._ended = False
        self._states_recorded = False
        self.watch: tuple[RevocationWatch, WatchedWebSocket] | None = None

    def run(self, sock: socket.socket, received: bytes) -> None:
        """Answer the handshake and relay until the WebSocket ends, then record it.

        `sock` is the caller's socket, which the server closes, and `received` what it has sent
        already.
        """
        response = self._forwarded.answered.response
        assert response is not None
        try:
            upstream, first = response.connection.upgraded()
            head = acceptance(self._offer, self._subprotocol, self._headers)
            self._relay = relay = Relay(sock, upstream, self._limits)
            spend = self._call.spend
            if spend is not None and spend.reads_response:
                relay.observe(spend.observe_message)
            relay.start(head, first, received)
            self._show_as_open()
            attempts = self._forwarded.attempts
            self._states_recorded = self._recorder.record_key_states(self._call, attempts)
            if self.watch is not None:
                self.watch[0].add(self.watch[1])
            self._relay_until_stop(relay)
        finally:
            self.close()

    def close(self) -> None:
        """Close the upstream's connection and record the call, once. Costs a database trip."""
        if self._ended:
            return
        self._ended = True
        if self.watch is not None:
            self.watch[0].remove(self.watch[1])
        response, relay = self._forwarded.answered.response, self._relay
        assert response is not None
        response.connection.close()
        problem = relay.problem() if relay is not None else "caller_gone"
        entry = log_entry(
            self._call,
            self._forwarded.attempts,
            self._forwarded.answered,
            status=response.status,
            bytes_in=relay.inward.frames.payload_bytes if relay is not None else 0,
            bytes_out=relay.outward.frames.payload_bytes if relay is not None else 0,
            problem=problem,
        )
        entry = msgspec.structs.replace(
            entry,
            websocket=True,
            messages_in=relay.inward.frames.messages if relay is not None else 0,
            messages_out=relay.outward.frames.messages if relay is not None else 0,
        )
        spend = self._call.spend
        record = call_record(
            entry,
            self._forwarded.attempts,
            with_states=not self._states_recorded,
            cost=spend.finish(is_complete=problem is None) if spend is not None else None,
        )
        # The recorder has logged the failure, and there is no response that could report it.
        with contextlib.suppress(Problem):
            self._recorder.record(self._call.username, record)

    def end(self, reason: str, problem: str) -> None:
        """Close the WebSocket because it is no longer allowed (close code 1008)."""
        if self._relay is not None:
            self._relay.end(Ending(1008, reason, problem))

    def _relay_until_stop(self, relay: Relay) -> None:
        try:
            check()
            relay.run()
        except ServerStopping:
            relay.ending = relay.ending or Ending(1001, "the server stops", "server_stopping")
            relay.run()

    def _show_as_open(self) -> None:
        """Show the WebSocket among the calls in progress, at once. Costs a database trip."""
        open_calls, answered = self._recorder.open_calls, self._forwarded.answered
        open_call = open_calls.get(self._call.request_id)
        if open_call is None:
            return
        open_call.websocket, open_call.measure = True, self._measure
        open_call.request_body = None
        open_call.begin_response(101, answered.host, answered.key.key_id)
        open_calls.publish(self._call.request_id)

    def _measure(self, open_call: OpenCall) -> None:
        if self._relay is not None:
            inward, outward = self._relay.inward.frames, self._relay.outward.frames
            open_call.bytes_in, open_call.messages_in = inward.payload_bytes, inward.messages
            open_call.bytes_out, open_call.messages_out = outward.payload_bytes, outward.messages

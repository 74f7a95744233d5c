"""Relays the bytes of a WebSocket between its caller and the upstream, in both directions.

One thread serves a connection: it waits for both sockets at once, and holds at most one piece for
each direction, so a side that does not read stops the other one (back-pressure). Nothing is held
while the connection is idle.
"""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import time
from collections.abc import Callable

import msgspec

from api.http.waiting import wait
from api.websocket.direction import Direction, Ending

# Rounds without a wait, after which other calls get their turn.
_ROUNDS = 16
# Seconds for the last bytes in both directions after the end was decided.
_CLOSING_SECONDS = 1.5


class RelayLimits(msgspec.Struct, frozen=True):
    """The limits of a WebSocket.

    `longest` is its duration, and `idle` the time without a byte in either direction, in seconds.
    `message_bytes` is the size of a message from the client; None means no limit.
    """

    longest: float
    idle: float
    message_bytes: int | None = None


class Relay:
    """One open WebSocket. `clock` is `time.monotonic`."""

    def __init__(
        self,
        client: socket.socket,
        upstream: socket.socket,
        limits: RelayLimits,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        client.setblocking(False)
        upstream.setblocking(False)
        self.inward = Direction(client, upstream, masked=True, largest=limits.message_bytes)
        self.outward = Direction(upstream, client, masked=False)
        self.ending: Ending | None = None
        self._upstream = upstream
        self._idle = limits.idle
        self._clock = clock
        self._active = clock()
        self._end = self._active + limits.longest
        self._deadline: float | None = None
        self._has_ended_side = False
        self._client_ended_first = False

    def observe(self, take: Callable[[bool, bytes], None]) -> None:
        """Call `take` with each message, and whether it comes from the upstream.

        Call this before `start`.
        """
        # Imported only if messages are read.
        from api.websocket.observed_messages import MessageObserver

        self.inward.observe = MessageObserver(take, from_upstream=False).feed
        self.outward.observe = MessageObserver(take, from_upstream=True).feed

    def start(self, head: bytes, from_upstream: bytes, from_client: bytes) -> None:
        """Take what is sent first, the handshake's response and bytes that have arrived, and send
        the response at once.
        """
        self.outward.hold(from_upstream)
        self.outward.piece = memoryview(head + from_upstream)
        self.inward.hold(from_client)
        self.outward.step(None)

    def end(self, ending: Ending) -> None:
        """Close the WebSocket soon. Another thread may call this, and again if it takes long.

        The first call lets the upstream complete the frame that it has begun, so that a close frame
        can follow. A relay in the middle of a frame does not wait for long.
        """
        is_repeated = self.ending is not None
        self.ending = self.ending or ending
        if is_repeated or self.outward.frames.at_boundary:
            _interrupt(self._upstream)

    def run(self) -> None:
        """Relay until both directions have ended."""
        rounds = 0
        while not self._finished():
            moved = False
            for direction in (self.inward, self.outward):
                before = self.ending
                moved |= direction.step(before)
                if before is None and self.ending is not None:
                    # `end` may have interrupted the step, which then saw the end of its input.
                    direction.reopen()
                    moved |= direction.step(self.ending)
            if moved:
                rounds += 1
                self._active = self._clock()
                if rounds < _ROUNDS:
                    continue
            rounds = 0
            self._wait(0.0 if moved else None)

    def problem(self) -> str | None:
        """Return the problem code of the end, None if the peers closed the WebSocket."""
        if self.ending is not None:
            return self.ending.problem
        if self.inward.frames.closed or self.outward.frames.closed:
            return None
        return "caller_gone" if self._client_ended_first else "upstream_reset"

    def _finished(self) -> bool:
        """Return whether nothing is left to do."""
        inward, outward = self.inward, self.outward
        if inward.frames.is_too_large and self.ending is None:
            self.ending = Ending(1009, "the message is too large", "request_too_large")
        closed = inward.frames.closed and outward.frames.closed
        if inward.is_done or outward.is_done:
            if (inward.is_done and outward.is_done) or (
                closed and not inward.piece and not outward.piece
            ):
                return True
            if not self._has_ended_side and self.ending is None:
                self._pass_on_end()
            self._has_ended_side = True
        elif not closed and self.ending is None:
            return False
        now = self._clock()
        if self._deadline is None:
            self._deadline = now + _CLOSING_SECONDS
        return now >= self._deadline

    def _pass_on_end(self) -> None:
        """Tell the other side that its peer sends nothing more.

        It may still have the last message, or the answer to a close frame. TLS cannot close one
        direction alone, so the other one ends too, unless such an answer is to come.
        """
        direction, other = self.inward, self.outward
        if not direction.is_done:
            direction, other = other, direction
        self._client_ended_first = (direction is self.inward) != direction.broken
        if direction.broken:
            return
        if not isinstance(direction.target, ssl.SSLSocket):
            with contextlib.suppress(OSError):
                direction.target.shutdown(socket.SHUT_WR)
        elif not direction.frames.closed:
            other.ended = True

    def _wait(self, seconds: float | None) -> None:
        now = self._clock()
        if self.ending is None:
            if now >= self._end:
                self.ending = Ending(1001, "maximum duration reached", "websocket_timeout")
                return
            if now >= self._active + self._idle:
                self.ending = Ending(1001, "idle for too long", "websocket_timeout")
                return
        limit = min(self._end, self._active + self._idle) if self.ending is None else now + 1.0
        if self._deadline is not None:
            limit = min(limit, self._deadline)
        events: dict[int, int] = {}
        for direction in (self.inward, self.outward):
            for sock, event in direction.watches():
                descriptor = sock.fileno()
                if descriptor < 0:
                    direction.ended = True
                    return
                events[descriptor] = events.get(descriptor, 0) | event
        if events:
            wait(list(events.items()), max(0.0, limit - now) if seconds is None else seconds)


def _interrupt(sock: socket.socket) -> None:
    """Wake the thread that waits for a socket: its input ends.

    The descriptor's copy leaves the state of TLS alone.
    """
    try:
        copy = socket.socket(fileno=os.dup(sock.fileno()))
    except OSError:
        return
    with copy:
        try:
            copy.shutdown(socket.SHUT_RD)
        except OSError:
            return

"""One direction of a WebSocket: the bytes from one socket to the other."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable

import msgspec

from api.http.waiting import READ, WRITE
from api.websocket.frames import FrameScanner, close_frame

_PIECE = 65_536
_NOTHING = memoryview(b"")


class Ending(msgspec.Struct, frozen=True):
    """Why the proxy closes a WebSocket: a close code (RFC 6455 7.4.1), its text, and the problem
    code for the log.
    """

    code: int
    reason: str
    problem: str | None


class Direction:
    """Holds at most one piece of the bytes from `source` to `target`, both without blocking.

    `masked` is true towards the upstream, to which the proxy is a client. `ended` is true when
    nothing more is received, `broken` when the target cannot be written to. `observe` gets the
    bytes once they have been passed on, as far as the target took them at once.
    """

    __slots__ = (
        "_held",
        "_needs",
        "broken",
        "ended",
        "frames",
        "masked",
        "observe",
        "piece",
        "source",
        "target",
    )

    def __init__(
        self,
        source: socket.socket,
        target: socket.socket,
        *,
        masked: bool,
        largest: int | None = None,
    ) -> None:
        self.source = source
        self.target = target
        self.masked = masked
        self.frames = FrameScanner(largest)
        self.piece = _NOTHING
        self.ended = False
        self.broken = False
        self._needs = 0
        self.observe: Callable[[bytes], None] | None = None
        self._held = _NOTHING

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to receive or to send."""
        return self.ended and not self.piece

    def reopen(self) -> None:
        """Let a close frame follow an input that has ended, unless it cannot be sent."""
        self.ended = self.broken

    def watches(self) -> list[tuple[socket.socket, int]]:
        """Return what to wait for before the next step."""
        if self.piece:
            return [(self.target, self._needs or WRITE)]
        return [] if self.ended else [(self.source, self._needs or READ)]

    def step(self, ending: Ending | None) -> bool:
        """Send what is held, or receive and send a piece. Return False if that has to wait.

        With an `ending`, nothing is received behind the current frame, and a close frame follows.
        """
        moved = self._step(ending)
        if self._held and self.observe is not None:
            held, self._held = self._held, _NOTHING
            self.observe(bytes(held))
        return moved

    def _step(self, ending: Ending | None) -> bool:
        self._needs = 0
        if self.piece:
            return self._send()
        if self.ended:
            return False
        if ending is not None and self.frames.at_boundary:
            self.ended = True
            if not self.frames.closed:
                frame = close_frame(ending.code, ending.reason, masked=self.masked)
                self.piece = memoryview(frame)
                return self._send()
            return True
        data = self._receive()
        if data is None:
            return False
        if not data:
            self.ended = True
            return True
        self.hold(data, to_boundary=ending is not None)
        self._send()
        return True

    def hold(self, data: bytes, *, to_boundary: bool = False) -> None:
        """Take bytes of the source that are to be sent next."""
        size = self.frames.feed(data, to_boundary=to_boundary)
        self.piece = memoryview(data)[:size]
        if self.observe is not None:
            self._held = self.piece

    def _receive(self) -> bytes | None:
        """Return the next bytes, none at the end of input, None if there are none yet."""
        try:
            return self.source.recv(_PIECE)
        except (BlockingIOError, ssl.SSLWantReadError):
            return None
        except ssl.SSLWantWriteError:
            self._needs = WRITE
            return None
        except OSError:
            return b""

    def _send(self) -> bool:
        try:
            sent = self.target.send(self.piece)
        except (BlockingIOError, ssl.SSLWantWriteError):
            return False
        except ssl.SSLWantReadError:
            self._needs = READ
            return False
        except OSError:
            self.broken = self.ended = True
            self.piece = _NOTHING
            return True
        if not sent:  # A TLS socket of gevent returns 0 where others raise an error.
            return False
        self.piece = self.piece[sent:] if sent < len(self.piece) else _NOTHING
        return True

"""An upstream: an HTTP or HTTPS server on loopback that records requests and responds as a test
sets it.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from tests.support.quiet_server import QuietHandler, QuietServer


@dataclass
class Received:
    """A request as it arrived: the raw target, the header fields in order, the body."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes

    def all(self, name: str) -> list[str]:
        """Return all values of a field."""
        return [value for field, value in self.headers if field.lower() == name.lower()]

    def get(self, name: str) -> str | None:
        """Return the only value of a field, None if it is missing."""
        values = self.all(name)
        assert len(values) < 2, values
        return values[0] if values else None


@dataclass
class Answer:
    """A response. `raw` bytes replace everything else. `pieces` are sent one by one, chunked."""

    status: int = 200
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b'{"ok": true}'
    raw: bytes | None = None
    pieces: Callable[[], Iterable[bytes]] | None = None


Behaviour = Callable[[Received, socket.socket], Answer | None]


class Upstream:
    """The server. Each test uses its own `place`, a path with its own record and responses."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._places: dict[str, Place] = {}
        self._root: Place | None = None
        outer = self

        class Handler(QuietHandler):
            def parse_request(self) -> bool:
                if not super().parse_request():
                    return False
                self.command_line = self.requestline.split(" ")
                return True

            def serve(self) -> None:
                target = self.command_line[1]
                fields = list(self.headers.items())
                received = Received(self.command, target, fields, self.read_body())
                place = outer.place_of(target)
                if place is None:
                    self.send_error(599)
                    return
                answer = place.take(received, self.connection)
                if answer is None:
                    self.close_connection = True
                    return
                self._answer(answer)

            def _answer(self, answer: Answer) -> None:
                if answer.raw is not None:
                    self.wfile.write(answer.raw)
                    self.close_connection = True
                    return
                self.send_response_only(answer.status)
                for name, value in answer.headers:
                    self.send_header(name, value)
                names = {name.lower() for name, _ in answer.headers}
                if answer.pieces is not None:
                    self.send_header("Transfer-Encoding", "chunked")
                    self.end_headers()
                    for piece in answer.pieces():
                        self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
                        self.wfile.flush()
                    self.wfile.write(b"0\r\n\r\n")
                    return
                if "content-length" not in names and answer.status not in (204, 304):
                    self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                if self.command != "HEAD" and answer.status not in (204, 304):
                    self.wfile.write(answer.body)

        self._server = QuietServer(("127.0.0.1", 0), Handler)
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.scheme = "https" if tls is not None else "http"
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def place(self, name: str, host: str = "127.0.0.1") -> Place:
        """Create a place."""
        place = Place(f"{self.scheme}://{host}:{self.port}/{name}", name)
        self._places[name] = place
        return place

    def root(self, host: str = "127.0.0.1") -> Place:
        """Make the whole server one place, for clients that accept no path."""
        self._root = Place(f"{self.scheme}://{host}:{self.port}", "")
        return self._root

    def place_of(self, target: str) -> Place | None:
        """Return the place of a target."""
        if self._root is not None:
            return self._root
        return self._places.get(target.split("/")[1].split("?")[0]) if "/" in target else None

    def close(self) -> None:
        """Stop the server."""
        self._server.shutdown()
        self._server.server_close()


class Place:
    """A test's path on the upstream. Set `behaviour` to respond with something other than 200."""

    def __init__(self, url: str, name: str) -> None:
        self.url = url
        self.name = name
        self.received: list[Received] = []
        self.behaviour: Behaviour = lambda _received, _socket: Answer()
        self._lock = threading.Lock()

    def take(self, received: Received, connection: socket.socket) -> Answer | None:
        """Record a request and return its response."""
        with self._lock:
            self.received.append(received)
        return self.behaviour(received, connection)

    def answer(self, answer: Answer) -> None:
        """Respond to every request with `answer`."""
        self.behaviour = lambda _received, _socket: answer

    @property
    def last(self) -> Received:
        """The latest request."""
        return self.received[-1]

    def path(self, received: Received | None = None) -> str:
        """Return the target without the place's path."""
        target = (received or self.last).target
        return target.removeprefix(f"/{self.name}") if self.name else target

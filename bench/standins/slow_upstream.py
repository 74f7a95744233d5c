"""An upstream API whose responses hang, drip, are large or never end, for thousands of calls.

Run as `python -m bench.standins.slow_upstream PORT`. The last segment of a request's path selects a
behaviour of `Connection`. `GET /counts` returns how many requests each one has received and how
many connections are in it now. It runs in one process and thread, so it needs little CPU time.
"""

from __future__ import annotations

import asyncio
import collections
import contextlib
import http.client
import json
import resource
import socket
import struct
import sys
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import wsproto
from wsproto.events import AcceptConnection, Message, Ping, Request

from bench.environment import ROOT
from bench.processes import LOOPBACK, clean_environment, free_port, running

PIECE = b'data: {"choices":[{"index":0,"delta":{"content":" rainy"},"finish_reason":null}]}\n\n'
STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
)
_BLOCK = b"x" * 65_536
_SEND_BUFFER = 65_536
_DRIP_SECONDS = 0.01

received: collections.Counter[str] = collections.Counter()
in_use: collections.Counter[str] = collections.Counter()


def chunk(data: bytes) -> bytes:
    """Return `data` as one chunk of the chunked coding."""
    return b"%x\r\n%b\r\n" % (len(data), data)


class Connection(asyncio.Protocol):
    """A connection of the proxy. `behaviour` is that of its current request."""

    transport: asyncio.Transport

    def __init__(self) -> None:
        self.buffer = b""
        self.behaviour = ""
        self.query: dict[str, str] = {}
        self.missing: int | None = 0
        self.body = 0
        self.left = 0
        self.paused = False
        self.socket: wsproto.WSConnection | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        sock = transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.behaviour:
            self.end()

    def pause_writing(self) -> None:
        self.paused = True

    def resume_writing(self) -> None:
        self.paused = False
        if self.behaviour == "large":
            self.send_large()

    def data_received(self, data: bytes) -> None:
        if self.socket is not None:
            self.receive_frames(self.socket, data)
            return
        self.buffer += data
        while self.buffer and self.socket is None:
            if self.behaviour == "":
                head, end, rest = self.buffer.partition(b"\r\n\r\n")
                if not end:
                    return
                self.begin(head + end, rest)
            elif not self.read_body():
                return

    def begin(self, head: bytes, rest: bytes) -> None:
        """Note a request's head, and act if the behaviour does not wait for the body."""
        target = urlsplit(head.split(b" ", 2)[1].decode())
        self.behaviour = target.path.rpartition("/")[2]
        self.query = dict(parse_qsl(target.query))
        received[self.behaviour] += 1
        in_use[self.behaviour] += 1
        fields = {
            line.partition(b":")[0].lower(): line.partition(b":")[2].strip()
            for line in head.split(b"\r\n")[1:-2]
        }
        self.buffer = rest
        self.body = 0
        self.missing = int(fields.get(b"content-length", b"0"))
        if b"chunked" in fields.get(b"transfer-encoding", b""):
            self.missing = None
        if b"upgrade" in fields:
            self.socket = wsproto.WSConnection(wsproto.ConnectionType.SERVER)
            self.receive_frames(self.socket, head + rest)
        elif self.behaviour == "deaf":
            self.transport.pause_reading()
        elif not self.missing and self.missing is not None:
            self.act()

    def read_body(self) -> bool:
        """Take body bytes from the buffer. Returns False if more must arrive first."""
        if self.missing == 0:
            return False  # a request behind a response that has not ended
        if self.missing is None:
            size, end, rest = self.buffer.partition(b"\r\n")
            if not end or len(rest) < int(size, 16) + 2:
                return False
            self.body += int(size, 16)
            self.buffer = rest[int(size, 16) + 2 :]
            if int(size, 16) == 0:
                self.missing = 0
        else:
            taken = min(len(self.buffer), self.missing)
            self.buffer = self.buffer[taken:]
            self.body += taken
            self.missing -= taken
        if self.missing == 0:
            self.act()
        return True

    def act(self) -> None:
        """Respond to the complete request."""
        acts: dict[str, Callable[[], None]] = {
            "hang": lambda: None,
            "stream": self.begin_stream,
            "drip": self.begin_drip,
            "large": self.begin_large,
            "counts": self.send_counts,
            "reset": self.reset,
            "reset-in-head": lambda: self.send_and_reset(b"HTTP/1.1 200 OK\r\nX-Half: "),
            "reset-in-body": lambda: self.send_and_reset(STREAM_HEAD + chunk(PIECE)),
            "close": self.transport.close,
        }
        acts.get(self.behaviour, self.send_receipt)()

    def send_receipt(self) -> None:
        """Respond with the size of the request's body."""
        self.respond({"id": "slow-upstream", "received_bytes": self.body})

    def send_counts(self) -> None:
        """Respond with the counts of the module's docstring."""
        self.respond({"received": received, "in_use": {k: v for k, v in in_use.items() if k}})

    def respond(self, content: Any) -> None:
        """Send a JSON response and wait for the next request."""
        body = json.dumps(content).encode()
        self.transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
            % (len(body), body)
        )
        self.end()

    def end(self) -> None:
        """End the current request, and begin the next one if it has arrived."""
        in_use[self.behaviour] -= 1
        self.behaviour = ""
        if self.buffer:
            asyncio.get_running_loop().call_soon(self.data_received, b"")

    def begin_stream(self) -> None:
        """Send `pieces` server-sent events (default: without end), one `every` 2 seconds."""
        self.left = int(self.query.get("pieces", "-1"))
        self.transport.write(STREAM_HEAD)
        self.send_piece()

    def send_piece(self) -> None:
        """Send the next event of a stream."""
        if self.transport.is_closing():
            return
        if self.left == 0:
            self.transport.write(b"0\r\n\r\n")
            self.end()
            return
        self.left -= 1
        self.transport.write(chunk(PIECE))
        self.later(float(self.query.get("every", "2")), self.send_piece)

    def begin_drip(self) -> None:
        """Send `pieces` bytes (default 100), one every hundredth of a second."""
        self.left = int(self.query.get("pieces", "100"))
        self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % self.left)
        self.drip()

    def drip(self) -> None:
        """Send the next byte."""
        if self.transport.is_closing():
            return
        if self.left == 0:
            self.end()
            return
        self.left -= 1
        self.transport.write(b"x")
        self.later(_DRIP_SECONDS, self.drip)

    def begin_large(self) -> None:
        """Send a response of `bytes` bytes (default 100 MB)."""
        self.left = int(self.query.get("bytes", "100000000"))
        self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % self.left)
        self.send_large()

    def send_large(self) -> None:
        """Send until the proxy reads no more."""
        while self.left and not self.paused and not self.transport.is_closing():
            block = _BLOCK[: self.left]
            self.left -= len(block)
            self.transport.write(block)
        if not self.left and self.behaviour:
            self.end()

    def send_and_reset(self, data: bytes) -> None:
        """Send `data`, then reset the connection when they have left."""
        self.transport.write(data)
        self.later(_DRIP_SECONDS, self.reset)

    def reset(self) -> None:
        """End the connection with RST."""
        sock = self.transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        """Call `act` in `seconds` seconds."""
        asyncio.get_running_loop().call_later(seconds, act)

    def receive_frames(self, relay: wsproto.WSConnection, data: bytes) -> None:
        """Accept a WebSocket, and send every message and ping back."""
        relay.receive_data(data)
        for event in relay.events():
            if isinstance(event, Request):
                answer = relay.send(AcceptConnection())
            elif isinstance(event, Message):
                answer = relay.send(Message(data=event.data, message_finished=True))
            elif isinstance(event, Ping):
                answer = relay.send(event.response())
            else:
                self.transport.close()
                return
            self.transport.write(answer)


@contextlib.contextmanager
def slow_upstream() -> Iterator[int]:
    """Run the upstream. Yields its port."""
    port = free_port()
    command = [sys.executable, "-m", "bench.standins.slow_upstream", str(port)]
    with running(command, port, clean_environment(), ROOT):
        yield port


def counts(port: int) -> tuple[dict[str, int], dict[str, int]]:
    """Return how many requests each behaviour has received, and how many are in it now."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=30)
    with contextlib.closing(connection):
        connection.request("GET", "/counts")
        found = json.load(connection.getresponse())
    return found["received"], found["in_use"]


def raise_file_limit() -> None:
    """Let this process open as many files as it may."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


async def _serve(port: int) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Connection, LOOPBACK, port, backlog=4096)
    await server.serve_forever()


if __name__ == "__main__":
    raise_file_limit()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(int(sys.argv[1])))

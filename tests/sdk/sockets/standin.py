"""WebSocket servers on loopback that stand in for providers: one over TCP, one over TLS."""

from __future__ import annotations

import http
import json
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame
from websockets.http11 import Request, Response
from websockets.sync.server import Server, ServerConnection, serve
from websockets.typing import Subprotocol


@dataclass
class Opened:
    """A request as it arrived, and the frames of its connection in order: opcode, whether it ends
    the message, and the payload without mask and compression."""

    target: str
    headers: list[tuple[str, str]]
    frames: list[tuple[int, bool, bytes]] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def get(self, name: str) -> str | None:
        """Return the only value of a field, None if it is missing."""
        values = [value for field, value in self.headers if field.lower() == name.lower()]
        assert len(values) < 2, values
        return values[0] if values else None

    @property
    def query(self) -> dict[str, str]:
        """The query parameters."""
        parsed = parse_qs(urlsplit(self.target).query, keep_blank_values=True)
        assert all(len(values) == 1 for values in parsed.values()), parsed
        return {name: values[0] for name, values in parsed.items()}

    @property
    def subprotocols(self) -> list[str]:
        """The subprotocols that the client offers, in its order."""
        value = self.get("Sec-WebSocket-Protocol")
        return [item.strip() for item in value.split(",")] if value else []

    @property
    def text(self) -> str:
        """Everything that arrived, to look for credentials."""
        return f"{self.target}\n{self.headers}\n{self.frames}"


class Channel:
    """A provider's end of a connection. Messages are JSON documents, binary ones are bytes."""

    def __init__(self, connection: ServerConnection) -> None:
        self._connection = connection

    def receive(self) -> Any:
        """Wait for a message and return it, JSON as a document."""
        message = self._connection.recv(timeout=20)
        return json.loads(message) if isinstance(message, str) else message

    def send(self, document: object, binary: bool = False) -> None:
        """Send a JSON document, as a text or binary message."""
        text = json.dumps(document, ensure_ascii=False)
        self._connection.send(text.encode() if binary else text)

    def send_bytes(self, data: bytes) -> None:
        """Send a binary message."""
        self._connection.send(data)

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Close the connection."""
        self._connection.close(code, reason)


class SocketProvider:
    """A provider. `slug` is its name in the catalogue and the first segment of its paths here."""

    slug: str
    secret: str

    def knows(self, opened: Opened) -> bool:
        """Return whether the key is where the provider takes it."""
        raise NotImplementedError

    def serves(self, path: str) -> bool:
        """Return whether the provider has a WebSocket at a path."""
        raise NotImplementedError

    def subprotocol(self, offered: list[str]) -> str | None:
        """Return the subprotocol that the provider chooses."""
        return None

    def document(self, path: str, origin: str) -> object | None:
        """Return the response to a plain GET, None if there is none. `origin` is ws or wss."""
        return None

    def speak(self, channel: Channel, opened: Opened) -> None:
        """Speak the provider's protocol until the end of the connection."""
        raise NotImplementedError


class SocketUpstream:
    """The servers of all providers, which record what they receive."""

    def __init__(self, providers: Mapping[str, SocketProvider], tls: ssl.SSLContext) -> None:
        self._providers = providers
        self._lock = threading.Lock()
        self._opened: list[Opened] = []
        self._servers = {"http": self._serve(None), "https": self._serve(tls)}
        self.ports = {
            scheme: int(server.socket.getsockname()[1]) for scheme, server in self._servers.items()
        }
        for server in self._servers.values():
            threading.Thread(target=server.serve_forever, daemon=True).start()

    def url(self, slug: str, scheme: str = "http") -> str:
        """Return a provider's base URL."""
        return f"{scheme}://127.0.0.1:{self.ports[scheme]}/{slug}"

    def taken(self) -> list[Opened]:
        """Return what arrived since the last call, after all connections have ended."""
        with self._lock:
            opened, self._opened = self._opened, []
        assert all(one.ended.wait(20) for one in opened)
        return opened

    def close(self) -> None:
        """Stop the servers."""
        for server in self._servers.values():
            server.shutdown()

    def _serve(self, tls: ssl.SSLContext | None) -> Server:
        return serve(
            self._speak,
            "127.0.0.1",
            0,
            ssl=tls,
            create_connection=_Recording,
            process_request=self._answer,
            select_subprotocol=self._select,
            server_header=None,
        )

    def _answer(self, connection: ServerConnection, request: Request) -> Response | None:
        """Record a request. Return a response if it is refused, or opens no WebSocket."""
        assert isinstance(connection, _Recording)
        opened = connection.opened
        opened.target = request.path
        opened.headers = list(request.headers.raw_items())
        with self._lock:
            self._opened.append(opened)
        response = self._response(connection, opened)
        if response is not None:
            opened.ended.set()
        return response

    def _response(self, connection: _Recording, opened: Opened) -> Response | None:
        provider, path = self._provider(opened)
        if not provider.knows(opened):
            return _json(http.HTTPStatus.UNAUTHORIZED, {"error": {"message": "Incorrect API key"}})
        if (opened.get("Upgrade") or "").lower() == "websocket" and provider.serves(path):
            return None
        scheme = "wss" if connection.port == self.ports["https"] else "ws"
        document = provider.document(path, f"{scheme}://127.0.0.1:{connection.port}")
        if document is None:
            return _json(http.HTTPStatus.NOT_FOUND, {"error": {"message": "Not found"}})
        return _json(http.HTTPStatus.OK, document)

    def _select(self, connection: ServerConnection, offered: Any) -> Subprotocol | None:
        assert isinstance(connection, _Recording)
        provider, _ = self._provider(connection.opened)
        chosen = provider.subprotocol([str(name) for name in offered])
        return None if chosen is None else Subprotocol(chosen)

    def _speak(self, connection: ServerConnection) -> None:
        assert isinstance(connection, _Recording)
        provider, _ = self._provider(connection.opened)
        try:
            with connection:
                provider.speak(Channel(connection), connection.opened)
        except ConnectionClosed:
            pass
        finally:
            connection.opened.ended.set()

    def _provider(self, opened: Opened) -> tuple[SocketProvider, str]:
        slug, _, path = opened.target.partition("?")[0].removeprefix("/").partition("/")
        return self._providers[slug], f"/{path}"


class _Recording(ServerConnection):
    """A connection that records the frames that it receives."""

    def __init__(self, socket: Any, protocol: Any, *arguments: Any, **options: Any) -> None:
        self.opened = Opened("", [])
        self.port: int = socket.getsockname()[1]
        receive = protocol.recv_frame

        def record(frame: Frame) -> None:
            self.opened.frames.append((int(frame.opcode), frame.fin, bytes(frame.data)))
            receive(frame)

        protocol.recv_frame = record
        super().__init__(socket, protocol, *arguments, **options)


def _json(status: http.HTTPStatus, document: object) -> Response:
    body = json.dumps(document).encode()
    fields = Headers(
        {
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "Connection": "close",
        }
    )
    return Response(status.value, status.phrase, fields, body)

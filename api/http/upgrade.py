"""Hand a client's connection over to another protocol than HTTP."""

from __future__ import annotations

import socket
from collections.abc import Iterator


class Upgrade:
    """What an app returns instead of a response to take over the client's connection.

    It is an iterator without bytes. The app has not called `start_response`. The server calls
    `run`, lets the client read what was sent, and then closes the connection.
    """

    def run(self, sock: socket.socket, received: bytes) -> None:
        """Use the connection until it ends.

        `sock` is the client's socket, in blocking mode. `received` are the bytes that have arrived
        behind the head of the request.
        """
        raise NotImplementedError

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        raise StopIteration

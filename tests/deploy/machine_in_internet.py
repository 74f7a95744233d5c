"""`python -m api` that reaches the servers of tests/deploy/internet.py, as functions do.

It checks the public addresses that names resolve to, as always; only the connection to one leads to
a port of this machine.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from typing import Any

from api.cli.main import main
from api.http import pool
from api.upstream import resolver


class _Sockets:
    """The module `socket` with other names and routes. It finds what the server has replaced."""

    def __init__(self, names: dict[str, str], routes: dict[str, int]) -> None:
        self._names = names
        self._routes = routes

    def __getattr__(self, name: str) -> Any:
        return getattr(socket, name)

    def getaddrinfo(self, host: str, *arguments: Any) -> Any:
        return socket.getaddrinfo(self._names.get(host, host), *arguments)

    def create_connection(self, address: tuple[str, int], timeout: float) -> socket.socket:
        local = self._routes.get(f"{address[0]}:{address[1]}")
        place = address if local is None else ("127.0.0.1", local)
        return socket.create_connection(place, timeout=timeout)


if __name__ == "__main__":
    _world = json.loads(os.environ["REHEARSAL_INTERNET"])
    _sockets = _Sockets(_world["names"], _world["routes"])
    resolver.socket = pool.socket = _sockets  # type: ignore[assignment,attr-defined]
    sys.exit(main())

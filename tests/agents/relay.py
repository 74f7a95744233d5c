"""A relay from a Unix socket, which every network namespace reaches, to a port on loopback."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from pathlib import Path


class UnixRelay:
    """Accepts connections at `path` and connects each to a port of this machine's loopback."""

    def __init__(self, path: Path, port: int) -> None:
        self.path = path
        self._port = port
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen(128)
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Accept no more connections."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        os.unlink(self.path)

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self._port))
            except OSError:
                near.close()
                continue
            join(near, far)


def join(one: socket.socket, other: socket.socket) -> None:
    """Forward what each of two connections receives to the other, and close both at the end."""

    def work() -> None:
        with one, other:
            back = threading.Thread(target=_forward, args=(other, one), daemon=True)
            back.start()
            _forward(one, other)
            back.join()

    threading.Thread(target=work, daemon=True).start()


def _forward(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65_536):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)

"""Helpers: a test app in a server process, raw HTTP on a socket, free ports."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
STANDIN = Path(__file__).with_name("standin.py")


def free_port() -> int:
    """Return a free loopback port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def until(condition: Callable[[], Any], timeout: float = 20.0) -> Any:
    """Wait for a true value of `condition` and return it. Fails after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, "the condition was not met in time"
        time.sleep(0.01)


def runs(pid: int) -> bool:
    """Return whether the process exists and is not a zombie."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    try:
        return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


class ServerProcess:
    """A running server process with the test app."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process = process
        self.port = port

    def get(self, path: str = "/") -> dict[str, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("GET", path)
            content: dict[str, Any] = json.load(connection.getresponse())
            return content
        finally:
            connection.close()

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def exchange(self, request: bytes) -> list[tuple[int, bytes]]:
        """Send raw bytes, close the sending side, and return (status, body) of all responses."""
        with self.connect() as client:
            with contextlib.suppress(OSError):
                client.sendall(request)
                client.shutdown(socket.SHUT_WR)
            return responses(client)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(how)
        return self.process.wait(40)


def responses(client: socket.socket) -> list[tuple[int, bytes]]:
    """Return the (status, body) of every response until the server closes."""
    found = []
    with client.makefile("rb") as stream:
        while line := stream.readline():
            length = 0
            while (field := stream.readline()) not in (b"\r\n", b""):
                if field.lower().startswith(b"content-length:"):
                    length = int(field.split(b":")[1])
            found.append((int(line.split()[1]), stream.read(length)))
    return found


def launch(**options: Any) -> subprocess.Popen[str]:
    """Start the server process with settings."""
    return subprocess.Popen(
        [sys.executable, str(STANDIN), json.dumps(options)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextlib.contextmanager
def product(**options: Any) -> Iterator[ServerProcess]:
    """Yield the server process when it listens. Kill it at the end if it still runs."""
    port = options.setdefault("port", free_port())
    process = launch(**options)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise AssertionError(process.communicate()[1])
        scheme = "https" if "tls_key" in options else "http"
        assert line == f"API Dashboard listens on {scheme}://127.0.0.1:{port}\n"
        yield ServerProcess(process, port)
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()

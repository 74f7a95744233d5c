"""A proxy between a function and DynamoDB that records the time and units of every call."""

from __future__ import annotations

import contextlib
import dataclasses
import http.client
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from bench.processes import LOOPBACK

# The minimum duration of a call in seconds, so that concurrent calls overlap.
HOLD = 0.02

_READS = ("GetItem", "BatchGetItem", "TransactGetItems", "Query")


@dataclasses.dataclass(frozen=True)
class Call:
    """A call: operation, begin and end in seconds, capacity units."""

    operation: str
    begin: float
    end: float
    units: float

    @property
    def reads(self) -> bool:
        """Whether the units are read units."""
        return self.operation in _READS


@dataclasses.dataclass
class Recorder:
    """The calls since `clear()`."""

    url: str
    calls: list[Call] = dataclasses.field(default_factory=list)

    def clear(self) -> None:
        """Forget all calls."""
        self.calls = []

    def trips(self) -> int:
        """Return the length of the longest chain of calls in which each begins after the last."""
        count, end = 0, 0.0
        for call in sorted(self.calls, key=lambda call: call.end):
            if call.begin >= end:
                count, end = count + 1, call.end
        return count

    def units(self, reads: bool) -> float:
        """Return the read or write capacity units of all calls."""
        return sum(call.units for call in self.calls if call.reads == reads)


@contextlib.contextmanager
def recording(dynamodb_url: str) -> Iterator[Recorder]:
    """Run a recorder in front of the DynamoDB at `dynamodb_url`."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            begin = time.monotonic()
            operation = self.headers["X-Amz-Target"].rpartition(".")[2]
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            request["ReturnConsumedCapacity"] = "TOTAL"
            status, answer = _pass_on(dynamodb_url, dict(self.headers), request)
            consumed = answer.get("ConsumedCapacity", [])
            parts = consumed if isinstance(consumed, list) else [consumed]
            time.sleep(max(0.0, begin + HOLD - time.monotonic()))
            units = sum(part["CapacityUnits"] for part in parts)
            recorder.calls.append(Call(operation, begin, time.monotonic(), units))
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.0")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: Any) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
    server.daemon_threads = True
    recorder = Recorder(f"http://{LOOPBACK}:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield recorder
    finally:
        server.shutdown()
        server.server_close()


def _pass_on(
    url: str, headers: dict[str, str], request: dict[str, Any]
) -> tuple[int, dict[str, Any]]:
    kept = {
        name: value
        for name, value in headers.items()
        if name.lower() in ("authorization", "content-type", "x-amz-date", "x-amz-target")
    }
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    with contextlib.closing(connection):
        connection.request("POST", "/", json.dumps(request), kept)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read() or b"{}")

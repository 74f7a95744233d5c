"""Real DynamoDB engines for tests, each a process or server on a loopback port."""

from __future__ import annotations

import contextlib
import http.client
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from api.aws.json_client import JsonClient
from api.aws.sigv4 import Credentials
from api.http.pool import ConnectionPool, TlsContexts
from api.local.bootstrap import CACHE
from api.local.database.binary import ensure_binary
from api.secret import Secret
from api.storage.schema import ensure_table
from api.storage.table import Table
from tests.support.ports import free_port

DYNAMODB_LOCAL = os.environ.get("DYNAMODB_LOCAL_URL", "")


@contextlib.contextmanager
def dynoxide(data: Path | None = None) -> Iterator[str]:
    """Run the embedded database's engine, in memory unless `data` names a file."""
    port = free_port()
    command = [str(ensure_binary(CACHE)), "serve", "--host", "127.0.0.1", "--port", str(port)]
    if data is not None:
        command += ["--db-path", str(data)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


@contextlib.contextmanager
def moto() -> Iterator[str]:
    """Run moto's engine. Its operations are not atomic between threads, so they run one by one."""
    # Imported only where it is needed, because it takes a second.
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

    class Quiet(WSGIRequestHandler):
        protocol_version = "HTTP/1.1"

        def log(self, *_: object) -> None:
            pass

    inner = DomainDispatcherApplication(create_backend_app)
    turn = threading.Lock()

    def one_by_one(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        with turn:
            return list(inner(environ, start_response))

    server = ThreadedWSGIServer("127.0.0.1", 0, one_by_one, Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


ENGINES: dict[str, Callable[[], AbstractContextManager[str]]] = {"dynoxide": dynoxide, "moto": moto}
if DYNAMODB_LOCAL:
    ENGINES["dynamodb-local"] = lambda: contextlib.nullcontext(DYNAMODB_LOCAL)


def report_header() -> str:
    """Return the engines of the storage tests for the test report."""
    if DYNAMODB_LOCAL:
        return f"storage engines: {', '.join(ENGINES)}"
    return f"storage engines: {', '.join(ENGINES)} (DynamoDB Local: DYNAMODB_LOCAL_URL is not set)"


def wait_for(port: int, patience: float = 15.0) -> None:
    """Wait until something responds to HTTP on a port."""
    end = time.monotonic() + patience
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        try:
            connection.request("GET", "/")
            connection.getresponse().read()
            return
        except OSError:
            assert time.monotonic() < end, "nothing answers"
            time.sleep(0.01)
        finally:
            connection.close()


def new_table(endpoint: str, name: str) -> Table:
    """Create a table at an endpoint."""
    client = JsonClient(
        ConnectionPool(TlsContexts()),
        Credentials("test", Secret("test")),
        service="dynamodb",
        region="us-east-2",
        endpoint=endpoint,
        target="DynamoDB_20120810",
        content_type="application/x-amz-json-1.0",
        patience=30.0,
    )
    table = Table(client, name)
    ensure_table(table)
    return table

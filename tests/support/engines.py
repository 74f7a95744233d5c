"""Real DynamoDB engines for tests, each a process or server on a loopback port."""

from __future__ import annotations

import contextlib
import http.client
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from api.aws.json_client import JsonClient
from api.aws.sigv4 import Credentials
from api.http.pool import ConnectionPool, TlsContexts
from api.local.installation import find_binary
from api.secret import Secret
from api.storage.schema import ensure_table
from api.storage.table import Table
from tests.support.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
DYNAMODB_LOCAL = os.environ.get("DYNAMODB_LOCAL_URL", "")


@contextlib.contextmanager
def dynoxide(data: Path | None = None) -> Iterator[str]:
    """Run the embedded database's engine, in memory unless `data` names a file."""
    port = free_port()
    command = [str(find_binary()), "serve", "--host", "127.0.0.1", "--port", str(port)]
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
    """Run moto's engine in a process of its own."""
    command = [sys.executable, "-m", "tests.support.moto_server"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


ENGINES: dict[str, Callable[[], AbstractContextManager[str]]] = {"dynoxide": dynoxide, "moto": moto}
if DYNAMODB_LOCAL:
    ENGINES["dynamodb-local"] = lambda: contextlib.nullcontext(DYNAMODB_LOCAL)


def report_header() -> str:
    """Return the engines of the storage tests for the test report."""
    if DYNAMODB_LOCAL:
        return f"storage engines: {', '.join(ENGINES)}"
    return f"storage engines: {', '.join(ENGINES)} (DynamoDB Local: DYNAMODB_LOCAL_URL is not set)"


def wait_for(port: int, patience: float = 60.0) -> None:
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


def patient_client(endpoint: str, service: str, target: str, version: str) -> JsonClient:
    """Return a client of an emulated service, whose first call can take long on a slow machine."""
    return JsonClient(
        ConnectionPool(TlsContexts()),
        Credentials("test", Secret("test")),
        service=service,
        region="us-east-2",
        endpoint=endpoint,
        target=target,
        content_type=f"application/x-amz-json-{version}",
        patience=120.0,
    )


def new_table(endpoint: str, name: str) -> Table:
    """Create a table at an endpoint."""
    table = Table(patient_client(endpoint, "dynamodb", "DynamoDB_20120810", "1.0"), name)
    ensure_table(table)
    return table

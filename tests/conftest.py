"""Fixtures of all tests: a database engine, upstreams, and the product as server and function."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from cryptography.fernet import Fernet

from api import logs
from api.aws_lambda.handler import handle
from api.settings import read_settings
from api.storage.table import Table
from api.wiring import build_app
from api.wsgi import App
from tests.deploy.engines import engine_name
from tests.support.accounts import Account
from tests.support.cheap_hashes import LEAST_COST, hash_cost
from tests.support.clients import Client, HttpClient, LambdaClient
from tests.support.engines import dynoxide, new_table, report_header, wait_for
from tests.support.ports import free_port
from tests.support.runtime_emulator import emulator_name
from tests.support.upstream import Place, Upstream

ROOT = Path(__file__).resolve().parent.parent

# Before the first test that imports them, which is not one of tests/sdk.
pytest.register_assert_rewrite("tests.sdk.matrix", "tests.sdk.wire")

_shared_tables: list[Table] = []

# A job in the background of a script, or under nohup, ignores these signals, and so would the
# programs that tests start and then stop with them.
for _signal, _handler in (
    (signal.SIGINT, signal.default_int_handler),
    (signal.SIGQUIT, signal.SIG_DFL),
    (signal.SIGHUP, signal.SIG_DFL),
):
    if signal.getsignal(_signal) is signal.SIG_IGN:
        signal.signal(_signal, _handler)


def pytest_report_header() -> list[str]:
    """Return the engines of this run for the test report."""
    return [
        report_header(),
        f"deployed stacks: on {engine_name()}",
        f"Runtime Interface Emulator: {emulator_name()}",
    ]


@pytest.fixture(scope="session", autouse=True)
def least_hash_cost() -> Iterator[None]:
    """Hash passwords in this process at the least cost."""
    with hash_cost(LEAST_COST):
        yield


@pytest.fixture(scope="session")
def database() -> Iterator[str]:
    """The endpoint of a DynamoDB engine in memory."""
    with dynoxide() as endpoint:
        yield endpoint


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[trustme.CA, Path]:
    """A certificate authority and the file with its certificate."""
    authority = trustme.CA()
    path = tmp_path_factory.mktemp("tls") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return authority, path


@pytest.fixture(scope="session")
def upstream_server() -> Iterator[Upstream]:
    """An HTTP upstream."""
    upstream = Upstream()
    yield upstream
    upstream.close()


@pytest.fixture(scope="session")
def tls_upstream_server(authority: tuple[trustme.CA, Path]) -> Iterator[Upstream]:
    """An HTTPS upstream with a certificate for localhost."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority[0].issue_cert("localhost").configure_cert(context)
    upstream = Upstream(context)
    yield upstream
    upstream.close()


@pytest.fixture(scope="session")
def closed_port() -> Iterator[int]:
    """A port that nothing listens on, and that no other program gets meanwhile."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


@pytest.fixture(autouse=True)
def no_log_stream_is_left() -> Iterator[None]:
    """Log through the logging module again after a test that ran a command in this process."""
    yield
    logs._stream = None


@pytest.fixture(scope="module", autouse=True)
def attempts_of_one_module_count_for_no_other() -> Iterator[None]:
    """Reset the throttles: all tests sign up from one IP, which is limited to 600 in 15 minutes."""
    yield
    day = int(time.time()) // 86_400 * 86_400
    for table in _shared_tables:
        for partition in (f"THROTTLE#{day}", f"THROTTLE#{day - 86_400}"):
            counters = table.query_all(partition)
            table.delete_keys([(partition, counter["SK"]) for counter in counters])


@pytest.fixture(scope="session")
def environment(
    database: str,
    upstream_server: Upstream,
    tls_upstream_server: Upstream,
    authority: tuple[trustme.CA, Path],
    closed_port: int,
) -> dict[str, str]:
    """The settings of the product under test."""
    return {
        "API_DASHBOARD_HOST": "127.0.0.1",
        "API_DASHBOARD_WORKERS": "2",
        "API_DASHBOARD_UPSTREAM_TIMEOUT": "3",
        "API_DASHBOARD_MAX_REQUEST_BYTES": "8000000",
        "API_DASHBOARD_CA_FILE": str(authority[1]),
        "API_DASHBOARD_ALLOWED_UPSTREAMS": f"127.0.0.1:{upstream_server.port},"
        f"localhost:{tls_upstream_server.port},127.0.0.1:{tls_upstream_server.port},"
        f"127.0.0.1:{closed_port}",
        **_a_table(database),
        "JWT_SECRET_KEY": secrets.token_hex(32),
        "FERNET_KEYS": Fernet.generate_key().decode(),
    }


@pytest.fixture(scope="session")
def separate(environment: dict[str, str]) -> dict[str, str]:
    """The same settings with another table, for a second product with its own settings.

    Two products on one table would share the due checks.
    """
    return {**environment, **_a_table(environment["AWS_ENDPOINT_URL_DYNAMODB"])}


def _a_table(database: str) -> dict[str, str]:
    """Create a table and return the settings that name it."""
    name = f"test-{secrets.token_hex(4)}"
    _shared_tables.append(new_table(database, name))
    return {"DYNAMODB_TABLE": name, "AWS_ENDPOINT_URL_DYNAMODB": database}


@pytest.fixture(scope="session")
def server(
    environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[HttpClient]:
    """A client of the product's server."""
    with running(environment, tmp_path_factory.mktemp("server")) as client:
        yield client


@contextlib.contextmanager
def running(environment: dict[str, str], folder: Path) -> Iterator[HttpClient]:
    """Run the product with these settings and cheap password hashes. Its log is `folder`/log."""
    with launched(environment, folder) as (client, process):
        try:
            yield client
        finally:
            process.terminate()
            process.wait(40)


@contextlib.contextmanager
def launched(
    environment: dict[str, str], folder: Path
) -> Iterator[tuple[HttpClient, subprocess.Popen[bytes]]]:
    """Run the product as `running` does, and yield its process too, which is killed at the end."""
    port = free_port()
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.cheap_hashes"],
            cwd=ROOT,
            env={
                "PATH": os.environ["PATH"],
                "API_DASHBOARD_DATA": str(folder / "data"),
                **environment,
                "API_DASHBOARD_PORT": str(port),
            },
            stdout=log,
            stderr=log,
        )
        try:
            wait_for(port)
            client = HttpClient(port)
            client.log = folder / "log"
            yield client, process
        finally:
            process.kill()
            process.wait(40)


@pytest.fixture(scope="session")
def app(environment: dict[str, str]) -> App:
    """The application in this process."""
    return build_app(read_settings(environment))


@pytest.fixture(scope="session")
def function(app: App) -> LambdaClient:
    """A client of the function's handler."""

    def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
        return handle(app, event, context)

    return LambdaClient(handler)


@pytest.fixture(params=["server", "function"])
def client(request: pytest.FixtureRequest) -> Client:
    """A client: tests that use it run once with the server and once with the function."""
    client: Client = request.getfixturevalue(request.param)
    return client


@pytest.fixture
def account(client: Client) -> Account:
    """A new user."""
    return Account(client)


@pytest.fixture
def place(upstream_server: Upstream) -> Place:
    """A new place on the HTTP upstream."""
    return upstream_server.place(secrets.token_hex(6))


@pytest.fixture
def tls_place(tls_upstream_server: Upstream) -> Place:
    """A new place on the HTTPS upstream."""
    return tls_upstream_server.place(secrets.token_hex(6), "localhost")

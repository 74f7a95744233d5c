"""Fixtures of all tests: a real database engine, real upstreams, and the product with its two test
clients, server and lambda.
"""

from __future__ import annotations

import contextlib
import os
import secrets
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

from api.aws_lambda.handler import handle
from api.settings import read_settings
from api.storage.table import Table
from api.wiring import build_app
from api.wsgi import App
from tests.deploy.engines import engine_name
from tests.support.accounts import Account
from tests.support.clients import Client, HttpClient, LambdaClient
from tests.support.engines import dynoxide, new_table, report_header, wait_for
from tests.support.ports import free_port
from tests.support.upstream import Place, Upstream

ROOT = Path(__file__).resolve().parent.parent

_shared_tables: list[Table] = []


def pytest_report_header() -> list[str]:
    """What this run covers beyond what its tests' names say."""
    return [report_header(), f"deployed stacks: on {engine_name()}"]


@pytest.fixture(scope="session")
def database() -> Iterator[str]:
    """The endpoint of a real DynamoDB engine, in memory."""
    with dynoxide() as endpoint:
        yield endpoint


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[trustme.CA, Path]:
    """A certificate authority of the tests, and its certificate as a file."""
    authority = trustme.CA()
    path = tmp_path_factory.mktemp("tls") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return authority, path


@pytest.fixture(scope="session")
def upstream_server() -> Iterator[Upstream]:
    """A real HTTP upstream."""
    upstream = Upstream()
    yield upstream
    upstream.close()


@pytest.fixture(scope="session")
def tls_upstream_server(authority: tuple[trustme.CA, Path]) -> Iterator[Upstream]:
    """A real HTTPS upstream with a certificate for localhost."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority[0].issue_cert("localhost").configure_cert(context)
    upstream = Upstream(context)
    yield upstream
    upstream.close()


@pytest.fixture(scope="session")
def closed_port() -> int:
    """A port that nothing listens on."""
    return free_port()


@pytest.fixture(scope="module", autouse=True)
def attempts_of_one_module_count_for_no_other() -> Iterator[None]:
    """Users of all modules sign up from one address, which may do so 600 times in 15 minutes."""
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
        "API_DASHBOARD_THREADS": "40",
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
    """The same settings on another table, for a product that runs beside the shared one with
    settings of its own: two products on one table share out the checks that are due.
    """
    return {**environment, **_a_table(environment["AWS_ENDPOINT_URL_DYNAMODB"])}


def _a_table(database: str) -> dict[str, str]:
    """The settings that name a fresh table."""
    name = f"test-{secrets.token_hex(4)}"
    _shared_tables.append(new_table(database, name))
    return {"DYNAMODB_TABLE": name, "AWS_ENDPOINT_URL_DYNAMODB": database}


@pytest.fixture(scope="session")
def server(
    environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[HttpClient]:
    """The product as a process, on a port of its own."""
    with running(environment, tmp_path_factory.mktemp("server")) as client:
        yield client


@contextlib.contextmanager
def running(environment: dict[str, str], folder: Path) -> Iterator[HttpClient]:
    """`python -m api` with these settings; its log goes to `folder`/log."""
    port = free_port()
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "api"],
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
            client.log = folder / "log"  # type: ignore[attr-defined]
            yield client
        finally:
            process.terminate()
            process.wait(40)


@pytest.fixture(scope="session")
def app(environment: dict[str, str]) -> App:
    """The application in this process."""
    return build_app(read_settings(environment))


@pytest.fixture(scope="session")
def function(app: App) -> LambdaClient:
    """The function's handler around the application."""

    def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
        return handle(app, event, context)

    return LambdaClient(handler)


@pytest.fixture(params=["server", "function"])
def client(request: pytest.FixtureRequest) -> Client:
    """Both test clients: a test that uses it runs against the server and against Lambda."""
    client: Client = request.getfixturevalue(request.param)
    return client


@pytest.fixture
def account(client: Client) -> Account:
    """A new user."""
    return Account(client)


@pytest.fixture
def place(upstream_server: Upstream) -> Place:
    """A place of its own on the HTTP upstream."""
    return upstream_server.place(secrets.token_hex(6))


@pytest.fixture
def tls_place(tls_upstream_server: Upstream) -> Place:
    """A place of its own on the HTTPS upstream."""
    return tls_upstream_server.place(secrets.token_hex(6), "localhost")

"""Fixtures of backups, restores and moves: an emulated AWS with tables and secrets."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from cryptography.fernet import Fernet

from api.operations.items import Item
from api.operations.move import Moved, move
from api.operations.move_sources import source_end
from api.operations.move_targets import target_end
from api.operations.places.choose import Place
from api.operations.places.folder import FolderPlace
from api.operations.places.table import TablePlace
from api.operations.reencryption import _TOKEN, _decode, _encode
from api.settings import Settings
from api.storage.schema import definition
from tests.support.accounts import Account
from tests.support.engines import moto
from tests.support.machine import Machine
from tests.support.upstream import Upstream

REGION = "us-east-2"


class Aws:
    """An account of the emulated AWS."""

    def __init__(self, endpoint: str) -> None:
        self.environment = {
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
        }
        self.endpoint = endpoint

    def session(self, region: str = REGION) -> boto3.Session:
        """Return a session whose clients call the account."""
        return boto3.Session("test", "test", region_name=region)

    def table(self, region: str = REGION, *, with_secrets: bool = True) -> TablePlace:
        """Return a new table, with the two secrets of a stack."""
        name = f"t-{secrets.token_hex(4)}"
        session = self.session(region)
        session.client("dynamodb").create_table(**definition(name))
        if with_secrets:
            ssm = session.client("ssm")
            for parameter, value in (
                ("jwt-secret", secrets.token_urlsafe(48)),
                ("fernet-keys", Fernet.generate_key().decode()),
            ):
                ssm.put_parameter(Name=f"/{name}/{parameter}", Value=value, Type="SecureString")
        return TablePlace(session, name)


@pytest.fixture(scope="session")
def aws_endpoint() -> Iterator[str]:
    """The URL of the emulated AWS."""
    with moto() as endpoint:
        yield endpoint


@pytest.fixture
def aws(aws_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Aws:
    """The emulated AWS. Clients in this process call it and nothing else."""
    account = Aws(aws_endpoint)
    for name, value in account.environment.items():
        monkeypatch.setenv(name, value)
    return account


SECRET = "sk-moved-0123456789abcdef"


class Installation:
    """A data folder with an account, a key and a token, whose server is stopped."""

    def __init__(self, folder: Path, upstream: Upstream) -> None:
        self.allowed = {"API_DASHBOARD_ALLOWED_UPSTREAMS": f"127.0.0.1:{upstream.port}"}
        self.place = upstream.place(secrets.token_hex(6))
        machine = Machine(folder, API_DASHBOARD_WORKERS="1", **self.allowed)
        self.data = machine.data
        machine.start()
        try:
            account = Account(machine.client)
            self.key_id = account.key(self.place, SECRET)["key_id"]
            self.token = account.token(limit=1000, window=3600)
            for name in ("one", "two"):
                answer = account.proxied(self.token, f"/proxy/test/{name}")
                assert answer.status == 200, answer.body
        finally:
            assert machine.stop() == 0
        self.username = account.username

    def requires_a_token(self, machine: Machine) -> None:
        """Check that the token works on a machine, with the key that it had."""
        machine.start()
        try:
            answer = machine.client.request(
                "GET", "/proxy/test/three", [("Authorization", f"Bearer {self.token}")]
            )
            assert answer.status == 200, answer.body
            assert self.place.last.get("Authorization") == f"Bearer {SECRET}"
            described = machine.client.call("GET", "/api/token", None, self.token).json
            used = described["limit"] - described["remaining"]
            assert used >= 3, "the calls before the move count in the limit"
        finally:
            machine.stop()


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory, upstream_server: Upstream) -> Installation:
    """An installation that no test changes."""
    return Installation(tmp_path_factory.mktemp("original"), upstream_server)


@pytest.fixture
def data(original: Installation, tmp_path: Path) -> Iterator[Path]:
    """A copy of the data folder, made while no server runs."""
    copy = tmp_path / "data"
    copy.mkdir(mode=0o700)
    for name in ("database.db", "database.state", "secrets.env", "VERSION"):
        (copy / name).write_bytes((original.data / name).read_bytes())
        (copy / name).chmod(0o600)
    yield copy


def folder(path: Path) -> FolderPlace:
    """Return a data folder as a place."""
    return FolderPlace(Settings(data=path))


def silent(*_: object) -> None:
    """Report no progress."""


def moved(source: Place, target: Place) -> Moved:
    """Move everything, and return what the move says."""
    return move(source_end(source), target_end(target), silent)


def plain(place: Place) -> list[Item]:
    """Return the items of a place without ciphertexts, sorted, and without recorded commands."""
    with place.snapshot() as items:
        found = [
            _decode(_TOKEN.sub(b"", _encode(item))) for item in items if item["PK"]["S"] != "AUDIT"
        ]
    return sorted(found, key=lambda item: (item["PK"]["S"], item["SK"]["S"]))

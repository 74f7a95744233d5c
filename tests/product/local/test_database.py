"""The embedded database starts, restarts, keeps acknowledged writes and leaves no orphan."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from api.errors import StartError
from api.local.database.process import EmbeddedDatabase
from tests.product.local.processes import ROOT, free_port, runs, until

TABLE: dict[str, Any] = {
    "TableName": "test",
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": "PK", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "PK", "KeyType": "HASH"}],
}
START = """
import sys
from pathlib import Path
from api.local.database.process import EmbeddedDatabase
database = EmbeddedDatabase(Path(sys.argv[1]), Path(sys.argv[2]))
database.start()
print(database.pid, flush=True)
sys.stdin.read()
"""


class DynamoDbClient:
    """A minimal DynamoDB client with one connection, which reconnects after a failure."""

    def __init__(self, endpoint: str) -> None:
        self._address = urlsplit(endpoint).netloc
        self._connection = http.client.HTTPConnection(self._address, timeout=10)

    def __enter__(self) -> DynamoDbClient:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def call(self, operation: str, payload: dict[str, Any]) -> dict[str, Any]:
        scope = "Credential=a/20260101/us-east-2/dynamodb/aws4_request"
        headers = {
            "X-Amz-Target": f"DynamoDB_20120810.{operation}",
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Date": "20260101T000000Z",
            "Authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=00",
        }
        try:
            self._connection.request("POST", "/", json.dumps(payload), headers)
            response = self._connection.getresponse()
            answer: dict[str, Any] = json.load(response)
        except (OSError, http.client.HTTPException):
            self._connection.close()
            raise
        assert response.status == 200, answer
        return answer

    def put(self, key: str) -> None:
        self.call("PutItem", {"TableName": "test", "Item": {"PK": {"S": key}}})

    def has(self, key: str) -> bool:
        return "Item" in self.call(
            "GetItem", {"TableName": "test", "Key": {"PK": {"S": key}}, "ConsistentRead": True}
        )


@pytest.fixture
def database(binary: Path, tmp_path: Path) -> Iterator[EmbeddedDatabase]:
    running = EmbeddedDatabase(binary, tmp_path / "database.db")
    running.start()
    yield running
    running.stop()


def test_data_survives_a_stop_and_the_files_are_private(
    database: EmbeddedDatabase, binary: Path, tmp_path: Path
) -> None:
    with DynamoDbClient(database.endpoint) as client:
        client.call("CreateTable", TABLE)
        client.put("a")
    pid = database.pid
    assert pid is not None
    database.stop()
    assert not runs(pid)
    for file in tmp_path.iterdir():
        assert file.stat().st_mode & 0o077 == 0, file
    again = EmbeddedDatabase(binary, tmp_path / "database.db")
    again.start()
    with DynamoDbClient(again.endpoint) as client:
        assert client.has("a")
    again.stop()


def test_it_listens_on_loopback_only(database: EmbeddedDatabase) -> None:
    port = urlsplit(database.endpoint).port
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as outward:
        # Sends no packet: this only returns the local address that a route outward would use.
        with contextlib.suppress(OSError):
            outward.connect(("192.0.2.1", 9))
        own = outward.getsockname()[0]
    if own in ("0.0.0.0", "127.0.0.1"):
        pytest.skip("this machine has no address but loopback")
    with pytest.raises(OSError), socket.create_connection((own, port), timeout=5):
        pass


def test_no_acknowledged_write_is_lost_when_it_is_killed(
    database: EmbeddedDatabase,
) -> None:
    with DynamoDbClient(database.endpoint) as client:
        client.call("CreateTable", TABLE)
    acknowledged: list[str] = []
    done = threading.Event()

    def write(writer: int) -> None:
        number = 0
        with DynamoDbClient(database.endpoint) as client:
            while not done.is_set():
                number += 1
                with contextlib.suppress(OSError, http.client.HTTPException):
                    client.put(f"{writer}-{number}")
                    acknowledged.append(f"{writer}-{number}")

    writers = [threading.Thread(target=write, args=(number,)) for number in range(3)]
    for writer in writers:
        writer.start()
    endpoint = database.endpoint

    def wait_for_writes() -> None:
        before = len(acknowledged)
        until(lambda: len(acknowledged) > before + 100)

    def kill_database() -> None:
        pid = database.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        until(lambda: database.pid != pid)

    try:
        for _ in range(4):
            wait_for_writes()
            kill_database()
        wait_for_writes()
    finally:
        done.set()
    for writer in writers:
        writer.join(60)
        assert not writer.is_alive()
    assert database.endpoint == endpoint
    with DynamoDbClient(endpoint) as client:
        assert [key for key in acknowledged if not client.has(key)] == []


def test_a_file_that_is_not_a_database_is_refused_with_a_sentence(
    binary: Path, tmp_path: Path
) -> None:
    (tmp_path / "database.db").write_bytes(b"no database at all" * 1000)
    with pytest.raises(StartError, match=r"database\.db .*restore it from a backup"):
        EmbeddedDatabase(binary, tmp_path / "database.db").start()


def test_a_binary_that_cannot_run_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(StartError, match=r"did not start|could not be started"):
        EmbeddedDatabase(tmp_path / "missing", tmp_path / "database.db").start()


def test_a_port_in_use_is_refused_with_a_sentence(binary: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StartError, match="already in use") as refused:
            EmbeddedDatabase(binary, tmp_path / "database.db", port).start()
        assert "backup" not in str(refused.value) and str(port) in str(refused.value)


def test_a_start_chooses_another_port_if_a_program_has_taken_the_free_one(
    binary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ports = [taken.getsockname()[1]] * 2 + [free_port()]
        free = ports[-1]
        monkeypatch.setattr("api.local.database.process._free_port", lambda: ports.pop(0))
        database = EmbeddedDatabase(binary, tmp_path / "database.db")
        database.start()
        database.stop()
    assert database.endpoint == f"http://127.0.0.1:{free}"


def start_and_kill(binary: Path, file: Path) -> int:
    """Kill a process that started a database. Return the process id of the database."""
    process = subprocess.Popen(
        [sys.executable, "-c", START, str(binary), str(file)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    pid = int(process.stdout.readline())
    process.kill()
    process.communicate()
    return pid


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the next start ends the orphan")
def test_it_ends_when_the_product_is_killed(binary: Path, tmp_path: Path) -> None:
    pid = start_and_kill(binary, tmp_path / "database.db")
    until(lambda: not runs(pid))


def test_the_next_start_ends_an_orphan_on_its_file(binary: Path, tmp_path: Path) -> None:
    file = tmp_path / "database.db"
    command = [str(binary), "serve", "--port", str(free_port()), "--db-path", str(file)]
    orphan = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    (tmp_path / "database.pid").write_text(f"{orphan.pid}\n")
    until(file.exists)
    database = EmbeddedDatabase(binary, file)
    database.start()
    assert orphan.wait(10) == -signal.SIGKILL
    database.stop()


def test_another_process_with_the_recorded_process_id_is_not_ended(
    binary: Path, tmp_path: Path
) -> None:
    other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    (tmp_path / "database.pid").write_text(f"{other.pid}\n")
    database = EmbeddedDatabase(binary, tmp_path / "database.db")
    database.start()
    assert other.poll() is None
    database.stop()
    other.communicate(b"\n")
    assert other.returncode == 0

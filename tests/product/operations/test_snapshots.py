"""A snapshot has everything as it was at one moment, while others write."""

from __future__ import annotations

import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from api.operations.errors import OperationError
from api.operations.items import Item
from api.operations.places.folder import FolderPlace
from api.operations.places.sqlite_snapshot import sqlite_snapshot
from api.operations.places.table import TablePlace
from api.settings import Settings
from api.storage.schema import definition
from tests.support.engines import dynoxide

TABLE = "api-dashboard"
USERS = 4
LOG_ENTRIES = 1_500


def put(pk: str, sk: str, **members: dict[str, Any]) -> dict[str, Any]:
    return {"Put": {"TableName": TABLE, "Item": {"PK": {"S": pk}, "SK": {"S": sk}, **members}}}


class Writer:
    """Threads that store and delete keys, each in one transaction with the number of them.

    `pause` is how many seconds a thread waits between two transactions.
    """

    def __init__(self, client: Any, pause: float = 0.0) -> None:
        self._pause = pause
        self._client = client
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._change_keys, args=(f"user{number}",), daemon=True)
            for number in range(USERS)
        ]
        self.transactions = 0

    def prepare(self) -> None:
        for number in range(USERS):
            user = f"user{number}"
            self._client.transact_write_items(
                TransactItems=[
                    put(f"USER#{user}", "PROFILE", username={"S": user}),
                    put(f"NAME#{user}", "NAME", username={"S": user}),
                    put(f"USER#{user}", "COUNT#keys", count={"N": "0"}),
                ]
            )
        for start in range(0, LOG_ENTRIES, 100):
            self._client.transact_write_items(
                TransactItems=[
                    put(f"USER#user{at % USERS}", f"LOG#{at:013d}#ab", text={"S": "x" * 300})
                    for at in range(start, start + 100)
                ]
            )

    def __enter__(self) -> Writer:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _change_keys(self, user: str) -> None:
        stored: list[str] = []
        number = 0
        while not self._stopping.wait(self._pause):
            number += 1
            if len(stored) > 20:
                sk = stored.pop(0)
                key = {"PK": {"S": f"USER#{user}"}, "SK": {"S": sk}}
                change: dict[str, Any] = {"Delete": {"TableName": TABLE, "Key": key}}
            else:
                # At both ends of the partition, so that a slow reader meets both states.
                sk = f"{('APIKEY', 'TOKEN')[number % 2]}#k{number:08d}"
                stored.append(sk)
                change = put(f"USER#{user}", sk)
            count = put(f"USER#{user}", "COUNT#keys", count={"N": str(len(stored))})
            self._client.transact_write_items(TransactItems=[change, count])
            self.transactions += 1


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "data" / "database.db"


@pytest.fixture
def client(database: Path) -> Iterator[Any]:
    """A client of the embedded engine, whose data is in a file."""
    database.parent.mkdir()
    with dynoxide(database) as endpoint:
        session = boto3.Session("test", "test", region_name="us-east-2")
        client = session.client("dynamodb", endpoint_url=endpoint)
        client.create_table(**definition(TABLE))
        yield client


def require_consistent(items: list[Item]) -> None:
    """Check what transactions keep together."""
    keys = Counter(
        item["PK"]["S"] for item in items if item["SK"]["S"].startswith(("APIKEY#", "TOKEN#"))
    )
    counted = {
        item["PK"]["S"]: int(item["count"]["N"]) for item in items if "COUNT" in item["SK"]["S"]
    }
    assert len(counted) == USERS
    assert {user: keys[user] for user in counted} == counted
    assert sum(item["SK"]["S"].startswith("LOG#") for item in items) == LOG_ENTRIES
    assert len({(item["PK"]["S"], item["SK"]["S"]) for item in items}) == len(items)


def folder_items(database: Path, _: Any) -> list[Item]:
    with FolderPlace(Settings(data=database.parent)).snapshot() as items:
        return list(items)


def table_items(_: Path, client: Any) -> list[Item]:
    place = TablePlace(boto3.Session(region_name="us-east-2"), TABLE)
    place._client = client
    with place.snapshot() as items:
        return list(items)


@pytest.mark.parametrize(("read", "pause"), [(folder_items, 0.0), (table_items, 0.03)])
def test_what_a_transaction_wrote_is_in_a_snapshot_as_a_whole_or_not_at_all(
    database: Path, client: Any, read: Callable[[Path, Any], list[Item]], pause: float
) -> None:
    writer = Writer(client, pause)
    writer.prepare()
    with writer:
        under_load = 0
        for _ in range(200):
            before = writer.transactions
            require_consistent(read(database, client))
            under_load += writer.transactions > before
            if under_load == 5:
                return
    raise AssertionError("nothing was written meanwhile")


def test_an_account_that_never_stands_still_is_named(database: Path, client: Any) -> None:
    place = TablePlace(boto3.Session(region_name="us-east-2"), TABLE)
    place._client = client
    Writer(client).prepare()
    number = iter(range(10**6))

    def query(**parameters: Any) -> Any:
        found = client.query(**parameters)
        found["Items"] += [put("USER#user0", f"TOKEN#{next(number)}")["Put"]["Item"]]
        return found

    class Changing:
        def __getattr__(self, name: str) -> Any:
            return query if name == "query" else getattr(client, name)

    place._client = Changing()
    with place.snapshot() as items, pytest.raises(OperationError, match="user0 changes all"):
        list(items)


def test_a_scan_alone_is_not_consistent(database: Path, client: Any) -> None:
    """Shows that the test above can fail: a scan reads items at different moments."""
    place = TablePlace(boto3.Session(region_name="us-east-2"), TABLE)
    place._client = client
    writer = Writer(client)
    writer.prepare()

    def scanned() -> list[Item]:
        found: list[Item] = []
        start: dict[str, Any] = {}
        while True:
            answer = client.scan(TableName=TABLE, ConsistentRead=True, Limit=50, **start)
            found += answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return found
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    with writer:
        for _ in range(20):
            try:
                require_consistent(scanned())
            except AssertionError:
                return
    raise AssertionError("20 scans were consistent")


def test_an_account_that_is_created_meanwhile_is_left_out_as_a_whole(
    database: Path, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    Writer(client).prepare()
    place = TablePlace(boto3.Session(region_name="us-east-2"), TABLE)
    place._client = client
    pages = list(place.pages())
    seen = [item for page in pages for item in page if item["PK"]["S"].startswith("NAME#")]

    def interrupted() -> Iterator[list[Item]]:
        # The reserved name was read, and the account is deleted before its items are.
        gone = seen[0]["username"]["S"]
        client.delete_item(
            TableName=TABLE, Key={"PK": {"S": f"USER#{gone}"}, "SK": {"S": "PROFILE"}}
        )
        yield from pages

    monkeypatch.setattr(place, "pages", interrupted)
    with place.snapshot() as items:
        found = list(items)
    names = {item["username"]["S"] for item in found if item["PK"]["S"].startswith("NAME#")}
    assert seen[0]["username"]["S"] not in names
    assert len(names) == USERS - 1


@pytest.mark.parametrize("killed", [False, True])
def test_a_folder_without_a_server_can_be_read(tmp_path: Path, killed: bool) -> None:
    database = tmp_path / "database.db"
    with dynoxide(database) as endpoint:
        session = boto3.Session("test", "test", region_name="us-east-2")
        client = session.client("dynamodb", endpoint_url=endpoint)
        client.create_table(**definition(TABLE))
        Writer(client).prepare()
        if killed:  # a copy of the file with its log, as a process leaves them that is killed
            copy = tmp_path / "copy"
            copy.mkdir()
            for name in ("database.db", "database.db-wal"):
                (copy / name).write_bytes((tmp_path / name).read_bytes())
            database = copy / "database.db"
    with FolderPlace(Settings(data=database.parent)).snapshot() as items:
        assert sum(item["SK"]["S"].startswith("LOG#") for item in items) == LOG_ENTRIES


def read_all(database: Path) -> list[Item]:
    with sqlite_snapshot(database, TABLE) as items:
        return list(items)


@pytest.mark.parametrize(
    "text", ["CAST(x'7bff7d' AS TEXT)", "'{'", "'[]'", "'{}'", "NULL", "7", "x'00'"]
)
def test_a_damaged_row_is_named(tmp_path: Path, text: str) -> None:
    database = tmp_path / "database.db"
    connection = sqlite3.connect(database)
    connection.execute(f'CREATE TABLE "{TABLE}" (pk, sk, item_json)')
    connection.execute(f"""INSERT INTO "{TABLE}" VALUES ('S:USER#bob', 'S:P', {text})""")
    connection.commit()
    connection.close()
    with pytest.raises(OperationError, match=r"the item S:USER#bob, S:P cannot be read"):
        read_all(database)


def test_damage_is_named(tmp_path: Path) -> None:
    database = tmp_path / "database.db"
    connection = sqlite3.connect(database)
    connection.execute(f'CREATE TABLE "{TABLE}" (pk, sk, item_json)')
    wrong = '{"PK":{"S":"USER#ada"},"SK":{"S":"PROFILE"}}'
    connection.execute(f'INSERT INTO "{TABLE}" VALUES (?, ?, ?)', ("S:USER#bob", "S:P", wrong))
    connection.commit()
    connection.close()
    with pytest.raises(OperationError, match=r"USER#bob.*under another key.*restore FILE"):
        read_all(database)
    database.write_bytes(b"no database" * 100)
    with pytest.raises(OperationError, match=r"is damaged.*restore FILE"):
        read_all(database)
    with pytest.raises(OperationError, match="There is no database"):
        read_all(tmp_path / "none.db")

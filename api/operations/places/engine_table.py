"""Write items to an embedded database, through its engine."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from api.aws.json_client import AwsError, ServiceUnavailable
from api.errors import StartError, StorageError
from api.local.bootstrap import UNCHECKED_CREDENTIALS
from api.local.database.process import EmbeddedDatabase
from api.local.installation import find_binary
from api.operations.errors import OperationError
from api.operations.items import Item
from api.operations.places.batches import in_pages, last_of_each_key
from api.settings import Settings
from api.storage.item_kinds import typed_key
from api.storage.schema import ensure_table
from api.storage.table import Table
from api.storage.whole_table import transaction
from api.wiring import build_storage

# The most that a transaction can have; one is five times as fast as batches of 25.
_TRANSACTION = 100
_BATCH_GET = 100


@contextlib.contextmanager
def running_table(database: Path, settings: Settings) -> Iterator[EngineTable]:
    """Run the engine on a database file, which is created if it is missing.

    The caller holds the lock of the data folder. Raises OperationError.
    """
    try:
        engine = EmbeddedDatabase(find_binary(), database)
        engine.start()
    except StartError as error:
        raise OperationError(str(error)) from error
    try:
        local = msgspec.structs.replace(
            settings, dynamodb_endpoint=engine.endpoint, credentials=UNCHECKED_CREDENTIALS
        )
        table = build_storage(local).table
        with _explained(database):
            ensure_table(table)
        yield EngineTable(table, database)
    finally:
        engine.stop()


class EngineTable:
    """A table of a running engine. Every method raises OperationError."""

    def __init__(self, table: Table, database: Path) -> None:
        self.table = table
        self._database = database

    def write(self, items: Iterable[Item]) -> int:
        """Write items, whatever is stored under their keys, and return their number."""
        return self._write({"Put": {"Item": item}} for item in items)

    def delete(self, keys: Iterable[tuple[str, str]]) -> int:
        """Delete items by (PK, SK), whether they exist or not, and return the number of keys."""
        return self._write({"Delete": {"Key": typed_key(*key)}} for key in keys)

    def read(self, keys: Iterable[tuple[str, str]]) -> Iterator[Item]:
        """Read items by (PK, SK), strongly consistent. Missing ones are left out."""
        for page in in_pages(keys, _BATCH_GET):
            wanted = {"Keys": [typed_key(*key) for key in page], "ConsistentRead": True}
            while wanted:
                answer = self._call("BatchGetItem", {"RequestItems": {self.table.name: wanted}})
                yield from answer["Responses"].get(self.table.name, [])
                wanted = answer.get("UnprocessedKeys", {}).get(self.table.name, {})

    def _write(self, requests: Iterable[dict[str, dict[str, Any]]]) -> int:
        written = 0
        for page in in_pages(requests, _TRANSACTION):
            operations = last_of_each_key(page)
            self._call("TransactWriteItems", transaction(self.table.name, operations))
            written += len(page)
        return written

    def _call(self, operation: str, payload: dict[str, Any]) -> dict[str, Any]:
        with _explained(self._database):
            return self.table.client.call(operation, payload)


@contextlib.contextmanager
def _explained(database: Path) -> Iterator[None]:
    try:
        yield
    except (AwsError, ServiceUnavailable, StorageError) as error:
        raise OperationError(
            f"The database {database} could not be written ({error}): check that its disk has "
            "space, and repeat the command."
        ) from error

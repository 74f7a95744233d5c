"""Read all items of the embedded database at one moment, while the product writes to it."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from api.operations.errors import OperationError
from api.operations.items import Item
from api.storage.item_kinds import key_of

_decode = msgspec.json.Decoder(Item).decode
_READ_AT_ONCE = 200
_BUSY_SECONDS = 10.0
_BACKUPS = "Restore a backup with `api-dashboard restore FILE --replace`."


@contextlib.contextmanager
def sqlite_snapshot(database: Path, table: str) -> Iterator[Iterator[Item]]:
    """Yield the items of `table` as they are now, in one read transaction.

    SQLite's write-ahead log lets others write meanwhile, and keeps what they write until the
    transaction ends (https://www.sqlite.org/wal.html). Raises OperationError if the file is
    missing, damaged or locked.
    """
    if not database.exists():
        raise OperationError(f"There is no database {database}: check the folder.")
    with _explained(database), contextlib.closing(_open(database)) as connection:
        if not _exists(connection, table):
            raise OperationError(f"The database {database} has no table {table}: check its name.")
        connection.execute("BEGIN")
        connection.execute(f"SELECT 1 FROM {_quoted(table)} LIMIT 1").fetchone()
        yield _items(connection, database, table)


def has_table(database: Path, table: str) -> bool:
    """Return whether the database exists and has the table. Raises OperationError."""
    if not database.exists() or database.stat().st_size == 0:
        return False
    with _explained(database), contextlib.closing(_open(database)) as connection:
        return _exists(connection, table)


@contextlib.contextmanager
def _explained(database: Path) -> Iterator[None]:
    """Turn SQLite's errors into OperationErrors."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if "locked" in str(error) or "busy" in str(error):
            raise OperationError(
                f"The database {database} is locked by another program: try again."
            ) from error
        raise OperationError(
            f"The database {database} cannot be read ({error}): check that this user can read and "
            "write its folder, and that the disk has space."
        ) from error
    except sqlite3.DatabaseError as error:
        raise OperationError(f"The database {database} is damaged ({error}): {_BACKUPS}") from error


def _open(database: Path) -> sqlite3.Connection:
    # With a log, reading needs the file with its index, which a program that runs has made. Without
    # a program, an opening for reading only makes it, and removes nothing.
    connection = sqlite3.connect(
        f"{database.absolute().as_uri()}?mode=ro",
        uri=True,
        timeout=_BUSY_SECONDS,
        isolation_level=None,
    )
    connection.execute("PRAGMA query_only = ON")
    return connection


def _exists(connection: sqlite3.Connection, table: str) -> bool:
    query = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
    return connection.execute(query, (table,)).fetchone() is not None


def _items(connection: sqlite3.Connection, database: Path, table: str) -> Iterator[Item]:
    query = f"SELECT pk, sk, item_json FROM {_quoted(table)} ORDER BY pk, sk"
    # Texts are decoded one by one, so that the row with bytes that are no UTF-8 can be named.
    connection.text_factory = bytes
    rows = connection.execute(query)
    with _explained(database):
        while page := rows.fetchmany(_READ_AT_ONCE):
            for pk, sk, text in page:
                yield _item(database, pk, sk, text)


def _item(database: Path, pk: Any, sk: Any, text: Any) -> Item:
    try:
        item = _decode(text)
        if [pk, sk] == [f"S:{part}".encode() for part in key_of(item)]:
            return item
        reason = "it is stored under another key"
    except (msgspec.MsgspecError, UnicodeDecodeError, KeyError, TypeError) as error:
        reason = str(error)
    key = ", ".join(
        part.decode(errors="replace") if isinstance(part, bytes) else repr(part)
        for part in (pk, sk)
    )
    raise OperationError(
        f"The database {database} is damaged: the item {key} cannot be read ({reason}). " + _BACKUPS
    )


def _shown(part: Any) -> str:
    return part.decode(errors="replace") if isinstance(part, bytes) else repr(part)


def _quoted(table: str) -> str:
    return '"' + table.replace('"', '""') + '"'

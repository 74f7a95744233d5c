"""Items set aside on disk, so that a copy of any size needs little memory."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator

import msgspec

from api.operations.errors import OperationError
from api.operations.items import Item
from api.operations.places.batches import in_pages
from api.storage.item_kinds import key_of

_decode = msgspec.json.Decoder(Item).decode
_encode = msgspec.json.Encoder().encode
_READ_AT_ONCE = 200


class Spool:
    """Items by key, in a temporary file that SQLite deletes with the last reference to it.

    SQLite makes such a file for an empty name (https://www.sqlite.org/inmemorydb.html).
    """

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute(
            "CREATE TABLE items (pk TEXT, sk TEXT, item BLOB, PRIMARY KEY (pk, sk)) WITHOUT ROWID"
        )

    def add(self, items: Iterable[Item]) -> None:
        """Set items aside. An item replaces the one with its key."""
        rows = [(*key_of(item), _encode(item)) for item in items]
        with _explained():
            self._database.execute("BEGIN")
            self._database.executemany("INSERT OR REPLACE INTO items VALUES (?, ?, ?)", rows)
            self._database.execute("COMMIT")

    def replace_partition(self, pk: str, items: Iterable[Item]) -> None:
        """Set the items of a partition aside in place of those that it had."""
        self._database.execute("DELETE FROM items WHERE pk = ?", (pk,))
        for page in in_pages(items, _READ_AT_ONCE):
            self.add(page)

    def remove(self, pk: str, sk: str) -> None:
        """Remove an item, if it is there."""
        self._database.execute("DELETE FROM items WHERE pk = ? AND sk = ?", (pk, sk))

    def has(self, pk: str, sk: str) -> bool:
        """Return whether an item is there."""
        query = "SELECT 1 FROM items WHERE pk = ? AND sk = ?"
        return self._database.execute(query, (pk, sk)).fetchone() is not None

    def partitions(self) -> list[str]:
        """Return the partitions that have items, sorted."""
        return [pk for (pk,) in self._database.execute("SELECT DISTINCT pk FROM items")]

    def __iter__(self) -> Iterator[Item]:
        """Return the items, sorted by key."""
        rows = self._database.execute("SELECT item FROM items ORDER BY pk, sk")
        while page := rows.fetchmany(_READ_AT_ONCE):
            for (item,) in page:
                yield _decode(item)


class KeySet:
    """Keys of items, in a temporary file like those of `Spool`."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute(
            "CREATE TABLE keys (pk TEXT, sk TEXT, PRIMARY KEY (pk, sk)) WITHOUT ROWID"
        )

    def add(self, keys: Iterable[tuple[str, str]]) -> None:
        """Add keys (PK, SK)."""
        with _explained():
            self._database.execute("BEGIN")
            self._database.executemany("INSERT OR IGNORE INTO keys VALUES (?, ?)", keys)
            self._database.execute("COMMIT")

    def has(self, pk: str, sk: str) -> bool:
        """Return whether a key was added."""
        query = "SELECT 1 FROM keys WHERE pk = ? AND sk = ?"
        return self._database.execute(query, (pk, sk)).fetchone() is not None


@contextlib.contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise OperationError(
            f"The temporary folder cannot be written ({error}): free space on its disk, or set "
            "TMPDIR to a folder on another one."
        ) from error

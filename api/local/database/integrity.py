"""Check the file of the embedded database with SQLite, while no process has it open."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import msgspec

from api.storage.schema import KEY_ATTRIBUTES

_Item = dict[str, dict[str, Any]]
_ITEM = "item_json"
# The columns that contain keys, in the engine's table and in the table of the index.
_KEYS = dict(zip(("pk", "sk", "gsi_pk", "gsi_sk"), KEY_ATTRIBUTES, strict=True))


def find_damage(database: Path, *, has_log: bool) -> str | None:
    """Return what is wrong with the file, None if nothing is found.

    SQLite checks its own structure but not the contents of a row, so each stored item is decoded
    and compared with its key. `has_log` is whether there is a write-ahead log, which is read but
    not changed. Takes about 10 seconds for a gigabyte. A Python without SQLite checks nothing.
    """
    try:
        import sqlite3
    except ImportError:
        return None
    mode = "mode=ro" if has_log else "immutable=1"
    try:
        connection = sqlite3.connect(f"{database.as_uri()}?{mode}", uri=True)
        with contextlib.closing(connection):
            connection.text_factory = bytes
            (answer,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
            if answer != b"ok":
                return str(answer.decode(errors="replace").splitlines()[-1])
            names = "SELECT name FROM sqlite_master WHERE type = 'table'"
            for (name,) in connection.execute(names).fetchall():
                _decode_rows(connection, name.decode())
    except (sqlite3.Error, msgspec.MsgspecError, UnicodeDecodeError, ValueError) as error:
        return str(error)
    return None


def _decode_rows(connection: Any, table: str) -> None:
    """Raise an error if a text of a row cannot be decoded, or an item has another key."""
    quoted = '"' + table.replace('"', '""') + '"'
    rows = connection.execute(f"SELECT * FROM {quoted}")
    names = [column[0] for column in rows.description]
    item_place = names.index(_ITEM) if _ITEM in names else None
    keys = [(place, _KEYS[name]) for place, name in enumerate(names) if name in _KEYS]
    decode = msgspec.json.Decoder(_Item).decode
    for row in rows:
        for place, value in enumerate(row):
            if isinstance(value, bytes) and place != item_place:
                text = value.decode()
                if text[:1] in ("{", "["):
                    msgspec.json.decode(text)
        if item_place is None:
            continue
        item = decode(row[item_place])
        for place, attribute in keys:
            text_key = item.get(attribute, {}).get("S", "")
            if row[place] and row[place] != f"S:{text_key}".encode():
                raise ValueError(f"an item in {table} is stored under another key")

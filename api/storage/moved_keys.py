"""Markers of keys whose id names another API than theirs: `USER#{username}` / `MOVED#{api_name}.…`.

A `key_id` begins with the API under which the key was stored, and stays when the key's API changes.
One query by this beginning therefore misses moved keys; their markers name them.
"""

from __future__ import annotations

from api.aws.json_client import Operation
from api.storage.table import Table
from api.storage.users import user_partition

_PREFIX = "MOVED#"


def is_moved(api_name: str, key_id: str) -> bool:
    """Return whether a key of this API was stored under another one."""
    return not key_id.startswith(f"{api_name}.")


def marker_ops(
    table: Table, username: str, key_id: str, old: str | None, new: str | None
) -> list[Operation]:
    """Delete the marker of a key that leaves the API `old`, and write that of the API `new`."""
    pk = user_partition(username)
    operations = []
    if old is not None and is_moved(old, key_id):
        operations.append(table.delete_op(pk, _sort_key(old, key_id)))
    if new is not None and is_moved(new, key_id):
        operations.append(table.put_op({"PK": pk, "SK": _sort_key(new, key_id), "key_id": key_id}))
    return operations


def marker_prefix(api_name: str) -> str:
    """Return the beginning of the sort keys of an API's markers, which have a `key_id`."""
    return f"{_PREFIX}{api_name}."


def _sort_key(api_name: str, key_id: str) -> str:
    return f"{marker_prefix(api_name)}{key_id}"

"""Pages of records, and the deletion of expired items page by page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import msgspec

from api.storage.table import Table

_Record = TypeVar("_Record")

_EXPIRED = "#ttl < :now"
_SWEEP_SIZE = 25
# Seconds, because the clocks of other processes may be slow.
_SWEEP_DELAY = 3600


class Page(msgspec.Struct, Generic[_Record], frozen=True):
    """A page of a listing. `next` is an opaque position to continue from, None at the end."""

    items: list[_Record]
    next: str | None = None


def read_page(
    table: Table,
    pk: str,
    prefix: str,
    limit: int,
    after: str | None,
    decode: Callable[[dict[str, Any]], _Record],
) -> Page[_Record]:
    """Read at most `limit` records whose sort keys begin with `prefix`, from position `after`."""
    result = table.query(pk, prefix=prefix, limit=limit, after=start_key(pk, after))
    return Page([decode(item) for item in result.items], result.last["SK"] if result.last else None)


def start_key(pk: str, after: str | None) -> dict[str, str] | None:
    """Return the key of the item that a page's position names."""
    return {"PK": pk, "SK": after} if after is not None else None


def delete_expired(table: Table, pk: str, prefix: str, now: float) -> None:
    """Delete items whose `ttl` passed more than an hour ago.

    The condition is repeated in each delete, so an item whose expiry has just been extended is
    kept.
    """
    names = {"#ttl": "ttl"}
    values = {":now": int(now) - _SWEEP_DELAY}
    after = None
    while True:
        result = table.query(
            pk,
            prefix=prefix,
            limit=_SWEEP_SIZE,
            after=after,
            where=_EXPIRED,
            values=values,
            names=names,
        )
        table.batch(
            [table.delete_op(pk, item["SK"], _EXPIRED, values, names) for item in result.items]
        )
        if result.last is None:
            return
        after = result.last


def delete_range(table: Table, pk: str, first: str, last: str) -> None:
    """Delete every item whose sort key is in [first, last]."""
    after = None
    while True:
        result = table.query(pk, between=(first, last), limit=500, after=after)
        table.delete_keys([(pk, item["SK"]) for item in result.items])
        if result.last is None:
            return
        after = result.last

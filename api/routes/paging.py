"""Pages of listings: the query parameters, and cursors in place of positions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from api.endpoint import Call
from api.storage.page import Page

_Record = TypeVar("_Record")


class PageQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which page to read."""

    limit: Annotated[int, Meta(ge=1, le=1000)] = 50
    cursor: Annotated[str, Meta(max_length=2048)] | None = None


def position(call: Call, listing: str, cursor: str | None) -> str | None:
    """Return the position of a cursor. Raises Problem(invalid_cursor)."""
    return call.services.cursors.unwrap(_owner(call), listing, cursor)


def page_answer(
    call: Call, listing: str, items: Sequence[object], next_position: str | None
) -> dict[str, object]:
    """Return the body of a page, with the cursor of the next one."""
    cursor = call.services.cursors.wrap(_owner(call), listing, next_position)
    return {"items": items, "next_cursor": cursor}


def slice_page(
    records: Sequence[_Record], name: Callable[[_Record], str], limit: int, after: str | None
) -> Page[_Record]:
    """Return a page of records that are in memory, sorted by unique names."""
    rest = [record for record in records if name(record) > (after or "")]
    items = rest[:limit]
    return Page(items, name(items[-1]) if len(rest) > len(items) else None)


def _owner(call: Call) -> str:
    """Return the signed-in user's name, empty for a public listing."""
    return call.user.username if call.user is not None else ""

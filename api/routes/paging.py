"""Pages of listings: their query parameters and cursors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

from api.endpoint import RequestContext
from api.schemas.fields import DEFAULT_PAGE_LIMIT, PageCursor, PageLimit
from api.storage.page import Page

_Record = TypeVar("_Record")


class PageQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A page of a list."""

    limit: PageLimit = DEFAULT_PAGE_LIMIT
    cursor: PageCursor | None = None


def position(context: RequestContext, listing: str, cursor: str | None) -> str | None:
    """Return the position of a cursor. Raises Problem(invalid_cursor)."""
    return context.services.cursors.unwrap(_owner(context), listing, cursor)


def page_body(
    context: RequestContext, listing: str, items: Sequence[object], next_position: str | None
) -> dict[str, object]:
    """Return the body of a page, with the cursor of the next one."""
    cursor = context.services.cursors.wrap(_owner(context), listing, next_position)
    return {"items": items, "next_cursor": cursor}


def slice_page(
    records: Sequence[_Record], name: Callable[[_Record], str], limit: int, after: str | None
) -> Page[_Record]:
    """Return a page of records that are in memory, sorted by unique names."""
    rest = [record for record in records if name(record) > (after or "")]
    items = rest[:limit]
    return Page(items, name(items[-1]) if len(rest) > len(items) else None)


def _owner(context: RequestContext) -> str:
    """Return the signed-in user's name, or an empty string for a public listing."""
    return context.user.username if context.user is not None else ""

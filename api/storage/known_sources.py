"""Addresses a user has signed in from: `USER#{username}` / `SOURCE#{network}`."""

from __future__ import annotations

from typing import Any

from api.storage.page import delete_expired
from api.storage.table import Table
from api.storage.users import PROFILE, User, as_user, user_partition

_PREFIX = "SOURCE#"
_KEPT_SECONDS = 90 * 86_400


class KnownSources:
    """Remembers for 90 days from which networks a user has signed in."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def with_user(self, username: str, network: str, now: int) -> tuple[User | None, bool]:
        """Read a user, and whether the network is known, in one trip."""
        pk = user_partition(username)
        profile, source = (pk, PROFILE), (pk, f"{_PREFIX}{network}")
        items = self._table.get_many([profile, source])
        user = as_user(items[profile]) if profile in items else None
        return user, source in items and int(items[source]["ttl"]) > now

    def sweep(self, username: str, now: float) -> None:
        """Delete the networks that a user has not signed in from for 90 days."""
        delete_expired(self._table, user_partition(username), _PREFIX, now)


def known_source_item(username: str, network: str, now: int) -> dict[str, Any]:
    """Return the item that remembers a network from which the user has signed in."""
    return {
        "PK": user_partition(username),
        "SK": f"{_PREFIX}{network}",
        "ttl": now + _KEPT_SECONDS,
    }

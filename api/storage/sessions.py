"""Sessions `USER#{username}` / `SESSION#{session_id}`: one for each sign-in."""

from __future__ import annotations

from typing import Any

import msgspec

from api.storage.operations import EXISTS
from api.storage.page import Page, delete_expired, read_page
from api.storage.table import ConditionFailed, Table
from api.storage.users import PROFILE, User, as_user, user_partition

SESSION_PREFIX = "SESSION#"


class Session(msgspec.Struct, frozen=True):
    """A sign-in. `refresh_id` identifies its only valid refresh token.

    Times are epoch seconds. `auth_version` is the user's at sign-in.
    """

    session_id: str
    refresh_id: str
    kind: str
    auth_version: int
    created_at: int
    refreshed_at: int
    expires_at: int
    source: str = ""
    user_agent: str = ""


class Sessions:
    """Creates, reads, rotates and ends sessions."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def create(self, username: str, session: Session) -> None:
        """Store a new session."""
        self._table.run(
            self._table.put_op(
                {
                    "PK": user_partition(username),
                    "SK": session_sort_key(session.session_id),
                    "ttl": session.expires_at,
                    **msgspec.structs.asdict(session),
                }
            )
        )

    def with_user(self, username: str, session_id: str) -> tuple[User | None, Session | None]:
        """Read a user and a session in one trip. Each is None if it does not exist."""
        pk = user_partition(username)
        user_key, session_key = (pk, PROFILE), (pk, session_sort_key(session_id))
        items = self._table.get_many([user_key, session_key])
        return (
            as_user(items[user_key]) if user_key in items else None,
            as_session(items[session_key]) if session_key in items else None,
        )

    def rotate(
        self, username: str, session: Session, refresh_id: str, now: int, expires_at: int
    ) -> bool:
        """Replace the session's refresh id. False if another request changed the session."""
        try:
            self._table.run(
                self._table.update_op(
                    user_partition(username),
                    session_sort_key(session.session_id),
                    "SET refresh_id = :new, refreshed_at = :now, expires_at = :end, #ttl = :end",
                    {
                        ":new": refresh_id,
                        ":old": session.refresh_id,
                        ":now": now,
                        ":end": expires_at,
                    },
                    names={"#ttl": "ttl"},
                    condition="refresh_id = :old",
                )
            )
        except ConditionFailed as failure:
            # True if this write was sent twice because its first response was lost.
            return failure.item is not None and failure.item.get("refresh_id") == refresh_id
        return True

    def delete(self, username: str, session_id: str) -> bool:
        """End a session. Returns False if it does not exist."""
        key = user_partition(username), session_sort_key(session_id)
        try:
            self._table.run(self._table.delete_op(*key, condition=EXISTS))
        except ConditionFailed:
            return False
        return True

    def delete_all(self, username: str, keep: str | None = None) -> None:
        """End every session of a user, except the one with the id `keep`."""
        pk = user_partition(username)
        items = self._table.query_all(pk, prefix=SESSION_PREFIX)
        self._table.delete_keys([(pk, item["SK"]) for item in items if item["session_id"] != keep])

    def page(self, username: str, limit: int, after: str | None) -> Page[Session]:
        """Read a page of a user's sessions, expired ones included."""
        pk = user_partition(username)
        return read_page(self._table, pk, SESSION_PREFIX, limit, after, as_session)

    def sweep(self, username: str, now: float) -> None:
        """Delete the expired sessions of a user."""
        delete_expired(self._table, user_partition(username), SESSION_PREFIX, now)


def session_sort_key(session_id: str) -> str:
    """Return the sort key of a session."""
    return f"{SESSION_PREFIX}{session_id}"


def as_session(item: dict[str, Any]) -> Session:
    """Return the session that an item stores."""
    return msgspec.convert(item, Session)

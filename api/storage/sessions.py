"""Sessions `USER#{username}` / `SESSION#{session_id}`: one for each sign-in."""

from __future__ import annotations

from typing import Any

import msgspec

from api.storage.counters import Counters
from api.storage.known_sources import known_source_item
from api.storage.operations import EXISTS
from api.storage.page import Page, delete_expired, read_page
from api.storage.table import ConditionFailed, Table
from api.storage.users import PROFILE, User, as_user, user_partition

SESSION_PREFIX = "SESSION#"


class Session(msgspec.Struct, frozen=True):
    """A sign-in. `refresh_id` identifies its only valid refresh token.

    Times are epoch seconds. `auth_version` is the user's at sign-in. `verified_at` is when the user
    last proved who they are; sessions of older versions have none.
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
    verified_at: int | None = None


class Sessions:
    """Creates, reads, rotates and ends sessions."""

    def __init__(self, table: Table, counters: Counters) -> None:
        self._table = table
        self._counters = counters

    def create(self, username: str, session: Session, network: str = "") -> int:
        """Store a new session and remember the network that it was opened from, in one trip.

        Returns the number of sessions opened since they were last counted, this one included.
        """
        operations = [
            self._table.put_op(
                {
                    "PK": user_partition(username),
                    "SK": session_sort_key(session.session_id),
                    "ttl": session.expires_at,
                    **msgspec.structs.asdict(session),
                }
            ),
            self._counters.add_session_op(username),
        ]
        if network:
            item = known_source_item(username, network, session.created_at)
            operations.append(self._table.put_op(item))
        counted = self._table.batch(operations)[1]
        assert not isinstance(counted, ConditionFailed)
        return self._counters.sessions_after(counted)

    def is_over_cap(self, number: int) -> bool:
        """Return whether an account with this many sessions has more than it may."""
        cap = self._counters.caps.sessions
        return cap > 0 and number > cap

    def end_oldest(self, username: str, now: float, keep: str) -> int:
        """End the sessions used longest ago if there are more than the cap, and count the rest.

        A tenth of the cap becomes free, so that not every sign-in has to do this. The session
        `keep` does not end. Returns how many active sessions ended.
        """
        pk = user_partition(username)
        sessions = [as_session(i) for i in self._table.query_all(pk, prefix=SESSION_PREFIX)]
        active = sorted(
            (session for session in sessions if session.expires_at > now),
            # Times are in whole seconds, and `keep` was opened just now.
            key=lambda session: (session.session_id == keep, session.refreshed_at),
        )
        cap = self._counters.caps.sessions
        excess = len(active) - (cap - cap // 10) if self.is_over_cap(len(active)) else 0
        self._table.delete_keys([(pk, session_sort_key(s.session_id)) for s in active[:excess]])
        self._counters.set_sessions(username, len(active) - excess)
        return excess

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

    def set_verified(self, username: str, session_id: str, now: int) -> bool:
        """Store that the user proved who they are. Returns False if the session has ended."""
        key = user_partition(username), session_sort_key(session_id)
        try:
            self._table.run(
                self._table.update_op(
                    *key, "SET verified_at = :now", {":now": now}, condition=EXISTS
                )
            )
        except ConditionFailed:
            return False
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

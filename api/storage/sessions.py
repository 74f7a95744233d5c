"""Sessions `USER#{username}` / `SESSION#{session_id}`: one for each login, its refresh token's
state.
"""

from __future__ import annotations

import msgspec

from api.storage.table import EXISTS, ConditionFailed, Page, Table
from api.storage.users import PROFILE, User, as_user, partition


class Session(msgspec.Struct, frozen=True):
    """A login. `refresh_id` is the only refresh token of it that is still good.

    Times are epoch seconds; `auth_version` is the user's at login.
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
    """Open, look up, rotate and end sessions."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def create(self, username: str, session: Session) -> None:
        """Store a new session."""
        self._table.run(
            self._table.put_op(
                {
                    "PK": partition(username),
                    "SK": key(session.session_id),
                    "ttl": session.expires_at,
                    **msgspec.structs.asdict(session),
                }
            )
        )

    def with_user(self, username: str, session_id: str) -> tuple[User | None, Session | None]:
        """The user and the session in one read, each None when not there."""
        pk = partition(username)
        found = self._table.get_many([(pk, PROFILE), (pk, key(session_id))])
        return decode(username, session_id, found)

    def rotate(
        self, username: str, session: Session, refresh_id: str, now: int, expires_at: int
    ) -> bool:
        """Put `refresh_id` in place of the session's; False when it was used or ended meanwhile."""
        try:
            self._table.run(
                self._table.update_op(
                    partition(username),
                    key(session.session_id),
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
            # Our own write whose answer was lost and that was sent again.
            return failure.item is not None and failure.item.get("refresh_id") == refresh_id
        return True

    def delete(self, username: str, session_id: str) -> bool:
        """End a session; False when there was none."""
        try:
            self._table.run(
                self._table.delete_op(partition(username), key(session_id), condition=EXISTS)
            )
        except ConditionFailed:
            return False
        return True

    def delete_all(self, username: str, keep: str | None = None) -> None:
        """Remove every session of a user but `keep`."""
        pk = partition(username)
        items = self._table.query_all(pk, prefix="SESSION#")
        self._table.delete_keys([(pk, item["SK"]) for item in items if item["session_id"] != keep])

    def page(self, username: str, limit: int, after: str | None) -> Page:
        """A page of the user's sessions."""
        pk = partition(username)
        return self._table.query(
            pk,
            prefix="SESSION#",
            limit=limit,
            after={"PK": pk, "SK": after} if after else None,
        )


def key(session_id: str) -> str:
    """The sort key of a session."""
    return f"SESSION#{session_id}"


def decode(
    username: str, session_id: str, found: dict[tuple[str, str], dict[str, object]]
) -> tuple[User | None, Session | None]:
    """User and session out of a batch of read items."""
    pk = partition(username)
    user = found.get((pk, PROFILE))
    session = found.get((pk, key(session_id)))
    return (
        as_user(user) if user else None,
        msgspec.convert(session, Session) if session else None,
    )

"""The user item `USER#{username}` / `PROFILE`, and the reservation of look-alike names."""

from __future__ import annotations

import contextlib
from typing import Any

import msgspec

from api.aws.json_client import Operation
from api.storage.table import EXISTS, NOT_EXISTS, Table, TransactionFailed

PROFILE = "PROFILE"
LISTING = "USERS"
_NOT_DELETING = f"{EXISTS} AND attribute_not_exists(deleting)"


class User(msgspec.Struct, frozen=True):
    """An account. `auth_version` grows with every password change and ends older sessions."""

    username: str
    password: str
    email: str
    created_at: int
    auth_version: int = 1
    deleting: bool = False


class NameTaken(Exception):
    """The name, or one that looks like it, is registered. `deleting`: its deletion did not
    finish.
    """

    def __init__(self, deleting: str | None) -> None:
        super().__init__("name taken")
        self.deleting = deleting


def partition(username: str) -> str:
    """The partition key of everything that belongs to a user."""
    return f"USER#{username}"


class Users:
    """Create, read, change and remove user items."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def create(self, user: User, skeleton: str) -> None:
        """Register a user; of two at once with one skeleton exactly one succeeds. Raises
        NameTaken.
        """
        profile = {"PK": partition(user.username), "SK": PROFILE, **msgspec.structs.asdict(user)}
        del profile["deleting"]
        name = {
            "PK": f"NAME#{skeleton}",
            "SK": "NAME",
            "GSI1PK": LISTING,
            "GSI1SK": profile["PK"],
            "username": user.username,
        }
        try:
            self._table.transact(
                [self._table.put_op(profile, NOT_EXISTS), self._table.put_op(name, NOT_EXISTS)]
            )
        except TransactionFailed as failure:
            holder = failure.items.get(0, {})
            stale = user.username if holder.get("deleting") else None
            raise NameTaken(stale) from failure
        # What a former account of the name left while it ended (a call under way) is not the
        # new one's; nobody can have signed in to it yet.
        self._remove_all(partition(user.username))

    def get(self, username: str) -> User | None:
        """The user, also one whose deletion has begun."""
        item = self._table.get(partition(username), PROFILE)
        return as_user(item) if item else None

    def usernames(self) -> list[str]:
        """Every username, by the index (eventually consistent)."""
        return [item["username"] for item in self._table.query_all(LISTING, index=True)]

    def set_email(self, username: str, email: str) -> None:
        """Raises ConditionFailed when the user is gone."""
        self._table.run(
            self._table.update_op(
                partition(username),
                PROFILE,
                "SET email = :email",
                {":email": email},
                condition=_NOT_DELETING,
            )
        )

    def set_password(self, user: User, hashed: str) -> None:
        """Replace the hash that `user` holds, and end every session. Raises ConditionFailed."""
        self._table.run(
            self._table.update_op(
                partition(user.username),
                PROFILE,
                "SET password = :new ADD auth_version :one",
                {":new": hashed, ":one": 1, ":old": user.password},
                condition=f"{_NOT_DELETING} AND password = :old",
            )
        )

    def begin_deletion(self, username: str) -> None:
        """From here on nobody signs in and no session holds; the account's items can go."""
        self._table.run(
            self._table.update_op(
                partition(username),
                PROFILE,
                "SET deleting = :yes ADD auth_version :one",
                {":yes": True, ":one": 1},
                condition=EXISTS,
            )
        )

    def remove(self, username: str, skeleton: str) -> None:
        """Remove every item of a user whose deletion has begun, the profile last, so that it can be
        taken up again. An account that has the name since is left alone.
        """
        pk = partition(username)
        for kind in ("SESSION#", "TOKEN#", "API#", "APIKEY#"):
            self._remove_all(pk, prefix=kind)
        self._remove_all(pk)
        with contextlib.suppress(TransactionFailed):
            self._table.transact(
                [
                    self._table.delete_op(pk, PROFILE, "attribute_exists(deleting)"),
                    self._table.delete_op(f"NAME#{skeleton}", "NAME"),
                ]
            )

    def assert_alive_op(self, username: str) -> Operation:
        """For transactions: nothing is added to an account that is gone or going."""
        return self._table.condition_op(partition(username), PROFILE, _NOT_DELETING)

    def _remove_all(self, pk: str, prefix: str | None = None) -> None:
        after = None
        while True:
            page = self._table.query(pk, prefix=prefix, limit=200, after=after)
            self._table.delete_keys(
                [(pk, item["SK"]) for item in page.items if item["SK"] != PROFILE]
            )
            if page.last is None:
                return
            after = page.last


def as_user(item: dict[str, Any]) -> User:
    """The typed user of an item."""
    return msgspec.convert(item, User)

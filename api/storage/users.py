"""Users `USER#{username}` / `PROFILE`, and the items `NAME#{skeleton}` that make usernames unique.

A skeleton is equal for usernames that look alike (api/services/accounts/usernames.py).
"""

from __future__ import annotations

import contextlib
from collections.abc import Container, Mapping
from typing import Any

import msgspec

from api.aws.json_client import Operation
from api.storage.operations import EXISTS, NOT_EXISTS
from api.storage.table import ConditionFailed, Table, TransactionFailed

PROFILE = "PROFILE"
_NAME = "NAME"
_LISTING = "USERS"
NOT_DELETING = f"{EXISTS} AND attribute_not_exists(deleting)"


class User(msgspec.Struct, frozen=True):
    """An account. `auth_version` increases with each new password, which ends older sessions.

    `deleting` is set while the account is being deleted.

    `passkeys` is their number, and `totp` whether an authenticator app is set up. They change in
    one transaction with the factors' items and with `factor_revision`, which is random.
    `passkey_handle` identifies the account to authenticators.
    """

    username: str
    password: str
    email: str
    created_at: int
    auth_version: int = 1
    deleting: bool = False
    passkeys: int = 0
    totp: bool = False
    factor_revision: str = ""
    passkey_handle: str = ""

    @property
    def second_factor(self) -> bool:
        """Whether the user has a passkey or an authenticator app."""
        return self.passkeys > 0 or self.totp


class NameTaken(Exception):
    """The username, or one that looks like it, already exists.

    `deleting` is the username when its account's deletion has started but not finished.
    """

    def __init__(self, deleting: str | None) -> None:
        super().__init__("name taken")
        self.deleting = deleting


class Users:
    """Creates, reads, changes and deletes users."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def create(
        self, user: User, skeleton: str, first_item: Mapping[str, Any] | None = None
    ) -> None:
        """Store a user, with the `first_item` of the account.

        Exactly one of several concurrent calls with the same skeleton succeeds. Raises NameTaken.
        """
        pk = user_partition(user.username)
        profile = {
            "PK": pk,
            "SK": PROFILE,
            "username": user.username,
            "password": user.password,
            "email": user.email,
            "created_at": user.created_at,
            "auth_version": user.auth_version,
        }
        name = {
            "PK": f"NAME#{skeleton}",
            "SK": _NAME,
            "GSI1PK": _LISTING,
            "GSI1SK": pk,
            "username": user.username,
        }
        try:
            self._table.transact(
                [
                    self._table.put_op(profile, NOT_EXISTS),
                    self._table.put_op(name, NOT_EXISTS),
                    *([self._table.put_op(first_item)] if first_item is not None else []),
                ]
            )
        except TransactionFailed as failure:
            holder = failure.items.get(0, {})
            stale = user.username if holder.get("deleting") else None
            raise NameTaken(stale) from failure
        # A request in flight may have written items for a deleted account with this username. The
        # new account has no other items yet.
        kept = {PROFILE, first_item["SK"]} if first_item is not None else {PROFILE}
        self._delete_items(pk, kept=kept)

    def get(self, username: str) -> User | None:
        """Read a user, even one that is being deleted."""
        item = self._table.get(user_partition(username), PROFILE)
        return as_user(item) if item else None

    def usernames(self) -> list[str]:
        """Read every username from the index (eventually consistent)."""
        return [item["username"] for item in self._table.query_all(_LISTING, index=True)]

    def set_email(self, username: str, email: str) -> None:
        """Change the email address. Raises ConditionFailed if the user no longer exists."""
        self._table.run(
            self._table.update_op(
                user_partition(username),
                PROFILE,
                "SET email = :email",
                {":email": email},
                condition=NOT_DELETING,
            )
        )

    def set_password(self, user: User, hashed: str) -> None:
        """Replace the password hash that `user` has, and end every session.

        Raises ConditionFailed if the stored hash is another one or the user no longer exists.
        """
        operation = self._table.update_op(
            user_partition(user.username),
            PROFILE,
            "SET password = :new ADD auth_version :one",
            {":new": hashed, ":one": 1, ":old": user.password},
            condition=f"{NOT_DELETING} AND password = :old",
        )
        try:
            self._table.run(operation)
        except ConditionFailed as failure:
            # A hash is stored only once, because it contains a random salt. This write was then
            # sent twice, because its first response was lost.
            if failure.item is None or failure.item.get("password") != hashed:
                raise

    def begin_deletion(self, username: str) -> None:
        """Close the account: end its sessions and prevent sign-in. `remove` deletes the items."""
        self._table.run(
            self._table.update_op(
                user_partition(username),
                PROFILE,
                "SET deleting = :yes ADD auth_version :one",
                {":yes": True, ":one": 1},
                condition=EXISTS,
            )
        )

    def remove(self, username: str, skeleton: str) -> None:
        """Delete every item of a user whose deletion has begun. Idempotent.

        The profile is deleted last, so an interrupted deletion can be completed. A new account with
        the username is not touched.
        """
        pk = user_partition(username)
        for prefix in ("SESSION#", "TOKEN#", "API#", "APIKEY#"):
            self._delete_items(pk, prefix)
        self._delete_items(pk)
        user = self.get(username)
        operations = [
            self._table.delete_op(pk, PROFILE, "attribute_exists(deleting)"),
            self._table.delete_op(f"NAME#{skeleton}", _NAME),
        ]
        if user is not None and user.passkey_handle:
            operations.append(self._table.delete_op(*handle_key(user.passkey_handle)))
        with contextlib.suppress(TransactionFailed):
            self._table.transact(operations)

    def assert_active_op(self, username: str) -> Operation:
        """Require that the account exists and is not being deleted."""
        return self._table.condition_op(user_partition(username), PROFILE, NOT_DELETING)

    def _delete_items(
        self, pk: str, prefix: str | None = None, kept: Container[str] = (PROFILE,)
    ) -> None:
        """Delete the items of a partition except those with the sort keys `kept`."""
        after = None
        while True:
            result = self._table.query(pk, prefix=prefix, limit=200, after=after)
            self._table.delete_keys(
                [(pk, item["SK"]) for item in result.items if item["SK"] not in kept]
            )
            if result.last is None:
                return
            after = result.last


def user_partition(username: str) -> str:
    """Return the partition key of everything that belongs to a user."""
    return f"USER#{username}"


def handle_key(handle: str) -> tuple[str, str]:
    """Return the key of the item that leads from a passkey's user handle to the username."""
    return f"HANDLE#{handle}", "HANDLE"


def as_user(item: dict[str, Any]) -> User:
    """Return the user that an item stores."""
    return msgspec.convert(item, User)

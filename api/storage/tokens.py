"""Personal access tokens `USER#{username}` / `TOKEN#{token_id}`; only a hash of the token is
stored.
"""

from __future__ import annotations

from typing import Any

import msgspec

from api.aws.json_client import Call
from api.storage.table import EXISTS, ConditionFailed, Page, Table
from api.storage.users import Users, partition


class Token(msgspec.Struct, frozen=True):
    """A token and what it may do. Times are epoch seconds; None means without an end or a limit."""

    token_id: str
    name: str
    token_hash: str
    hint: str
    apis: tuple[str, ...]
    methods: tuple[str, ...]
    path_prefixes: tuple[str, ...]
    created_at: int
    expires_at: int | None = None
    limit: int | None = None
    window: int | None = None
    last_used_at: int | None = None


class Tokens:
    """Store, list, read and delete tokens."""

    def __init__(self, table: Table, users: Users) -> None:
        self._table = table
        self._users = users

    def create(self, username: str, token: Token) -> None:
        """Store a token. Raises TransactionFailed when the account is gone."""
        item: dict[str, Any] = {
            "PK": partition(username),
            "SK": sort_key(token.token_id),
            **msgspec.to_builtins(token),
        }
        if token.expires_at is not None:
            item["ttl"] = token.expires_at
        self._table.transact([self._users.alive_check(username), self._table.put_call(item)])

    def get(self, username: str, token_id: str) -> Token | None:
        """One token, expired ones too."""
        item = self._table.get(partition(username), sort_key(token_id))
        return as_token(item) if item else None

    def page(self, username: str, limit: int, after: str | None) -> Page:
        """A page of the user's tokens."""
        pk = partition(username)
        return self._table.query(
            pk,
            prefix="TOKEN#",
            limit=limit,
            after={"PK": pk, "SK": after} if after else None,
        )

    def delete(self, username: str, token_id: str) -> bool:
        """Revoke a token, at once; False when there was none."""
        try:
            self._table.run(
                self._table.delete_call(partition(username), sort_key(token_id), condition=EXISTS)
            )
        except ConditionFailed:
            return False
        return True

    def set_last_used(self, username: str, times: dict[str, int]) -> None:
        """Remember when tokens were last used; revoked ones stay revoked."""
        if times:
            self._table.together(self.last_used_calls(username, times))

    def last_used_calls(self, username: str, times: dict[str, int]) -> list[Call]:
        """The writes of `set_last_used`, whose conditions fail for revoked tokens."""
        return [
            self._table.update_call(
                partition(username),
                sort_key(token_id),
                "SET last_used_at = :at",
                {":at": at},
                condition=EXISTS,
            )
            for token_id, at in times.items()
        ]


def sort_key(token_id: str) -> str:
    """The sort key of a token."""
    return f"TOKEN#{token_id}"


def as_token(item: dict[str, Any]) -> Token:
    """The typed token of an item."""
    return msgspec.convert(item, Token)

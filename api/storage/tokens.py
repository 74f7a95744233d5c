"""Personal access tokens `USER#{username}` / `TOKEN#{token_id}`; only a hash of the token is
stored.
"""

from __future__ import annotations

from typing import Any

import msgspec

from api.aws.json_client import Operation
from api.storage.limits import LimitRule
from api.storage.table import EXISTS, ConditionFailed, Page, Table, unchanged
from api.storage.users import Users, partition

_CHANGEABLE = (
    "name",
    "apis",
    "methods",
    "path_prefixes",
    "expires_at",
    "limit",
    "window",
    "limit_since",
    "rehearsal",
    "revision",
)


class Rehearsal(msgspec.Struct, frozen=True):
    """The `share` (more than 0, at most 1) of calls that get the API's own refusal, unasked."""

    share: float


class Token(msgspec.Struct, frozen=True):
    """A token and what it may do. Times are epoch seconds; None means without an end or a limit.

    `limit_since` is when the limit was changed; until then the one that its text says holds.
    """

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
    limit_since: float | None = None
    rehearsal: Rehearsal | None = None
    revision: int = 1

    def allowance(self, said: LimitRule | None) -> LimitRule | None:
        """The token's own limit; `said` is the one of its text."""
        if self.limit_since is None:
            return said
        if self.limit is None or self.window is None:
            return None
        return token_allowance(self.token_id, self.limit, self.window, self.limit_since)


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
        self._table.transact([self._users.assert_alive_op(username), self._table.put_op(item)])

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

    def replace(self, username: str, old: Token, new: Token) -> None:
        """Change what a token may do; when it was last used stays. Raises ConditionFailed."""
        members = msgspec.to_builtins(new)
        changed = {name: members[name] for name in _CHANGEABLE} | {"ttl": new.expires_at}
        sets, removals = [], []
        names: dict[str, str] = {}
        values: dict[str, Any] = {":old": old.revision}
        for name, value in changed.items():
            names[f"#{name}"] = name
            if value is None:
                removals.append(f"#{name}")
            else:
                sets.append(f"#{name} = :{name}")
                values[f":{name}"] = value
        expression = f"SET {', '.join(sets)}"
        if removals:
            expression += f" REMOVE {', '.join(removals)}"
        self._table.run(
            self._table.update_op(
                partition(username),
                sort_key(new.token_id),
                expression,
                values,
                names,
                condition=_unchanged(old),
            )
        )

    def assert_unchanged_op(self, username: str, token: Token) -> Operation:
        """For a transaction: the token is still there as it was read."""
        return self._table.condition_op(
            partition(username),
            sort_key(token.token_id),
            _unchanged(token),
            {":old": token.revision},
        )

    def delete(self, username: str, token_id: str) -> bool:
        """Revoke a token, at once; False when there was none."""
        try:
            self._table.run(
                self._table.delete_op(partition(username), sort_key(token_id), condition=EXISTS)
            )
        except ConditionFailed:
            return False
        return True

    def set_last_used(self, username: str, times: dict[str, int]) -> None:
        """Remember when tokens were last used; revoked ones stay revoked."""
        if times:
            self._table.batch(self.last_used_ops(username, times))

    def last_used_ops(self, username: str, times: dict[str, int]) -> list[Operation]:
        """The writes of `set_last_used`, whose conditions fail for revoked tokens."""
        return [
            self._table.update_op(
                partition(username),
                sort_key(token_id),
                "SET last_used_at = :at",
                {":at": at},
                condition=EXISTS,
            )
            for token_id, at in times.items()
        ]


def token_allowance(token_id: str, limit: int, window: int, anchor: float) -> LimitRule:
    """The counter that a token's own limit is enforced by."""
    return LimitRule(f"token:{token_id}", limit, window, anchor)


def sort_key(token_id: str) -> str:
    """The sort key of a token."""
    return f"TOKEN#{token_id}"


def _unchanged(token: Token) -> str:
    return f"{EXISTS} AND {unchanged('revision', token.revision)}"


def as_token(item: dict[str, Any]) -> Token:
    """The typed token of an item."""
    return msgspec.convert(item, Token)

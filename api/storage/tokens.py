"""Personal access tokens `USER#{username}` / `TOKEN#{token_id}`. Only a hash is stored."""

from __future__ import annotations

from typing import Any

import msgspec

from api.aws.json_client import Operation
from api.storage.operations import EXISTS, revision_is
from api.storage.page import Page, delete_expired, read_page
from api.storage.table import ConditionFailed, Table
from api.storage.users import Users, user_partition

TOKEN_PREFIX = "TOKEN#"
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


class SimulatedLimits(msgspec.Struct, frozen=True):
    """Rejects the `share` of calls (more than 0, at most 1) without calling the upstream."""

    share: float


class Token(msgspec.Struct, frozen=True):
    """A token and its permissions. Times are epoch seconds.

    None means no expiry, or no limit. `limit_since` is when the limit was last changed. None means
    never: the limit embedded in the token's text applies.
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
    simulated_limits: SimulatedLimits | None = msgspec.field(name="rehearsal", default=None)
    revision: int = 1


class Tokens:
    """Creates, reads, changes and deletes tokens."""

    def __init__(self, table: Table, users: Users) -> None:
        self._table = table
        self._users = users

    def create(self, username: str, token: Token) -> None:
        """Store a token. Raises TransactionFailed if the account no longer exists."""
        item: dict[str, Any] = {
            "PK": user_partition(username),
            "SK": token_sort_key(token.token_id),
            **msgspec.to_builtins(token),
        }
        if token.expires_at is not None:
            item["ttl"] = token.expires_at
        self._table.transact([self._users.assert_active_op(username), self._table.put_op(item)])

    def get(self, username: str, token_id: str) -> Token | None:
        """Read a token, even if it has expired."""
        item = self._table.get(user_partition(username), token_sort_key(token_id))
        return as_token(item) if item else None

    def page(self, username: str, limit: int, after: str | None) -> Page[Token]:
        """Read a page of a user's tokens, expired ones included."""
        pk = user_partition(username)
        return read_page(self._table, pk, TOKEN_PREFIX, limit, after, as_token)

    def replace(self, username: str, old: Token, new: Token) -> None:
        """Change a token's permissions, but not its last use. Raises ConditionFailed."""
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
                user_partition(username),
                token_sort_key(new.token_id),
                expression,
                values,
                names,
                condition=_is_unchanged(old),
            )
        )

    def assert_unchanged_op(self, username: str, token: Token) -> Operation:
        """Require that the token still exists as it was read."""
        return self._table.condition_op(
            user_partition(username),
            token_sort_key(token.token_id),
            _is_unchanged(token),
            {":old": token.revision},
        )

    def delete(self, username: str, token_id: str) -> bool:
        """Delete a token, which revokes it at once. Returns False if it does not exist."""
        key = user_partition(username), token_sort_key(token_id)
        try:
            self._table.run(self._table.delete_op(*key, condition=EXISTS))
        except ConditionFailed:
            return False
        return True

    def set_last_used(self, username: str, times: dict[str, int]) -> None:
        """Store when tokens were last used (epoch seconds). Deleted tokens stay deleted."""
        if times:
            self._table.batch(self.last_used_ops(username, times))

    def last_used_ops(self, username: str, times: dict[str, int]) -> list[Operation]:
        """Store when tokens were last used. The condition fails for a deleted token."""
        return [
            self._table.update_op(
                user_partition(username),
                token_sort_key(token_id),
                "SET last_used_at = :at",
                {":at": at},
                condition=EXISTS,
            )
            for token_id, at in times.items()
        ]

    def sweep(self, username: str, now: float) -> None:
        """Delete the expired tokens of a user."""
        delete_expired(self._table, user_partition(username), TOKEN_PREFIX, now)


def token_sort_key(token_id: str) -> str:
    """Return the sort key of a token."""
    return f"{TOKEN_PREFIX}{token_id}"


def as_token(item: dict[str, Any]) -> Token:
    """Return the token that an item stores."""
    return msgspec.convert(item, Token)


def _is_unchanged(token: Token) -> str:
    return f"{EXISTS} AND {revision_is('revision', token.revision)}"

"""Personal access tokens `USER#{username}` / `TOKEN#{token_id}`. Only a hash is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from api.aws.json_client import Operation
from api.spend.budgets import Budget
from api.storage.counters import Counters
from api.storage.operations import EXISTS, revision_is
from api.storage.page import Page, delete_expired, read_page
from api.storage.table import ConditionFailed, Outcome, Table, TransactionFailed, attributes
from api.storage.token_networks import (
    latest_networks,
    network_attribute,
    stored_networks,
    surplus_networks,
)
from api.storage.token_uses import (
    TokenUse,
    UseTimes,
    client_attribute,
    latest,
    old_text_attribute,
    stored_clients,
    stored_old_texts,
    text_mark,
    times_by_token,
)
from api.storage.users import Users, user_partition

TOKEN_PREFIX = "TOKEN#"
_CHANGEABLE = (
    "name",
    "token_hash",
    "hint",
    "previous_hash",
    "previous_until",
    "allowed_ips",
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

    None means no expiry, or no limit. `limit_since` is when the first window of the limit began.
    None means that the limit embedded in the token's text applies. `budgets` are stored as one
    text, so that a read stays short.

    `allowed_ips` are addresses and networks in normal form; none allows all. `networks` are those
    that the token was used from, with the time of the first use. `clients` are the last uses by
    client, `old_texts` those of replaced texts by mark: these three only in what `Tokens` reads.
    Until `previous_until`, the text with the hash `previous_hash` is valid too.
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
    clients: dict[str, int] = {}
    budgets: tuple[Budget, ...] = ()
    allowed_ips: tuple[str, ...] = ()
    networks: dict[str, int] = {}
    previous_hash: str | None = None
    previous_until: int | None = None
    old_texts: dict[str, int] = {}

    def has_previous(self, now: float) -> bool:
        """Return whether the text before the last rotation is still valid."""
        return self.previous_until is not None and self.previous_until > now

    @property
    def previous_used_at(self) -> int | None:
        """The last use of the previous text since the rotation, None if there was none."""
        if self.previous_hash is None:
            return None
        return self.old_texts.get(text_mark(self.previous_hash))


class Tokens:
    """Creates, reads, changes and deletes tokens."""

    def __init__(self, table: Table, users: Users, counters: Counters) -> None:
        self._table = table
        self._users = users
        self._counters = counters

    def create(self, username: str, token: Token) -> None:
        """Store a token.

        Raises TransactionFailed if the account no longer exists, and CapReached.
        """
        item: dict[str, Any] = {
            "PK": user_partition(username),
            "SK": token_sort_key(token.token_id),
            **msgspec.to_builtins(token),
        }
        for name in ("clients", "budgets", "networks", "old_texts"):
            del item[name]
        item["allowed_ips"] = item["allowed_ips"] or None
        if token.expires_at is not None:
            item["ttl"] = token.expires_at
        operations = [self._users.assert_active_op(username), self._table.put_op(item)]
        self._counters.create(username, "tokens", 1, token.created_at, operations)

    def get(self, username: str, token_id: str) -> Token | None:
        """Read a token, even if it has expired."""
        item = self._table.get(user_partition(username), token_sort_key(token_id))
        return _as_used_token(item) if item else None

    def get_many(self, username: str, token_ids: Sequence[str]) -> dict[str, Token]:
        """Read several tokens, by id. Those that do not exist are left out."""
        pk = user_partition(username)
        items = self._table.get_many([(pk, token_sort_key(token_id)) for token_id in token_ids])
        return {item["token_id"]: _as_used_token(item) for item in items.values()}

    def page(self, username: str, limit: int, after: str | None) -> Page[Token]:
        """Read a page of a user's tokens, expired ones included."""
        pk = user_partition(username)
        return read_page(self._table, pk, TOKEN_PREFIX, limit, after, _as_used_token)

    def replace(self, username: str, old: Token, new: Token) -> None:
        """Change a token's permissions and texts, but not its last use. Raises ConditionFailed."""
        members = msgspec.to_builtins(new)
        changed = {name: members[name] for name in _CHANGEABLE} | {"ttl": new.expires_at}
        changed["allowed_ips"] = members["allowed_ips"] or None
        mark = text_mark(new.previous_hash or "")
        changed |= {old_text_attribute(other): None for other in old.old_texts if other != mark}
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

    def budgets_op(self, username: str, token_id: str, budgets: Sequence[Budget]) -> Operation:
        """Replace the token's copy of its budgets. Fails if the token does not exist."""
        key = user_partition(username), token_sort_key(token_id)
        if not budgets:
            return self._table.update_op(*key, "REMOVE budgets", condition=EXISTS)
        return self._table.update_op(
            *key,
            "SET budgets = :budgets",
            {":budgets": encoded_budgets(budgets)},
            condition=EXISTS,
        )

    def delete(self, username: str, token_id: str) -> bool:
        """Delete a token, which revokes it at once. Returns False if it does not exist."""
        key = user_partition(username), token_sort_key(token_id)
        try:
            self._counters.delete(
                username, "tokens", [self._table.delete_op(*key, condition=EXISTS)]
            )
        except TransactionFailed:
            return False
        return True

    def set_last_used(self, username: str, uses: Mapping[TokenUse, int]) -> None:
        """Store the last uses of tokens (epoch seconds), unless later ones are stored. Costs one
        trip, or two. Deleted tokens stay deleted.
        """
        if uses:
            outcomes = self._table.batch(self.last_used_ops(username, uses))
            operations = self.correction_ops(username, uses, outcomes)
            if operations:
                self._table.batch(operations)

    def correction_ops(
        self, username: str, uses: Mapping[TokenUse, int], outcomes: Sequence[Outcome]
    ) -> list[Operation]:
        """Restore later uses and remove all but the latest clients, after `last_used_ops` with
        these outcomes. Mostly there is none of that.
        """
        corrections = [
            self._correction_op(username, token_id, times, attributes(outcome))
            for (token_id, times), outcome in zip(
                times_by_token(uses.items()).items(), outcomes, strict=True
            )
            if not isinstance(outcome, ConditionFailed)
        ]
        return [operation for operation in corrections if operation is not None]

    def last_used_ops(self, username: str, uses: Mapping[TokenUse, int]) -> list[Operation]:
        """Store the last uses of tokens, one operation a token, in the order of their first use,
        with the latest clients only.

        `correction_ops` needs the outcomes. The condition fails for a deleted token.
        """
        operations = []
        for token_id, (clients, old_texts) in times_by_token(uses.items()).items():
            members = {"last_used_at": max(clients.values())}
            members |= {client_attribute(name): at for name, at in latest(clients).items()}
            members |= {old_text_attribute(mark): at for mark, at in old_texts.items()}
            operations.append(
                self._table.update_op(
                    user_partition(username),
                    token_sort_key(token_id),
                    "SET " + ", ".join(f"#m{i} = :m{i}" for i in range(len(members))),
                    {f":m{i}": at for i, at in enumerate(members.values())},
                    {f"#m{i}": name for i, name in enumerate(members)},
                    condition=EXISTS,
                    returning="ALL_OLD",
                )
            )
        return operations

    def network_op(self, username: str, token: Token, network: str, now: int) -> Operation:
        """Record the first use of a token from a network, now (epoch seconds). The condition fails
        for a deleted token.

        `token` is as it was read, with its networks.
        """
        names = {"#new": network_attribute(network)}
        surplus = surplus_networks(token.networks)
        names |= {f"#n{i}": network_attribute(name) for i, name in enumerate(surplus)}
        removal = f" REMOVE {', '.join(f'#n{i}' for i in range(len(surplus)))}" if surplus else ""
        return self._table.update_op(
            user_partition(username),
            token_sort_key(token.token_id),
            f"SET #new = if_not_exists(#new, :now){removal}",
            {":now": now},
            names,
            condition=EXISTS,
        )

    def _correction_op(
        self, username: str, token_id: str, times: UseTimes, old: Mapping[str, Any]
    ) -> Operation | None:
        """Return the operation that restores later times than those that were `written`, and that
        removes all but the latest clients. `old` is the item before that. None if all is right.

        The condition fails if another process has changed the same attributes meanwhile.
        """
        clients, written = stored_clients(old), times.clients
        wanted = latest(clients, written)
        present = clients | latest(written)
        changes: dict[str, tuple[int, int | None]] = {
            client_attribute(name): (at, wanted.get(name))
            for name, at in present.items()
            if wanted.get(name) != at
        }
        last_used, before = max(written.values()), old.get("last_used_at") or 0
        if before > last_used:
            changes["last_used_at"] = (last_used, before)
        later = stored_old_texts(old)
        changes |= {
            old_text_attribute(mark): (at, later[mark])
            for mark, at in times.old_texts.items()
            if later.get(mark, 0) > at
        }
        if not changes:
            return None
        names, values, conditions, sets, removals = {}, {}, [EXISTS], [], []
        for position, (name, (at, better)) in enumerate(changes.items()):
            names[f"#m{position}"] = name
            values[f":at{position}"] = at
            unchanged = f"#m{position} = :at{position}"
            if better is None:
                # Another correction may have removed it.
                conditions.append(f"(attribute_not_exists(#m{position}) OR {unchanged})")
                removals.append(f"#m{position}")
            else:
                conditions.append(unchanged)
                values[f":m{position}"] = better
                sets.append(f"#m{position} = :m{position}")
        expression = f"SET {', '.join(sets)}" if sets else ""
        if removals:
            expression += f" REMOVE {', '.join(removals)}"
        return self._table.update_op(
            user_partition(username),
            token_sort_key(token_id),
            expression.strip(),
            values,
            names,
            condition=" AND ".join(conditions),
        )

    def sweep(self, username: str, now: float) -> None:
        """Delete the expired tokens of a user."""
        delete_expired(self._table, user_partition(username), TOKEN_PREFIX, now)


def token_sort_key(token_id: str) -> str:
    """Return the sort key of a token."""
    return f"{TOKEN_PREFIX}{token_id}"


def as_token(item: dict[str, Any]) -> Token:
    """Return the token that an item stores, without its networks and uses: most calls do not need
    them.
    """
    budgets = item.get("budgets")
    if budgets is None:
        return msgspec.convert(item, Token)
    return msgspec.convert(item | {"budgets": _decoded_budgets(budgets)}, Token)


def with_networks(token: Token, item: Mapping[str, Any]) -> Token:
    """Return the token with the networks in its item."""
    return msgspec.structs.replace(token, networks=stored_networks(item))


def encoded_budgets(budgets: Sequence[Budget]) -> str:
    """Return a token's budgets as its item stores them, in the attribute `budgets`."""
    return msgspec.json.encode(budgets).decode()


@lru_cache(maxsize=1024)
def _decoded_budgets(text: str) -> tuple[Budget, ...]:
    return msgspec.json.decode(text, type=tuple[Budget, ...])


def _as_used_token(item: dict[str, Any]) -> Token:
    """Return the token that an item stores, with its networks and uses."""
    token = as_token(item)
    return msgspec.structs.replace(
        token,
        clients=latest(stored_clients(item)),
        networks=latest_networks(stored_networks(item)),
        old_texts=stored_old_texts(item),
    )


def _is_unchanged(token: Token) -> str:
    return f"{EXISTS} AND {revision_is('revision', token.revision)}"

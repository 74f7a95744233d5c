"""Passkeys `USER#{username}` / `FACTOR#PASSKEY#{passkey_id}`, and the items `HANDLE#{handle}` that
lead from a passkey's user handle to its account.
"""

from __future__ import annotations

import secrets
from typing import Any

import msgspec

from api.aws.json_client import Operation
from api.storage.operations import EXISTS, NOT_EXISTS
from api.storage.table import ConditionFailed, Table, TransactionFailed
from api.storage.users import PROFILE, User, as_user, handle_key, user_partition

PASSKEY_PREFIX = "FACTOR#PASSKEY#"


class Passkey(msgspec.Struct, frozen=True):
    """A passkey. Binary values are in base64url without padding. Times are epoch seconds.

    `synced` is whether the user's devices share it. `flagged_at` is when its counter did not grow,
    which means that there is a copy of it.
    """

    passkey_id: str
    credential_id: str
    public_key: str
    sign_count: int
    name: str
    created_at: int
    transports: tuple[str, ...] = ()
    synced: bool = False
    last_used_at: int | None = None
    flagged_at: int | None = None


class PasskeyUse(msgspec.Struct, frozen=True):
    """What an authenticator reported at a use of a passkey."""

    sign_count: int
    synced: bool


class ChallengeUsed(Exception):
    """The challenge of this use was used before."""


class PasskeyCloned(Exception):
    """The counter did not grow, so there is a copy of the passkey."""


class PasskeyGone(Exception):
    """The passkey was removed, or was flagged before."""


class Passkeys:
    """Reads and changes passkeys. SecondFactors adds and removes them."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def username(self, handle: str) -> str | None:
        """Return the user of a handle, or None."""
        item = self._table.get(*handle_key(handle))
        return None if item is None else str(item["username"])

    def with_user(self, username: str, passkey_id: str) -> tuple[User | None, Passkey | None]:
        """Read a user and one of their passkeys in one trip. Each is None if it does not exist."""
        pk = user_partition(username)
        profile, key = (pk, PROFILE), (pk, f"{PASSKEY_PREFIX}{passkey_id}")
        items = self._table.get_many([profile, key])
        return (
            as_user(items[profile]) if profile in items else None,
            as_passkey(items[key]) if key in items else None,
        )

    def use(
        self, username: str, passkey: Passkey, use: PasskeyUse, now: int, mark: Operation
    ) -> None:
        """Store a use of a passkey and `mark` its challenge as used, both or neither.

        The counter must grow, unless it always is 0. Raises ChallengeUsed, PasskeyCloned and
        PasskeyGone.
        """
        # Synced passkeys have no counter.
        grows = "sign_count < :count" if use.sign_count else "sign_count = :count"
        operation = self._table.update_op(
            user_partition(username),
            f"{PASSKEY_PREFIX}{passkey.passkey_id}",
            "SET sign_count = :count, synced = :synced, last_used_at = :now, last_use = :use",
            {
                ":count": use.sign_count,
                ":synced": use.synced,
                ":now": now,
                ":use": secrets.token_hex(8),
            },
            condition=f"{EXISTS} AND attribute_not_exists(flagged_at) AND {grows}",
        )
        try:
            self._table.transact([mark, operation])
        except TransactionFailed as failure:
            if 0 in failure.failed:
                raise ChallengeUsed from failure
            stored = failure.items.get(1)
            is_gone = stored is None or "flagged_at" in stored
            raise (PasskeyGone if is_gone else PasskeyCloned)() from failure

    def flag(self, username: str, passkey_id: str, now: int) -> None:
        """Store that there is a copy of the passkey, which is refused from now on."""
        self._update(username, passkey_id, "SET flagged_at = :now", {":now": now})

    def rename(self, username: str, passkey_id: str, name: str) -> bool:
        """Change a passkey's name. Returns False if it does not exist."""
        return self._update(username, passkey_id, "SET #name = :name", {":name": name})

    def _update(self, username: str, passkey_id: str, change: str, values: dict[str, Any]) -> bool:
        try:
            self._table.run(
                self._table.update_op(
                    user_partition(username),
                    f"{PASSKEY_PREFIX}{passkey_id}",
                    change,
                    values,
                    names={"#name": "name"} if "#name" in change else None,
                    condition=EXISTS,
                )
            )
        except ConditionFailed:
            return False
        return True


def put_passkey_ops(table: Table, user: User, passkey: Passkey, handle: str) -> list[Operation]:
    """Store a new passkey, and the user's handle if this is their first one."""
    pk = user_partition(user.username)
    item = {
        "PK": pk,
        "SK": f"{PASSKEY_PREFIX}{passkey.passkey_id}",
        **msgspec.structs.asdict(passkey),
    }
    operations = [table.put_op(item, NOT_EXISTS)]
    if not user.passkey_handle:
        handle_pk, handle_sk = handle_key(handle)
        operations.append(
            table.put_op({"PK": handle_pk, "SK": handle_sk, "username": user.username}, NOT_EXISTS)
        )
    return operations


def delete_passkey_op(table: Table, username: str, passkey_id: str) -> Operation:
    """Delete a passkey. The condition fails if it does not exist."""
    return table.delete_op(user_partition(username), f"{PASSKEY_PREFIX}{passkey_id}", EXISTS)


def as_passkey(item: dict[str, Any]) -> Passkey:
    """Return the passkey that an item stores."""
    return msgspec.convert(item, Passkey)

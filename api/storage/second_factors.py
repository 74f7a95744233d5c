"""Second factors `USER#{username}` / `FACTOR#…`: passkeys, the authenticator app (`FACTOR#TOTP`)
and the recovery codes (`FACTOR#RECOVERY`).

The profile says which kinds a user has, so a sign-in without a second factor reads nothing here.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

import msgspec

from api.aws.json_client import Operation
from api.storage.operations import EXISTS
from api.storage.passkeys import (
    PASSKEY_PREFIX,
    Passkey,
    as_passkey,
    delete_passkey_op,
    put_passkey_ops,
)
from api.storage.table import ConditionFailed, Table, TransactionFailed, attributes
from api.storage.users import NOT_DELETING, PROFILE, User, user_partition

_PREFIX = "FACTOR#"
_TOTP = "FACTOR#TOTP"
_RECOVERY = "FACTOR#RECOVERY"


class Totp(msgspec.Struct, frozen=True):
    """An authenticator app. `secret` is encrypted. Times are epoch seconds.

    `last_step` is the latest time step whose code was used.
    """

    factor_id: str
    secret: str
    created_at: int
    last_step: int
    last_used_at: int | None = None


class Factors(msgspec.Struct, frozen=True):
    """The second factors of a user."""

    passkeys: tuple[Passkey, ...] = ()
    totp: Totp | None = None
    recovery_codes_left: int = 0


class FactorsChanged(Exception):
    """Another request changed the factors, or the password, or deleted the account."""


class FactorMissing(Exception):
    """The factor to remove does not exist, or the one to add exists."""


class SecondFactors:
    """Reads, adds, removes and uses second factors."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def read(self, username: str) -> Factors:
        """Read all factors of a user in one trip."""
        items = {
            item["SK"]: item
            for item in self._table.query_all(user_partition(username), prefix=_PREFIX)
        }
        return Factors(
            passkeys=tuple(
                sorted(
                    (as_passkey(i) for sk, i in items.items() if sk.startswith(PASSKEY_PREFIX)),
                    key=lambda passkey: (passkey.created_at, passkey.passkey_id),
                )
            ),
            totp=msgspec.convert(items[_TOTP], Totp) if _TOTP in items else None,
            recovery_codes_left=len(items[_RECOVERY]["codes"]) if _RECOVERY in items else 0,
        )

    def add_passkey(
        self, user: User, passkey: Passkey, handle: str, recovery: Sequence[str], mark: Operation
    ) -> None:
        """Store a passkey, and the hashes of new recovery codes if it is the first factor.

        `mark` marks its challenge as used. Raises FactorsChanged, and FactorMissing if the
        challenge or the passkey was used before.
        """
        operations = [mark, *put_passkey_ops(self._table, user, passkey, handle)]
        self._change(user, operations, user.passkeys + 1, user.totp, recovery, handle)

    def add_totp(self, user: User, totp: Totp, recovery: Sequence[str], mark: Operation) -> None:
        """Store the authenticator app, in place of an earlier one. As `add_passkey`."""
        item = {"PK": user_partition(user.username), "SK": _TOTP, **msgspec.structs.asdict(totp)}
        self._change(user, [mark, self._table.put_op(item)], user.passkeys, True, recovery)

    def remove_passkey(self, user: User, passkey_id: str) -> None:
        """Delete a passkey. Raises FactorsChanged and FactorMissing."""
        operation = delete_passkey_op(self._table, user.username, passkey_id)
        self._change(user, [operation], user.passkeys - 1, user.totp)

    def remove_totp(self, user: User) -> None:
        """Delete the authenticator app. Raises FactorsChanged and FactorMissing."""
        operation = self._table.delete_op(user_partition(user.username), _TOTP, EXISTS)
        self._change(user, [operation], user.passkeys, False)

    def replace_recovery_codes(self, user: User, recovery: Sequence[str]) -> None:
        """Store the hashes of new recovery codes in place of the earlier ones. Raises
        FactorsChanged.
        """
        self._change(user, [], user.passkeys, user.totp, recovery)

    def remove_all(self, user: User, factors: Factors) -> None:
        """Delete all factors and recovery codes, and end every session. Raises FactorsChanged."""
        pk = user_partition(user.username)
        sort_keys = [f"{PASSKEY_PREFIX}{passkey.passkey_id}" for passkey in factors.passkeys]
        operations = [
            self._table.update_op(
                pk,
                PROFILE,
                "SET passkeys = :none, totp = :no, factor_revision = :new ADD auth_version :one",
                {
                    ":none": 0,
                    ":no": False,
                    ":new": secrets.token_hex(8),
                    ":one": 1,
                    ":auth": user.auth_version,
                },
                condition=f"{NOT_DELETING} AND auth_version = :auth",
            ),
            *(self._table.delete_op(pk, sk) for sk in (*sort_keys, _TOTP, _RECOVERY)),
        ]
        try:
            self._table.transact(operations)
        except TransactionFailed as failure:
            raise FactorsChanged from failure

    def use_totp(
        self, username: str, totp: Totp, step: int, now: int, mark: Operation | None
    ) -> bool:
        """Use the code of a time step. False if it or a later one was used, or the app is gone.

        `mark` marks the challenge of a sign-in as used.
        """
        operation = self._table.update_op(
            user_partition(username),
            _TOTP,
            "SET last_step = :step, last_used_at = :now, last_use = :use",
            {
                ":step": step,
                ":now": now,
                ":use": secrets.token_hex(8),
                ":id": totp.factor_id,
            },
            condition=f"{EXISTS} AND factor_id = :id AND last_step < :step",
        )
        return self._both(operation, mark) is not None

    def use_recovery_code(self, username: str, hashed: str, mark: Operation | None) -> int | None:
        """Use a recovery code. Returns how many are left, None if there is no such code."""
        operation = self._table.update_op(
            user_partition(username),
            _RECOVERY,
            "SET last_use = :use REMOVE codes.#hash",
            {":use": secrets.token_hex(8)},
            names={"#hash": hashed},
            condition="attribute_exists(codes.#hash)",
            returning="ALL_NEW",
        )
        response = self._both(operation, mark)
        if response is None:
            return None
        if mark is None:
            return len(attributes(response)["codes"])
        return self.read(username).recovery_codes_left

    def _both(self, operation: Operation, mark: Operation | None) -> dict[str, Any] | None:
        """Carry out an operation and mark the challenge, or neither. None if a condition fails."""
        try:
            if mark is None:
                return self._table.run(operation)
            self._table.transact([operation, mark])
        except (ConditionFailed, TransactionFailed):
            return None
        return {}

    def _change(
        self,
        user: User,
        operations: Sequence[Operation],
        passkeys: int,
        totp: bool,
        recovery: Sequence[str] = (),
        handle: str = "",
    ) -> None:
        pk = user_partition(user.username)
        expected = (
            "factor_revision = :old"
            if user.factor_revision
            else "attribute_not_exists(factor_revision)"
        )
        values = {
            ":passkeys": passkeys,
            ":totp": totp,
            ":new": secrets.token_hex(8),
            ":auth": user.auth_version,
        }
        if user.factor_revision:
            values[":old"] = user.factor_revision
        expression = "SET passkeys = :passkeys, totp = :totp, factor_revision = :new"
        if handle:
            expression += ", passkey_handle = :handle"
            values[":handle"] = handle
        changes = [
            self._table.update_op(
                pk,
                PROFILE,
                expression,
                values,
                condition=f"{NOT_DELETING} AND auth_version = :auth AND {expected}",
            ),
            *operations,
        ]
        if recovery:
            codes = dict.fromkeys(recovery, True)
            changes.append(self._table.put_op({"PK": pk, "SK": _RECOVERY, "codes": codes}))
        elif not passkeys and not totp:
            changes.append(self._table.delete_op(pk, _RECOVERY))
        try:
            self._table.transact(changes)
        except TransactionFailed as failure:
            raise (FactorsChanged if 0 in failure.failed else FactorMissing)() from failure

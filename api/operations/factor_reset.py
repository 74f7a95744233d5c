"""Remove the second factors of an account, for somebody who has lost all of them."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from api.operations.command_record import RecordSink, account_sink, recorded
from api.operations.errors import OperationError
from api.services.accounts.usernames import canonical
from api.storage.second_factors import Factors, FactorsChanged, SecondFactors
from api.wiring import Storage


class FactorReset(msgspec.Struct, frozen=True):
    """What was removed of the account `username`."""

    username: str
    factors: Factors


def reset_second_factor(
    storage: Storage,
    username: str,
    sinks: tuple[RecordSink, ...],
    days: int,
    place: str,
    warn: Callable[[str], None],
) -> FactorReset:
    """Remove all second factors of an account and end its sessions. The password stays.

    The command is recorded in `sinks`, without the username, and for `days` in the account's own
    audit log. `place` is what the entries call the installation. Raises OperationError.
    """
    name = canonical(username)
    user = storage.users.get(name) if name else None
    if name is None or user is None or user.deleting:
        raise OperationError(
            "There is no account with this username: check it, and that the command is for the "
            "right data folder, table or stack."
        )
    stored = SecondFactors(storage.table)
    factors = stored.read(name)
    if not (user.second_factor or factors.passkeys or factors.totp):
        raise OperationError(f"{name} has no second factor: the password alone signs in.")
    before = (*sinks, account_sink(storage.table, days, name))
    with recorded("second_factor.reset", {"to": place}, before=before, after=(), warn=warn):
        try:
            stored.remove_all(user, factors)
        except FactorsChanged as error:
            raise OperationError(
                f"{name} changed meanwhile: repeat the command if the second factor is still there."
            ) from error
    return FactorReset(name, factors)

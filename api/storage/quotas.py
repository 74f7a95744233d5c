"""Changes of a user's own limit and its reservations, in step with the window that is running."""

from __future__ import annotations

from collections.abc import Sequence

from api.aws.json_client import Operation
from api.storage.limits import Limits
from api.storage.policies import Policy
from api.storage.pools import Pools
from api.storage.reservations import Reservation, begun
from api.storage.table import Table, TransactionFailed

_WINDOW = 1
_ATTEMPTS = 4


class PolicyChanged(Exception):
    """Somebody else changed the policy, or what goes with it, between our read and our write."""


class Quotas:
    """Replaces policies under conditions."""

    def __init__(self, table: Table, pools: Pools, limits: Limits) -> None:
        self._table = table
        self._pools = pools
        self._limits = limits

    def replace(
        self,
        username: str,
        api_name: str,
        old: Policy | None,
        new: Policy | None,
        beside: Sequence[Operation] = (),
    ) -> None:
        """Put `new` in place of `old`, if what is `beside` holds too. Raises PolicyChanged."""
        change = self._pools.policy_op(username, api_name, old, new)
        try:
            self._table.transact([change, *beside])
        except TransactionFailed as failure:
            raise PolicyChanged from failure

    def reserve(
        self,
        username: str,
        api_name: str,
        old: Policy,
        new: Policy,
        added: Reservation,
        now: float,
        beside: Sequence[Operation] = (),
    ) -> None:
        """The same, with a reservation that is new: it covers what is left of the window.

        Its counters begin with those of the others, in the same transaction. Calls on their way at
        that moment do not count in them yet: in this first window others may use so many requests
        of the reservation, and never more than the limit. Raises PolicyChanged.
        """
        change = self._pools.policy_op(username, api_name, old, new)
        counters = begun(added, new.reservations)
        window = new.allowance(api_name)
        for _ in range(_ATTEMPTS):
            for call in (
                self._limits.begin_counters_op(username, window, now, counters),
                self._limits.assert_not_begun_op(username, window, now),
            ):
                try:
                    self._table.transact([change, call, *beside])
                except TransactionFailed as failure:
                    if failure.failed != (_WINDOW,):
                        raise PolicyChanged from failure
                else:
                    return
        raise PolicyChanged

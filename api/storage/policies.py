"""Changes of rate-limit policies and their reservations. A policy is a member of its pool item."""

from __future__ import annotations

from collections.abc import Sequence

from api.aws.json_client import Operation
from api.limits.policies import Policy
from api.limits.reservations import Reservation, initial_counters
from api.storage.limits import Limits
from api.storage.pools import Pools
from api.storage.table import Table, TransactionFailed

_COUNTERS = 1
"""The position of the counters in the transaction that adds a reservation."""
_ATTEMPTS = 4


class PolicyChanged(Exception):
    """The policy, or an item that the change depends on, was changed after it was read."""


class Policies:
    """Replaces policies, on condition that no other request has changed them."""

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
        extra_ops: Sequence[Operation] = (),
    ) -> None:
        """Replace `old` with `new` in one transaction with `extra_ops`. Raises PolicyChanged."""
        change = self._pools.policy_op(username, api_name, old, new)
        try:
            self._table.transact([change, *extra_ops])
        except TransactionFailed as failure:
            raise PolicyChanged from failure

    def add_reservation(
        self,
        username: str,
        api_name: str,
        old: Policy,
        new: Policy,
        added: Reservation,
        now: float,
        extra_ops: Sequence[Operation] = (),
    ) -> None:
        """Replace `old` with `new`, which has one more reservation, from the current window on.

        The same transaction starts the reservation's counters. Requests in flight at that moment
        do not count in them. In this first window other callers can therefore use as many requests
        of the reservation as are in flight, but never more than the limit. Raises PolicyChanged.
        """
        change = self._pools.policy_op(username, api_name, old, new)
        counters = initial_counters(added, new.reservations)
        rule = new.rule(api_name)
        for _ in range(_ATTEMPTS):
            for counters_op in (
                self._limits.start_counters_op(username, rule, now, counters),
                self._limits.assert_not_started_op(username, rule, now),
            ):
                try:
                    self._table.transact([change, counters_op, *extra_ops])
                except TransactionFailed as failure:
                    if failure.failed != (_COUNTERS,):
                        raise PolicyChanged from failure
                else:
                    return
        raise PolicyChanged

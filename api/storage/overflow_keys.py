"""Overflow keys: the keys of a large pool that do not fit in its pool item.

A proxied request reads only the pool item. If no inline key is ready, `swap_in` replaces inline
keys with ready overflow keys and moves the states of the removed keys to the keys' own items. If no
overflow key is ready either, it stores the time of the next attempt in the pool item. If calls may
not use any inline key, it swaps in exhausted overflow keys that they may use.
"""

from __future__ import annotations

import builtins
import random
from collections.abc import Sequence

from api.aws.json_client import Operation
from api.pools import Pool, PoolKey
from api.quota.key_state import KeyState
from api.storage.keys import Keys, StoredKey, pool_key
from api.storage.pool_item import fitting_keys
from api.storage.pools import Pools
from api.storage.table import Table, TransactionFailed

_ATTEMPTS = 3
# Seconds. Every change that can make an overflow key usable deletes the time of the next attempt.
# Without such a change, this is the longest wait.
_LONGEST_WAIT = 31 * 86_400
# Seconds after which overflow keys that are exhausted, but that calls may use, are read again.
_EXHAUSTED_WAIT = 60


class OverflowKeys:
    """Swaps keys between pool items and the overflow of large pools."""

    def __init__(self, table: Table, keys: Keys, pools: Pools) -> None:
        self._table = table
        self._keys = keys
        self._pools = pools

    def swap_in(self, username: str, pool: Pool, now: float) -> Pool:
        """Replace inline keys with overflow keys. Returns the pool after the change.

        Costs a query of the API's keys, a transaction and a read.
        """
        for _ in range(_ATTEMPTS):
            overflow = self._read(username, pool)
            usable = [key for key in overflow if key.is_usable(now)]
            exhausted = [key for key in overflow if _may_be_used(key)]
            nothing_left = not usable and not pool.may_be_used(now)
            if nothing_left:
                usable, exhausted = exhausted, []
            try:
                if usable:
                    self._table.transact(self._swap_ops(username, pool, usable, now))
                else:
                    ends = [key.state.until for key in overflow if key.state is not None]
                    until = min(ends, default=int(now) + _LONGEST_WAIT)
                    if exhausted:
                        until = min(until, int(now) + _EXHAUSTED_WAIT)
                    retry_op = self._pools.set_overflow_retry_op(username, pool, until)
                    self._table.transact([retry_op])
            except TransactionFailed:
                pass  # A key was changed, or another process swapped keys: read the pool again.
            current = self._pools.get(username, pool.api_name)
            if current is None or not current.keys:
                return pool
            pool = current
            if pool.overflow_retry_at > now or pool.usable(now):
                return pool
            if nothing_left and pool.may_be_used(now):
                return pool
        return pool

    def list(self, username: str, pool: Pool, now: float) -> builtins.list[PoolKey]:
        """Read the usable overflow keys, in random order. Costs a query of the API's keys."""
        usable = [pool_key(key) for key in self._read(username, pool) if key.is_usable(now)]
        random.shuffle(usable)
        return usable

    def save_state(self, username: str, states: Sequence[tuple[PoolKey, KeyState]]) -> None:
        """Store the states of keys that are no longer inline."""
        self._table.batch([self._keys.state_op(username, key, state) for key, state in states])

    def _read(self, username: str, pool: Pool) -> Sequence[StoredKey]:
        inline = pool.key_ids()
        stored = self._keys.of_api(username, pool.api_name)
        return [key for key in stored if key.key_id not in inline]

    def _swap_ops(
        self, username: str, pool: Pool, usable: Sequence[StoredKey], now: float
    ) -> Sequence[Operation]:
        by_id = {key.key_id: key for key in usable}
        added, removed = _choose(username, pool, [pool_key(key) for key in usable])
        states = {
            key.key_id: key.state
            for key in usable
            if key.state is not None and not key.is_usable(now)
        }
        return [
            self._pools.swap_op(username, pool.api_name, removed, added, states),
            *(self._keys.assert_unchanged_op(username, by_id[key.key_id]) for key in added),
            *(self._keys.state_op(username, key, pool.states.get(key.key_id)) for key in removed),
        ]


def _may_be_used(key: StoredKey) -> bool:
    """Return whether calls may use an overflow key that is exhausted."""
    return key.state is not None and key.state.reason == "exhausted" and not key.state.hold


def _choose(
    username: str, pool: Pool, usable: list[PoolKey]
) -> tuple[list[PoolKey], list[PoolKey]]:
    """Return the keys to add, as many as fit, and the inline keys to remove."""

    def fits(others: list[PoolKey], key: PoolKey) -> bool:
        return fitting_keys(username, pool.api_name, others, [key], pool.spend) > 0

    random.shuffle(usable)
    added: list[PoolKey] = []
    for key in usable:
        if len(added) < len(pool.keys) and fits(added, key):
            added.append(key)
    kept: list[PoolKey] = []
    for key in pool.keys[len(added) :]:
        if fits([*added, *kept], key):
            kept.append(key)
    return added, [key for key in pool.keys if key not in kept]

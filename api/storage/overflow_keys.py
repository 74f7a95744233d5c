"""The keys of a large pool that do not fit its item: brought in when those inside are used up.

A key that is spent or refused is swapped out with what is known of it, which then stands in the
key's own item, and a usable one takes its place. So a call of a pool of any size reads one item;
only the call that finds all keys inside used up looks further. When nothing outside can be used
either, the pool item says until when (`overflow_retry_at`), and calls look no further until then.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from api.aws.json_client import Operation
from api.quota.key_state import KeyState
from api.storage.keys import Keys, StoredKey, pool_key
from api.storage.pool import Pool, PoolKey, room_for
from api.storage.pools import Pools
from api.storage.table import Table, TransactionFailed

_ATTEMPTS = 3
# Every change that could bring a usable key takes `overflow_retry_at` away; this is only its bound.
_LONGEST_REST = 31 * 86_400


class OverflowKeys:
    """Swaps keys between pool items and the rest of large pools."""

    def __init__(self, table: Table, keys: Keys, pools: Pools) -> None:
        self._table = table
        self._keys = keys
        self._pools = pools

    def swap_in(self, username: str, pool: Pool, now: float) -> Pool:
        """A pool whose inline keys cannot be used, with usable ones of its rest in their place.

        Costs a query of the pool's keys, a transaction and a read.
        """
        for _ in range(_ATTEMPTS):
            outside = self._outside(username, pool)
            usable = [key for key in outside if _ready(key, now)]
            try:
                if usable:
                    self._table.transact(self._swap(username, pool, usable))
                else:
                    ends = [key.state.until for key in outside if key.state is not None]
                    until = min(ends, default=int(now) + _LONGEST_REST)
                    self._table.transact([self._pools.rest_op(username, pool, until)])
            except TransactionFailed:
                pass  # a key was changed, or somebody else did the same: look again
            current = self._pools.get(username, pool.api_name)
            if current is None or not current.keys:
                return pool
            pool = current
            if pool.overflow_retry_at > now or pool.usable(now):
                return pool
        return pool

    def outside(self, username: str, pool: Pool, now: float) -> list[PoolKey]:
        """The usable keys that the pool item does not hold, in no order; costs a query."""
        found = [pool_key(key) for key in self._outside(username, pool) if _ready(key, now)]
        random.shuffle(found)
        return found

    def remember(self, username: str, states: Sequence[tuple[PoolKey, KeyState]]) -> None:
        """Keep what is known of keys that went out of the pool item meanwhile."""
        self._table.batch([self._keys.state_op(username, key, state) for key, state in states])

    def _outside(self, username: str, pool: Pool) -> list[StoredKey]:
        inline = pool.key_ids()
        stored = self._keys.of_api(username, pool.api_name)
        return [key for key in stored if key.key_id not in inline]

    def _swap(self, username: str, pool: Pool, usable: list[StoredKey]) -> list[Operation]:
        """The transaction that swaps as many as there are, or as there is room for."""
        random.shuffle(usable)
        chosen: list[PoolKey] = []
        for candidate in map(pool_key, usable):
            if len(chosen) < len(pool.keys) and room_for(
                username, pool.api_name, chosen, [candidate]
            ):
                chosen.append(candidate)
        kept: list[PoolKey] = []
        for key in pool.keys[len(chosen) :]:
            if room_for(username, pool.api_name, [*chosen, *kept], [key]):
                kept.append(key)
        leaving = [key for key in pool.keys if key not in kept]
        revisions = {key.key_id: key for key in usable}
        return [
            self._pools.swap_op(username, pool.api_name, leaving, chosen),
            *(self._keys.assert_unchanged_op(username, revisions[key.key_id]) for key in chosen),
            *(self._keys.state_op(username, key, pool.states.get(key.key_id)) for key in leaving),
        ]


def _ready(key: StoredKey, now: float) -> bool:
    return key.state is None or key.state.until <= now

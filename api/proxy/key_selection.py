"""Ranks the keys of a pool: the one with most of its quota left first.

Exhausted and refused keys are skipped. Their states are stored with the pool, so they apply in
every process; a state that this process has just learned applies here at once (key_state_cache.py).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from operator import itemgetter

import msgspec

from api.bounded_cache import BoundedCache
from api.errors import Problem
from api.pools import Pool, PoolKey
from api.proxy.key_state_cache import KeyStateCache
from api.quota.key_state import KeyState
from api.quota.windows import QuotaReading
from api.storage.overflow_keys import OverflowKeys

# Seconds that a share is remembered if the upstream names no reset.
_SHARE_SECONDS = 60


class Ranking(msgspec.Struct, frozen=True):
    """The keys of a pool: `ready` ones with the best first, and `refused` ones in random order.

    `resets` are the epoch seconds at which the exhausted keys may be used again. Before
    `overflow_retry_at` no key outside the pool item is ready.
    """

    ready: tuple[PoolKey, ...]
    refused: tuple[PoolKey, ...] = ()
    resets: tuple[int, ...] = ()
    overflow_retry_at: int | None = None


class KeySelector:
    """Ranks keys, and remembers in this process how much of each key's quota remains. `clock`
    returns epoch seconds.
    """

    def __init__(
        self, overflow_keys: OverflowKeys, states: KeyStateCache, clock: Callable[[], float]
    ) -> None:
        self._overflow_keys = overflow_keys
        self._states = states
        self._clock = clock
        self._shares: BoundedCache[str, tuple[float, float]] = BoundedCache()

    def rank(self, pool: Pool) -> Ranking:
        """Rank the keys in the pool item."""
        if len(pool.keys) == 1 and not pool.states:
            return Ranking(pool.keys)
        now = self._clock()
        ready, refused, resets = [], [], []
        for key in pool.keys:
            state = pool.state(key.key_id, now) or self._states.get(key, now)
            if state is None:
                ready.append(key)
            elif state.reason == "refused":
                refused.append(key)
            else:
                resets.append(state.until)
        ready.sort(key=lambda key: (-self._share(key, now), random.random()))
        random.shuffle(refused)  # The upstream may accept any of them again.
        waiting = pool.has_overflow and pool.overflow_retry_at > now
        retry_at = pool.overflow_retry_at if waiting else None
        return Ranking(tuple(ready), tuple(refused), tuple(resets), retry_at)

    def has_overflow(self, pool: Pool) -> bool:
        """Return whether keys outside the pool item may be ready."""
        return pool.has_overflow and pool.overflow_retry_at <= self._clock()

    def rank_overflow(self, username: str, pool: Pool) -> Ranking:
        """Rank the keys outside the pool item. Swap them in if no key in it is ready.

        Costs a query; a swap also costs a transaction and a read.
        """
        now = self._clock()
        pool = self._with_cached_states(pool, now)
        if pool.usable(now):  # Ready for other callers, but not for this one: keep the item.
            return Ranking(tuple(self._overflow_keys.list(username, pool, now)))
        swapped = self._overflow_keys.swap_in(username, pool, now)
        ranking = self.rank(swapped)
        already_ranked = pool.key_ids()
        ready = tuple(key for key in ranking.ready if key.key_id not in already_ranked)
        return msgspec.structs.replace(ranking, ready=ready, refused=())

    def set_state(self, key: PoolKey, state: KeyState) -> None:
        """Apply a state in this process from now on; recording the call applies it everywhere."""
        self._states.set(key, state)

    def is_refused(self, pool: Pool, key: PoolKey) -> bool:
        """Return whether the upstream refused a key and the key is still skipped for it."""
        now = self._clock()
        state = pool.state(key.key_id, now) or self._states.get(key, now)
        return state is not None and state.reason == "refused"

    def observe(self, key: PoolKey, reading: QuotaReading | None) -> None:
        """Remember the smallest remaining share of a key's quotas until that quota resets."""
        shares = [
            (window.remaining / window.limit, window.reset_at)
            for window in (reading.windows if reading is not None else ())
            if window.remaining is not None and window.limit
        ]
        if shares:
            share, until = min(shares, key=itemgetter(0))
            self._shares.set(key.key_id, (share, until or self._clock() + _SHARE_SECONDS))

    def _with_cached_states(self, pool: Pool, now: float) -> Pool:
        """Return the pool with states that are not stored yet, so that a swap stores them."""
        cached = {key.key_id: self._states.get(key, now) for key in pool.keys}
        states = {key_id: state for key_id, state in cached.items() if state is not None}
        return msgspec.structs.replace(pool, states=pool.states | states)

    def _share(self, key: PoolKey, now: float) -> float:
        share, until = self._shares.get(key.key_id, (1.0, 0.0))
        return share if until > now else 1.0


def keys_exhausted(rankings: Sequence[Ranking], now: float) -> Problem:
    """Return the problem for a pool whose keys are all exhausted."""
    resets = [reset for ranking in rankings for reset in ranking.resets]
    retry_at = rankings[-1].overflow_retry_at
    reset_at = min(resets if retry_at is None else [*resets, retry_at], default=int(now) + 1)
    wait = max(1, reset_at - int(now))
    return Problem(
        "keys_exhausted",
        f"Every key of this API has exhausted its quota at the upstream. Try again in {wait} s.",
        headers=(("Retry-After", str(wait)),),
        reset_at=reset_at,
    )

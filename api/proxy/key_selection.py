"""Ranks the keys of a pool: the one with most of its quota left first.

Exhausted and refused keys come last: they are used only if no other key is left, the exhausted
ones first, because a refused key is probably revoked. A held key, which answered 429 and asked to
wait, is not used at all until one call probes it. States are stored with the pool, so they apply in
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
from api.quota.key_state import MAX_HOLD, KeyState, probing_state
from api.quota.windows import QuotaReading
from api.storage.overflow_keys import OverflowKeys
from api.storage.pools import Pools

# Seconds that a share is remembered if the upstream names no reset.
_SHARE_SECONDS = 60
# Seconds to wait for the response to another call's probe.
_PROBE_SECONDS = 5


class Ranking(msgspec.Struct, frozen=True):
    """The keys of a pool: `ready` ones with the best first, `exhausted` ones with the first reset
    first, and `refused` ones in random order.

    `held` keys must not be used, `probes` are held keys that a call may probe now; both with their
    states. Before `overflow_retry_at` (epoch seconds) no key outside the pool item is ready.
    """

    ready: tuple[PoolKey, ...]
    exhausted: tuple[PoolKey, ...] = ()
    refused: tuple[PoolKey, ...] = ()
    held: tuple[tuple[PoolKey, KeyState], ...] = ()
    probes: tuple[tuple[PoolKey, KeyState], ...] = ()
    overflow_retry_at: int | None = None


class KeySelector:
    """Ranks keys, and remembers in this process how much of each key's quota remains. `clock`
    returns epoch seconds.
    """

    def __init__(
        self,
        pools: Pools,
        overflow_keys: OverflowKeys,
        states: KeyStateCache,
        clock: Callable[[], float],
    ) -> None:
        self._pools = pools
        self._overflow_keys = overflow_keys
        self._states = states
        self._clock = clock
        self._shares: BoundedCache[str, tuple[float, float]] = BoundedCache()

    def rank(self, pool: Pool) -> Ranking:
        """Rank the keys in the pool item."""
        if len(pool.keys) == 1 and not pool.states:
            return Ranking(pool.keys)
        now = self._clock()
        ready, refused, exhausted, held, probes = [], [], [], [], []
        for key in pool.keys:
            state = pool.state(key.key_id, now) or self._states.get(key, now)
            if state is None:
                ready.append(key)
            elif state.reason == "refused":
                refused.append(key)
            elif not state.hold:
                exhausted.append((key, state))
            elif state.held_until > now:
                held.append((key, state))
            else:
                probes.append((key, state))
        ready.sort(key=lambda key: (-self._share(key, now), random.random()))
        random.shuffle(refused)  # The upstream may accept any of them again.
        waiting = pool.has_overflow and pool.overflow_retry_at > now
        exhausted.sort(key=_reset)
        probes.sort(key=_reset)
        return Ranking(
            tuple(ready),
            tuple([key for key, _ in exhausted]),
            tuple(refused),
            tuple(held),
            tuple(probes),
            pool.overflow_retry_at if waiting else None,
        )

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

    def claim_probe(
        self, username: str, pool: Pool, key: PoolKey, state: KeyState
    ) -> KeyState | None:
        """Claim the right to probe a held key. Returns its new state, None if another call probes.

        Costs a trip.
        """
        probing = probing_state(state, self._clock())
        claimed = self._pools.replace_state(username, pool.api_name, key, state, probing)
        return probing if claimed else None

    def set_state(self, key: PoolKey, state: KeyState) -> None:
        """Apply a state in this process from now on; recording the call applies it everywhere."""
        self._states.set(key, state)

    def is_refused(self, pool: Pool, key: PoolKey) -> bool:
        """Return whether the upstream refused a key and the key still comes last for it."""
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
    """Return the problem for a pool whose keys are all held, or refused.

    `Retry-After` is at most `MAX_HOLD` seconds: a call probes a key then. `reset_at` is when the
    first key has quota again, as the upstream said.
    """
    states = [state for ranking in rankings for _, state in (*ranking.held, *ranking.probes)]
    resets = [state.until for state in states]
    waits = [_wait(state, now) for state in states]
    retry_at = rankings[-1].overflow_retry_at
    if retry_at is not None:
        resets.append(retry_at)
        waits.append(retry_at - int(now))
    reset_at = min(resets)
    wait = max(1, min(waits))
    return Problem(
        "keys_exhausted",
        "The upstream answered 429 for every key of this API and asked to wait. Try again in "
        f"{wait} s.",
        headers=(("Retry-After", str(wait)),),
        reset_at=reset_at,
    )


def _reset(entry: tuple[PoolKey, KeyState]) -> int:
    return entry[1].until


def _wait(state: KeyState, now: float) -> int:
    """Return the seconds until a call may use or probe a held key."""
    if state.is_probed or state.held_until <= now:
        return min(_PROBE_SECONDS, state.until - int(now))
    return min(MAX_HOLD, state.held_until - int(now))

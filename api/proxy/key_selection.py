"""Which key of the pool is used: the one with most of its quota left, spent and refused ones passed
over.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from operator import itemgetter

import msgspec

from api.bounded_cache import BoundedCache
from api.errors import Problem
from api.proxy.key_state_cache import KeyStateCache
from api.quota.key_state import KeyState
from api.quota.windows import QuotaReading
from api.storage.overflow_keys import OverflowKeys
from api.storage.pool import Pool, PoolKey


class KeySelector:
    """Orders a pool's keys. What is left of each is remembered in this process; that a key is spent
    or refused is read with the pool, so that it holds everywhere, and held here at once."""

    def __init__(
        self, overflow_keys: OverflowKeys, notes: KeyStateCache, clock: Callable[[], float]
    ) -> None:
        self._overflow_keys = overflow_keys
        self._notes = notes
        self._clock = clock
        self._left: BoundedCache[str, tuple[float, float]] = BoundedCache()

    def candidates(self, username: str, pool: Pool) -> Iterator[PoolKey]:
        """Usable keys, the best first; those outside the pool item only when these are used up.

        Where all are refused (401) they are tried again: the upstream's own answer says more than
        ours. Raises Problem(keys_exhausted) with the earliest reset when none can be used, and at
        least one because it is spent.
        """
        now = self._clock()
        usable, refused, resets = self._sorted(pool, now)
        yield from usable
        if pool.has_overflow and pool.overflow_retry_at <= now:
            known = self._with_noted(pool, now)
            if known.usable(now):  # but not by this caller: the pool item is right for others
                others = self._overflow_keys.outside(username, pool, now)
            else:
                pool = self._overflow_keys.swap_in(username, known, now)
                others, _, more = self._sorted(pool, now)
                others = [key for key in others if key.key_id not in known.key_ids()]
                resets += more
            yield from others
            usable += others
        if not usable and (resets or not refused):
            if pool.has_overflow and pool.overflow_retry_at > now:
                resets.append(pool.overflow_retry_at)
            raise exhausted(min(resets, default=int(now) + 1), now)
        yield from refused

    def note(self, key: PoolKey, state: KeyState) -> None:
        """A key is passed over here from now on; everywhere once the call is recorded."""
        self._notes.note(key, state)

    def refused(self, pool: Pool, key: PoolKey) -> bool:
        """Whether a key is passed over because the upstream refused it."""
        now = self._clock()
        state = pool.state(key.key_id, now) or self._notes.state(key, now)
        return state is not None and state.reason == "refused"

    def observe(self, key: PoolKey, reading: QuotaReading | None) -> None:
        """Remember what is left of a key's quota, its smallest share, until that one's reset."""
        shares = [
            (window.remaining / window.limit, window.reset_at)
            for window in (reading.windows if reading is not None else ())
            if window.remaining is not None and window.limit
        ]
        if shares:
            share, until = min(shares, key=itemgetter(0))
            self._left.set(key.key_id, (share, until or self._clock() + 60))

    def _sorted(self, pool: Pool, now: float) -> tuple[list[PoolKey], list[PoolKey], list[int]]:
        if len(pool.keys) == 1 and not pool.states:
            return [pool.keys[0]], [], []
        usable, refused, resets = [], [], []
        for key in pool.keys:
            state = pool.state(key.key_id, now) or self._notes.state(key, now)
            if state is None:
                usable.append(key)
            elif state.reason == "refused":
                refused.append(key)
            else:
                resets.append(state.until)
        usable.sort(key=lambda key: (-self._share(key, now), random.random()))
        random.shuffle(refused)  # one of them may be good again
        return usable, refused, resets

    def _with_noted(self, pool: Pool, now: float) -> Pool:
        """The pool with what is not written yet, so that it goes along with a key that goes out."""
        noted = {key.key_id: self._notes.state(key, now) for key in pool.keys}
        states = {key_id: state for key_id, state in noted.items() if state is not None}
        return msgspec.structs.replace(pool, states=pool.states | states)

    def _share(self, key: PoolKey, now: float) -> float:
        share, until = self._left.get(key.key_id, (1.0, 0.0))
        return share if until > now else 1.0


def exhausted(reset_at: int, now: float) -> Problem:
    """The answer when the whole pool is spent."""
    wait = max(1, reset_at - int(now))
    return Problem(
        "keys_exhausted",
        f"Every key of this API has used up its quota at the upstream. Try again in {wait} s.",
        headers=(("Retry-After", str(wait)),),
        reset_at=reset_at,
    )

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
from api.pools import KeyState, Pool, PoolKey
from api.proxy.key_state_cache import KeyStateCache
from api.quota.headers import Observation
from api.storage.overflow_keys import OverflowKeys

# Dialects whose numbers are of one model, route or resource: that nothing is left of it says
# nothing of the others. X counts each endpoint, so that not even a 429 does
# (https://docs.x.com/fundamentals/rate-limits); OpenAI and Anthropic count models, Discord buckets,
# GitHub resources.
_COUNTED_APART = frozenset({"anthropic", "azure-openai", "discord", "github", "openai", "x"})
# A state that would last less than this many seconds longer than the known one is not written.
_WORTH_WRITING = 60
# A refused key is tried again after this many seconds, then after four times as long each time.
_FIRST_REFUSAL = 300
_LONGEST_REFUSAL = 86_400
_LONGEST_EXHAUSTION = 31 * 86_400


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
                others = self._overflow_keys.list(username, pool, now)
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

    def observe(self, key: PoolKey, observation: Observation | None) -> None:
        """Remember what is left of a key's quota, its smallest share, until that one's reset."""
        shares = [
            (window.remaining / window.limit, window.reset_at)
            for window in (observation.windows if observation is not None else ())
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


def state_after(
    status: int,
    observation: Observation | None,
    rate_limit: str,
    now: float,
    known: KeyState | None = None,
) -> KeyState | None:
    """What an answer says of its key that is worth writing: refused after 401, spent after 429 or
    with nothing left, ready after a refused one worked. None when `known`, the state that was read,
    says nearly the same.

    Where an API counts models, routes or resources apart, the end of one is not the key's: such a
    key only comes last.
    """
    if status == 401:
        state = KeyState("refused", int(now) + _refusal_seconds(known, now), int(now), status)
    else:
        until = _spent_until(observation, rate_limit, status)
        if until is None or until <= now + 1:  # over before the next call
            worked = known is not None and known.reason == "refused" and status < 400
            return KeyState("ready", 0, int(now), status) if worked else None
        until = min(until, int(now) + _LONGEST_EXHAUSTION)
        state = KeyState("exhausted", until, int(now), status)
    if known is None or known.reason != state.reason or known.until <= now:
        return state
    return state if state.until - known.until >= _WORTH_WRITING else None


def _refusal_seconds(known: KeyState | None, now: float) -> int:
    """How long a refused key rests: longer each time that it is refused again."""
    if known is None or known.reason != "refused":
        return _FIRST_REFUSAL
    before = known.until - known.since
    return min(_LONGEST_REFUSAL, before if known.until > now else 4 * before)


def _spent_until(observation: Observation | None, rate_limit: str, status: int) -> int | None:
    if observation is None:
        return None
    asked = status in (402, 429) and rate_limit != "x"
    if observation.retry_at is None and rate_limit in _COUNTED_APART and not asked:
        return None
    side = rate_limit == "github" and all(
        window.name not in ("core", "requests", "default") for window in observation.windows
    )
    if side and observation.retry_at in (None, observation.windows_until):
        return None
    return observation.exhausted_until

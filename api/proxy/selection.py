"""Which key of the pool is used: the one with most of its quota left, spent and refused ones passed
over.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from threading import Lock

from api.errors import Problem
from api.proxy.quota import Observation, primary
from api.storage.keys import Keys, pool_key
from api.storage.pools import KeyState, Pool, PoolKey

_MOST_KNOWN = 10_000
# A state that would last less than this many seconds longer than the known one is not written.
_WORTH_WRITING = 60


class Selection:
    """Orders a pool's keys. What is left of each is remembered in this process; that a key is spent
    or refused is read with the pool, so that it holds everywhere."""

    def __init__(self, keys: Keys, clock: Callable[[], float]) -> None:
        self._keys = keys
        self._clock = clock
        self._left: dict[str, tuple[float, float]] = {}
        self._lock = Lock()

    def candidates(self, username: str, pool: Pool) -> Iterator[PoolKey]:
        """Usable keys, the best first; those outside the pool item only when these are used up.

        Refused keys (401) come last: the upstream's own answer says more than ours. Raises
        Problem(keys_exhausted) with the earliest reset when every key is spent.
        """
        now = self._clock()
        usable, refused, resets = self._sorted(pool.keys, pool, now)
        yield from usable
        if pool.more:
            inline = pool.key_ids()
            others = [
                pool_key(key)
                for key in self._keys.of_api(username, pool.api_name)
                if key.key_id not in inline
            ]
            random.shuffle(others)
            yield from others
            usable += others
        yield from refused
        if not usable and not refused:
            raise exhausted(min(resets), now)

    def observe(self, key: PoolKey, observation: Observation | None) -> None:
        """Remember what is left of a key's quota, as a share, until its reset."""
        window = primary(observation) if observation is not None else None
        if window is None or window.remaining is None or not window.limit:
            return
        until = window.reset_at if window.reset_at is not None else self._clock() + 60
        with self._lock:
            if len(self._left) >= _MOST_KNOWN and key.key_id not in self._left:
                self._left.pop(next(iter(self._left)))
            self._left[key.key_id] = (window.remaining / window.limit, until)

    def _sorted(
        self, keys: tuple[PoolKey, ...], pool: Pool, now: float
    ) -> tuple[list[PoolKey], list[PoolKey], list[int]]:
        if len(keys) == 1 and not pool.states:
            return [keys[0]], [], []
        usable, refused, resets = [], [], []
        for key in keys:
            state = pool.states.get(key.key_id)
            if state is None or state.until <= now:
                usable.append(key)
            elif state.why == "refused":
                refused.append(key)
            else:
                resets.append(state.until)
        usable.sort(key=lambda key: (-self._share(key, now), random.random()))
        return usable, refused, resets

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
    )


def state_after(
    status: int,
    observation: Observation | None,
    rate_limit: str,
    now: float,
    known: KeyState | None = None,
) -> KeyState | None:
    """What an answer says of its key that is worth writing: refused after 401, spent after 429 or
    with nothing left. None when `known`, the state that was read, says nearly the same.

    GitHub counts its resources apart; only the main one's end makes a key unusable.
    """
    state = _state_of(status, observation, rate_limit, now)
    if state is None or known is None or known.why != state.why:
        return state
    return state if state.until - known.until >= _WORTH_WRITING else None


def _state_of(
    status: int, observation: Observation | None, rate_limit: str, now: float
) -> KeyState | None:
    if status == 401:
        return KeyState("refused", int(now) + 300)
    if observation is None:
        return None
    until = observation.retry_at
    if until is None:
        side = rate_limit == "github" and all(
            window.name not in ("core", "requests", "default") for window in observation.windows
        )
        until = None if side else observation.exhausted_until
    if until is None or until <= now + 1:
        return None  # over before the next call
    return KeyState("exhausted", min(until, int(now) + 31 * 86_400))

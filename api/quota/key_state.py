"""The state of a key, and how an upstream's response changes it."""

import msgspec

from api.quota.dialects import get_dialect
from api.quota.windows import QuotaReading, exhausted_reset

# Seconds. A state that ends less than this later than the stored one is not worth a write.
_WORTH_WRITING = 60
# A refused key is tried again after this many seconds, then after four times as long each time.
_FIRST_REFUSAL = 300
_LONGEST_REFUSAL = 86_400
_LONGEST_EXHAUSTION = 31 * 86_400


class KeyState(msgspec.Struct, frozen=True, array_like=True):
    """Why the proxy skips a key: it is `exhausted`, or `refused` by the upstream with a 401.

    `ready` replaces a state that no longer applies. `until` and `since` are in epoch seconds,
    `status` is the upstream's. The pool item holds these fields in this order.
    """

    reason: str
    until: int
    since: int = 0
    status: int = 0


def key_state_after(
    status: int,
    reading: QuotaReading | None,
    dialect: str,
    now: float,
    stored: KeyState | None = None,
) -> KeyState | None:
    """Return the state to store for a key after a response, or None if there is none to store.

    A 401 refuses the key. A 402, a 429 or an exhausted quota exhausts it. A success makes a refused
    key ready. `stored` is the state that is stored now: a state that hardly differs from it is not
    worth a write. See `RateLimitDialect` for APIs that limit per model, route or resource.
    """
    if status == 401:
        state = refused_state(status, now, stored)
    else:
        until = _exhausted_until(status, reading, dialect)
        if until is None or until <= now + 1:  # it ends before the next call
            works = stored is not None and stored.reason == "refused" and status < 400
            return KeyState("ready", 0, int(now), status) if works else None
        until = min(until, int(now) + _LONGEST_EXHAUSTION)
        state = KeyState("exhausted", until, int(now), status)
    if stored is None or stored.reason != state.reason or stored.until <= now:
        return state
    return state if state.until - stored.until >= _WORTH_WRITING else None


def refused_state(status: int, now: float, stored: KeyState | None = None) -> KeyState:
    """Return the state of a key that its upstream refuses. Lasts longer after each refusal."""
    seconds = _FIRST_REFUSAL
    if stored is not None and stored.reason == "refused":
        before = stored.until - stored.since
        seconds = min(_LONGEST_REFUSAL, before if stored.until > now else 4 * before)
    return KeyState("refused", int(now) + seconds, int(now), status)


def _exhausted_until(status: int, reading: QuotaReading | None, name: str) -> int | None:
    if reading is None:
        return None
    dialect = get_dialect(name)
    rejected = status in (402, 429) and dialect.scope != "endpoint"
    if reading.retry_at is None and dialect.scope != "key" and not rejected:
        return None
    if dialect.key_windows.isdisjoint(window.name for window in reading.windows):
        has_own_retry_time = reading.retry_at not in (None, exhausted_reset(reading.windows))
        if dialect.key_windows and not has_own_retry_time:
            return None
    return reading.exhausted_until

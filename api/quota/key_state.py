"""The state of a key, and how an upstream's response changes it."""

from collections.abc import Sequence

import msgspec

from api.quota.dialects import get_dialect
from api.quota.limit_scope import limits_whole_key
from api.quota.windows import QuotaReading, exhausted_reset

MAX_HOLD = 60
"""Seconds. Calls with a key are refused for at most so long before one of them probes it."""

# Seconds. A state that ends less than this later than the stored one is not worth a write.
_WORTH_WRITING = 60
# A refused key is tried again after this many seconds, then after four times as long each time.
_FIRST_REFUSAL = 300
_LONGEST_REFUSAL = 86_400
_LONGEST_EXHAUSTION = 31 * 86_400
# Seconds. Limits of several endpoints may contradict each other in every call: a state that was set
# less than this ago is not replaced because of one.
_SETTLED = 60


class KeyState(msgspec.Struct, frozen=True, array_like=True):
    """Why the proxy ranks a key last: it is `exhausted`, or `refused` by the upstream with a 401.

    `ready` replaces a state that no longer applies. `until` and `since` are in epoch seconds,
    `status` is the upstream's. `hold` is the number of seconds after `since` in which no call may
    use the key; 0 means that calls may use it if no other key is left. More than `MAX_HOLD` means
    that a call probes the key. The pool item holds these fields in this order.
    """

    reason: str
    until: int
    since: int = 0
    status: int = 0
    hold: int = 0

    @property
    def held_until(self) -> int:
        """When a call may probe the key, in epoch seconds. 0 if no call needs to wait for that."""
        return self.since + self.hold if self.hold else 0

    @property
    def is_probed(self) -> bool:
        """Whether a call was sent to find out whether the upstream accepts the key again."""
        return self.hold > MAX_HOLD


def key_state_after(
    status: int,
    reading: QuotaReading | None,
    dialect: str,
    now: float,
    stored: KeyState | None = None,
    headers: Sequence[tuple[str, str]] = (),
) -> KeyState | None:
    """Return the state to store for a key after a response, or None if there is none to store.

    A 401 refuses the key. A 402, a 429 or an exhausted quota exhausts it. Only a 429 that names a
    time to wait and limits the whole key (`limits_whole_key`) holds it. A success makes the key
    ready, and any response to a probe ends the hold. `stored` is the state that is stored now: a
    state that hardly differs from it is not worth a write. See `RateLimitDialect` for APIs that
    limit per model, route or resource.
    """
    if status == 401:
        state = refused_state(status, now, stored)
    else:
        until = _exhausted_until(status, reading, dialect)
        if until is None or until <= now + 1:  # it ends before the next call
            return _state_after_acceptance(status, dialect, now, stored)
        until = min(until, int(now) + _LONGEST_EXHAUSTION)
        held = status == 429 and limits_whole_key(headers, reading, get_dialect(dialect))
        hold = min(until - int(now), MAX_HOLD) if held else 0
        state = KeyState("exhausted", until, int(now), status, hold)
    return state if stored is None or _is_worth_writing(state, stored, now) else None


def probing_state(state: KeyState, now: float) -> KeyState:
    """Return the state of a held key while one call probes it.

    Other calls are refused until the response. After `MAX_HOLD` seconds another call may probe.
    """
    until = min(state.until, int(now) + MAX_HOLD)
    return msgspec.structs.replace(state, hold=until - state.since)


def unanswered_probe(state: KeyState, now: float) -> KeyState:
    """Return the state of a key whose probe got no response: the next call probes it."""
    return msgspec.structs.replace(state, hold=max(1, int(now) - state.since))


def refused_state(status: int, now: float, stored: KeyState | None = None) -> KeyState:
    """Return the state of a key that its upstream refuses. Lasts longer after each refusal."""
    seconds = _FIRST_REFUSAL
    if stored is not None and stored.reason == "refused":
        before = stored.until - stored.since
        seconds = min(_LONGEST_REFUSAL, before if stored.until > now else 4 * before)
    return KeyState("refused", int(now) + seconds, int(now), status)


def _state_after_acceptance(
    status: int, dialect: str, now: float, stored: KeyState | None
) -> KeyState | None:
    """Return the state after a response that neither refuses nor exhausts the key."""
    if stored is None:
        return None
    ready = KeyState("ready", 0, int(now), status)
    if stored.reason == "refused":
        return ready if status < 400 else None
    if stored.reason != "exhausted" or stored.until <= now:
        return None
    if stored.hold:
        accepted = status < 500 and status not in (402, 403, 429)
        return ready if accepted else msgspec.structs.replace(stored, hold=0)
    # Another model or route says nothing about the exhausted one.
    settled = now - stored.since >= _SETTLED and stored.until - now >= _WORTH_WRITING
    return ready if settled and status < 400 and get_dialect(dialect).scope == "key" else None


def _is_worth_writing(state: KeyState, stored: KeyState, now: float) -> bool:
    if stored.reason == "ready" and state.reason == "exhausted" and state.status < 400:
        return now - stored.since >= _SETTLED
    if stored.reason != state.reason or stored.until <= now or stored.is_probed:
        return True
    if state.hold and not stored.hold:
        return True
    return state.until - stored.until >= _WORTH_WRITING


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

"""The second trip of a proxied request: its log entry, its counters and what the upstream said."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock

import msgspec

from api.aws.json_client import Operation
from api.errors import Problem, StorageUnavailable
from api.logs import log_event
from api.pools import KeyState, PoolKey
from api.proxy.key_state_cache import KeyStateCache
from api.quota.headers import Observation, primary
from api.services.latency import bucket
from api.storage import sightings
from api.storage.overflow_keys import OverflowKeys
from api.storage.pools import Pools
from api.storage.requests import MAX_PATH, LogEntry, RequestLog
from api.storage.sightings import SeenWindow, Sighting
from api.storage.table import ConditionFailed, Table
from api.storage.table import Outcome as Written
from api.storage.tokens import Tokens
from api.storage.usage import Observed, Usage
from api.storage.usage_records import HOUR, Counters

# The tokens that this process notes in an hour's item of an API: with them and with those of a few
# other processes the item stays within one write unit (1 kB).
MOST_TOKENS = 8
_MOST_NOTED = 10_000


class Seen(msgspec.Struct, frozen=True):
    """What a key's answer said of its limits: at place `slot` of `slots`, one for each key of the
    pool item; `paces` in units a second, as `ConsumptionRates.observe` gives them.
    """

    key_id: str
    slot: int
    slots: int
    observation: Observation
    paces: tuple[float | None, ...]


class Outcome(msgspec.Struct, frozen=True):
    """How a call ended: its log entry, what the keys that were tried said, the last one last, and
    which keys are to be passed over.
    """

    entry: LogEntry
    seen: tuple[Seen, ...] = ()
    key_states: tuple[tuple[PoolKey, KeyState], ...] = ()


class Recorder:
    """Records before the answer is returned, so that no call is unmetered. `clock`: epoch
    seconds.
    """

    def __init__(
        self,
        table: Table,
        usage: Usage,
        log: RequestLog,
        pools: Pools,
        overflow_keys: OverflowKeys,
        tokens: Tokens,
        notes: KeyStateCache,
        clock: Callable[[], float],
    ) -> None:
        self._table = table
        self._usage = usage
        self._log = log
        self._pools = pools
        self._overflow_keys = overflow_keys
        self._tokens = tokens
        self._notes = notes
        self._clock = clock
        # By user and API: the present hour, and its tokens with whether they are in its item.
        self._noted: dict[tuple[str, str], tuple[int, dict[str, bool]]] = {}
        self._lock = Lock()

    def record(self, username: str, outcome: Outcome, beside: Sequence[Operation] = ()) -> None:
        """Record a call, in one trip but when the hour turns; `beside` goes out with it.

        Raises Problem(usage_not_recorded) when the table does not take it.
        """
        entry = outcome.entry
        now = int(self._clock())
        counters = _counters(entry)
        observed = _observed(username, entry.api_name, outcome.seen, now)
        noted, written = self._note_token(username, entry, now)
        calls = [
            self._usage.record_op(username, entry.api_name, counters, now, observed, noted),
            self._log.put_op(username, entry),
            *beside,
            *written,
        ]
        try:
            counted, *others = self._table.batch([*calls, *self._state_calls(username, outcome)])
            self._remember_outside(username, outcome, others[len(calls) - 1 :])
            if isinstance(counted, ConditionFailed):
                seen = self._usage.after_record(
                    username, entry.api_name, counters, now, observed, noted, counted
                )
                self._tokens.set_last_used(username, seen)
        except StorageUnavailable as error:
            log_event(
                "usage_not_recorded",
                level="error",
                user=username,
                reason=error.reason,
                **msgspec.to_builtins(entry),
            )
            raise Problem(
                "usage_not_recorded",
                "The upstream was called, but the call could not be recorded, so its answer is "
                "withheld. Do not repeat it blindly.",
                upstream_status=entry.status,
            ) from error

    def _note_token(
        self, username: str, entry: LogEntry, now: int
    ) -> tuple[str | None, Sequence[Operation]]:
        """Where a token's use is noted: in the hour's item, or when that is full in its own."""
        if entry.token_id is None:
            return None, ()
        hour = now - now % HOUR
        key = (username, entry.api_name)
        with self._lock:
            since, tokens = self._noted.get(key, (0, {}))
            if since != hour:
                if len(self._noted) >= _MOST_NOTED:
                    self._noted.clear()
                since, tokens = self._noted[key] = (hour, {})
            new = entry.token_id not in tokens
            inside = tokens.setdefault(entry.token_id, len(tokens) < MOST_TOKENS)
        if inside:
            return entry.token_id, ()
        if new:
            return None, self._tokens.last_used_ops(username, {entry.token_id: now})
        return None, ()

    def record_key_states(self, username: str, outcome: Outcome) -> None:
        """Only which keys are to be passed over, for a call that goes on for long."""
        written = self._table.batch(self._state_calls(username, outcome))
        self._remember_outside(username, outcome, written)

    def _remember_outside(
        self, username: str, outcome: Outcome, written: Sequence[Written]
    ) -> None:
        if not outcome.key_states:
            return
        outside = [
            state
            for state, answer in zip(outcome.key_states, written, strict=True)
            if isinstance(answer, ConditionFailed)
        ]
        if outside:
            self._overflow_keys.save_state(username, outside)
        self._notes.written(outcome.key_states)

    def _state_calls(self, username: str, outcome: Outcome) -> list[Operation]:
        return [
            self._pools.set_state_op(username, outcome.entry.api_name, key, state)
            for key, state in outcome.key_states
        ]

    def record_denied(self, username: str, entry: LogEntry, beside: Sequence[Operation]) -> None:
        """Only the log entry, for a call of an API that this user does not have."""
        self._table.batch([self._log.put_op(username, entry), *beside])


def loggable(path: str) -> str:
    """A path as the log keeps it: no query, printable ASCII, at most MAX_PATH characters."""
    text = path.encode("ascii", "backslashreplace").decode("ascii")
    return text if len(text) <= MAX_PATH else text[: MAX_PATH - 3] + "..."


def _counters(entry: LogEntry) -> Counters:
    counters: Counters = {
        "n": 1,
        f"s{min(5, max(1, entry.status // 100))}": 1,
        "ms": entry.duration_ms,
        "bi": entry.bytes_in,
        "bo": entry.bytes_out,
        bucket(entry.duration_ms): 1,
    }
    if entry.simulated:
        counters["h"] = 1
    elif entry.problem is not None and entry.status == 429:
        counters["r"] = 1
    elif entry.problem is not None and entry.status >= 500:
        counters["f"] = 1
    return {name: value for name, value in counters.items() if value}


def _observed(username: str, api_name: str, tried: Sequence[Seen], now: int) -> Observed | None:
    if not tried:
        return None
    window = primary(tried[-1].observation)
    return Observed(
        limit=window.limit if window else None,
        remaining=window.remaining if window else None,
        reset_at=window.reset_at if window else None,
        texts={seen.slot: _text(username, api_name, seen, now) for seen in tried},
    )


def _text(username: str, api_name: str, seen: Seen, now: int) -> str:
    return sightings.encode(
        Sighting(
            sightings.short(seen.key_id),
            now,
            tuple(
                SeenWindow(
                    name=window.name,
                    limit=window.limit,
                    remaining=window.remaining,
                    reset_at=window.reset_at,
                    pace=pace,
                    window=window.window,
                    said_unit=window.said_unit,
                )
                for window, pace in zip(seen.observation.windows, seen.paces, strict=True)
            ),
        ),
        sightings.room(username, api_name, seen.slots),
    )

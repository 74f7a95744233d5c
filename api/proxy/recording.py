"""The second trip of a proxied call: its log entry, usage counters and the quotas of its keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock

import msgspec

from api.aws.json_client import Operation
from api.bounded_cache import BoundedCache
from api.errors import Problem, StorageUnavailable
from api.logs import log_event
from api.pools import PoolKey
from api.proxy.call_context import Attempt, KeyReading
from api.proxy.key_state_cache import KeyStateCache
from api.quota.key_state import KeyState
from api.quota.windows import QuotaWindow, primary_window
from api.services.latency import bucket
from api.storage.overflow_keys import OverflowKeys
from api.storage.pools import Pools
from api.storage.quota_codec import encode_quota
from api.storage.requests import LogEntry, RequestLog
from api.storage.table import ConditionFailed, Outcome, Table
from api.storage.tokens import Tokens
from api.storage.usage import Usage
from api.storage.usage_records import HOUR, Counters

# The number of tokens that this process lists in an API's item of the hour. Together with those of
# a few other processes, the item still fits in one write unit (1 kB).
MAX_LISTED_TOKENS = 8

KeyStates = Sequence[tuple[PoolKey, KeyState]]


class CallRecord(msgspec.Struct, frozen=True):
    """The stored facts of a call: its log entry, the quotas of the keys that were tried (in the
    order of the attempts), and new states of keys.
    """

    entry: LogEntry
    readings: tuple[KeyReading, ...] = ()
    key_states: tuple[tuple[PoolKey, KeyState], ...] = ()


def call_record(entry: LogEntry, attempts: Sequence[Attempt] = ()) -> CallRecord:
    """Return the record of a call with these attempts."""
    readings = [
        attempt.stored_reading for attempt in attempts if attempt.stored_reading is not None
    ]
    return CallRecord(entry, tuple(readings), new_key_states(attempts))


def new_key_states(attempts: Sequence[Attempt]) -> tuple[tuple[PoolKey, KeyState], ...]:
    """Return the key states that the attempts revealed."""
    return tuple((attempt.key, attempt.state) for attempt in attempts if attempt.state is not None)


class Recorder:
    """Records calls before their responses are returned, so that no call goes uncounted. `clock`
    returns epoch seconds.
    """

    def __init__(
        self,
        table: Table,
        usage: Usage,
        log: RequestLog,
        pools: Pools,
        overflow_keys: OverflowKeys,
        tokens: Tokens,
        key_states: KeyStateCache,
        clock: Callable[[], float],
    ) -> None:
        self._table = table
        self._usage = usage
        self._log = log
        self._pools = pools
        self._overflow_keys = overflow_keys
        self._tokens = tokens
        self._key_states = key_states
        self._clock = clock
        # By user and API: the current hour, and whether each token is in the item of that hour.
        self._listed: BoundedCache[tuple[str, str], tuple[int, dict[str, bool]]] = BoundedCache()
        self._lock = Lock()

    def record(
        self, username: str, record: CallRecord, extra_ops: Sequence[Operation] = ()
    ) -> None:
        """Store a record and send `extra_ops` in one trip, or two in the first call of an hour.

        Raises Problem(usage_not_recorded) when the table does not accept it.
        """
        entry = record.entry
        now = int(self._clock())
        counters = _counters(entry)
        quota = _quota(username, entry.api_name, record.readings, now)
        listed, token_ops = self._list_token(username, entry, now)
        ops = [
            self._usage.record_op(username, entry.api_name, counters, now, *quota, listed),
            self._log.put_op(username, entry),
            *extra_ops,
            *token_ops,
        ]
        state_ops = self._state_ops(username, entry.api_name, record.key_states)
        try:
            counted, *others = self._table.batch([*ops, *state_ops])
            self._store_overflow(username, record.key_states, others[len(ops) - 1 :])
            if isinstance(counted, ConditionFailed):
                last_uses = self._usage.after_record(
                    username, entry.api_name, counters, now, *quota, listed, counted
                )
                self._tokens.set_last_used(username, last_uses)
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
                "The upstream was called, but the call could not be recorded, so its response is "
                "withheld. Check what the call did before you repeat it.",
                upstream_status=entry.status,
            ) from error

    def record_key_states(self, username: str, api_name: str, states: KeyStates) -> None:
        """Store only key states, for a call that may last long."""
        outcomes = self._table.batch(self._state_ops(username, api_name, states))
        self._store_overflow(username, states, outcomes)

    def record_unknown_api(
        self, username: str, entry: LogEntry, extra_ops: Sequence[Operation]
    ) -> None:
        """Store only the log entry, for a call to an API that the user does not have."""
        self._table.batch([self._log.put_op(username, entry), *extra_ops])

    def _list_token(
        self, username: str, entry: LogEntry, now: int
    ) -> tuple[str | None, Sequence[Operation]]:
        """Return the token to list in the hour's item. If that item is full, return the operations
        that store the token's last use in the token's own item instead.
        """
        token_id = entry.token_id
        if token_id is None:
            return None, ()
        hour = now - now % HOUR
        key = (username, entry.api_name)
        with self._lock:
            since, tokens = self._listed.get(key, (0, {}))
            if since != hour:
                tokens = {}
                self._listed.set(key, (hour, tokens))
            is_new = token_id not in tokens
            is_listed = tokens.setdefault(token_id, len(tokens) < MAX_LISTED_TOKENS)
        if is_listed:
            return token_id, ()
        return None, self._tokens.last_used_ops(username, {token_id: now}) if is_new else ()

    def _state_ops(self, username: str, api_name: str, states: KeyStates) -> list[Operation]:
        return [self._pools.set_state_op(username, api_name, key, state) for key, state in states]

    def _store_overflow(
        self, username: str, states: KeyStates, outcomes: Sequence[Outcome]
    ) -> None:
        """Store the states of keys that are no longer in the pool item."""
        if not states:
            return
        overflow = [
            entry
            for entry, outcome in zip(states, outcomes, strict=True)
            if isinstance(outcome, ConditionFailed)
        ]
        if overflow:
            self._overflow_keys.save_state(username, overflow)
        self._key_states.confirm(states)


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


def _quota(
    username: str, api_name: str, readings: Sequence[KeyReading], now: int
) -> tuple[dict[int, str], QuotaWindow | None]:
    """Return the encoded quotas of the keys that were tried, by slot, and the window to show."""
    texts = {
        item.slot: encode_quota(
            username, api_name, item.key_id, item.reading.windows, item.slots, now
        )
        for item in readings
    }
    return texts, primary_window(readings[-1].reading) if readings else None

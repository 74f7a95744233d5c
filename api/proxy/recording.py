"""The second trip of a proxied request: its log entry, its counters and what the upstream said."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock

import msgspec

from api.aws.json_client import Call
from api.errors import Problem, StorageUnavailable
from api.logs import log_event
from api.proxy.quota import Observation, primary
from api.services.latency import bucket
from api.storage.pools import KeyState, Pools
from api.storage.requests import MAX_PATH, LogEntry, RequestLog
from api.storage.table import ConditionFailed, Table
from api.storage.tokens import Tokens
from api.storage.usage import HOUR, Counters, Observed, Usage

_windows = msgspec.json.Encoder()
# The rate-limit item stays within one write unit with the windows at their longest.
_MOST_WINDOWS_BYTES = 250
# The tokens that this process notes in an hour's item of an API: with them and with those of a few
# other processes the item stays within one write unit (1 kB).
MOST_TOKENS = 10
_MOST_NOTED = 10_000


class Outcome(msgspec.Struct, frozen=True):
    """How a call ended: its log entry, what was observed, and whether a key is to be passed
    over.
    """

    entry: LogEntry
    observation: Observation | None = None
    key_state: KeyState | None = None


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
        tokens: Tokens,
        clock: Callable[[], float],
    ) -> None:
        self._table = table
        self._usage = usage
        self._log = log
        self._pools = pools
        self._tokens = tokens
        self._clock = clock
        # By user and API: the present hour, and its tokens with whether they are in its item.
        self._noted: dict[tuple[str, str], tuple[int, dict[str, bool]]] = {}
        self._lock = Lock()

    def record(self, username: str, outcome: Outcome, beside: Sequence[Call] = ()) -> None:
        """Record a call, in one trip but when the hour turns; `beside` goes out with it.

        Raises Problem(usage_not_recorded) when the table does not take it.
        """
        entry = outcome.entry
        now = int(self._clock())
        counters = _counters(entry)
        observed = _observed(outcome.observation)
        noted, written = self._note_token(username, entry, now)
        calls = [
            self._usage.record_call(username, entry.api_name, counters, now, observed, noted),
            self._log.put_call(username, entry),
            *beside,
            *written,
        ]
        if outcome.key_state is not None and entry.key_id is not None:
            calls.append(
                self._pools.set_state_call(
                    username, entry.api_name, entry.key_id, outcome.key_state
                )
            )
        try:
            counted = self._table.together(calls)[0]
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
    ) -> tuple[str | None, Sequence[Call]]:
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
            return None, self._tokens.last_used_calls(username, {entry.token_id: now})
        return None, ()

    def pass_over(self, username: str, api_name: str, key_id: str, state: KeyState | None) -> None:
        """Note at once that a key is spent, while the call goes on with another one."""
        if state is not None:
            self._table.together([self._pools.set_state_call(username, api_name, key_id, state)])

    def record_denied(self, username: str, entry: LogEntry, beside: Sequence[Call]) -> None:
        """Only the log entry, for a call of an API that this user does not have."""
        self._table.together([self._log.put_call(username, entry), *beside])


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
    if entry.problem is not None and entry.status == 429:
        counters["r"] = 1
    elif entry.problem is not None and entry.status >= 500:
        counters["f"] = 1
    return {name: value for name, value in counters.items() if value}


def _observed(observation: Observation | None) -> Observed | None:
    if observation is None or not observation.windows:
        return None
    window = primary(observation)
    windows = [msgspec.structs.astuple(window) for window in observation.windows]
    encoded = _windows.encode(windows)
    while len(encoded) > _MOST_WINDOWS_BYTES:
        windows.pop()
        encoded = _windows.encode(windows)
    return Observed(
        limit=window.limit if window else None,
        remaining=window.remaining if window else None,
        reset_at=window.reset_at if window else None,
        windows=encoded.decode(),
    )

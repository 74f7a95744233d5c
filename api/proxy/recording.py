"""The second trip of a proxied call: its log entry, usage counters and the quotas of its keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import msgspec

from api.aws.json_client import Operation
from api.bounded_cache import BoundedCache
from api.errors import DO_NOT_RETRY, Problem, StorageError
from api.logs import log_event, log_failure
from api.pools import PoolKey
from api.proxy.call_context import Attempt, CallContext, KeyReading
from api.proxy.cost_records import entry_spend, with_cost
from api.proxy.grouped_records import GroupedRecords, UsageUpdate, Writing
from api.proxy.key_state_cache import KeyStateCache
from api.proxy.listed_costs import ListedCosts
from api.proxy.listed_uses import ListedUses
from api.proxy.open_calls import OpenCalls
from api.proxy.token_notes import TokenNote
from api.proxy.usage_counts import usage_counters
from api.quota.key_state import KeyState
from api.quota.windows import QuotaWindow, primary_window
from api.short_lock import ShortLock
from api.spend.usage import Cost
from api.stopping import Hold
from api.storage.listed_spend import NOTHING_SPENT, Spend
from api.storage.overflow_keys import OverflowKeys
from api.storage.pools import Pools
from api.storage.quota_codec import encode_quota
from api.storage.requests import LogEntry, RequestLog
from api.storage.table import ConditionFailed, Outcome, Table
from api.storage.token_uses import TokenUse
from api.storage.tokens import Tokens
from api.storage.usage import Usage
from api.storage.usage_records import HOUR

if TYPE_CHECKING:
    from api.proxy.budget_ledger import BudgetLedger
    from api.proxy.budget_updates import SettleUpdate

MAX_SEPARATE = 32
"""The number of calls that a process records at the same time, each on its own. More than these are
recorded in groups. Each write of a group costs twice the units."""

KeyStates = Sequence[tuple[PoolKey, KeyState]]


class CallRecord(msgspec.Struct, frozen=True):
    """The stored facts of a call: its log entry, the quotas of the keys that were tried (in the
    order of the attempts), and new states of keys.

    `cost` is what the call costs its budgets, in nano-dollars. None counts as 0: the cost is
    unknown, or the API was not called.
    """

    entry: LogEntry
    readings: tuple[KeyReading, ...] = ()
    key_states: tuple[tuple[PoolKey, KeyState], ...] = ()
    cost: int | None = None


def call_record(
    entry: LogEntry,
    attempts: Sequence[Attempt] = (),
    *,
    with_states: bool = True,
    cost: Cost | None = None,
) -> CallRecord:
    """Return the record of a call with these attempts.

    `with_states` is False if the new key states are stored already. `cost` is None for a call
    without a price.
    """
    readings = [
        attempt.stored_reading for attempt in attempts if attempt.stored_reading is not None
    ]
    states = new_key_states(attempts) if with_states else ()
    if cost is None:
        return CallRecord(entry, tuple(readings), states)
    return CallRecord(with_cost(entry, cost), tuple(readings), states, cost.amount)


def new_key_states(attempts: Sequence[Attempt]) -> tuple[tuple[PoolKey, KeyState], ...]:
    """Return the key states that the attempts revealed."""
    return tuple((attempt.key, attempt.state) for attempt in attempts if attempt.state is not None)


class Recorder:
    """Records calls before their responses are returned, so that no call goes uncounted.

    `clock` returns epoch seconds. A call that is recorded is no longer one of `open_calls`. At most
    `max_separate` calls are recorded at the same time on their own, more only in groups.
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
        open_calls: OpenCalls | None = None,
        max_separate: int = MAX_SEPARATE,
    ) -> None:
        self.open_calls = open_calls or OpenCalls()
        self._table = table
        self._usage = usage
        self._log = log
        self._pools = pools
        self._overflow_keys = overflow_keys
        self._tokens = tokens
        self._key_states = key_states
        self._clock = clock
        # By user and API.
        self._listed: BoundedCache[tuple[str, str], ListedUses] = BoundedCache()
        self._listed_costs: BoundedCache[tuple[str, str], ListedCosts] = BoundedCache()
        # By user: what calls leave to the next one, so that none makes a third trip.
        self._corrections: dict[str, list[Operation]] = {}
        self._lock = ShortLock()
        self._grouped = GroupedRecords(table, usage, log, self._write)
        self._max_separate = max_separate
        self._storing = 0

    def record(
        self,
        username: str,
        record: CallRecord,
        extra_ops: Sequence[Operation] = (),
        note: TokenNote | None = None,
    ) -> None:
        """Store a record, send `extra_ops` and settle the call's budgets, in one trip, or two in
        the first call of an hour. `note` is that of a call that is not in progress.

        A stop of the server does not interrupt it.
        Raises Problem(usage_not_recorded) if the upstream was called and that cannot be recorded.
        If it was not called, raises StorageError.
        """
        open_call = self.open_calls.end(record.entry.request_id)
        budgets = None
        if open_call is not None:
            budgets, note = open_call.budgets, open_call.note
        ledger: BudgetLedger | None = None
        settling: list[SettleUpdate] = []
        try:
            with Hold():
                if budgets is not None:
                    ledger = budgets.ledger
                    settling += budgets.settle(record.cost or 0)
                    settling += ledger.take_unsettled()
                end_ops = self.open_calls.end_ops(open_call)
                self._store(username, record, extra_ops, end_ops, ledger, settling, note)
        except BaseException as error:
            self.open_calls.forget(open_call)
            if ledger is not None:
                ledger.remember(settling)
            if not isinstance(error, Exception):
                raise
            if not isinstance(error, StorageError):
                # An SDK would repeat a call that answers with an internal error.
                log_failure("record_failed")
            if record.entry.upstream_ms is None:
                raise
            reason = error.reason if isinstance(error, StorageError) else type(error).__name__
            raise _not_recorded(username, record.entry, reason) from error

    def forget(self, call: CallContext) -> None:
        """Let a call end that is not recorded.

        If it may have cost something, what it has reserved in budgets stays so until it expires.
        """
        open_call = self.open_calls.end(call.request_id)
        self.open_calls.forget(open_call)
        if open_call is not None and open_call.budgets is not None and not open_call.host:
            open_call.budgets.ledger.abandon(open_call.budgets)

    def require_writable(self) -> None:
        """Raise StorageError if a call could not be recorded. Costs a trip after a failed one."""
        self._table.require_writable()

    def _store(
        self,
        username: str,
        record: CallRecord,
        extra_ops: Sequence[Operation],
        end_ops: Sequence[Operation],
        ledger: BudgetLedger | None,
        settling: Sequence[SettleUpdate],
        note: TokenNote | None,
    ) -> None:
        entry = record.entry
        now = int(self._clock())
        old_text = ""
        if note is not None:
            extra_ops = [*extra_ops, *self._network_ops(username, note, now)]
            old_text = note.old_text
        counters = usage_counters(entry)
        quota = _quota(username, entry.api_name, record.readings, now)
        listed, unlisted = self._list_use(username, entry, now, old_text)
        token_ops = self._tokens.last_used_ops(username, unlisted)
        state_ops = self._state_ops(username, entry.api_name, record.key_states)
        spend, spend_ops = self._list_spend(username, entry, now)
        further_ops = [*spend_ops, *extra_ops, *token_ops, *state_ops]
        earlier = self._take_corrections(username)
        update = UsageUpdate(username, entry.api_name, counters, *quota, listed, spend)
        writing = Writing(update, entry, end_ops, now, ledger, settling)
        with self._lock:
            self._storing += 1
            is_crowded = self._storing > self._max_separate
        try:
            if is_crowded and not further_ops and not earlier:
                self._grouped.record(writing)
                return
            others = self._write(writing, [*earlier, *further_ops])
        finally:
            with self._lock:
                self._storing -= 1
        further = others[len(others) - len(further_ops) + len(spend_ops) :]
        of_tokens = further[len(extra_ops) : len(extra_ops) + len(token_ops)]
        corrections = self._tokens.correction_ops(username, unlisted, of_tokens)
        if corrections:
            with self._lock:
                self._corrections.setdefault(username, []).extend(corrections)
        self._store_overflow(
            username, record.key_states, further[len(extra_ops) + len(of_tokens) :]
        )

    def _write(self, writing: Writing, further_ops: Sequence[Operation] = ()) -> Sequence[Outcome]:
        """Write one call in one trip, or two in the first call of an hour.

        Returns the outcomes of `further_ops`, which are the last operations of the trip.
        """
        update, now = writing.update, writing.now
        username, api_name, counters = update.username, update.api_name, update.counters
        quota = update.quota_texts, update.primary_window, update.use
        counted, _, *others = self._table.batch(
            [
                self._usage.record_op(
                    username, api_name, counters, now, *quota, spend=update.spend
                ),
                self._log.put_op(username, writing.entry),
                *[update.operation() for update in writing.settling],
                *writing.end_ops,
                *further_ops,
            ]
        )
        if writing.ledger is not None:
            writing.ledger.finish(writing.settling, others[: len(writing.settling)])
        if isinstance(counted, ConditionFailed):
            last_uses = self._usage.after_record(
                username, api_name, counters, now, *quota, counted, spend=update.spend
            )
            self._tokens.set_last_used(username, last_uses)
        return others

    def record_key_states(self, call: CallContext, attempts: Sequence[Attempt]) -> bool:
        """Store only the key states, for a call that may last an hour, so that other calls skip an
        exhausted key.

        Return False if there are none, or if that failed: then `record` has to store them.
        """
        states = new_key_states(attempts)
        if not states:
            return False
        try:
            outcomes = self._table.batch(self._state_ops(call.username, call.api_name, states))
            self._store_overflow(call.username, states, outcomes)
        except StorageError:
            return False
        return True

    def record_unknown_api(
        self,
        username: str,
        entry: LogEntry,
        extra_ops: Sequence[Operation],
        note: TokenNote | None = None,
    ) -> None:
        """Store only the log entry, for a call to an API that the user does not have, and a new
        network of its token.
        """
        if note is not None:
            extra_ops = [*extra_ops, *self._network_ops(username, note, int(self._clock()))]
        self._table.batch([self._log.put_op(username, entry), *extra_ops])

    def _network_ops(self, username: str, note: TokenNote, now: int) -> list[Operation]:
        if note.network is None:
            return []
        return [self._tokens.network_op(username, note.token, note.network, now)]

    def _list_use(
        self, username: str, entry: LogEntry, now: int, old_text: str
    ) -> tuple[TokenUse | None, dict[TokenUse, int]]:
        """Return the token's use to list in the hour's item. If that item is full, return the use
        with its time instead, to be stored in the token's own item; once an hour.
        """
        if entry.token_id is None:
            return None, {}
        hour = now - now % HOUR
        key = (username, entry.api_name)
        with self._lock:
            listed = self._listed.get(key)
            if listed is None or listed.hour != hour:
                listed = ListedUses(hour)
                self._listed.set(key, listed)
            use, is_new, is_listed = listed.add(entry.token_id, entry.client or "", old_text)
        if is_listed:
            return use, {}
        return None, {use: now} if is_new else {}

    def _list_spend(
        self, username: str, entry: LogEntry, now: int
    ) -> tuple[Spend, list[Operation]]:
        """Return what the call cost its token and model, to list in the hour's item. If that item
        is full, return the operation that adds it to the spend records instead.
        """
        found = entry_spend(entry)
        if found is None:
            return NOTHING_SPENT, []
        key, counts = found
        hour = now - now % HOUR
        item = (username, entry.api_name)
        with self._lock:
            listed = self._listed_costs.get(item)
            if listed is None or listed.hour != hour:
                listed = ListedCosts(hour)
                self._listed_costs.set(item, listed)
            key, is_listed = listed.add(key)
        if is_listed:
            return {key: counts}, []
        return NOTHING_SPENT, self._usage.spend.add_ops(
            username, entry.api_name, {key: counts}, hour
        )

    def _take_corrections(self, username: str) -> list[Operation]:
        if not self._corrections:
            return []
        with self._lock:
            return self._corrections.pop(username, [])

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


def _not_recorded(username: str, entry: LogEntry, reason: str) -> Problem:
    """Log the whole entry, so that the call is not lost. Return the problem for its caller."""
    log_event(
        "usage_not_recorded",
        level="error",
        user=username,
        reason=reason,
        **msgspec.to_builtins(entry),
    )
    return Problem(
        "usage_not_recorded",
        "The upstream was called, but the call could not be recorded, so its response is "
        "withheld. Check what the call did before you repeat it.",
        headers=DO_NOT_RETRY,
        upstream_status=entry.status,
    )


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

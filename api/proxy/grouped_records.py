"""Records calls that end together in few transactions.

A call on its own writes twice. The embedded database carries out writes one after another, about a
thousand a second, and a transaction of a hundred operations takes about as long as a few writes.
Hundreds of streams also end at once when the server or an upstream stops.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import msgspec

from api.aws.json_client import Operation
from api.errors import StorageFailed
from api.proxy.groups import Groups, Member
from api.quota.windows import QuotaWindow
from api.storage.listed_spend import NOTHING_SPENT, Spend, SpendCounts, SpendKey
from api.storage.requests import LogEntry, RequestLog
from api.storage.table import Table, TransactionFailed
from api.storage.token_uses import TokenUse
from api.storage.usage import Usage
from api.storage.usage_records import Counters

if TYPE_CHECKING:
    from api.proxy.budget_ledger import BudgetLedger
    from api.proxy.budget_updates import SettleUpdate

# A transaction has at most 100 operations, and a call adds one to three.
_GROUP_SIZE = 33


class UsageUpdate(msgspec.Struct, frozen=True):
    """What a call adds to the rate-limit item of its API: the arguments of `Usage.record_op`."""

    username: str
    api_name: str
    counters: Counters
    quota_texts: dict[int, str]
    primary_window: QuotaWindow | None
    use: TokenUse | None
    spend: Spend = NOTHING_SPENT


class Writing(Member):
    """The writes of one call at `now` (epoch seconds). `end_ops` is at most one operation.

    `settling` are the updates of the call's budgets, which `ledger` completes.
    """

    def __init__(
        self,
        update: UsageUpdate,
        entry: LogEntry,
        end_ops: Sequence[Operation],
        now: int,
        ledger: BudgetLedger | None = None,
        settling: Sequence[SettleUpdate] = (),
    ) -> None:
        super().__init__()
        self.update = update
        self.entry = entry
        self.end_ops = end_ops
        self.now = now
        self.ledger = ledger
        self.settling = settling


class GroupedRecords:
    """Records calls in groups. `write_alone` records a call that is the only one of its group."""

    def __init__(
        self,
        table: Table,
        usage: Usage,
        log: RequestLog,
        write_alone: Callable[[Writing], object],
    ) -> None:
        self._table = table
        self._usage = usage
        self._log = log
        self._write_alone = write_alone
        self.groups: Groups[Writing] = Groups(self._write, _GROUP_SIZE)

    def record(self, writing: Writing) -> None:
        """Record a call, with others if some come at the same time. Raises StorageError."""
        try:
            self.groups.run(writing)
        except (TransactionFailed, StorageFailed):
            # Nothing was written: the hour has changed, or the database refuses one of the calls.
            self._write_alone(writing)

    def _write(self, group: Sequence[Writing]) -> None:
        if len(group) == 1:
            self._write_alone(group[0])
            return
        by_item: dict[tuple[str, str], list[UsageUpdate]] = {}
        for writing in group:
            update = writing.update
            by_item.setdefault((update.username, update.api_name), []).append(update)
        operations = [self._log.put_op(one.update.username, one.entry) for one in group]
        for writing in group:
            operations += writing.end_ops
        for (username, api_name), updates in by_item.items():
            texts: dict[int, str] = {}
            window = None
            for update in updates:
                texts |= update.quota_texts
                window = update.primary_window if update.quota_texts else window
            uses = {update.use: None for update in updates if update.use is not None}
            operations.append(
                self._usage.record_op(
                    username,
                    api_name,
                    _sum(updates),
                    group[0].now,
                    texts,
                    window,
                    *uses or (None,),
                    spend=_sum_spend(updates),
                )
            )
        self._transact(operations, group)

    def _transact(self, operations: Sequence[Operation], group: Sequence[Writing]) -> None:
        """Carry out a transaction, and settle the budgets of its calls in the same trip."""
        ledger = next((one.ledger for one in group if one.ledger is not None), None)
        if ledger is None:
            self._table.transact(operations)
            return
        settling = ledger.merged([update for writing in group for update in writing.settling])
        outcomes = self._table.transact_beside(
            operations, [update.operation() for update in settling]
        )
        ledger.finish(settling, outcomes)


def _sum(updates: Sequence[UsageUpdate]) -> Counters:
    total: Counters = {}
    for update in updates:
        _add(total, update.counters)
    return total


def _sum_spend(updates: Sequence[UsageUpdate]) -> Spend:
    total: dict[SpendKey, SpendCounts] = {}
    for update in updates:
        for key, counts in update.spend.items():
            _add(total.setdefault(key, {}), counts)
    return total


def _add(total: Counters, counters: Counters) -> None:
    for name, value in counters.items():
        total[name] = total.get(name, 0) + value

"""Loads what budgets need with the first call to which one applies."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from api.storage.table import Table

if TYPE_CHECKING:
    from api.proxy.budget_reserver import BudgetReserver
    from api.proxy.kept_ids import KeptIds


class ProcessBudgets:
    """The budgets of this process. `reserver` is None before the first call that has one.

    A call lasts at most `call_seconds`, and a WebSocket `websocket_seconds`. `clock` returns epoch
    seconds.
    """

    def __init__(
        self,
        table: Table,
        clock: Callable[[], float],
        call_seconds: float,
        websocket_seconds: float,
        kept_ids: KeptIds | None = None,
    ) -> None:
        self.reserver: BudgetReserver | None = None
        self._table = table
        self._clock = clock
        self._seconds = call_seconds, websocket_seconds
        self._kept_ids = kept_ids

    def load(self) -> BudgetReserver:
        """Return the reserver."""
        if self.reserver is None:
            # Imported only with the first budget, to keep cold starts short.
            from api.proxy.budget_reserver import BudgetReserver

            self.reserver = BudgetReserver(self._table, self._clock, *self._seconds, self._kept_ids)
        return self.reserver

    def run(self) -> None:
        """Settle what could not be settled before, and give back what is kept without need."""
        if self.reserver is not None:
            self.reserver.ledger.run()

    def close(self) -> None:
        """Settle what is left, and give back what is kept, because the process ends."""
        if self.reserver is not None:
            self.reserver.ledger.close()

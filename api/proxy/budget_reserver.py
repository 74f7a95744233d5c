"""Reserves in budgets what calls may cost.

Reservations are made in the trip that authorizes a call and settled in the trip that records it, so
a budget adds no trip. Which budgets applied to the last call is remembered, and always compared
with what the trip reads.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from api.errors import Problem, StorageError
from api.pools import Pool
from api.proxy.budget_cache import BudgetCache
from api.proxy.budget_ledger import BudgetLedger
from api.proxy.budget_updates import run_updates
from api.proxy.call_budgets import BudgetHold, CallBudgets
from api.proxy.kept_ids import KeptIds
from api.spend.budgets import ApiPricing, Budget, CallBounds
from api.spend.periods import period_of
from api.spend.reservations import new_reservation
from api.spend.usage import Bound
from api.storage.table import Table
from api.storage.tokens import Token

_FREE = Bound(0)


class BudgetReserver:
    """Reserves for the calls of one process. Thread-safe.

    A call lasts at most `call_seconds`, and a WebSocket `websocket_seconds`. `clock` returns epoch
    seconds. `kept_ids` are shared with other processes.
    """

    def __init__(
        self,
        table: Table,
        clock: Callable[[], float],
        call_seconds: float,
        websocket_seconds: float,
        kept_ids: KeptIds | None = None,
    ) -> None:
        self.ledger = BudgetLedger(table, clock, call_seconds, kept_ids)
        self._table = table
        self._call_seconds = call_seconds
        self._websocket_seconds = websocket_seconds
        self._cache = BudgetCache()

    def expects(self, username: str, api_name: str, token_id: str | None) -> bool:
        """Return whether a budget applied to the last such call."""
        return self._cache.get(username, api_name, token_id) is not None

    def expected(
        self,
        username: str,
        api_name: str,
        token_id: str | None,
        spend: CallBounds | None,
        now: float,
        *,
        is_websocket: bool,
    ) -> CallBudgets | None:
        """Return what a call has to reserve if the same budgets apply as to the last one.

        None if none applied. A call that is refused because its bound is not certain reserves
        nothing.
        """
        cached = self._cache.get(username, api_name, token_id)
        if cached is None:
            return None
        try:
            budgets = self._begin(username, *cached, spend, now, is_websocket)
        except StorageError:
            raise
        except Problem:  # The body cannot be read. `complete` says that to an authorized caller.
            return None
        budgets.holds = tuple(
            [self.ledger.kept.take(hold, budgets.until) or hold for hold in budgets.holds]
        )
        return budgets

    def complete(
        self,
        budgets: CallBudgets | None,
        username: str,
        pool: Pool,
        token: Token | None,
        spend: CallBounds | None,
        now: float,
        *,
        is_websocket: bool,
    ) -> CallBudgets | None:
        """Return what a call has reserved in the budgets that the read trip found, None without
        any.

        Costs a trip if that is not what `budgets`, the expected ones, have reserved. Raises
        StorageError.
        """
        token_id = None if token is None else token.token_id
        of_token = () if token is None else token.budgets
        pricing = pool.pricing
        self._cache.set(username, pool.api_name, pricing, token_id, of_token)
        applying = pricing.spend.budgets + of_token
        if not applying and budgets is None:
            return None
        if (
            budgets is not None
            and budgets.pricing == pricing
            and tuple([budget for budget, _ in budgets.periods]) == applying
        ):
            self.reserve(budgets)
            return budgets
        wanted = self._begin(username, pricing, applying, spend, now, is_websocket)
        if budgets is None:
            self.reserve(wanted)
            return wanted
        surplus = [self.ledger.ended(hold) for hold in _take_over(wanted, budgets)]
        try:
            if surplus:
                self.ledger.send(surplus)
        except BaseException:
            self.ledger.remember(surplus)
            self.ledger.abandon(wanted)
            raise
        self.reserve(wanted)
        return wanted if applying else None

    def reserve(self, budgets: CallBudgets) -> None:
        """Make the reservations of a call that are still missing. Costs a trip if there are any."""
        missing = [hold for hold in budgets.holds if hold.state is None]
        if not missing:
            return
        try:
            run_updates(self._table, self.ledger.updates(missing, budgets.at))
        except BaseException:
            self.ledger.abandon(budgets)
            raise

    def _begin(
        self,
        username: str,
        pricing: ApiPricing,
        applying: Sequence[Budget],
        spend: CallBounds | None,
        now: float,
        is_websocket: bool,
    ) -> CallBudgets:
        until = now + (self._websocket_seconds if is_websocket else self._call_seconds)
        bound = spend.bound(pricing) if applying and spend is not None else _FREE
        periods = tuple([(budget, period_of(budget, now)) for budget in applying])
        budgets = CallBudgets(self.ledger, username, now, until, pricing, bound, periods)
        if applying and not bound.is_certain and spend is not None:
            budgets.is_refused = spend.refuses_unbounded(pricing)
        if not budgets.is_refused and not budgets.is_free:
            spare = 0 if bound.amount else 1
            budgets.holds = tuple(
                [
                    BudgetHold(username, budget, span, new_reservation(bound.amount, until), spare)
                    for budget, span in periods
                ]
            )
        return budgets


def _take_over(wanted: CallBudgets, made: CallBudgets) -> list[BudgetHold]:
    """Let a call keep what it has reserved where it would reserve that again.

    Returns the other reservations that it has.
    """
    by_counter = {hold.counter: hold for hold in made.holds}
    holds = []
    for hold in wanted.holds:
        other = by_counter.get(hold.counter)
        if other is not None and _is_valid(other, hold):
            other.budget = hold.budget
            holds.append(by_counter.pop(hold.counter))
        else:
            holds.append(hold)
    wanted.holds = tuple(holds)
    made.holds, made.periods = (), ()
    return [hold for hold in by_counter.values() if hold.is_held]


def _is_valid(made: BudgetHold, wanted: BudgetHold) -> bool:
    """Return whether a reservation, or its refusal, is also one for what is wanted now.

    A budget whose amount was changed meanwhile: the total was right after the reservation at one
    moment, and if it was within the new amount, the reservation fits.
    """
    if made.state is None or made.reservation.amount < wanted.reservation.amount:
        return False
    if made.is_kept:
        return made.budget == wanted.budget
    if made.is_held:
        fits_now = made.state.total + wanted.spare <= wanted.budget.amount
        return made.budget == wanted.budget or fits_now
    return made.budget == wanted.budget and made.reservation.amount == wanted.reservation.amount

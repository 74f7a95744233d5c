"""Set, show and remove budgets."""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import msgspec
from msgspec import UNSET

from api.aws.json_client import Operation
from api.errors import Problem
from api.logs import log_event
from api.schemas.budgets import BudgetScope, BudgetView, ChangeBudget, CreateBudget
from api.services.audit.trail import AuditTrail
from api.services.spend.amounts import require_positive_amount
from api.services.spend.budget_views import budget_view
from api.services.spend.days import require_zone
from api.services.spend.replay import Replays, counts_in
from api.spend.budgets import Budget
from api.spend.money import usd_text
from api.spend.periods import period_of
from api.spend.reservations import BudgetState
from api.storage.budget_counters import BudgetCounters
from api.storage.budget_list import ACCOUNT, BudgetList
from api.storage.budgets import Budgets, BudgetsChanged
from api.storage.pools import Pools
from api.storage.tokens import Token, Tokens
from api.storage.usage import Usage
from api.storage.usage_records import KEPT_DAYS

MAX_BUDGETS = 200
_ATTEMPTS = 20
"""How often a change is attempted while other requests change the budgets."""

Change = tuple[Budget, Sequence[Budget], Sequence[Operation]]
"""The budget that is changed, all budgets after that, and what else changes with them."""


class BudgetNotFound(Problem):
    """There is no such budget."""

    def __init__(self) -> None:
        super().__init__("budget_not_found", "There is no such budget.")


class BudgetService:
    """Manages the budgets of a user.

    `unpriced` returns the names of the user's APIs that have no price. `clock` returns epoch
    seconds.
    """

    def __init__(
        self,
        budgets: Budgets,
        counters: BudgetCounters,
        pools: Pools,
        tokens: Tokens,
        usage: Usage,
        unpriced: Callable[[str], Collection[str]],
        clock: Callable[[], float],
    ) -> None:
        self._budgets = budgets
        self._counters = counters
        self._pools = pools
        self._tokens = tokens
        self._usage = usage
        self._replays = Replays(usage)
        self._unpriced = unpriced
        self._clock = clock

    def all(self, username: str) -> list[BudgetView]:
        """Return all budgets. Complete a change that was interrupted."""
        stored = self._budgets.get(username)
        self._budgets.repair(username, stored, self._pools.all(username))
        tokens = self._tokens_of(username, stored.budgets)
        kept = [budget for budget in stored.budgets if _token_id(budget) in (None, *tokens)]
        if len(kept) < len(stored.budgets):
            self._drop_expired(username, stored, kept)
        return self._views(username, kept, tokens)

    def get(self, username: str, budget_id: str) -> BudgetView:
        """Return one budget. Raises Problem(budget_not_found)."""
        return self._view(username, _find(self._budgets.get(username), budget_id))

    def create(self, username: str, request: CreateBudget) -> BudgetView:
        """Create a budget. Raises Problem.

        The codes are invalid_field, unknown_api, token_not_found, budget_exists, too_many_budgets
        and conflict.
        """
        require_zone(request.time_zone)
        amount = require_positive_amount(request.amount_usd, "amount_usd")

        def add(stored: BudgetList) -> Change:
            scope = self._scope(username, request.scope)
            budget = Budget(scope, request.period, amount, request.time_zone)
            _require_new(stored, budget)
            return budget, [*stored.budgets, budget], self._start_ops(username, budget)

        return self._view(username, self._edit("budget_created", username, add))

    def change(
        self, username: str, budget_id: str, request: ChangeBudget, audit: AuditTrail
    ) -> BudgetView:
        """Change a budget. Raises Problem(budget_not_found), invalid_field or conflict."""
        changes: dict[str, object] = {}
        if request.time_zone is not UNSET:
            require_zone(request.time_zone)
            changes["time_zone"] = request.time_zone
        if request.amount_usd is not UNSET:
            changes["amount"] = require_positive_amount(request.amount_usd, "amount_usd")

        def replace(stored: BudgetList) -> Change:
            old = _find(stored, budget_id)
            new = msgspec.structs.replace(old, **changes)
            audit.before({"amount_usd": usd_text(old.amount), "time_zone": old.time_zone})
            # In another time zone it can be another period.
            moved = self._start_ops(username, new) if new.time_zone != old.time_zone else []
            return new, [new if each == old else each for each in stored.budgets], moved

        return self._view(username, self._edit("budget_changed", username, replace))

    def delete(self, username: str, budget_id: str) -> None:
        """Delete a budget. Raises Problem(budget_not_found) or conflict."""

        def remove(stored: BudgetList) -> Change:
            old = _find(stored, budget_id)
            return old, [each for each in stored.budgets if each != old], []

        self._edit("budget_deleted", username, remove)

    def token_gone(self, username: str, token_id: str) -> None:
        """Remove the budgets of a deleted token."""
        self._remove_scope(username, f"token:{token_id}")

    def key_gone(self, username: str, api_name: str) -> None:
        """Remove the budgets of an API whose last key was deleted."""
        stored = self._budgets.get(username)
        if not stored.of_scope(f"api:{api_name}"):
            return
        pool = self._pools.get(username, api_name)
        if pool is None or not (pool.keys or pool.has_overflow):
            self._remove_scope(username, f"api:{api_name}")

    def _remove_scope(self, username: str, scope: str) -> None:
        for budget in self._budgets.get(username).of_scope(scope):
            # Another request may have removed it.
            with contextlib.suppress(BudgetNotFound):
                self.delete(username, budget.budget_id)

    def _edit(self, event: str, username: str, edit: Callable[[BudgetList], Change]) -> Budget:
        """Change the list as `edit` says. Try again if another request changes it meanwhile.

        Returns the changed budget. Raises Problem(conflict), and what `edit` raises.
        """
        for attempt in range(_ATTEMPTS):
            stored = self._budgets.get(username)
            budget, budgets, operations = edit(stored)
            try:
                self._budgets.replace(username, stored, budgets, operations)
            except BudgetsChanged:
                # Each of many requests gets its turn.
                time.sleep(random.uniform(0.5, 1.0) * 0.01 * 2 ** min(attempt, 5))
                continue
            log_event(
                event, user=username, budget=budget.budget_id, amount_usd=usd_text(budget.amount)
            )
            return budget
        raise Problem("conflict", "Other requests changed the budgets at the same time. Try again.")

    def _drop_expired(self, username: str, stored: BudgetList, kept: list[Budget]) -> None:
        """Remove the budgets of tokens that no longer exist, unless the list changes meanwhile."""
        with contextlib.suppress(BudgetsChanged):
            self._budgets.replace(username, stored, kept)

    def _scope(self, username: str, scope: BudgetScope) -> str:
        """Return the scope as it is stored. Raises Problem."""
        for name, value in (("api_name", scope.api_name), ("token_id", scope.token_id)):
            is_wanted = name.startswith(scope.type)
            if is_wanted == (value is None):
                detail = (
                    f"Give `{name}` for this scope."
                    if is_wanted
                    else f"Leave out `{name}`: the scope is {scope.type!r}."
                )
                raise Problem("invalid_field", detail, field=f"scope.{name}")
        if scope.api_name is not None:
            pool = self._pools.get(username, scope.api_name)
            if pool is None or not (pool.keys or pool.has_overflow):
                raise Problem("unknown_api", "No key is stored under this API name.")
            return f"api:{scope.api_name}"
        if scope.token_id is not None:
            token = self._tokens.get(username, scope.token_id)
            if token is None or (
                token.expires_at is not None and token.expires_at <= self._clock()
            ):
                raise Problem("token_not_found", "There is no such token, or it has expired.")
            return f"token:{scope.token_id}"
        return ACCOUNT

    def _start_ops(self, username: str, budget: Budget) -> list[Operation]:
        """Return the operations that count what calls cost in the period before the budget."""
        now = self._clock()
        span = period_of(budget, now)
        state = self._counters.read(username, [(budget, span)])[0]
        if state != BudgetState():
            return []
        first = max(int(span.starts_at), int(now) - KEPT_DAYS)
        records = self._usage.spend_records(username, first, int(now) + 1, now)
        spent = sum(record.cost for record in records if counts_in(budget, record))
        return [self._counters.start_op(username, budget, span, spent)] if spent else []

    def _tokens_of(self, username: str, budgets: Iterable[Budget]) -> dict[str, Token]:
        """Return the tokens that exist, by id."""
        ids = sorted({found for budget in budgets if (found := _token_id(budget)) is not None})
        return dict(self._tokens.get_many(username, ids))

    def _view(self, username: str, budget: Budget) -> BudgetView:
        return self._views(username, [budget], self._tokens_of(username, [budget]))[0]

    def _views(
        self, username: str, budgets: Sequence[Budget], tokens: Mapping[str, Token]
    ) -> list[BudgetView]:
        if not budgets:
            return []
        now = self._clock()
        periods = [(budget, period_of(budget, now)) for budget in budgets]
        states = self._counters.read(username, periods)
        replayed = self._replays.of(username, budgets, now)
        unpriced = self._unpriced(username)
        found = [tokens.get(_token_id(budget) or "") for budget in budgets]
        return [
            budget_view(budget, token, span, state, replay, _counted(budget, token, unpriced), now)
            for (budget, span), token, state, replay in zip(
                periods, found, states, replayed, strict=True
            )
        ]


def _find(stored: BudgetList, budget_id: str) -> Budget:
    for budget in stored.budgets:
        if budget.budget_id == budget_id:
            return budget
    raise BudgetNotFound


def _require_new(stored: BudgetList, budget: Budget) -> None:
    if any(each.budget_id == budget.budget_id for each in stored.budgets):
        raise Problem(
            "budget_exists",
            "This scope already has a budget for this period. Change that budget.",
            budget_id=budget.budget_id,
        )
    if len(stored.budgets) >= MAX_BUDGETS:
        raise Problem(
            "too_many_budgets",
            f"An account can have at most {MAX_BUDGETS} budgets.",
            most=MAX_BUDGETS,
        )


def _counted(budget: Budget, token: Token | None, api_names: Iterable[str]) -> list[str]:
    """Return the APIs of these whose calls count in a budget."""
    kind, _, name = budget.scope.partition(":")
    return [
        api_name
        for api_name in sorted(api_names)
        if (kind != "api" or api_name == name)
        and (token is None or api_name in token.apis or "*" in token.apis)
    ]


def _token_id(budget: Budget) -> str | None:
    kind, _, token_id = budget.scope.partition(":")
    return token_id if kind == "token" else None

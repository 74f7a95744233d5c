"""Fixtures of the tests of budgets."""

from __future__ import annotations

import pytest

from api.spend.budgets import Budget
from api.spend.money import NANO
from api.wiring import Storage
from tests.support.accounts import new_username
from tests.support.budgeted import BudgetedAccount, BudgetedProcess
from tests.support.products import Clock, storage_of

# Thursday 28 May 2026, 20:30 UTC.
NOW = 1_780_000_200.0
BUDGET = Budget("account", "month", NANO)


@pytest.fixture
def storage(environment: dict[str, str]) -> Storage:
    return storage_of(environment)


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def unlimited(storage: Storage) -> BudgetedAccount:
    """An account without budgets."""
    return BudgetedAccount(storage, new_username(), NOW)


@pytest.fixture
def limited(unlimited: BudgetedAccount) -> BudgetedAccount:
    """An account with BUDGET."""
    unlimited.set_budgets(BUDGET)
    return unlimited


@pytest.fixture
def process(storage: Storage, clock: Clock) -> BudgetedProcess:
    return BudgetedProcess(storage, clock)

"""Budgets: the list and its copies agree, whatever happens at the same time or in between."""

from __future__ import annotations

import contextlib

import pytest

from api.aws.json_client import Operation
from api.limits.policies import Policy
from api.spend.budgets import Budget
from api.spend.periods import ALL_TIME
from api.spend.prices.own_prices import OwnPrices, PriceRule
from api.storage.budget_counters import BudgetCounters
from api.storage.budget_list import BudgetList, BudgetListItem
from api.storage.budgets import Budgets, BudgetsChanged
from api.storage.keys import KeyChanged, Keys, pool_key
from api.storage.own_prices import OwnPricesItems, PricesChanged
from api.storage.pool_additions import PoolAdditions
from api.storage.table import Table, TransactionFailed
from api.wiring import Storage
from tests.storage.conftest import NOW, Parallel
from tests.storage.test_counters import token
from tests.storage.test_keys import key, pool_of

ACCOUNT = Budget("account", "day", 5_000_000_000, "Europe/Berlin")
OPENAI = Budget("api:openai", "month", 50_000_000_000)


@pytest.fixture
def budgets(storage: Storage) -> Budgets:
    return Budgets(storage.table, storage.pools, storage.tokens)


def set_budgets(budgets: Budgets, username: str, *wanted: Budget) -> None:
    budgets.replace(username, budgets.get(username), wanted)


def copies(storage: Storage, username: str, api_name: str = "openai") -> tuple[Budget, ...]:
    return pool_of(storage, username, api_name).spend.budgets


def test_the_items_have_the_fixed_names(
    storage: Storage, table: Table, username: str, budgets: Budgets
) -> None:
    storage.keys.create(username, [key()])
    set_budgets(budgets, username, ACCOUNT, OPENAI)
    stored = table.get(f"USER#{username}", "BUDGETS")
    account = '{"s":"account","p":"day","a":5000000000,"z":"Europe/Berlin"}'
    openai = '{"s":"api:openai","p":"month","a":50000000000}'
    assert stored == {
        "PK": f"USER#{username}",
        "SK": "BUDGETS",
        "revision": 2,
        "account_revision": 2,
        "budgets": f"[{account},{openai}]",
    }
    pool = table.get(f"USER#{username}", "API#openai")
    assert pool is not None
    assert pool["spend"] == f'{{"b":[{account},{openai}],"r":2}}'


def test_a_change_reaches_the_pools_and_tokens_that_it_concerns(
    storage: Storage, username: str, budgets: Budgets
) -> None:
    storage.keys.create(username, [key(), key("groq")])
    storage.tokens.create(username, token(1))
    own = Budget("token:t1", "week", 1)
    set_budgets(budgets, username, own, OPENAI)
    assert (copies(storage, username), copies(storage, username, "groq")) == ((OPENAI,), ())
    stored = storage.tokens.get(username, "t1")
    assert stored is not None
    assert stored.budgets == (own,)
    set_budgets(budgets, username, ACCOUNT)
    assert copies(storage, username) == copies(storage, username, "groq") == (ACCOUNT,)
    stored = storage.tokens.get(username, "t1")
    assert stored is not None
    assert stored.budgets == ()


def test_of_two_changes_at_once_none_is_lost(
    storage: Storage, username: str, budgets: Budgets, parallel: Parallel
) -> None:
    storage.keys.create(username, [key()])
    wanted = [
        Budget(scope, period, 1)
        for scope in ("account", "api:openai")
        for period in ("day", "week", "month", "total")
    ]

    def add(position: int) -> None:
        while True:
            old = budgets.get(username)
            with contextlib.suppress(BudgetsChanged):
                budgets.replace(username, old, [*old.budgets, wanted[position]])
                return

    parallel(len(wanted), add)
    assert set(budgets.get(username).budgets) == set(wanted)
    assert set(copies(storage, username)) == set(wanted)


def test_a_change_of_an_outdated_list_is_refused(
    storage: Storage, username: str, budgets: Budgets
) -> None:
    storage.keys.create(username, [key()])
    old = budgets.get(username)
    budgets.replace(username, old, [ACCOUNT])
    with pytest.raises(BudgetsChanged):
        budgets.replace(username, old, [OPENAI])
    assert copies(storage, username) == (ACCOUNT,)


def test_pools_that_are_created_while_the_accounts_budgets_change_have_them(
    storage: Storage, username: str, budgets: Budgets, parallel: Parallel
) -> None:
    names = [f"api{number}" for number in range(6)]

    def step(position: int) -> None:
        if position < len(names):
            _retried(storage.keys, username, names[position])
            return
        while True:
            old = budgets.get(username)
            with contextlib.suppress(BudgetsChanged):
                budgets.replace(username, old, [ACCOUNT])
                return

    parallel(len(names) + 1, step)
    assert [copies(storage, username, name) for name in names] == [(ACCOUNT,)] * len(names)


def _retried(keys: Keys, username: str, api_name: str) -> None:
    while True:
        with contextlib.suppress(KeyChanged):
            keys.create(username, [key(api_name)])
            return


def test_a_list_that_changed_before_a_new_pool_is_stored_makes_that_fail(
    storage: Storage, username: str, budgets: Budgets
) -> None:
    additions = PoolAdditions(storage.table, storage.pools)
    operations = additions.ops(username, {"openai": [pool_key(key())]})
    set_budgets(budgets, username, ACCOUNT)
    with pytest.raises(TransactionFailed):
        storage.table.transact(operations)


def test_a_new_pool_makes_a_change_of_the_list_that_did_not_see_it_fail(
    storage: Storage, username: str, budgets: Budgets
) -> None:
    old = budgets.get(username)
    storage.keys.create(username, [key()])
    with pytest.raises(BudgetsChanged):
        budgets.replace(username, old, [ACCOUNT])


def test_a_moved_key_finds_the_budgets_at_its_new_pool(
    storage: Storage, username: str, budgets: Budgets
) -> None:
    old = key()
    storage.keys.create(username, [old])
    set_budgets(budgets, username, ACCOUNT, OPENAI)
    storage.keys.move(username, old, key(key_id=old.key_id, api_name="work", revision=2))
    assert copies(storage, username, "work") == (ACCOUNT,)
    assert copies(storage, username) == (ACCOUNT, OPENAI)


def test_a_pool_that_a_policy_created_gets_the_budgets_with_its_first_key(
    storage: Storage, username: str, budgets: Budgets
) -> None:
    set_budgets(budgets, username, ACCOUNT)
    storage.policies.replace(username, "openai", None, Policy(5, 60, NOW))
    storage.keys.create(username, [key()])
    assert copies(storage, username) == (ACCOUNT,)


def test_more_pools_than_a_transaction_has_room_for(
    storage: Storage, username: str, budgets: Budgets, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.storage.budgets._POOLS_AT_ONCE", 2)
    names = [f"api{number}" for number in range(6)]
    storage.keys.create(username, [key(name) for name in names])
    set_budgets(budgets, username, ACCOUNT)
    assert [copies(storage, username, name) for name in names] == [(ACCOUNT,)] * 6


def test_what_a_kill_leaves_behind_is_repaired(
    storage: Storage, username: str, budgets: Budgets, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.storage.budgets._POOLS_AT_ONCE", 2)
    names = [f"api{number}" for number in range(6)]
    storage.keys.create(username, [key(name) for name in names])
    whole = storage.table.transact
    left = [1]

    def killed_after_the_first(operations: list[Operation]) -> None:
        if not left:
            raise KeyboardInterrupt
        left.pop()
        whole(operations)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(storage.table, "transact", killed_after_the_first)
        set_budgets(budgets, username, ACCOUNT)
    assert () in [copies(storage, username, name) for name in names]
    budgets.repair(username, budgets.get(username), storage.pools.all(username))
    assert [copies(storage, username, name) for name in names] == [(ACCOUNT,)] * 6


def test_a_repair_of_an_outdated_list_changes_nothing(
    storage: Storage, username: str, budgets: Budgets
) -> None:
    storage.keys.create(username, [key()])
    set_budgets(budgets, username, ACCOUNT)
    outdated = budgets.get(username)
    pools = storage.pools.all(username)
    set_budgets(budgets, username)
    budgets.repair(username, outdated, pools)
    assert copies(storage, username) == ()


def test_data_without_budgets(storage: Storage, username: str, budgets: Budgets) -> None:
    assert budgets.get(username) == BudgetList()
    pk = f"USER#{username}"
    storage.table.run(storage.table.put_op({"PK": pk, "SK": "API#old", "api_name": "old"}))
    budgets.repair(username, budgets.get(username), storage.pools.all(username))
    assert pool_of(storage, username, "old").spend.budgets == ()
    set_budgets(budgets, username, ACCOUNT)
    assert copies(storage, username, "old") == (ACCOUNT,)


def test_prices_and_budgets_change_the_same_pool(
    storage: Storage, username: str, budgets: Budgets
) -> None:
    prices = OwnPricesItems(storage.table)
    storage.keys.create(username, [key()])
    outdated = pool_of(storage, username)
    set_budgets(budgets, username, OPENAI)
    own = OwnPrices((PriceRule(per_call=5),))
    with pytest.raises(PricesChanged):
        prices.replace(username, outdated, own)
    assert prices.replace(username, pool_of(storage, username), own)
    assert prices.get(username, "openai") == (1, own)
    spend = pool_of(storage, username).spend
    assert (spend.budgets, spend.prices_revision) == ((OPENAI,), 1)
    set_budgets(budgets, username)
    assert pool_of(storage, username).spend.prices_revision == 1


def test_no_revision_of_prices_is_used_twice(storage: Storage, username: str) -> None:
    prices = OwnPricesItems(storage.table)
    storage.keys.create(username, [key()])
    one, two = OwnPrices((PriceRule(per_call=1),)), OwnPrices((PriceRule(per_call=2),))
    assert prices.replace(username, pool_of(storage, username), one)
    assert prices.of_user(username) == {"openai": one}
    assert prices.replace(username, pool_of(storage, username), None)
    assert pool_of(storage, username).spend.prices_revision == 0
    assert prices.get(username, "openai") is None
    assert not prices.replace(username, pool_of(storage, username), None)
    assert prices.replace(username, pool_of(storage, username), two)
    assert prices.get(username, "openai") == (3, two)
    assert pool_of(storage, username).spend.prices_revision == 3


def test_a_budget_begins_with_what_its_period_cost_before(
    storage: Storage, username: str, budgets: Budgets
) -> None:
    counters = BudgetCounters(storage.table)
    budget = Budget("account", "total", 100)
    start = counters.start_op(username, budget, ALL_TIME, 40)
    budgets.replace(username, budgets.get(username), [budget], [start])
    state = counters.read(username, [(budget, ALL_TIME)])[0]
    assert (state.total, state.spent) == (40, 40)
    with pytest.raises(BudgetsChanged):
        budgets.replace(username, budgets.get(username), [], [start])


def test_the_revision_counts_new_pools(storage: Storage, username: str) -> None:
    item = BudgetListItem(storage.table)
    storage.keys.create(username, [key(), key("groq")])
    assert item.get(username) == BudgetList(1, 0, ())
    storage.keys.create(username, [key()])
    assert item.get(username) == BudgetList(1, 0, ())

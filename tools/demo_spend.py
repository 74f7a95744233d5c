"""What the calls of the demo account cost: log entries, the days before, own prices, budgets."""

from __future__ import annotations

import random
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec

from api.spend.budgets import Budget, Period
from api.spend.money import from_usd
from api.spend.periods import period_of
from api.spend.usage import CostBasis
from api.storage.budget_counters import BudgetCounters
from api.storage.listed_spend import SpendKey
from api.storage.requests import LogEntry
from api.wiring import Storage
from tests.support.accounts import Account
from tools.demo_apis import DAY, HOUR

# Nano-dollars for each input and output token.
_PRICES = {
    "gpt-5": (1_250, 10_000),
    "gpt-5-mini": (250, 2_000),
    "claude-sonnet-4-5": (3_000, 15_000),
}
_MODELS = {"openai": ("gpt-5", "gpt-5-mini"), "anthropic": ("claude-sonnet-4-5",)}
# Calls of this model have no price.
_UNPRICED = "ft:acme-replies"
_PER_CALL = 1_500_000
_DAYS = 29
BUDGETS: tuple[tuple[str, str, Period, str], ...] = (
    ("account", "", "month", "130"),
    ("api", "openai", "day", "5"),
    ("token", "night report", "week", "2"),
)
"""Scope, its API or token, period and amount."""


@dataclass(frozen=True)
class _Priced:
    model: str | None
    cost: int | None
    basis: CostBasis
    units: dict[str, int]


def with_cost(chance: random.Random, entry: LogEntry) -> LogEntry:
    """Return the entry of a call with what it cost, if its API has a price and answered."""
    if entry.upstream_ms is None or entry.status >= 300:
        return entry
    if entry.api_name == "openweather":
        priced = _Priced(None, _PER_CALL, "price", {})
    elif entry.api_name in _MODELS and entry.method == "POST":
        priced = _tokens(chance, entry.api_name)
    else:
        return entry
    return msgspec.structs.replace(
        entry,
        model=priced.model,
        cost=priced.cost,
        cost_basis=priced.basis,
        units=priced.units,
    )


def _tokens(chance: random.Random, api_name: str) -> _Priced:
    units = {
        "input_tokens": round(chance.lognormvariate(7.8, 0.6)),
        "output_tokens": round(chance.lognormvariate(6.2, 0.6)),
    }
    if api_name == "openai" and chance.random() < 0.04:
        return _Priced(_UNPRICED, None, "unknown", units)
    model = chance.choice(_MODELS[api_name])
    price_in, price_out = _PRICES[model]
    cost = units["input_tokens"] * price_in + units["output_tokens"] * price_out
    return _Priced(model, cost, "estimate" if chance.random() < 0.1 else "price", units)


def usage_body(api_name: str) -> dict[str, Any]:
    """Return what a model of the API responds, with its usage."""
    if api_name == "anthropic":
        usage = {"input_tokens": 812, "output_tokens": 164}
        return {"type": "message", "model": "claude-sonnet-4-5", "usage": usage}
    usage = {"input_tokens": 640, "output_tokens": 210, "total_tokens": 850}
    return {"object": "response", "model": "gpt-5-mini", "usage": usage}


def seed_past_spend(
    storage: Storage, account: Account, users: dict[str, list[str]], now: float
) -> None:
    """Record the spend of the days before today. `users` are tokens by API."""
    chance = random.Random(11)
    records = storage.usage.spend
    today = int(now) - int(now) % DAY
    for days_ago in range(1, _DAYS + 1):
        hour = today - days_ago * DAY + 10 * HOUR
        busy = 0.35 if days_ago % 7 in (1, 2) else 1.0
        for api_name, models in _MODELS.items():
            spend = {
                SpendKey(token_id, model): {
                    "c": round(chance.lognormvariate(0, 0.4) * busy * 900_000_000),
                    "k": round(90 * busy),
                }
                for token_id in users[api_name][:2]
                for model in models
            }
            for operation in records.add_ops(account.username, api_name, spend, hour):
                storage.table.run(operation)


def set_prices_and_budgets(
    storage: Storage, account: Account, tokens: dict[str, str], now: float
) -> None:
    """Set a price for each call of openweather, and budgets of which the past calls are spent."""
    prices = {"rules": [{"per_call_usd": "0.0015"}]}
    assert account.call("PUT", "/api/prices/openweather", prices).status == 200
    counters = BudgetCounters(storage.table)
    for kind, name, period, amount in BUDGETS:
        scope, filters = {"type": kind}, ""
        if kind == "api":
            scope, filters = scope | {"api_name": name}, f"&api_name={name}"
        elif kind == "token":
            scope, filters = scope | {"token_id": tokens[name]}, f"&token_id={tokens[name]}"
        body = {"scope": scope, "period": period, "amount_usd": amount, "time_zone": "UTC"}
        answer = account.call("POST", "/api/budgets", body)
        assert answer.status == 201, answer.body
        budget = Budget(answer.json["budget_id"].rpartition(":")[0], period, from_usd(amount))
        span = period_of(budget, now)
        past = account.call("GET", f"/api/spend?start={span.start_name}{filters}").json
        cost = from_usd(Decimal(str(past["total_usd"]))) - from_usd(str(answer.json["spent_usd"]))
        counters.add_cost(account.username, budget, span, cost)

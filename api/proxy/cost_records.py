"""What the record of a call stores of its cost: members of its log entry, and counters."""

from __future__ import annotations

import msgspec

from api.spend.usage import Cost
from api.storage.listed_spend import SpendCounts, SpendKey
from api.storage.requests import MAX_MODEL, MAX_ODDITIES, LogEntry
from api.storage.usage_records import Counters

_MAX_ODDITY = 24


def with_cost(entry: LogEntry, cost: Cost | None) -> LogEntry:
    """Return the log entry of a call that cost this, None for a call without a price."""
    if cost is None:
        return entry
    return msgspec.structs.replace(
        entry,
        model=loggable_model(cost.model),
        cost=cost.amount,
        cost_basis=cost.basis,
        units={name: count for name, count in cost.units.items() if count},
        oddities=tuple(word[:_MAX_ODDITY] for word in cost.oddities[:MAX_ODDITIES]),
    )


def loggable_model(model: str | None) -> str | None:
    """Return a model's name for the log: printable ASCII, at most 64 characters."""
    if not model:
        return None
    text = "".join(
        char if char.isprintable() and char.isascii() else "?" for char in model[:MAX_MODEL]
    )
    return text


def cost_counters(entry: LogEntry) -> Counters:
    """Return what the cost of a call adds to the usage of its API."""
    if entry.cost_basis is None:
        return {}
    if entry.cost is None:
        return {"x": 1}
    counters = {"k": 1, "c": entry.cost}
    if entry.cost_basis == "estimate":
        counters["ce"] = entry.cost
    return counters


def entry_spend(entry: LogEntry) -> tuple[SpendKey, SpendCounts] | None:
    """Return what a call adds to the spend of its token and model.

    None if the API has no price, or if the call is an error that cost nothing.
    """
    if entry.cost_basis is None or (entry.status >= 400 and entry.cost == 0):
        return None
    counts = {"e" if name == "ce" else name: n for name, n in cost_counters(entry).items() if n}
    return SpendKey(entry.token_id or "", entry.model or ""), counts

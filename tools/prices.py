"""`make prices`: write the snapshot of model prices from the package genai-prices.

The package is needed for this only. The product reads the snapshot (docs/spend.md).
"""

from __future__ import annotations

import datetime
import importlib.metadata
import json
import re
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

from genai_prices import types
from genai_prices.data import providers
from genai_prices.data_units import unit_data

PACKAGE = "genai-prices"
FOLDER = Path(__file__).parents[1] / "api" / "spend" / "prices" / "snapshot"
_INDEX = "index.json"
_UNITS = {unit["price_key"]: name for name, unit in unit_data.items()}

_FREE = re.compile("^Free of charge| Free of charge|zero token cost")

Snapshot = dict[str, str]
"""The text of each file, by its name."""


def main() -> int:
    """Write the snapshot. Its date changes only if something else in it changes."""
    made = make_snapshot(written_date())
    if made != read_snapshot():
        made = make_snapshot(datetime.datetime.now(datetime.UTC).date().isoformat())
        write_snapshot(made)
    return 0


def make_snapshot(date: str) -> Snapshot:
    """Return the snapshot that the installed package gives, with its `date` (ISO 8601)."""
    index = {
        "date": date,
        "version": importlib.metadata.version(PACKAGE),
        "units": {
            name: {"per": unit["per"], "dimensions": unit["dimensions"]}
            for name, unit in unit_data.items()
        },
        "providers": [_provider(provider) for provider in providers],
    }
    files = {_INDEX: json.dumps(index, indent=1, ensure_ascii=False) + "\n"}
    for provider in providers:
        lines = [_json(_model(model)) for model in provider.models]
        files[f"{provider.id}.json"] = "[\n{}\n]\n".format(",\n".join(lines))
    return files


def read_snapshot() -> Snapshot:
    """Return the snapshot in the repository."""
    return {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.json")}


def write_snapshot(snapshot: Snapshot) -> None:
    """Replace the snapshot in the repository."""
    FOLDER.mkdir(exist_ok=True)
    for path in FOLDER.glob("*.json"):
        path.unlink()
    for name, text in snapshot.items():
        (FOLDER / name).write_text(text, "utf-8")


def written_date() -> str:
    """Return the date of the snapshot in the repository, empty if there is none."""
    index = FOLDER / _INDEX
    return str(json.loads(index.read_text("utf-8"))["date"]) if index.exists() else ""


def _provider(provider: types.Provider) -> dict[str, Any]:
    described: dict[str, Any] = {
        "id": provider.id,
        "name": provider.name,
        "pattern": provider.api_pattern,
    }
    if provider.fallback_model_providers:
        described["fallbacks"] = provider.fallback_model_providers
    return described


def _model(model: types.ModelInfo) -> dict[str, Any]:
    described: dict[str, Any] = {"id": model.id, "match": _clause(model.match)}
    if model.context_window:
        described["context"] = model.context_window
    prices = model.prices
    if isinstance(prices, types.ModelPrice):
        prices = [types.ConditionalPrice(prices=prices)]
    described["prices"] = [
        {"units": _units(each.prices) or _no_units(model), **_constraint(each.constraint)}
        for each in prices
    ]
    if model.price_variants:
        described["variants"] = [
            {"when": each.when, "units": _units(each.prices), **_constraint(each.constraint)}
            for each in model.price_variants
        ]
    return described


def _clause(clause: Any) -> Any:
    """Return a match clause: an operator and its text in lower case, or a list of clauses."""
    match clause:
        case types.ClauseEquals():
            return "=" + clause.equals.lower()
        case types.ClauseStartsWith():
            return "^" + clause.starts_with.lower()
        case types.ClauseEndsWith():
            return "$" + clause.ends_with.lower()
        case types.ClauseContains():
            return "*" + clause.contains.lower()
        case types.ClauseRegex():
            return "~" + clause.regex
        case types.ClauseOr():
            return ["or", *map(_clause, clause.or_)]
        case types.ClauseAnd():
            return ["and", *map(_clause, clause.and_)]
    raise TypeError(f"Unknown clause: {clause!r}")


def _constraint(constraint: Any) -> dict[str, str]:
    match constraint:
        case None:
            return {}
        case types.StartDateConstraint():
            return {"start_date": constraint.start_date.isoformat()}
        case types.TimeOfDateConstraint():
            return {
                "start_time": _utc_time(constraint.start_time),
                "end_time": _utc_time(constraint.end_time),
            }
    raise TypeError(f"Unknown constraint: {constraint!r}")


def _utc_time(time: datetime.time) -> str:
    aware = time if time.tzinfo else time.replace(tzinfo=datetime.UTC)
    moment = datetime.datetime.combine(datetime.date(2000, 1, 1), aware)
    return f"{moment.astimezone(datetime.UTC):%H:%M:%S}"


def _units(prices: types.ModelPrice) -> dict[str, Any]:
    """Return the prices by unit, in dollars; tiers as the base and pairs of a start and a price."""
    found: dict[str, Any] = {}
    for key, price in vars(prices).items():
        if price is None:
            continue
        if isinstance(price, types.TieredPrices):
            tiers = [[tier.start, _amount(tier.price)] for tier in price.tiers]
            found[_UNITS[key]] = [_amount(price.base), *tiers]
        else:
            found[_UNITS[key]] = _amount(price)
    return found


def _no_units(model: types.ModelInfo) -> dict[str, Any]:
    """Return the prices of a model without prices: none, or 0 for a call if it says it is free."""
    is_free = model.id.endswith(":free") or _FREE.search(model.price_comments or "")
    return {"requests": "0"} if is_free else {}


def _amount(price: Decimal) -> str:
    if not 0 <= price < 1_000_000 or price != round(price, 18):
        raise ValueError(f"The snapshot cannot hold this price: {price}")
    return format(price.normalize(), "f")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


if __name__ == "__main__":
    sys.exit(main())

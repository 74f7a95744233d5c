"""Which of the user's price rules applies to a call."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from api.spend.prices.own_prices import PriceRule


def matching_rules(
    rules: Sequence[PriceRule], method: str, path: str, models: Iterable[str]
) -> list[PriceRule]:
    """Return the rules that apply to a call and are equally specific, in their order.

    A longer path prefix is more specific, then a model, a longer one first and a whole name before
    a beginning, then methods. `models` are the names of the call's model.
    """
    if not rules:
        return []
    names = [name.lower() for name in models]
    path = "/" + path.lstrip("/")
    found = [rule for rule in rules if _applies(rule, method.upper(), path, names)]
    best = max(map(_specificity, found), default=None)
    return [rule for rule in found if _specificity(rule) == best]


def _applies(rule: PriceRule, method: str, path: str, names: list[str]) -> bool:
    if rule.methods and method not in rule.methods:
        return False
    if rule.path_prefix and not _is_below(path, rule.path_prefix):
        return False
    if not rule.model:
        return True
    model = rule.model.lower()
    if model.endswith("*"):
        return any(name.startswith(model[:-1]) for name in names)
    return model in names


def _is_below(path: str, prefix: str) -> bool:
    if prefix.endswith("/"):
        return path.startswith(prefix)
    return path == prefix or path.startswith(prefix + "/")


def _specificity(rule: PriceRule) -> tuple[int, bool, int, bool]:
    whole = bool(rule.model) and not rule.model.endswith("*")
    return len(rule.path_prefix.rstrip("/")), whole, len(rule.model), bool(rule.methods)

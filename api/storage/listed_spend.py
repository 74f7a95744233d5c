"""Spend of the current hour by token and model: attributes of the rate-limit item of an API.

`p{hash}` is the token and the model, `p{hash}c` to `p{hash}x` are the counters. The hash keeps the
names short, so that a few tokens and models fit besides everything else in one write unit.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from functools import lru_cache
from hashlib import blake2b
from types import MappingProxyType
from typing import Any, NamedTuple

SPEND_COUNTERS = "cekx"
"""c nano-dollars, e the estimated part of them, k calls with a known cost, x calls without."""

SpendCounts = dict[str, int]
"""Counts by name, one of SPEND_COUNTERS."""

_PREFIX = "p"
_HASH = 6
_NUMBER_BYTES = 6


class SpendKey(NamedTuple):
    """Whose calls cost something: a token, empty for a session, and a model, empty if unknown."""

    token_id: str
    model: str


Spend = Mapping[SpendKey, SpendCounts]
NOTHING_SPENT: Spend = MappingProxyType({})


def spend_bytes(key: SpendKey) -> int:
    """Return the bytes of the usual attributes of a token and model in the rate-limit item."""
    name = len(_PREFIX) + _HASH
    return name + len(_text(key)) + 2 * (name + 1 + _NUMBER_BYTES)


def spend_names(key: SpendKey) -> list[str]:
    """Return all attributes that a token and model can have in the rate-limit item."""
    name = _name(key)
    return [name, *(name + counter for counter in SPEND_COUNTERS)]


def add_spend(
    spend: Spend, sets: list[str], adds: list[str], values: dict[str, Any], names: dict[str, str]
) -> None:
    """Add the members that count spend to an update of a rate-limit item."""
    for position, (key, counts) in enumerate(spend.items()):
        alias = f"#p{position}"
        name = _name(key)
        names[alias], values[f":p{position}"] = name, _text(key)
        sets.append(f"{alias} = :p{position}")
        for counter, count in counts.items():
            names[alias + counter] = name + counter
            values[f":p{position}{counter}"] = count
            adds.append(f"{alias}{counter} :p{position}{counter}")


def stored_spend(item: Mapping[str, Any]) -> dict[SpendKey, SpendCounts]:
    """Return the spend in a rate-limit item."""
    spend = {}
    for name, text in item.items():
        if len(name) == len(_PREFIX) + _HASH and name[0] == _PREFIX and isinstance(text, str):
            token_id, _, model = text.partition("|")
            spend[SpendKey(token_id, model)] = {
                counter: int(item[name + counter])
                for counter in SPEND_COUNTERS
                if name + counter in item
            }
    return spend


def _text(key: SpendKey) -> str:
    return f"{key.token_id}|{key.model}"


@lru_cache(maxsize=1024)
def _name(key: SpendKey) -> str:
    # 36 bits: a collision among 30 tokens and models happens once in a hundred million hours.
    digest = blake2b(_text(key).encode(), digest_size=5).digest()
    return _PREFIX + urlsafe_b64encode(digest)[:_HASH].decode()

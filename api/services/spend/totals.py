"""Sums of spend records."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

import msgspec

from api.storage.spend_records import SpendRecord

_Group = TypeVar("_Group", bound=Hashable)


class Total(msgspec.Struct):
    """What calls cost together. `cost` and the `estimated` part of it are in nano-dollars.

    `calls` are those to priced APIs, `unknown` those of them whose cost is not known.
    """

    cost: int = 0
    estimated: int = 0
    calls: int = 0
    unknown: int = 0

    def add(self, record: SpendRecord) -> None:
        """Add a record."""
        self.cost += record.cost
        self.estimated += record.estimated
        self.calls += record.calls
        self.unknown += record.unknown

    @property
    def known_cost(self) -> int | None:
        """The cost, or None if the cost of no call is known."""
        return self.cost if self.calls > self.unknown or self.cost else None


def total(records: Iterable[SpendRecord]) -> Total:
    """Return the sum of records."""
    result = Total()
    for record in records:
        result.add(record)
    return result


def grouped(
    records: Iterable[SpendRecord], key: Callable[[SpendRecord], _Group]
) -> dict[_Group, Total]:
    """Return the sums of records by the key of each."""
    groups: dict[_Group, Total] = {}
    for record in records:
        groups.setdefault(key(record), Total()).add(record)
    return groups

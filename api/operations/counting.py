"""Count items by kind."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator

import msgspec

from api.operations.items import Item, ItemCounts
from api.storage.item_kinds import NOT_COPIED, Kind, key_of, kind_of, unchanged_while_closed

_FIELDS: dict[Kind, str] = {
    "user": "users",
    "key": "keys",
    "token": "tokens",
    "budget_list": "budgets",
    "log_entry": "log_entries",
}


_encode = msgspec.json.Encoder(order="sorted").encode
_MODULUS = 1 << 256


class ItemCounter:
    """Counts the items that pass through it, and drops those that belong to the table only."""

    def __init__(self) -> None:
        self._by_field: Counter[str] = Counter()

    def counted(self, items: Iterable[Item]) -> Iterator[Item]:
        """Return the items that a copy has, and count each."""
        for item in items:
            kind = kind_of(*key_of(item))
            if kind not in NOT_COPIED:
                self._by_field[_FIELDS.get(kind, "others")] += 1
                yield item

    @property
    def counts(self) -> ItemCounts:
        """Return the numbers so far."""
        return ItemCounts(**self._by_field)


class ContentDigest:
    """A digest of the items that pass through it, in any order. What changes while an installation
    is closed for writes does not count.
    """

    def __init__(self) -> None:
        self.value = 0

    def digested(self, items: Iterable[Item]) -> Iterator[Item]:
        """Return the items, and add each to the digest."""
        for item in items:
            part = unchanged_while_closed(item)
            if part is not None and kind_of(*key_of(item)) not in NOT_COPIED:
                digest = hashlib.sha256(_encode(part)).digest()
                self.value = (self.value + int.from_bytes(digest)) % _MODULUS
            yield item


def digest_of(items: Iterable[Item]) -> int:
    """Return the digest of all items."""
    digest = ContentDigest()
    for _ in digest.digested(items):
        pass
    return digest.value


def count(items: Iterable[Item]) -> ItemCounts:
    """Return the numbers of items by kind."""
    counter = ItemCounter()
    for _ in counter.counted(items):
        pass
    return counter.counts

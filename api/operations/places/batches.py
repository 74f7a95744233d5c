"""Split what is written into calls of a limited size."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

from api.storage.item_kinds import key_of


def in_pages(things: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """Return the things in lists of at most `size`."""
    rest = iter(things)
    while page := list(itertools.islice(rest, size)):
        yield page


def last_of_each_key(requests: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the requests without those that a later one overwrites.

    DynamoDB refuses a batch and a transaction that have a key twice. A request has one member,
    which has the `Item` or the `Key`.
    """
    latest = {}
    for request in requests:
        (member,) = request.values()
        latest[key_of(member.get("Item") or member["Key"])] = request
    return list(latest.values())

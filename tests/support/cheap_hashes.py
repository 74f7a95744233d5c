"""Password hashes that take no time, for tests that create thousands of accounts.

The product's own hash takes 40 ms of processor time, and an account needs two. As a program,
`python -m tests.support.cheap_hashes` is `python -m api` with these hashes.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import NamedTuple

from api.cli.main import main
from api.services.accounts import passwords


class HashCost(NamedTuple):
    """What a hash needs: memory in KiB and passes over it."""

    memory: int
    passes: int


REAL_COST = HashCost(passwords._MEMORY_KIB, passwords._PASSES)
LEAST_COST = HashCost(8, 1)


@contextlib.contextmanager
def hash_cost(cost: HashCost) -> Iterator[None]:
    """Hash passwords at this cost, in this process and in those forked from it."""
    before = passwords._MEMORY_KIB, passwords._PASSES
    passwords._MEMORY_KIB, passwords._PASSES = cost
    try:
        yield
    finally:
        passwords._MEMORY_KIB, passwords._PASSES = before


if __name__ == "__main__":
    with hash_cost(LEAST_COST):
        sys.exit(main())

"""Limits the calls that are in progress at once for one API and for one token (bulkheads).

The worker processes of one machine share a table in memory with one row for each of them. A process
writes only its own row; what is in progress in all processes is the sum over the rows. A row is a
hash table of pairs: the hash of what is counted, and the count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.errors import Problem
from api.http.upgrade import Upgrade
from api.proxy_status import proxy_status
from api.short_lock import ShortLock

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator, Sequence
    from mmap import mmap

# The pairs of a row, a power of two, and the places at which a pair may be.
_PAIRS = 8192
_PROBES = 32
_WORD = 8
_MASK = (1 << 64) - 1
# Two processes that count at the same moment may both find the limit exceeded.
_TRIES = 8
# Seconds. How soon a call ends is unknown.
_RETRY_AFTER = 5

# An API of a user, or the id of a token.
Counted = tuple[str, str] | str


class Slot:
    """The place of one call among those in progress. Release it when the call has ended."""

    __slots__ = ("_counted", "_slots")

    def __init__(self, slots: CallSlots, counted: Sequence[Counted]) -> None:
        self._slots = slots
        self._counted = counted

    def release(self) -> None:
        """End the call. Idempotent."""
        counted, self._counted = self._counted, ()
        self._slots.give_back(counted)

    def held(self, body: Iterator[bytes]) -> Iterator[bytes]:
        """Return the body of a stream or an `Upgrade` that releases the slot at its end."""
        if isinstance(body, Upgrade):
            return _HeldUpgrade(body, self)
        return _HeldBody(body, self)


class _HeldBody:
    """Yields the pieces of a streamed response, and releases the call's slot at its end."""

    def __init__(self, body: Iterator[bytes], slot: Slot) -> None:
        self._body = body
        self._slot = slot

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            return next(self._body)
        except BaseException:
            self._slot.release()
            raise

    def close(self) -> None:
        """End the stream (PEP 3333)."""
        try:
            if hasattr(self._body, "close"):
                self._body.close()
        finally:
            self._slot.release()


class _HeldUpgrade(Upgrade):
    """Runs another protocol, and releases the call's slot at its end."""

    def __init__(self, upgrade: Upgrade, slot: Slot) -> None:
        self._upgrade = upgrade
        self._slot = slot

    def run(self, sock: socket.socket, received: bytes) -> None:
        try:
            self._upgrade.run(sock, received)
        finally:
            self._slot.release()


class CallSlots:
    """Counts the calls in progress. Thread-safe.

    `max_per_api` is the largest number for one API of one user, `max_per_token` for one token; 0
    means no limit. `memory` has `shared_bytes(rows)` bytes that `rows` worker processes share, by
    default it belongs to this process alone. Each process calls `use_row` first.
    """

    def __init__(
        self,
        max_per_api: int,
        max_per_token: int,
        memory: bytearray | mmap | None = None,
    ) -> None:
        self._max_per_api = max_per_api
        self._max_per_token = max_per_token
        words = memoryview(memory if memory is not None else bytearray(shared_bytes(1)))
        table = words.cast("Q")
        self._rows = [
            table[start : start + 2 * _PAIRS] for start in range(0, len(table), 2 * _PAIRS)
        ]
        self._lock = ShortLock()
        self.use_row(0)

    def use_row(self, row: int) -> None:
        """Count in this row from now on, after its last process has ended.

        The others do not see what a process beyond the number of rows counts.
        """
        rows = list(self._rows)
        if row < len(rows):
            self._own = rows.pop(row)
        else:
            self._own = memoryview(bytearray(shared_bytes(1))).cast("Q")
        self._others = rows
        for word in range(1, 2 * _PAIRS, 2):
            self._own[word] = 0
        # What is counted here: its hash, its place in the row (-1: none was free) and its count.
        self._counts: dict[Counted, tuple[int, int, int]] = {}

    def acquire(self, username: str, api_name: str, token_id: str | None) -> Slot:
        """Return the slot of a call that begins. `token_id` is None for a session.

        Raises Problem(too_many_token_calls) or Problem(too_many_api_calls).
        """
        counted: list[Counted] = []
        with self._lock:
            if token_id is not None and self._max_per_token:
                if not self._take(token_id, self._max_per_token):
                    raise _too_many_token_calls(self._max_per_token)
                counted.append(token_id)
            if self._max_per_api:
                if not self._take((username, api_name), self._max_per_api):
                    for taken in counted:
                        self._add(taken, -1)
                    raise _too_many_api_calls(self._max_per_api)
                counted.append((username, api_name))
        return Slot(self, counted)

    def give_back(self, counted: Sequence[Counted]) -> None:
        """End a call that was counted."""
        if counted:
            with self._lock:
                for taken in counted:
                    self._add(taken, -1)

    def in_progress(self, counted: Counted) -> int:
        """Return how many calls are in progress in all processes."""
        number, _, count = self._counts.get(counted) or (_hash(counted), -1, 0)
        return count + self._elsewhere(number)

    def _take(self, counted: Counted, limit: int) -> bool:
        for _ in range(_TRIES):
            # The call is counted before the sum is read, so the sum never exceeds the limit.
            number, count = self._add(counted, 1)
            if count + self._elsewhere(number) <= limit:
                return True
            self._add(counted, -1)
            if count - 1 + self._elsewhere(number) >= limit:
                return False
        return False

    def _add(self, counted: Counted, change: int) -> tuple[int, int]:
        """Change the own count. Return the hash and the new count."""
        entry = self._counts.get(counted)
        if entry is None:
            number = _hash(counted)
            place, count = self._free_place(number), change
        else:
            number, place, count = entry
            count += change
        if count:
            self._counts[counted] = (number, place, count)
        else:
            del self._counts[counted]
        if place >= 0:
            self._own[place + 1] = count
            if not count:
                self._forget(place)
        return number, count

    def _free_place(self, number: int) -> int:
        """Reserve a place in the own row, -1 if all are taken."""
        own = self._own
        for probe in range(_PROBES):
            place = (number + probe) % _PAIRS * 2
            if not own[place + 1]:
                own[place] = number
                return place
        return -1

    def _forget(self, place: int) -> None:
        """Remove a free place's hash, and those before it, unless a search must pass them."""
        own, words = self._own, 2 * _PAIRS
        if not own[(place + 2) % words]:
            while own[place] and not own[place + 1]:
                own[place] = 0
                place = (place - 2) % words

    def _elsewhere(self, number: int) -> int:
        """Return the sum of the other processes' counts."""
        total = 0
        for row in self._others:
            for probe in range(_PROBES):
                place = (number + probe) % _PAIRS * 2
                found = row[place]
                if found == number:
                    total += row[place + 1]
                if found == number or not found:  # A place that was never used ends the search.
                    break
        return total


def shared_bytes(rows: int) -> int:
    """Return the size of the memory that this many worker processes share."""
    return rows * _PAIRS * 2 * _WORD


def _hash(counted: Counted) -> int:
    """Return a hash that differs from 0. Forked processes have the same one."""
    return hash(counted) & _MASK or 1


def _too_many_token_calls(limit: int) -> Problem:
    return Problem(
        "too_many_token_calls",
        f"The token already has {limit} calls in progress. End some of them, or wait for "
        "`Retry-After`.",
        headers=(("Retry-After", str(_RETRY_AFTER)),),
        limit=limit,
    )


def _too_many_api_calls(limit: int) -> Problem:
    return Problem(
        "too_many_api_calls",
        f"The API already has {limit} calls in progress. Wait for `Retry-After`.",
        headers=(
            ("Retry-After", str(_RETRY_AFTER)),
            *proxy_status("connection_limit_reached"),
        ),
        limit=limit,
    )

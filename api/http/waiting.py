"""Wait for sockets and for turns. All waiting of the product for a socket with a time limit
happens here.

By default a wait blocks its thread. The server of one machine replaces `SelectWaiting` by a wait
that lets other calls run in the meantime (api/local/server/gevent_waiting.py).
"""

from __future__ import annotations

import select
from collections.abc import Sequence
from typing import Protocol

from api.short_lock import ShortLock

READ = 1
WRITE = 2
# The system's own, even if the module is patched later.
_poll = select.poll

# A descriptor, and READ, WRITE or both.
Watch = tuple[int, int]


class Turn(Protocol):
    """What one call waits for until another lets it go on."""

    def wait(self, seconds: float | None) -> bool:
        """Wait for `wake`. Return False if it was not called within `seconds`. None: no limit."""
        ...

    def wake(self) -> None:
        """End the wait, also one that has not begun yet. Call it once."""
        ...


class Waiting(Protocol):
    """How this process waits."""

    def wait(self, watches: Sequence[Watch], seconds: float) -> Watch | None:
        """Return the first watch that is ready or broken, None after `seconds`."""
        ...

    def turn(self) -> Turn:
        """Return a new turn."""
        ...

    def give_way(self) -> None:
        """Let the calls run that are ready now."""
        ...


class _LockTurn:
    def __init__(self) -> None:
        self._lock = ShortLock()
        self._lock.acquire()

    def wait(self, seconds: float | None) -> bool:
        return self._lock.acquire(timeout=-1 if seconds is None else seconds)

    def wake(self) -> None:
        self._lock.release()


class SelectWaiting:
    """Blocks the thread with poll(2), or with a lock."""

    def wait(self, watches: Sequence[Watch], seconds: float) -> Watch | None:
        """Return the first watch that is ready or broken, None after `seconds`."""
        poller = _poll()
        for descriptor, events in watches:
            poller.register(descriptor, _flags(events))
        for descriptor, _ in poller.poll(max(0.0, seconds) * 1000):
            for watch in watches:
                if watch[0] == descriptor:
                    return watch
        return None

    def turn(self) -> Turn:
        """Return a new turn."""
        return _LockTurn()

    def give_way(self) -> None:
        """Do nothing: other threads run whenever this one waits, and a sleep of 0 takes 60 µs."""


_waiting: Waiting = SelectWaiting()


def set_waiting(waiting: Waiting) -> None:
    """Make `waiting` the way in which this process waits from now on."""
    global _waiting
    _waiting = waiting


def wait(watches: Sequence[Watch], seconds: float) -> Watch | None:
    """Return the first of `watches` that is ready or broken, None after `seconds`.

    A descriptor may occur once. Other calls may run during the wait.
    """
    return _waiting.wait(watches, seconds)


def new_turn() -> Turn:
    """Return what a call can wait for until another call wakes it."""
    return _waiting.turn()


def give_way() -> None:
    """Let the calls run that are ready now."""
    _waiting.give_way()


def is_readable(descriptor: int) -> bool:
    """Return whether reading would not block now: bytes, the end of input or an error are there."""
    poller = _poll()
    poller.register(descriptor, select.POLLIN)
    return bool(poller.poll(0))


def _flags(events: int) -> int:
    flags = select.POLLIN if events & READ else 0
    return flags | select.POLLOUT if events & WRITE else flags

"""Wait in gevent's event loop, in which other greenlets run in the meantime."""

from __future__ import annotations

from collections.abc import Sequence

from gevent import sleep
from gevent.hub import Waiter, get_hub

from api.http.waiting import Turn, Watch


class _WaiterTurn:
    """A lock of gevent does the same in more than twice the time."""

    def __init__(self) -> None:
        self._hub = get_hub()
        self._waiter = Waiter(self._hub)
        self._has_come = False

    def wait(self, seconds: float | None) -> bool:
        if self._has_come:
            return True
        self._waiter = waiter = Waiter(self._hub)
        if seconds is None:
            waiter.get()
            return True
        timer = self._hub.loop.timer(max(0.0, seconds))
        try:
            timer.start(waiter.switch, None)
            waiter.get()
            return self._has_come
        finally:
            timer.close()

    def wake(self) -> None:
        self._has_come = True
        # Only the hub may switch to the greenlet.
        self._hub.loop.run_callback(self._waiter.switch, None)


class GeventWaiting:
    """See `api.http.waiting.Waiting`."""

    def wait(self, watches: Sequence[Watch], seconds: float) -> Watch | None:
        """Return the first watch that is ready or broken, None after `seconds`."""
        hub = get_hub()
        loop = hub.loop
        waiter = Waiter(hub)
        timer = loop.timer(max(0.0, seconds))
        watchers = []
        try:
            timer.start(waiter.switch, None)
            for watch in watches:
                watcher = loop.io(*watch)
                watchers.append(watcher)
                watcher.start(waiter.switch, watch)
            ready: Watch | None = waiter.get()
            return ready
        finally:
            timer.close()
            for watcher in watchers:
                watcher.close()

    def turn(self) -> Turn:
        """Return a new turn."""
        return _WaiterTurn()

    def give_way(self) -> None:
        """Resume when the greenlets have run that are ready now."""
        sleep(0)

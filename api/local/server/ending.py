"""Choose the calls that a stopping server ends next, so that all calls are recorded.

Calls may go on until the stop timeout. In its last seconds, all remaining calls are ended.
Thousands cannot be recorded in that time, so calls on the oldest connections are ended earlier, at
the rate at which a busy machine records them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

# Seconds before the graceful timeout at which all calls are ended and recorded.
ENDING_SECONDS = 5.0
# Calls that the processes of a server record in a second on a busy machine, at least.
ENDED_PER_SECOND = 200


class Endable(Protocol):
    """A connection. `is_upgraded` is whether it uses another protocol than HTTP."""

    @property
    def is_upgraded(self) -> bool: ...


_Connection = TypeVar("_Connection", bound=Endable)


def calls_to_end(left: Sequence[_Connection], seconds: float, processes: int) -> list[_Connection]:
    """Return the connections of one of the server's processes whose calls must be ended now.

    `left` are those that are not ended yet, the oldest first. As many calls as can be ended and
    recorded one after the other within `seconds` may go on. WebSockets may not: they have no end to
    wait for, and their clients reconnect.
    """
    upgraded = [connection for connection in left if connection.is_upgraded]
    others = [connection for connection in left if not connection.is_upgraded]
    recordable = int(max(0.0, seconds) * ENDED_PER_SECOND / processes)
    return upgraded + others[: max(0, len(others) - recordable)]

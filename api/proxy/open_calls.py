"""The calls in progress of this process, and their items, which the pages show.

A call registers in memory. Only if it lasts longer than a few seconds does a task of the process
write an item for it, and write it again less and less often while the call lasts. Its record
deletes the item in the same trip.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

import msgspec

from api.aws.json_client import Operation
from api.errors import StorageError
from api.proxy.call_context import CallContext, loggable_path
from api.storage.open_calls import OpenCallItems, OpenEntry

if TYPE_CHECKING:
    from api.proxy.call_budgets import CallBudgets
    from api.proxy.token_notes import TokenNote

# Seconds.
_FIRST_WRITE = 5.0
_LONGEST_PAUSE = 60.0
# A write may be late by so much before the call counts as ended without a record.
_PATIENCE = 120.0
_GROUP_SIZE = 100


class _Counted(Protocol):
    bytes_read: int


class OpenCall(msgspec.Struct):
    """A call in progress. Whoever serves it sets what becomes known, and counts.

    `request_body` counts the bytes that were read of the caller's body. `measure` is called before
    the call's item is written, to set the counters. `budgets` has what its record settles, `note`
    what it stores about the token. Times are epoch seconds.
    """

    call: CallContext
    next_write: float
    host: str = ""
    key_id: str | None = None
    status: int | None = None
    websocket: bool = False
    bytes_in: int = 0
    bytes_out: int = 0
    messages_in: int = 0
    messages_out: int = 0
    request_body: _Counted | None = None
    measure: Callable[[OpenCall], None] | None = None
    is_written: bool = False
    has_ended: bool = False
    budgets: CallBudgets | None = None
    note: TokenNote | None = None

    @property
    def key(self) -> tuple[str, float, str]:
        """The user, the start and the request id."""
        return self.call.username, round(self.call.at, 3), self.call.request_id

    def begin_response(self, status: int, host: str, key_id: str) -> None:
        """Set what the response says. If the item is written, it is written again soon."""
        self.status, self.host, self.key_id = status, host, key_id
        if self.is_written:
            self.next_write = 0.0


class OpenCalls:
    """The calls in progress of one process. Without `items`, none is written.

    `process` names the process in the items. `clock` returns epoch seconds.
    """

    def __init__(
        self,
        items: OpenCallItems | None = None,
        process: str = "",
        clock: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self.items = items
        self._process = process
        self._clock = clock
        self._calls: dict[str, OpenCall] = {}
        self._left: list[OpenCall] = []

    def register(self, call: CallContext, budgets: CallBudgets | None = None) -> OpenCall:
        """Add a call that begins. `end` removes it."""
        open_call = OpenCall(call, call.at + _FIRST_WRITE, budgets=budgets)
        self._calls[call.request_id] = open_call
        return open_call

    def get(self, request_id: str) -> OpenCall | None:
        """Return a call in progress."""
        return self._calls.get(request_id)

    def publish(self, request_id: str) -> None:
        """Write the item of a call now, in one trip, so that it is visible at once."""
        open_call = self._calls.get(request_id)
        if open_call is not None and self.items is not None:
            # `run` writes it if this fails.
            with contextlib.suppress(StorageError):
                self._write(self.items, [open_call], self._clock())

    def end(self, request_id: str) -> OpenCall | None:
        """Remove a call that ends, and return it."""
        open_call = self._calls.pop(request_id, None)
        if open_call is not None:
            open_call.has_ended = True
        return open_call

    def end_ops(self, open_call: OpenCall | None) -> list[Operation]:
        """Return the operations that delete the item of an ended call, none if it has no item."""
        if open_call is None or not open_call.is_written or self.items is None:
            return []
        return [self.items.delete_op(*open_call.key)]

    def forget(self, open_call: OpenCall | None) -> None:
        """Let `run` delete the item of an ended call, which is not deleted with its record."""
        if open_call is not None and open_call.is_written:
            self._left.append(open_call)

    def run(self) -> None:
        """Write the items that are due, and delete those of ended calls that are left."""
        items = self.items
        if items is None:
            return
        now = self._clock()
        due = [call for call in list(self._calls.values()) if call.next_write <= now]
        for start in range(0, len(due), _GROUP_SIZE):
            self._write(items, due[start : start + _GROUP_SIZE], now)
        left = self._left[:]
        if left:
            items.delete([open_call.key for open_call in left])
            del self._left[: len(left)]

    def _write(self, items: OpenCallItems, group: list[OpenCall], now: float) -> None:
        for open_call in group:
            # Before the write: if the call ends meanwhile, its record deletes the item.
            open_call.is_written = True
            pause = min(_LONGEST_PAUSE, max(_FIRST_WRITE, now - open_call.call.at))
            open_call.next_write = now + pause
        items.put([(call.call.username, self._entry(call, now)) for call in group])
        # The record of a call may have been stored before its item.
        self._left += [open_call for open_call in group if open_call.has_ended]

    def _entry(self, open_call: OpenCall, now: float) -> OpenEntry:
        if open_call.measure is not None:
            open_call.measure(open_call)
        if open_call.request_body is not None:
            open_call.bytes_in = open_call.request_body.bytes_read
        call = open_call.call
        return OpenEntry(
            request_id=call.request_id,
            at=round(call.at, 3),
            api_name=call.api_name,
            method=call.method,
            path=loggable_path(call.path),
            process=self._process,
            seen_at=round(now, 3),
            fresh_until=round(open_call.next_write + _PATIENCE, 3),
            host=open_call.host,
            status=open_call.status,
            bytes_in=open_call.bytes_in,
            bytes_out=open_call.bytes_out,
            websocket=open_call.websocket,
            messages_in=open_call.messages_in,
            messages_out=open_call.messages_out,
            token_id=call.token_id,
            key_id=open_call.key_id,
            client=call.client,
            has_price=call.spend is not None,
        )

"""Reading the caller's body: a short one whole, a long one piece by piece while it is sent on."""

from __future__ import annotations

from collections.abc import Callable

from api.errors import Problem
from api.proxy.call_context import CallContext
from api.raw_request import RawRequest

# A body up to this size is read whole before it is sent, and may then be sent again.
_WHOLE = 1 << 20


def read_body(
    wire: RawRequest, trace: CallContext, most: int
) -> tuple[bytes, Callable[[int], bytes] | None]:
    """The body, or its beginning and a function that reads on; `most` bytes in all.

    The function counts and limits as it goes. Raises Problem.
    """
    if wire.length is not None and wire.length > most:
        raise _too_large(most)
    if wire.length == 0:
        return b"", None
    wanted = _WHOLE if wire.length is None else min(wire.length, _WHOLE)
    parts = []
    while wanted > 0:
        data = wire.body.read(wanted)
        if not data:
            break
        parts.append(data)
        wanted -= len(data)
    body = b"".join(parts)
    trace.bytes_in = len(body)
    if wire.length is not None and len(body) < min(wire.length, _WHOLE):
        raise Problem("invalid_request", "The body ended before its declared length.")
    if wanted > 0 or (wire.length is not None and wire.length <= _WHOLE):
        return body, None

    def more(size: int) -> bytes:
        left = None if wire.length is None else wire.length - trace.bytes_in
        if left == 0:
            return b""
        data = wire.body.read(size if left is None else min(size, left))
        trace.bytes_in += len(data)
        if trace.bytes_in > most:
            raise _too_large(most)
        if not data and left:
            raise Problem("invalid_request", "The body ended before its declared length.")
        return data

    return body, more


def _too_large(most: int) -> Problem:
    return Problem("request_too_large", f"A request body has at most {most} bytes here.")

"""Asks for the usage of a stream of chat completions whose request does not."""

from __future__ import annotations

import msgspec

from api.spend.reading.counts import read_object
from api.spend.reading.member_places import member_value

_OPTION = b'"include_usage":true'


class _Body(msgspec.Struct):
    stream: bool
    stream_options: msgspec.Raw = msgspec.Raw()


_body = msgspec.json.Decoder(_Body)


def with_usage_option(body: bytes) -> bytes | None:
    """Return a body with `stream_options.include_usage: true`, its other bytes unchanged.

    For the body of a request whose RequestFacts have `asks_for_usage` false. None for a body that
    is no JSON object, asks for no stream, or says itself whether usage is sent.
    """
    try:
        decoded = _body.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if not decoded.stream:
        return None
    options = bytes(decoded.stream_options)
    if not options:
        at = body.index(b"{") + 1
        return b'%b"stream_options":{%b},%b' % (body[:at], _OPTION, body[at:])
    place = member_value(body, b"stream_options")
    if place is None:
        return None
    start, end = place
    if body[start:end] == b"null":
        return b"%b{%b}%b" % (body[:start], _OPTION, body[end:])
    members = read_object(body[start:end])
    if members is None or "include_usage" in members:
        return None
    comma = b"," if members else b""
    return b"%b%b%b%b" % (body[: start + 1], _OPTION, comma, body[start + 1 :])

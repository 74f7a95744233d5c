"""A body of AWS event-stream messages, in which Bedrock streams answers.

https://docs.aws.amazon.com/transcribe/latest/dg/event-stream.html
"""

from __future__ import annotations

import base64
import binascii
import struct

import msgspec

from api.spend.reading.collector import UsageCollector
from api.spend.reading.documents import may_have_usage, read_document

_PRELUDE = struct.Struct(">III")
_CHECKSUM = 4
_LARGEST = 1 << 18


class _Chunk(msgspec.Struct):
    bytes: str


_chunk = msgspec.json.Decoder(_Chunk)


class AwsEventBody:
    """Reads usage from the messages of ConverseStream and InvokeModelWithResponseStream."""

    def __init__(self, collector: UsageCollector) -> None:
        self._collector = collector
        self._rest = b""
        # Bytes of a message that is too large to be kept.
        self._skipped = 0

    def feed(self, data: bytes) -> None:
        """Take the next piece of the stream."""
        if self._skipped:
            taken = min(self._skipped, len(data))
            self._skipped -= taken
            data = data[taken:]
        data = self._rest + data
        at = 0
        while len(data) - at >= _PRELUDE.size:
            size, headers, _ = _PRELUDE.unpack_from(data, at)
            if size < _PRELUDE.size + headers + _CHECKSUM:
                at = len(data)  # This is no event stream.
            elif len(data) - at >= size:
                self._take(data[at + _PRELUDE.size + headers : at + size - _CHECKSUM])
                at += size
            elif size > _LARGEST:
                self._skipped = size - (len(data) - at)
                at = len(data)
            else:
                break
        self._rest = data[at:]

    def finish(self) -> None:
        """Leave a message whose end is missing."""

    def _take(self, payload: bytes) -> None:
        if payload.startswith(b'{"bytes"'):
            try:
                payload = base64.b64decode(_chunk.decode(payload).bytes)
            except (msgspec.DecodeError, UnicodeDecodeError, binascii.Error):
                return
        collector = self._collector
        collector.text.feed(payload)
        collector.text.end_document()
        if may_have_usage(payload):
            collector.add(read_document(payload), payload)

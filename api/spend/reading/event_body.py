"""A body of server-sent events."""

from __future__ import annotations

from collections.abc import Sequence

from api.lazy_pattern import lazy_pattern
from api.spend.reading.collector import UsageCollector
from api.spend.reading.documents import document_scanner, may_have_usage, read_document
from api.spend.reading.events import EventSplitter
from api.spend.reading.json_scanner import JsonScanner

# The first events, whose model is read.
_FIRST_EVENTS = 4
_DONE = b"[DONE]"
# Where each event may have usage, of which the last counts.
_CUMULATIVE = (b'"usageMetadata"', b'"choices"')
# Events of OpenAI's responses that repeat what earlier ones have delivered.
_RESPONSE_EVENT = lazy_pattern(rb'"type": ?"response\.(?![a-z_.]*\.delta")')


class EventBody:
    """Reads usage from events. Only those that may have usage are decoded."""

    def __init__(self, collector: UsageCollector, wanted_fields: Sequence[str]) -> None:
        self._collector = collector
        self._wanted_fields = wanted_fields
        self._names = [field.rpartition(".")[2].encode() for field in wanted_fields]
        self._splitter = EventSplitter(self._take, self._take_piece)
        self._scanner: JsonScanner | None = None
        self._seen = 0
        # The last event with usage of a stream that has usage in each.
        self._deferred = b""

    def feed(self, data: bytes) -> None:
        """Take the next piece of the stream."""
        self._splitter.feed(data)

    def finish(self) -> None:
        """Take an event whose end is missing."""
        rest = self._splitter.finish()
        if rest:
            self._take(rest)
        self._read_deferred()

    def _take(self, data: bytes) -> None:
        collector = self._collector
        if data == _DONE:
            self._read_deferred()
            collector.end_stream()
            return
        if b'"response.' not in data or not _RESPONSE_EVENT.search(data):
            collector.text.feed(data)
            collector.text.end_document()
        if self._seen < _FIRST_EVENTS and collector.model is None:
            self._seen += 1
            self._read(data)
        elif not may_have_usage(data) and not any(name in data for name in self._names):
            return
        elif collector.has_usage and any(mark in data for mark in _CUMULATIVE):
            self._deferred = data
        else:
            self._read_deferred()
            self._read(data)

    def _read(self, data: bytes) -> None:
        values = read_document(data, self._wanted_fields)
        if values:
            self._collector.add(values, data)

    def _read_deferred(self) -> None:
        if self._deferred:
            self._read(self._deferred)
            self._deferred = b""

    def _take_piece(self, data: bytes) -> None:
        """Take a piece of an event that is too large to be kept."""
        if self._scanner is None:
            self._read_deferred()
            self._scanner = document_scanner(self._collector.add, self._wanted_fields)
        if data:
            self._scanner.feed(data)
        else:
            self._scanner.finish()
            self._scanner = None

"""A body of JSON: one document, an array of documents, or documents that follow each other."""

from __future__ import annotations

from collections.abc import Sequence

from api.spend.reading.collector import UsageCollector
from api.spend.reading.documents import decoded_document, document_scanner
from api.spend.reading.json_scanner import JsonScanner

# Bytes of a body that are kept, so that most answers are decoded at once at their end.
_KEPT = 1 << 16
# Bytes of a body whose text is counted, for an estimate.
_COUNTED = 4 << 20


class JsonBody:
    """Reads usage from a JSON body. A large one is scanned as it passes."""

    def __init__(self, collector: UsageCollector, wanted_fields: Sequence[str]) -> None:
        self._collector = collector
        self._wanted_fields = wanted_fields
        self._parts: list[bytes] = []
        self._size = 0
        self._scanner: JsonScanner | None = None

    def feed(self, data: bytes) -> None:
        """Take the next piece of the body."""
        self._size += len(data)
        if self._scanner is None:
            self._parts.append(data)
            if self._size <= _KEPT:
                return
            data = b"".join(self._parts)
            self._parts.clear()
            self._scanner = document_scanner(self._collector.add, self._wanted_fields)
        self._scan(data)

    def finish(self) -> None:
        """Take a body that was kept, or the start of a document whose end is missing."""
        if self._scanner is None:
            data = b"".join(self._parts)
            values = decoded_document(data) if not self._wanted_fields else None
            if values is not None:
                self._collector.whole_text = data
                self._collector.add(values, is_whole=True)
                return
            self._scanner = document_scanner(self._collector.add, self._wanted_fields)
            self._scan(data)
        self._scanner.finish()

    def _scan(self, data: bytes) -> None:
        assert self._scanner is not None
        if self._size <= _COUNTED and self._collector.facts.kind == "text":
            self._collector.text.feed(data)
        self._scanner.feed(data)

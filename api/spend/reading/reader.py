"""Reads what a response says was used while its bytes pass."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from api.lazy_pattern import lazy_pattern
from api.spend.reading.collector import UNREADABLE, UsageCollector
from api.spend.reading.content_coding import ContentDecoder, UnreadableCoding
from api.spend.reading.json_body import JsonBody
from api.spend.usage import CallUsage, RequestFacts

EVENT_STREAM = "application/vnd.amazon.eventstream"
"""The media type of AWS event-stream messages."""

_NO_TEXT = lazy_pattern(r"(?:audio|image|video|font)/.*|application/(?:pdf|zip)")
# Bedrock's InvokeModel, ElevenLabs.
_UNIT_HEADERS = {
    "x-amzn-bedrock-input-token-count": "input_tokens",
    "x-amzn-bedrock-output-token-count": "output_tokens",
    "character-cost": "input_characters",
}
_MOST_DIGITS = 12
_BEFORE_TEXT = b" \t\r\n\xef\xbb\xbf\x1e"


class ResponseBody(Protocol):
    """A body in one of the forms that have usage."""

    def feed(self, data: bytes) -> None:
        """Take the next decoded piece."""

    def finish(self) -> None:
        """Take what is left."""


class UsageReader:
    """Reads one response: `feed` its pieces as they come from the upstream, then `finish`.

    Never raises, keeps at most some 100 kB, and does bounded work for each piece.
    """

    def __init__(
        self,
        facts: RequestFacts,
        codings: Sequence[str],
        wanted_fields: Sequence[str] = (),
        kind: str = "",
        header_units: dict[str, int] | None = None,
    ) -> None:
        """`kind` is the media type, `header_units` what the headers say was used."""
        self._collector = UsageCollector(facts, wanted_fields)
        self._wanted_fields = wanted_fields
        self._body: ResponseBody | None = None
        self._decoder: ContentDecoder | None = None
        self._collector.header_units = header_units or {}
        if kind == EVENT_STREAM:
            # Imported only if a response has this form, like that of events.
            from api.spend.reading.aws_events import AwsEventBody

            self._body = AwsEventBody(self._collector)
        if not _NO_TEXT.fullmatch(kind):
            try:
                self._decoder = ContentDecoder(codings)
            except UnreadableCoding:
                self._give_up()

    @property
    def json_values(self) -> dict[str, object]:
        """The values of the wanted fields by path, with fractions as Decimal.

        Complete after `finish`. In a stream the last value counts.
        """
        return self._collector.json_values

    def feed(self, data: bytes) -> None:
        """Take the next piece of the body."""
        if self._decoder is None:
            return
        try:
            for piece in self._decoder.decode(data):
                self._take(piece)
        except UnreadableCoding:
            self._give_up()

    def finish(self, is_complete: bool) -> CallUsage | None:
        """Return what was used. `is_complete` is whether the whole response has arrived.

        None if nothing says what was used, and nothing can be estimated.
        """
        if self._body is not None:
            self._body.finish()
            self._body = None
        return self._collector.finish(is_complete)

    def _take(self, data: bytes) -> None:
        if self._body is None:
            data = data.lstrip(_BEFORE_TEXT)
            if not data:
                return
            if data[:1] in (b"{", b"[", b'"'):
                self._body = JsonBody(self._collector, self._wanted_fields)
            else:
                from api.spend.reading.event_body import EventBody

                self._body = EventBody(self._collector, self._wanted_fields)
        self._body.feed(data)

    def _give_up(self) -> None:
        self._decoder = None
        self._collector.oddities[UNREADABLE] = None


def usage_reader(
    status: int,
    headers: Sequence[tuple[str, str]],
    facts: RequestFacts,
    wanted_fields: Sequence[str] = (),
) -> UsageReader | None:
    """Return the reader of a response, or None if its body says nothing about usage.

    `wanted_fields` are the dotted paths of JSON members that own prices need. A response with a
    status from 400 is read only for them.
    """
    if not (200 <= status < 300 or wanted_fields) or status in (204, 205, 206, 304):
        return None
    kind = ""
    codings: list[str] = []
    units: dict[str, int] = {}
    for name, value in headers:
        lower = name.lower()
        if lower == "content-type":
            kind = value.partition(";")[0].strip().lower()
        elif lower == "content-encoding":
            codings += [part.strip().lower() for part in value.split(",")]
        elif lower in _UNIT_HEADERS and value.isdecimal() and len(value) <= _MOST_DIGITS:
            units[_UNIT_HEADERS[lower]] = int(value)
    return UsageReader(facts, codings, wanted_fields, kind, units)

"""Reads what the messages of a WebSocket say was used: OpenAI's and Gemini's."""

from __future__ import annotations

from api.spend.reading.counts import UsageCounts, json_value, member, read_object, read_text
from api.spend.reading.dialects import Units, read_units
from api.spend.reading.json_scanner import JsonScanner, json_places
from api.spend.usage import CallUsage, RequestFacts

_places = json_places(
    (
        "type",
        "response.usage",
        "response.model",
        "usage",
        "usageMetadata",
        "serverContent.turnComplete",
        "session.model",
        "session.audio.input.transcription",
        "session.input_audio_transcription",
        "setup.model",
    )
)
_MARKS = (b"sage", b'"session', b'"setup"', b'"turnComplete"')
_LARGEST = 1 << 20


class MessageReader:
    """Adds up the usage of one connection, over all its responses. Never raises.

    A transcription inside a conversation has another price than the conversation's model, so it is
    only noted. In a session that only transcribes it counts.
    """

    def __init__(self, facts: RequestFacts) -> None:
        self._facts = facts
        self._units: Units = {}
        self._transcribed: Units = {}
        # Gemini sends the usage of a turn repeatedly while the turn goes on.
        self._turn: Units = {}
        self._model: str | None = None
        self._transcription_model: str | None = None
        self._oddities: dict[str, None] = {}
        self._has_turn_ended = False

    def feed_message(self, from_upstream: bool, text: bytes) -> None:
        """Take a text message, without its frames."""
        if len(text) > _LARGEST or not any(mark in text for mark in _MARKS):
            return
        values: dict[str, bytes] = {}
        scanner = JsonScanner(_places, values.update)
        scanner.feed(text)
        scanner.finish()
        self._read_model(values)
        if not from_upstream:
            return
        if "usageMetadata" in values:
            self._add_turn(values["usageMetadata"])
        elif "response.usage" in values:
            self._read_answering_model(values)
            self._add(self._units, values["response.usage"])
        elif "usage" in values:
            kind = read_text(values.get("type")) or ""
            target = self._transcribed if "transcription" in kind else self._units
            self._add(target, values["usage"])
        if values.get("serverContent.turnComplete") == b"true":
            self._has_turn_ended = True

    def finish(self) -> CallUsage | None:
        """Return what the connection used, None if no message said it."""
        _add_units(self._units, self._turn)
        self._turn = {}
        model = self._model
        if self._transcribed and not self._units:
            self._units = self._transcribed
            model = self._transcription_model or model
        elif self._transcribed:
            self._oddities["uncounted_transcription"] = None
        if not self._units and not self._oddities:
            return None
        return CallUsage(dict(self._units), model, oddities=tuple(self._oddities))

    def _add(self, target: Units, data: bytes) -> None:
        usage = read_object(data)
        if usage is None and data != b"null":
            self._oddities["malformed_usage"] = None
        if usage:
            counts = UsageCounts(usage, self._oddities)
            _add_units(target, read_units(counts, self._model or self._facts.model) or {})

    def _add_turn(self, data: bytes) -> None:
        usage = read_object(data)
        if not usage:
            return
        units = read_units(UsageCounts(usage, self._oddities), None) or {}
        is_same_turn = not self._has_turn_ended and all(
            units.get(name, 0) >= count for name, count in self._turn.items()
        )
        if not is_same_turn:
            _add_units(self._units, self._turn)
        self._turn = units
        self._has_turn_ended = False

    def _read_model(self, values: dict[str, bytes]) -> None:
        model = read_text(values.get("session.model")) or read_text(values.get("setup.model"))
        if model is not None:
            self._model = model.removeprefix("models/")
        for path in ("session.audio.input.transcription", "session.input_audio_transcription"):
            name = member(json_value(values.get(path, b"null")), ["model"])
            if isinstance(name, str) and 0 < len(name) <= 300:
                self._transcription_model = name

    def _read_answering_model(self, values: dict[str, bytes]) -> None:
        """Read the model that OpenAI's Responses name in each response of the connection."""
        model = read_text(values.get("response.model"))
        if model is None:
            return
        if self._model not in (None, model) and self._units:
            self._oddities["several_models"] = None
        else:
            self._model = model


def message_reader(facts: RequestFacts) -> MessageReader:
    """Return the reader of a connection's messages."""
    return MessageReader(facts)


def _add_units(target: Units, units: Units) -> None:
    for name, count in units.items():
        target[name] = target.get(name, 0) + count

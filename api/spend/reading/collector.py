"""Collects what the documents of one response say was used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from api.lazy_pattern import lazy_pattern
from api.spend.reading.cost_member import reported_cost
from api.spend.reading.counts import UsageCounts, json_value, member, read_object, read_text
from api.spend.reading.dialects import Units, read_units
from api.spend.reading.documents import (
    BACKGROUND_PATHS,
    COUNT_PATHS,
    FINISH_PATH,
    MODEL_PATHS,
    TIER_PATHS,
    USAGE_PATHS,
)
from api.spend.reading.estimate import (
    TextCounter,
    estimated_input,
    estimated_speech,
    estimated_tokens,
)
from api.spend.usage import CallUsage, RequestFacts

UNREADABLE = "unreadable_coding"
"""The oddity of a body whose content coding cannot be read."""

_NULL = b"null"
_METRICS_PATH = "amazon-bedrock-invocationMetrics"
_FINISHED = lazy_pattern(rb'"(?:finish_reason|finishReason|stop_reason|done_reason)"\s*+:\s*+"')
# Where any value but an object or null is wrong.
_OBJECT_PATHS = (
    "usage", "usageMetadata", "response.usage", "message.usage", "response.body.usage"
)  # fmt: skip
_BATCH_PATHS = ("response.body.usage", "response.body.usage_info", "result.message.usage")
# Tiers at the usual price.
_USUAL_TIERS = ("default", "standard", "auto", "on_demand")


class UsageCollector:
    """The usage of one response. `finish` returns it."""

    def __init__(self, facts: RequestFacts, wanted_fields: Sequence[str] = ()) -> None:
        self.facts = facts
        self.text = TextCounter()
        self.whole_text = b""
        """A document whose text is counted only if an estimate is needed."""
        self.json_values: dict[str, object] = {}
        """The values of the wanted fields, as JSON values with fractions as Decimal."""
        self.model: str | None = None
        self.oddities: dict[str, None] = {}
        self.header_units: Units = {}
        """What the response's headers say was used, which counts if the body says nothing."""
        self._wanted_fields = wanted_fields
        self._context: dict[str, str] = {}
        self._first = self._last = b""
        self._merged: dict[str, Any] | None = None
        self._is_final = False
        self._sum: Units = {}
        self._sum_cost: int | None = None
        self._is_sum = False
        self._is_background = False

    def add(
        self, values: Mapping[str, bytes], event: bytes | None = None, is_whole: bool = False
    ) -> None:
        """Take a document's members by path.

        `event` is its text, if it is an event of a stream. `is_whole` is whether it is the whole
        answer, and not one document of several.
        """
        if self.model is None:
            self.model = _first_text(values, MODEL_PATHS)
        tier = _first_text(values, TIER_PATHS)
        if tier is not None:
            self._set_tier(tier)
        for field in self._wanted_fields:
            value = _wanted_value(values, field)
            if value is not None:
                self.json_values[field] = value
        if any(values.get(place) == b"true" for place in BACKGROUND_PATHS):
            self._is_background = True
        path, usage = _usage_of(values)
        if not usage:
            if any(values.get(place, _NULL)[:1] not in b"{n" for place in _OBJECT_PATHS):
                self.oddities["malformed_usage"] = None
            return
        if path in _BATCH_PATHS or (path == "response.usageMetadata" and "key" in values):
            self._add_result(usage, _first_text(values, MODEL_PATHS))
        elif path == "message.usage":
            # Anthropic: `message_start` has the input, `message_delta` adds to it.
            if self._merged is not None:
                self.oddities["several_usages"] = None
            self._merged = read_object(usage)
        elif path == _METRICS_PATH and (self._merged is not None or self._last):
            return  # Bedrock repeats what the model's own usage says.
        elif self._merged is not None:
            later = read_object(usage) or {}
            if any(_is_less(value, self._merged.get(name)) for name, value in later.items()):
                self.oddities["several_usages"] = None
            self._merged |= {name: value for name, value in later.items() if value is not None}
            self._is_final = True
        else:
            self._first = self._first or usage
            self._last = usage
            if event is not None:
                self._is_final = _is_last_event(event)
            else:
                self._is_final = is_whole or path != "usageMetadata" or FINISH_PATH in values

    @property
    def has_usage(self) -> bool:
        """Whether a document has said what was used so far."""
        return bool(self._last)

    def end_stream(self) -> None:
        """Note that the stream said itself that it is complete."""
        if self._merged is None:
            self._is_final = True

    def finish(self, is_complete: bool) -> CallUsage | None:
        """Return what was used, or None if nothing says it and nothing can be estimated."""
        if self._is_sum:
            return self._usage(self._sum, self._sum_cost, is_estimate=not is_complete)
        usage = self._merged if self._merged is not None else read_object(self._last)
        if self.facts.kind == "unbilled" and not (usage and self._is_background):
            return None
        if self._last and usage is None:
            self.oddities["malformed_usage"] = None
        if not usage:
            return self._without_usage()
        if self.facts.kind == "unbilled":
            # The call that began a response in the background could not say what it used.
            self.oddities["background"] = None
        counts = UsageCounts(usage, self.oddities)
        cost = reported_cost(counts)
        units = read_units(counts, self.model or self.facts.model)
        if units is None:
            units = {}
            if cost is None:
                self.oddities["unknown_usage"] = None
        elif not units and cost is None:
            self.oddities["missing_units"] = None
        self._read_context(usage)
        self._compare(units)
        if self._is_final and (self._is_whole(units) or cost is not None):
            return self._usage(units, cost)
        return self._estimated(units, cost)

    def _without_usage(self) -> CallUsage | None:
        if UNREADABLE in self.oddities:
            return self._usage({}, None)
        if self.header_units:
            return self._usage(self.header_units, None)
        if self._is_background:
            # What reads the response counts it.
            self.oddities["background"] = None
            return self._usage({"input_tokens": 0, "output_tokens": 0}, None)
        return self._estimated({}, None)

    def _is_whole(self, units: Units) -> bool:
        """Return whether the units say what input and output were, if there are tokens at all."""
        if not units:
            return False
        lacks = {"input_tokens", "output_tokens"} - units.keys()
        if self.facts.max_output == 0:
            lacks.discard("output_tokens")
        if not lacks or not any(name.endswith("_tokens") for name in units):
            return True
        self.oddities["missing_units"] = None
        return "input_tokens" not in lacks and not self._text_size()

    def _estimated(self, units: Units, cost: int | None) -> CallUsage | None:
        """Fill in what the usage does not say from the text that was delivered."""
        kind = self.facts.kind
        model = self.model or self.facts.model
        if kind in ("media", "results") or (model is None and not units and not self._text_size()):
            return self._usage(units, cost, is_estimate=True) if units or self.oddities else None
        if kind == "speech" and not units:
            return self._usage(estimated_speech(self.facts), cost, is_estimate=True)
        output = estimated_tokens(self._text_size()) if kind == "text" else 0
        units = dict(units)
        units.setdefault("input_tokens", estimated_input(self.facts))
        units["output_tokens"] = max(units.get("output_tokens", 0), output)
        return self._usage(units, cost, is_estimate=True)

    def _text_size(self) -> int:
        self.text.feed(self.whole_text)
        self.whole_text = b""
        return self.text.size

    def _usage(self, units: Units, cost: int | None, is_estimate: bool = False) -> CallUsage:
        return CallUsage(
            units, self.model, cost, is_estimate, tuple(self.oddities), dict(self._context)
        )

    def _compare(self, units: Units) -> None:
        """Note usages in one response that differ and are not cumulative."""
        if self._first == self._last or self._merged is not None:
            return
        first = read_object(self._first) or {}
        if "promptTokenCount" in first:
            return
        before = read_units(UsageCounts(first, {}), self.model or self.facts.model) or {}
        if any(units.get(name, 0) < count for name, count in before.items()):
            self.oddities["several_usages"] = None

    def _add_result(self, data: bytes, model: str | None) -> None:
        """Add the usage of one result of a batch."""
        self._is_sum = True
        self._context["processing"] = "batch"
        if model is not None and model != self.model:
            self.oddities["several_models"] = None
        counts = UsageCounts(read_object(data) or {}, self.oddities)
        units = read_units(counts, model)
        if not units:
            self.oddities["missing_units"] = None
            return
        for name, count in units.items():
            self._sum[name] = self._sum.get(name, 0) + count
        cost = reported_cost(counts)
        if cost is not None:
            self._sum_cost = (self._sum_cost or 0) + cost

    def _read_context(self, usage: Mapping[str, Any]) -> None:
        tier, speed = usage.get("service_tier"), usage.get("speed")
        if isinstance(tier, str):
            self._set_tier(tier)
        if isinstance(speed, str) and speed not in ("", "standard"):
            self._context["speed"] = speed[:40]

    def _set_tier(self, tier: str) -> None:
        if tier == "batch":
            self._context["processing"] = "batch"
        elif tier in _USUAL_TIERS:
            self._context.pop("service_tier", None)
        else:
            self._context["service_tier"] = tier[:40]


def _is_less(value: object, before: object) -> bool:
    return type(value) is int and type(before) is int and value < before


def _first_text(values: Mapping[str, bytes], paths: Sequence[str]) -> str | None:
    for path in paths:
        if path in values:
            text = read_text(values[path])
            if text is not None:
                return text
    return None


def _wanted_value(values: Mapping[str, bytes], field: str) -> object:
    """Return the value of a wanted field, which may be inside a value that is kept whole."""
    if field in values:
        return json_value(values[field])
    around, inner = field, ""
    while "." in around:
        around, _, name = around.rpartition(".")
        inner = f"{name}.{inner}" if inner else name
        if around in values:
            return member(json_value(values[around]), inner.split("."))
    return None


def _usage_of(values: Mapping[str, bytes]) -> tuple[str, bytes]:
    """Return the usage object of a document and its path, or two empty texts."""
    for path in USAGE_PATHS:
        data = values.get(path)
        if data is None or data == _NULL or data[:1] != b"{" or len(data) < 5:
            continue
        if path.endswith("meta") and b"billed_units" not in data:
            continue
        return path, data
    found = [path for path in COUNT_PATHS if path in values]
    if found:
        return "", b"{" + b",".join(b'"%b":%b' % (p.encode(), values[p]) for p in found) + b"}"
    return "", b""


def _is_last_event(data: bytes) -> bool:
    """Return whether an event with usage is the last one, as far as its text tells."""
    counter = TextCounter()
    counter.feed(data)
    return not counter.size or _FINISHED.search(data) is not None

"""What one call costs: its bound before it is sent, its usage as the response passes, its cost.

Nothing here changes or delays a byte of the response, and no failure here fails a call.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from api.errors import Problem
from api.logs import log_failure
from api.pools import Pool
from api.proxy.price_sources import ApiPrices, PriceSources
from api.proxy.request_body import BodyReader
from api.raw_request import RawRequest
from api.spend.budgets import ApiPricing
from api.spend.usage import Bound, Cost, RequestFacts

if TYPE_CHECKING:
    from api.spend.prices.source import PriceSource
    from api.spend.reading.messages import MessageReader
    from api.spend.reading.reader import UsageReader

_UNPRICED = Bound(0)


class CallSpend:
    """What a call costs. Before `begin`, only `bound` and `refuses_unbounded` are called.

    `path` is below the API. `at` is when the call began, in epoch seconds.
    """

    __slots__ = (
        "_are_prices_unread", "_at", "_body", "_facts", "_has_failed", "_headers", "_is_read",
        "_messages", "_path", "_prices", "_raw", "_reader", "_sources", "_start", "_status",
        "_username", "api_name",
    )  # fmt: skip

    def __init__(
        self,
        sources: PriceSources,
        username: str,
        raw: RawRequest,
        path: str,
        body: BodyReader,
        at: float,
    ) -> None:
        self._sources = sources
        self._username = username
        self._raw = raw
        self._path = path
        self._body = body
        self._at = at
        self.api_name = ""
        self._prices: ApiPrices | None = None
        self._are_prices_unread = False
        self._facts: RequestFacts | None = None
        self._start: bytes | None = None
        self._status = 0
        self._headers: Sequence[tuple[str, str]] = ()
        self._reader: UsageReader | None = None
        self._messages: MessageReader | None = None
        self._has_failed = False
        self._is_read = False  # nothing more of the response is to be read

    # Before the call is sent

    def bound(self, pricing: ApiPricing) -> Bound:
        """Return the most that the call can cost. Reads the start of its body.

        Raises StorageError.
        """
        prices = self._sources.find(self._username, pricing)
        if prices is None:
            return _UNPRICED
        try:
            self._start = self._body.read_start()
        except Problem:
            return _UNPRICED  # The call is not sent, and its record says why.
        try:
            return prices.source.bound(self.facts, self._raw.method, self._path, self._at)
        except Exception:
            self._fail("bound")
            return Bound(0, is_certain=False)

    def refuses_unbounded(self, pricing: ApiPricing) -> bool:
        """Return whether the user wants calls refused whose bound is not certain."""
        prices = self._sources.find(self._username, pricing)
        own = prices.own if prices is not None else None
        return own is not None and own.unbounded == "refuse"

    def begin(self, pool: Pool) -> bool:
        """Find the prices of an authorized call. Return whether its API has any."""
        self.api_name = pool.api_name
        try:
            self._prices = self._sources.find(self._username, pool.pricing)
        except Exception:
            self._are_prices_unread = True
            log_failure("prices_not_read", user=self._username, api_name=pool.api_name)
        return self._prices is not None or self._are_prices_unread

    def request_body(self, start: bytes) -> bytes:
        """Return the body's start to send: with the option that makes streams report their usage,
        if the user wants that and the body may be changed.
        """
        self._start = start
        own = self._prices.own if self._prices is not None else None
        if own is None or not own.include_usage or not self._body.is_complete:
            return start
        from api.spend.reading.include_usage import with_usage_option

        try:
            changed = None if self.facts.asks_for_usage else with_usage_option(start)
        except Exception:
            self._fail("include_usage")
            return start
        if changed is None or _has_signed_body(self._raw.headers):
            return start
        self._start, self._facts = changed, None
        return changed

    @property
    def reads_response(self) -> bool:
        """Whether the response has to come in a coding that can be read."""
        return self._prices is not None and self._prices.source.wants_usage

    @property
    def facts(self) -> RequestFacts:
        """What the request says about its cost."""
        if self._facts is None:
            from api.spend.reading.request import read_request

            raw = self._raw
            try:
                facts = read_request(
                    f"{self._path}?{raw.raw_query}" if raw.raw_query else self._path,
                    raw.headers,
                    self._start or b"",
                    self._body.is_complete,
                    raw.length,
                )
                if raw.websocket is not None:
                    facts = msgspec.structs.replace(facts, is_stream=True)
                self._facts = facts
            except Exception:
                self._fail("request")
                self._facts = RequestFacts(is_complete=False)
        return self._facts

    def prepare(self) -> None:
        """Load what reads the response and counts its cost: once, while the upstream answers.

        Never raises.
        """
        if self._prices is None or self._prices.source.is_prepared or not self.reads_response:
            return
        # What fails here fails again, and is logged, when it is needed.
        with contextlib.suppress(Exception):
            import api.spend.reading.reader  # noqa: F401

            self._prices.source.prepare(self.facts)

    # While the response passes

    def begin_response(self, status: int, headers: Sequence[tuple[str, str]]) -> None:
        """Take the head of the response whose body `observe` gets."""
        self._status, self._headers = status, headers

    def observe(self, data: bytes) -> None:
        """Read a piece of the body, as it comes from the upstream. Never raises."""
        if self._is_read or not self.reads_response:
            return
        try:
            reader = self._reader or self._open_reader()
            if reader is not None:
                reader.feed(data)
        except Exception:
            self._fail("response")

    def observe_message(self, from_upstream: bool, message: bytes) -> None:
        """Read a message of a WebSocket. Never raises."""
        if self._is_read:
            return
        try:
            if self._messages is None:
                from api.spend.reading.messages import message_reader

                self._messages = message_reader(self.facts)
            self._messages.feed_message(from_upstream, message)
        except Exception:
            self._fail("message")

    def _open_reader(self) -> UsageReader | None:
        """Return the reader of the response: only now, because its first piece does not wait."""
        from api.spend.reading.reader import usage_reader

        assert self._prices is not None
        self._reader = usage_reader(
            self._status, self._headers, self.facts, self._prices.source.wanted_fields
        )
        if self._reader is None:
            self._is_read = True
        return self._reader

    # When the call ends

    def finish(self, *, is_complete: bool, was_sent: bool = True) -> Cost | None:
        """Return what the call cost, None if its API has no prices or was not called.

        `is_complete` is whether the whole response was read. Costs a trip for results of a batch.
        """
        if self._are_prices_unread and was_sent:
            return Cost(None, "unknown", oddities=("prices_not_read",))
        if self._prices is None or not was_sent:
            return None
        try:
            cost = self._cost(self._prices.source, is_complete)
        except Exception:
            self._fail("cost")
            cost = Cost(None, "unknown")
        if cost is not None and self._has_failed:
            cost = msgspec.structs.replace(cost, oddities=("failed_reading", *cost.oddities))
        return cost

    def _cost(self, source: PriceSource, is_complete: bool) -> Cost | None:
        from api.spend.prices.call import PricedCall

        reader = self._reader
        usage = reader.finish(is_complete) if reader is not None else None
        if self._messages is not None:
            usage = self._messages.finish()
        wanted = source.wanted_headers
        call = PricedCall(
            method=self._raw.method,
            path=self._path,
            status=self._status,
            at=self._at,
            header_values=_values(self._headers, wanted) if wanted else {},
            json_values=reader.json_values if reader is not None else {},
        )
        cost = source.cost(self.facts, usage, call)
        if cost is None:
            return None
        # What a response in the background used is counted when it is read.
        is_stored = "background" in cost.oddities or self.facts.kind == "results"
        if is_stored and cost.amount is not None and 200 <= self._status < 400:
            return self._batch_cost(cost, is_complete and self._status != 206)
        return cost

    def _batch_cost(self, cost: Cost, is_complete: bool) -> Cost:
        """Return what stored results cost: nothing if they were counted before."""
        if is_complete and not cost.amount:
            return cost
        if not is_complete:
            # They are counted when they are downloaded whole.
            return msgspec.structs.replace(
                cost, amount=0, oddities=(*cost.oddities, "incomplete_results")
            )
        claims = self._sources.batch_claims()
        if claims.claim(self._username, self.api_name, self._path, self._at):
            return cost
        return msgspec.structs.replace(cost, amount=0, oddities=(*cost.oddities, "counted_before"))

    def _fail(self, step: str) -> None:
        """Log a failure, once for each call."""
        if not self._has_failed:
            self._has_failed = self._is_read = True
            log_failure("usage_not_read", step=step)


def _values(headers: Sequence[tuple[str, str]], wanted: Sequence[str]) -> dict[str, str]:
    """Return the wanted header fields, those of one name joined as HTTP says."""
    found: dict[str, str] = {}
    for name, value in headers:
        lower = name.lower()
        if lower in wanted:
            found[lower] = f"{found[lower]}, {value}" if lower in found else value
    return found


def _has_signed_body(headers: Sequence[tuple[str, str]]) -> bool:
    """Return whether the caller signed the body or sent a digest of it."""
    from api.http.fields import DIGESTS

    return any(
        (lower := name.lower()) in DIGESTS
        or lower in ("signature", "signature-input", "x-amz-content-sha256", "content-encoding")
        for name, _ in headers
    )

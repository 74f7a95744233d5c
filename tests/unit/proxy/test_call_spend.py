"""What a call costs: a failure fails no call, and memory does not grow with a stream."""

from __future__ import annotations

import tracemalloc
from typing import Any

import msgspec
import pytest

from api.bounded_cache import BoundedCache
from api.errors import StorageUnavailable
from api.pools import Pool
from api.proxy import call_spend
from api.proxy.call_spend import CallSpend
from api.proxy.price_sources import PriceSources
from api.spend.budgets import ApiSpend
from api.spend.prices import source
from api.spend.prices.own_prices import OwnPrices, PriceRule, UnitPrice
from api.spend.reading import reader
from tests.unit.proxy.spend_calls import KEY, spend_of

REQUEST = b'{"model": "gpt-4o-mini", "stream": true, "max_tokens": 100, "messages": []}'
EVENTS = [("Content-Type", "text/event-stream")]


class OwnPricesItems:
    """The user's prices, which count how often they are read."""

    def __init__(self) -> None:
        self.stored: tuple[int, OwnPrices] | None = None
        self.reads = 0
        self.fails = False

    def get(self, username: str, api_name: str) -> tuple[int, OwnPrices] | None:
        self.reads += 1
        if self.fails:
            raise StorageUnavailable("it is down")
        return self.stored


class Claims:
    """Claims of batch results."""

    def claim(self, username: str, api_name: str, path: str, now: float) -> bool:
        raise StorageUnavailable("it is down")


@pytest.fixture
def own() -> OwnPricesItems:
    return OwnPricesItems()


@pytest.fixture
def failures(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The failures that were logged."""
    logged: list[dict[str, Any]] = []
    monkeypatch.setattr(
        call_spend, "log_failure", lambda event, **members: logged.append({event: members})
    )
    return logged


def pool(name: str = "openai", revision: int = 0) -> Pool:
    key = msgspec.structs.replace(KEY, base_url=f"https://api.{name}.com")
    return Pool(name, (key,), {}, None, False, spend=ApiSpend(prices_revision=revision))


def call(
    own: OwnPricesItems, path: str = "/v1/chat/completions", body: bytes = REQUEST
) -> CallSpend:
    return spend_of("POST", path, body, PriceSources(lambda: own, Claims))


def test_an_api_without_prices_has_no_cost(own: OwnPricesItems) -> None:
    spend = call(own)
    assert not spend.begin(pool("weather"))
    assert spend.bound(pool("weather").pricing).amount == 0
    assert not spend.refuses_unbounded(pool("weather").pricing)
    assert spend.finish(is_complete=True) is None


def test_a_bound_is_known_before_the_call_begins(own: OwnPricesItems) -> None:
    bound = call(own).bound(pool().pricing)
    # 100 output tokens, and at most as many input tokens as the body has bytes, and some more.
    assert bound.is_certain
    assert 100 * 600 + 20 * 150 <= bound.amount <= 100 * 600 + 2000 * 150
    assert not call(own, body=b"{}").bound(pool().pricing).is_certain


def test_what_reads_a_response_is_loaded_once_while_the_upstream_answers(
    own: OwnPricesItems, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "_sources", BoundedCache(1))
    searched: list[str] = []

    def find_model(provider: str, name: str) -> None:
        searched.append(f"{provider}: {name}")

    monkeypatch.setattr(source, "find_model", find_model)
    for _ in range(2):
        spend = call(own)
        spend.prepare()
        assert spend.begin(pool())
        spend.prepare()
    assert searched == ["openai: gpt-4o-mini"]


def test_own_prices_are_read_once_for_each_revision(own: OwnPricesItems) -> None:
    own.stored = 3, OwnPrices((PriceRule(per_call=7),), unbounded="refuse")
    sources = PriceSources(lambda: own, Claims)
    for _ in range(3):
        found = sources.find("ada", pool("weather", 3).pricing)
        assert found is not None and found.own is not None and found.own.unbounded == "refuse"
    assert own.reads == 1
    own.stored = 4, OwnPrices((PriceRule(per_call=8),))
    # The pool was read before the change, the prices after it.
    old = sources.find("bob", pool("weather", 3).pricing)
    assert old is not None and old.own == own.stored[1]
    for _ in range(2):
        new = sources.find("bob", pool("weather", 4).pricing)
        assert new is not None and new.own == own.stored[1]
    assert own.reads == 2
    own.stored = None
    assert sources.find("ada", pool("weather", 5).pricing) is None
    assert sources.find("ada", pool("weather").pricing) is None
    assert own.reads == 3


def test_prices_that_cannot_be_read_make_the_cost_unknown(
    own: OwnPricesItems, failures: list[dict[str, Any]]
) -> None:
    own.fails = True
    spend = call(own)
    assert spend.begin(pool("weather", 1))
    assert not spend.reads_response
    spend.begin_response(200, [])
    spend.observe(b"x")
    cost = spend.finish(is_complete=True)
    assert cost is not None
    assert (cost.amount, cost.basis, cost.oddities) == (None, "unknown", ("prices_not_read",))
    assert len(failures) == 1
    assert spend.finish(is_complete=False, was_sent=False) is None


@pytest.mark.parametrize("method", ["feed", "finish"])
def test_a_reader_that_fails_is_logged_once_and_fails_no_call(
    own: OwnPricesItems,
    failures: list[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    method: str,
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(reader.UsageReader, method, fail)
    spend = call(own)
    assert spend.begin(pool())
    spend.begin_response(200, EVENTS)
    for _ in range(3):
        spend.observe(b"data: {}\n\n")
    cost = spend.finish(is_complete=True)
    assert cost is not None
    assert cost.basis in ("estimate", "unknown")
    assert cost.oddities == ("failed_reading",)
    assert len(failures) == 1


def test_results_of_a_batch_that_cannot_be_claimed_are_unknown(
    own: OwnPricesItems, failures: list[dict[str, Any]]
) -> None:
    usage = b'{"prompt_tokens": 10, "completion_tokens": 5}'
    line = b'{"response": {"body": {"model": "gpt-4o-mini", "usage": %b}}}' % usage
    spend = call(own, "/v1/files/file-1/content", b"")
    assert spend.begin(pool())
    spend.begin_response(200, [("Content-Type", "application/jsonl")])
    spend.observe(line)
    cost = spend.finish(is_complete=True)
    assert cost is not None and cost.amount is None and len(failures) == 1
    spend = call(own, "/v1/files/file-1/content", b"")
    assert spend.begin(pool())
    spend.begin_response(200, [("Content-Type", "application/jsonl")])
    spend.observe(line)
    cost = spend.finish(is_complete=False)
    assert cost is not None and (cost.amount, cost.oddities) == (0, ("incomplete_results",))
    spend = call(own, "/v1/files/file-1/content", b"")
    assert spend.begin(pool())
    spend.begin_response(206, [("Content-Type", "application/jsonl")])
    spend.observe(line)
    cost = spend.finish(is_complete=True)
    assert cost is not None and (cost.amount, cost.oddities) == (0, ("incomplete_results",))


def test_header_fields_of_one_name_are_no_count(own: OwnPricesItems) -> None:
    price = UnitPrice("header", "X-Credits", 1_000_000)
    own.stored = 1, OwnPrices((PriceRule(units=(price,)),))
    for fields, amount in ([("x-credits", "3")], 3_000_000), ([("X-Credits", "3")] * 2, None):
        spend = call(own)
        assert spend.begin(pool("weather", 1))
        spend.begin_response(200, fields)
        cost = spend.finish(is_complete=True)
        assert cost is not None and cost.amount == amount


def test_a_stream_of_ten_megabytes_takes_constant_memory(own: OwnPricesItems) -> None:
    text = b'data: {"choices": [{"delta": {"content": "%b"}}]}\n\n' % (b"word " * 200)
    piece = text * (65_536 // len(text))
    spend = call(own)
    assert spend.begin(pool())
    spend.begin_response(200, EVENTS)
    spend.observe(piece)
    tracemalloc.start()
    try:
        for _ in range(10 * 1024 * 1024 // len(piece)):
            spend.observe(piece)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1_000_000
    cost = spend.finish(is_complete=False)
    assert cost is not None and cost.basis == "estimate"
    assert cost.units["output_tokens"] > 2_000_000

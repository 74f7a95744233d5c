"""What it costs to record what calls cost: database trips, capacity units, sizes of items."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator

import msgspec
import pytest

from api.proxy.call_context import KeyReading
from api.proxy.cost_records import with_cost
from api.proxy.key_state_cache import KeyStateCache
from api.proxy.recording import CallRecord
from api.quota.windows import QuotaReading, QuotaWindow
from api.settings import read_settings
from api.spend.usage import Cost
from api.storage.requests import as_log_entry
from api.storage.stored_units import decode_units, encode_units
from api.wiring import build_recorder
from tests.product.limits.test_item_sizes import LONG, LONGEST_ENTRY
from tests.product.spend.conftest import JSON, Spender, completion
from tests.support.capacity import WRITE_UNIT, item_size
from tests.support.measured_account import MeasuredAccount
from tests.support.upstream import Answer, Place, Upstream


@pytest.fixture(scope="module")
def measured(environment: dict[str, str], upstream_server: Upstream) -> Iterator[MeasuredAccount]:
    yield MeasuredAccount(read_settings(environment), upstream_server)


@pytest.fixture
def spender(measured: MeasuredAccount, place: Place) -> Spender:
    """A new API of the measured account, with OpenAI's prices and one call in this hour."""
    made = Spender(measured.account, place, f"openai-{secrets.token_hex(4)}")
    for key in measured.account.call("GET", "/api/keys").json["items"]:
        measured.account.call("DELETE", f"/api/keys/{key['key_id']}")
    measured.account.key(place, api_name=made.api_name, provider="openai")
    place.answer(Answer(200, JSON, json.dumps(completion()).encode()))
    assert made.chat().status == 200
    return made


def answer_with(spender: Spender, model: str) -> None:
    body = json.dumps({**completion(), "model": model}).encode()
    spender.place.answer(Answer(200, JSON, body))


def test_a_priced_call_is_two_trips_and_two_write_units(
    measured: MeasuredAccount, spender: Spender
) -> None:
    for _ in range(3):
        given, *cost = measured.cost(spender.chat)
        assert (given.status, cost) == (200, [2, 2, 2])
    assert spender.cost()[2] == "price"


def test_a_model_that_the_hour_does_not_list_costs_one_unit_more(
    measured: MeasuredAccount, spender: Spender
) -> None:
    models = ["gpt-4o", "gpt-4.1-mini", "o3-mini", "gpt-4.1", "gpt-4"]
    for model in models:
        answer_with(spender, model)
        assert spender.chat(model=model).status == 200
    written = {}
    for model in ["gpt-4o-mini-2024-07-18", *models]:
        answer_with(spender, model)
        given, trips, read, written[model] = measured.cost(spender.chat)
        assert (given.status, trips, read) == (200, 2, 2)
    assert list(written.values()) == [2, 2, 2, 3, 3, 3]
    now = time.time()
    found = measured.storage.usage.spend_records(measured.account.username, 0, int(now) + 1, now)
    calls: dict[str | None, int] = {}
    for record in found:
        if record.api_name == spender.api_name:
            calls[record.model] = calls.get(record.model, 0) + record.calls
    assert calls == {"gpt-4o-mini-2024-07-18": 2, **dict.fromkeys(models, 2)}


def test_new_own_prices_cost_one_trip_once(measured: MeasuredAccount, spender: Spender) -> None:
    path = f"/api/prices/{spender.api_name}"
    rules = [{"per_call_usd": "0.25"}]
    assert measured.account.call("PUT", path, {"rules": rules}).status == 200
    measured.trips.clear()
    assert spender.chat().status == 200
    assert len(measured.trips.trips) == 3
    _, *cost = measured.cost(spender.chat)
    assert cost == [2, 2, 2]
    assert spender.cost()[1] == 0.25


def test_results_of_a_batch_cost_one_trip_more(measured: MeasuredAccount, spender: Spender) -> None:
    lines = json.dumps({"custom_id": "1", "response": {"body": completion(100, 50)}}).encode()
    spender.place.answer(Answer(200, [("Content-Type", "application/jsonl")], lines))
    path = f"/proxy/{spender.api_name}/v1/files/file-abc/content"
    for _ in range(2):
        _, *cost = measured.cost(lambda: measured.account.proxied(spender.token["token"], path))
        assert cost == [3, 2, 3]


LONGEST_COST = Cost(
    999_999_999_999_999,
    "estimate",
    "m" * 80,
    {f"a_very_long_unit_{number}_tokens": 10**12 for number in range(20)},
    tuple(f"a-very-long-oddity-{number}-indeed" for number in range(9)),
)


def test_the_largest_log_entry_with_a_cost_is_one_write_unit(measured: MeasuredAccount) -> None:
    log = measured.storage.log
    entry = with_cost(LONGEST_ENTRY, LONGEST_COST)
    assert entry.model is not None and len(entry.model) == 64
    _, payload = log.put_op(LONG, entry)
    assert item_size(payload["Item"]) <= WRITE_UNIT
    usual = msgspec.structs.replace(
        with_cost(
            msgspec.structs.replace(LONGEST_ENTRY, host="api.anthropic.com:443", api_name="claude"),
            Cost(
                123_456_789,
                "price",
                "claude-opus-4-1-20250805",
                {
                    "input_tokens": 123_456,
                    "cache_read_tokens": 100_000,
                    "cache_write_tokens": 20_000,
                    "output_tokens": 5_000,
                },
            ),
        )
    )
    _, payload = log.put_op("ada-lovela", usual)
    assert item_size(payload["Item"]) <= WRITE_UNIT
    assert payload["Item"]["path"]["S"] == usual.path
    stored = {name: next(iter(value.values())) for name, value in payload["Item"].items()}
    assert decode_units(stored["units"]) == usual.units


def test_a_log_entry_reads_as_it_was_written(measured: MeasuredAccount) -> None:
    storage = measured.storage
    entry = with_cost(LONGEST_ENTRY, Cost(0, "price", "m", {"requests": 2, "input_tokens": 7}))
    storage.table.run(storage.log.put_op("ada-cost", entry))
    (item,) = storage.table.query_all("USER#ada-cost", prefix="LOG#")
    read = as_log_entry(item)
    assert (read.cost, read.cost_basis, read.units) == (0, "price", entry.units)
    old = {name: value for name, value in item.items() if name not in ("cost", "basis", "units")}
    assert as_log_entry(old).cost_basis is None


@pytest.mark.parametrize(
    "units", [{}, {"requests": 3}, {"input_tokens": 0, "input_images": 10**12}]
)
def test_units_are_stored_as_text(units: dict[str, int]) -> None:
    assert decode_units(encode_units(units)) == units


@pytest.mark.parametrize("keys", [1, 3])
def test_a_usual_rate_limit_item_with_spend_is_one_write_unit(
    measured: MeasuredAccount, keys: int
) -> None:
    """Three models, two tokens and clients, twelve kinds of duration, and OpenAI's two windows."""
    recorder = build_recorder(measured.storage, KeyStateCache(time.time), time.time)
    windows = tuple(
        QuotaWindow(name, 200_000, 199_999, 1_780_000_200, consumption_rate=12.5)
        for name in ("requests", "tokens")
    )
    api_name = f"openai-{keys}"
    durations = [300, 450, 650, 1000, 1500, 2200, 3300, 5000, 7500, 12_000, 18_000, 30_000]
    for position, duration in enumerate(durations * 2):
        cost = Cost(987_654_321, "estimate", ("gpt-5-mini-2025-08-07", "gpt-4o")[position % 2])
        if position == 5:
            cost = Cost(None, "unknown", "gpt-4o")
        entry = msgspec.structs.replace(
            LONGEST_ENTRY,
            api_name=api_name,
            duration_ms=duration,
            status=(200, 200, 429)[position % 3],
            problem=None,
            simulated=False,
            token_id=f"{position // 12}" * 13,
            client="openai-python",
        )
        entry = with_cost(entry, cost)
        seen = KeyReading(f"{api_name}.{'k' * 16}", position % keys, keys, QuotaReading(windows))
        recorder.record("ada-lovela", CallRecord(entry, (seen,)))
    item = measured.stored("ada-lovela", f"RATELIMIT#{api_name}")
    assert sum(name.startswith("p") and len(name) == 7 for name in item) == 3
    assert {"u_c", "u_ce", "u_k", "u_x"} <= set(item)
    for name in item:
        if name.startswith("u_") and int(item[name]["N"]) < 10**5:
            item[name] = {"N": "123456"}
    assert item_size(item) <= WRITE_UNIT

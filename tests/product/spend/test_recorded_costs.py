"""Every call to an API with a price is priced, logged and counted, in all servers."""

from __future__ import annotations

import gzip
import json
import time
from typing import Any

import pytest

from api.storage.spend_records import SpendRecord
from api.storage.usage_records import HOUR
from api.wiring import Storage
from tests.product.spend.conftest import DONE, EVENTS, JSON, Spender, chunk, completion, text_chunk
from tests.support.upstream import Answer

UNITS = {"input_tokens": 1000, "output_tokens": 500}
EXACT = ("gpt-4o-mini-2024-07-18", 0.00045, "price", UNITS)


def answer(document: Any, status: int = 200, *fields: tuple[str, str]) -> Answer:
    """Return an answer with a JSON document."""
    return Answer(status, [*JSON, *fields], json.dumps(document).encode())


def streamed(*, usage: bool) -> list[bytes]:
    pieces = [text_chunk(word) for word in ("Hel", "lo")] + [text_chunk("!", "stop")]
    if usage:
        counts = {"prompt_tokens": 1000, "completion_tokens": 500, "total_tokens": 1500}
        pieces.append(chunk(usage=counts))
    return [*pieces, DONE]


def counters(storage: Storage, spender: Spender) -> dict[str, int]:
    """Return the counters of the API about spend, of all hours."""
    name, now = spender.account.username, time.time()
    found: dict[str, int] = {}
    records = storage.usage.records.hours(name, 0, int(now) + HOUR, now)
    limits = storage.usage.rate_limits(name, now)
    for counted in [*(record.counters for record in records), *(one.counters for one in limits)]:
        for counter in ("n", "c", "ce", "x", "k"):
            if counter in counted:
                found[counter] = found.get(counter, 0) + counted[counter]
    return found


def spent(storage: Storage, spender: Spender) -> list[SpendRecord]:
    now = time.time()
    return storage.usage.spend_records(spender.account.username, 0, int(now) + HOUR, now)


def test_a_whole_answer_is_priced(spender: Spender, storage: Storage) -> None:
    body = completion()
    spender.place.answer(answer(body))
    given = spender.chat()
    assert (given.status, given.json) == (200, body)
    assert spender.cost() == EXACT
    assert counters(storage, spender) == {"n": 1, "c": 450_000, "k": 1}
    (record,) = spent(storage, spender)
    assert record.token_id == spender.token["token_id"]
    assert (record.model, record.cost, record.estimated, record.calls, record.unknown) == (
        "gpt-4o-mini-2024-07-18", 450_000, 0, 1, 0
    )  # fmt: skip


def test_a_compressed_answer_is_priced_and_not_changed(spender: Spender) -> None:
    body = gzip.compress(json.dumps(completion()).encode())
    fields = [*JSON, ("Content-Encoding", "gzip")]
    spender.place.answer(Answer(200, fields, body))
    given = spender.chat(("Accept-Encoding", "br;q=1.0, zstd, gzip;q=0.8, deflate"))
    assert given.body == body
    assert spender.place.last.get("accept-encoding") == "gzip;q=0.8, deflate"
    assert spender.cost() == EXACT


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_stream_in_pieces_is_priced_and_not_changed(spender: Spender, size: int) -> None:
    body = b"".join(streamed(usage=True))
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    spender.place.answer(Answer(200, EVENTS, pieces=lambda: pieces))
    given = spender.chat(stream=True, stream_options={"include_usage": True})
    assert given.body == body
    assert spender.cost() == EXACT


def test_a_stream_without_usage_is_estimated(spender: Spender, storage: Storage) -> None:
    """The request stays as it is."""
    spender.place.answer(Answer(200, EVENTS, pieces=lambda: streamed(usage=False)))
    assert spender.chat(stream=True).body == b"".join(streamed(usage=False))
    assert b"stream_options" not in spender.place.last.body
    model, cost, basis, units = spender.cost()
    assert (model, basis) == ("gpt-4o-mini-2024-07-18", "estimate")
    assert units["output_tokens"] == 2 and 5 <= units["input_tokens"] <= 60
    counted = counters(storage, spender)
    assert counted == {"n": 1, "c": round(cost * 10**9), "ce": counted["c"], "k": 1}


def test_a_model_without_a_price_is_unknown(spender: Spender, storage: Storage) -> None:
    spender.place.answer(answer({**completion(), "model": "gpt-77-ultra"}))
    assert spender.chat(model="gpt-77-ultra").status == 200
    assert spender.cost() == ("gpt-77-ultra", None, "unknown", UNITS)
    assert spender.logged()[0]["oddities"] == ["unknown_model"]
    assert counters(storage, spender) == {"n": 1, "x": 1}
    (record,) = spent(storage, spender)
    assert (record.model, record.cost, record.calls, record.unknown) == ("gpt-77-ultra", 0, 1, 1)


@pytest.mark.parametrize("status", [400, 401, 429, 500])
def test_an_error_costs_nothing(spender: Spender, storage: Storage, status: int) -> None:
    spender.place.answer(answer({"error": {"message": "no"}}, status))
    assert spender.chat().status == status
    assert spender.cost() == ("gpt-4o-mini", 0, "price", {})
    assert counters(storage, spender) == {"n": 1, "k": 1}
    assert spent(storage, spender) == []


def test_a_call_that_reads_something_is_free(spender: Spender, storage: Storage) -> None:
    spender.place.answer(answer({"object": "list", "data": [{"id": "gpt-4o-mini"}]}))
    for method in ("GET", "HEAD"):
        path = "/proxy/openai/v1/models"
        assert spender.account.proxied(spender.token["token"], path, method).status == 200
        assert spender.cost()[1:3] == (0, "price")
    assert counters(storage, spender) == {"n": 2, "k": 2}


def test_the_attempt_that_is_answered_is_priced(spender: Spender, storage: Storage) -> None:
    spender.account.key(spender.place, "sk-second-0123456789", api_name="openai")
    answers = [answer({"error": {}}, 429, ("Retry-After", "60")), answer(completion())]
    spender.place.behaviour = lambda _received, _socket: answers.pop(0)
    assert spender.chat().status == 200
    assert spender.cost() == EXACT
    assert counters(storage, spender) == {"n": 1, "c": 450_000, "k": 1}


def test_a_call_without_an_answer_is_unknown(spender: Spender, storage: Storage) -> None:
    spender.place.behaviour = lambda _received, _socket: None
    assert spender.chat().status == 502
    assert spender.cost() == ("gpt-4o-mini", None, "unknown", {})
    assert spender.logged()[0]["oddities"] == ["no_response"]
    assert counters(storage, spender) == {"n": 1, "x": 1}
    (record,) = spent(storage, spender)
    assert (record.model, record.cost, record.calls, record.unknown) == ("gpt-4o-mini", 0, 1, 1)


def test_a_call_that_is_not_sent_has_no_cost(
    spender: Spender, storage: Storage, closed_port: int
) -> None:
    for key in spender.account.call("GET", "/api/keys").json["items"]:
        spender.account.call("DELETE", f"/api/keys/{key['key_id']}")
    gone = f"http://127.0.0.1:{closed_port}/x"
    spender.account.key(spender.place, api_name="openai", base_url=gone)
    assert spender.chat().status == 502
    assert spender.cost() == (None, None, None, {})
    assert counters(storage, spender) == {"n": 1}


def test_a_simulated_limit_has_no_cost(spender: Spender, storage: Storage) -> None:
    spender.token = spender.account.token_details(["openai"], rehearsal={"share": 1})
    assert spender.chat().status == 429
    assert spender.cost() == (None, None, None, {})
    assert counters(storage, spender) == {"n": 1}


def test_a_call_with_a_session_has_no_token(spender: Spender, storage: Storage) -> None:
    spender.place.answer(answer(completion()))
    spender.token = {"token": spender.account.access}
    assert spender.chat().status == 200
    assert spender.cost() == EXACT
    (record,) = spent(storage, spender)
    assert record.token_id is None


def test_an_ordinary_api_has_no_cost(spender: Spender, storage: Storage) -> None:
    other = Spender(spender.account, spender.place, "weather")
    spender.place.answer(answer(completion()))
    assert other.chat(("Accept-Encoding", "br")).status == 200
    assert other.place.last.get("accept-encoding") == "br"
    assert other.cost() == (None, None, None, {})
    assert counters(storage, other) == {"n": 1}
    assert spent(storage, other) == []


def test_results_of_a_batch_cost_once(spender: Spender, storage: Storage) -> None:
    lines = [{"custom_id": f"{n}", "response": {"body": completion(100, 50)}} for n in range(3)]
    body = "\n".join(map(json.dumps, lines)).encode()
    spender.place.answer(Answer(200, [("Content-Type", "application/jsonl")], body))
    path = "/proxy/openai/v1/files/file-abc/content"
    for _ in range(2):
        given = spender.account.proxied(spender.token["token"], path)
        assert given.body == body
    again, first = spender.logged(2)
    assert first["units"] == {"input_tokens": 300, "output_tokens": 150}
    assert first["cost_usd"] > 0
    assert (again["cost_usd"], again["oddities"]) == (0, ["counted_before"])
    assert counters(storage, spender)["c"] == round(first["cost_usd"] * 10**9)

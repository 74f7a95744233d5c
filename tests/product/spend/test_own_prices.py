"""The user's own prices decide what a call costs, and the settings what the proxy asks for."""

from __future__ import annotations

import json
from typing import Any

import pytest

from api.wiring import Storage
from tests.product.spend.conftest import DONE, EVENTS, JSON, MODEL, Spender, chunk, text_chunk
from tests.support.accounts import Account
from tests.support.clients import HttpClient
from tests.support.upstream import Answer, Place, Received


@pytest.fixture
def account(server: HttpClient) -> Account:
    """A new user of the server."""
    return Account(server)


@pytest.fixture
def weather(account: Account, place: Place) -> Spender:
    """A user with a key for an API that has no price of its own."""
    return Spender(account, place, "weather")


def set_prices(spender: Spender, **prices: Any) -> None:
    answer = spender.account.call("PUT", f"/api/prices/{spender.api_name}", prices)
    assert answer.status == 200, answer.body


def test_a_price_for_a_call_applies_from_the_next_call_on(weather: Spender) -> None:
    assert weather.post("/v1/now", {}).status == 200
    assert weather.cost() == (None, None, None, {})
    rules: list[dict[str, Any]] = [
        {"per_call_usd": "0.002"},
        {"path_prefix": "/v1/map", "per_call_usd": "0.05", "failures_cost": True},
    ]
    set_prices(weather, rules=rules)
    assert weather.post("/v1/now", {}).status == 200
    assert weather.cost(2) == (None, 0.002, "price", {})
    set_prices(weather, rules=[{**rules[0], "per_call_usd": "0.003"}, rules[1]])
    assert weather.post("/v1/now", {}).status == 200
    assert weather.cost(3) == (None, 0.003, "price", {})
    weather.place.answer(Answer(503))
    assert weather.post("/v1/now", {}).status == 503
    assert weather.cost(4) == (None, 0, "price", {})
    assert weather.post("/v1/map/x", {}).status == 503
    assert weather.cost(5) == (None, 0.05, "price", {})
    assert weather.account.call("DELETE", "/api/prices/weather").status in (200, 204)
    assert weather.post("/v1/now", {}).status == 503
    assert weather.cost(6) == (None, None, None, {})


def test_a_price_out_of_a_header_and_a_field(weather: Spender) -> None:
    units = [
        {"source": "header", "name": "X-Credits", "amount_usd": "0.01"},
        {"source": "json", "name": "usage.credits", "amount_usd": "2", "per": 1000},
    ]
    set_prices(weather, rules=[{"units": units}])
    body = json.dumps({"text": "x" * 70_000, "usage": {"credits": 250}}).encode()
    weather.place.answer(Answer(200, [*JSON, ("x-credits", "3")], body))
    given = weather.post("/v1/now", {}, ("Accept-Encoding", "br, deflate"))
    assert given.body == body
    assert weather.place.last.get("accept-encoding") == "deflate"
    assert weather.cost()[1:3] == (0.53, "price")


def answered(received: Received) -> list[bytes]:
    """Return a stream as OpenAI does: with usage on request only."""
    options = json.loads(received.body).get("stream_options", {})
    pieces = [text_chunk("Hello", "stop")]
    if options.get("include_usage"):
        pieces.append(chunk(usage={"prompt_tokens": 1000, "completion_tokens": 500}))
    return [*pieces, DONE]


def stream_usage(spender: Spender) -> None:
    spender.place.behaviour = lambda received, _socket: Answer(
        200, EVENTS, pieces=lambda: answered(received)
    )


def test_the_setting_asks_for_the_usage_of_streams(account: Account, place: Place) -> None:
    spender = Spender(account, place)
    stream_usage(spender)
    body = {"model": MODEL, "messages": [{"role": "user", "content": "Hello"}]}
    for include, basis in ((False, "estimate"), (True, "price"), (False, "estimate")):
        set_prices(spender, include_usage=include)
        before = len(place.received)
        assert spender.chat(stream=True).status == 200
        received = place.last
        asked = {"stream_options": {"include_usage": True}} if include else {}
        assert json.loads(received.body) == {**body, "stream": True, **asked}
        assert received.get("content-length") == str(len(received.body))
        assert spender.logged(len(place.received) - before)[0]["cost_basis"] == basis
    assert spender.logged()[1]["cost_usd"] == 0.00045
    assert spender.logged()[1]["bytes_in"] == spender.logged()[0]["bytes_in"]


@pytest.mark.parametrize("name", ["Content-Digest", "Signature", "X-Amz-Content-Sha256"])
def test_a_signed_body_is_not_changed(account: Account, place: Place, name: str) -> None:
    spender = Spender(account, place)
    stream_usage(spender)
    set_prices(spender, include_usage=True)
    assert spender.chat((name, "sha-256=:AAAA:"), stream=True).status == 200
    assert "stream_options" not in json.loads(place.last.body)
    assert spender.cost()[2] == "estimate"


def test_prices_that_cannot_be_read_fail_no_call(
    weather: Spender, storage: Storage, environment: dict[str, str]
) -> None:
    set_prices(weather, rules=[{"per_call_usd": "1"}])
    pk = f"USER#{weather.account.username}"
    item = storage.table.get(pk, "PRICES#weather")
    assert item is not None
    storage.table.run(storage.table.put_op({**item, "prices": "no JSON"}))
    assert weather.post("/v1/now", {}).status == 200
    assert weather.cost() == (None, None, "unknown", {})
    assert weather.logged()[0]["oddities"] == ["prices_not_read"]

"""What networks, allowed addresses and rotation cost in database trips and capacity units."""

from __future__ import annotations

import secrets
from functools import partial
from typing import Any

import pytest

from api.settings import read_settings
from tests.support.accounts import problem
from tests.support.clients import Response
from tests.support.measured_account import MeasuredAccount
from tests.support.upstream import Upstream

HOME = "203.0.113.7"


@pytest.fixture
def measured(environment: dict[str, str], upstream_server: Upstream) -> MeasuredAccount:
    made = MeasuredAccount(read_settings(environment), upstream_server)
    made.account.key(upstream_server.place(secrets.token_hex(6)))
    made.client.source = HOME
    # The first call of an hour costs another trip.
    assert made.account.proxied(made.account.token()).status == 200
    return made


def call(measured: MeasuredAccount, token: str, source: str) -> Response:
    measured.client.source = source
    return measured.account.proxied(token)


def costs(measured: MeasuredAccount, token: str, source: str = HOME) -> list[Any]:
    """Return the status of a call with its trips, read units and write units."""
    answer, *cost = measured.cost(partial(call, measured, token, source))
    return [answer.status, *cost]


def test_a_new_network_costs_one_operation_and_no_trip(measured: MeasuredAccount) -> None:
    token = measured.account.token_details()
    assert costs(measured, token["token"]) == [200, 2, 2, 3]
    for _ in range(2):
        assert costs(measured, token["token"]) == [200, 2, 2, 2]
    measured.trips.clear()
    assert call(measured, token["token"], "2001:db8::1").status == 200
    read, record = measured.trips.trips
    assert read.operations == ["BatchGetItem"]
    assert record.operations == ["UpdateItem", "PutItem", "UpdateItem"]
    network = record.answers[2]
    assert isinstance(network, dict)
    assert network["ConsumedCapacity"]["CapacityUnits"] == 1
    assert costs(measured, token["token"], "2001:db8::2") == [200, 2, 2, 2]
    seen = measured.account.call("GET", f"/api/tokens/{token['token_id']}").json
    assert {one["network"] for one in seen["networks"]} == {HOME, "2001:db8::"}


def test_a_full_token_costs_two_read_units(measured: MeasuredAccount) -> None:
    """Twenty networks, twenty allowed ones and eight clients are read with the token."""
    allowed = [f"2001:db8:aaaa:{number:x}00::/56" for number in range(1, 21)]
    token = measured.account.token_details(["test"], allowed_ips=allowed, limit=99, window=60)
    for number in range(1, 21):
        source = f"2001:db8:aaaa:{number:x}0f:1111::1"
        assert call(measured, token["token"], source).status == 200
    assert costs(measured, token["token"], source) == [200, 2, 2, 3]
    measured.client.source = "198.51.100.9"
    assert costs(measured, token["token"], "198.51.100.9")[0] == 403


def test_a_call_with_the_old_text_costs_no_more(measured: MeasuredAccount) -> None:
    token = measured.account.token_details()
    assert call(measured, token["token"], HOME).status == 200
    path = f"/api/tokens/{token['token_id']}/rotate"
    rotated = measured.account.call("POST", path).json
    for _ in range(2):
        assert costs(measured, token["token"]) == [200, 2, 2, 2]
        assert costs(measured, rotated["token"]) == [200, 2, 2, 2]
    seen = measured.account.call("GET", f"/api/tokens/{token['token_id']}").json
    assert seen["previous"]["last_used_at"] is not None


@pytest.mark.parametrize("limited", [False, True])
def test_a_limit_is_counted_in_the_first_trip_for_both_texts(
    measured: MeasuredAccount, limited: bool
) -> None:
    bound = {"limit": 50, "window": 3600}
    token = measured.account.token_details(["test"], **({} if limited else bound))
    path = f"/api/tokens/{token['token_id']}"
    if limited:
        assert measured.account.call("PATCH", path, bound).status == 200
    rotated = measured.account.call("POST", f"{path}/rotate").json
    texts = (rotated["token"], token["token"])
    # The new text has the limit that applies. The third unit is the limit's, the fourth the
    # network's.
    assert costs(measured, texts[0]) == [200, 2, 2, 4]
    assert call(measured, texts[1], HOME).status == 200
    for text in texts * 2:
        assert costs(measured, text) == [200, 2, 2, 3]
    described = measured.account.client.call("GET", "/api/token", token=rotated["token"]).json
    assert described["remaining"] == 44


def test_a_call_from_a_refused_address_costs_no_more_and_counts_nothing(
    measured: MeasuredAccount,
) -> None:
    account = measured.account
    bound = {"limit": 2, "window": 3600}
    token = account.token_details(["test"], allowed_ips=["198.51.100.9"], **bound)
    assert account.call("PUT", "/api/rate-limits/test", bound).status == 200
    # The first one in a process is counted and given back in the same two trips.
    first = costs(measured, token["token"])
    assert first[:3] == [403, 2, 2] and first[3] <= 6
    measured.trips.clear()
    problem(call(measured, token["token"], HOME), 403, "address_not_allowed")
    assert [trip.operations for trip in measured.trips.trips] == [
        ["BatchGetItem"], ["UpdateItem", "PutItem"],
    ]  # fmt: skip
    assert [costs(measured, token["token"], "198.51.100.9")[0] for _ in range(3)] == [200, 200, 429]

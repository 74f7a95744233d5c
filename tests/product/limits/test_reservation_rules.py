"""Reservations that are rejected, and how reservations are shown."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.accounts import Account, problem
from tests.support.clients import Client
from tests.support.reservations import reserve, sequence, set_policy, view
from tests.support.upstream import Place


def test_more_than_the_limit_cannot_be_reserved(account: Account, pages: dict[str, Any]) -> None:
    refused = reserve(account, pages, amount=21)
    document = problem(refused, 422, "reservation_exceeds_limit", "amount")
    numbers = ("limit", "reserved", "available", "wanted")
    assert [document[name] for name in numbers] == [20, 0, 20, 21]
    assert document["detail"] == "21 requests cannot be reserved: the limit is 20."

    mail = account.token_details(["test"])
    assert reserve(account, pages, amount=15).status == 200
    document = problem(reserve(account, mail, share=0.3), 422, "reservation_exceeds_limit", "share")
    assert [document[name] for name in numbers] == [20, 15, 5, 6]
    assert "15 are reserved already, 5 are left" in document["detail"]
    assert reserve(account, mail, share=0.25).status == 200
    assert reserve(account, pages, amount=15).status == 200, (
        "its own reservation does not count against it"
    )
    assert view(account)["reserved"] == 20


def test_concurrent_reservations_never_exceed_the_limit(account: Account, place: Place) -> None:
    account.key(place)
    assert set_policy(account, 10).status == 200
    tokens = [account.token_details(["test"]) for _ in range(8)]
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda token: reserve(account, token, amount=4), tokens))
    codes = Counter(answer.json.get("code", "reserved") for answer in answers)
    assert codes["reserved"] <= 2
    assert set(codes) <= {"reserved", "reservation_exceeds_limit", "conflict"}
    assert view(account)["reserved"] == 4 * codes["reserved"]


def test_a_policy_cannot_be_lowered_below_its_reservations(
    account: Account, pages: dict[str, Any]
) -> None:
    mail = account.token_details(["test"])
    assert reserve(account, pages, amount=12).status == 200
    assert reserve(account, mail, share=0.2).status == 200

    document = problem(set_policy(account, 10), 422, "reservation_exceeds_limit", "limit")
    assert [document[n] for n in ("limit", "reserved", "available", "wanted")] == [10, 14, 0, 0]
    assert view(account)["limit"] == 20

    assert set_policy(account, 15).status == 200
    amounts = {one["token_id"]: one["amount"] for one in view(account)["reservations"]}
    assert amounts == {pages["token_id"]: 12, mail["token_id"]: 3}, "a share changes with the limit"
    assert sequence(account, account.token(["test"]), 1) == [429]


def test_a_reservation_requires_a_policy(account: Account, place: Place) -> None:
    account.key(place)
    token = account.token_details(["test"])
    document = problem(reserve(account, token, amount=1), 409, "policy_required")
    assert document["observed_limit"] is None


def test_reservations_are_deleted_with_their_policy(
    account: Account, pages: dict[str, Any]
) -> None:
    assert reserve(account, pages, amount=18).status == 200
    assert account.call("DELETE", "/api/rate-limits/test").status == 204
    assert sequence(account, account.token(["test"]), 5) == [200] * 5
    assert account.call("GET", "/api/tokens").json["items"][0]["reservations"] == []
    assert set_policy(account, 20).status == 200
    assert view(account)["reservations"] == []


def test_an_api_has_at_most_five_reservations(account: Account, place: Place) -> None:
    account.key(place)
    assert set_policy(account, 100).status == 200
    for _ in range(5):
        assert reserve(account, account.token_details(["test"]), amount=1).status == 200
    document = problem(
        reserve(account, account.token_details(["test"]), amount=1), 409, "too_many_reservations"
    )
    assert document["most"] == 5


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "amount"),
        ({"amount": 1, "share": 0.5}, "amount"),
        ({"amount": 0}, "amount"),
        ({"amount": 1.5}, "amount"),
        ({"share": 0}, "share"),
        ({"share": 1.01}, "share"),
        ({"share": -0.5}, "share"),
        ({"share": "0.5"}, "share"),
        ({"share": 0.001}, "share"),
        ({"amount": 1, "slot": 3}, "slot"),
    ],
)
def test_s24_s26_invalid_reservations_are_rejected(
    account: Account, pages: dict[str, Any], body: dict[str, Any], field: str
) -> None:
    path = f"/api/rate-limits/test/reservations/{pages['token_id']}"
    problem(account.call("PUT", path, body), 422, "invalid_field", field)
    assert view(account)["reservations"] == []


def test_a_token_cannot_reserve_for_an_api_that_it_does_not_allow(
    account: Account, pages: dict[str, Any]
) -> None:
    other = account.token_details(["other"])
    problem(reserve(account, other, amount=1), 422, "invalid_field", "token_id")


def test_s23_tokens_and_policies_of_other_users_are_not_found(
    client: Client, account: Account, pages: dict[str, Any]
) -> None:
    stranger = Account(client)
    problem(reserve(stranger, pages, amount=1), 404, "token_not_found")
    assert set_policy(stranger, 5).status == 200
    problem(reserve(stranger, pages, amount=1), 404, "token_not_found")
    path = f"/api/rate-limits/test/reservations/{pages['token_id']}"
    assert reserve(account, pages, amount=1).status == 200
    problem(stranger.call("DELETE", path), 404, "reservation_not_found")
    assert view(account)["reserved"] == 1


def test_reservations_are_shown_with_their_token_and_policy(
    account: Account, pages: dict[str, Any]
) -> None:
    assert reserve(account, pages, share=0.35).status == 200
    assert sequence(account, pages["token"], 2) == [200] * 2
    plain = {"api_name": "test", "token_id": pages["token_id"], "amount": 7, "share": 0.35,
             "expires_at": None}  # fmt: skip
    listed = account.call("GET", "/api/tokens").json["items"]
    assert [token["reservations"] for token in listed] == [[plain]]
    seen = view(account)
    assert seen["reservations"] == [{**plain, "used": 2, "remaining": 5}]
    assert (seen["reserved"], seen["remaining"], seen["unreserved_remaining"]) == (7, 18, 13)


def test_a_reservation_shows_at_most_what_is_left_of_the_policy(
    account: Account, pages: dict[str, Any]
) -> None:
    assert sequence(account, account.token(["test"]), 15) == [200] * 15

    assert reserve(account, pages, amount=9).status == 200

    (seen,) = view(account)["reservations"]
    assert (seen["amount"], seen["used"], seen["remaining"]) == (9, 0, 5)
    assert sequence(account, pages["token"], 6) == [200] * 5 + [429]

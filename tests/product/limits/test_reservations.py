"""Reservations: a token's sure part of a policy, exact under load, refused where it cannot be."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask

from api.errors import Problem
from api.schemas.limits import SetReservation
from api.services.limits.reservations import ReservationService
from api.storage.tokens import Token, Tokens
from api.wiring import Storage
from tests.support.accounts import Account, problem
from tests.support.clients import Client, Response
from tests.support.products import Clock, another_app, lambda_client, storage_of
from tests.support.upstream import Place

HOUR = 3600


def policy(account: Account, limit: int, window: int = HOUR, api_name: str = "test") -> Response:
    body = {"limit": limit, "window": window}
    return account.call("PUT", f"/api/rate-limits/{api_name}", body)


def reserve(account: Account, token: dict[str, Any], api_name: str = "test", **of: Any) -> Response:
    path = f"/api/rate-limits/{api_name}/reservations/{token['token_id']}"
    return account.call("PUT", path, of)


def view(account: Account, api_name: str = "test") -> dict[str, Any]:
    answer = account.call("GET", f"/api/rate-limits/{api_name}")
    assert answer.status == 200, answer.body
    document: dict[str, Any] = answer.json
    return document


def passed(account: Account, tokens: list[str]) -> Counter[str]:
    """How many calls of each token pass of calls made side by side, in that order."""
    with ThreadPoolExecutor(60) as threads:
        answers = list(threads.map(account.proxied, tokens))
    assert {answer.status for answer in answers} <= {200, 429}, Counter(a.status for a in answers)
    return Counter(
        token for token, answer in zip(tokens, answers, strict=True) if answer.status == 200
    )


def sequence(account: Account, token: str, calls: int) -> list[int]:
    return [account.proxied(token).status for _ in range(calls)]


@pytest.fixture
def pages(account: Account, place: Place) -> dict[str, Any]:
    """A token for the API `test`, which has a key and a policy of 20 requests an hour."""
    account.key(place)
    assert policy(account, 20).status == 200
    return account.token_details(["test"], name="pages")


# -- what is kept --------------------------------------------------------------------------------


def test_others_get_no_more_than_what_is_not_reserved(
    account: Account, pages: dict[str, Any], place: Place
) -> None:
    assert reserve(account, pages, amount=15).status == 200
    job = account.token(["test"])

    assert sequence(account, job, 7) == [200] * 5 + [429] * 2
    assert sequence(account, pages["token"], 17) == [200] * 15 + [429] * 2
    assert len(place.received) == 20


def test_a_session_of_the_dashboard_is_one_of_the_others(
    account: Account, pages: dict[str, Any]
) -> None:
    assert reserve(account, pages, amount=18).status == 200

    statuses = [account.call("GET", "/proxy/test/x").status for _ in range(3)]

    assert statuses == [200, 200, 429]


def test_beyond_its_reservation_a_token_shares_the_rest(
    account: Account, pages: dict[str, Any]
) -> None:
    assert reserve(account, pages, amount=15).status == 200
    job = account.token(["test"])

    assert sequence(account, pages["token"], 18) == [200] * 18
    assert sequence(account, job, 3) == [200] * 2 + [429]
    assert sequence(account, pages["token"], 1) == [429]


def test_what_a_token_used_of_its_reservation_takes_nothing_from_the_others(
    account: Account, pages: dict[str, Any]
) -> None:
    assert reserve(account, pages, amount=10).status == 200
    job = account.token(["test"])

    assert sequence(account, pages["token"], 10) == [200] * 10
    assert sequence(account, job, 11) == [200] * 10 + [429]


def test_with_everything_reserved_others_get_nothing(
    account: Account, pages: dict[str, Any], place: Place
) -> None:
    assert reserve(account, pages, share=1).status == 200

    answer = account.proxied(account.token(["test"]))

    problem(answer, 429, "rate_limited")
    assert "20 of which are reserved for other tokens" in answer.json["detail"]
    assert (answer.json["limit"], answer.json["window"], answer.json["reserved"]) == (20, HOUR, 20)
    assert answer.get("RateLimit-Policy") == '"policy";q=0;w=3600'
    assert 1 <= int(answer.get("Retry-After") or 0) <= HOUR
    assert answer.get("Proxy-Status") and place.received == []
    assert sequence(account, pages["token"], 21) == [200] * 20 + [429]


def test_callers_are_told_what_they_may_use(account: Account, pages: dict[str, Any]) -> None:
    assert reserve(account, pages, amount=15).status == 200

    for token, limit in ((account.token(["test"]), 5), (pages["token"], 20)):
        answer = account.proxied(token)
        assert f'"policy";q={limit};w={HOUR}' in (answer.get("RateLimit-Policy") or "")
    job, own = account.proxied(account.token(["test"])), account.proxied(pages["token"])
    assert '"policy";r=3;' in (job.get("RateLimit") or "")
    assert '"policy";r=16;' in (own.get("RateLimit") or "")


def test_in_the_next_window_all_of_it_is_there_again(
    environment: dict[str, str], place: Place
) -> None:
    clock = Clock()
    account = Account(lambda_client(another_app(environment, clock)))
    account.key(place)
    assert policy(account, 4, 10).status == 200
    pages, job = account.token_details(["test"]), account.token(["test"])
    assert reserve(account, pages, amount=3).status == 200
    for _ in range(3):
        assert sequence(account, job, 2) == [200, 429]
        assert sequence(account, pages["token"], 4) == [200] * 3 + [429]
        clock.now += 10.001


# -- exactness -----------------------------------------------------------------------------------


def test_of_500_calls_at_once_each_gets_its_own_and_all_together_the_limit(
    account: Account, place: Place
) -> None:
    account.key(place)
    assert policy(account, 120).status == 200
    tokens = [account.token_details(["test"])["token"] for _ in range(2)]
    pages, reports = (account.token_details(["test"]) for _ in range(2))
    assert reserve(account, pages, amount=50).status == 200
    assert reserve(account, reports, share=0.25).status == 200
    calls = [*tokens * 125, *[pages["token"]] * 125, *[reports["token"]] * 125]
    random.Random(6).shuffle(calls)

    counted = passed(account, calls)

    assert counted.total() == 120 == len(place.received)
    assert counted[pages["token"]] >= 50
    assert counted[reports["token"]] >= 30
    assert counted[tokens[0]] + counted[tokens[1]] <= 40
    seen = view(account)
    used = {one["token_id"]: one["used"] for one in seen["reservations"]}
    assert used == {pages["token_id"]: counted[pages["token"]],
                    reports["token_id"]: counted[reports["token"]]}  # fmt: skip
    assert (seen["remaining"], seen["unreserved_remaining"]) == (0, 0)


def test_a_night_job_at_full_speed_leaves_exactly_what_is_reserved(
    account: Account, place: Place
) -> None:
    account.key(place)
    assert policy(account, 60).status == 200
    names = ["pages", "reports", "search", "mail", "backup"]
    reserved = {name: account.token_details(["test"], name=name) for name in names}
    for number, token in enumerate(reserved.values(), start=1):
        assert reserve(account, token, amount=number * 2).status == 200
    job = account.token(["test"])

    assert passed(account, [job] * 200).total() == 30

    wanted = [token["token"] for token in reserved.values() for _ in range(20)]
    random.Random(7).shuffle(wanted)
    counted = passed(account, wanted)
    assert [counted[token["token"]] for token in reserved.values()] == [2, 4, 6, 8, 10]
    assert len(place.received) == 60


def test_it_holds_in_every_process(app: Flask, environment: dict[str, str], place: Place) -> None:
    here, there = Account(lambda_client(app)), lambda_client(another_app(environment))
    here.key(place)
    job, pages = here.token(["test"]), here.token_details(["test"])
    bearer = [("Authorization", f"Bearer {job}")]
    assert policy(here, 10).status == 200
    assert there.request("GET", "/proxy/test/x", bearer).status == 200
    assert reserve(here, pages, amount=7).status == 200

    statuses = [there.request("GET", "/proxy/test/x", bearer).status for _ in range(3)]

    assert statuses == [200, 200, 429], "one was used before, 7 of 10 are reserved"
    assert sequence(here, job, 1) == [429]
    path = f"/api/rate-limits/test/reservations/{pages['token_id']}"
    assert here.call("DELETE", path).status == 204
    assert there.request("GET", "/proxy/test/x", bearer).status == 200
    assert sequence(here, pages["token"], 7) == [200] * 6 + [429]


# -- changes while a window runs -----------------------------------------------------------------


def test_a_new_reservation_covers_what_is_left_of_the_window(
    account: Account, pages: dict[str, Any]
) -> None:
    job = account.token(["test"])
    assert sequence(account, job, 8) == [200] * 8
    assert sequence(account, pages["token"], 2) == [200] * 2

    assert reserve(account, pages, amount=6).status == 200

    assert view(account)["unreserved_remaining"] == 4
    assert sequence(account, job, 5) == [200] * 4 + [429]
    assert sequence(account, pages["token"], 7) == [200] * 6 + [429]


def test_a_second_reservation_in_a_running_window(account: Account, pages: dict[str, Any]) -> None:
    job, mail = account.token(["test"]), account.token_details(["test"])
    assert reserve(account, pages, amount=5).status == 200
    assert sequence(account, pages["token"], 3) + sequence(account, job, 4) == [200] * 7

    assert reserve(account, mail, amount=6).status == 200

    assert sequence(account, job, 6) == [200] * 5 + [429]
    assert sequence(account, mail["token"], 7) == [200] * 6 + [429]
    assert sequence(account, pages["token"], 3) == [200] * 2 + [429]


def test_more_or_less_can_be_reserved_at_any_time(account: Account, pages: dict[str, Any]) -> None:
    job = account.token(["test"])
    assert reserve(account, pages, amount=18).status == 200
    assert sequence(account, job, 3) == [200, 200, 429]
    assert reserve(account, pages, amount=16).status == 200
    assert sequence(account, job, 3) == [200, 200, 429]
    assert reserve(account, pages, amount=17).status == 200
    assert sequence(account, job, 1) == [429]
    assert sequence(account, pages["token"], 17) == [200] * 16 + [429]


def test_a_slot_that_is_free_again_begins_anew(account: Account, pages: dict[str, Any]) -> None:
    job, mail = account.token(["test"]), account.token_details(["test"])
    assert reserve(account, pages, amount=10).status == 200
    assert sequence(account, pages["token"], 4) == [200] * 4
    path = f"/api/rate-limits/test/reservations/{pages['token_id']}"
    assert account.call("DELETE", path).status == 204

    assert reserve(account, mail, amount=12).status == 200

    assert view(account)["reservations"][0]["used"] == 0
    assert sequence(account, job, 5) == [200] * 4 + [429]
    assert sequence(account, mail["token"], 13) == [200] * 12 + [429]


def test_a_removed_token_frees_its_reservation_and_the_count_goes_on(
    account: Account, pages: dict[str, Any]
) -> None:
    job = account.token(["test"])
    assert reserve(account, pages, amount=15).status == 200
    assert sequence(account, job, 6) == [200] * 5 + [429]

    assert account.call("DELETE", f"/api/tokens/{pages['token_id']}").status == 204

    assert view(account)["reservations"] == []
    assert sequence(account, job, 16) == [200] * 15 + [429]


def test_the_reservation_of_an_expired_token_holds_nothing(
    environment: dict[str, str], place: Place
) -> None:
    clock = Clock()
    account = Account(lambda_client(another_app(environment, clock)))
    account.key(place)
    assert policy(account, 10).status == 200
    pages, job = account.token_details(["test"], expires_in=60), account.token(["test"])
    assert reserve(account, pages, amount=8).status == 200
    assert view(account)["reservations"][0]["expires_at"] == pages["expires_at"]
    assert sequence(account, job, 3) == [200, 200, 429]

    clock.now += 61

    shown = view(account)
    assert (shown["reserved"], shown["unreserved_remaining"]) == (0, 8)
    (ended,) = shown["reservations"]
    assert (ended["amount"], ended["used"], ended["remaining"]) == (8, 0, 0)
    assert sequence(account, job, 9) == [200] * 8 + [429]
    problem(reserve(account, pages, amount=1), 404, "token_not_found")
    path = f"/api/rate-limits/test/reservations/{pages['token_id']}"
    assert account.call("DELETE", path).status == 204
    assert view(account)["reservations"] == []


def test_a_token_that_lasts_longer_keeps_its_reservation(
    environment: dict[str, str], place: Place
) -> None:
    clock = Clock()
    account = Account(lambda_client(another_app(environment, clock)))
    account.key(place)
    assert policy(account, 10).status == 200
    pages, job = account.token_details(["test"], expires_in=60), account.token(["test"])
    assert reserve(account, pages, amount=8).status == 200
    path = f"/api/tokens/{pages['token_id']}"
    changed = account.call("PATCH", path, {"expires_in": None}).json
    assert changed["reservations"][0]["expires_at"] is None

    clock.now += 61

    assert sequence(account, job, 3) == [200, 200, 429]
    assert sequence(account, pages["token"], 9) == [200] * 8 + [429]


def test_a_token_that_loses_the_api_loses_its_reservation(
    account: Account, pages: dict[str, Any]
) -> None:
    assert reserve(account, pages, amount=8).status == 200
    changed = account.call("PATCH", f"/api/tokens/{pages['token_id']}", {"apis": ["other"]}).json
    assert changed["reservations"] == []
    assert view(account)["reservations"] == []


# -- what is refused, and what is shown ----------------------------------------------------------


def test_more_than_the_limit_cannot_be_reserved(account: Account, pages: dict[str, Any]) -> None:
    refused = reserve(account, pages, amount=21)
    document = problem(refused, 422, "reservation_exceeds_limit", "amount")
    numbers = ("limit", "reserved", "available", "wanted")
    assert [document[name] for name in numbers] == [20, 0, 20, 21]
    assert document["detail"] == "21 requests are wanted, but the limit is 20."

    mail = account.token_details(["test"])
    assert reserve(account, pages, amount=15).status == 200
    document = problem(reserve(account, mail, share=0.3), 422, "reservation_exceeds_limit", "share")
    assert [document[name] for name in numbers] == [20, 15, 5, 6]
    assert "15 are reserved already: 5 are left" in document["detail"]
    assert reserve(account, mail, share=0.25).status == 200
    assert reserve(account, pages, amount=15).status == 200, "its own is no obstacle to a token"
    assert view(account)["reserved"] == 20


def test_of_many_who_reserve_at_once_never_more_than_the_limit_is_given(
    account: Account, place: Place
) -> None:
    account.key(place)
    assert policy(account, 10).status == 200
    tokens = [account.token_details(["test"]) for _ in range(8)]
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda token: reserve(account, token, amount=4), tokens))
    codes = Counter(answer.json.get("code", "reserved") for answer in answers)
    assert codes["reserved"] <= 2
    assert set(codes) <= {"reserved", "reservation_exceeds_limit", "conflict"}
    assert view(account)["reserved"] == 4 * codes["reserved"]


def test_a_policy_is_not_lowered_below_what_is_reserved(
    account: Account, pages: dict[str, Any]
) -> None:
    mail = account.token_details(["test"])
    assert reserve(account, pages, amount=12).status == 200
    assert reserve(account, mail, share=0.2).status == 200

    document = problem(policy(account, 10), 422, "reservation_exceeds_limit", "limit")
    assert [document[n] for n in ("limit", "reserved", "available", "wanted")] == [10, 14, 0, 0]
    assert view(account)["limit"] == 20

    assert policy(account, 15).status == 200
    amounts = {one["token_id"]: one["amount"] for one in view(account)["reservations"]}
    assert amounts == {pages["token_id"]: 12, mail["token_id"]: 3}, "a share follows the limit"
    assert sequence(account, account.token(["test"]), 1) == [429]


def test_without_a_policy_nothing_exact_can_be_reserved(account: Account, place: Place) -> None:
    account.key(place)
    token = account.token_details(["test"])
    document = problem(reserve(account, token, amount=1), 409, "policy_required")
    assert document["observed_limit"] is None


def test_reservations_go_with_the_policy(account: Account, pages: dict[str, Any]) -> None:
    assert reserve(account, pages, amount=18).status == 200
    assert account.call("DELETE", "/api/rate-limits/test").status == 204
    assert sequence(account, account.token(["test"]), 5) == [200] * 5
    assert account.call("GET", "/api/tokens").json["items"][0]["reservations"] == []
    assert policy(account, 20).status == 200
    assert view(account)["reservations"] == []


def test_an_api_has_at_most_five(account: Account, place: Place) -> None:
    account.key(place)
    assert policy(account, 100).status == 200
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
def test_s24_s26_a_reservation_is_made_of_right_members_only(
    account: Account, pages: dict[str, Any], body: dict[str, Any], field: str
) -> None:
    path = f"/api/rate-limits/test/reservations/{pages['token_id']}"
    problem(account.call("PUT", path, body), 422, "invalid_field", field)
    assert view(account)["reservations"] == []


def test_a_token_of_other_apis_can_reserve_nothing_here(
    account: Account, pages: dict[str, Any]
) -> None:
    other = account.token_details(["other"])
    problem(reserve(account, other, amount=1), 422, "invalid_field", "token_id")


def test_s23_a_strangers_tokens_and_policies_are_not_there(
    client: Client, account: Account, pages: dict[str, Any]
) -> None:
    stranger = Account(client)
    problem(reserve(stranger, pages, amount=1), 404, "token_not_found")
    assert policy(stranger, 5).status == 200
    problem(reserve(stranger, pages, amount=1), 404, "token_not_found")
    path = f"/api/rate-limits/test/reservations/{pages['token_id']}"
    assert reserve(account, pages, amount=1).status == 200
    problem(stranger.call("DELETE", path), 404, "reservation_not_found")
    assert view(account)["reserved"] == 1


def test_reservations_are_shown_with_the_token_and_with_the_limit(
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


def test_no_more_of_a_reservation_is_shown_than_is_left_of_the_policy(
    account: Account, pages: dict[str, Any]
) -> None:
    assert sequence(account, account.token(["test"]), 15) == [200] * 15

    assert reserve(account, pages, amount=9).status == 200

    (seen,) = view(account)["reservations"]
    assert (seen["amount"], seen["used"], seen["remaining"]) == (9, 0, 5)
    assert sequence(account, pages["token"], 6) == [200] * 5 + [429]


# -- tokens that change meanwhile ----------------------------------------------------------------


class Changing(Tokens):
    """Tokens of which one is changed by somebody else right after it was read first."""

    def __init__(self, storage: Storage, change: Callable[[Token], object]) -> None:
        super().__init__(storage.table, storage.users)
        self._change: Callable[[Token], object] | None = change

    def get(self, username: str, token_id: str) -> Token | None:
        found = super().get(username, token_id)
        change, self._change = self._change, None
        if found is not None and change is not None:
            change(found)
        return found


def reservations(storage: Storage, tokens: Tokens) -> ReservationService:
    return ReservationService(
        storage.pools, storage.quotas, tokens, storage.usage, time.time, lambda *_: None
    )


def test_nothing_is_reserved_for_a_token_that_is_revoked_meanwhile(
    account: Account, pages: dict[str, Any], environment: dict[str, str]
) -> None:
    path = f"/api/tokens/{pages['token_id']}"
    storage = storage_of(environment)
    tokens = Changing(storage, lambda _: account.call("DELETE", path))

    with pytest.raises(Problem, match="no such token"):
        reservations(storage, tokens).set(
            account.username, "test", pages["token_id"], SetReservation(amount=5)
        )

    assert view(account)["reserved"] == 0


def test_a_reservation_ends_with_a_token_whose_end_is_changed_meanwhile(
    account: Account, pages: dict[str, Any], environment: dict[str, str]
) -> None:
    path = f"/api/tokens/{pages['token_id']}"
    storage = storage_of(environment)
    tokens = Changing(storage, lambda _: account.call("PATCH", path, {"expires_in": 600}))

    reservations(storage, tokens).set(
        account.username, "test", pages["token_id"], SetReservation(amount=5)
    )

    (token,) = account.call("GET", "/api/tokens").json["items"]
    (reserved,) = token["reservations"]
    assert token["expires_at"] is not None
    assert reserved["expires_at"] == token["expires_at"]


def test_a_revocation_that_was_cut_short_can_be_finished(
    account: Account, pages: dict[str, Any], environment: dict[str, str]
) -> None:
    assert reserve(account, pages, amount=5).status == 200
    assert storage_of(environment).tokens.delete(account.username, pages["token_id"])

    answer = account.call("DELETE", f"/api/tokens/{pages['token_id']}")

    problem(answer, 404, "token_not_found")
    assert view(account)["reserved"] == 0

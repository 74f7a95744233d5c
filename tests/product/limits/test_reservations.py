"""Reservations: other callers cannot use them, exactly, also under load."""

from __future__ import annotations

import random
from typing import Any

from api.wsgi import App
from tests.support.accounts import Account, problem
from tests.support.products import Clock, another_app, lambda_client
from tests.support.reservations import HOUR, passed, reserve, sequence, set_policy, view
from tests.support.upstream import Place


def test_other_callers_get_only_what_is_not_reserved(
    account: Account, pages: dict[str, Any], place: Place
) -> None:
    assert reserve(account, pages, amount=15).status == 200
    job = account.token(["test"])

    assert sequence(account, job, 7) == [200] * 5 + [429] * 2
    assert sequence(account, pages["token"], 17) == [200] * 15 + [429] * 2
    assert len(place.received) == 20


def test_a_dashboard_session_counts_as_another_caller(
    account: Account, pages: dict[str, Any]
) -> None:
    assert reserve(account, pages, amount=18).status == 200

    statuses = [account.call("GET", "/proxy/test/x").status for _ in range(3)]

    assert statuses == [200, 200, 429]


def test_a_token_shares_the_rest_beyond_its_reservation(
    account: Account, pages: dict[str, Any]
) -> None:
    assert reserve(account, pages, amount=15).status == 200
    job = account.token(["test"])

    assert sequence(account, pages["token"], 18) == [200] * 18
    assert sequence(account, job, 3) == [200] * 2 + [429]
    assert sequence(account, pages["token"], 1) == [429]


def test_requests_within_a_reservation_leave_the_rest_to_others(
    account: Account, pages: dict[str, Any]
) -> None:
    assert reserve(account, pages, amount=10).status == 200
    job = account.token(["test"])

    assert sequence(account, pages["token"], 10) == [200] * 10
    assert sequence(account, job, 11) == [200] * 10 + [429]


def test_others_get_nothing_when_everything_is_reserved(
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


def test_ratelimit_headers_state_what_the_caller_can_use(
    account: Account, pages: dict[str, Any]
) -> None:
    assert reserve(account, pages, amount=15).status == 200

    for token, limit in ((account.token(["test"]), 5), (pages["token"], 20)):
        answer = account.proxied(token)
        assert f'"policy";q={limit};w={HOUR}' in (answer.get("RateLimit-Policy") or "")
    job, own = account.proxied(account.token(["test"])), account.proxied(pages["token"])
    assert '"policy";r=3;' in (job.get("RateLimit") or "")
    assert '"policy";r=16;' in (own.get("RateLimit") or "")


def test_a_reservation_is_complete_again_in_the_next_window(
    environment: dict[str, str], place: Place
) -> None:
    clock = Clock()
    account = Account(lambda_client(another_app(environment, clock)))
    account.key(place)
    assert set_policy(account, 4, 10).status == 200
    pages, job = account.token_details(["test"]), account.token(["test"])
    assert reserve(account, pages, amount=3).status == 200
    for _ in range(3):
        assert sequence(account, job, 2) == [200, 429]
        assert sequence(account, pages["token"], 4) == [200] * 3 + [429]
        clock.now += 10.001


def test_of_500_concurrent_calls_each_token_gets_its_reservation(
    account: Account, place: Place
) -> None:
    account.key(place)
    assert set_policy(account, 120).status == 200
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


def test_a_caller_at_full_speed_leaves_exactly_what_is_reserved(
    account: Account, place: Place
) -> None:
    account.key(place)
    assert set_policy(account, 60).status == 200
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


def test_a_reservation_applies_in_every_process(
    app: App, environment: dict[str, str], place: Place
) -> None:
    here, there = Account(lambda_client(app)), lambda_client(another_app(environment))
    here.key(place)
    job, pages = here.token(["test"]), here.token_details(["test"])
    bearer = [("Authorization", f"Bearer {job}")]
    assert set_policy(here, 10).status == 200
    assert there.request("GET", "/proxy/test/x", bearer).status == 200
    assert reserve(here, pages, amount=7).status == 200

    statuses = [there.request("GET", "/proxy/test/x", bearer).status for _ in range(3)]

    assert statuses == [200, 200, 429], "one was used before, and 7 of 10 are reserved"
    assert sequence(here, job, 1) == [429]
    path = f"/api/rate-limits/test/reservations/{pages['token_id']}"
    assert here.call("DELETE", path).status == 204
    assert there.request("GET", "/proxy/test/x", bearer).status == 200
    assert sequence(here, pages["token"], 7) == [200] * 6 + [429]

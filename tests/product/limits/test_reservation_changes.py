"""Reservations that change, or whose token changes, during a window."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from api.errors import Problem
from api.schemas.limits import SetReservation
from api.services.audit.trail import AuditTrail
from api.services.limits.reservations import ReservationService
from api.storage.tokens import Token, Tokens
from api.wiring import Storage
from tests.support.accounts import Account, problem
from tests.support.audit import a_trail
from tests.support.products import Clock, another_app, lambda_client, storage_of
from tests.support.reservations import reserve, sequence, set_policy, view
from tests.support.upstream import Place


def test_a_new_reservation_applies_to_the_rest_of_the_window(
    account: Account, pages: dict[str, Any]
) -> None:
    job = account.token(["test"])
    assert sequence(account, job, 8) == [200] * 8
    assert sequence(account, pages["token"], 2) == [200] * 2

    assert reserve(account, pages, amount=6).status == 200

    assert view(account)["unreserved_remaining"] == 4
    assert sequence(account, job, 5) == [200] * 4 + [429]
    assert sequence(account, pages["token"], 7) == [200] * 6 + [429]


def test_a_second_reservation_applies_to_the_rest_of_the_window(
    account: Account, pages: dict[str, Any]
) -> None:
    job, mail = account.token(["test"]), account.token_details(["test"])
    assert reserve(account, pages, amount=5).status == 200
    assert sequence(account, pages["token"], 3) + sequence(account, job, 4) == [200] * 7

    assert reserve(account, mail, amount=6).status == 200

    assert sequence(account, job, 6) == [200] * 5 + [429]
    assert sequence(account, mail["token"], 7) == [200] * 6 + [429]
    assert sequence(account, pages["token"], 3) == [200] * 2 + [429]


def test_a_reservation_can_be_increased_and_reduced_during_a_window(
    account: Account, pages: dict[str, Any]
) -> None:
    job = account.token(["test"])
    assert reserve(account, pages, amount=18).status == 200
    assert sequence(account, job, 3) == [200, 200, 429]
    assert reserve(account, pages, amount=16).status == 200
    assert sequence(account, job, 3) == [200, 200, 429]
    assert reserve(account, pages, amount=17).status == 200
    assert sequence(account, job, 1) == [429]
    assert sequence(account, pages["token"], 17) == [200] * 16 + [429]


def test_a_reused_slot_counts_from_zero(account: Account, pages: dict[str, Any]) -> None:
    job, mail = account.token(["test"]), account.token_details(["test"])
    assert reserve(account, pages, amount=10).status == 200
    assert sequence(account, pages["token"], 4) == [200] * 4
    path = f"/api/rate-limits/test/reservations/{pages['token_id']}"
    assert account.call("DELETE", path).status == 204

    assert reserve(account, mail, amount=12).status == 200

    assert view(account)["reservations"][0]["used"] == 0
    assert sequence(account, job, 5) == [200] * 4 + [429]
    assert sequence(account, mail["token"], 13) == [200] * 12 + [429]


def test_revoking_a_token_frees_its_reservation_and_keeps_the_count(
    account: Account, pages: dict[str, Any]
) -> None:
    job = account.token(["test"])
    assert reserve(account, pages, amount=15).status == 200
    assert sequence(account, job, 6) == [200] * 5 + [429]

    assert account.call("DELETE", f"/api/tokens/{pages['token_id']}").status == 204

    assert view(account)["reservations"] == []
    assert sequence(account, job, 16) == [200] * 15 + [429]


def test_the_reservation_of_an_expired_token_ends(
    environment: dict[str, str], place: Place
) -> None:
    clock = Clock()
    account = Account(lambda_client(another_app(environment, clock)))
    account.key(place)
    assert set_policy(account, 10).status == 200
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


def test_a_prolonged_token_keeps_its_reservation(environment: dict[str, str], place: Place) -> None:
    clock = Clock()
    account = Account(lambda_client(another_app(environment, clock)))
    account.key(place)
    assert set_policy(account, 10).status == 200
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


class Changing(Tokens):
    """Tokens of which one is changed right after the first read."""

    def __init__(self, storage: Storage, change: Callable[[Token], object]) -> None:
        super().__init__(storage.table, storage.users, storage.counters)
        self._change: Callable[[Token], object] | None = change

    def get(self, username: str, token_id: str) -> Token | None:
        found = super().get(username, token_id)
        change, self._change = self._change, None
        if found is not None and change is not None:
            change(found)
        return found


def reservations(storage: Storage, tokens: Tokens) -> ReservationService:
    return ReservationService(
        storage.pools, storage.policies, tokens, storage.usage, time.time, lambda *_: None
    )


def recorded(storage: Storage) -> AuditTrail:
    return a_trail(storage.table, time.time(), "reservation.update")


def test_a_token_revoked_concurrently_gets_no_reservation(
    account: Account, pages: dict[str, Any], environment: dict[str, str]
) -> None:
    path = f"/api/tokens/{pages['token_id']}"
    storage = storage_of(environment)
    tokens = Changing(storage, lambda _: account.call("DELETE", path))

    with pytest.raises(Problem, match="no such token"):
        reservations(storage, tokens).set(
            account.username, "test", pages["token_id"], SetReservation(amount=5), recorded(storage)
        )

    assert view(account)["reserved"] == 0


def test_a_reservation_has_the_expiry_that_its_token_got_concurrently(
    account: Account, pages: dict[str, Any], environment: dict[str, str]
) -> None:
    path = f"/api/tokens/{pages['token_id']}"
    storage = storage_of(environment)
    tokens = Changing(storage, lambda _: account.call("PATCH", path, {"expires_in": 600}))

    reservations(storage, tokens).set(
        account.username, "test", pages["token_id"], SetReservation(amount=5), recorded(storage)
    )

    (token,) = account.call("GET", "/api/tokens").json["items"]
    (reserved,) = token["reservations"]
    assert token["expires_at"] is not None
    assert reserved["expires_at"] == token["expires_at"]


def test_an_interrupted_revocation_can_be_finished(
    account: Account, pages: dict[str, Any], environment: dict[str, str]
) -> None:
    assert reserve(account, pages, amount=5).status == 200
    assert storage_of(environment).tokens.delete(account.username, pages["token_id"])

    answer = account.call("DELETE", f"/api/tokens/{pages['token_id']}")

    problem(answer, 404, "token_not_found")
    assert view(account)["reserved"] == 0

"""Rotation: a token gets a new text, and the old one ends after an overlap (S19)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from api.wiring import Storage
from tests.product.tokens.sources import Sources
from tests.support.accounts import Account, problem
from tests.support.upstream import Place

SAME = ("token_id", "name", "apis", "methods", "path_prefixes", "created_at", "expires_at",
        "limit", "window", "allowed_ips", "rehearsal")  # fmt: skip


def refused(answer: Any) -> str:
    """Assert that a text has ended, and return why."""
    detail: str = problem(answer, 401, "authentication_required")["detail"]
    return detail


def test_s19_both_texts_work_until_the_overlap_ends(sources: Sources) -> None:
    made = sources.account.token_details(expires_in=10**6, methods=["GET"])
    rotated = sources.rotate(made["token_id"], overlap=60)
    assert {name: rotated[name] for name in SAME} == {name: made[name] for name in SAME}
    assert rotated["token"] != made["token"]
    assert rotated["hint"] == "…" + rotated["token"][-4:]
    until = int(sources.clock.now) + 60
    assert rotated["previous"] == {"expires_at": until, "last_used_at": None}
    sources.clock.now = until - 0.5
    for text in (made["token"], rotated["token"]):
        assert sources.call(text).status == 200
        assert sources.account.client.call("GET", "/api/token", token=text).status == 200
    sources.clock.now = until
    assert "was replaced" in refused(sources.call(made["token"]))
    refused(sources.account.client.call("GET", "/api/token", token=made["token"]))
    assert sources.call(rotated["token"]).status == 200
    assert sources.seen(made["token_id"])["previous"] is None


def test_the_overlap_is_a_day_unless_another_is_given(sources: Sources) -> None:
    made = sources.account.token_details()
    path = f"/api/tokens/{made['token_id']}/rotate"
    answer = sources.account.call("POST", path)
    assert answer.json["previous"]["expires_at"] == int(sources.clock.now) + 86_400
    made = sources.account.token_details(expires_in=50)
    rotated = sources.rotate(made["token_id"])
    assert rotated["previous"]["expires_at"] == made["expires_at"] == rotated["expires_at"]


@pytest.mark.parametrize("overlap", [-1, 604_801, "60", 1.5, True, None])
def test_s26_an_overlap_is_at_most_seven_days(owner: Account, overlap: Any) -> None:
    path = f"/api/tokens/{owner.token_details()['token_id']}/rotate"
    answer = owner.call("POST", path, {"overlap": overlap})
    problem(answer, 422, "invalid_field", "overlap")
    assert owner.call("POST", path, {"overlap": 604_800}).status == 200


def test_s19_without_an_overlap_the_old_text_ends_at_once(sources: Sources) -> None:
    made = sources.account.token_details()
    assert sources.call(made["token"]).status == 200
    rotated = sources.rotate(made["token_id"], overlap=0)
    assert rotated["previous"] is None
    refused(sources.call(made["token"]))
    assert sources.call(rotated["token"]).status == 200


def test_s19_a_further_rotation_ends_the_older_text(sources: Sources) -> None:
    first = sources.account.token_details()
    second = sources.rotate(first["token_id"])
    third = sources.rotate(first["token_id"])
    refused(sources.call(first["token"]))
    assert [sources.call(made["token"]).status for made in (second, third)] == [200, 200]


def test_s19_the_overlap_can_be_ended(sources: Sources) -> None:
    made = sources.account.token_details()
    rotated = sources.rotate(made["token_id"])
    path = f"/api/tokens/{made['token_id']}/previous"
    for _ in range(2):
        assert sources.account.call("DELETE", path).status == 204
    refused(sources.call(made["token"]))
    assert sources.call(rotated["token"]).status == 200
    assert sources.seen(made["token_id"])["previous"] is None


def test_s19_a_revoked_token_ends_with_both_texts(sources: Sources) -> None:
    made = sources.account.token_details()
    rotated = sources.rotate(made["token_id"])
    path = f"/api/tokens/{made['token_id']}"
    assert sources.account.call("DELETE", path).status == 204
    for text in (made["token"], rotated["token"]):
        assert "revoked" in refused(sources.call(text))
    for method, end in (("POST", "rotate"), ("DELETE", "previous")):
        problem(sources.account.call(method, f"{path}/{end}"), 404, "token_not_found")


def test_s23_only_the_owner_rotates_a_token(sources: Sources, environment: Any) -> None:
    stranger = Account(sources.account.client)
    path = f"/api/tokens/{sources.account.token_details()['token_id']}"
    problem(stranger.call("POST", f"{path}/rotate"), 404, "token_not_found")
    problem(stranger.call("DELETE", f"{path}/previous"), 404, "token_not_found")


def test_an_expired_token_cannot_be_rotated(sources: Sources) -> None:
    made = sources.account.token_details(expires_in=60)
    sources.clock.now = made["expires_at"]
    path = f"/api/tokens/{made['token_id']}"
    document = problem(sources.account.call("POST", f"{path}/rotate"), 409, "token_expired")
    assert "expires_in" in document["detail"]
    assert sources.account.call("PATCH", path, {"expires_in": 60}).status == 200
    rotated = sources.rotate(made["token_id"], overlap=10)
    assert sources.call(rotated["token"]).status == sources.call(made["token"]).status == 200


def test_of_rotations_at_the_same_time_each_text_that_was_shown_is_valid_or_ended_by_a_later(
    server: Any, place: Place
) -> None:
    account = Account(server)
    account.key(place)
    made = account.token_details()
    path = f"/api/tokens/{made['token_id']}/rotate"
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: account.call("POST", path), range(8)))
    for answer in answers:
        if answer.status != 200:
            problem(answer, 409, "conflict")
    texts = [answer.json["token"] for answer in answers if answer.status == 200]
    valid = [text for text in texts if account.proxied(text).status == 200]
    assert texts and len(valid) == min(2, len(texts))


@pytest.mark.parametrize("changed", [False, True])
def test_a_limit_goes_on_counting_for_both_texts(sources: Sources, changed: bool) -> None:
    made = sources.account.token_details(limit=4, window=100)
    if changed:
        path = f"/api/tokens/{made['token_id']}"
        sources.account.call("PATCH", path, {"limit": 5, "window": 200})
        sources.account.call("PATCH", path, {"limit": 4, "window": 100})
    sources.clock.now += 30.4567
    assert sources.call(made["token"]).status == 200
    rotated = sources.rotate(made["token_id"])
    for text in (rotated["token"], made["token"], rotated["token"]):
        assert sources.call(text).status == 200
    for text in (made["token"], rotated["token"]):
        problem(sources.call(text), 429, "token_rate_limited")
        described = sources.account.client.call("GET", "/api/token", token=text).json
        assert (described["remaining"], 0 < described["reset_in"] <= 70) == (0, True)
    sources.clock.now += 70
    assert sources.call(rotated["token"]).status == 200


@pytest.mark.parametrize("used", [1, 0])
def test_the_limit_of_a_token_of_an_older_version_goes_on_counting(
    sources: Sources, storage: Storage, used: int
) -> None:
    made = sources.account.token_details(limit=2, window=100)
    key = f"USER#{sources.account.username}", f"TOKEN#{made['token_id']}"
    storage.table.run(storage.table.update_op(*key, "REMOVE limit_since"))
    sources.clock.now += 5.25
    for _ in range(used):
        assert sources.call(made["token"]).status == 200
    rotated = sources.rotate(made["token_id"])
    assert sources.call(made["token"]).status == 200
    assert sources.call(rotated["token"]).status == (429 if used else 200)
    problem(sources.call(made["token"]), 429, "token_rate_limited")


def test_a_reservation_and_a_limit_that_was_removed_stay(sources: Sources) -> None:
    account = sources.account
    made = account.token_details(limit=1, window=3600)
    account.call("PATCH", f"/api/tokens/{made['token_id']}", {"limit": None, "window": None})
    limit = {"limit": 3, "window": 3600}
    assert account.call("PUT", "/api/rate-limits/test", limit).status == 200
    path = f"/api/rate-limits/test/reservations/{made['token_id']}"
    assert account.call("PUT", path, {"amount": 2}).status == 200
    rotated = sources.rotate(made["token_id"])
    assert rotated["reservations"][0]["amount"] == 2
    other = account.token()
    assert sources.call(other).status == 200
    problem(sources.call(other), 429, "rate_limited")
    assert [sources.call(one["token"]).status for one in (made, rotated)] == [200, 200]


def test_the_last_use_of_the_old_text_since_the_rotation_is_shown(sources: Sources) -> None:
    sources.clock.now = sources.clock.now // 3600 * 3600 + 10
    made = sources.account.token_details()
    token_id = made["token_id"]
    assert sources.call(made["token"]).status == 200
    second = sources.rotate(token_id)
    sources.clock.now += 10
    assert sources.call(second["token"]).status == 200
    assert sources.seen(token_id)["previous"]["last_used_at"] is None
    sources.clock.now += 10
    used = int(sources.clock.now)
    assert sources.call(made["token"]).status == 200
    sources.clock.now += 10
    assert sources.call(second["token"]).status == 200
    seen = sources.seen(token_id)
    assert seen["previous"]["last_used_at"] == used
    assert seen["last_used_at"] == used + 10
    assert [one["client"] for one in seen["clients"]] == ["none"]
    sources.clock.now += 3600
    assert sources.call(second["token"]).status == 200  # moves the hour
    assert sources.seen(token_id)["previous"]["last_used_at"] == used
    third = sources.rotate(token_id)
    assert sources.seen(token_id)["previous"]["last_used_at"] is None
    assert sources.call(second["token"]).status == 200
    assert sources.seen(token_id)["previous"]["last_used_at"] == int(sources.clock.now)
    assert sources.call(third["token"]).status == 200


def test_the_last_use_of_an_old_text_is_that_text_alone(sources: Sources, storage: Storage) -> None:
    """Rotated twice within an hour and used in between, also beyond what the hour's item lists."""
    for other in [sources.account.token() for _ in range(8)]:
        assert sources.call(other).status == 200
    first = sources.account.token_details()
    second = sources.rotate(first["token_id"])
    assert sources.call(first["token"]).status == 200
    seen = sources.seen(first["token_id"])["previous"]
    assert seen["last_used_at"] == int(sources.clock.now)
    sources.rotate(first["token_id"])
    assert sources.seen(first["token_id"])["previous"]["last_used_at"] is None
    assert sources.call(second["token"]).status == 200
    seen = sources.seen(first["token_id"])["previous"]
    assert seen["last_used_at"] == int(sources.clock.now)
    key = f"USER#{sources.account.username}", f"TOKEN#{first['token_id']}"
    item = storage.table.get(*key)
    assert item is not None
    assert sum(name.startswith("u_") for name in item) == 1

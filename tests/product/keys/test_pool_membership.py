"""Pools stay consistent when keys are stored, changed and deleted, also concurrently."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from api.pools import INLINE_KEYS
from api.wiring import Storage
from tests.product.keys.helpers import change_key
from tests.support.accounts import PASSWORD, Account, problem
from tests.support.upstream import Answer, Place


def used_credentials(account: Account, place: Place, times: int) -> set[str]:
    """Return the credentials that a number of calls are made with."""
    before = len(place.received)
    for _ in range(times):
        assert account.call("GET", "/proxy/test/x").status == 200
    return {received.get("Authorization") or "" for received in place.received[before:]}


def test_in_a_large_pool_another_key_replaces_a_deleted_one(
    account: Account, place: Place, storage: Storage
) -> None:
    keys = [account.key(place, secret=f"sk-{number:02d}-0123456789") for number in range(9)]
    order = sorted(keys, key=lambda key: str(key["key_id"]))
    deleted = set()
    for key in order[:-1]:
        assert account.call("DELETE", f"/api/keys/{key['key_id']}").status == 204
        deleted.add(key["key_id"])
        pool = storage.pools.get(account.username, "test")
        assert pool is not None
        alive = {other["key_id"] for other in keys} - deleted
        assert pool.key_ids() <= alive
        assert len(pool.keys) == min(INLINE_KEYS, len(alive))
        assert account.call("GET", "/proxy/test/x").status == 200
    (last,) = (key for key in keys if key["key_id"] not in deleted)
    number = keys.index(last)
    assert used_credentials(account, place, 3) == {f"Bearer sk-{number:02d}-0123456789"}
    assert account.call("DELETE", f"/api/keys/{last['key_id']}").status == 204
    problem(account.call("GET", "/proxy/test/x"), 404, "unknown_api")


def test_keys_of_a_large_pool_can_be_deleted_concurrently(
    account: Account, place: Place, storage: Storage
) -> None:
    keys = [account.key(place) for _ in range(14)]
    with ThreadPoolExecutor(8) as pool:
        statuses = list(
            pool.map(lambda key: account.call("DELETE", f"/api/keys/{key['key_id']}").status, keys)
        )
    for key, status in zip(keys, statuses, strict=True):
        if status == 409:
            assert account.call("DELETE", f"/api/keys/{key['key_id']}").status == 204
        else:
            assert status == 204
    assert account.call("GET", "/api/keys").json["items"] == []
    left = storage.pools.get(account.username, "test")
    assert left is not None and left.keys == ()
    problem(account.call("GET", "/proxy/test/x"), 404, "unknown_api")
    assert place.received == []


def test_keys_stored_concurrently_are_all_in_the_pool(account: Account, place: Place) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(
            pool.map(
                lambda number: account.key(place, secret=f"sk-{number:02d}-01234567"), range(9)
            )
        )
    assert len(account.call("GET", "/api/keys").json["items"]) == 9
    exhausted = Answer(429, headers=[("Retry-After", "600")])
    place.answer(exhausted)
    for _ in range(9):
        account.call("GET", "/proxy/test/x")
    used = {received.get("Authorization") for received in place.received}
    assert used == {f"Bearer sk-{number:02d}-01234567" for number in range(9)}


def test_a_replaced_secret_of_an_overflow_key_is_used(account: Account, place: Place) -> None:
    keys = [account.key(place, secret=f"sk-{number:02d}-0123456789") for number in range(8)]
    for key in keys:
        assert change_key(account, key, secret="sk-renewed-0123456789").status == 200
    for key in keys[:INLINE_KEYS]:
        assert account.call("DELETE", f"/api/keys/{key['key_id']}").status == 204
    assert used_credentials(account, place, 6) == {"Bearer sk-renewed-0123456789"}


def test_concurrent_changes_are_applied_or_refused(account: Account, place: Place) -> None:
    key = account.key(place)
    wanted = [f"sk-{number:02d}-0123456789-{number:04d}" for number in range(12)]
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda secret: change_key(account, key, secret=secret), wanted))
    assert {answer.status for answer in answers} <= {200, 409}
    assert [answer.status for answer in answers].count(200) >= 1
    shown = account.call("GET", f"/api/keys/{key['key_id']}").json
    (used,) = used_credentials(account, place, 3)
    assert used.endswith(shown["hint"][1:])
    applied = [
        secret for secret, answer in zip(wanted, answers, strict=True) if answer.status == 200
    ]
    assert used.removeprefix("Bearer ") in applied


def test_concurrent_changes_of_different_fields_are_all_applied(
    account: Account, place: Place
) -> None:
    key = account.key(place)
    changes = [{"description": "new"}, {"secret": "sk-new-0123456789abcd"},
               {"auth": {"scheme": "header", "name": "X-Key"}}]  # fmt: skip
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda members: change_key(account, key, **members), changes))
    assert [answer.status for answer in answers] == [200] * 3
    shown = account.call("GET", f"/api/keys/{key['key_id']}").json
    assert (shown["description"], shown["hint"]) == ("new", "…abcd")
    assert shown["auth"]["name"] == "X-Key"
    assert account.call("GET", "/proxy/test/x").status == 200
    assert place.last.get("X-Key") == "sk-new-0123456789abcd"


def test_a_key_can_be_changed_and_deleted_concurrently(account: Account, place: Place) -> None:
    for _ in range(4):
        key = account.key(place)
        with ThreadPoolExecutor(2) as pool:
            changed = pool.submit(change_key, account, key, secret="sk-new-0123456789")
            deleted = pool.submit(account.call, "DELETE", f"/api/keys/{key['key_id']}")
        assert changed.result().status in (200, 404, 409)
        assert deleted.result().status == 204
        problem(account.call("GET", f"/api/keys/{key['key_id']}"), 404, "key_not_found")
        problem(account.call("GET", "/proxy/test/x"), 404, "unknown_api")


def test_no_key_is_stored_in_an_account_that_is_being_deleted(
    account: Account, place: Place, storage: Storage
) -> None:
    """Keys and limits stored during the deletion are refused or deleted with the account."""
    with ThreadPoolExecutor(8) as pool:
        body = {"base_url": place.url, "auth": {"scheme": "bearer"}, "secret": "sk-0123456789",
                "api_name": "test"}  # fmt: skip
        made = [pool.submit(account.call, "POST", "/api/keys", body) for _ in range(4)]
        ended = pool.submit(account.call, "DELETE", "/api/me", {"password": PASSWORD})
        made += [pool.submit(account.call, "POST", "/api/keys", body) for _ in range(6)]
        limit = {"limit": 5, "window": 60}
        put = [pool.submit(account.call, "PUT", f"/api/rate-limits/r{number}", limit)
               for number in range(6)]  # fmt: skip
    assert ended.result().status == 204
    assert {each.result().status for each in made} <= {201, 401, 409}
    assert {each.result().status for each in put} <= {200, 401, 409}
    left = storage.table.query_all(f"USER#{account.username}")
    assert [item["SK"] for item in left if item["SK"].startswith("APIKEY#")] == []

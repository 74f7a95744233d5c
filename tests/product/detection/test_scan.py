"""Scans find what accounts with targets are to know, once, and read nothing of the others."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from api.settings import read_settings
from api.wiring import build_storage
from api.wiring.detection import build_event_scan
from tests.product.detection.conftest import ScannedProduct, add_target, titles
from tests.support.accounts import Account
from tests.support.products import keep
from tests.support.upstream import Answer, Place

HOUR = 3600
DAY = 86_400
OUT = "test: the quota of requests has run out"


def quota(remaining: int, reset: int) -> Answer:
    """Return a response that reports a quota of 1,000 requests, reset at a time."""
    return Answer(
        headers=[
            ("X-RateLimit-Limit", "1000"),
            ("X-RateLimit-Remaining", str(remaining)),
            ("X-RateLimit-Reset", str(reset)),
        ]
    )


def refuse(account: Account, place: Place) -> None:
    """Store a key that its provider refuses, and use it."""
    account.key(place)
    place.answer(Answer(401))
    assert account.proxied(account.token()).status == 401


def test_without_targets_a_scan_is_one_query(product: ScannedProduct, place: Place) -> None:
    refuse(product.account(), place)
    product.recording.clear()
    assert product.scan_after() == 0
    (trip,) = product.recording.trips
    ((operation, payload),) = trip.calls
    assert (operation, payload["IndexName"]) == ("Query", "GSI1")


def test_only_accounts_with_targets_are_read(product: ScannedProduct, place: Place) -> None:
    other, account = product.account(), product.account()
    refuse(other, place)
    add_target(account, place)
    product.recording.clear()
    assert product.scan_after() == 0
    sent = str([trip.calls for trip in product.recording.trips])
    assert account.username in sent and other.username not in sent


def test_only_what_a_target_wants_is_read(product: ScannedProduct, place: Place) -> None:
    account = product.account()
    add_target(account, place, events=["backup", "sign_in"])
    product.recording.clear()
    product.scan_after()
    operations = [name for trip in product.recording.trips for name in trip.operations]
    # The query of the index, and the position of the last scan.
    assert operations == ["Query", "GetItem"]


def test_a_quota_is_forecast_and_runs_out_once_for_each_reset(
    product: ScannedProduct, place: Place
) -> None:
    account = product.account()
    add_target(account, place)
    account.key(place)
    token = account.token()
    reset = int(product.clock.now) + HOUR
    queued = []
    for remaining in (500, 400, 300, 0, 0):
        place.answer(quota(remaining, reset))
        product.clock.now += 20
        account.proxied(token)
        queued += [product.scan_after(), product.scan_after()]
    assert queued == [0, 0, 1, 0, 0, 0, 1, 0, 0, 0]
    assert titles(account) == ["test: the quota of requests will run out", OUT]
    # The next window.
    product.clock.now = reset + 60
    account.sign_in()
    place.answer(quota(0, reset + HOUR))
    account.proxied(token)
    assert (product.scan_after(), product.scan_after()) == (1, 0)
    assert titles(account)[2:] == [OUT]


def test_a_refused_key_is_notified_again_after_it_has_worked(
    product: ScannedProduct, place: Place
) -> None:
    account = product.account()
    add_target(account, place)
    refuse(account, place)
    assert [product.scan_after(), product.scan_after(), product.scan_after(400)] == [1, 0, 0]
    token = account.token()
    for status, queued in [(401, 0), (200, 0), (401, 1)]:
        place.answer(Answer(status))
        account.proxied(token)
        assert product.scan_after() == queued
    assert titles(account) == ["test: a key is refused"] * 2


def test_a_failed_check_is_notified(product: ScannedProduct, place: Place) -> None:
    account = product.account()
    add_target(account, place)
    key = account.key(place, provider="openai", check_every=HOUR)
    place.answer(Answer(503))
    assert account.call("POST", f"/api/keys/{key['key_id']}/check").json["outcome"] == "unexpected"
    assert [product.scan_after(), product.scan_after()] == [1, 0]
    assert titles(account) == ["test: the check of a key failed"]


@pytest.mark.parametrize("spent", [(3, 1, 5, 1), (9, 1)])
def test_a_budget_is_notified_for_its_highest_threshold(
    product: ScannedProduct, place: Place, spent: tuple[int, ...]
) -> None:
    account = product.account()
    add_target(account, place)
    account.key(place)
    rules = {"rules": [{"per_call_usd": 1}]}
    assert account.call("PUT", "/api/prices/test", rules).status == 200
    body = {"scope": {"type": "api", "api_name": "test"}, "period": "month", "amount_usd": 10}
    assert account.call("POST", "/api/budgets", body).status == 201
    token = account.token()
    seen = []
    for calls in spent:
        for _ in range(calls):
            assert account.proxied(token).status == 200
        seen.append((product.scan_after(), product.scan_after()))
    at = [f"The month budget of test is at {percent} %" for percent in (50, 80)]
    full = ["The month budget of test is spent"]
    if len(spent) == 2:
        assert (seen, titles(account)) == ([(1, 0), (1, 0)], at[1:] + full)
    else:
        assert (seen, titles(account)) == ([(0, 0), (0, 0), (1, 0), (1, 0)], at[1:] + full)


def test_a_token_that_expires_is_notified_twice(product: ScannedProduct, place: Place) -> None:
    account = product.account()
    add_target(account, place)
    account.token(expires_in=30 * DAY)
    account.token(expires_in=600)
    days = [product.scan_after(DAY) for _ in range(30)]
    assert [day for day, queued in enumerate(days, start=1) if queued] == [23, 29]
    account.sign_in()
    # The notifications of a week ago are still listed.
    assert titles(account) == [
        "The token “t” expires in 7 days", "The token “t” expires in less than a day"
    ]  # fmt: skip


def test_a_token_used_from_a_new_network_is_notified(product: ScannedProduct, place: Place) -> None:
    account = product.account()
    add_target(account, place)
    account.key(place)
    token = account.token()
    account.proxied(token)
    assert product.scan_after() == 0
    product.clock.now += 60
    elsewhere = product.account("198.51.100.9")
    assert elsewhere.proxied(token).status == 200
    assert [product.scan_after(), product.scan_after()] == [1, 0]
    (item,) = account.call("GET", "/api/notifications").json["items"]
    assert "was used from 198.51.100.9 at" in item["text"]


def test_parallel_scans_and_restarts_notify_once(product: ScannedProduct, place: Place) -> None:
    account = product.account()
    add_target(account, place)
    refuse(account, place)

    def scan(_number: int) -> int:
        storage = build_storage(read_settings(product.environment))
        keep(storage)
        return build_event_scan(storage, product.clock).run()

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(scan, range(16))) == 1
    # A process that was killed after it had queued the notification, but before it noted that.
    noted = product.storage.table.get(f"USER#{account.username}", "NOTED")
    assert noted is not None
    product.storage.table.delete_keys([(noted["PK"], noted["SK"])])
    assert [scan(0), scan(1)] == [0, 0]
    assert titles(account) == ["test: a key is refused"]


def test_a_scan_goes_on_where_the_last_one_stopped(product: ScannedProduct, place: Place) -> None:
    accounts = [product.account() for _ in range(5)]
    for account in accounts:
        add_target(account, place)
        refuse(account, place)
        place.answer(Answer())
    # The time ends with the first account, whichever it is.
    assert [product.scan.run(0) for _ in range(3)] == [0, 0, 0]
    steps = 0
    queued = 0
    ticks = iter(range(10_000))
    with pytest.MonkeyPatch.context() as patch:
        # Each look at the clock takes a second.
        patch.setattr("api.detection.scan.monotonic", lambda: float(next(ticks)))
        while queued < len(accounts):
            queued += product.scan.run(3)
            steps += 1
            assert steps < 10
    assert steps == 3
    assert sorted(titles(account) for account in accounts) == [["test: a key is refused"]] * 5
    product.scan.run()
    product.recording.clear()
    product.scan.run()
    assert "PutItem" not in product.recording.operations()


def test_an_account_that_cannot_be_read_does_not_prevent_others(
    product: ScannedProduct, place: Place
) -> None:
    accounts = [product.account() for _ in range(3)]
    for account in accounts:
        add_target(account, place)
        refuse(account, place)
        place.answer(Answer())
    broken = accounts[1]
    product.storage.table.run(
        product.storage.table.put_op(
            {"PK": f"USER#{broken.username}", "SK": "NOTED", "revision": 1, "findings": "{"}
        )
    )
    assert product.scan_after() == 2


def test_a_disabled_or_deleted_target_and_account_are_not_scanned(
    product: ScannedProduct, place: Place
) -> None:
    account, gone = product.account(), product.account()
    target = add_target(account, place, enabled=False)
    add_target(gone, place)
    for one in (account, gone):
        refuse(one, place)
        place.answer(Answer())
    password = {"password": "a long enough passphrase"}
    assert gone.call("DELETE", "/api/me", password).status == 204
    assert product.scan_after() == 0
    path = f"/api/notifications/targets/{target['target_id']}"
    assert account.call("PATCH", path, {"enabled": True}).status == 200
    assert product.scan_after() == 1
    assert account.call("DELETE", path).status == 204
    place.answer(Answer(429, [("Retry-After", "3600")]))
    account.proxied(account.token())
    assert product.scan_after() == 0

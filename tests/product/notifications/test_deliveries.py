"""Deliveries: once, again after failures, given up after a day, and never twice at once."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from api.notifications.outbox import MAX_IN_HOUR
from api.wiring.notifications import build_notification_run
from tests.product.notifications.notifying import TARGETS, NotifyingProduct
from tests.support.recording import RecordingClient
from tests.support.upstream import Answer, Place, Upstream

DAY = 86_400


def delivery_of(product: NotifyingProduct, target: Mapping[str, str]) -> Any:
    (found,) = [
        delivery
        for one in product.listed()
        for delivery in one["deliveries"]
        if delivery["target_id"] == target["target_id"]
    ]
    return found


def test_a_notification_is_delivered_once(product: NotifyingProduct) -> None:
    target = product.target()
    assert product.notify() and not product.notify()
    assert delivery_of(product, target)["state"] == "waiting"
    assert product.deliver() == 1
    assert product.deliver(after=DAY) == 0
    assert delivery_of(product, target) == {
        "target_id": target["target_id"],
        "state": "delivered",
        "attempts": 1,
        "detail": "The server responded 200 (OK).",
    }
    last = product.read(target)["last_delivery"]
    assert last["delivered"] and last["detail"] == "The server responded 200 (OK)."


def test_a_failed_delivery_is_repeated_with_the_same_id(product: NotifyingProduct) -> None:
    target = product.target()
    product.place.answer(Answer(503))
    product.notify()
    assert product.deliver() == 1
    assert product.read(target)["failing_since"] == int(product.clock.now)
    assert product.deliver(after=59) == 0
    assert product.deliver(after=1) == 1
    product.place.answer(Answer(204))
    assert product.deliver(after=60) == 0
    assert product.deliver(after=60) == 1
    assert len({received.get("webhook-id") for received in product.place.received}) == 1
    times = [int(received.get("webhook-timestamp") or 0) for received in product.place.received]
    assert times == sorted(set(times))
    found = product.read(target)
    assert found["failing_since"] is None and found["last_delivery"]["delivered"]
    assert delivery_of(product, target)["attempts"] == 3


def test_a_target_that_asks_to_wait_is_not_called_before(product: NotifyingProduct) -> None:
    product.target()
    product.place.answer(Answer(429, [("Retry-After", "600")]))
    product.notify()
    assert product.deliver() == 1
    assert product.deliver(after=599) == 0
    assert product.deliver(after=1) == 1


def test_a_target_that_is_gone_is_not_tried_again(product: NotifyingProduct) -> None:
    target = product.target()
    product.place.answer(Answer(410))
    product.notify()
    assert product.deliver() == 1
    assert product.deliver(after=3600) == 0
    assert delivery_of(product, target)["state"] == "given_up"


def test_a_target_that_fails_for_a_day_is_given_up_and_reported_once(
    product: NotifyingProduct,
) -> None:
    def behave(received: object, _socket: object) -> Answer:
        return Answer(500 if "bad" in received.target else 200)  # type: ignore[attr-defined]

    product.place.behaviour = behave
    bad = product.target(address=f"{product.place.url}/bad", events=["quota", "key"])
    product.target(address=f"{product.place.url}/good", events=["backup"])
    start = product.clock.now
    product.notify()
    product.notify(event="key")
    while product.clock.now < start + DAY + 3600:
        product.deliver(after=300)
    good = [one for one in product.place.received if "good" in one.target]
    assert [b'"type":"target"' in one.body for one in good] == [True]
    assert b"My webhook" in good[0].body and b"500" in good[0].body
    attempts = len(product.place.received) - len(good)
    assert 14 <= attempts <= 32
    found = [one for one in product.listed() if one["event"] in ("quota", "key")]
    assert len(found) == 2
    for one in found:
        (delivery,) = one["deliveries"]
        assert (delivery["target_id"], delivery["state"]) == (bad["target_id"], "given_up")
        assert delivery["detail"] == "The server responded 500 (Internal Server Error)."
    assert product.read(bad)["failing_since"] == int(start + 300)
    assert product.deliver(after=DAY) == 0


def test_two_runs_at_once_never_send_twice(product: NotifyingProduct) -> None:
    for number in range(4):
        product.target(address=f"{product.place.url}/{number}")
    for number in range(5):
        product.notify(subject=f"key-{number}")
    runs = [product.run, *(build_notification_run(product.shared) for _ in range(3))]
    start = threading.Barrier(len(runs))

    def run(number: int) -> int:
        start.wait()
        return runs[number].run()

    with ThreadPoolExecutor(len(runs)) as threads:
        done = list(threads.map(run, range(len(runs))))
    sent = [(one.target, one.get("webhook-id")) for one in product.place.received]
    assert (len(sent), len(set(sent)), sum(done)) == (20, 20, 20)


def test_a_hanging_target_does_not_delay_others(product: NotifyingProduct) -> None:
    released, reached = threading.Event(), threading.Event()

    def behave(received: object, _socket: object) -> Answer:
        if "hang" in received.target:  # type: ignore[attr-defined]
            released.wait(20)
        else:
            reached.set()
        return Answer()

    product.place.behaviour = behave
    product.target(address=f"{product.place.url}/hang")
    product.target(address=f"{product.place.url}/well")
    for number in range(3):
        product.notify(subject=f"key-{number}")
    runner = threading.Thread(target=product.run.run)
    runner.start()
    try:
        assert reached.wait(5)
        assert runner.is_alive()
    finally:
        released.set()
        runner.join()


def test_a_target_that_never_responds_gets_a_clear_outcome(
    product: NotifyingProduct, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.notifications.web_sender.SECONDS", 0.3)
    released = threading.Event()

    def behave(_received: object, _socket: object) -> None:
        released.wait(20)

    product.place.behaviour = behave
    target = product.target()
    result = product.test(target)
    released.set()
    assert (result["delivered"], result["status"]) == (False, None)
    assert "did not respond within" in result["detail"]


def test_a_run_stops_at_its_time_budget(product: NotifyingProduct) -> None:
    product.target()
    product.notify()
    assert product.run.run(0) == 0
    assert product.place.received == []
    assert product.deliver() == 1


def test_further_notifications_of_an_hour_become_one_message(product: NotifyingProduct) -> None:
    product.clock.now -= product.clock.now % 3600
    product.target()
    for number in range(MAX_IN_HOUR + 40):
        assert product.notify(subject=f"key-{number}")
    assert product.deliver() == MAX_IN_HOUR
    assert product.deliver(after=3600) == 1
    assert product.deliver(after=60) == 0
    last = product.place.last
    assert b"40 more notifications" in last.body and b'"type":"summary"' in last.body
    assert len(product.place.received) == MAX_IN_HOUR + 1
    assert [one["event"] for one in product.listed()].count("summary") == 1


def test_what_waits_for_a_deleted_or_disabled_target_is_not_sent(
    product: NotifyingProduct,
) -> None:
    deleted, disabled = product.target(), product.target()
    product.notify()
    assert product.call("DELETE", f"{TARGETS}/{deleted['target_id']}").status == 204
    path = f"{TARGETS}/{disabled['target_id']}"
    assert product.call("PATCH", path, {"enabled": False}).status == 200
    assert product.deliver() == 0
    assert [delivery["state"] for one in product.listed() for delivery in one["deliveries"]] == [
        "given_up",
        "given_up",
    ]


def test_a_waiting_delivery_goes_to_the_changed_address(product: NotifyingProduct) -> None:
    target = product.target(address=f"{product.place.url}/old")
    product.notify()
    change = {"address": f"{product.place.url}/new"}
    assert product.call("PATCH", f"{TARGETS}/{target['target_id']}", change).status == 200
    assert product.deliver() == 1
    assert product.place.path() == "/new"


def test_a_process_that_is_killed_after_sending_repeats_with_the_same_id(
    product: NotifyingProduct, monkeypatch: pytest.MonkeyPatch
) -> None:
    product.target()
    product.notify()
    with monkeypatch.context() as patched:
        patched.setattr(product.run, "_finish", lambda *arguments: None)
        assert product.deliver() == 1
    assert product.deliver(after=30) == 0
    assert product.deliver(after=30) == 1
    first, second = (one.get("webhook-id") for one in product.place.received)
    assert first == second


def test_an_idle_run_is_one_query(product: NotifyingProduct) -> None:
    product.run.run()
    recording = RecordingClient(product.shared.storage.table.client)
    product.shared.storage.table.client = recording  # type: ignore[assignment]
    assert product.run.run() == 0
    assert [name for trip in recording.trips for name, _ in trip.calls] == ["Query"]


def test_s51_addresses_are_judged_at_each_delivery(
    own_environment: dict[str, str], upstream_server: Upstream, place: Place
) -> None:
    product = NotifyingProduct(own_environment, place)
    target = product.target()
    product.notify()
    later = NotifyingProduct(own_environment, place, API_DASHBOARD_ALLOWED_UPSTREAMS="")
    later.clock = product.clock
    later.run.run()
    assert place.received == []
    detail = product.read(target)["last_delivery"]["detail"]
    assert "must start with https://" in detail


def test_s51_a_redirect_is_not_followed(product: NotifyingProduct) -> None:
    target = product.target(address=f"{product.place.url}/first")
    product.place.answer(Answer(307, [("Location", f"{product.place.url}/second")]))
    result = product.test(target)
    assert (result["delivered"], result["status"]) == (False, 307)
    assert "Redirects are not followed" in result["detail"]
    assert [product.place.path(one) for one in product.place.received] == ["/first"]


def test_a_long_response_is_not_read(product: NotifyingProduct) -> None:
    def pieces() -> object:
        while True:
            yield b"x" * 65_536

    product.place.answer(Answer(200, pieces=pieces))  # type: ignore[arg-type]
    assert product.test(product.target())["delivered"]


def test_after_a_failure_the_target_s_other_deliveries_wait_with_it(
    product: NotifyingProduct,
) -> None:
    product.target()
    product.place.answer(Answer(500))
    for number in range(5):
        product.notify(subject=f"key-{number}")
    assert product.deliver() == 1
    product.place.answer(Answer())
    assert product.deliver(after=59) == 0
    assert product.deliver(after=1) == 5
    attempts = [one["deliveries"][0]["attempts"] for one in product.listed()]
    assert sorted(attempts) == [1, 1, 1, 1, 2]

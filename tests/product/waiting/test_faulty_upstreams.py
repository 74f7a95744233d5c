"""Upstreams that reset connections at every stage, many at once, and workers that are killed."""

from __future__ import annotations

import os
import signal

import pytest

from tests.product.waiting.crowds import SlowApi, User, crowd, until_equal, workers
from tests.support.machine import until

COUNT = 60


@pytest.mark.parametrize("behaviour", ["reset", "close", "reset-in-head"])
def test_upstreams_that_end_before_the_response(user: User, behaviour: str) -> None:
    with crowd(user.machine.port, user.head(behaviour), COUNT) as clients:
        user.everything_answers(calls=1)
        clients.receive(b"upstream_reset")
    assert set(clients.statuses()) == {502}


def test_upstreams_that_reset_in_the_body_end_the_response_early(user: User) -> None:
    with crowd(user.machine.port, user.head("reset-in-body"), COUNT) as clients:
        user.everything_answers(calls=1)
        clients.receive()
    assert set(clients.statuses()) == {200}
    assert not any(data.endswith(b"0\r\n\r\n") for data in clients.received)


def test_calls_that_failed_are_all_in_the_log(user: User) -> None:
    with crowd(user.machine.port, user.head("reset?once"), COUNT) as clients:
        clients.receive(b"upstream_reset")
    entries = user.call("GET", f"/api/requests?limit={COUNT}").json["items"]
    assert [entry["problem"] for entry in entries] == ["upstream_reset"] * COUNT


def test_a_killed_worker_takes_only_its_own_calls_with_it(user: User, slow: SlowApi) -> None:
    with crowd(user.machine.port, user.head("stream?every=0.1"), COUNT) as streams:
        streams.receive(b"rainy")
        before = workers(user.machine)
        os.kill(before[0], signal.SIGKILL)
        until(lambda: before[0] not in workers(user.machine))
        user.everything_answers()
        until(lambda: len(workers(user.machine)) == len(before))
        user.everything_answers()
        left = slow.in_use("stream")
        assert 0 < left < COUNT
        until(lambda: streams.going_on() == left)
        # The other worker's streams go on.
        streams.received = [b"" for _ in streams.clients]
        streams.receive(b"rainy")
        assert streams.going_on() == left
    until_equal(0, slow, "stream")

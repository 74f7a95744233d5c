"""The schedule's run: checks first, and deliveries even if a check hangs."""

from __future__ import annotations

import threading

import pytest

from api.aws_lambda.scheduled import run_scheduled


def test_deliveries_follow_the_checks() -> None:
    order = []

    def checks(seconds: float) -> int:
        order.append(("checks", seconds))
        return 3

    def deliveries(seconds: float) -> int:
        order.append(("deliveries", seconds))
        return 2

    assert run_scheduled(checks, deliveries) == {"checks": 3, "deliveries": 2}
    assert order == [("checks", 7.0), ("deliveries", 7.0)]


def test_deliveries_do_not_wait_for_a_check_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.aws_lambda.scheduled._LONGEST_WAIT", 0.05)
    delivered = threading.Event()

    def checks(seconds: float) -> int:
        assert delivered.wait(20)
        return 1

    def deliveries(seconds: float) -> int:
        delivered.set()
        return 5

    assert run_scheduled(checks, deliveries) == {"checks": 1, "deliveries": 5}

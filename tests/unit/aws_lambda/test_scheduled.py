"""The schedule's run: checks first, and notifications even if a check hangs."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from api.aws_lambda.scheduled import run_scheduled


def noting(order: list[tuple[str, float]], name: str, done: int) -> Callable[[float], int]:
    """Return work that notes its name and time in `order`."""

    def run(seconds: float) -> int:
        order.append((name, seconds))
        return done

    return run


def test_the_scan_and_deliveries_follow_the_checks() -> None:
    order: list[tuple[str, float]] = []
    done = run_scheduled(
        noting(order, "checks", 3), noting(order, "scan", 1), noting(order, "deliveries", 2)
    )
    assert done == {"checks": 3, "notifications": 1, "deliveries": 2}
    assert order == [("checks", 7.0), ("scan", 4.0), ("deliveries", 7.0)]


def test_without_checks_the_rest_has_more_time() -> None:
    order: list[tuple[str, float]] = []
    done = run_scheduled(None, noting(order, "scan", 1), noting(order, "deliveries", 2))
    assert done == {"notifications": 1, "deliveries": 2}
    assert order == [("scan", 7.0), ("deliveries", 7.0)]


def test_notifications_do_not_wait_for_a_check_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.aws_lambda.scheduled._LONGEST_WAIT", 0.05)
    delivered = threading.Event()

    def checks(seconds: float) -> int:
        assert delivered.wait(20)
        return 1

    def deliveries(seconds: float) -> int:
        delivered.set()
        return 5

    done = run_scheduled(checks, lambda _: 0, deliveries)
    assert done == {"checks": 1, "notifications": 0, "deliveries": 5}

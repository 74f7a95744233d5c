"""Alarms, their notifications and the budget."""

from __future__ import annotations

from typing import Any

import pytest

from tests.infra.program import ACCOUNT, REGION, Deployment, Program

API, PROXY = "api-dashboard-dev", "api-dashboard-dev-proxy"


def alarms(stack: Deployment) -> dict[str, dict[str, Any]]:
    """Return the alarms by the end of their names."""
    found = {alarm.inputs["name"]: alarm.inputs for alarm in stack.all("MetricAlarm")}
    return {name.removeprefix(f"{API}-"): inputs for name, inputs in found.items()}


def test_alarms_watch_both_functions_and_the_product_s_own_failures(
    first_stack: Deployment,
) -> None:
    found = {
        name: (one["namespace"], one["metricName"], one["dimensions"].get("FunctionName"))
        for name, one in alarms(first_stack).items()
    }
    assert found == {
        "errors": ("AWS/Lambda", "Errors", API),
        "throttles": ("AWS/Lambda", "Throttles", API),
        "duration": ("AWS/Lambda", "Duration", API),
        "proxy-errors": ("AWS/Lambda", "Errors", PROXY),
        "proxy-throttles": ("AWS/Lambda", "Throttles", PROXY),
        "proxy-concurrency": ("AWS/Lambda", "ConcurrentExecutions", PROXY),
        "5xx": ("ApiDashboard/api-dashboard-dev", "Failures", None),
    }
    assert 20_000 <= alarms(first_stack)["duration"]["threshold"] < 29_000
    for alarm in alarms(first_stack).values():
        assert alarm["treatMissingData"] == "notBreaching" and alarm["alarmActions"] == []
    assert not first_stack.all("Topic") and not first_stack.all("Budget")


def test_alarms_and_metrics_stay_within_the_free_ones(first_stack: Deployment) -> None:
    metrics = {
        (
            one.inputs["metricTransformation"]["namespace"],
            one.inputs["metricTransformation"]["name"],
        )
        for one in first_stack.all("LogMetricFilter")
    }
    assert len(alarms(first_stack)) <= 10 and len(metrics) == 1


def test_the_5xx_alarm_counts_lines_of_level_error_in_the_logs_of_both_functions(
    first_stack: Deployment,
) -> None:
    """API Gateway's metric would count what the proxy relays. The level is tested with api/wsgi."""
    alarm = alarms(first_stack)["5xx"]
    assert (alarm["dimensions"], alarm["threshold"], alarm["statistic"]) == ({}, 0, "Sum")
    filters = [one.inputs for one in first_stack.all("LogMetricFilter")]
    assert {one["logGroupName"] for one in filters} == {
        f"/aws/lambda/{API}",
        f"/aws/lambda/{PROXY}",
    }
    for one in filters:
        assert one["pattern"] == '{ $.level = "error" }'
        assert one["metricTransformation"] == {
            "namespace": alarm["namespace"], "name": alarm["metricName"], "value": "1",
        }  # fmt: skip


@pytest.mark.parametrize(
    ("reserved", "above"), [("0", 8), ("1", 1), ("2", 1), ("5", 4), ("100", 80)]
)
def test_the_concurrency_alarm_fires_before_calls_are_throttled(
    program: Program, reserved: str, above: int
) -> None:
    """Without a reservation, the ten executions of a new account count. One call is no alarm."""
    alarm = alarms(program(proxyReservedConcurrency=reserved))["proxy-concurrency"]
    assert (alarm["threshold"], alarm["statistic"]) == (above, "Maximum")


def test_alarms_and_the_budget_notify_the_configured_address(program: Program) -> None:
    stack = program(alertEmail="me@example.com", monthlyBudget="5")
    topic = f"arn:aws:sns:{REGION}:{ACCOUNT}:api-dashboard-dev-alerts"
    assert all(alarm.inputs["alarmActions"] == [topic] for alarm in stack.all("MetricAlarm"))
    assert stack.one("TopicSubscription")["endpoint"] == "me@example.com"
    budget = stack.one("Budget")
    assert (budget["limitAmount"], budget["timeUnit"]) == ("5", "MONTHLY")
    for notification in budget["notifications"]:
        assert notification["subscriberEmailAddresses"] == ["me@example.com"]

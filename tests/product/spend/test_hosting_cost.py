"""The estimate of our own cost on AWS beside the spend."""

from __future__ import annotations

import time

from tests.support.accounts import Account
from tests.support.clients import Client
from tests.support.products import Clock, another_app, lambda_client, storage_of

DAY = 86_400
# The 20th of a month, so that the day before is of the same month.
NOW = 1_779_278_400 + 3600
CALLS = 1_000_000


def test_a_stack_estimates_its_own_cost_of_this_month(environment: dict[str, str]) -> None:
    clock = Clock(float(NOW))
    app = another_app(
        environment,
        clock,
        AWS_LAMBDA_FUNCTION_NAME="test",
        API_DASHBOARD_ALLOWED_UPSTREAMS="",
        API_DASHBOARD_PROXY_MEMORY="256",
    )
    account = Account(lambda_client(app))
    storage = storage_of(environment)
    assert time.gmtime(NOW).tm_mday == 20
    counters = {"n": CALLS, "ms": 500 * CALLS, "bi": 5000 * CALLS, "bo": 5000 * CALLS}
    for api_name, at in (("a", NOW - DAY), ("b", NOW - 40 * DAY)):
        hour = at - at % 3600
        operations = storage.usage.records.add_ops(account.username, api_name, counters, hour)
        storage.table.transact(operations)
    hosting = account.call("GET", "/api/spend?time_zone=UTC").json["hosting"]
    # The million requests, and the reads of the schedule.
    assert hosting["month_usd"] == 1.5 + 0.00054
    assert "1000000 proxied requests" in hosting["basis"] and "estimate" in hosting["basis"]


def test_one_machine_costs_nothing_on_aws(client: Client) -> None:
    assert Account(client).call("GET", "/api/spend?time_zone=UTC").json["hosting"] is None

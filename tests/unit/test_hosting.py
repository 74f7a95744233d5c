"""The estimate of our own cost on AWS follows the table of docs/costs.md."""

from __future__ import annotations

import pytest

from api.services.spend import hosting
from api.services.spend.hosting import HostingUse, Rate, Stack, hosting_estimate, hosting_lines
from tests.unit.test_costs import CALLS, FREE, REQUEST, number

STACK = Stack(memory=256, has_cdn=True, has_checks=False)
# What a request of the document uses: half a second and 5 kB in each direction.
MILLION = HostingUse(CALLS, 500 * CALLS, 5000 * CALLS, 5000 * CALLS)
PRICED = {
    "Lambda, requests": hosting.LAMBDA_REQUESTS,
    "Lambda, time": hosting.LAMBDA_TIME,
    "DynamoDB, reads": hosting.READS,
    "DynamoDB, writes": hosting.WRITES,
    "CloudWatch logs": hosting.LOGS,
    "CloudFront, requests": hosting.CDN_REQUESTS,
    "CloudFront, its function": hosting.CDN_FUNCTION,
    "CloudFront, data": hosting.CDN_DATA,
    "data to the upstream": hosting.DATA_OUT,
    "KMS": hosting.KMS,
}
# Storage of the log is free up to 25 GB, and no counter has its size.
LINES = {row[0]: row for row in REQUEST[:-1] if row[0] != "DynamoDB, storage"}
SECOND = 1024 * 1000
"""The MB-milliseconds of a GB-second."""
SCHEDULE = 540_000
"""What the schedule reads for notifications in a month, in nano-dollars."""


def test_the_estimate_has_the_lines_of_the_document() -> None:
    assert [name for name, _ in hosting_lines(MILLION, STACK)] == list(LINES) == list(PRICED)


@pytest.mark.parametrize("name", LINES)
def test_a_price_and_its_free_part_are_the_documents(name: str) -> None:
    price, free = LINES[name][2], LINES[name][5]
    is_time = "GB-s" in price
    scale = SECOND if is_time else 1
    size = {"million": 1e6, "GB-s": 1.0, "GB": 1e9}[price.partition(" a ")[2].split()[0]] * scale
    rate: Rate = PRICED[name]
    assert rate.price / rate.size == pytest.approx(number(price) * 1e9 / size)
    free_units = FREE.get(free.partition(" ")[2], 1.0) * number(free) * scale if free else 0
    assert rate.free == free_units


def test_a_million_requests_cost_what_the_document_says() -> None:
    lines = dict(hosting_lines(MILLION, STACK))
    assert {name: cost for name, cost in lines.items() if cost} == {
        "DynamoDB, reads": 250_000_000 + SCHEDULE,
        "DynamoDB, writes": 1_250_000_000,
    }
    assert hosting_estimate(MILLION, STACK).amount == number(REQUEST[-1][7]) * 1e9 + SCHEDULE


def test_more_than_is_free_costs() -> None:
    twenty = HostingUse(20 * CALLS, 20 * 500 * CALLS, 0, 0)
    lines = dict(hosting_lines(twenty, STACK))
    assert lines["Lambda, requests"] == 19 * 200_000_000
    assert lines["Lambda, time"] == 2_100_000 * 133_334 // 10
    assert lines["CloudFront, requests"] == 10 * 1_000_000_000
    assert lines["KMS"] == 180_000 * 3_000


def test_without_a_cdn_callers_are_sent_their_data_by_the_function() -> None:
    use = HostingUse(0, 0, 60_000_000_000, 60_000_000_000)
    bare = dict(hosting_lines(use, Stack(256, has_cdn=False, has_checks=False)))
    assert "CloudFront, data" not in bare
    assert bare["data to the upstream"] == 20 * 90_000_000


def test_an_idle_stack_pays_for_its_schedule() -> None:
    idle = hosting_estimate(HostingUse(), Stack(256, has_cdn=True, has_checks=True))
    assert idle.amount == 810_000
    assert "estimate" in idle.basis

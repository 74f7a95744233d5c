"""Estimate what this installation itself costs on AWS, by the arithmetic of docs/costs.md."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import msgspec

from api.storage.usage import Usage
from api.storage.usage_records import Counters

PRICES_OF = "2026"
"""The year of the prices, which are those of us-east-2. A test compares them with docs/costs.md."""
_MB_MS = 1024 * 1000  # of a GB-second
_MILLION = 1_000_000
_GB = 1_000_000_000


class Rate(msgspec.Struct, frozen=True):
    """A price in nano-dollars for `size` units, of which `free` are free every month."""

    price: int
    size: int
    free: int = 0

    def cost(self, units: int) -> int:
        """Return what a month's units cost, in nano-dollars, rounded down."""
        return max(0, units - self.free) * self.price // self.size


LAMBDA_REQUESTS = Rate(200_000_000, _MILLION, free=_MILLION)
LAMBDA_TIME = Rate(13_333_400_000, _MILLION * _MB_MS, free=400_000 * _MB_MS)
READS = Rate(125_000_000, _MILLION)
WRITES = Rate(625_000_000, _MILLION)
LOGS = Rate(500_000_000, _GB, free=5 * _GB)
CDN_REQUESTS = Rate(1_000_000_000, _MILLION, free=10 * _MILLION)
CDN_FUNCTION = Rate(100_000_000, _MILLION, free=2 * _MILLION)
CDN_DATA = Rate(85_000_000, _GB, free=1000 * _GB)
DATA_OUT = Rate(90_000_000, _GB, free=100 * _GB)
KMS = Rate(3_000_000_000, _MILLION, free=20_000)

# Of a proxied request: read and write units, and bytes of logs. One in a hundred decrypts a secret.
_UNITS = 2
_LOG_BYTES = 700
_CALLS_PER_KMS = 100
# Read units of the schedule in a month: every ten minutes, half a unit for each of the two queries
# of notifications, and for that of scheduled checks.
_NOTIFICATION_READS = 4320
_CHECK_READS = 2160


class HostingUse(msgspec.Struct, frozen=True):
    """What proxied requests used in a month: their number, milliseconds, and bytes of bodies."""

    requests: int = 0
    milliseconds: int = 0
    bytes_in: int = 0
    bytes_out: int = 0


class Stack(msgspec.Struct, frozen=True):
    """A deployment on AWS. `memory` is that of the streaming function, in MB."""

    memory: int
    has_cdn: bool
    has_checks: bool


class HostingEstimate(msgspec.Struct, frozen=True):
    """An estimate in nano-dollars, and how it is made, in words."""

    amount: int
    basis: str


def hosting_lines(use: HostingUse, stack: Stack) -> Iterator[tuple[str, int]]:
    """Yield the lines of the estimate: the resource's name in docs/costs.md, and nano-dollars."""
    calls = use.requests
    yield "Lambda, requests", LAMBDA_REQUESTS.cost(calls)
    yield "Lambda, time", LAMBDA_TIME.cost(use.milliseconds * stack.memory)
    schedule = _NOTIFICATION_READS + _CHECK_READS * stack.has_checks
    yield "DynamoDB, reads", READS.cost(calls * _UNITS + schedule)
    yield "DynamoDB, writes", WRITES.cost(calls * _UNITS)
    yield "CloudWatch logs", LOGS.cost(calls * _LOG_BYTES)
    to_callers = use.bytes_out
    if stack.has_cdn:
        yield "CloudFront, requests", CDN_REQUESTS.cost(calls)
        yield "CloudFront, its function", CDN_FUNCTION.cost(calls)
        yield "CloudFront, data", CDN_DATA.cost(use.bytes_out)
        to_callers = 0
    yield "data to the upstream", DATA_OUT.cost(use.bytes_in + to_callers)
    yield "KMS", KMS.cost(calls // _CALLS_PER_KMS)


def hosting_estimate(use: HostingUse, stack: Stack) -> HostingEstimate:
    """Return what a stack costs for the requests of a month so far."""
    amount = sum(cost for _, cost in hosting_lines(use, stack))
    return HostingEstimate(
        amount,
        f"An estimate from {use.requests} proxied requests of this month (UTC) at the prices of "
        f"{PRICES_OF} in us-east-2, less what is free every month. It leaves out the write units "
        "of limits and budgets, alarms beyond the free ones, and other use of the AWS account.",
    )


class HostingCosts:
    """Estimates the cost of this month. Without a `stack` there is none: on one machine."""

    def __init__(self, usage: Usage, stack: Stack | None, clock: Callable[[], float]) -> None:
        self._usage = usage
        self._stack = stack
        self._clock = clock

    def month(self, username: str) -> HostingEstimate | None:
        """Return the estimate for a user's requests of this month in UTC, None on one machine."""
        if self._stack is None:
            return None
        now = self._clock()
        first = datetime.fromtimestamp(now, UTC).replace(
            day=1, hour=0, minute=0, second=0, microsecond=0
        )
        start = int(first.timestamp())
        counted = [
            record.counters
            for record in self._usage.records.days(username, start, int(now) + 1, now)
        ]
        # The rate-limit items have the counters of the last hour with calls.
        counted += [
            limit.counters
            for limit in self._usage.rate_limits(username, now)
            if limit.hour >= start
        ]
        return hosting_estimate(_use(counted), self._stack)


def _use(counted: list[Counters]) -> HostingUse:
    def total(name: str) -> int:
        return sum(counters.get(name, 0) for counters in counted)

    return HostingUse(total("n"), total("ms"), total("bi"), total("bo"))

"""The cost reports of providers: how to request and to read them.

Sources: https://developers.openai.com/api/reference (Costs), https://platform.claude.com/docs
(Cost Report), https://openrouter.ai/docs/api/api-reference/credits/get-credits.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal
from urllib.parse import urlencode

import msgspec

from api.spend.money import NANO

DAY = 86_400
REPORT_DAYS = 31
"""Days of a report. Anthropic's has at most 31."""
# Dollars of one amount. A larger one is a mistake, or another unit.
_MAX_USD = 1_000_000_000

FailureState = Literal[
    "no_key", "refused", "rate_limited", "unreachable", "bad_answer", "other_currency"
]


class ReportFailed(Exception):
    """A cost report could not be read. `detail` says in sentences what happened and what to do."""

    def __init__(self, state: FailureState, detail: str) -> None:
        super().__init__(f"{state}: {detail}")
        self.state: FailureState = state
        self.detail = detail


class CostReport(msgspec.Struct, frozen=True):
    """What a provider reports, in nano-dollars: the cost of days by their start in epoch seconds,
    or, if the provider reports only that, the total of all time.
    """

    days: dict[int, int] = {}
    total: int | None = None


class ReportPage(msgspec.Struct, frozen=True):
    """A page of a report. `next_page` is None on the last one."""

    report: CostReport
    next_page: str | None = None


class CostSource(msgspec.Struct, frozen=True):
    """A provider's cost report.

    `hosts` are those of its API. `sdk_path` and `path` lead to the report from its root; a key's
    base URL may end with a part of `sdk_path`. `query` returns the query for days from `start`
    (epoch seconds) on, without a page. `read` returns a page, and raises ReportFailed.
    """

    provider: str
    name: str
    hosts: tuple[str, ...]
    sdk_path: str
    path: str
    query: Callable[[int], dict[str, str]]
    read: Callable[[bytes], ReportPage]
    keys_url: str
    headers: tuple[tuple[str, str], ...] = ()

    def path_below(self, prefix: str) -> str:
        """Return the report's path below a base URL whose path is `prefix`."""
        names = self.sdk_path.split("/")[1:]
        for count in range(len(names), 0, -1):
            if prefix.endswith("/" + "/".join(names[:count])):
                return "".join(f"/{name}" for name in names[count:]) + self.path
        return self.sdk_path + self.path

    def page_query(self, start: int, page: str | None) -> str:
        """Return the query of a page."""
        return urlencode(self.query(start) | ({} if page is None else {"page": page}))


class _Amount(msgspec.Struct):
    value: Decimal
    currency: str


class _OpenAiResult(msgspec.Struct):
    amount: _Amount


class _OpenAiBucket(msgspec.Struct):
    start_time: int
    results: list[_OpenAiResult]


class _OpenAiPage(msgspec.Struct):
    data: list[_OpenAiBucket]
    has_more: bool
    next_page: str | None = None


class _AnthropicResult(msgspec.Struct):
    amount: Decimal
    currency: str


class _AnthropicBucket(msgspec.Struct):
    starting_at: datetime
    results: list[_AnthropicResult]


class _AnthropicPage(msgspec.Struct):
    data: list[_AnthropicBucket]
    has_more: bool
    next_page: str | None = None


class _Credits(msgspec.Struct):
    total_usage: Decimal


class _OpenRouterAnswer(msgspec.Struct):
    data: _Credits


def _read_openai(body: bytes) -> ReportPage:
    page = _decoded(body, _OpenAiPage)
    buckets = [
        (
            bucket.start_time,
            [_nano(one.amount.value, one.amount.currency) for one in bucket.results],
        )
        for bucket in page.data
    ]
    return ReportPage(CostReport(_days(buckets)), _next_page(page.has_more, page.next_page))


def _read_anthropic(body: bytes) -> ReportPage:
    """Read Anthropic's report. Its amounts are in cents."""
    page = _decoded(body, _AnthropicPage)
    buckets = []
    for bucket in page.data:
        if bucket.starting_at.tzinfo is None:
            raise _bad_report("a time without a time zone")
        amounts = [_nano(one.amount, one.currency, Decimal(100)) for one in bucket.results]
        buckets.append((int(bucket.starting_at.timestamp()), amounts))
    return ReportPage(CostReport(_days(buckets)), _next_page(page.has_more, page.next_page))


def _read_openrouter(body: bytes) -> ReportPage:
    total = _nano(_decoded(body, _OpenRouterAnswer).data.total_usage, "USD")
    if total < 0:
        raise _bad_report("a negative amount")
    return ReportPage(CostReport(total=total))


SOURCES = (
    CostSource(
        provider="openai",
        name="OpenAI",
        hosts=("api.openai.com",),
        sdk_path="/v1",
        path="/organization/costs",
        query=lambda start: {
            "start_time": str(start), "bucket_width": "1d", "limit": str(REPORT_DAYS)
        },
        read=_read_openai,
        keys_url="https://platform.openai.com/settings/organization/admin-keys",
    ),
    CostSource(
        provider="anthropic",
        name="Anthropic",
        hosts=("api.anthropic.com",),
        sdk_path="/v1",
        path="/organizations/cost_report",
        query=lambda start: {
            "starting_at": datetime.fromtimestamp(start, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "bucket_width": "1d",
            "limit": str(REPORT_DAYS),
        },
        read=_read_anthropic,
        keys_url="https://console.anthropic.com/settings/admin-keys",
        headers=(("anthropic-version", "2023-06-01"),),
    ),
    CostSource(
        provider="openrouter",
        name="OpenRouter",
        hosts=("openrouter.ai",),
        sdk_path="/api/v1",
        path="/credits",
        query=lambda _: {},
        read=_read_openrouter,
        keys_url="https://openrouter.ai/settings/management-keys",
    ),
)  # fmt: skip


def find_source(provider: str | None, host: str) -> CostSource | None:
    """Return the cost report of a provider (a slug of the catalogue) or of the API at `host`."""
    slug = (provider or "").removesuffix("-admin")
    by_slug = {source.provider: source for source in SOURCES}
    by_host = {host: source for source in SOURCES for host in source.hosts}
    return by_slug.get(slug) or by_host.get(host)


def _decoded(body: bytes, kind: type[Any]) -> Any:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, OverflowError) as error:
        # The message names members and types, never their values.
        reason = str(error) if isinstance(error, msgspec.ValidationError) else "no JSON"
        raise _bad_report(reason[:200]) from error


def _nano(amount: Decimal, currency: str, per_dollar: Decimal = Decimal(1)) -> int:
    if currency.lower() != "usd":
        shown = currency if currency.isascii() and currency.isalpha() and len(currency) < 9 else "?"
        raise ReportFailed(
            "other_currency",
            f"The provider reports costs in another currency ({shown}), and the dashboard counts "
            "in US dollars. They cannot be compared.",
        )
    if not amount.is_finite():
        raise _bad_report("an amount that is no number")
    if not -_MAX_USD * per_dollar <= amount <= _MAX_USD * per_dollar:
        raise _bad_report("an amount of more than a billion US dollars")
    return int((amount / per_dollar * NANO).to_integral_value())


def _days(buckets: list[tuple[int, list[int]]]) -> dict[int, int]:
    days: dict[int, int] = {}
    for start, amounts in buckets:
        if start % DAY or not 0 <= start < 1 << 40:
            raise _bad_report("a period that is no day in UTC")
        if start in days:
            raise _bad_report("a day twice")
        days[start] = sum(amounts)
        if days[start] < 0:
            raise _bad_report("a negative amount")
    return days


def _next_page(has_more: bool, page: str | None) -> str | None:
    if has_more and not page:
        raise _bad_report("a further page that it does not name")
    return page if has_more else None


def _bad_report(reason: str) -> ReportFailed:
    return ReportFailed(
        "bad_answer",
        f"The provider's cost report could not be used: it has {reason}. Run the comparison again "
        "later. If it stays so, the provider has changed its report.",
    )


def merge_page(days: dict[int, int], page: ReportPage) -> None:
    """Add a page's days to those of earlier pages. Raises ReportFailed if it repeats one."""
    if days.keys() & page.report.days.keys():
        raise _bad_report("a day twice")
    days.update(page.report.days)


def unfinished_report() -> ReportFailed:
    """Return the failure of a report whose pages do not end."""
    return _bad_report("more pages than its days need")

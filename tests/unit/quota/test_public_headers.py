"""Header fields of many providers are read by their words, without a list of prefixes."""

import pytest
from msgspec import structs

from api.quota.dialects import dialect_names
from api.quota.headers import read_quota
from api.quota.windows import QuotaReading
from tests.unit.quota.all_samples import PUBLIC
from tests.unit.quota.samples import NOW, PublicSample, fields, only_window


def with_units(reading: QuotaReading | None) -> list[object]:
    """Return the windows with the unit that is shown, stated or not."""
    windows = reading.windows if reading is not None else ()
    return [structs.replace(window, stated_unit=window.unit) for window in windows]


@pytest.mark.parametrize("sample", PUBLIC, ids=lambda sample: sample.id)
def test_documented_header_fields_are_read(sample: PublicSample) -> None:
    assert with_units(read_quota(fields(sample.text), 200, NOW)) == list(sample.windows)


@pytest.mark.parametrize("sample", PUBLIC, ids=lambda sample: sample.id)
def test_neither_case_nor_order_nor_a_dialect_matters(sample: PublicSample) -> None:
    headers = [(name.upper(), value) for name, value in reversed(fields(sample.text))]
    for dialect in sorted(dialect_names() - {"none", "delta-ms"}):
        found = with_units(read_quota(headers, 200, NOW, dialect))
        assert sorted(map(str, found)) == sorted(map(str, sample.windows))


@pytest.mark.parametrize(
    "name",
    ["X-Content-Limit", "X-Total", "X-Total-Count", "X-Upload-Limit-Bytes", "X-Page-Limit",
     "X-Page-Remaining", "X-Pagination-Limit", "X-Items-Remaining", "X-Limit", "X-Total-Pages",
     "X-Max-Age", "X-Days-Remaining", "X-Memory-Limit", "X-Request-Limit-Bytes", "X-User-Count",
     "X-Request-Count", "X-Tokens-Used", "X-Record-Limit", "X-RateLimit-Enabled",
     "X-RateLimit-Cost", "X-RateLimit-Limit-Type", "X-Time-Limit", "X-Time-Remaining",
     "X-Query-Limit", "X-Api-Limit", "X-User-Limit", "X-Session-Expires", "X-Retry-Count",
     "X-Max-Retries", "X-RateLimit-Used-CurrentRequest", "X-Usage", "RateLimit-Multiplier",
     "X-Request-Max-Size", "X-RateLimit-Replenish-Rate", "Rate-Limit-Over", "Content-Length",
     "X-MBX-USED-WEIGHT-1M", "X-RateLimit-NearLimit"],
)  # fmt: skip
def test_header_fields_without_a_quota_are_ignored(name: str) -> None:
    assert read_quota([(name, "50")], 429, NOW) is None
    window = only_window([(name, "50"), ("X-RateLimit-Limit", "9"), ("X-RateLimit-Remaining", "8")])
    assert (window.name, window.limit, window.remaining) == ("default", 9, 8)


def test_fields_of_a_page_are_not_a_quota_even_in_pairs() -> None:
    for subject in ("Page", "Items", "Content", "Upload", "Memory", "Records"):
        headers = [(f"X-{subject}-Limit", "50"), (f"X-{subject}-Remaining", "0")]
        assert read_quota(headers, 200, NOW) is None


@pytest.mark.parametrize(
    ("name", "value", "seconds"),
    [
        ("Retry-After", "45", 45),
        ("X-RateLimit-Retry-After", "45", 45),
        ("X-Rate-Limit-Retry-After-Seconds", "45", 45),
        ("RateLimit-Retry-After", "45", 45),
        ("X-Retry-After", "45", 45),
        ("X-Retry-After-Ms", "45000", 45),
        ("x-ms-retry-after-ms", "4500", 5),
        ("X-Retry-After-Milliseconds", "4500", 5),
        ("X-Retry-In", "1.5s", 2),
        ("X-Retry-At", str(NOW + 45), 45),
        ("X-RateLimit-RetryAfter", "45", 45),
        ("X-Rate-Limit-Retry-After-Minutes", "2", 120),
        ("X-RateLimit-Wait", "45", 45),
        ("X-Throttle-Wait-Seconds", "45", 45),
        ("X-Backoff", "45", 45),
    ],
)
def test_a_time_to_wait_is_read_from_other_fields_too(name: str, value: str, seconds: int) -> None:
    reading = read_quota([(name, value)], 429, NOW)
    assert reading == QuotaReading((), NOW + seconds)
    assert read_quota([(name, value)], 200, NOW) is None
    several = [(name, value), ("Retry-After", "7")]
    exact = name.lower().endswith(("-ms", "milliseconds")) or name == "Retry-After"
    reading = read_quota(several if name != "Retry-After" else several[:1], 429, NOW)
    assert reading is not None and reading.retry_at == NOW + (seconds if exact else 7)


def test_a_wait_decides_over_an_exhausted_window() -> None:
    headers = fields(
        """
        X-RateLimit-Limit: 60
        X-RateLimit-Remaining: 0
        X-RateLimit-Retry-After: 45
        """
    )
    reading = read_quota(headers, 429, NOW)
    assert reading is not None
    assert (reading.exhausted_until, len(reading.windows)) == (NOW + 45, 1)


@pytest.mark.parametrize(
    ("limit", "remaining"),
    [("10,000", "9,999"), ("1,000,000", "999,999"), ("10,000", "9999"), ("200,2000", "31")],
)
def test_a_comma_that_may_separate_thousands_is_unreadable(limit: str, remaining: str) -> None:
    reading = read_quota(
        [("X-RateLimit-Limit", limit), ("X-RateLimit-Remaining", remaining)], 200, NOW
    )
    for window in reading.windows if reading is not None else ():
        assert window.limit is None


def test_a_quota_of_two_families_is_shown_once() -> None:
    legacy = f"""
        X-RateLimit-Limit: 100
        X-RateLimit-Remaining: 41
        X-RateLimit-Reset: {NOW + 30}
        """
    for other in (
        'RateLimit-Policy: "api";q=100;w=60\nRateLimit: "api";r=41;t=30',
        "RateLimit-Limit: 100\nRateLimit-Remaining: 41\nRateLimit-Reset: 30",
        "X-Rate-Limit-Limit: 100\nX-Rate-Limit-Remaining: 41",
        "X-Acme-RateLimit-Max: 100\nX-Acme-RateLimit-Left: 41",
        "X-RateLimit-Limit-Minute: 100\nX-RateLimit-Remaining-Minute: 41",
    ):
        window = only_window([*fields(legacy), *fields(other)])
        assert (window.limit, window.remaining, window.reset_at) == (100, 41, NOW + 30)


@pytest.mark.parametrize(
    "value",
    ["-1", "NaN", "1e9", "9" * 400, "٣", "²", "1,", ",1", ";", "=", "a=b;c", "1:2:3:4", "1/0/3",
     "x" * 2_048, "1;" * 1_000, "a=" * 1_000, '"' * 999, "[" * 2_000, "{" * 2_000, "\x00", "\ud800",
     "total=9; remaining=-1", "q=1;r=99999999999999999", "1:1," * 500, '{"call_count": 1e999}',
     '{"call_count": "x"}', '{"a": [{"type": 5, "call_count": -1}]}', "api-usage=1/"],
    ids=lambda text: ascii(text)[:20],
)  # fmt: skip
def test_hostile_values_of_any_field_neither_fail_nor_count(value: str) -> None:
    names = {name for sample in PUBLIC for name, _ in fields(sample.text)}
    for name in sorted(names):
        reading = read_quota([(name, value)], 429, NOW)
        for window in reading.windows if reading is not None else ():
            assert window.remaining is None, (name, window)


def test_hostile_names_neither_fail_nor_count() -> None:
    names = [
        "x-ratelimit-" + "a" * 10_000,
        "-",
        "--",
        "ratelimit-" * 5,
        "limit" * 12,
        "x-ratelimit-ü",
        "RATEL\u0131MIT-LIMIT",
        "x-ratelimit-\u0663-limit",
        "",
        "\x00limit",
        "x-ratelimit--limit-",
        "resetresetresetresetreset",
        "daydayday" + "limit",
    ]
    for name in names:
        read_quota([(name, "1"), (name, "2")], 429, NOW)

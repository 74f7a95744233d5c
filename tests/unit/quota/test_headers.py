"""Reading the rate-limit header fields of every dialect."""

import pytest

from api.quota.dialects import dialect_names
from api.quota.headers import read_quota
from api.quota.windows import QuotaWindow
from tests.unit.quota.all_samples import SAMPLES
from tests.unit.quota.hostile_samples import HOSTILE
from tests.unit.quota.samples import NOW, Sample, only_window


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.id)
def test_every_dialect_is_read(sample: Sample) -> None:
    assert read_quota(sample.headers, sample.status, sample.now, sample.dialect) == sample.expected


@pytest.mark.parametrize(
    "sample",
    [sample for sample in SAMPLES if sample.dialect not in ("delta-ms", "none")],
    ids=lambda sample: sample.id,
)
def test_generic_reads_it_without_a_configured_dialect(sample: Sample) -> None:
    assert read_quota(sample.headers, sample.status, sample.now) == sample.expected


@pytest.mark.parametrize("sample", HOSTILE, ids=lambda sample: sample.id)
def test_wrong_and_absurd_values_are_unknown(sample: Sample) -> None:
    assert read_quota(sample.headers, sample.status, sample.now, sample.dialect) == sample.expected


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.id)
def test_the_case_of_header_names_does_not_matter(sample: Sample) -> None:
    shouted = [(name.upper(), value) for name, value in sample.headers]
    assert read_quota(shouted, sample.status, sample.now, sample.dialect) == sample.expected


def test_every_documented_dialect_has_a_sample() -> None:
    assert {sample.dialect for sample in SAMPLES} == dialect_names()


def test_a_repeated_field_with_different_numbers_is_unknown_with_the_same_it_is_read() -> None:
    limit = ("x-ratelimit-limit", "100")
    twice = [limit, ("x-ratelimit-remaining", "10"), ("X-RateLimit-Remaining", "9")]
    assert only_window(twice) == QuotaWindow("default", 100)
    same = [limit, ("x-ratelimit-remaining", "10"), ("X-RateLimit-Remaining", "10")]
    assert only_window(same) == QuotaWindow("default", 100, 10)


def test_a_repeated_field_that_is_oversized_once_is_unknown() -> None:
    headers = [
        ("x-ratelimit-limit", "100"),
        ("x-ratelimit-remaining", "10"),
        ("x-ratelimit-remaining", "9" * 10_000),
    ]
    assert only_window(headers) == QuotaWindow("default", 100)


def test_at_most_eight_windows_are_kept() -> None:
    headers = [(f"x-ratelimit-remaining-w{number}", "1") for number in range(500)]
    reading = read_quota(headers, 200, NOW)
    assert reading is not None
    assert [window.name for window in reading.windows] == [f"w{n}" for n in range(8)]


def test_a_flood_of_windows_does_not_hide_retry_after() -> None:
    headers = [(f"x-ratelimit-remaining-w{number}", "1") for number in range(500)]
    reading = read_quota([*headers, ("retry-after", "5")], 429, NOW)
    assert reading is not None
    assert reading.retry_at == NOW + 5


def test_a_header_name_longer_than_any_quota_header_is_skipped() -> None:
    assert read_quota([("x-ratelimit-remaining-" + "w" * 100, "1")], 200, NOW) is None


def test_a_reason_is_read_only_from_a_rejection() -> None:
    assert read_quota([("stripe-rate-limited-reason", "global-rate")], 200, NOW) is None
    assert read_quota([("stripe-rate-limited-reason", "a b\r\n")], 429, NOW) is None


def test_a_resource_that_is_not_a_plain_name_is_ignored() -> None:
    headers = [("x-ratelimit-remaining", "1"), ("x-ratelimit-resource", 'a";b\r\nx: y')]
    assert only_window(headers).name == "default"

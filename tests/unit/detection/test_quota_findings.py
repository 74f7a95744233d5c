"""Quotas that will run out before their reset, or have run out."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from api.credentials import AuthScheme
from api.detection.observation import Observation
from api.detection.quota import quota_findings
from api.pools import Pool, PoolKey
from api.quota.key_state import KeyState
from api.quota.windows import QuotaWindow
from api.storage.quota_codec import KeyQuota, short_id
from api.storage.usage import RateLimit

NOW = 1_790_000_000
HOUR = 3600
KEY = "openai.0123456789abcdef"


def found(
    windows: Sequence[QuotaWindow] = (),
    state: KeyState | None = None,
    seen_at: int = NOW,
    now: float = NOW,
) -> list[Observation]:
    key = PoolKey(KEY, "https://api.openai.com/v1", AuthScheme("bearer"), "gAAAAA")
    pool = Pool("openai", (key,), {KEY: state} if state else {}, None, False)
    quotas = (KeyQuota(short_id(KEY), seen_at, tuple(windows)),) if windows else ()
    item = RateLimit("openai", seen_at, None, None, None, quotas, NOW - NOW % HOUR, {}, {})
    return list(quota_findings({"openai": pool}, {"openai": item}, {KEY: "Main"}, now))


def window(
    remaining: int | None, reset: int | None = HOUR, rate: float | None = None, limit: int = 5000
) -> QuotaWindow:
    reset_at = None if reset is None else NOW + reset
    return QuotaWindow("requests", limit, remaining, reset_at, consumption_rate=rate)


def test_a_quota_that_runs_out_before_its_reset_is_found() -> None:
    (finding,) = found([window(600, rate=1.0)])
    assert finding.name == f"quota:forecast:{KEY}:requests"
    assert finding.until == NOW + HOUR
    assert finding.title == "openai: the quota of requests will run out"
    assert finding.text == (
        "The openai key #abcdef (Main) has 600 of 5,000 requests left. At the present rate they "
        "run out at about 2026-09-21 14:23 UTC, before it resets at 2026-09-21 15:13 UTC. Slow "
        "down, or add another key to the API."
    )
    assert finding.facts["exhausts_at"] == NOW + 600


@pytest.mark.parametrize(
    ("windows", "seen"),
    [
        ([window(3600, rate=1.0)], NOW),
        ([window(600, rate=None)], NOW),
        ([window(600, rate=0.0)], NOW),
        ([window(600, rate=1.0)], NOW - 601),
        ([window(None, rate=1.0)], NOW),
        ([window(600, -5, 1.0)], NOW),
        ([window(0, -5)], NOW),
        ([window(5, 60, 1.0)], NOW),
        ([window(0, 60)], NOW),
        ([window(0, limit=0)], NOW),
        ([window(90_000, None, 1.0)], NOW),
        ([QuotaWindow("priority-requests", 100, 0, NOW + HOUR)], NOW),
        ([], NOW),
    ],
    ids=[
        "lasts",
        "no rate",
        "not used",
        "rate outdated",
        "remaining unknown",
        "reset in the past",
        "exhausted, reset in the past",
        "resets within two minutes",
        "exhausted, resets within two minutes",
        "limit of 0",
        "no reset, lasts a day",
        "priority tier",
        "nothing reported",
    ],
)  # fmt: skip
def test_other_quotas_are_not_found(windows: list[QuotaWindow], seen: int) -> None:
    assert found(windows, seen_at=seen) == []


def test_a_quota_without_a_reset_is_forecast_for_a_day() -> None:
    (finding,) = found([window(600, None, 1.0)])
    assert finding.until == NOW + 86_400
    assert "before it resets" not in finding.text


def test_a_quota_that_has_run_out_is_found() -> None:
    (finding,) = found([window(0, rate=1.0)])
    assert (finding.name, finding.until) == (f"quota:out:{KEY}:requests", NOW + HOUR)
    assert finding.text == (
        "The openai key #abcdef (Main) has used all of its 5,000 requests. The quota resets at "
        "2026-09-21 15:13 UTC; until then calls use the API's other keys, if it has any with "
        "quota left."
    )
    (unknown,) = found([window(0, None)])
    assert unknown.until is None
    assert "does not say when the quota resets" in unknown.text


def test_a_reset_in_a_far_future_counts_as_unknown() -> None:
    (finding,) = found([window(0, 10**12)])
    assert finding.until is None


def test_an_exhausted_key_is_found_without_windows() -> None:
    (finding,) = found(state=KeyState("exhausted", NOW + HOUR, NOW - 10, 429))
    assert (finding.name, finding.until) == (f"quota:out:{KEY}", NOW + HOUR)
    assert "asked to wait until 2026-09-21 15:13 UTC" in finding.text
    assert found(state=KeyState("exhausted", NOW + 60, NOW - 10, 429)) == []
    assert found(state=KeyState("exhausted", NOW - 1, NOW - 10, 429)) == []
    assert found(state=KeyState("refused", NOW + HOUR, NOW - 10, 401)) == []


def test_an_exhausted_key_with_an_exhausted_window_is_found_once() -> None:
    (finding,) = found([window(0)], KeyState("exhausted", NOW + HOUR, NOW - 10, 429))
    assert finding.name == f"quota:out:{KEY}:requests"


def test_windows_of_a_key_are_found_one_by_one() -> None:
    tokens = QuotaWindow("tokens-day", 10, 1, NOW + HOUR, consumption_rate=1.0)
    names = [finding.name for finding in found([window(0), tokens])]
    assert names == [f"quota:out:{KEY}:requests", f"quota:forecast:{KEY}:tokens-day"]

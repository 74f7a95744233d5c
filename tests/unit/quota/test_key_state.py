"""What a response changes about its key, by dialect."""

import pytest

from api.quota.key_state import KeyState, key_state_after, refused_state
from api.quota.windows import QuotaReading, QuotaWindow
from tests.unit.quota.samples import NOW

EXHAUSTED = QuotaReading((QuotaWindow("requests", 10, 0, NOW + 60),))
RETRY = QuotaReading((), NOW + 60)
UNTIL = NOW + 60


def until(status: int, reading: QuotaReading | None, dialect: str) -> int | None:
    state = key_state_after(status, reading, dialect, NOW)
    if state is not None:
        assert (state.reason, state.since, state.status) == ("exhausted", NOW, status)
    return state.until if state is not None else None


@pytest.mark.parametrize("dialect", ["generic", "gitlab", "stripe", "none", "unheard-of"])
def test_an_exhausted_window_exhausts_the_key(dialect: str) -> None:
    assert until(200, EXHAUSTED, dialect) == UNTIL
    assert until(429, EXHAUSTED, dialect) == UNTIL


@pytest.mark.parametrize("dialect", ["openai", "azure-openai", "anthropic", "discord", "github"])
def test_a_window_of_a_model_route_or_resource_exhausts_the_key_on_a_429_only(
    dialect: str,
) -> None:
    assert until(200, EXHAUSTED, dialect) is None
    assert until(429, EXHAUSTED, dialect) == UNTIL
    assert until(402, EXHAUSTED, dialect) == UNTIL
    assert until(403, RETRY, dialect) == UNTIL


def test_an_endpoint_of_x_exhausts_the_key_with_a_retry_time_only() -> None:
    assert until(429, EXHAUSTED, "x") is None
    assert until(429, RETRY, "x") == UNTIL


def test_a_secondary_resource_of_github_does_not_exhaust_the_key() -> None:
    search = (QuotaWindow("search", 30, 0, NOW + 60),)
    assert until(429, QuotaReading(search), "github") is None
    assert until(403, QuotaReading(search, NOW + 60), "github") is None
    assert until(403, QuotaReading(search, NOW + 30), "github") == NOW + 30
    core = (QuotaWindow("core", 5_000, 0, NOW + 60),)
    assert until(403, QuotaReading(core, NOW + 60), "github") == NOW + 60


def test_an_exhaustion_ends_after_31_days_at_most() -> None:
    assert until(429, QuotaReading((), NOW + 90 * 86_400), "generic") == NOW + 31 * 86_400


def test_an_exhaustion_that_ends_before_the_next_call_is_not_stored() -> None:
    assert until(429, QuotaReading((), NOW + 1), "generic") is None
    assert until(429, None, "generic") is None


def test_a_refused_key_is_tried_again_later_and_later() -> None:
    first = key_state_after(401, None, "generic", NOW)
    assert first == KeyState("refused", NOW + 300, NOW, 401) == refused_state(401, NOW)
    second = key_state_after(401, None, "generic", NOW + 301, first)
    assert second == KeyState("refused", NOW + 301 + 1_200, NOW + 301, 401)
    day = KeyState("refused", NOW + 80_000, NOW, 401)
    later = NOW + 80_001
    assert refused_state(401, later, day) == KeyState("refused", later + 86_400, later, 401)


def test_a_refused_key_that_works_is_ready() -> None:
    refused = KeyState("refused", NOW + 300, NOW, 401)
    assert key_state_after(200, None, "generic", NOW, refused) == KeyState("ready", 0, NOW, 200)
    assert key_state_after(500, None, "generic", NOW, refused) is None
    assert key_state_after(200, None, "generic", NOW) is None


def test_a_nearly_equal_state_is_not_stored_again() -> None:
    known = KeyState("exhausted", NOW + 30, NOW, 429)
    assert key_state_after(429, QuotaReading((), NOW + 89), "generic", NOW, known) is None
    assert key_state_after(429, QuotaReading((), NOW + 90), "generic", NOW, known) is not None
    refused = KeyState("refused", NOW + 30, NOW, 401)
    assert key_state_after(429, QuotaReading((), NOW + 31), "generic", NOW, refused) is not None

"""What a response changes about its key, by dialect."""

import pytest

from api.quota.key_state import (
    KeyState,
    key_state_after,
    probing_state,
    refused_state,
    unanswered_probe,
)
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
    known = KeyState("exhausted", NOW + 30, NOW, 429, 30)
    assert key_state_after(429, QuotaReading((), NOW + 89), "generic", NOW, known) is None
    assert key_state_after(429, QuotaReading((), NOW + 90), "generic", NOW, known) is not None
    refused = KeyState("refused", NOW + 30, NOW, 401)
    assert key_state_after(429, QuotaReading((), NOW + 31), "generic", NOW, refused) is not None


def hold(
    status: int,
    reading: QuotaReading | None,
    dialect: str = "generic",
    headers: list[tuple[str, str]] | None = None,
) -> int | None:
    state = key_state_after(status, reading, dialect, NOW, None, headers or [])
    return state.hold if state is not None else None


@pytest.mark.parametrize(
    ("status", "reading", "seconds"),
    [
        (429, RETRY, 60),
        (429, QuotaReading((), NOW + 7), 7),
        (429, QuotaReading((), NOW + 9_000), 60),
        (429, EXHAUSTED, 60),
        (200, EXHAUSTED, 0),
        (402, EXHAUSTED, 0),
        (402, RETRY, 0),
        (403, RETRY, 0),
        (503, EXHAUSTED, 0),
    ],
)
def test_only_a_429_with_a_wait_holds_a_key(
    status: int, reading: QuotaReading, seconds: int
) -> None:
    assert hold(status, reading) == seconds


@pytest.mark.parametrize(
    ("dialect", "headers", "held"),
    [
        ("generic", [], True),
        ("gitlab", [], True),
        ("shopify", [], True),
        ("unheard-of", [], True),
        ("generic", [("X-RateLimit-Scope", "user")], False),
        ("generic", [("X-RateLimit-Scope", "global")], True),
        ("generic", [("X-RateLimit-Global", "true")], True),
        ("generic", [("X-RateLimit-Global", "false")], True),
        ("generic", [("X-RateLimit-Bucket", "b"), ("X-RateLimit-Scope", "key")], False),
        ("generic", [("X-RateLimit-Scope", "key"), ("X-RateLimit-Bucket", "b")], False),
        ("generic", [("RateLimit-Name", "throttle_authenticated_api")], False),
        ("generic", [("X-RateLimit-Path", "/v3/places")], False),
        ("generic", [("Name", "x"), ("X-Scope", "user"), ("x-ratelimit-name", " ")], True),
        ("generic", [("x-ratelimit-" + "n" * 10_000 + "-name", "x")], True),
        ("discord", [("X-RateLimit-Global", "true"), ("X-RateLimit-Bucket", "b")], True),
        ("discord", [("X-RateLimit-Scope", "shared")], False),
        ("discord", [], False),
        ("github", [("x-ratelimit-resource", "core")], True),
        ("github", [("x-ratelimit-resource", "code_search")], False),
        ("openai", [], False),
        ("x", [], False),
    ],
)
def test_what_a_429_counts_decides_whether_it_holds_the_key(
    dialect: str, headers: list[tuple[str, str]], held: bool
) -> None:
    assert hold(429, RETRY, dialect, headers) == (60 if held else 0)


def test_apis_that_count_tokens_count_them_for_each_model() -> None:
    tokens = QuotaReading((QuotaWindow("tokens", 10, 0, NOW + 60),), NOW + 60)
    assert hold(429, tokens) == 0
    assert hold(429, QuotaReading((QuotaWindow("api-token", 9, 0, NOW + 60),), NOW + 60)) == 60


HELD = KeyState("exhausted", NOW + 3_600, NOW - 60, 429, 60)


@pytest.mark.parametrize(
    ("status", "reason"),
    [(200, "ready"), (304, "ready"), (404, "ready"), (401, "refused"), (403, "exhausted"),
     (429, "exhausted"), (500, "exhausted")],
)  # fmt: skip
def test_any_response_to_a_probe_ends_the_hold(status: int, reason: str) -> None:
    probed = probing_state(HELD, NOW)
    assert probed.is_probed and probed.held_until == NOW + 60
    state = key_state_after(status, None, "generic", NOW + 1, probed)
    assert state is not None and (state.reason, state.hold) == (reason, 0)


def test_a_429_renews_the_hold_of_a_probe() -> None:
    probed = probing_state(HELD, NOW)
    state = key_state_after(429, RETRY, "generic", NOW + 1, probed)
    assert state == KeyState("exhausted", NOW + 60, NOW + 1, 429, 59)
    assert unanswered_probe(probed, NOW + 1).held_until == NOW + 1


def test_a_hold_ends_with_the_wait() -> None:
    short = KeyState("exhausted", NOW + 5, NOW - 100, 429, 60)
    assert probing_state(short, NOW).held_until == NOW + 5


def test_a_success_makes_an_exhausted_key_ready_once_the_state_has_settled() -> None:
    exhausted = KeyState("exhausted", NOW + 3_600, NOW, 200)

    def after(seconds: int, dialect: str = "generic") -> KeyState | None:
        return key_state_after(200, None, dialect, NOW + seconds, exhausted)

    assert after(59) is None
    assert after(60) == KeyState("ready", 0, NOW + 60, 200)
    assert after(3_599) is None, "the state ends soon"
    assert after(60, "openai") is None, "another model says nothing about this one"


def test_endpoints_that_contradict_each_other_do_not_cost_a_write_for_each_call() -> None:
    ready = KeyState("ready", 0, NOW, 200)
    far = QuotaReading((QuotaWindow("default", 10, 0, NOW + 9_000),))
    assert key_state_after(200, far, "generic", NOW + 59, ready) is None
    assert key_state_after(200, far, "generic", NOW + 60, ready) is not None
    assert key_state_after(429, far, "generic", NOW + 1, ready) is not None

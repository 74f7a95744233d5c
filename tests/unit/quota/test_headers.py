"""Reading every rate-limit dialect, surviving every malformed one, writing the IETF fields."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from api.quota.headers import (
    DIALECTS,
    Observation,
    Window,
    ietf_fields,
    primary,
    read,
    speaks_ietf,
)
from tests.unit.quota.hostile_samples import HOSTILE
from tests.unit.quota.samples import NOW, SAMPLES, Sample

TEN_YEARS = 3660 * 86_400


def only(headers: list[tuple[str, str]], status: int = 200, dialect: str = "generic") -> Window:
    observation = read(headers, status, NOW, dialect)
    assert observation is not None
    (window,) = observation.windows
    return window


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.id)
def test_every_dialect_is_read(sample: Sample) -> None:
    assert read(sample.headers, sample.status, sample.now, sample.dialect) == sample.expected


@pytest.mark.parametrize(
    "sample",
    [sample for sample in SAMPLES if sample.dialect not in ("delta-ms", "none")],
    ids=lambda sample: sample.id,
)
def test_generic_reads_it_without_being_told_the_dialect(sample: Sample) -> None:
    assert read(sample.headers, sample.status, sample.now) == sample.expected


@pytest.mark.parametrize("sample", HOSTILE, ids=lambda sample: sample.id)
def test_of_what_is_wrong_or_absurd_only_what_is_sure_is_read(sample: Sample) -> None:
    assert read(sample.headers, sample.status, sample.now, sample.dialect) == sample.expected


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("default", "requests"),
        ("requests", "requests"),
        ("core", "requests"),
        ("5h", "requests"),
        ("tokens", "tokens"),
        ("input-tokens", "tokens"),
        ("priority-output-tokens", "tokens"),
        ("project-tokens", "tokens"),
        ("Complexity", "complexity"),
        ("query-cost", "cost"),
        ("content-bytes", "bytes"),
        ("concurrency", "concurrent-requests"),
    ],
)
def test_a_window_says_what_it_counts(name: str, unit: str) -> None:
    assert Window(name).unit == unit


def test_the_unit_that_an_api_names_counts_and_is_handed_on() -> None:
    headers = [
        ("RateLimit-Policy", '"day";q=500;qu="content-bytes";w=60'),
        ("RateLimit", '"day";r=9'),
    ]
    window = only(headers)
    assert window.unit == "content-bytes"
    assert ietf_fields([window], NOW) == headers
    other = Window("burst", 10, 9)
    assert primary(Observation((window, other))) == other


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.id)
def test_the_case_of_header_names_does_not_matter(sample: Sample) -> None:
    shouted = [(name.upper(), value) for name, value in sample.headers]
    assert read(shouted, sample.status, sample.now, sample.dialect) == sample.expected


def test_every_documented_dialect_has_a_sample() -> None:
    assert {sample.dialect for sample in SAMPLES} == DIALECTS


UNREADABLE_COUNTS = [
    "",
    "-1",
    "+5",
    "- 5",
    "1e400",
    "1e3",
    "NaN",
    "inf",
    "Infinity",
    "0x10",
    "10, 9",
    "10,000",
    "10, 9, 100;w=60",
    "10 9",
    "10;9",
    "10/s",
    "burst:100;rate:10",
    "five",
    "٣",
    "²",
    "\uff15",
    "1_000",
    "9" * 16,
    "9" * 10_000,
    "5" + "\x00",
    "5\r\n5",
    "\ud800",
    "null",
    "1.2.3",
    ".5",
    "5.",
]


@pytest.mark.parametrize("text", UNREADABLE_COUNTS, ids=lambda text: ascii(text)[:20])
def test_an_unreadable_count_is_unknown(text: str) -> None:
    headers = [("x-ratelimit-limit", "100"), ("x-ratelimit-remaining", text)]
    assert only(headers) == Window("default", 100)
    headers = [("x-ratelimit-limit", text), ("x-ratelimit-remaining", "100")]
    assert only(headers) == Window("default", remaining=100)


UNREADABLE_RESETS = [
    "",
    "-5",
    "1e9",
    "NaN",
    "inf",
    "5 apples",
    "5x",
    "5S",
    "s",
    "1s1m",
    "1s 2s",
    "10, 9",
    str(TEN_YEARS + 1),
    str(NOW + TEN_YEARS + 1),
    f"{NOW + TEN_YEARS + 1}000",
    "9999d",
    "2126-09-21T14:13:20Z",
    "9999-12-31T23:59:59-23:59",
    "2026-13-01T00:00:00Z",
    "2026-02-30T00:00:00Z",
    "2026-09-21T14:13:20Z, 2026-09-21T14:13:20Z",
    "17900910223252053",
    "Mon, 21 Sep 2126 14:13:20 GMT",
    "Mon, 31 Feb 2027 14:13:20 GMT",
    "Mon, 21 Foo 2026 14:13:20 GMT",
    "Mon, 21 Sep 2026 25:33:20 GMT",
    "Mon, 21 Sep 2026 14:13:20 +9999",
    "Mon Sep 21 2026 14:13:20 GMT+0200 (" + "x" * 200 + ")",
    "tomorrow",
    "٣s",
    "9" * 10_000,
    "\ud800",
]


@pytest.mark.parametrize("text", UNREADABLE_RESETS, ids=lambda text: ascii(text)[:30])
def test_an_unreadable_or_absurd_reset_is_unknown(text: str) -> None:
    headers = [("x-ratelimit-remaining", "3"), ("x-ratelimit-reset", text)]
    assert only(headers) == Window("default", remaining=3)
    assert read([("retry-after", text)], 429, NOW) is None


@pytest.mark.parametrize(
    "text", ["0", "0s", str(NOW - 5), "1000000001", "150000000000", "1970-01-01T00:00:00Z"]
)
def test_a_reset_in_the_past_is_now(text: str) -> None:
    headers = [("x-ratelimit-remaining", "3"), ("x-ratelimit-reset", text)]
    assert only(headers).reset_at == NOW
    assert read([("x-ratelimit-reset", text)], 200, NOW) is None


@pytest.mark.parametrize("text", [str(TEN_YEARS), f"{NOW + TEN_YEARS}", "3660d"])
def test_a_reset_in_exactly_400_days_is_believed(text: str) -> None:
    assert only([("x-ratelimit-reset", text)]).reset_at == NOW + TEN_YEARS


@pytest.mark.parametrize(
    "text",
    [
        "garbage(",
        '"default";r=50;t=30, garbage(',
        '"default";r=50;t=30,',
        '"default";r=50 t=30',
        '"default;r=50;t=30',
        '"default";R=50',
        '"def\x7fault";r=50',
        '"défaut";r=50',
        '"default";r=-1',
        '"default";r=1.5',
        '"default";r="50"',
        '"default";r',
        '"default";r=9999999999999999',
        '("default");r=50',
        "50;r=50",
        "limit=100, remaining=ten",
        "limit=100, garbage, remaining=10",
        "limit=100; remaining=10",
        '"' + "x" * 10_000 + '";r=50',
        ";" * 2_000,
        '"\\' * 1_000,
    ],
    ids=lambda text: ascii(text)[:30],
)
def test_a_malformed_structured_field_says_nothing_of_what_remains(text: str) -> None:
    observation = read([("RateLimit", text)], 200, NOW)
    assert observation is None or all(w.remaining is None for w in observation.windows)


def test_a_repeated_field_with_different_numbers_is_unknown_with_the_same_it_is_read() -> None:
    limit = ("x-ratelimit-limit", "100")
    twice = [limit, ("x-ratelimit-remaining", "10"), ("X-RateLimit-Remaining", "9")]
    assert only(twice) == Window("default", 100)
    same = [limit, ("x-ratelimit-remaining", "10"), ("X-RateLimit-Remaining", "10")]
    assert only(same) == Window("default", 100, 10)


def test_a_repeated_field_that_is_oversized_once_is_unknown() -> None:
    headers = [
        ("x-ratelimit-limit", "100"),
        ("x-ratelimit-remaining", "10"),
        ("x-ratelimit-remaining", "9" * 10_000),
    ]
    assert only(headers) == Window("default", 100)


def test_at_most_eight_windows_are_kept() -> None:
    headers = [(f"x-ratelimit-remaining-w{number}", "1") for number in range(500)]
    observation = read(headers, 200, NOW)
    assert observation is not None
    assert [window.name for window in observation.windows] == [f"w{n}" for n in range(8)]


def test_a_flood_of_windows_does_not_hide_retry_after() -> None:
    headers = [(f"x-ratelimit-remaining-w{number}", "1") for number in range(500)]
    observation = read([*headers, ("retry-after", "5")], 429, NOW)
    assert observation is not None
    assert observation.retry_at == NOW + 5


def test_a_header_name_longer_than_any_of_them_is_passed_over() -> None:
    assert read([("x-ratelimit-remaining-" + "w" * 100, "1")], 200, NOW) is None


def test_a_reason_counts_on_a_refusal_alone() -> None:
    assert read([("stripe-rate-limited-reason", "global-rate")], 200, NOW) is None
    assert read([("stripe-rate-limited-reason", "a b\r\n")], 429, NOW) is None


def test_a_resource_that_is_no_plain_name_is_not_taken_over() -> None:
    headers = [("x-ratelimit-remaining", "1"), ("x-ratelimit-resource", 'a";b\r\nx: y')]
    assert only(headers).name == "default"


def test_a_key_is_exhausted_until_its_retry_time_whatever_its_windows_say() -> None:
    spent = Window("requests", 10, 0, NOW + 300)
    assert Observation((spent,), NOW + 5).exhausted_until == NOW + 5


def test_a_key_is_exhausted_until_the_last_of_its_spent_windows_resets() -> None:
    windows = (
        Window("requests", 10, 0, NOW + 3),
        Window("tokens", 10, 0, NOW + 60),
        Window("daily", 10, 1, NOW + 900),
        Window("complexity", 10, 0),
    )
    assert Observation(windows).exhausted_until == NOW + 60


def test_a_key_without_priority_goes_on_at_the_standard_tier() -> None:
    windows = (
        Window("tokens", 10_000, 500, NOW + 30),
        Window("priority-input-tokens", 10_000, 0, NOW + 60),
    )
    assert Observation(windows).exhausted_until is None
    assert Observation(windows, NOW + 9).exhausted_until == NOW + 9


def test_a_key_with_something_left_is_not_exhausted() -> None:
    assert Observation((Window("requests", 10, 1, NOW + 3),)).exhausted_until is None


@pytest.mark.parametrize(
    ("windows", "name"),
    [
        ((Window("tokens", 100, 1), Window("requests", 100, 90)), "requests"),
        ((Window("input-tokens", 100, 60), Window("output-tokens", 100, 5)), "output-tokens"),
        ((Window("complexity", 100, 1), Window("default", 100, 90)), "default"),
        ((Window("burst", 100, 90), Window("daily", 1_000, 100)), "daily"),
        ((Window("daily", 1_000, 0), Window("burst", 0, 0)), "burst"),
        ((Window("b", 10, 5), Window("a", 10, 5)), "a"),
        ((Window("requests", 10), Window("tokens", 10, 5)), "tokens"),
        ((Window("requests", None, 5), Window("minute", 10, 9)), "minute"),
        ((Window("endpoint-rate"), Window("unified", reset_at=NOW)), "unified"),
    ],
)
def test_the_window_to_show_is_of_requests_and_runs_out_first(
    windows: tuple[Window, ...], name: str
) -> None:
    for order in (windows, windows[::-1]):
        shown = primary(Observation(order))
        assert shown is not None
        assert shown.name == name


def test_nothing_is_shown_where_nothing_is_known() -> None:
    assert primary(Observation(())) is None
    assert primary(Observation((Window("endpoint-rate"),))) is None


def test_ietf_fields_carry_policy_and_state() -> None:
    windows = [
        Window("burst", 100, 50, NOW + 30, 60),
        Window("daily", 1_000, 900, NOW + 3_600, 86_400),
    ]
    assert ietf_fields(windows, NOW + 0.5) == [
        ("RateLimit-Policy", '"burst";q=100;w=60, "daily";q=1000;w=86400'),
        ("RateLimit", '"burst";r=50;t=30, "daily";r=900;t=3600'),
    ]


def test_a_unit_that_is_not_the_default_is_named() -> None:
    windows = [Window("tokens", 9, 8), Window("requests", 7, 6), Window("a", 5, 4, said_unit="u")]
    assert ietf_fields(windows, NOW)[0] == (
        "RateLimit-Policy",
        '"tokens";q=9;qu="tokens", "requests";q=7, "a";q=5;qu="u"',
    )


def test_ietf_fields_leave_out_what_is_unknown() -> None:
    assert ietf_fields([Window("a", 100)], NOW) == [("RateLimit-Policy", '"a";q=100')]
    assert ietf_fields([Window("a", None, 5)], NOW) == [("RateLimit", '"a";r=5')]
    assert ietf_fields([Window("a", None, 5, NOW + 1, 60)], NOW) == [("RateLimit", '"a";r=5;t=1')]
    assert ietf_fields([Window("a", reset_at=NOW)], NOW) == []
    assert ietf_fields([], NOW) == []


def test_ietf_fields_hold_only_what_a_structured_field_can() -> None:
    assert ietf_fields([Window("a", -1, 10**15, NOW, 0)], NOW) == []
    assert ietf_fields([Window("a", 0, 0, NOW - 50, 0)], NOW) == [
        ("RateLimit-Policy", '"a";q=0'),
        ("RateLimit", '"a";r=0;t=0'),
    ]


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ('say "hi" \\', r'"say \"hi\" \\"'),
        ("a\r\nSet-Cookie: x", '"aSet-Cookie: x"'),
        ("naïve\x00\x7f", '"nave"'),
        ("", '"default"'),
        ("é", '"default"'),
        ("x" * 1_000, '"' + "x" * 64 + '"'),
    ],
)
def test_names_are_written_as_structured_field_strings(name: str, written: str) -> None:
    assert ietf_fields([Window(name, None, 1)], NOW) == [("RateLimit", f"{written};r=1")]


def test_what_is_written_is_read_back() -> None:
    tokens = Window("tokens", 10, 0, NOW + 1, said_unit="tokens")
    windows = (Window('a "\\b', 100, 50, NOW + 30, 60), tokens)
    assert read(ietf_fields(windows, NOW), 200, NOW) == Observation(windows)


@pytest.mark.parametrize(
    ("headers", "speaks"),
    [
        ([("RateLimit", '"default";r=50;t=30')], True),
        ([("ratelimit", "limit=100, remaining=50, reset=5")], True),
        ([("ratelimit", "garbage(")], True),
        ([("RateLimit-Policy", '"burst";q=100;w=60')], True),
        ([("ratelimit-policy", "burst;q=100;w=60")], True),
        ([("RateLimit-Policy", "100;w=60")], False),
        ([("RateLimit-Policy", "garbage(")], False),
        ([("RateLimit-Limit", "100"), ("RateLimit-Remaining", "5")], False),
        ([("X-RateLimit-Limit", "100")], False),
        ([], False),
    ],
)
def test_an_upstream_that_speaks_ietf_is_recognised(
    headers: list[tuple[str, str]], speaks: bool
) -> None:
    assert speaks_ietf(headers) is speaks


NAMES = sorted({name for sample in SAMPLES for name, _ in sample.headers})
VALUES = sorted({value for sample in SAMPLES for _, value in sample.headers})
FRAGMENTS = st.lists(
    st.sampled_from(
        [*';,="\\:()@?% -+.eE', "w", "q", "r", "t", "0", "9", "\u0661", "é", "s", "m", "T"]
    )
).map("".join)
HEADERS = st.lists(
    st.tuples(
        st.sampled_from(NAMES) | st.text(max_size=70),
        st.sampled_from(VALUES + UNREADABLE_COUNTS + UNREADABLE_RESETS)
        | st.integers().map(str)
        | st.floats().map(str)
        | FRAGMENTS
        | st.text(max_size=40),
    ),
    max_size=25,
)


@settings(max_examples=500, deadline=None, derandomize=True)
@given(
    headers=HEADERS,
    status=st.sampled_from([200, 304, 403, 429, 503]),
    now=st.floats(0, 4e9),
    dialect=st.sampled_from(sorted(DIALECTS)),
)
def test_no_header_makes_reading_or_writing_fail(
    headers: list[tuple[str, str]], status: int, now: float, dialect: str
) -> None:
    speaks_ietf(headers)
    observation = read(headers, status, now, dialect)
    if observation is None:
        return
    assert observation.windows or observation.retry_at is not None
    assert len(observation.windows) <= 8
    moments = [observation.retry_at, observation.exhausted_until]
    for window in observation.windows:
        moments.append(window.reset_at)
        for amount in (window.limit, window.remaining, window.window):
            assert amount is None or (type(amount) is int and amount >= 0)
        if window.limit is not None and window.remaining is not None:
            assert window.remaining <= window.limit
    for moment in moments:
        assert moment is None or int(now) <= moment <= now + TEN_YEARS + 1
    if status not in (403, 429):
        assert observation.retry_at is None
    shown = primary(observation)
    assert shown is None or shown in observation.windows
    for _, text in ietf_fields(observation.windows, now):
        assert re.fullmatch(r"[ -~]+", text)
    assert read(headers, status, now, dialect) == observation


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    windows=st.lists(
        st.builds(
            Window,
            name=st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1).map(
                lambda name: name[:64].strip() or "x"
            ),
            limit=st.integers(10**6, 10**15 - 1),
            remaining=st.integers(0, 10**6),
            reset_at=st.integers(NOW, NOW + TEN_YEARS),
            window=st.integers(1, 10**9),
        ),
        unique_by=lambda window: window.name,
        min_size=1,
        max_size=8,
    )
)
def test_any_window_survives_being_written_and_read(windows: list[Window]) -> None:
    told = [
        window if window.unit == "requests" else structs.replace(window, said_unit=window.unit)
        for window in windows
    ]
    assert read(ietf_fields(windows, NOW), 200, NOW) == Observation(tuple(told))

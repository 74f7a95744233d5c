"""Properties of reading and writing for arbitrary header fields."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from api.quota.dialects import dialect_names
from api.quota.header_words import COUNTED, ROLES, SCALES, SCOPES, TIME_STYLES
from api.quota.headers import read_quota
from api.quota.ietf_headers import has_ietf_headers, ietf_headers
from api.quota.windows import QuotaReading, QuotaWindow, primary_window
from tests.unit.quota.all_samples import PUBLIC, SAMPLES
from tests.unit.quota.samples import NOW, fields
from tests.unit.quota.unreadable import TEN_YEARS, UNREADABLE_COUNTS, UNREADABLE_RESETS

FIELDS = [
    *(field for sample in SAMPLES for field in sample.headers),
    *(field for sample in PUBLIC for field in fields(sample.text)),
]
NAMES = sorted({name for name, _ in FIELDS})
VALUES = sorted({value for _, value in FIELDS})
WORDS = [*ROLES, *COUNTED, *SCOPES, *SCALES, *TIME_STYLES, "ratelimit", "x", "acme", "retry", "by"]
WORD_NAMES = st.lists(st.sampled_from(sorted(WORDS)), min_size=1, max_size=6).flatmap(
    lambda words: st.sampled_from(["-", "_", ""]).map(lambda mark: mark.join(words))
)
FRAGMENTS = st.lists(
    st.sampled_from(
        [*';,="\\:()@?% -+.eE', "w", "q", "r", "t", "0", "9", "\u0661", "é", "s", "m", "T"]
    )
).map("".join)
HEADERS = st.lists(
    st.tuples(
        st.sampled_from(NAMES) | WORD_NAMES | st.text(max_size=70),
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
    dialect=st.sampled_from(sorted(dialect_names())),
)
def test_no_header_makes_reading_or_writing_fail(
    headers: list[tuple[str, str]], status: int, now: float, dialect: str
) -> None:
    has_ietf_headers(headers)
    reading = read_quota(headers, status, now, dialect)
    if reading is None:
        return
    assert reading.windows or reading.retry_at is not None
    assert len(reading.windows) <= 8
    moments = [reading.retry_at, reading.exhausted_until]
    for window in reading.windows:
        moments.append(window.reset_at)
        for amount in (window.limit, window.remaining, window.window):
            assert amount is None or (type(amount) is int and amount >= 0)
        if window.limit is not None and window.remaining is not None:
            assert window.remaining <= window.limit
    for moment in moments:
        assert moment is None or int(now) <= moment <= now + TEN_YEARS + 1
    if status not in (403, 429):
        assert reading.retry_at is None
    shown = primary_window(reading)
    assert shown is None or shown in reading.windows
    for _, text in ietf_headers(reading.windows, now):
        assert re.fullmatch(r"[ -~]+", text)
    assert read_quota(headers, status, now, dialect) == reading


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    windows=st.lists(
        st.builds(
            QuotaWindow,
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
def test_any_window_survives_being_written_and_read(windows: list[QuotaWindow]) -> None:
    expected = [
        window if window.unit == "requests" else structs.replace(window, stated_unit=window.unit)
        for window in windows
    ]
    assert read_quota(ietf_headers(windows, NOW), 200, NOW) == QuotaReading(tuple(expected))

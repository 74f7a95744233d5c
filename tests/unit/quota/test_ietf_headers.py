"""Writing the IETF header fields, and recognising an upstream that sends them."""

import pytest

from api.quota.headers import read_quota
from api.quota.ietf_headers import has_ietf_headers, ietf_headers
from api.quota.windows import QuotaReading, QuotaWindow, primary_window
from tests.unit.quota.samples import NOW, only_window


def test_the_unit_that_an_api_names_is_used_and_passed_on() -> None:
    headers = [
        ("RateLimit-Policy", '"day";q=500;qu="content-bytes";w=60'),
        ("RateLimit", '"day";r=9'),
    ]
    window = only_window(headers)
    assert window.unit == "content-bytes"
    assert ietf_headers([window], NOW) == headers
    other = QuotaWindow("burst", 10, 9)
    assert primary_window(QuotaReading((window, other))) == other


def test_ietf_fields_carry_policy_and_state() -> None:
    windows = [
        QuotaWindow("burst", 100, 50, NOW + 30, 60),
        QuotaWindow("daily", 1_000, 900, NOW + 3_600, 86_400),
    ]
    assert ietf_headers(windows, NOW + 0.5) == [
        ("RateLimit-Policy", '"burst";q=100;w=60, "daily";q=1000;w=86400'),
        ("RateLimit", '"burst";r=50;t=30, "daily";r=900;t=3600'),
    ]


def test_a_unit_that_is_not_the_default_is_named() -> None:
    windows = [
        QuotaWindow("tokens", 9, 8),
        QuotaWindow("requests", 7, 6),
        QuotaWindow("a", 5, 4, stated_unit="u"),
    ]
    assert ietf_headers(windows, NOW)[0] == (
        "RateLimit-Policy",
        '"tokens";q=9;qu="tokens", "requests";q=7, "a";q=5;qu="u"',
    )


def test_ietf_fields_leave_out_what_is_unknown() -> None:
    assert ietf_headers([QuotaWindow("a", 100)], NOW) == [("RateLimit-Policy", '"a";q=100')]
    assert ietf_headers([QuotaWindow("a", None, 5)], NOW) == [("RateLimit", '"a";r=5')]
    assert ietf_headers([QuotaWindow("a", None, 5, NOW + 1, 60)], NOW) == [
        ("RateLimit", '"a";r=5;t=1')
    ]
    assert ietf_headers([QuotaWindow("a", reset_at=NOW)], NOW) == []
    assert ietf_headers([], NOW) == []


def test_ietf_fields_hold_only_what_a_structured_field_can() -> None:
    assert ietf_headers([QuotaWindow("a", -1, 10**15, NOW, 0)], NOW) == []
    assert ietf_headers([QuotaWindow("a", 0, 0, NOW - 50, 0)], NOW) == [
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
    assert ietf_headers([QuotaWindow(name, None, 1)], NOW) == [("RateLimit", f"{written};r=1")]


def test_written_fields_are_read_back() -> None:
    tokens = QuotaWindow("tokens", 10, 0, NOW + 1, stated_unit="tokens")
    windows = (QuotaWindow('a "\\b', 100, 50, NOW + 30, 60), tokens)
    assert read_quota(ietf_headers(windows, NOW), 200, NOW) == QuotaReading(windows)


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
def test_an_upstream_that_has_ietf_headers_is_recognised(
    headers: list[tuple[str, str]], speaks: bool
) -> None:
    assert has_ietf_headers(headers) is speaks

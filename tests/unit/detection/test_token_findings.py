"""Tokens that expire soon, or are used from a new network."""

from __future__ import annotations

from typing import Any

import pytest

from api.detection.observation import Observation
from api.detection.tokens import token_findings
from api.storage.tokens import Token

NOW = 1_790_000_000
HOUR = 3600
DAY = 86_400


def found(left: int | None = None, lifetime: int = 30 * DAY, **members: Any) -> list[Observation]:
    expires_at = None if left is None else NOW + left
    created_at = NOW - DAY if expires_at is None else expires_at - lifetime
    token = Token(
        "t1", members.pop("name", "CI"), "h", "…", ("*",), (), (), created_at, expires_at,
        **members,
    )  # fmt: skip
    return list(token_findings([token], NOW))


@pytest.mark.parametrize(
    ("left", "lifetime", "period"),
    [
        (8 * DAY, 30 * DAY, None),
        (7 * DAY, 30 * DAY, "week"),
        (2 * DAY, 30 * DAY, "week"),
        (DAY, 30 * DAY, "day"),
        (HOUR, 30 * DAY, "day"),
        (7 * DAY, 14 * DAY, "week"),
        (7 * DAY, 13 * DAY, None),
        (DAY, 7 * DAY, "day"),
        (DAY, DAY, None),
        (600, 600, None),
        # A token of `api-dashboard run`, which has been extended for a month.
        (600, 30 * DAY, None),
        (0, 30 * DAY, None),
        (-5, 30 * DAY, None),
        (None, 0, None),
    ],
)
def test_a_token_that_expires_is_found(left: int | None, lifetime: int, period: str | None) -> None:
    windows = [finding.window for finding in found(left, lifetime)]
    assert windows == ([] if period is None else [f"{NOW + (left or 0)}:{period}"])


def test_a_message_says_when_it_expires() -> None:
    (finding,) = found(DAY + HOUR)
    assert finding.title == "The token “CI” expires in 2 days"
    assert finding.text == (
        "The token “CI” expires at 2026-09-22 15:13 UTC; calls with it are refused from then on. "
        "Extend it, or create another one for what uses it."
    )
    assert found(DAY)[0].title == "The token “CI” expires in less than a day"


def test_a_new_network_is_found_but_not_the_first() -> None:
    networks = {"198.51.100.7": NOW - DAY - 10, "203.0.113.9": NOW - 20}
    (finding,) = found(networks=networks)
    assert finding.window == "203.0.113.9"
    assert finding.text == (
        "The token “CI” was used from 203.0.113.9 at 2026-09-21 14:13 UTC, from where it was "
        "never used before. If that was not you, revoke or rotate the token now."
    )
    assert found(networks={"203.0.113.9": NOW - 20}) == []
    assert found(networks={}) == []


def test_many_new_networks_of_a_day_are_one_finding() -> None:
    networks = {f"198.51.100.{number}": NOW - 500 + number for number in range(20)}
    (finding,) = found(networks=networks)
    assert finding.window == str(NOW // DAY)
    assert "was used from 19 new networks on 2026-09-21 (UTC)" in finding.text
    assert len(found(networks=dict(list(networks.items())[:4]))) == 3


def test_a_network_of_yesterday_is_no_news() -> None:
    assert found(networks={"198.51.100.7": NOW - 3 * DAY, "203.0.113.9": NOW - DAY}) == []


def test_an_expired_token_is_not_found() -> None:
    networks = {"198.51.100.7": NOW - DAY, "203.0.113.9": NOW - 20}
    assert found(-5, networks=networks) == []

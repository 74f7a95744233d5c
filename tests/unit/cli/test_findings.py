"""What `doctor` concludes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from api import __version__
from api.cli.doctor.account import key_findings
from api.cli.doctor.machine import disk_finding
from api.cli.doctor.server import certificate_finding, clock_finding, version_finding
from api.operations.diagnosis.finding import split_message

KEY: dict[str, Any] = {
    "key_id": "openai.1", "api_name": "openai", "provider": "openai", "hint": "…6789",
    "state": "ready", "state_since": None, "state_until": None, "check": None,
}  # fmt: skip


@pytest.mark.parametrize(
    ("free", "outcome"), [(50_000_000, "failed"), (500_000_000, "warning"), (5_000_000_000, "ok")]
)
def test_the_disk_needs_space(free: int, outcome: str) -> None:
    assert disk_finding(Path("/data"), free).outcome == outcome


@pytest.mark.parametrize(
    ("skew", "outcome"), [(0.0, "ok"), (-29.0, "ok"), (31.0, "warning"), (-4000.0, "warning")]
)
def test_clocks_agree_within_half_a_minute(skew: float, outcome: str) -> None:
    assert clock_finding(1000.0 + skew, 1000.0).outcome == outcome


def test_another_version_is_a_warning() -> None:
    assert version_finding(__version__).outcome == "ok"
    other = version_finding("99.0.0")
    assert other.outcome == "warning" and "99.0.0" in other.detail and other.advice


def test_a_certificate_that_expires_soon_is_a_warning() -> None:
    day = 86_400.0
    assert certificate_finding(20 * day, 0.0).outcome == "ok"
    soon = certificate_finding(13 * day, 0.0)
    assert soon.outcome == "warning" and "13d" in soon.detail


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        ({}, "ok"),
        ({"check": {"outcome": "valid", "checked_at": 1}}, "ok"),
        ({"check": {"outcome": "revoked", "checked_at": 1}}, "failed"),
        ({"state": "refused", "state_since": 1, "state_until": 2}, "failed"),
        ({"state": "exhausted", "state_since": 1, "state_until": 2}, "warning"),
    ],
)
def test_a_key_that_calls_cannot_use_is_found(change: dict[str, Any], outcome: str) -> None:
    [finding] = key_findings([{**KEY, **change}])
    assert finding.outcome == outcome
    assert (finding.advice == "") == (outcome == "ok")


def test_no_key_is_a_warning() -> None:
    assert [finding.outcome for finding in key_findings([])] == ["warning"]


def test_a_message_is_split_into_what_happened_and_what_to_do() -> None:
    found = split_message("server", "failed", "No server responds at http://x: start one.")
    assert found == ("server", "failed", "No server responds at http://x.", "Start one.")
    assert split_message("x", "failed", "It failed.").detail == "It failed."

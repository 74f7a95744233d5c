"""Keys that are refused, or whose scheduled check failed."""

from __future__ import annotations

from typing import Any

import pytest

from api.credentials import AuthScheme
from api.detection.keys import broken_keys
from api.detection.observation import Observation
from api.pools import Pool
from api.quota.key_state import KeyState
from api.storage.keys import StoredKey, pool_key

NOW = 1_790_000_000
REFUSED = KeyState("refused", NOW + 300, NOW - 10, 401)


def found(
    state: KeyState | None = None,
    outcome: str | None = None,
    every: int | None = 3600,
    *,
    inline: bool = True,
    status: int | None = None,
) -> list[Observation]:
    check: dict[str, Any] | None = None
    if outcome is not None:
        check = {"outcome": outcome, "detail": "d", "status": status, "checked_at": NOW}
    key = StoredKey(
        "openai.0123456789abcdef", "openai", "https://api.openai.com/v1", AuthScheme("bearer"),
        "gAAAAA", "…", 0, 0, check=check, check_every=every, state=None if inline else state,
    )  # fmt: skip
    states = {key.key_id: state} if state and inline else {}
    pool = Pool("openai", (pool_key(key),) if inline else (), states, None, not inline)
    return list(broken_keys([key], {"openai": pool}))


@pytest.mark.parametrize("inline", [True, False], ids=["inline", "overflow"])
def test_a_refused_key_is_found(inline: bool) -> None:
    (finding,) = found(REFUSED, inline=inline)
    assert finding.title == "openai: a key is refused"
    assert finding.text == (
        "The provider of the openai key #abcdef refused it with status 401 at 2026-09-21 14:13 "
        "UTC: it is wrong, revoked or expired. Replace its secret, or delete the key."
    )


def test_a_key_is_refused_until_it_is_ready() -> None:
    # The time in which the proxy does not use it is over, but nothing says that it works.
    (finding,) = found(KeyState("refused", NOW - 5000, NOW - 6000, 401))
    assert finding.name.startswith("key:refused:")
    assert found(KeyState("ready", 0, NOW, 200)) == []
    assert found(KeyState("exhausted", NOW + 300, NOW, 429)) == []
    assert found(None) == []


@pytest.mark.parametrize(
    ("outcome", "is_found"),
    [("valid", False), ("unknown", False), ("out_of_quota", False), ("revoked", True),
     ("wrong_host", True), ("unreachable", True), ("unexpected", True), ("later", False)],
)  # fmt: skip
def test_a_failed_check_is_found(outcome: str, is_found: bool) -> None:
    names = [finding.name for finding in found(None, outcome)]
    assert names == ["key:check:openai.0123456789abcdef"] * is_found
    assert found(None, outcome, every=None) == []


def test_a_failed_check_says_what_the_provider_answered() -> None:
    (finding,) = found(None, "unexpected", status=503)
    assert (
        "failed at 2026-09-21 14:13 UTC: its provider gave an unexpected answer (status 503)"
        in (finding.text)
    )


def test_a_refused_key_whose_check_failed_is_one_piece_of_news() -> None:
    refused, check = found(REFUSED, "revoked", status=401)
    assert (refused.phase, check.phase) == ("begins", "continues")


def test_a_key_that_works_again_since_its_check_is_not_found() -> None:
    assert found(KeyState("ready", 0, NOW + 1, 200), "revoked") == []
    assert len(found(KeyState("ready", 0, NOW - 1, 200), "revoked")) == 1

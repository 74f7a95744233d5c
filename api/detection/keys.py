"""Keys that their providers refuse, and keys whose scheduled check failed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from api.detection.observation import Observation
from api.pools import Pool
from api.quota.key_state import KeyState
from api.services.notifications.wording import key_name, utc
from api.storage.keys import StoredKey
from api.storage.notifications import Fact

_FAILED = {
    "revoked": "its provider refused it",
    "wrong_host": "its provider's API was not found at its base URL",
    "unreachable": "its provider could not be reached",
    "unexpected": "its provider gave an unexpected answer",
}


def broken_keys(keys: Iterable[StoredKey], pools: Mapping[str, Pool]) -> Iterator[Observation]:
    """Find the keys that do not work. Each is notified until it works again."""
    for key in keys:
        state = _state(key, pools.get(key.api_name))
        is_refused = state is not None and state.reason == "refused"
        if state is not None and is_refused:
            yield _refused(key, state)
        if key.check is not None and key.check_every is not None and _failed(key.check, state):
            yield _check_failed(key, key.check, is_refused)


def _state(key: StoredKey, pool: Pool | None) -> KeyState | None:
    """Return the last state of a key. One whose time is over may still apply."""
    if pool is not None and key.key_id in pool.key_ids():
        return pool.states.get(key.key_id)
    return key.state


def _failed(check: Mapping[str, Any], state: KeyState | None) -> bool:
    if check.get("outcome") not in _FAILED:
        return False
    works_since = state.since if state is not None and state.reason == "ready" else 0
    return works_since < int(check.get("checked_at") or 0)


def _refused(key: StoredKey, state: KeyState) -> Observation:
    status = f" with status {state.status}" if state.status else ""
    return Observation(
        name=f"key:refused:{key.key_id}",
        event="key",
        subject=f"refused:{key.key_id}",
        title=f"{key.api_name}: a key is refused",
        text=f"The provider of the {_name(key)} refused it{status} at {utc(state.since)}: it is "
        "wrong, revoked or expired. Replace its secret, or delete the key.",
        facts={
            "api_name": key.api_name,
            "key_id": key.key_id,
            "status": state.status,
            "since": state.since,
        },
    )


def _check_failed(key: StoredKey, check: Mapping[str, Any], is_refused: bool) -> Observation:
    outcome, at = str(check["outcome"]), int(check.get("checked_at") or 0)
    facts: dict[str, Fact] = {
        "api_name": key.api_name,
        "key_id": key.key_id,
        "outcome": outcome,
        "checked_at": at,
    }
    answer = ""
    if isinstance(status := check.get("status"), int):
        facts["status"] = status
        answer = f" (status {status})"
    return Observation(
        name=f"key:check:{key.key_id}",
        event="key",
        subject=f"check:{key.key_id}",
        title=f"{key.api_name}: the check of a key failed",
        text=f"The scheduled check of the {_name(key)} failed at {utc(at)}: {_FAILED[outcome]}"
        f"{answer}. Check the key on its page; the next message comes after it has worked again.",
        facts=facts,
        # The refusal is notified already.
        phase="continues" if is_refused else "begins",
    )


def _name(key: StoredKey) -> str:
    return key_name(key.api_name, key.key_id, key.description)

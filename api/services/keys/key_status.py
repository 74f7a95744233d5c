"""The status of a key: whether it is ready, and if not, why it comes last in its pool."""

from __future__ import annotations

from api.pools import Pool
from api.quota.key_state import KeyState
from api.storage.keys import StoredKey


def current_state(key: StoredKey, pool: Pool | None, now: float) -> KeyState | None:
    """Return why a key comes last in its pool at `now` (epoch seconds), or None if it is ready."""
    if pool is not None and key.key_id in pool.key_ids():
        return pool.state(key.key_id, now)
    return key.state if key.state is not None and key.state.until > now else None


def state_reason(state: KeyState) -> str:
    """Return why a key comes last in its pool, as a sentence for the user."""
    if state.reason == "refused":
        return "The upstream rejected the key (401): it is wrong, revoked or expired."
    if state.status in (402, 403, 429):
        return f"The upstream responded with {state.status} and asked to wait."
    return "Its quota is exhausted, according to the upstream's last response."

"""Set the reservations, consumption rates and key states of the demo account."""

from __future__ import annotations

import re
import time
from typing import Any

import msgspec

from api.quota.key_state import KeyState
from api.storage.quota_codec import KeyQuota, decode_quota, encode_quota, short_id
from api.storage.usage import rate_limit_sort_key
from api.storage.users import user_partition
from api.wiring import Storage
from tests.support.accounts import Account
from tools.demo_apis import HOUR, RESERVED, DemoApi, PoolKey

_AGENTS = {"support assistant": "OpenAI/Python 3.54.0", "release notes": "claude-cli/2.1.2"}


def reserve(
    storage: Storage, account: Account, tokens: dict[str, dict[str, Any]], now: float
) -> None:
    """Reserve parts of openai's policy in the middle of its window, and use some of them."""
    before = storage.pools.get(account.username, "openai")
    assert before is not None and before.policy is not None
    started = msgspec.structs.replace(
        before.policy, window_start=round(now - 0.7 * HOUR, 3), revision=2
    )
    storage.policies.replace(account.username, "openai", before.policy, started)
    for name, reservation, _ in RESERVED:
        path = f"/api/rate-limits/openai/reservations/{tokens[name]['token_id']}"
        assert account.call("PUT", path, reservation).status == 200
    for name, _, calls in RESERVED:
        for _ in range(calls):
            answer = account.proxied(
                tokens[name]["token"],
                "/proxy/openai/v1/responses",
                "POST",
                [("User-Agent", _AGENTS[name])],
                b"{}",
            )
            assert answer.status in (200, 401), answer.body


def set_consumption_rates(storage: Storage, account: Account, api: DemoApi, key_id: str) -> None:
    """Store consumption rates for a key, as if it had been in use for some time."""
    rate_limit = storage.usage.rate_limit(account.username, api.api_name, time.time())
    for latest in rate_limit.key_quotas if rate_limit is not None else ():
        if latest.short_id == short_id(key_id):
            _set_rates(storage, account, api, latest)


def _set_rates(storage: Storage, account: Account, api: DemoApi, latest: KeyQuota) -> None:
    windows = tuple(
        msgspec.structs.replace(window, consumption_rate=api.rates.get(window.name))
        for window in latest.windows
    )
    item = storage.table.get(user_partition(account.username), rate_limit_sort_key(api.api_name))
    assert item is not None
    (slot,) = [
        name for name, value in item.items()
        if re.fullmatch(r"w\d", name) and decode_quota(value).short_id == latest.short_id
    ]  # fmt: skip
    text = encode_quota(account.username, api.api_name, latest.short_id, windows, 1, latest.seen_at)
    storage.table.run(
        storage.table.update_op(
            user_partition(account.username),
            rate_limit_sort_key(api.api_name),
            "SET #slot = :text",
            {":text": text},
            names={"#slot": slot},
        )
    )


def set_key_state(
    storage: Storage, account: Account, key_id: str, key: PoolKey, now: float
) -> None:
    """Store the state that the upstream's response gives a key."""
    state = KeyState(key.reason, int(now) + key.seconds, int(now), key.status)
    stored = storage.keys.get(account.username, key_id)
    assert stored is not None
    assert storage.pools.set_state(account.username, key.api_name, stored, state)

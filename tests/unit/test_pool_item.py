"""Keys in the pool item: the stored form of this and of earlier versions."""

from __future__ import annotations

import msgspec

from api.credentials import AuthScheme
from api.pools import PoolKey
from api.spend.budgets import ApiSpend, Budget, Period
from api.storage.keys import StoredKey, pool_key
from api.storage.pool_item import as_pool, encoded_key, fitting_keys

PERIODS: tuple[Period, ...] = ("day", "week", "month", "total")
KEY = PoolKey("work.0123456789abcdef", "https://api.notion.com", AuthScheme("bearer"), "gAAAA")


def read(text: str) -> PoolKey:
    [key] = as_pool({"api_name": "work", f"key:{KEY.key_id}": text}).keys
    return key


def test_a_key_of_an_earlier_version_has_no_provider() -> None:
    old = {"i": KEY.key_id, "u": KEY.base_url, "a": {"scheme": "bearer"}, "e": "gAAAA"}
    assert read(msgspec.json.encode(old).decode()) == KEY
    assert encoded_key(KEY) == encoded_key(read(encoded_key(KEY)))
    assert '"p"' not in encoded_key(KEY)


def test_a_provider_is_stored_only_if_it_is_not_the_apis_name() -> None:
    def stored(provider: str | None, api_name: str) -> StoredKey:
        return StoredKey(
            key_id=f"{api_name}.0123456789abcdef",
            api_name=api_name,
            provider=provider,
            base_url="https://api.notion.com",
            auth=AuthScheme("bearer"),
            encrypted_key="gAAAA",
            hint="",
            created_at=0,
            updated_at=0,
        )

    assert pool_key(stored("notion", "work")).provider == "notion"
    assert read(encoded_key(pool_key(stored("notion", "work")))).provider == "notion"
    assert pool_key(stored("notion", "notion")).provider == ""
    assert pool_key(stored(None, "work")).provider == ""


def test_budgets_leave_less_room_for_keys() -> None:
    def with_id(number: int) -> PoolKey:
        return msgspec.structs.replace(
            KEY, key_id=f"work.{number:016d}", encrypted_key="g" * 380, base_url="https://x.example"
        )

    keys = [with_id(number) for number in range(6)]
    budgets = tuple(
        Budget(scope, period, 10**15, "America/Argentina/ComodRivadavia")
        for scope in ("account", "api:work")
        for period in PERIODS
    )
    fitting = [fitting_keys("ada", "work", (), keys, ApiSpend(each)) for each in ((), budgets)]
    assert fitting == [6, 5]

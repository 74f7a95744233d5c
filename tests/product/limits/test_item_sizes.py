"""The largest items that a proxied request reads and writes fit in one capacity unit."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator

import msgspec
import pytest

from api.credentials import AuthScheme
from api.limits.policies import Policy
from api.limits.reservations import Reservation
from api.proxy.call_context import KeyReading, loggable_path
from api.proxy.key_state_cache import KeyStateCache
from api.proxy.recording import CallRecord
from api.quota.key_state import KeyState
from api.quota.windows import QuotaReading, QuotaWindow
from api.secret import Credential, Secret
from api.services.keys.cipher import Cipher
from api.settings import read_settings, require_secrets
from api.storage.keys import StoredKey
from api.storage.limits import window_sort_key
from api.storage.quota_codec import decode_quota, encode_quota
from api.storage.requests import LogEntry
from api.storage.users import User
from api.wiring import build_recorder
from tests.support.capacity import READ_UNIT, WRITE_UNIT, item_size
from tests.support.measured_account import MeasuredAccount
from tests.support.upstream import Upstream

LONG = "n" * 64
"""The longest username."""


@pytest.fixture(scope="module")
def measured(environment: dict[str, str], upstream_server: Upstream) -> Iterator[MeasuredAccount]:
    yield MeasuredAccount(read_settings(environment), upstream_server)


def test_the_largest_window_of_five_reservations_is_one_write_unit(
    measured: MeasuredAccount,
) -> None:
    reservations = tuple(Reservation(f"{i}" * 13, i, 10**8, None) for i in range(5))
    policy = Policy(10**9, 31_536_000, 1_780_000_200.125, reservations)
    limits = measured.storage.limits
    for token_id in (None, "0" * 13):
        allowance = policy.rule("a" * 48, token_id, 0)
        measured.storage.table.run(limits.take_op(LONG, allowance, 1_780_000_300))
    item = measured.stored(LONG, window_sort_key(allowance, 1_780_000_300))
    assert sum(name.startswith("m") for name in item) == 31
    for name in item:
        if name == "used" or name.startswith("m"):
            item[name] = {"N": "999999999"}
    assert item_size(item) <= WRITE_UNIT


LONGEST_ENTRY = LogEntry(
    request_id="0123456789abcdef",
    at=1_780_000_200.125,
    api_name="a" * 48,
    method="OPTIONS",
    host=f"{'h' * 253}:65535",
    path=loggable_path("/" + "x" * 3000),
    status=503,
    duration_ms=3_600_000,
    upstream_ms=3_600_000,
    bytes_in=10**12,
    bytes_out=10**12,
    token_id="t" * 13,
    key_id="a" * 48 + "." + "k" * 16,
    problem="authentication_required",
    simulated=True,
    client="c" * 24,
)


def test_the_largest_log_entry_is_one_write_unit_with_270_characters_of_path(
    measured: MeasuredAccount,
) -> None:
    _, payload = measured.storage.log.put_op(LONG, LONGEST_ENTRY)
    assert item_size(payload["Item"]) <= WRITE_UNIT
    assert len(payload["Item"]["path"]["S"]) >= 270
    usual = msgspec.structs.replace(LONGEST_ENTRY, host="api.openai.com:443", api_name="openai")
    _, payload = measured.storage.log.put_op("ada", usual)
    assert item_size(payload["Item"]) <= WRITE_UNIT
    assert payload["Item"]["path"]["S"] == usual.path


@pytest.mark.parametrize("keys", [1, 2, 3, 6])
@pytest.mark.parametrize("username", ["ada-lovela", LONG])
@pytest.mark.parametrize(("client", "listed"), [("curl", 8), ("a-script-of-my-own", 4)])
def test_the_largest_rate_limit_item_is_one_write_unit(
    measured: MeasuredAccount, username: str, keys: int, client: str, listed: int
) -> None:
    """Every counter is above a million, the uses fill their space, every key has long windows."""
    storage = measured.storage
    recorder = build_recorder(storage, KeyStateCache(time.time), time.time)
    windows = tuple(
        QuotaWindow(
            f"long-window-name-{i}", 10**12, 10**12 - 1, 1_780_000_200, 86_400, None, 123_456.7
        )
        for i in range(8)
    )
    api_name = "a" * 46 + str(keys) + client[0]
    moments = [1, 2, 4, 7, 10, 15, 20, 30, 45, 65, 100, 150, 220, 330, 500, 750, 1100, 1600]
    moments += [2400, 3600, 5400, 8000, 12_000, 18_000, 30_000, 60_000, 3_600_000]
    problems = {429: "rate_limited", 502: "connect_failed"}
    for position, duration in enumerate(moments):
        status = (200, 301, 404, 429, 502)[position % 5]
        slot = position % keys
        entry = msgspec.structs.replace(
            LONGEST_ENTRY,
            api_name=api_name,
            duration_ms=duration,
            status=status,
            problem=problems.get(status),
            simulated=position == 0,
            token_id=f"{position % 10}" * 13,
            client=client,
        )
        key_id = f"{api_name}.{slot}aaaaaaaaaaaaaaa"
        seen = KeyReading(key_id, slot, keys, QuotaReading(windows))
        recorder.record(username, CallRecord(entry, (seen,)))
    item = measured.stored(username, f"RATELIMIT#{api_name}")
    assert sum(name.startswith("t") and "_" in name for name in item) == listed
    assert sum(name.startswith("u_l") for name in item) == 27
    expected = {"u_n", "u_ms", "u_bi", "u_bo", "u_r", "u_f", "u_h", "u_s2", "u_s5", f"w{keys - 1}"}
    assert expected <= set(item)
    for name in item:
        if name.startswith("u_") and int(item[name]["N"]) < 10**6:
            item[name] = {"N": "1234567"}
    assert item_size(item) <= WRITE_UNIT


@pytest.mark.parametrize(("keys", "windows"), [(1, 5), (2, 3), (3, 2), (6, 1)])
def test_usual_windows_of_each_key_fit_the_rate_limit_item(keys: int, windows: int) -> None:
    usual = [QuotaWindow("requests", 10_000, 9_999, 1_780_000_200, consumption_rate=12.5)] * 8
    text = encode_quota("ada", "openai", "k" * 8, usual, keys, 1_780_000_200)
    assert decode_quota(text).windows[0] == usual[0]
    assert len(decode_quota(text).windows) >= windows


def test_the_windows_with_the_least_left_are_kept_when_not_all_fit() -> None:
    """The windows have Anthropic's names, in the order of its response."""
    left = {"requests": 3_999, "tokens": 390_000, "input-tokens": 300_000, "output-tokens": 7}
    windows = [QuotaWindow(name, 400_000, n, 1_780_000_200) for name, n in left.items()]
    kept = []
    for keys in (1, 3, 6):
        text = encode_quota("ada", "claude", "k" * 8, windows, keys, 1_780_000_200)
        kept.append([window.name for window in decode_quota(text).windows])
    assert kept == [list(left), ["requests", "output-tokens"], ["output-tokens"]]


@pytest.mark.parametrize(
    ("length", "username_length", "inline"),
    [(51, 10, 6), (164, 10, 6), (164, 64, 5), (2000, 10, 1)],
)
def test_the_pool_item_of_usual_secrets_is_one_read_unit(
    measured: MeasuredAccount, length: int, username_length: int, inline: int
) -> None:
    """OpenAI's older keys have 51 characters, its project keys 164."""
    name = secrets.token_hex(32)[:username_length]
    storage = measured.storage
    cipher = Cipher(require_secrets(measured.settings)[1])
    storage.users.create(User(name, "hash", "u@example.com", 0), name)
    keys = []
    for i in range(8):
        key_id = f"openai.{i:016d}"
        encrypted = cipher.encrypt(name, key_id, Credential(Secret("s" * length)))
        keys.append(
            StoredKey(
                key_id, "openai", "https://api.openai.com", AuthScheme("bearer"), encrypted,
                "…ssss", 0, 0, provider="openai", rate_limit_dialect="openai",
            )
        )  # fmt: skip
        storage.keys.create(name, keys[-1:])
    reservations = tuple(
        Reservation(f"{slot}" * 13, slot, 10**9, None, 1_780_000_200) for slot in range(5)
    )
    policy = Policy(10**9, 31_536_000, 1_780_000_200.125, reservations, 1000)
    storage.policies.replace(name, "openai", None, policy)
    pool = storage.pools.get(name, "openai")
    assert pool is not None
    storage.table.run(storage.pools.set_overflow_retry_op(name, pool, 1_780_000_200))
    counted = storage.table.update_op(
        f"USER#{name}", "API#openai", "SET changes = :many", {":many": 99_999}
    )
    storage.table.run(counted)
    assert len(pool.keys) == inline and pool.has_overflow
    for key in pool.keys:
        state = KeyState("exhausted", 1_780_000_200, 1_780_000_000, 429)
        storage.table.run(storage.pools.set_state_op(name, "openai", key, state))
    assert item_size(measured.stored(name, "API#openai")) <= READ_UNIT

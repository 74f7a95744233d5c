"""The stored text of a key's quota does not change, because older versions wrote it."""

import pytest

from api.quota.windows import QuotaWindow
from api.storage.quota_codec import KeyQuota, decode_quota, encode_quota
from tests.unit.quota.samples import NOW

KEY_ID = "openai.0123456789abcdef"
TEXTS: list[tuple[int, list[QuotaWindow], str]] = [
    (
        1,
        [
            QuotaWindow("requests", 10_000, 9_999, NOW + 60, 60, consumption_rate=12.5),
            QuotaWindow("tokens", 2_000_000, 1_999_990, NOW + 1, None, "tokens", 0.333),
        ],
        '["01234567",1790000000,[["requests",10000,9999,1790000060,12.5,60],'
        '["tokens",2000000,1999990,1790000001,0.333,null,"tokens"]]]',
    ),
    (6, [QuotaWindow("endpoint-rate")], '["01234567",1790000000,[["endpoint-rate"]]]'),
    (
        2,
        [
            QuotaWindow("per-1s", 1, 0, NOW + 1, 1),
            QuotaWindow("per-2592000s", 15_000, 1_000, NOW + 1_419_704, 2_592_000),
        ],
        '["01234567",1790000000,[["per-1s",1,0,1790000001,null,1],'
        '["per-2592000s",15000,1000,1791419704,null,2592000]]]',
    ),
    (
        1,
        [
            QuotaWindow("default", None, 598, consumption_rate=0.0),
            QuotaWindow("unified", reset_at=NOW + 7_200),
        ],
        '["01234567",1790000000,[["default",null,598,null,0.0],["unified",null,null,1790007200]]]',
    ),
    (3, [], '["01234567",1790000000,[]]'),
]


@pytest.mark.parametrize(("slots", "windows", "text"), TEXTS)
def test_windows_are_encoded_to_a_fixed_text_and_decoded(
    slots: int, windows: list[QuotaWindow], text: str
) -> None:
    assert encode_quota("alice", "openai", KEY_ID, windows, slots, NOW) == text
    assert decode_quota(text) == KeyQuota("01234567", NOW, tuple(windows))


def test_what_does_not_fit_is_dropped() -> None:
    windows = [
        QuotaWindow("requests", 4_000, 3_999, NOW + 60, 60, None, 1.5),
        QuotaWindow("tokens", 400_000, 390_000, NOW + 60, 60, None, 1.5),
        QuotaWindow("output-tokens", 80_000, 7, NOW + 60, 60, "tokens", 100.0),
    ]
    text = encode_quota("alice", "anthropic", KEY_ID, windows, 6, NOW)
    assert text == '["01234567",1790000000,[["output-tokens",80000,7,1790000060]]]'
    long_names = encode_quota("a" * 64, "b" * 48, KEY_ID, windows, 6, NOW)
    assert long_names == '["01234567",1790000000,[]]'

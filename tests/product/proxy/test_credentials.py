"""The credential is added exactly once, and nothing of the caller's changes it (S9, S10, S30)."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.product.proxy.credentials import SECRET, appearances, basic, store
from tests.support.accounts import Account
from tests.support.upstream import Place

EXPECTED = [
    ("bearer", "Authorization", f"Bearer {SECRET}", "/v1/x?a=1"),
    ("header", "X-Own-Key", SECRET, "/v1/x?a=1"),
    ("prefixed", "Authorization", f"Token token={SECRET}", "/v1/x?a=1"),
    ("query", None, None, f"/v1/x?a=1&api_key={SECRET}"),
    ("basic", "Authorization", basic("me", SECRET), "/v1/x?a=1"),
    ("user", "Authorization", basic(SECRET, "X"), "/v1/x?a=1"),
    ("path", None, None, f"/bot{SECRET}/v1/x?a=1"),
]


@pytest.mark.parametrize(("scheme", "field", "value", "target"), EXPECTED)
def test_s9_each_scheme_adds_the_credential_exactly_once(
    account: Account, place: Place, scheme: str, field: str | None, value: str, target: str
) -> None:
    token = store(account, place, scheme)

    assert account.proxied(token, "/proxy/test/v1/x?a=1").status == 200

    assert place.path() == target
    if field is not None:
        assert place.last.get(field) == value
    else:
        assert place.last.get("Authorization") is None
    assert appearances(place, SECRET) == 1
    assert appearances(place, "apd_") == 0


def test_s9_a_secret_with_special_characters_keeps_its_meaning_in_the_query(
    account: Account, place: Place
) -> None:
    secret = "a+b/c=d&e#f;g%h é"
    token = store(account, place, "query", secret)

    account.proxied(token, "/proxy/test/x")

    assert place.path() == "/x?api_key=" + quote(secret, safe="")

"""Keys whose API expects more than one form of its credential."""

from __future__ import annotations

import pytest

from tests.product.proxy.credentials import basic
from tests.support.accounts import Account
from tests.support.upstream import Place

KEY = "AIzaSy0123456789abcdefghijklmnopqrstuvw"


def sent(account: Account, place: Place, provider: str, path: str, **headers: str) -> None:
    """Store a key of `provider` for the local upstream and call `path` with a token for it."""
    account.key(place, KEY, base_url=place.url, provider=provider, auth=None)
    token = account.token(["test"])
    fields = [
        (name.replace("_", "-"), value.format(token=token)) for name, value in headers.items()
    ]
    assert account.client.request("GET", f"/proxy/test{path}", fields).status == 200


@pytest.mark.parametrize("path", ["/v1beta/models", "/v1beta/openaix/models"])
def test_gemini_gets_its_key_in_its_own_field(account: Account, place: Place, path: str) -> None:
    sent(account, place, "google-gemini", path, Authorization="Bearer {token}")
    assert place.last.get("x-goog-api-key") == KEY
    assert place.last.get("Authorization") is None


def test_gemini_gets_a_bearer_token_below_its_openai_compatible_path(
    account: Account, place: Place
) -> None:
    path = "/v1beta/openai/chat/completions"
    sent(account, place, "google-gemini", path, Authorization="Bearer {token}")
    assert place.path() == path
    assert [value for name, value in place.last.headers if name.lower() == "authorization"] == [
        f"Bearer {KEY}"
    ]
    assert place.last.get("x-goog-api-key") is None


def test_gemini_gets_one_credential_whatever_the_caller_sends(
    account: Account, place: Place
) -> None:
    path = "/v1beta/openai/models"
    sent(account, place, "google-gemini", path, x_goog_api_key="{token}", Authorization="Bearer z")
    assert [value for name, value in place.last.headers if name.lower() == "authorization"] == [
        f"Bearer {KEY}"
    ]
    assert place.last.get("x-goog-api-key") is None


def test_freshdesk_gets_its_key_as_the_user_name(account: Account, place: Place) -> None:
    sent(account, place, "freshdesk", "/api/v2/agents/me", Authorization="Bearer {token}")
    assert place.last.get("Authorization") == basic(KEY, "X")

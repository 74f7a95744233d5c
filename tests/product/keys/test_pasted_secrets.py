"""A secret that is pasted with other text is cleaned with a notice, or refused (S10)."""

from __future__ import annotations

import pytest

from tests.product.keys.helpers import change_key
from tests.support.accounts import Account, problem
from tests.support.upstream import Place

SECRET = "q7Zx2LmT9vKd4RwN8sHb"


@pytest.mark.parametrize(
    "text", [f"Bearer {SECRET}", f'"{SECRET}"', f"export ACME_API_KEY={SECRET}"]
)
def test_s10_a_new_and_a_changed_key_get_the_secret_alone(
    account: Account, place: Place, text: str
) -> None:
    stored = account.key(place, text, api_name="acme")
    assert len(stored["notices"]) == 1 and SECRET not in str(stored["notices"])
    assert account.call("GET", f"/api/keys/{stored['key_id']}").json["notices"] == []

    changed = change_key(account, stored, secret=text)

    assert len(changed.json["notices"]) == 1
    token = account.token(["acme"])
    account.proxied(token, "/proxy/acme/x")
    assert place.last.get("authorization") == f"Bearer {SECRET}"


@pytest.mark.parametrize("text", ["$ACME_API_KEY", f'{{"key": "{SECRET}"}}', f'"{SECRET}'])
def test_s10_a_text_without_a_clear_secret_is_refused(
    account: Account, place: Place, text: str
) -> None:
    stored = account.key(place)

    problem(change_key(account, stored, secret=text), 422, "invalid_field", "secret")
    body = {"provider": "openai", "secret": text}
    problem(account.call("POST", "/api/keys", body), 422, "invalid_field", "secret")

"""The caller's own credentials pass in fields that the API's scheme does not use (S9, S14)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.product.proxy.credentials import SECRET, appearances
from tests.support.accounts import Account, problem
from tests.support.upstream import Place
from tests.unit.proxy.credentials import SESSION_TOKEN, USER_TOKEN, jwt

SUPABASE = {"scheme": "header", "name": "apikey"}
LEGACY = jwt({"iss": "supabase", "ref": "abcdefgh", "role": "service_role"})
USER = ("Authorization", f"Bearer {USER_TOKEN}")


@pytest.mark.parametrize("members", [{}, {"provider": "supabase"}])
@pytest.mark.parametrize("secret", [LEGACY, "sb_secret_0123456789abcdef0123"])
def test_s9_the_end_users_token_reaches_supabase_with_the_key(
    account: Account, place: Place, members: dict[str, Any], secret: str
) -> None:
    account.key(place, secret, auth=SUPABASE, **members)
    token = account.token(["test"])

    assert account.client.request("GET", "/proxy/test/x", [("apikey", token), USER]).status == 200

    assert place.last.get("apikey") == secret
    assert place.last.get("Authorization") == f"Bearer {USER_TOKEN}"
    assert appearances(place, "apd_") == 0


@pytest.mark.parametrize(
    "headers",
    [[("apikey", "{}")], [("apikey", "{}"), ("Authorization", "Bearer {}")],
     [("Authorization", "Bearer {}")],
     [("apikey", "{}"), ("Authorization", "Bearer " + SESSION_TOKEN)]],
)  # fmt: skip
@pytest.mark.parametrize(
    ("secret", "bearer"), [(LEGACY, f"Bearer {LEGACY}"), ("sb_publishable_0123456789abcdef", None)]
)
def test_without_a_users_token_only_a_legacy_supabase_key_is_in_both_fields(
    account: Account, place: Place, headers: list[tuple[str, str]], secret: str, bearer: str | None
) -> None:
    account.key(place, secret, auth=SUPABASE)
    token = account.token(["test"])
    fields = [(name, value.format(token)) for name, value in headers]

    assert account.client.request("GET", "/proxy/test/x", fields).status == 200

    assert (place.last.get("apikey"), place.last.get("Authorization")) == (secret, bearer)
    assert appearances(place, "apd_") == appearances(place, SESSION_TOKEN) == 0


@pytest.mark.parametrize("name", ["access_token", "X_Api_Key", "api-key_v2"])
def test_a_credential_field_with_an_underscore_takes_the_token(
    account: Account, place: Place, name: str
) -> None:
    account.key(place, SECRET, auth={"scheme": "header", "name": name})
    token = account.token(["test"])

    for sent in (name, name.upper(), name.replace("_", "-")):
        answer = account.client.request("GET", "/proxy/test/x", [(sent, token)])
        assert answer.status == 200
        assert place.last.all(name) == [SECRET]
        assert appearances(place, "apd_") == 0


@pytest.mark.parametrize("name", ["X_Own_Key", "X_Api_Key", "Authorization_", "api_key"])
def test_s19_a_token_in_another_field_with_an_underscore_is_refused(
    account: Account, place: Place, name: str
) -> None:
    account.key(place, SECRET, auth={"scheme": "header", "name": "access_token"})

    answer = account.client.request("GET", "/proxy/test/x", [(name, account.token(["test"]))])

    problem(answer, 401, "authentication_required")
    assert place.received == []


@pytest.mark.parametrize("form", ["/bot{}/getMe", "/bot1:{}/getMe", "/bot123456789:{}/getMe",
                                  "/bot12%3A{}/getMe"])  # fmt: skip
def test_telegrams_form_of_a_token_is_accepted(account: Account, place: Place, form: str) -> None:
    account.key(
        place, "123456:AAE-secret_0123456789", base_url=place.url + "/bot{token}",
        auth={"scheme": "path", "name": "token"},
    )  # fmt: skip
    token = account.token(["test"], path_prefixes=["/getMe"])

    answer = account.client.request("GET", "/proxy/test" + form.format(token))

    assert answer.status == 200
    assert place.path() == "/bot123456:AAE-secret_0123456789/getMe"


@pytest.mark.parametrize("form", ["/bot:{}/getMe", "/botx:{}/getMe", "/bot1:2:{}/getMe",
                                  "/bot1{}/getMe", "/bot1:{}x/getMe"])  # fmt: skip
def test_s19_other_text_before_a_token_in_the_path_is_refused(
    account: Account, place: Place, form: str
) -> None:
    account.key(place, base_url=place.url + "/bot{token}", auth={"scheme": "path", "name": "token"})

    target = "/proxy/test" + form.format(account.token(["test"]))

    assert account.client.request("GET", target).status == 401
    assert place.received == []


SIGV4 = "AWS4-HMAC-SHA256 Credential={}/20260101/us-east-1/bedrock/aws4_request, Signature=ab12"


@pytest.mark.parametrize("identity", ["AKIAIOSFODNN7EXAMPLE", "{token}"])
def test_a_request_signed_with_sigv4_is_refused_with_a_reason(
    account: Account, place: Place, identity: str
) -> None:
    account.key(place, SECRET)
    token = account.token(["test"])
    value = SIGV4.format(identity.format(token=token))

    for fields in ([("Authorization", value)], [("Authorization", value), ("X-Api-Key", token)]):
        answer = account.client.request("POST", "/proxy/test/x", fields, b"{}")
        problem(answer, 400, "signature_not_supported")
        assert "SigV4" in answer.json["detail"] and "Bedrock API key" in answer.json["message"]
        assert token.encode() not in answer.body
    assert place.received == []

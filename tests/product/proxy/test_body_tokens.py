"""Tokens in form and JSON bodies, for APIs that take their credential there (S8, S9)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.product.proxy.credentials import SECRET, appearances
from tests.support.accounts import Account, problem
from tests.support.clients import HttpClient
from tests.support.upstream import Place

FORM = ("Content-Type", "application/x-www-form-urlencoded")
JSON = ("Content-Type", "application/json")
MULTIPART = ("Content-Type", "multipart/form-data; boundary=b")


def multipart(token: str, size: int = 10) -> bytes:
    parts = [("token", token), ("channels", "C1"), ("file", "x" * size)]
    text = "".join(
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in parts
        if value
    )
    return f"{text}--b--\r\n".encode()


BODIES: list[tuple[str, tuple[str, str], str, str]] = [
    ("slack", FORM, "token={}&channel=C1&text=hi+there", "channel=C1&text=hi+there"),
    ("slack", FORM, "channel=C1&token={}", "channel=C1"),
    ("slack", MULTIPART, multipart("{}").decode(), multipart("").decode()),
    ("slack", JSON, '{{"token":"{}","channel":"C1"}}', '{"channel":"C1"}'),
    ("tavily", JSON, '{{"api_key":"{}","query":"a"}}', '{"query":"a"}'),
    ("todoist", FORM, "token={}&sync_token=*", "sync_token=*"),
    ("gitlab", FORM, "private_token={}&a=1", "a=1"),
]


def store(account: Account, place: Place, provider: str) -> str:
    """Store a key of a provider, with the provider's scheme, and return a token."""
    providers = account.call("GET", "/api/providers?limit=1000").json["items"]
    auth = next(entry["auth"] for entry in providers if entry["slug"] == provider)
    account.key(place, SECRET, provider=provider, auth=auth)
    return account.token(["test"])


@pytest.mark.parametrize("in_header", [False, True])
@pytest.mark.parametrize(("provider", "kind", "form", "left"), BODIES)
def test_s8_a_token_in_the_body_is_accepted_and_the_secret_is_sent_once(
    account: Account,
    place: Place,
    provider: str,
    kind: tuple[str, str],
    form: str,
    left: str,
    in_header: bool,
) -> None:
    token = store(account, place, provider)
    fields = [kind, ("Authorization", f"Bearer {token}")] if in_header else [kind]

    answer = account.client.request("POST", "/proxy/test/x", fields, form.format(token).encode())

    assert answer.status == 200
    assert place.last.body.decode() == left
    assert appearances(place, SECRET) == 1
    assert appearances(place, "apd_") == 0


def test_a_query_credential_may_be_in_a_form(account: Account, place: Place) -> None:
    account.key(place, SECRET, auth={"scheme": "query", "name": "appid"})
    body = f"q=Berlin&appid={account.token(['test'])}".encode()

    assert account.client.request("POST", "/proxy/test/x", [FORM], body).status == 200

    assert (place.path(), place.last.body) == (f"/x?appid={SECRET}", b"q=Berlin")


@pytest.mark.parametrize(
    ("kind", "form"),
    [(FORM, "token={}"), (JSON, '{{"token":"{}"}}'), (JSON, '{{"a":{{"api_key":"{}"}}}}'),
     (MULTIPART, multipart("{}").decode()), (("Content-Type", "text/plain"), "token={}")],
)  # fmt: skip
def test_s19_a_token_in_the_body_of_another_api_is_refused(
    account: Account, place: Place, kind: tuple[str, str], form: str
) -> None:
    account.key(place, SECRET)
    body = form.format(account.token(["test"])).encode()

    answer = account.client.request("POST", "/proxy/test/x", [kind], body)

    problem(answer, 401, "authentication_required")
    assert place.received == []


def test_s8_with_a_token_in_a_header_the_one_in_the_body_reaches_no_api(
    account: Account, place: Place
) -> None:
    account.key(place, SECRET)
    token = account.token(["test"])

    account.proxied(
        token, method="POST", headers=[JSON], body=json.dumps({"token": token}).encode()
    )

    assert place.last.body == b"{}"
    prompt = json.dumps({"messages": [{"content": f"my token is {token}"}]}).encode()
    account.proxied(token, method="POST", headers=[JSON], body=prompt)
    assert place.last.body == prompt


def test_a_long_upload_loses_the_token_at_its_start(server: HttpClient, place: Place) -> None:
    user = Account(server)
    token = store(user, place, "slack")
    body = multipart(token, 1_500_000)

    answer = server.request("POST", "/proxy/test/x", [MULTIPART], body)

    assert answer.status == 200
    assert place.last.body == multipart("", 1_500_000)


def test_s8_a_token_after_the_first_mib_ends_the_call(server: HttpClient, place: Place) -> None:
    user = Account(server)
    token = store(user, place, "slack")
    body = b"text=" + b"a" * 1_200_000 + f"&token={token}".encode()

    answer = user.proxied(token, "/proxy/test/x", "POST", [FORM], body)

    problem(answer, 400, "invalid_request")
    assert not any(token.encode() in received.body for received in place.received)


def test_s19_a_wrong_token_in_a_body_is_refused(account: Account, place: Place) -> None:
    token = store(account, place, "slack")
    other = "1" if token.endswith("0") else "0"
    body: Any = f"token={token[:-1]}{other}".encode()

    problem(
        account.client.request("POST", "/proxy/test/x", [FORM], body),
        401,
        "authentication_required",
    )
    assert place.received == []

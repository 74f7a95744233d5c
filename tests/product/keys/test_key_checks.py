"""A check makes the provider's harmless request and stores its outcome."""

from __future__ import annotations

import secrets
import socket
import time
from typing import Any

import pytest

from tests.product.keys.checks import check_key, read_key
from tests.support.accounts import Account
from tests.support.products import Clock, another_app, lambda_client
from tests.support.upstream import Answer, Place, Received


@pytest.mark.parametrize("status", [200, 401])
def test_the_result_for_a_replaced_secret_is_not_stored(
    account: Account, key: dict[str, Any], place: Place, status: int
) -> None:
    def answer(_received: Received, _connection: socket.socket) -> Answer:
        change = {"secret": "sk-another-0123456789"}
        assert account.call("PATCH", f"/api/keys/{key['key_id']}", change).status == 200
        return Answer(status)

    place.behaviour = answer

    assert check_key(account, key)["status"] == status
    assert (read_key(account, key)["check"], read_key(account, key)["state"]) == (None, "ready")


@pytest.mark.parametrize(
    ("answer", "outcome", "words"),
    [
        (Answer(200), "valid", "accepted the key"),
        (Answer(401), "revoked", "refused the key with 401"),
        (Answer(429), "out_of_quota", "quota is exhausted (429)"),
        (Answer(429, [("Retry-After", "90")]), "out_of_quota", "It asks to wait 90 s"),
        (Answer(402), "out_of_quota", "quota is exhausted (402)"),
        (Answer(403, [("Retry-After", "90")]), "out_of_quota", "quota is exhausted (403)"),
        (Answer(403), "unexpected", "does not allow this key to make the check request"),
        (Answer(404), "wrong_host", "Is the base URL right?"),
        (Answer(405), "wrong_host", "the provider's API is not there"),
        (Answer(302, [("Location", "https://login.example.org/x")]), "wrong_host",
         "redirects to login.example.org (302)"),
        (Answer(307), "wrong_host", "redirects (307)"),
        (Answer(301, [("Location", "https://[half")]), "wrong_host", "redirects (301)"),
        (Answer(500), "unexpected", "a server error (500)"),
        (Answer(418), "unexpected", "says nothing about the key"),
        (Answer(raw=b"SSH-2.0-OpenSSH_9.2\r\n"), "unreachable", "not valid HTTP"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)  # fmt: skip
def test_the_outcome_is_explained_in_a_sentence(
    account: Account, key: dict[str, Any], place: Place, answer: Answer, outcome: str, words: str
) -> None:
    place.answer(answer)
    result = check_key(account, key)
    assert (result["outcome"], words in result["detail"]) == (outcome, True), result
    assert result["status"] == (None if outcome == "unreachable" else answer.status)
    assert result["checked_at"] == pytest.approx(time.time(), abs=60)
    assert read_key(account, key)["check"] == result
    assert account.call("GET", "/api/keys").json["items"][0]["check"] == result
    assert "sk-secret" not in str(result)


def test_the_request_is_the_providers_check_request(
    account: Account, key: dict[str, Any], place: Place
) -> None:
    check_key(account, key)
    (received,) = place.received
    assert (received.method, place.path()) == ("GET", "/v1/models")
    assert received.get("Authorization") == "Bearer sk-secret-0123456789"
    assert received.body == b""


def test_a_host_that_is_down_is_unreachable(
    account: Account, place: Place, closed_port: int
) -> None:
    url = f"http://127.0.0.1:{closed_port}"
    result = check_key(account, account.key(place, provider="openai", base_url=url))
    assert (result["outcome"], result["status"]) == ("unreachable", None)


def test_a_certificate_of_another_name_is_a_wrong_host(account: Account, tls_place: Place) -> None:
    url = tls_place.url.replace("localhost", "127.0.0.1")
    result = check_key(account, account.key(tls_place, provider="openai", base_url=url))
    assert (result["outcome"], result["status"]) == ("wrong_host", None)
    assert result["detail"] == "The certificate of 127.0.0.1 is for another name."
    assert tls_place.received == []


def test_a_name_that_does_not_exist_is_a_wrong_host_or_not_reachable(
    account: Account, place: Place
) -> None:
    """The outcome depends on whether this machine's resolver responds at all."""
    url = f"https://{secrets.token_hex(8)}.invalid"
    result = check_key(account, account.key(place, provider="openai", base_url=url))
    assert result["outcome"] in ("wrong_host", "unreachable")
    assert ".invalid" in result["detail"]


def test_an_api_without_a_check_request_is_unknown(account: Account, place: Place) -> None:
    result = check_key(account, account.key(place))
    assert (result["outcome"], result["status"]) == ("unknown", None)
    assert place.received == []


def test_a_new_secret_has_not_been_checked_yet(
    account: Account, key: dict[str, Any], place: Place
) -> None:
    check_key(account, key)
    body = {"secret": "sk-another-0123456789"}
    changed = account.call("PATCH", f"/api/keys/{key['key_id']}", body).json
    assert changed["check"] is None


def test_a_result_is_kept_until_the_key_has_another_base_url(
    account: Account, key: dict[str, Any], place: Place
) -> None:
    path = f"/api/keys/{key['key_id']}"
    result = check_key(account, key)
    for same in (
        {"description": "another"},
        {"check_every": 3600},
        {"base_url": key["base_url"], "auth": key["auth"]},
    ):
        assert account.call("PATCH", path, same).json["check"] == result
    changed = account.call("PATCH", path, {"base_url": f"{key['base_url']}/v2"})
    assert (changed.status, changed.json["check"]) == (200, None)


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (Answer(401), "refused"),
        (Answer(429, [("Retry-After", "90")]), "exhausted"),
        (Answer(429), "ready"),
        (Answer(500), "ready"),
    ],
)
def test_the_proxy_uses_the_result_of_a_check(
    account: Account, key: dict[str, Any], place: Place, answer: Answer, state: str
) -> None:
    place.answer(answer)
    check_key(account, key)
    assert read_key(account, key)["state"] == state
    other = account.key(place, "sk-other-0123456789")
    token = account.token(["test"])
    place.answer(Answer())
    place.received.clear()
    for _ in range(40):
        assert account.proxied(token).status == 200
    used = {received.get("Authorization") for received in place.received}
    assert ("Bearer sk-secret-0123456789" in used) == (state == "ready") or len(used) == 2
    assert "Bearer sk-other-0123456789" in used
    assert read_key(account, other)["state"] == "ready"


def test_a_key_with_a_valid_check_is_used_again(
    account: Account, key: dict[str, Any], place: Place
) -> None:
    place.answer(Answer(429, [("Retry-After", "900")]))
    token = account.token(["test"])
    assert account.proxied(token).status == 429
    assert read_key(account, key)["state"] == "exhausted"
    place.answer(Answer())
    assert check_key(account, key)["outcome"] == "valid"
    assert read_key(account, key)["state"] == "ready"
    assert account.proxied(token).status == 200


def test_keys_of_a_pool_with_valid_checks_are_used_again(
    environment: dict[str, str], place: Place
) -> None:
    clock = Clock()
    account = Account(lambda_client(another_app(environment, clock)))
    keys = [account.key(place, f"sk-{n}-0123456789", provider="openai") for n in range(2)]
    token = account.token(["test"])
    place.answer(Answer(429, [("Retry-After", "900")]))
    assert account.proxied(token).status == 429
    place.answer(Answer())

    clock.now += 3
    for pooled in keys:
        assert check_key(account, pooled)["outcome"] == "valid"

    assert account.proxied(token).status == 200


def test_an_overflow_key_is_checked_as_well(account: Account, place: Place) -> None:
    keys = [account.key(place, provider="openai") for _ in range(9)]
    place.answer(Answer(401))
    for pooled in keys:
        assert check_key(account, pooled)["outcome"] == "revoked"
        assert read_key(account, pooled)["state"] == "refused"
    place.answer(Answer())
    for pooled in keys:
        assert check_key(account, pooled)["outcome"] == "valid"
        assert read_key(account, pooled)["state"] == "ready"


def test_a_new_secret_of_an_overflow_key_is_ready(account: Account, place: Place) -> None:
    keys = [account.key(place, provider="openai") for _ in range(8)]
    place.answer(Answer(401))
    for number, pooled in enumerate(keys):
        check_key(account, pooled)
        secret = {"secret": f"sk-another-{number:010d}"}
        changed = account.call("PATCH", f"/api/keys/{pooled['key_id']}", secret).json
        assert changed["state"] == read_key(account, pooled)["state"] == "ready"

"""Keys with extra headers, such as Datadog's application key."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography.fernet import Fernet

from api.secret import Secret
from api.services.keys.cipher import Cipher
from api.services.keys.rotation import rotate
from api.storage.encrypted_items import EncryptedItem
from api.wiring import Storage
from tests.product.keys.helpers import change_key
from tests.support.accounts import Account, problem
from tests.support.upstream import Answer, Place

MAIN, SECOND, THIRD = "main-0123456789ab", "second-0123456789cd", "third-0123456789ef"
AUTH = {"scheme": "header", "name": "DD-API-KEY"}
APPLICATION = "DD-APPLICATION-KEY"


def store(account: Account, place: Place, **members: Any) -> dict[str, Any]:
    headers = [{"name": APPLICATION, "secret": SECOND}]
    return account.key(place, MAIN, **{"auth": AUTH, "extra_headers": headers, **members})


def sent(account: Account, place: Place, name: str = APPLICATION) -> list[str]:
    assert account.proxied(account.token(["test"])).status == 200
    return place.last.all(name)


def test_a_key_sends_its_extra_headers_and_shows_only_hints(account: Account, place: Place) -> None:
    key = store(account, place)
    token = account.token(["test"])
    fields = [("DD-API-KEY", token), (APPLICATION, token), ("dd-application-key", "mine")]

    assert account.client.request("GET", "/proxy/test/x", fields).status == 200

    assert place.last.all("DD-API-KEY") == [MAIN]
    assert place.last.all(APPLICATION) == [SECOND]
    assert key["extra_headers"] == [{"name": APPLICATION, "hint": "…89cd"}]
    listed = account.call("GET", "/api/keys").body
    assert MAIN.encode() not in listed and SECOND.encode() not in listed


def test_a_token_is_accepted_in_an_extra_header(account: Account, place: Place) -> None:
    store(account, place)
    token = account.token(["test"])

    answer = account.client.request("GET", "/proxy/test/x", [(APPLICATION, token)])

    assert answer.status == 200
    assert not [value for _, value in place.last.headers if token in value]


def test_s30_an_echoed_extra_secret_is_masked(account: Account, place: Place) -> None:
    store(account, place)
    place.answer(Answer(200, [("X-Echo", f"{MAIN} {SECOND}")]))

    assert account.proxied(account.token(["test"])).get("X-Echo") == "*** ***"


def test_a_change_adds_keeps_replaces_and_removes_extra_headers(
    account: Account, place: Place
) -> None:
    key = store(account, place)
    more = [{"name": "dd-application-key"}, {"name": "X-Third", "secret": THIRD}]

    assert change_key(account, key, extra_headers=more).status == 200
    assert (sent(account, place), place.last.all("X-Third")) == ([SECOND], [THIRD])
    assert change_key(account, key, secret="renewed-0123456789").status == 200
    assert sent(account, place) == [SECOND]
    assert place.last.all("DD-API-KEY") == ["renewed-0123456789"]
    other = [{"name": APPLICATION, "secret": "other-0123456789"}]
    assert change_key(account, key, extra_headers=other).json["extra_headers"][0]["hint"] == "…6789"
    assert (sent(account, place), place.last.all("X-Third")) == (["other-0123456789"], [])
    assert change_key(account, key, description="a").json["extra_headers"] != []
    assert change_key(account, key, extra_headers=[]).json["extra_headers"] == []
    assert sent(account, place) == []


def test_a_new_host_needs_every_secret_again(
    account: Account, place: Place, closed_port: int
) -> None:
    key = store(account, place)
    moved = {"base_url": f"http://127.0.0.1:{closed_port}", "secret": MAIN}

    answer = change_key(account, key, **moved)
    problem(answer, 422, "secret_required", "extra_headers[0].secret")
    answer = change_key(account, key, **moved, extra_headers=[{"name": APPLICATION}])
    problem(answer, 422, "secret_required", "extra_headers[0].secret")
    assert sent(account, place) == [SECOND]
    all_again = [{"name": APPLICATION, "secret": SECOND}]
    assert change_key(account, key, **moved, extra_headers=all_again).status == 200


@pytest.mark.parametrize(
    ("headers", "field"),
    [([{"name": "Host", "secret": "a"}], "extra_headers[0].name"),
     ([{"name": "A B", "secret": "a"}], "extra_headers[0].name"),
     ([{"name": "X-Forwarded-For", "secret": "a"}], "extra_headers[0].name"),
     ([{"name": "dd_api_key", "secret": "a"}], "extra_headers[0].name"),
     ([{"name": "X-A", "secret": "a"}, {"name": "x-a", "secret": "b"}], "extra_headers[1].name"),
     ([{"name": "X-A", "secret": "a\r\nX: b"}], "extra_headers[0].secret"),
     ([{"name": "X-A", "secret": "a\n"}], "extra_headers[0].secret"),
     ([{"name": "X-A", "secret": ""}], "extra_headers[0].secret"),
     ([{"name": "X-A"}], "extra_headers[0].secret"),
     ([{"name": "X-A", "secret": "a", "x": 1}], "extra_headers[0].x"),
     ([{"name": f"X-{i}", "secret": "a"} for i in range(9)], "extra_headers")],
)  # fmt: skip
def test_s10_extra_headers_that_cannot_be_sent_are_refused(
    account: Account, place: Place, headers: list[dict[str, object]], field: str
) -> None:
    body = {"base_url": place.url, "auth": AUTH, "secret": MAIN, "extra_headers": headers}

    problem(account.call("POST", "/api/keys", body), 422, "invalid_field", field)
    assert account.call("GET", "/api/keys").json["items"] == []


def test_a_changed_scheme_must_not_send_the_same_field(account: Account, place: Place) -> None:
    key = store(account, place)

    answer = change_key(account, key, auth={"scheme": "header", "name": "Dd-Application-Key"})

    problem(answer, 422, "invalid_field", "extra_headers[0].name")


def test_a_check_sends_the_extra_headers(account: Account, place: Place) -> None:
    key = store(account, place, provider="datadog")

    assert account.call("POST", f"/api/keys/{key['key_id']}/check").json["outcome"] == "valid"

    assert place.last.all(APPLICATION) == [SECOND]


def test_every_key_of_a_pool_sends_its_own_extra_headers(account: Account, place: Place) -> None:
    pairs = {f"main-{i}-0123456789": f"second-{i}-0123456789" for i in range(8)}
    for main, second in pairs.items():
        account.key(place, main, auth=AUTH, extra_headers=[{"name": APPLICATION, "secret": second}])
    plain = account.key(place, "plain-0123456789", auth=AUTH)

    for _ in range(12):
        sent(account, place)
        used = place.last.get("DD-API-KEY")
        assert place.last.get(APPLICATION) == pairs.get(used or "")
    assert plain["extra_headers"] == []


def test_s28_a_rotation_keeps_the_extra_secrets(
    account: Account, place: Place, storage: Storage, environment: dict[str, str]
) -> None:
    key = store(account, place)
    newest = Fernet.generate_key().decode()
    cipher = Cipher([Secret(newest), Secret(environment["FERNET_KEYS"])])

    class OnlyThisUser:
        """The storage with one user, because others share the table."""

        page, get, replace = storage.keys.page, storage.keys.get, storage.keys.replace

        def users_with_keys(self) -> list[str]:
            return [account.username]

    class NothingElse:
        """No other secrets."""

        def usernames(self) -> list[str]:
            return []

        def of_user(self, username: str) -> list[EncryptedItem]:
            return []

    keys: Any = OnlyThisUser()
    others: Any = NothingElse()
    progress = rotate(keys, others, cipher, lambda _: None)

    stored = storage.keys.get(account.username, key["key_id"])
    assert progress.changed == 1 and stored is not None
    plain = json.loads(Fernet(newest).decrypt(stored.encrypted_key))
    assert plain == [account.username, key["key_id"], MAIN, [[APPLICATION, SECOND]]]
    credential = cipher.decrypt(account.username, key["key_id"], stored.encrypted_key)
    assert [(name, secret.reveal()) for name, secret in credential.extra_headers] == [
        (APPLICATION, SECOND)
    ]


def test_the_catalogue_names_the_extra_headers(account: Account) -> None:
    entries = account.call("GET", "/api/providers?limit=1000").json["items"]
    datadog = next(entry for entry in entries if entry["slug"] == "datadog")

    assert datadog["extra_headers"] == [
        {"name": APPLICATION, "env": ["DD_APP_KEY", "DATADOG_APP_KEY", "DD_APPLICATION_KEY"],
         "required": False}
    ]  # fmt: skip

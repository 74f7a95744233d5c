"""Stored keys from before extra headers stay readable, and their stored form does not change."""

from __future__ import annotations

import json

import pytest
from cryptography.fernet import Fernet

from api.credentials import AuthScheme, InvalidAuth, check_extra_headers, check_extra_secret
from api.pools import PoolKey
from api.secret import Credential, Secret
from api.services.keys.cipher import Cipher, SecretUnreadable
from api.storage.keys import ExtraHeader, StoredKey, as_key, pool_key
from api.storage.pool_item import as_pool, encoded_key

FERNET = Fernet.generate_key().decode()
CIPHER = Cipher([Secret(FERNET)])
BEARER = AuthScheme("bearer")
OLD_POOL_KEY = (
    '{"i":"a.1","u":"https://a.example","a":{"scheme":"bearer","name":null,"prefix":null,'
    '"username":null},"e":"gAAA","x":["bearer"],"l":["*_url"]}'
)
OLD_ITEM = {
    "PK": "USER#ada", "SK": "APIKEY#a.1", "key_id": "a.1", "api_name": "a",
    "base_url": "https://a.example", "auth": {"scheme": "bearer"}, "encrypted_key": "gAAA",
    "hint": "…abcd", "created_at": 1, "updated_at": 1, "revision": 3,
}  # fmt: skip


def test_an_old_pool_item_is_read_and_written_as_before() -> None:
    (key,) = as_pool({"api_name": "a", "key:a.1": OLD_POOL_KEY}).keys

    assert key.extra_headers == ()
    assert encoded_key(key) == OLD_POOL_KEY


def test_an_old_key_item_is_read() -> None:
    key = as_key(OLD_ITEM)

    assert (key.extra_headers, pool_key(key).extra_headers) == ((), ())


def test_a_pool_item_names_the_extra_headers() -> None:
    stored = StoredKey(
        "a.1", "a", "https://a.example", BEARER, "gAAA", "…abcd", 1, 1,
        extra_headers=(ExtraHeader("DD-APPLICATION-KEY", "…89cd"),),
    )  # fmt: skip
    key = pool_key(stored)

    assert key == PoolKey(
        "a.1", "https://a.example", BEARER, "gAAA", extra_headers=("DD-APPLICATION-KEY",)
    )
    assert as_pool({"api_name": "a", "key:a.1": encoded_key(key)}).keys == (key,)
    assert "89cd" not in encoded_key(key)


def test_s27_a_secret_without_extra_headers_is_encrypted_as_before() -> None:
    ciphertext = CIPHER.encrypt("ada", "a.1", Credential(Secret("main")))

    assert json.loads(Fernet(FERNET).decrypt(ciphertext)) == ["ada", "a.1", "main"]
    credential = CIPHER.decrypt("ada", "a.1", ciphertext)
    assert (credential.secret.reveal(), credential.extra_headers) == ("main", ())


def test_s29_extra_secrets_are_bound_to_owner_and_key() -> None:
    headers = (("X-One", Secret("first")), ("X-Two", Secret("second")))
    ciphertext = CIPHER.encrypt("ada", "a.1", Credential(Secret("main"), headers))

    read = CIPHER.decrypt("ada", "a.1", ciphertext).extra_headers
    assert [(name, secret.reveal()) for name, secret in read] == [
        ("X-One", "first"), ("X-Two", "second"),
    ]  # fmt: skip
    for username, key_id in (("bob", "a.1"), ("ada", "a.2")):
        with pytest.raises(SecretUnreadable):
            CIPHER.decrypt(username, key_id, ciphertext)


def test_s30_a_credential_shows_no_secret() -> None:
    credential = Credential(Secret("hunter2"), (("X-One", Secret("hunter3")),))

    assert "hunter" not in f"{credential} {credential!r}"


@pytest.mark.parametrize("auth", [BEARER, AuthScheme("basic", username="a")], ids=str)
def test_s10_an_extra_header_is_not_the_one_of_the_scheme(auth: AuthScheme) -> None:
    check_extra_headers(["X-A", "X-B"], auth)
    check_extra_headers(["Authorization"], AuthScheme("query", name="key"))
    for names in (["Authorization"], ["X-A", "authorization"], ["X-A", "x_a"], ["Proxy"]):
        with pytest.raises(InvalidAuth) as caught:
            check_extra_headers(names, auth)
        assert caught.value.field == str(len(names) - 1)


@pytest.mark.parametrize("secret", ["", "a\r\nb", "é", " a", "a ", "a\0b", "s" * 8193])
def test_s10_an_extra_secret_is_sent_in_a_header(secret: str) -> None:
    check_extra_secret('OAuth oauth_consumer_key="a", oauth_token="b"')
    with pytest.raises(InvalidAuth):
        check_extra_secret(secret)

"""Ciphertexts in items are replaced, wherever they are; everything else stays as it is."""

from __future__ import annotations

from typing import Any

import msgspec
from cryptography.fernet import Fernet

from api.operations.items import Item
from api.operations.reencryption import Reencryption
from api.secret import Credential, Secret
from api.services.keys.cipher import Cipher

OLD, OLDER, NEW = (Secret(Fernet.generate_key().decode()) for _ in range(3))


def sealed(key: Secret, secret: str = "sk-1", name: str = "openai.1") -> str:
    return Cipher([key]).encrypt("ada", name, Credential(Secret(secret)))


def item(sk: str, **members: Any) -> Item:
    return {"PK": {"S": "USER#ada"}, "SK": {"S": sk}, **members}


def changed(*items: Item, old: tuple[Secret, ...] = (OLD, OLDER)) -> tuple[list[Item], Any]:
    work = Reencryption(old, [NEW])
    return list(work.items(items)), work


def test_a_key_is_decrypted_with_the_new_key_only_and_its_copies_stay_equal() -> None:
    ciphertext = sealed(OLDER)
    in_json = msgspec.json.encode({"a": {"e": ciphertext}}).decode()
    (key, pool), work = changed(
        item("APIKEY#openai.1", encrypted_key={"S": ciphertext}, name={"S": "mine"}),
        item("API#openai", keys={"M": {"a": {"M": {"e": {"S": ciphertext}}}}}, text={"S": in_json}),
    )
    new = key["encrypted_key"]["S"]
    assert Cipher([NEW]).decrypt("ada", "openai.1", new).secret.reveal() == "sk-1"
    assert pool["keys"]["M"]["a"]["M"]["e"]["S"] == new
    assert new in pool["text"]["S"] and ciphertext not in pool["text"]["S"]
    assert key["name"] == {"S": "mine"}
    assert (work.changed, work.unreadable) == (1, 0)


def test_what_no_key_decrypts_stays_and_is_counted() -> None:
    foreign = sealed(NEW)
    (kept,), work = changed(item("APIKEY#openai.1", encrypted_key={"S": foreign}))
    assert kept["encrypted_key"]["S"] == foreign
    assert (work.changed, work.unreadable) == (0, 1)


def test_the_log_is_not_searched_and_the_same_keys_change_nothing() -> None:
    entry = item("LOG#0000000000001#ab", path={"S": f"/{sealed(OLD)}"})
    assert changed(entry)[0] == [entry]
    key = item("APIKEY#openai.1", encrypted_key={"S": sealed(NEW)})
    assert changed(key, old=(NEW,))[0] == [key]


def test_the_check_of_the_keys_is_for_the_new_ones() -> None:
    checks = [{"S": value} for value in Cipher([OLD, OLDER]).check_values()]
    stored: Item = {"PK": {"S": "SERVER"}, "SK": {"S": "FERNET_KEYS"}, "checks": {"L": checks}}
    (new,), _ = changed(stored)
    assert all(Cipher([NEW]).opens(value["S"]) for value in new["checks"]["L"])

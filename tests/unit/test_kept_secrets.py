"""Cached secrets and tokens are checked like those that are decrypted and decoded anew."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet

from api.secret import Credential, Secret
from api.services.keys import cipher as ciphers
from api.services.keys.cipher import Cipher, SecretUnreadable
from api.services.token_codec import TokenCodec
from tests.support.products import Clock

SECRET = "sk-" + "s" * 40
CREDENTIAL = Credential(Secret(SECRET), (("X-Extra", Secret("more")),))


def opened(cipher: Cipher, username: str, key_id: str, text: str) -> list[str]:
    """Return the secrets of a ciphertext."""
    credential = cipher.decrypt(username, key_id, text)
    return [credential.secret.reveal(), *(one.reveal() for _, one in credential.extra_headers)]


@pytest.fixture
def cipher() -> Cipher:
    return Cipher([Secret(Fernet.generate_key().decode())])


def test_s27_a_kept_secret_belongs_to_its_item_only(cipher: Cipher) -> None:
    text = cipher.encrypt("ann", "openai.1", CREDENTIAL)
    for _ in range(2):
        assert opened(cipher, "ann", "openai.1", text) == [SECRET, "more"]
        for username, key_id in (("bob", "openai.1"), ("ann", "openai.2")):
            with pytest.raises(SecretUnreadable):
                cipher.decrypt(username, key_id, text)


def test_s27_what_cannot_be_decrypted_stays_unreadable(cipher: Cipher) -> None:
    text = cipher.encrypt("ann", "openai.1", CREDENTIAL)
    assert opened(cipher, "ann", "openai.1", text) == [SECRET, "more"]
    other = text[:-9] + ("A" if text[-9] != "A" else "B") + text[-8:]
    for _ in range(2):
        with pytest.raises(SecretUnreadable):
            cipher.decrypt("ann", "openai.1", other)


def test_secrets_are_decrypted_once_a_minute(
    cipher: Cipher, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, decrypted = Clock(100.0), []
    monkeypatch.setattr(ciphers, "monotonic", clock)
    decrypt = cipher._all.decrypt

    def count(text: bytes) -> bytes:
        decrypted.append(text)
        return decrypt(text)

    monkeypatch.setattr(cipher._all, "decrypt", count)
    text = cipher.encrypt("ann", "openai.1", CREDENTIAL)
    for clock.now, times in ((100.0, 1), (159.0, 1), (160.0, 2), (219.0, 2)):
        assert opened(cipher, "ann", "openai.1", text) == [SECRET, "more"]
        assert len(decrypted) == times


def test_few_secrets_are_kept_and_none_is_shown(cipher: Cipher) -> None:
    for number in range(300):
        cipher.decrypt("ann", f"a.{number}", cipher.encrypt("ann", f"a.{number}", CREDENTIAL))
    kept = cipher._decrypted
    assert len(kept) == 256
    assert SECRET not in repr(kept._entries) and "more" not in repr(kept._entries)


def test_a_token_is_decoded_as_before_and_another_one_is_not() -> None:
    codec, other = TokenCodec(Secret("a" * 64)), TokenCodec(Secret("b" * 64))
    payload, text = codec.encode("ann", 1_780_000_000.5, 10, 60)
    for _ in range(2):
        assert codec.decode(text) == payload
        assert other.decode(text) is None
        assert codec.decode(text[:-1] + ("0" if text[-1] != "0" else "1")) is None
        assert codec.decode(text + "\xe9") is None
    assert text not in repr(codec._decoded._entries)

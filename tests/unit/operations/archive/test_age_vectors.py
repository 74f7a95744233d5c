"""The chunks, the code of the header and the wrapping of keys are age's.

Values are those of C2SP/CCTV, age/testdata: x25519, stream_*. Where the ciphertext has zeros, the
vector's plaintext is the key stream.
"""

from __future__ import annotations

import hashlib
from base64 import b64decode

import pytest

from api.operations.archive import locks
from api.operations.archive.encryption import AlteredContentError, ContentCipher
from api.operations.archive.header import Header, Preamble
from api.operations.archive.locks import RecoveryLock, unlock
from api.operations.archive.recovery_keys import RecoveryKey
from tests.support.archives import ABOUT

FILE_KEY = bytes.fromhex("59454c4c4f57205355424d4152494e45")
NONCE = bytes.fromhex("eecf62c7ce91b433274e68d4f2f9134c")
IDENTITY = bytes.fromhex("ca1626252c53cf1a4dc46695e7fcc46594cb4ccadedb6712dfda0753f3ae355e")
SHARE = "TEiF0ypqr+bpvcqXNyCVJpL7OuwPdVwPL7KQEbFDOCc"
WRAPPED = "hjabGXwSLQ9c3S6Lw2i+S2Tu2fiwQHHslbBN6B41FLE"
CODE = b"WyJp9F/9FOZh7gJdheq2WIJcwHgYc8NIVh3ddwhrcNg="
FULL = 64 * 1024
FIRST_TAG = "e2ec971462be227b4c162156ce7e821d"


@pytest.mark.parametrize(
    ("tags", "digest"),
    [
        (
            ["a5770c90198815ddedd1327e1d2de018"],
            "ef179a156754d0f05daeef54ee027d6ac1cd29bb319b438f795c66dc28703603",
        ),
        (
            [FIRST_TAG, "e43922e239bd89fe8628a286450ac415"],
            "8dac04a865d04089ed7af2e0012c0e2395be14932cb2c8bf7b070da18768fad9",
        ),
        (
            [FIRST_TAG, "7f042dff9d303c155dc392dc318f3173", "f910c99b33869374d353f6fcc73e1a43"],
            "82a4963a84d8982b7a70871897b4b3d00c17fbd9db9484afd767e94c50ee1e0f",
        ),
    ],
)
def test_chunks_are_those_of_ages_stream(tags: list[str], digest: str) -> None:
    cipher = ContentCipher(FILE_KEY, NONCE)
    sealed = [bytes(FULL) + bytes.fromhex(tag) for tag in tags]
    plain = [cipher.open(i, i == len(tags) - 1, chunk) for i, chunk in enumerate(sealed)]
    assert hashlib.sha256(b"".join(plain)).hexdigest() == digest
    assert [cipher.seal(i, i == len(tags) - 1, text) for i, text in enumerate(plain)] == sealed


@pytest.mark.parametrize(
    ("index", "last", "sealed"),
    [
        (0, True, "b74c5bfef7beaa52c8f0bc0e992c1e8331fb46"),  # stream_bad_tag
        (0, True, "00bd63686da84814caaa0129618ac20861"),  # stream_no_final
        (1, True, "b74c5bfef7beaa52c8f0bc0e992c1e8331fb66"),
        (0, False, "b74c5bfef7beaa52c8f0bc0e992c1e8331fb66"),
    ],
)
def test_chunks_that_age_refuses_are_refused(index: int, last: bool, sealed: str) -> None:
    with pytest.raises(AlteredContentError):
        ContentCipher(FILE_KEY, NONCE).open(index, last, bytes.fromhex(sealed))


def test_a_key_is_wrapped_as_ages_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "_X25519_PURPOSE", "age-encryption.org/v1/X25519")
    lock = RecoveryLock(b64decode(SHARE + "="), b64decode(WRAPPED + "="))
    assert unlock((lock,), RecoveryKey(IDENTITY)) == FILE_KEY
    assert unlock((lock,), RecoveryKey(FILE_KEY * 2)) is None


def test_the_code_of_a_header_is_ages() -> None:
    text = f"age-encryption.org/v1\n-> X25519 {SHARE}\n{WRAPPED}\n---".encode()
    header = Header(ABOUT.product, ABOUT.created_at, ())
    assert Preamble(header, text, CODE).is_authentic(FILE_KEY)
    assert not Preamble(header, text + b" ", CODE).is_authentic(FILE_KEY)

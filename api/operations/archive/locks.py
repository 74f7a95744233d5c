"""Locks of a backup: each wraps the file key for a passphrase or for a recovery key."""

from __future__ import annotations

import os
import unicodedata
from typing import Annotated

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from msgspec import Meta

from api.operations.archive.encryption import TAG_SIZE, derive_key
from api.operations.archive.recovery_keys import RecoveryKey, RecoveryPublicKey
from api.operations.errors import OperationError
from api.secret import Secret

FILE_KEY_SIZE = 32
MIN_PASSPHRASE_LENGTH = 8
MAX_RECOVERY_KEYS = 20

# What RFC 9106 section 4 asks for at least is 64 MiB and 3 passes. Half the memory and four times
# the passes cost an attacker as much, and leave a backup below 100 MB of memory.
MEMORY_KIB = 32 * 1024
PASSES = 12
LANES = 4

# The most that a header may ask for, checked before any memory is used.
MAX_MEMORY_KIB = 256 * 1024
MAX_PASSES = 64
MAX_LANES = 16
MAX_WORK = 2 * 1024 * 1024  # memory in KiB times passes: some seconds

_X25519_PURPOSE = "api-dashboard-backup/1 x25519"
_WRAP_NONCE = bytes(12)  # each wrapping key encrypts one file key

_Key32 = Annotated[bytes, Meta(min_length=32, max_length=32)]
_Salt = Annotated[bytes, Meta(min_length=16, max_length=16)]
_Wrapped = Annotated[
    bytes, Meta(min_length=FILE_KEY_SIZE + TAG_SIZE, max_length=FILE_KEY_SIZE + TAG_SIZE)
]


class PassphraseLock(
    msgspec.Struct, frozen=True, tag_field="type", tag="argon2id", forbid_unknown_fields=True
):
    """The file key, encrypted with a key that Argon2id derives from the passphrase."""

    salt: _Salt
    memory_kib: Annotated[int, Meta(ge=8, le=MAX_MEMORY_KIB)]
    passes: Annotated[int, Meta(ge=1, le=MAX_PASSES)]
    lanes: Annotated[int, Meta(ge=1, le=MAX_LANES)]
    wrapped_key: _Wrapped

    def __post_init__(self) -> None:
        if self.memory_kib * self.passes > MAX_WORK or self.memory_kib < 8 * self.lanes:
            raise ValueError("parameters of Argon2id are out of bounds")


class RecoveryLock(
    msgspec.Struct, frozen=True, tag_field="type", tag="x25519", forbid_unknown_fields=True
):
    """The file key, encrypted to a recovery key with the ephemeral key `share`."""

    share: _Key32
    wrapped_key: _Wrapped


Lock = PassphraseLock | RecoveryLock
Key = Secret | RecoveryKey
"""What opens a backup: a passphrase or a recovery key."""


class Locks(msgspec.Struct, frozen=True):
    """What shall open a backup: a passphrase, recovery keys, or both. Any one of them suffices."""

    passphrase: Secret | None = None
    recovery_keys: tuple[RecoveryPublicKey, ...] = ()


def lock(file_key: bytes, locks: Locks) -> tuple[Lock, ...]:
    """Wrap the file key once for each of the locks. Raises OperationError."""
    if locks.passphrase is None and not locks.recovery_keys:
        raise OperationError("A backup needs a passphrase or a recovery key: give one of them")
    if len(locks.recovery_keys) > MAX_RECOVERY_KEYS:
        raise OperationError(
            f"{len(locks.recovery_keys)} recovery keys are too many: "
            f"give at most {MAX_RECOVERY_KEYS}"
        )
    made: list[Lock] = []
    if locks.passphrase is not None:
        made.append(_lock_with_passphrase(file_key, locks.passphrase))
    made.extend(_lock_to_recovery_key(file_key, public) for public in locks.recovery_keys)
    return tuple(made)


def unlock(locks: tuple[Lock, ...], key: Key) -> bytes | None:
    """Return the file key, or None if the key opens none of the locks."""
    for each in locks:
        wrapping_key: bytes | None = None
        if isinstance(each, PassphraseLock) and isinstance(key, Secret):
            wrapping_key = _derive(key, each.salt, each.memory_kib, each.passes, each.lanes)
        elif isinstance(each, RecoveryLock) and isinstance(key, RecoveryKey):
            try:
                shared = key.exchange(each.share)
            except ValueError:  # a share of low order
                continue
            wrapping_key = _recovery_wrapping_key(shared, each.share, key.public)
        if wrapping_key is not None:
            try:
                return ChaCha20Poly1305(wrapping_key).decrypt(_WRAP_NONCE, each.wrapped_key, None)
            except InvalidTag:
                continue
    return None


def _lock_with_passphrase(file_key: bytes, passphrase: Secret) -> PassphraseLock:
    if len(passphrase.reveal()) < MIN_PASSPHRASE_LENGTH:
        raise OperationError(
            f"The passphrase has fewer than {MIN_PASSPHRASE_LENGTH} characters: "
            "take a longer one, for example five random words"
        )
    salt = os.urandom(16)
    wrapping_key = _derive(passphrase, salt, MEMORY_KIB, PASSES, LANES)
    return PassphraseLock(
        salt=salt,
        memory_kib=MEMORY_KIB,
        passes=PASSES,
        lanes=LANES,
        wrapped_key=_wrap(file_key, wrapping_key),
    )


def _lock_to_recovery_key(file_key: bytes, public: RecoveryPublicKey) -> RecoveryLock:
    ephemeral = X25519PrivateKey.generate()
    share = ephemeral.public_key().public_bytes_raw()
    wrapping_key = _recovery_wrapping_key(public.exchange_with(ephemeral), share, public)
    return RecoveryLock(share=share, wrapped_key=_wrap(file_key, wrapping_key))


def _derive(passphrase: Secret, salt: bytes, memory_kib: int, passes: int, lanes: int) -> bytes:
    normalised = unicodedata.normalize("NFKC", passphrase.reveal())
    kdf = Argon2id(salt=salt, length=32, iterations=passes, lanes=lanes, memory_cost=memory_kib)
    # Bytes that are no UTF-8 come from an environment variable as lone surrogates.
    return kdf.derive(normalised.encode("utf-8", "surrogateescape"))


def _recovery_wrapping_key(shared: bytes, share: bytes, public: RecoveryPublicKey) -> bytes:
    return derive_key(shared, share + public.raw, _X25519_PURPOSE)


def _wrap(file_key: bytes, wrapping_key: bytes) -> bytes:
    return ChaCha20Poly1305(wrapping_key).encrypt(_WRAP_NONCE, file_key, None)

"""The secrets of a notification target: its address, signing secrets and access token."""

from __future__ import annotations

import base64
import secrets

import msgspec

from api.secret import Credential, Secret
from api.services.keys.cipher import Cipher, SecretUnreadable, unreadable_secret
from api.storage.notification_targets import NotificationTarget

_SIGNING_BYTES = 32
SIGNING_PREFIX = "whsec_"


class TargetSecrets(msgspec.Struct, frozen=True):
    """What is stored encrypted. `previous` is the signing secret before the last rotation."""

    address: Secret
    signing: Secret | None = None
    previous: Secret | None = None
    access_token: Secret | None = None


def new_signing_secret() -> Secret:
    """Return a random secret in the form of Standard Webhooks: `whsec_` and 32 bytes in base64."""
    random = base64.b64encode(secrets.token_bytes(_SIGNING_BYTES)).decode()
    return Secret(SIGNING_PREFIX + random)


def seal(cipher: Cipher, username: str, target_id: str, found: TargetSecrets) -> str:
    """Return the ciphertext, which is bound to the user and the target."""
    further = [
        (name, value)
        for name in ("signing", "previous", "access_token")
        if (value := getattr(found, name)) is not None
    ]
    return cipher.encrypt(username, target_id, Credential(found.address, tuple(further)))


def unseal(cipher: Cipher, username: str, target: NotificationTarget) -> TargetSecrets:
    """Decrypt the secrets of a target. Raises Problem(secret_unreadable)."""
    try:
        credential = cipher.decrypt(username, target.target_id, target.encrypted)
    except SecretUnreadable as error:
        raise unreadable_secret(username, target.target_id) from error
    return TargetSecrets(credential.secret, **dict(credential.extra_headers))

"""Sign webhooks as Standard Webhooks says: HMAC-SHA256 of id, timestamp and body.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence

from api.secret import Secret
from api.services.notifications.secrets import SIGNING_PREFIX


def signed_headers(
    secrets: Sequence[Secret], message_id: str, timestamp: int, body: bytes
) -> list[tuple[str, str]]:
    """Return the header fields of a webhook, with one signature for each secret.

    `timestamp` is that of this attempt, in epoch seconds. Receivers refuse an old one.
    """
    content = f"{message_id}.{timestamp}.".encode() + body
    signatures = [f"v1,{_signature(secret, content)}" for secret in secrets]
    return [
        ("webhook-id", message_id),
        ("webhook-timestamp", str(timestamp)),
        ("webhook-signature", " ".join(signatures)),
    ]


def _signature(secret: Secret, content: bytes) -> str:
    key = base64.b64decode(secret.reveal().removeprefix(SIGNING_PREFIX))
    return base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()

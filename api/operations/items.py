"""What an installation consists of: the table's items and two secrets."""

from __future__ import annotations

from typing import Any

import msgspec

from api.secret import Secret

Item = dict[str, dict[str, Any]]
"""An item of the table in DynamoDB's JSON: each attribute with its type, `{"status": {"S": "ok"}}`.
Binary values are in base64, as in the JSON protocol."""


class InstallationSecrets(msgspec.Struct, frozen=True):
    """The secrets without which the items are worthless: `signing` verifies the tokens
    (JWT_SECRET_KEY), `encryption` decrypts the API keys (FERNET_KEYS, newest first).
    """

    signing: Secret
    encryption: tuple[Secret, ...]


class ItemCounts(msgspec.Struct, frozen=True):
    """How many items there are of each kind. `others` are counters, sessions, usage and so on."""

    users: int = 0
    keys: int = 0
    tokens: int = 0
    budgets: int = 0
    log_entries: int = 0
    others: int = 0

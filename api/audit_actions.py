"""The actions of the audit log, each with its text, its subject and what its entries may contain.

An entry contains values of the fields in `fields` only. They are never secrets, and nothing that
may contain one. Of the fields in `withheld`, it says that they were given, but not their values.
The table in docs/api.md is generated from this one by `make types`.
"""

from __future__ import annotations

from typing import Literal

import msgspec

SubjectType = Literal[
    "account",
    "session",
    "passkey",
    "totp",
    "recovery_codes",
    "key",
    "token",
    "api",
    "budget",
    "reconciliation",
    "notification_target",
    "installation",
]


class AuditAction(msgspec.Struct, frozen=True):
    """An action that is recorded.

    `summary` says in the imperative what the user does. `subject` is the type of what it is done
    to, and `parameter` the parameter of the path that has the subject's id. `fields` are the fields
    of the body, and the details of the service, whose values an entry contains.
    """

    name: str
    summary: str
    subject: SubjectType | None = None
    parameter: str | None = None
    fields: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()


_LIMITS = ("limit", "window")
_TOKEN = ("name", "apis", "methods", "expires_in", *_LIMITS, "rehearsal", "allowed_ips")
_BUDGET = ("scope", "period", "amount_usd", "time_zone")
_TARGET = ("name", "kind", "events", "enabled")
_KEY = ("provider", "api_name", "check_every")
_COMMAND = ("user", "from", "to", "replace")
_KEY_WITHHELD = ("secret", "base_url", "auth", "extra_headers", "description")

_TABLE = (
    AuditAction("account.create", "Sign up", "account", fields=("email",)),
    AuditAction("account.update", "Change the email address", "account", fields=("email",)),
    AuditAction("account.password", "Change the password", "account"),
    AuditAction("account.delete", "Delete the account", "account"),
    AuditAction("account.export", "Export the account", "account"),
    AuditAction("session.create", "Sign in", "session", fields=("session", "method", "attempts")),
    AuditAction("session.step_up", "Confirm it is you", "session", fields=("method",)),
    AuditAction("session.end", "Sign out, or end a session", "session", "session_id"),
    AuditAction("session.reuse", "End a session whose old refresh token was used", "session"),
    AuditAction("passkey.create", "Add a passkey", "passkey", fields=("name",)),
    AuditAction("passkey.update", "Rename a passkey", "passkey", "passkey_id", ("name",)),
    AuditAction("passkey.delete", "Remove a passkey", "passkey", "passkey_id"),
    AuditAction("totp.create", "Add an authenticator app", "totp"),
    AuditAction("totp.delete", "Remove the authenticator app", "totp"),
    AuditAction("recovery_codes.create", "Create recovery codes", "recovery_codes"),
    AuditAction("key.create", "Store a key", "key", None, _KEY, _KEY_WITHHELD),
    AuditAction("key.update", "Change a key", "key", "key_id", _KEY, _KEY_WITHHELD),
    AuditAction("key.delete", "Delete a key", "key", "key_id"),
    AuditAction("key.check", "Check a key", "key", "key_id"),
    AuditAction("key.import", "Import keys from a .env file", fields=("keys",)),
    AuditAction("env.export", "Export a .env file", fields=("apis",)),
    AuditAction("token.create", "Create a token", "token", None, _TOKEN, ("path_prefixes",)),
    AuditAction("token.update", "Change a token", "token", "token_id", _TOKEN, ("path_prefixes",)),
    AuditAction("token.rotate", "Rotate a token", "token", "token_id", ("overlap",)),
    AuditAction("token.end_previous", "End a rotated token's overlap", "token", "token_id"),
    AuditAction("token.delete", "Revoke a token", "token", "token_id"),
    AuditAction("rate_limit.update", "Set a rate-limit policy", "api", "api_name", _LIMITS),
    AuditAction("rate_limit.delete", "Remove a rate limit", "api", "api_name"),
    AuditAction(
        "reservation.update",
        "Reserve requests for a token",
        "token",
        "token_id",
        ("api_name", "amount", "share", "expires_in"),
    ),
    AuditAction(
        "reservation.delete", "Remove a reservation", "token", "token_id", fields=("api_name",)
    ),
    AuditAction("budget.create", "Create a budget", "budget", None, _BUDGET),
    AuditAction("budget.update", "Change a budget", "budget", "budget_id", _BUDGET),
    AuditAction("budget.delete", "Delete a budget", "budget", "budget_id"),
    AuditAction("prices.update", "Set the prices of an API", "api", "api_name", ("models",)),
    AuditAction("prices.delete", "Remove your own prices of an API", "api", "api_name"),
    AuditAction(
        "reconciliation.update",
        "Compare an API with its provider",
        "reconciliation",
        "api_name",
        ("admin_api_name",),
    ),
    AuditAction(
        "reconciliation.delete", "End the comparison of an API", "reconciliation", "api_name"
    ),
    AuditAction("reconciliation.run", "Run a comparison now", "reconciliation", "api_name"),
    AuditAction(
        "notification_target.create",
        "Create a notification target",
        "notification_target",
        None,
        _TARGET,
        ("address", "access_token"),
    ),
    AuditAction(
        "notification_target.update",
        "Change a notification target",
        "notification_target",
        "target_id",
        _TARGET,
        ("address", "access_token"),
    ),
    AuditAction(
        "notification_target.delete",
        "Delete a notification target",
        "notification_target",
        "target_id",
    ),
    AuditAction(
        "notification_target.test",
        "Send a test notification",
        "notification_target",
        "target_id",
    ),
    AuditAction(
        "notification_target.rotate_secret",
        "Replace a webhook's signing secret",
        "notification_target",
        "target_id",
    ),
    AuditAction("spend.export", "Export spend as CSV"),
    AuditAction("audit.export", "Export the audit log as CSV"),
    AuditAction("backup.create", "Back up the installation", "installation", fields=_COMMAND),
    AuditAction("backup.restore", "Restore a backup", "installation", fields=_COMMAND),
    AuditAction("installation.move", "Move the installation", "installation", fields=_COMMAND),
    AuditAction("installation.reopen", "Open it after a move", "installation", fields=_COMMAND),
    AuditAction("second_factor.reset", "Reset a second factor", "installation", fields=_COMMAND),
    AuditAction(
        "encryption_keys.rotate", "Encrypt secrets with a new key", "installation", fields=_COMMAND
    ),
)

AUDIT_ACTIONS: dict[str, AuditAction] = {action.name: action for action in _TABLE}
"""Every action by its name."""

"""The kinds of items in the table, for whoever handles all of them: backup, restore, move.

The kind follows from an item's key. An item of an unknown kind is `other`, so nothing is left out
that a later version stores.
"""

from __future__ import annotations

from typing import Any, Literal

from api.storage.users import handle_key

Kind = Literal[
    "user",
    "name",
    "session",
    "known_source",
    "count",
    "key",
    "moved_key",
    "pool",
    "schedule",
    "reconciliation",
    "compared_day",
    "token",
    "factor",
    "passkey_handle",
    "limit_window",
    "rate_limit",
    "budget_list",
    "own_prices",
    "budget_counter",
    "spend",
    "batch_result",
    "usage",
    "log_entry",
    "audit_entry",
    "open_call",
    "target",
    "notification",
    "notified",
    "delivery",
    "notification_count",
    "noted_findings",
    "encryption_check",
    "test_write",
    "attempts",
    "operation",
    "scan_position",
    "other",
]

_USER = "USER#"
_BY_NAME: dict[str, Kind] = {"PROFILE": "user", "BUDGETS": "budget_list", "NOTED": "noted_findings"}
_BY_PREFIX: dict[str, Kind] = {
    "SESSION": "session",
    "SOURCE": "known_source",
    "COUNT": "count",
    "APIKEY": "key",
    "MOVED": "moved_key",
    "API": "pool",
    "CHECK": "schedule",
    "RECONCILE": "reconciliation",
    "RECONCILED": "compared_day",
    "TOKEN": "token",
    "FACTOR": "factor",
    "LIMIT": "limit_window",
    "RATELIMIT": "rate_limit",
    "PRICES": "own_prices",
    "BUDGET": "budget_counter",
    "SPEND": "spend",
    "BATCH": "batch_result",
    "USAGE": "usage",
    "LOG": "log_entry",
    "AUDIT": "audit_entry",
    "OPEN": "open_call",
    "TARGET": "target",
    "NOTIFICATION": "notification",
    "NOTIFIED": "notified",
    "OUTBOX": "delivery",
    "NOTIFYHOUR": "notification_count",
}
_OF_SERVER: dict[str, Kind] = {
    "FERNET_KEYS": "encryption_check",
    "TEST": "test_write",
    "OPERATION": "operation",
    "SCAN": "scan_position",
}

STRUCTURE: frozenset[Kind] = frozenset(
    {
        "user",
        "name",
        "count",
        "key",
        "moved_key",
        "pool",
        "schedule",
        "reconciliation",
        "token",
        "factor",
        "passkey_handle",
        "budget_list",
        "own_prices",
        "session",
    }
)
"""The kinds that are written in transactions with each other, so a copy must have them as they were
at one moment."""

NOT_COPIED: frozenset[Kind] = frozenset({"operation", "test_write", "scan_position"})
"""The kinds that belong to a table, not to the installation in it."""

CHANGED_WHILE_CLOSED: frozenset[Kind] = frozenset(
    {
        "session",
        "known_source",
        "attempts",
        "open_call",
        "audit_entry",
        "notification",
        "notified",
        "delivery",
        "notification_count",
    }
)
"""The kinds that change while an installation is closed for writes, because people sign in, export
and calls in progress end. Nothing is lost if a copy has them as they were a moment ago."""

LOGS: frozenset[Kind] = frozenset({"log_entry", "audit_entry"})
"""The kinds that nothing else depends on, and of which a user has many."""

RANGES_WITHOUT_LOGS = (("!", "AUDIT#"), ("AUDIT$", "LOG#"), ("LOG$", "~~"))
"""The ranges of a user's sort keys without those of `LOGS`: the first and the last of each."""

# Attributes that calls, checks, sign-ins and deliveries change alone, without the rest of a
# transaction.
_CHANGED_ALONE = frozenset(
    {
        *("last_used_at", "last_use", "state", "check", "rest_until"),
        *("sign_count", "synced", "flagged_at", "last_step", "codes"),
        *("last_delivery", "failing_since"),
    }
)
_PREFIXES_CHANGED_ALONE = ("state:", "c_")
_CHANGED_BY_SIGN_IN: frozenset[Kind] = frozenset({"factor", "target"})

PAGE = 100
"""The items that one request reads. A full page of 1 MB takes up 50 MB of memory when botocore has
parsed it."""

# DynamoDB's JSON: an item with the type of each attribute.
_TypedItem = dict[str, dict[str, Any]]


def key_of(item: _TypedItem) -> tuple[str, str]:
    """Return PK and SK of an item in DynamoDB's JSON."""
    return item["PK"]["S"], item["SK"]["S"]


def typed_key(pk: str, sk: str) -> _TypedItem:
    """Return the key of an item in DynamoDB's JSON."""
    return {"PK": {"S": pk}, "SK": {"S": sk}}


def kind_of(pk: str, sk: str) -> Kind:
    """Return the kind of the item with this key."""
    if pk.startswith(_USER):
        return _BY_NAME.get(sk) or _BY_PREFIX.get(sk.partition("#")[0], "other")
    if pk.startswith("NAME#"):
        return "name"
    if pk.startswith("HANDLE#"):
        return "passkey_handle"
    if pk == "AUDIT":
        return "audit_entry"
    if pk == "SERVER":
        return _OF_SERVER.get(sk, "other")
    return "other"


def structure_of(item: _TypedItem) -> _TypedItem | None:
    """Return the part of an item that is written together with other items, None if it has none.

    The hour of a rate-limit item is such a part: its counters move to the hour's record with it.
    """
    kind = kind_of(*key_of(item))
    if kind == "rate_limit":
        return {name: item[name] for name in ("PK", "SK", "hour") if name in item}
    return _without_changes(item) if kind in STRUCTURE else None


def unchanged_while_closed(item: _TypedItem) -> _TypedItem | None:
    """Return the part of an item that an installation that is closed for writes does not change,
    None if it has none.
    """
    kind = kind_of(*key_of(item))
    if kind in CHANGED_WHILE_CLOSED:
        return None
    return _without_changes(item) if kind in _CHANGED_BY_SIGN_IN else item


def _without_changes(item: _TypedItem) -> _TypedItem:
    return {
        name: value
        for name, value in item.items()
        if name not in _CHANGED_ALONE and not name.startswith(_PREFIXES_CHANGED_ALONE)
    }


def is_users(pk: str) -> bool:
    """Return whether a partition is that of a user."""
    return pk.startswith(_USER)


def user_of(pk: str) -> str:
    """Return the username of a user's partition."""
    return pk.removeprefix(_USER)


def consistent_query(table: str, pk: str, first: str, last: str) -> dict[str, Any]:
    """Return the parameters of a strongly consistent Query between two sort keys."""
    return {
        "TableName": table,
        "KeyConditionExpression": "PK = :pk AND SK BETWEEN :first AND :last",
        "ExpressionAttributeValues": {
            ":pk": {"S": pk},
            ":first": {"S": first},
            ":last": {"S": last},
        },
        "ConsistentRead": True,
        "Limit": PAGE,
    }


def reserved_name(item: _TypedItem) -> str | None:
    """Return the username that the item of a reserved name belongs to."""
    username = item.get("username", {}).get("S")
    return username if isinstance(username, str) else None


def profile_key(username: str) -> tuple[str, str]:
    """Return the key of a user's profile."""
    return f"{_USER}{username}", "PROFILE"


def handle_of(profile: _TypedItem) -> _TypedItem | None:
    """Return the item that leads from a passkey's user handle to the account with this profile."""
    handle = profile.get("passkey_handle", {}).get("S")
    if not handle:
        return None
    return typed_key(*handle_key(handle)) | {"username": profile["username"]}


def as_restored(item: _TypedItem) -> _TypedItem:
    """Return an item as a restore writes it: nothing of an outbox is sent a second time."""
    kind = kind_of(*key_of(item))
    if kind == "delivery":
        return {**item, "restored": {"BOOL": True}}
    if kind == "notification_count":
        return {name: value for name, value in item.items() if not name.startswith("GSI1")}
    return item

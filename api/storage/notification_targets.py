"""Targets of notifications: `USER#{username}` / `TARGET#{target_id}`.

The address and the signing secret of a target are in one ciphertext. Enabled targets are in the
index, which lists their accounts (notified_accounts.py).
"""

from __future__ import annotations

from typing import Any

import msgspec

from api.aws.json_client import Operation
from api.schemas.notifications import TargetKind
from api.storage.notified_accounts import listing_attributes
from api.storage.operations import EXISTS
from api.storage.table import ConditionFailed, Table, TransactionFailed
from api.storage.users import Users, user_partition

TARGET_PREFIX = "TARGET#"


class LastDelivery(msgspec.Struct, frozen=True):
    """The outcome of the last attempt, at a time in epoch seconds. `detail` is a sentence."""

    at: int
    delivered: bool
    detail: str


class NotificationTarget(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where notifications about `events` are sent. Times are epoch seconds.

    `encrypted` is the ciphertext of the address and the secrets.
    An older signing secret signs until `previous_until`. `failing_since` is the time of the first
    failure after the last success.
    """

    target_id: str
    name: str
    kind: TargetKind
    encrypted: str
    events: tuple[str, ...]
    created_at: int
    enabled: bool = True
    revision: int = 1
    previous_until: int = 0
    last_delivery: LastDelivery | None = None
    failing_since: int | None = None


class TargetChanged(Exception):
    """The target, or its account, was changed or deleted after it was read."""


class NotificationTargets:
    """Stores the targets of users."""

    def __init__(self, table: Table, users: Users) -> None:
        self._table = table
        self._users = users

    def all(self, username: str) -> list[NotificationTarget]:
        """Read a user's targets, the oldest first."""
        items = self._table.query_all(user_partition(username), prefix=TARGET_PREFIX)
        return sorted(map(as_target, items), key=lambda target: target.created_at)

    def get(self, username: str, target_id: str) -> NotificationTarget | None:
        """Read one target."""
        item = self._table.get(*target_key(username, target_id))
        return as_target(item) if item else None

    def create(self, username: str, target: NotificationTarget) -> None:
        """Store a new target. Raises TargetChanged if the account is being deleted."""
        pk, sk = target_key(username, target.target_id)
        item = {"PK": pk, "SK": sk, **msgspec.to_builtins(target)}
        if target.enabled:
            item |= listing_attributes(username, target.target_id)
        try:
            self._table.transact([self._users.assert_active_op(username), self._table.put_op(item)])
        except TransactionFailed as failure:
            raise TargetChanged from failure

    def change(self, username: str, old: NotificationTarget, new: NotificationTarget) -> None:
        """Store what a user changes of a target. Outcomes of deliveries stay.

        Raises TargetChanged if it is no longer as `old`.
        """
        values = {
            ":name": new.name,
            ":encrypted": new.encrypted,
            ":events": new.events,
            ":enabled": new.enabled,
            ":until": new.previous_until,
            ":seen": old.encrypted,
            ":revision": old.revision + 1,
        }
        names = {"#name": "name", "#events": "events"}
        listing = " REMOVE GSI1PK, GSI1SK"
        if new.enabled:
            listing = ", GSI1PK = :listing, GSI1SK = :listed"
            listed = listing_attributes(username, old.target_id)
            values |= {":listing": listed["GSI1PK"], ":listed": listed["GSI1SK"]}
        try:
            self._table.run(
                self._table.update_op(
                    *target_key(username, old.target_id),
                    "SET #name = :name, encrypted = :encrypted, #events = :events, "
                    "enabled = :enabled, previous_until = :until, revision = :revision" + listing,
                    values | {":old": old.revision},
                    names=names,
                    condition=f"{EXISTS} AND encrypted = :seen AND "
                    "(revision = :old OR attribute_not_exists(revision))",
                )
            )
        except ConditionFailed as failure:
            raise TargetChanged from failure

    def delete(self, username: str, target_id: str) -> bool:
        """Delete a target. Returns False if there is none."""
        try:
            self._table.run(
                self._table.delete_op(*target_key(username, target_id), condition=EXISTS)
            )
        except ConditionFailed:
            return False
        return True

    def delivered_op(self, username: str, target_id: str, outcome: LastDelivery) -> Operation:
        """Store the outcome of an attempt, if the target still exists."""
        values: dict[str, Any] = {":last": msgspec.to_builtins(outcome)}
        if outcome.delivered:
            expression = "SET last_delivery = :last REMOVE failing_since"
        else:
            expression = (
                "SET last_delivery = :last, failing_since = if_not_exists(failing_since, :at)"
            )
            values[":at"] = outcome.at
        return self._table.update_op(
            *target_key(username, target_id), expression, values, condition=EXISTS
        )

    def save_outcome(self, username: str, target_id: str, outcome: LastDelivery) -> None:
        """Store the outcome of an attempt, if the target still exists."""
        self._table.batch([self.delivered_op(username, target_id, outcome)])


def target_key(username: str, target_id: str) -> tuple[str, str]:
    """Return PK and SK of a target."""
    return user_partition(username), f"{TARGET_PREFIX}{target_id}"


def as_target(item: dict[str, Any]) -> NotificationTarget:
    """Return the target that an item stores."""
    return msgspec.convert(item, NotificationTarget)

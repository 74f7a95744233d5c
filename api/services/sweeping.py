"""Delete expired items on one machine, where the database has no TTL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from api.services.accounts.usernames import skeleton
from api.storage.audit import AuditItems
from api.storage.throttles import Throttles
from api.storage.users import Users


class Expiring(Protocol):
    """Storage of a user's records that expire."""

    def sweep(self, username: str, now: float) -> None:
        """Delete the expired records of a user."""


class Sweeper:
    """Deletes expired records. Readers skip expired records anyway."""

    def __init__(
        self, users: Users, throttles: Throttles, audit: AuditItems, expiring: Sequence[Expiring]
    ) -> None:
        self._users = users
        self._throttles = throttles
        self._audit = audit
        self._expiring = expiring

    def sweep(self, now: float) -> None:
        """Delete the expired records of all users, and finish interrupted account deletions.

        `now` is in epoch seconds. Can be stopped and repeated at any time.
        """
        for username in self._users.usernames():
            user = self._users.get(username)
            if user is not None and user.deleting:
                self._users.remove(username, skeleton(username))
            else:
                self.sweep_user(username, now)
        self._throttles.sweep(int(now))
        self._audit.sweep(None, now)

    def sweep_user(self, username: str, now: float) -> None:
        """Delete the expired records of one user."""
        for records in self._expiring:
            records.sweep(username, now)

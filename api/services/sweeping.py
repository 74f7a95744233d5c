"""Sweeping of expired items on one machine, where no DynamoDB does it. Never a scan: by user and
range.
"""

from __future__ import annotations

from typing import Any

from api.services.accounts.usernames import skeleton
from api.storage.requests import RequestLog
from api.storage.table import Table
from api.storage.throttles import Throttles
from api.storage.usage import Usage
from api.storage.users import Users, partition

_EPHEMERAL = ("LIMIT#", "RATELIMIT#", "SESSION#", "TOKEN#")
# Items that are looked at and, where they are expired, deleted at once.
_PAGE = 25


class Sweeper:
    """Removes what is past its `ttl`. No reader relies on it: expired items are never trusted."""

    def __init__(
        self, table: Table, users: Users, log: RequestLog, usage: Usage, throttles: Throttles
    ) -> None:
        self._table = table
        self._users = users
        self._log = log
        self._usage = usage
        self._throttles = throttles

    def sweep(self, now: float) -> None:
        """Remove everything that expired more than an hour ago, and what is left of accounts whose
        deletion was killed half-way; safe to stop and repeat.
        """
        for username in self._users.usernames():
            user = self._users.get(username)
            if user is not None and user.deleting:
                self._users.remove(username, skeleton(username))
                continue
            self._log.sweep(username, now)
            self._usage.sweep(username, int(now))
            self.sweep_user(username, now)
        self._throttles.sweep(int(now))

    def sweep_user(self, username: str, now: float) -> None:
        """Remove a user's expired sessions, tokens, limit windows and observed limits.

        One that somebody prolongs or uses again at that moment stays.
        """
        pk = partition(username)
        expired: dict[str, Any] = {"values": {":now": int(now) - 3600}, "names": {"#ttl": "ttl"}}
        for prefix in _EPHEMERAL:
            after = None
            while True:
                page = self._table.query(
                    pk, prefix=prefix, limit=_PAGE, after=after, where="#ttl < :now", **expired
                )
                calls = [
                    self._table.delete_op(pk, item["SK"], "#ttl < :now", **expired)
                    for item in page.items
                ]
                self._table.batch(calls)
                if page.last is None:
                    break
                after = page.last

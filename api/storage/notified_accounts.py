"""The accounts with enabled targets, in the index: `GSI1PK = TARGETS`, `GSI1SK = {username}#{id}`.

One query finds them, so scans cost nothing for the other accounts.
"""

from __future__ import annotations

import msgspec

from api.storage.page import Page
from api.storage.table import Table

_LISTING = "TARGETS"


class NotifiedAccount(msgspec.Struct, frozen=True):
    """An account, and the events that at least one of its enabled targets is told."""

    username: str
    events: frozenset[str]


class NotifiedAccounts:
    """Reads the accounts."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def page(self, after: str, targets: int) -> Page[NotifiedAccount]:
        """Read the accounts of at most so many `targets`, after an account (eventually consistent).

        An account has fewer targets than that. `next` is the account to continue after.
        """
        # In the sort keys of an account, the username is followed by `#`, before `$`.
        low = f"{after}$" if after else "!"
        result = self._table.query(_LISTING, between=(low, "~"), index=True, limit=targets)
        events: dict[str, frozenset[str]] = {}
        for item in result.items:
            username = item["GSI1SK"].partition("#")[0]
            events[username] = events.get(username, frozenset()) | frozenset(item["events"])
        accounts = [NotifiedAccount(*one) for one in events.items()]
        if result.last is None:
            return Page(accounts)
        # The next page has all targets of the last account.
        return Page(accounts[:-1], accounts[-2].username)


def listing_attributes(username: str, target_id: str) -> dict[str, str]:
    """Return the attributes that list an enabled target."""
    return {"GSI1PK": _LISTING, "GSI1SK": f"{username}#{target_id}"}

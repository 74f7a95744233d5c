"""Tokens that were used from a new network, found by one query of the index.

`Tokens.network_op` lists a token: `GSI1PK = NEWNETWORKS`, `GSI1SK = {epoch seconds}#{token_id}#
{network}`. It stays listed until `NewNetworks.clear`.
"""

from __future__ import annotations

import contextlib

import msgspec

from api.storage.table import ConditionFailed, Table
from api.storage.tokens import NEW_NETWORKS, Token, as_token, token_sort_key, with_networks
from api.storage.users import user_partition


class ListedToken(msgspec.Struct, frozen=True):
    """A token that was used from a new network. `position` is its place in the index."""

    username: str
    token: Token
    position: str


class NewNetworks:
    """Reads the listed tokens and takes them off the index."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def listed(self, limit: int) -> list[ListedToken]:
        """Read at most `limit` tokens of all users (eventually consistent), those with the
        earliest use first.
        """
        result = self._table.query(NEW_NETWORKS, between=("0", "~"), index=True, limit=limit)
        return [
            ListedToken(
                item["PK"].removeprefix("USER#"),
                with_networks(as_token(item), item),
                item["GSI1SK"],
            )
            for item in result.items
        ]

    def clear(self, listed: ListedToken) -> None:
        """Take a token off the index, unless it was used from one more network since.

        Idempotent.
        """
        with contextlib.suppress(ConditionFailed):
            self._table.run(
                self._table.update_op(
                    user_partition(listed.username),
                    token_sort_key(listed.token.token_id),
                    "REMOVE GSI1PK, GSI1SK",
                    {":position": listed.position},
                    condition="GSI1SK = :position",
                )
            )

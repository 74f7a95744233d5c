"""Which uses of tokens a process lists in an API's item of the hour."""

from __future__ import annotations

from api.client_family import OTHER
from api.storage.token_uses import MAX_CLIENTS, TokenUse, use_bytes

LISTED_BYTES = 152
"""The bytes of the uses that one process lists: eight tokens, each with a usual client. Together
with those of a few other processes, the item still fits in one write unit (1 kB)."""


class ListedUses:
    """The uses of tokens in one hour, from its start `hour` (epoch seconds). Not thread-safe."""

    def __init__(self, hour: int) -> None:
        self.hour = hour
        self._left = LISTED_BYTES
        self._clients: dict[str, int] = {}
        self._is_listed: dict[TokenUse, bool] = {}

    def add(self, token_id: str, client: str, old_text: str = "") -> tuple[TokenUse, bool, bool]:
        """Return the use to store, whether it is new, and whether the hour's item has it.

        A token that has used many clients in this hour uses `other` ones from then on.
        """
        use = TokenUse(token_id, client, old_text)
        is_listed = self._is_listed.get(use)
        if is_listed is not None:
            return use, False, is_listed
        number = self._clients.get(token_id, 0)
        if number >= MAX_CLIENTS and client != OTHER:
            return self.add(token_id, OTHER, old_text)
        size = use_bytes(use)
        is_listed = size <= self._left
        if is_listed:
            self._left -= size
        self._clients[token_id] = number + 1
        self._is_listed[use] = is_listed
        return use, True, is_listed

"""Which tokens and models a process lists with their spend in an API's item of the hour."""

from __future__ import annotations

from api.storage.listed_spend import SpendKey, spend_bytes

LISTED_BYTES = 210
"""The bytes of the spend that one process lists: about three tokens with models of usual names."""

MAX_FURTHER = 24
"""The number of further models in an hour, of any token. Others count as the model `other`."""

_OTHER = "other"


class ListedCosts:
    """The spend of an hour, from its start `hour` (epoch seconds). Not thread-safe."""

    def __init__(self, hour: int) -> None:
        self.hour = hour
        self._left = LISTED_BYTES
        self._further: set[str] = set()
        self._is_listed: dict[SpendKey, bool] = {}

    def add(self, key: SpendKey) -> tuple[SpendKey, bool]:
        """Return the token and model to count, and whether the hour's item has them."""
        is_listed = self._is_listed.get(key)
        if is_listed is not None:
            return key, is_listed
        size = spend_bytes(key)
        is_listed = size <= self._left
        if is_listed:
            self._left -= size
        elif key.model in self._further or key.model == _OTHER:
            pass
        elif len(self._further) < MAX_FURTHER:
            self._further.add(key.model)
        else:
            return self.add(SpendKey(key.token_id, _OTHER))
        self._is_listed[key] = is_listed
        return key, is_listed

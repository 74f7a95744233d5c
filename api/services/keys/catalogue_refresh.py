"""Bring the catalogue's data in stored keys up to date.

A key and its pool have copies of the dialect, the credential locations, the URL fields and the
further hosts of its provider, so that a proxied call needs no catalogue. A key that was stored
before the catalogue changed gets the new data when it is next listed or read.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from api.errors import StorageUnavailable
from api.logs import log_event
from api.services.keys.catalogue import Catalogue
from api.storage.keys import KeyChanged, Keys, StoredKey

# Writes of one call; the next call refreshes the rest of a long list.
_MOST_AT_ONCE = 25


class CatalogueRefresh:
    """Refreshes keys whose provider's entry changed.

    As when a key is stored, its provider decides, whatever its base URL: a regional host or a
    gateway has the same API. A key without a provider, or whose provider is no longer in the
    catalogue, stays as it is.
    """

    def __init__(self, keys: Keys, catalogue: Catalogue) -> None:
        self._keys = keys
        self._catalogue = catalogue

    def refresh(self, username: str, keys: Sequence[StoredKey]) -> list[StoredKey]:
        """Return the keys with the catalogue's current data, and store it.

        A key that was changed at the same time, or that cannot be written now, is returned as it
        was read.
        """
        result = []
        left = _MOST_AT_ONCE
        for key in keys:
            current = self._current(key)
            if current != key and left:
                left -= 1
                key = self._store(username, key, current)
            result.append(key)
        return result

    def _current(self, key: StoredKey) -> StoredKey:
        provider = self._catalogue.get(key.provider) if key.provider is not None else None
        if provider is None:
            return key
        return msgspec.structs.replace(
            key,
            rate_limit_dialect=provider.rate_limit_dialect,
            credential_locations=provider.credential_locations,
            url_fields=provider.url_fields,
            further_hosts=self._catalogue.further_hosts(provider, key.base_url),
        )

    def _store(self, username: str, old: StoredKey, new: StoredKey) -> StoredKey:
        try:
            stored = self._keys.refresh(username, old, new)
        except (KeyChanged, StorageUnavailable):
            return old
        log_event("key_refreshed", user=username, key_id=old.key_id)
        return stored

"""Cursors of listings: signed, and valid only for one user and one listing."""

from __future__ import annotations

import hashlib

from itsdangerous import BadData, URLSafeSerializer

from api.errors import Problem
from api.secret import Secret


class Cursors:
    """Turns the positions of pages into cursors and back."""

    def __init__(self, signing_secret: Secret) -> None:
        self._secret = signing_secret

    def wrap(self, username: str, listing: str, position: str | None) -> str | None:
        """Return the cursor of a position, None at the end."""
        if position is None:
            return None
        return self._serializer(username, listing).dumps(position)

    def unwrap(self, username: str, listing: str, cursor: str | None) -> str | None:
        """Return the position of a cursor. Raises Problem(invalid_cursor)."""
        if cursor is None:
            return None
        serializer = self._serializer(username, listing)
        try:
            position = serializer.loads(cursor)
        except BadData:
            position = None
        # The decoder ignores padding, so compare with the only form that `wrap` returns.
        if position is None or serializer.dumps(position) != cursor:
            raise Problem(
                "invalid_cursor",
                "This cursor does not belong to this list. Start again without a cursor.",
                field="cursor",
            )
        return str(position)

    def _serializer(self, username: str, listing: str) -> URLSafeSerializer:
        return URLSafeSerializer(
            self._secret.reveal(),
            salt="\0".join(("api-dashboard cursor", username, listing)),
            signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"},
        )

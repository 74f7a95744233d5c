"""Cursors of listings: opaque, tamper-proof, bound to the user and the list (S25)."""

from __future__ import annotations

import base64
import hmac

from api.errors import Problem
from api.secret import Secret

_MAC_BYTES = 16


class Cursors:
    """Wraps and unwraps the sort key that a listing goes on from."""

    def __init__(self, signing_secret: Secret) -> None:
        self._key = hmac.digest(signing_secret.reveal().encode(), b"api-dashboard cursor", "sha256")

    def wrap(self, username: str, listing: str, position: dict[str, str] | None) -> str | None:
        """The cursor for the sort key of a page's last item, None at the end."""
        if position is None:
            return None
        text = position["SK"].encode()
        return _text(self._mac(username, listing, text) + text)

    def unwrap(self, username: str, listing: str, cursor: str | None) -> str | None:
        """The sort key. Raises Problem(invalid_cursor)."""
        if cursor is None:
            return None
        try:
            raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        except ValueError:
            raw = b""
        mac, text = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        if (
            not text
            or _text(raw) != cursor
            or not hmac.compare_digest(mac, self._mac(username, listing, text))
        ):
            raise Problem(
                "invalid_cursor",
                "The cursor was not given by this list. Start again without one.",
                field="cursor",
            )
        return text.decode()

    def _mac(self, username: str, listing: str, text: bytes) -> bytes:
        message = b"\0".join((username.encode(), listing.encode(), text))
        return hmac.digest(self._key, message, "sha256")[:_MAC_BYTES]


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")

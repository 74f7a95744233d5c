"""What a session's token says, without the weight of the library that reads it (jwt_tokens.py)."""

from __future__ import annotations

from typing import Protocol

import msgspec

ACCESS_SECONDS = 900
REFRESH_SECONDS = 30 * 86_400


class Claims(msgspec.Struct, frozen=True):
    """What a valid token says: whose it is, of which session, and its own id."""

    username: str
    session_id: str
    token_id: str


class SessionTokens(Protocol):
    """Signs and reads the tokens of sessions."""

    def access(self, username: str, session_id: str) -> str:
        """A new access token."""

    def refresh(self, username: str, session_id: str) -> tuple[str, str]:
        """A new refresh token and its id."""

    def read(self, text: str, kind: str) -> Claims | None:
        """The claims of a valid token of `kind` ("access" or "refresh"), else None."""

"""Whether a personal access token that this server issued is still valid."""

from __future__ import annotations

import hmac

from api.errors import Problem
from api.storage.tokens import Token


def require_valid(token: Token | None, text_hash: str, now: float) -> Token:
    """Return the stored token whose text has this hash. `now` is epoch seconds.

    The signature was checked before, so the caller holds the token, and the problem may say what
    happened to it. Raises Problem(authentication_required).
    """
    if token is None:
        raise _invalid("This personal access token has been revoked or has expired.")
    if not hmac.compare_digest(token.token_hash, text_hash):
        raise unknown_token()
    if token.expires_at is not None and token.expires_at <= now:
        raise _invalid("This personal access token has expired.")
    return token


def unknown_token() -> Problem:
    """Return the problem for a call with a token that this server did not issue."""
    return Problem(
        "authentication_required",
        "This server did not issue this personal access token. Check that the token (apd_...) is "
        "complete and that this is the right server.",
    )


def _invalid(reason: str) -> Problem:
    return Problem(
        "authentication_required", f"{reason} Create a new token in API Dashboard and use that."
    )

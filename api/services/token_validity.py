"""Whether a personal access token that this server issued is still valid."""

from __future__ import annotations

import hmac

from api.allowed_networks import is_allowed, shown_address
from api.errors import Problem
from api.storage.tokens import Token


def require_valid(token: Token | None, text_hash: str, now: float) -> Token:
    """Return the stored token whose text has this hash. `now` is epoch seconds.

    The signature was checked before, so the caller holds the token, and the problem may say what
    happened to it. Raises Problem(authentication_required).
    """
    if token is None:
        raise _invalid("This personal access token has been revoked or has expired.")
    if not is_valid_text(token, text_hash, now):
        raise _invalid("This text of a personal access token was replaced.", "Use the new text.")
    if token.expires_at is not None and token.expires_at <= now:
        raise _invalid("This personal access token has expired.")
    return token


def is_valid_text(token: Token, text_hash: str, now: float) -> bool:
    """Return whether the token's present text, or the previous one during the overlap of a
    rotation, has this hash.
    """
    return hmac.compare_digest(token.token_hash, text_hash) or (
        token.has_previous(now) and hmac.compare_digest(token.previous_hash or "", text_hash)
    )


def address_problem(token: Token, source: str) -> Problem | None:
    """Return why a client with the address `source` may not use the token, or None."""
    if not token.allowed_ips or is_allowed(source, token.allowed_ips):
        return None
    return Problem(
        "address_not_allowed",
        f"This personal access token may not be used from {shown_address(source)}. Add the address "
        "to `allowed_ips` of the token in API Dashboard, or call from an allowed one.",
    )


def unknown_token() -> Problem:
    """Return the problem for a call with a token that this server did not issue."""
    return Problem(
        "authentication_required",
        "This server did not issue this personal access token. Check that the token (apd_...) is "
        "complete and that this is the right server.",
    )


def _invalid(
    reason: str, advice: str = "Create a new token in API Dashboard and use that."
) -> Problem:
    return Problem("authentication_required", f"{reason} {advice}")

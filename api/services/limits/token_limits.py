"""The limit of a token: embedded in its text, or stored since it was last changed."""

from __future__ import annotations

from api.limits.rules import LimitRule
from api.services.token_codec import TokenPayload
from api.storage.tokens import Token


def token_scope(token_id: str) -> str:
    """Return what the windows of a token's limit belong to."""
    return f"token:{token_id}"


def token_rule(token_id: str, limit: int, window: int, window_start: float) -> LimitRule:
    """Return the rule of a token's limit."""
    return LimitRule(token_scope(token_id), limit, window, window_start)


def embedded_rule(payload: TokenPayload | None) -> LimitRule | None:
    """Return the limit in the token's text, which applies unless it was changed later."""
    if payload is None or payload.limit is None or payload.window is None:
        return None
    return token_rule(payload.token_id, payload.limit, payload.window, payload.window_start)


def current_token_rule(token: Token, embedded: LimitRule | None) -> LimitRule | None:
    """Return the rule that applies to a token, None when it has no limit.

    `embedded` is the rule from the token's text. It applies until the limit is changed.
    """
    if token.limit_since is None:
        return embedded
    if token.limit is None or token.window is None:
        return None
    return token_rule(token.token_id, token.limit, token.window, token.limit_since)

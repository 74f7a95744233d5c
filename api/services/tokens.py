"""Personal access tokens: made, listed, revoked, and asked what they may do."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from api.errors import Problem
from api.logs import log_event
from api.models import CreateToken
from api.services.token_format import TokenFormat, token_hash
from api.storage.table import TransactionFailed
from api.storage.tokens import Token, Tokens, as_token
from api.storage.usage import RateLimit, Usage


class TokenService:
    """The tokens of a user. `clock` gives epoch seconds."""

    def __init__(
        self, storage: Tokens, usage: Usage, texts: TokenFormat, clock: Callable[[], float]
    ) -> None:
        self._storage = storage
        self._usage = usage
        self._texts = texts
        self._clock = clock

    def create(self, username: str, wanted: CreateToken) -> tuple[Token, str]:
        """A new token and its text, which is shown this once and not kept."""
        if (wanted.limit is None) != (wanted.window is None):
            missing = "window" if wanted.window is None else "limit"
            raise Problem("invalid_field", "`limit` and `window` go together.", field=missing)
        if not wanted.name.strip() or not wanted.name.isprintable():
            raise Problem("invalid_field", "A name is printable text.", field="name")
        if "*" in wanted.apis and len(wanted.apis) > 1:
            raise Problem("invalid_field", '["*"] stands alone.', field="apis")
        now = int(self._clock())
        parts, text = self._texts.make(username, self._clock(), wanted.limit, wanted.window)
        token = Token(
            token_id=parts.token_id,
            name=wanted.name,
            token_hash=token_hash(text),
            hint="…" + text[-4:],
            apis=tuple(dict.fromkeys(wanted.apis)),
            methods=tuple(dict.fromkeys(wanted.methods)),
            path_prefixes=tuple(dict.fromkeys(wanted.path_prefixes)),
            created_at=now,
            expires_at=now + wanted.expires_in if wanted.expires_in is not None else None,
            limit=wanted.limit,
            window=wanted.window,
        )
        try:
            self._storage.create(username, token)
        except TransactionFailed as error:
            raise Problem("conflict", "The account was deleted meanwhile.") from error
        log_event("token_created", user=username, token_id=token.token_id)
        return token, text

    def page(
        self, username: str, limit: int, after: str | None
    ) -> tuple[list[Token], dict[str, str] | None]:
        """A page of tokens, expired ones too, with the times of their last use."""
        page = self._storage.page(username, limit, after)
        seen = last_seen(self._usage.rate_limits(username, self._clock()))
        return [_with_last_use(as_token(item), seen) for item in page.items], page.last

    def revoke(self, username: str, token_id: str) -> None:
        """End a token at once. Raises Problem(token_not_found), for another user's token too."""
        if not self._storage.delete(username, token_id):
            raise Problem("token_not_found", "There is no such token.")
        log_event("token_revoked", user=username, token_id=token_id)


def last_seen(limits: list[RateLimit]) -> dict[str, int]:
    """When each token was last used in the present hour, over all APIs."""
    seen: dict[str, int] = {}
    for limit in limits:
        for token_id, at in limit.tokens.items():
            seen[token_id] = max(at, seen.get(token_id, 0))
    return seen


def _with_last_use(token: Token, seen: dict[str, int]) -> Token:
    at = max(seen.get(token.token_id, 0), token.last_used_at or 0)
    return msgspec.structs.replace(token, last_used_at=at or None)

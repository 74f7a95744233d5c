"""Rotation: a token gets a new text, and the previous one stays valid until an overlap ends.

Limits, budgets and reservations count for the token, whichever text a call has. The new text embeds
the limit with the window that already counts.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from api.errors import Problem
from api.logs import log_event
from api.services.limits.token_limits import token_scope
from api.services.token_codec import TokenCodec
from api.services.tokens import TokenService
from api.storage.limits import Limits
from api.storage.table import ConditionFailed
from api.storage.tokens import Token, Tokens

_ATTEMPTS = 4


class TokenRotation:
    """Replaces the texts of tokens. `clock` returns epoch seconds."""

    def __init__(
        self,
        tokens: TokenService,
        storage: Tokens,
        limits: Limits,
        token_codec: TokenCodec,
        clock: Callable[[], float],
    ) -> None:
        self._tokens = tokens
        self._storage = storage
        self._limits = limits
        self._token_codec = token_codec
        self._clock = clock

    def rotate(self, username: str, token_id: str, overlap: int) -> tuple[Token, str]:
        """Give a token a new text, and return it with that. The present text stays valid for
        `overlap` seconds, an older one ends now.

        Raises Problem: token_not_found, token_expired, and conflict if the token was changed at the
        same time.
        """
        old = self._tokens.read(username, token_id)
        now = self._clock()
        if old.expires_at is not None and old.expires_at <= now:
            raise Problem(
                "token_expired",
                "The token has expired, so a new text would not be valid either. Change "
                "`expires_in` first, or create a new token.",
            )
        since = self._limit_since(username, old, now)
        payload, text = self._token_codec.encode(
            username, now if since is None else since, old.limit, old.window, token_id
        )
        until = int(now) + overlap
        if old.expires_at is not None:
            until = min(until, old.expires_at)
        new = msgspec.structs.replace(
            old,
            token_hash=payload.token_hash,
            hint="…" + text[-4:],
            previous_hash=old.token_hash if overlap else None,
            previous_until=until if overlap else None,
            limit_since=since,
            revision=old.revision + 1,
        )
        try:
            self._storage.replace(username, old, new)
        except ConditionFailed:
            raise Problem(
                "conflict",
                "The token was changed or rotated at the same time. List the tokens, and rotate it "
                "again if it still has the old text.",
            ) from None
        log_event("token_rotated", user=username, token_id=token_id)
        return new, text

    def end_previous(self, username: str, token_id: str) -> None:
        """End the overlap of the last rotation now. Idempotent. Raises Problem(token_not_found)."""
        for _ in range(_ATTEMPTS):
            old = self._tokens.get(username, token_id)
            if old.previous_hash is None:
                return
            new = msgspec.structs.replace(
                old, previous_hash=None, previous_until=None, revision=old.revision + 1
            )
            try:
                self._storage.replace(username, old, new)
            except ConditionFailed:
                continue
            log_event("token_overlap_ended", user=username, token_id=token_id)
            return
        raise Problem("conflict", "The token was changed at the same time: try again.")

    def _limit_since(self, username: str, token: Token, now: float) -> float | None:
        """Return when the first window of the token's limit began, so that both texts count in the
        same window.

        For a token of an older version, only its text has that time. Then it is the time of the
        windows that have counted, and if there are none, now.
        """
        if token.limit is None or token.limit_since is not None:
            return token.limit_since
        counted = self._limits.window_start(username, token_scope(token.token_id))
        return round(now, 3) if counted is None else counted

"""Personal access tokens: made, listed, changed and revoked."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import unquote

import msgspec
from msgspec import UNSET

from api.errors import Problem
from api.logs import log_event
from api.schemas.tokens import ChangeToken, CreateToken
from api.services.limits.reservations import ReservationService
from api.services.token_codec import TokenCodec, token_hash
from api.storage.page import Page
from api.storage.table import ConditionFailed, TransactionFailed
from api.storage.tokens import SimulatedLimits, Token, Tokens
from api.storage.usage import RateLimit, Usage

_ATTEMPTS = 4


class TokenService:
    """The tokens of a user. `clock` gives epoch seconds."""

    def __init__(
        self,
        storage: Tokens,
        reservations: ReservationService,
        usage: Usage,
        token_codec: TokenCodec,
        clock: Callable[[], float],
    ) -> None:
        self._storage = storage
        self._reservations = reservations
        self._usage = usage
        self._texts = token_codec
        self._clock = clock

    def create(self, username: str, wanted: CreateToken) -> tuple[Token, str]:
        """A new token and its text, which is shown this once and not kept."""
        _require_pair(wanted.limit, wanted.window)
        _require_name(wanted.name)
        _require_apis(wanted.apis)
        _require_paths(wanted.path_prefixes)
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
            simulated_limits=SimulatedLimits(wanted.rehearsal.share) if wanted.rehearsal else None,
        )
        try:
            self._storage.create(username, token)
        except TransactionFailed as error:
            raise Problem("conflict", "The account was deleted meanwhile.") from error
        log_event("token_created", user=username, token_id=token.token_id)
        return token, text

    def page(self, username: str, limit: int, after: str | None) -> Page[Token]:
        """A page of tokens, expired ones too, with the times of their last use."""
        page = self._storage.page(username, limit, after)
        seen = last_seen(self._usage.rate_limits(username, self._clock()))
        return Page([_with_last_use(token, seen) for token in page.items], page.next)

    def get(self, username: str, token_id: str) -> Token:
        """One token. Raises Problem(token_not_found), for another user's token too."""
        token = self._storage.get(username, token_id)
        if token is None:
            raise Problem("token_not_found", "There is no such token.")
        return token

    def change(self, username: str, token_id: str, wanted: ChangeToken) -> Token:
        """Change what is given; it holds from the next call on. Raises Problem(token_not_found)."""
        for _ in range(_ATTEMPTS):
            old = self.get(username, token_id)
            new = self._changed(old, wanted)
            try:
                self._storage.replace(username, old, new)
            except ConditionFailed:
                continue
            self._reservations.token_changed(username, new)
            log_event("token_changed", user=username, token_id=token_id)
            seen = last_seen(self._usage.rate_limits(username, self._clock()))
            return _with_last_use(new, seen)
        raise Problem("conflict", "The token was changed by somebody else at the same time.")

    def revoke(self, username: str, token_id: str) -> None:
        """End a token at once. Raises Problem(token_not_found), for another user's token too."""
        if self._storage.delete(username, token_id):
            log_event("token_revoked", user=username, token_id=token_id)
            self._reservations.token_gone(username, token_id)
        else:
            # An earlier attempt may have ended between the two.
            self._reservations.token_gone(username, token_id)
            raise Problem("token_not_found", "There is no such token.")

    def _changed(self, old: Token, wanted: ChangeToken) -> Token:
        changes: dict[str, object] = {"revision": old.revision + 1}
        if wanted.name is not UNSET:
            _require_name(wanted.name)
            changes["name"] = wanted.name
        if wanted.apis is not UNSET:
            _require_apis(wanted.apis)
            changes["apis"] = tuple(dict.fromkeys(wanted.apis))
        if wanted.methods is not UNSET:
            changes["methods"] = tuple(dict.fromkeys(wanted.methods))
        if wanted.path_prefixes is not UNSET:
            _require_paths(wanted.path_prefixes)
            changes["path_prefixes"] = tuple(dict.fromkeys(wanted.path_prefixes))
        if wanted.expires_in is not UNSET:
            changes["expires_at"] = (
                int(self._clock()) + wanted.expires_in if wanted.expires_in is not None else None
            )
        if wanted.rehearsal is not UNSET:
            changes["simulated_limits"] = (
                SimulatedLimits(wanted.rehearsal.share) if wanted.rehearsal is not None else None
            )
        return msgspec.structs.replace(old, **changes, **self._changed_limit(old, wanted))

    def _changed_limit(self, old: Token, wanted: ChangeToken) -> dict[str, object]:
        """A new limit counts from now; one that stays as it is goes on counting."""
        if wanted.limit is UNSET and wanted.window is UNSET:
            return {}
        limit = None if wanted.limit is UNSET else wanted.limit
        window = None if wanted.window is UNSET else wanted.window
        _require_pair(limit, window)
        if (limit, window) == (old.limit, old.window):
            return {}
        return {"limit": limit, "window": window, "limit_since": round(self._clock(), 3)}


def _require_pair(limit: int | None, window: int | None) -> None:
    if (limit is None) != (window is None):
        missing = "window" if window is None else "limit"
        raise Problem("invalid_field", "`limit` and `window` go together.", field=missing)


def _require_name(name: str) -> None:
    if not name.strip() or not name.isprintable():
        raise Problem("invalid_field", "A name is printable text.", field="name")


def _require_apis(apis: list[str]) -> None:
    if "*" in apis and len(apis) > 1:
        raise Problem("invalid_field", '["*"] stands alone.', field="apis")


def _require_paths(prefixes: list[str]) -> None:
    """The proxy lets no path with dot segments through: such a prefix would cover nothing."""
    for index, prefix in enumerate(prefixes):
        if any(unquote(segment) in (".", "..") for segment in prefix.split("/")):
            raise Problem(
                "invalid_field", "A path has no segment . or .. in it.",
                field=f"path_prefixes[{index}]",
            )  # fmt: skip


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

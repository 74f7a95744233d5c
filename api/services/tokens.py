"""Create, list, change and revoke personal access tokens."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import unquote

import msgspec
from msgspec import UNSET

from api.allowed_networks import normal_network
from api.errors import Problem
from api.logs import log_event
from api.schemas.tokens import ChangeToken, CreateToken
from api.services.audit.trail import AuditTrail
from api.services.limits.reservations import ReservationService
from api.services.spend.budgets import BudgetService
from api.services.token_codec import TokenCodec, TokenPayload, token_hash
from api.services.token_validity import is_valid_text
from api.storage.counters import CapReached
from api.storage.page import Page
from api.storage.table import ConditionFailed, TransactionFailed
from api.storage.token_uses import UseTimes, latest, times_by_token
from api.storage.tokens import SimulatedLimits, Token, Tokens
from api.storage.usage import RateLimit, Usage

_ATTEMPTS = 4


class TokenService:
    """Manages the tokens of a user. `clock` returns epoch seconds."""

    def __init__(
        self,
        storage: Tokens,
        reservations: ReservationService,
        usage: Usage,
        token_codec: TokenCodec,
        budgets: BudgetService,
        clock: Callable[[], float],
    ) -> None:
        self._storage = storage
        self._reservations = reservations
        self._usage = usage
        self._token_codec = token_codec
        self._budgets = budgets
        self._clock = clock

    def create(self, username: str, request: CreateToken) -> tuple[Token, str]:
        """Create a token. Return it with its text, which is not stored."""
        _require_pair(request.limit, request.window)
        _require_name(request.name)
        _require_apis(request.apis)
        _require_paths(request.path_prefixes)
        allowed_ips = _normal_networks(request.allowed_ips)
        now = int(self._clock())
        payload, text = self._token_codec.encode(
            username, self._clock(), request.limit, request.window
        )
        token = Token(
            token_id=payload.token_id,
            name=request.name,
            token_hash=payload.token_hash,
            hint="…" + text[-4:],
            apis=tuple(dict.fromkeys(request.apis)),
            methods=tuple(dict.fromkeys(request.methods)),
            path_prefixes=tuple(dict.fromkeys(request.path_prefixes)),
            created_at=now,
            expires_at=now + request.expires_in if request.expires_in is not None else None,
            limit=request.limit,
            window=request.window,
            limit_since=payload.window_start if request.limit is not None else None,
            simulated_limits=SimulatedLimits(request.rehearsal.share)
            if request.rehearsal
            else None,
            allowed_ips=allowed_ips,
        )
        try:
            self._storage.create(username, token)
        except TransactionFailed as error:
            raise Problem("conflict", "The account was deleted at the same time.") from error
        except CapReached as error:
            raise Problem(
                "too_many_tokens",
                f"An account can have at most {error.cap} tokens. Revoke tokens that you no longer "
                "need, or ask the operator to raise API_DASHBOARD_MAX_TOKENS.",
            ) from error
        log_event("token_created", user=username, token_id=token.token_id)
        return token, text

    def page(self, username: str, limit: int, after: str | None) -> Page[Token]:
        """Return a page of tokens, including expired ones, with the times of their last use."""
        page = self._storage.page(username, limit, after)
        used = last_uses(self._usage.rate_limits(username, self._clock()))
        return Page([with_last_use(token, used) for token in page.items], page.next)

    def get(self, username: str, token_id: str) -> Token:
        """Return one token. Raises Problem(token_not_found), also for another user's token."""
        token = self._storage.get(username, token_id)
        if token is None:
            raise Problem("token_not_found", "There is no such token.")
        return token

    def read(self, username: str, token_id: str) -> Token:
        """Return one token with its last use. Raises Problem(token_not_found)."""
        token = self.get(username, token_id)
        return with_last_use(token, last_uses(self._usage.rate_limits(username, self._clock())))

    def payload(self, text: str) -> TokenPayload | None:
        """Return the data of a token, or None if this server did not issue it. Reads nothing."""
        return self._token_codec.decode(text)

    def scope(self, username: str, text: str) -> tuple[str, ...] | None:
        """Return the API names that a user's token may call, by its text.

        Returns None if it may call all APIs, or if it is not a token of this user.
        """
        payload = self._token_codec.decode(text)
        if payload is None or payload.username != username:
            return None
        token = self._storage.get(username, payload.token_id)
        if token is None or "*" in token.apis:
            return None
        if not is_valid_text(token, token_hash(text), self._clock()):
            return None
        return token.apis

    def change(
        self, username: str, token_id: str, request: ChangeToken, audit: AuditTrail
    ) -> Token:
        """Change the given fields, from the next call on. Raises Problem(token_not_found)."""
        for _ in range(_ATTEMPTS):
            old = self.get(username, token_id)
            new = self._changed(old, request)
            try:
                self._storage.replace(username, old, new)
            except ConditionFailed:
                continue
            self._reservations.token_changed(username, new)
            log_event("token_changed", user=username, token_id=token_id)
            audit.subject(token_id, new.name)
            audit.before(old)
            used = last_uses(self._usage.rate_limits(username, self._clock()))
            return with_last_use(new, used)
        raise Problem("conflict", "The token was changed at the same time: try again.")

    def revoke(self, username: str, token_id: str, audit: AuditTrail) -> None:
        """Delete a token. Raises Problem(token_not_found), also for another user's token."""
        token = self._storage.get(username, token_id)
        if token is not None:
            audit.subject(token_id, token.name)
        if self._storage.delete(username, token_id):
            log_event("token_revoked", user=username, token_id=token_id)
            self._token_gone(username, token_id)
        else:
            # An earlier attempt may have deleted the token but not what belongs to it.
            self._token_gone(username, token_id)
            raise Problem("token_not_found", "There is no such token.")

    def _token_gone(self, username: str, token_id: str) -> None:
        self._reservations.token_gone(username, token_id)
        self._budgets.token_gone(username, token_id)

    def _changed(self, old: Token, request: ChangeToken) -> Token:
        changes: dict[str, object] = {"revision": old.revision + 1}
        if request.name is not UNSET:
            _require_name(request.name)
            changes["name"] = request.name
        if request.apis is not UNSET:
            _require_apis(request.apis)
            changes["apis"] = tuple(dict.fromkeys(request.apis))
        if request.methods is not UNSET:
            changes["methods"] = tuple(dict.fromkeys(request.methods))
        if request.path_prefixes is not UNSET:
            _require_paths(request.path_prefixes)
            changes["path_prefixes"] = tuple(dict.fromkeys(request.path_prefixes))
        if request.allowed_ips is not UNSET:
            changes["allowed_ips"] = _normal_networks(request.allowed_ips)
        if request.expires_in is not UNSET:
            changes["expires_at"] = (
                int(self._clock()) + request.expires_in if request.expires_in is not None else None
            )
        if request.rehearsal is not UNSET:
            changes["simulated_limits"] = (
                SimulatedLimits(request.rehearsal.share) if request.rehearsal is not None else None
            )
        return msgspec.structs.replace(old, **changes, **self._changed_limit(old, request))

    def _changed_limit(self, old: Token, request: ChangeToken) -> dict[str, object]:
        """Return the changes for a new limit, which counts from now, or {} if it is the same."""
        if request.limit is UNSET and request.window is UNSET:
            return {}
        limit = None if request.limit is UNSET else request.limit
        window = None if request.window is UNSET else request.window
        _require_pair(limit, window)
        if (limit, window) == (old.limit, old.window):
            return {}
        return {"limit": limit, "window": window, "limit_since": round(self._clock(), 3)}


def _require_pair(limit: int | None, window: int | None) -> None:
    if (limit is None) != (window is None):
        missing = "window" if window is None else "limit"
        raise Problem("invalid_field", "Give `limit` and `window` together.", field=missing)


def _require_name(name: str) -> None:
    if not name.strip() or not name.isprintable():
        raise Problem("invalid_field", "The name must be printable text.", field="name")


def _require_apis(apis: list[str]) -> None:
    if "*" in apis and len(apis) > 1:
        raise Problem("invalid_field", '["*"] cannot be combined with API names.', field="apis")


def _require_paths(prefixes: list[str]) -> None:
    """Refuse dot segments: the proxy refuses such paths, so the prefix would match nothing."""
    for index, prefix in enumerate(prefixes):
        if any(unquote(segment) in (".", "..") for segment in prefix.split("/")):
            raise Problem(
                "invalid_field", "A path prefix must not contain the segments . or ..",
                field=f"path_prefixes[{index}]",
            )  # fmt: skip


def _normal_networks(texts: list[str]) -> tuple[str, ...]:
    networks = []
    for index, text in enumerate(texts):
        try:
            networks.append(normal_network(text))
        except ValueError as error:
            field = f"allowed_ips[{index}]"
            raise Problem("invalid_field", str(error), field=field) from None
    return tuple(dict.fromkeys(networks))


LastUses = dict[str, UseTimes]
"""When each token was last used."""


def last_uses(limits: list[RateLimit]) -> LastUses:
    """Return the last uses in the current hour, over all APIs."""
    return times_by_token(use for limit in limits for use in limit.uses.items())


def with_last_use(token: Token, used: LastUses) -> Token:
    """Return a token with its last uses, which may be in the current hour (`used`)."""
    times = used.get(token.token_id)
    if times is None:
        return token
    old_texts = dict(token.old_texts)
    for mark, at in times.old_texts.items():
        old_texts[mark] = max(at, old_texts.get(mark, 0))
    return msgspec.structs.replace(
        token,
        last_used_at=max([token.last_used_at or 0, *times.clients.values()]),
        clients=latest(token.clients, times.clients),
        old_texts=old_texts,
    )

"""Reservations: the part of an API's policy that is reserved for one token."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from api.errors import Problem
from api.limits.policies import Policy
from api.limits.reservations import MAX_RESERVATIONS, Reservation, active, free_slot
from api.logs import log_event
from api.schemas.limits import ReservationView, SetReservation
from api.services.audit.trail import AuditTrail
from api.services.limits.policies import ATTEMPTS, OnPolicy, policy_conflict
from api.services.limits.views import reservation_view
from api.storage.policies import Policies, PolicyChanged
from api.storage.pools import Pools
from api.storage.tokens import Token, Tokens
from api.storage.usage import Usage

_MILLION = 1_000_000


class ReservationService:
    """Sets and removes the reservations of a user's tokens. `clock` returns epoch seconds.

    Only a policy can have reservations: an upstream's own quota is known only after each call, and
    other clients may use the same key.
    """

    def __init__(
        self,
        pools: Pools,
        policies: Policies,
        tokens: Tokens,
        usage: Usage,
        clock: Callable[[], float],
        on_policy: OnPolicy,
    ) -> None:
        self._pools = pools
        self._policies = policies
        self._tokens = tokens
        self._usage = usage
        self._clock = clock
        self._on_policy = on_policy

    def set(
        self,
        username: str,
        api_name: str,
        token_id: str,
        request: SetReservation,
        audit: AuditTrail,
    ) -> None:
        """Set a token's reservation. Raises Problem.

        The codes are policy_required, token_not_found, reservation_exceeds_limit,
        too_many_reservations, invalid_field and conflict.
        """
        if (request.amount is None) == (request.share is None):
            raise Problem(
                "invalid_field", "Give either `amount` or `share`, not both.", field="amount"
            )
        share = None if request.share is None else round(request.share * _MILLION)
        for _ in range(ATTEMPTS):
            token = self._token(username, api_name, token_id)
            policy = self._pools.policy(username, api_name)
            if policy is None:
                raise self._policy_required(username, api_name)
            try:
                new = self._store(username, api_name, policy, token, request.amount, share)
            except PolicyChanged:
                continue
            self._on_policy(username, api_name, new)
            audit.subject(token_id, token.name)
            existing = policy.reservation(token_id)
            if existing is not None:
                audit.before(reservation_view(api_name, existing, policy.limit))
            log_event("reservation_set", user=username, token_id=token_id, api_name=api_name)
            return
        raise policy_conflict()

    def remove(self, username: str, api_name: str, token_id: str) -> None:
        """Remove a reservation. Raises Problem(reservation_not_found)."""
        if not self._remove(username, api_name, token_id):
            raise Problem("reservation_not_found", "This token has no reservation for this API.")
        log_event("reservation_removed", user=username, token_id=token_id, api_name=api_name)

    def all(self, username: str) -> dict[str, list[ReservationView]]:
        """Return the reservations of every token that has any, by the token's id."""
        views: dict[str, list[ReservationView]] = {}
        now = self._clock()
        for pool in self._pools.all(username):
            if pool.policy is None:
                continue
            for reservation in active(pool.policy.reservations, now):
                view = reservation_view(pool.api_name, reservation, pool.policy.limit)
                views.setdefault(reservation.token_id, []).append(view)
        return views

    def token_gone(self, username: str, token_id: str) -> None:
        """Remove the reservations of a deleted token."""
        for api_name in self._apis_of(username, token_id):
            self._remove(username, api_name, token_id)

    def token_changed(self, username: str, token: Token) -> None:
        """Apply a token's new expiry to its reservations.

        Removes those for APIs that the token no longer allows.
        """
        for api_name in self._apis_of(username, token.token_id):
            if not _covers(token, api_name):
                self._remove(username, api_name, token.token_id)
                continue
            for _ in range(ATTEMPTS):
                policy = self._pools.policy(username, api_name)
                existing = policy.reservation(token.token_id) if policy is not None else None
                if policy is None or existing is None or existing.expires_at == token.expires_at:
                    break
                try:
                    new = self._store(
                        username, api_name, policy, token, existing.amount, existing.share
                    )
                except PolicyChanged:
                    continue
                self._on_policy(username, api_name, new)
                break

    def _store(
        self,
        username: str,
        api_name: str,
        policy: Policy,
        token: Token,
        amount: int | None,
        share: int | None,
    ) -> Policy:
        """Store the policy with the token's reservation, and return it.

        Raises PolicyChanged if another request changed the policy or the token. Raises Problem.
        """
        now = self._clock()
        current = active(policy.reservations, now)
        others = tuple(item for item in current if item.token_id != token.token_id)
        existing = next((item for item in current if item.token_id == token.token_id), None)
        slot = existing.slot if existing is not None else free_slot(others)
        if slot is None:
            raise Problem(
                "too_many_reservations",
                f"An API can have at most {MAX_RESERVATIONS} reservations.",
                most=MAX_RESERVATIONS,
            )
        reservation = Reservation(token.token_id, slot, amount, share, token.expires_at)
        _require_fit(policy, others, reservation)
        new = msgspec.structs.replace(
            policy, reservations=(*others, reservation), revision=policy.revision + 1
        )
        token_op = self._tokens.assert_unchanged_op(username, token)
        if existing is not None:
            self._policies.replace(username, api_name, policy, new, [token_op])
        else:
            self._policies.add_reservation(
                username, api_name, policy, new, reservation, now, [token_op]
            )
        return new

    def _remove(self, username: str, api_name: str, token_id: str) -> bool:
        """Remove a reservation. Returns False if there is none. Raises Problem(conflict)."""
        for _ in range(ATTEMPTS):
            policy = self._pools.policy(username, api_name)
            if policy is None or policy.reservation(token_id) is None:
                return False
            new = msgspec.structs.replace(
                policy,
                reservations=tuple(
                    other for other in policy.reservations if other.token_id != token_id
                ),
                revision=policy.revision + 1,
            )
            try:
                self._policies.replace(username, api_name, policy, new)
            except PolicyChanged:
                continue
            self._on_policy(username, api_name, new)
            return True
        raise policy_conflict()

    def _token(self, username: str, api_name: str, token_id: str) -> Token:
        token = self._tokens.get(username, token_id)
        if token is None or (token.expires_at is not None and token.expires_at <= self._clock()):
            raise Problem("token_not_found", "There is no such token, or it has expired.")
        if not _covers(token, api_name):
            raise Problem("invalid_field", "This token does not allow this API.", field="token_id")
        return token

    def _policy_required(self, username: str, api_name: str) -> Problem:
        item = self._usage.rate_limit(username, api_name, self._clock())
        return Problem(
            "policy_required",
            "Set a rate-limit policy for this API first. The upstream's own quota is known after "
            "each call only, so none of it can be reserved.",
            observed_limit=item.limit if item is not None else None,
        )

    def _apis_of(self, username: str, token_id: str) -> list[str]:
        """Return the names of the APIs for which a token has a reservation."""
        return [
            pool.api_name
            for pool in self._pools.all(username)
            if pool.policy is not None and pool.policy.reservation(token_id) is not None
        ]


def _covers(token: Token, api_name: str) -> bool:
    return "*" in token.apis or api_name in token.apis


def _require_fit(policy: Policy, others: tuple[Reservation, ...], reservation: Reservation) -> None:
    limit = policy.limit
    requested = reservation.requests(limit)
    if requested == 0:
        raise Problem(
            "invalid_field", f"This share of {limit:,} is less than one request.", field="share"
        )
    reserved = sum(other.requests(limit) for other in others)
    available = max(0, limit - reserved)
    if requested > available:
        raise Problem(
            "reservation_exceeds_limit",
            f"{requested:,} of {limit:,} requests cannot be reserved: {reserved:,} are reserved "
            f"already, {available:,} are left."
            if reserved
            else f"{requested:,} requests cannot be reserved: the limit is {limit:,}.",
            field="share" if reservation.amount is None else "amount",
            limit=limit,
            reserved=reserved,
            available=available,
            wanted=requested,
        )

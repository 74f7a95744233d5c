"""Reservations: a token's sure part of an API's policy."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from api.errors import Problem
from api.logs import log_event
from api.schemas.limits import ReservationView, SetReservation
from api.services.limits.policies import ATTEMPTS, OnPolicy, changed_meanwhile
from api.services.limits.views import reservation_view
from api.storage.policies import Policy
from api.storage.pools import Pools
from api.storage.quotas import PolicyChanged, Quotas
from api.storage.reservations import MOST_RESERVATIONS, Reservation, free_slot, live
from api.storage.tokens import Token, Tokens
from api.storage.usage import Usage

_MILLION = 1_000_000


class ReservationService:
    """The reservations of a user's tokens. `clock` gives epoch seconds; `on_policy` as in
    RateLimitService.

    Only the user's own policy can be reserved from: what an upstream says of its own quota is known
    after the fact, and others may use the same key, so nothing exact could be promised of it.
    """

    def __init__(
        self,
        pools: Pools,
        quotas: Quotas,
        tokens: Tokens,
        usage: Usage,
        clock: Callable[[], float],
        on_policy: OnPolicy,
    ) -> None:
        self._pools = pools
        self._quotas = quotas
        self._tokens = tokens
        self._usage = usage
        self._clock = clock
        self._on_policy = on_policy

    def set(self, username: str, api_name: str, token_id: str, wanted: SetReservation) -> None:
        """Reserve, or change what is reserved. Raises Problem: policy_required, token_not_found,
        reservation_exceeds_limit, too_many_reservations, invalid_field.
        """
        if (wanted.amount is None) == (wanted.share is None):
            raise Problem("invalid_field", "Give `amount` or `share`.", field="amount")
        for _ in range(ATTEMPTS):
            token = self._token(username, api_name, token_id)
            policy = self._pools.policy(username, api_name)
            if policy is None:
                raise self._policy_required(username, api_name)
            try:
                new = self._put(
                    username, api_name, policy, token, wanted.amount, _ppm(wanted.share)
                )
            except PolicyChanged:
                continue
            self._on_policy(username, api_name, new)
            log_event("reservation_set", user=username, token_id=token_id, api_name=api_name)
            return
        raise changed_meanwhile()

    def remove(self, username: str, api_name: str, token_id: str) -> None:
        """End a reservation. Raises Problem(reservation_not_found)."""
        if not self._without(username, api_name, token_id):
            raise Problem("reservation_not_found", "The token has no reservation of that API.")
        log_event("reservation_removed", user=username, token_id=token_id, api_name=api_name)

    def all(self, username: str) -> dict[str, list[ReservationView]]:
        """The reservations of every token that has any, by its id."""
        found: dict[str, list[ReservationView]] = {}
        now = self._clock()
        for pool in self._pools.all(username):
            if pool.policy is None:
                continue
            for one in live(pool.policy.reservations, now):
                view = reservation_view(pool.api_name, one, pool.policy.limit)
                found.setdefault(one.token_id, []).append(view)
        return found

    def token_gone(self, username: str, token_id: str) -> None:
        """What was reserved for a token is free again."""
        for api_name in self._apis_of(username, token_id):
            self._without(username, api_name, token_id)

    def token_changed(self, username: str, token: Token) -> None:
        """Reservations end with the token, and with its access to the API."""
        for api_name in self._apis_of(username, token.token_id):
            if not _covers(token, api_name):
                self._without(username, api_name, token.token_id)
                continue
            for _ in range(ATTEMPTS):
                policy = self._pools.policy(username, api_name)
                known = policy.reservation(token.token_id) if policy is not None else None
                if policy is None or known is None or known.expires_at == token.expires_at:
                    break
                try:
                    new = self._put(username, api_name, policy, token, known.amount, known.share)
                except PolicyChanged:
                    continue
                self._on_policy(username, api_name, new)
                break

    def _put(
        self,
        username: str,
        api_name: str,
        policy: Policy,
        token: Token,
        amount: int | None,
        share: int | None,
    ) -> Policy:
        """The policy with the reservation, stored if the token is still as it was read. Raises
        PolicyChanged, Problem.
        """
        now = self._clock()
        present = live(policy.reservations, now)
        others = tuple(one for one in present if one.token_id != token.token_id)
        known = next((one for one in present if one.token_id == token.token_id), None)
        slot = known.slot if known is not None else free_slot(others)
        if slot is None:
            raise Problem(
                "too_many_reservations",
                f"An API has at most {MOST_RESERVATIONS} reservations.",
                most=MOST_RESERVATIONS,
            )
        made = Reservation(token.token_id, slot, amount, share, token.expires_at)
        _require_room(policy.limit, sum(one.of(policy.limit) for one in others), made)
        new = msgspec.structs.replace(
            policy, reservations=(*others, made), revision=policy.revision + 1
        )
        holder = [self._tokens.assert_unchanged_op(username, token)]
        if known is not None:
            self._quotas.replace(username, api_name, policy, new, holder)
        else:
            self._quotas.reserve(username, api_name, policy, new, made, now, holder)
        return new

    def _without(self, username: str, api_name: str, token_id: str) -> bool:
        for _ in range(ATTEMPTS):
            policy = self._pools.policy(username, api_name)
            if policy is None or policy.reservation(token_id) is None:
                return False
            new = msgspec.structs.replace(
                policy,
                reservations=tuple(one for one in policy.reservations if one.token_id != token_id),
                revision=policy.revision + 1,
            )
            try:
                self._quotas.replace(username, api_name, policy, new)
            except PolicyChanged:
                continue
            self._on_policy(username, api_name, new)
            return True
        raise changed_meanwhile()

    def _token(self, username: str, api_name: str, token_id: str) -> Token:
        token = self._tokens.get(username, token_id)
        if token is None or (token.expires_at is not None and token.expires_at <= self._clock()):
            raise Problem("token_not_found", "There is no such token, or it has expired.")
        if not _covers(token, api_name):
            raise Problem("invalid_field", "The token was not given this API.", field="token_id")
        return token

    def _policy_required(self, username: str, api_name: str) -> Problem:
        item = self._usage.rate_limit(username, api_name, self._clock())
        return Problem(
            "policy_required",
            "Set a policy of your own for this API first. What the upstream says of its quota is "
            "only known after a call, so nothing exact can be reserved of it.",
            observed_limit=item.limit if item is not None else None,
        )

    def _apis_of(self, username: str, token_id: str) -> list[str]:
        return [
            pool.api_name
            for pool in self._pools.all(username)
            if pool.policy is not None and pool.policy.reservation(token_id) is not None
        ]


def _covers(token: Token, api_name: str) -> bool:
    return "*" in token.apis or api_name in token.apis


def _ppm(share: float | None) -> int | None:
    return None if share is None else round(share * _MILLION)


def _require_room(limit: int, reserved: int, made: Reservation) -> None:
    wanted = made.of(limit)
    if wanted == 0:
        raise Problem(
            "invalid_field", f"That share of {limit:,} is less than one request.", field="share"
        )
    available = max(0, limit - reserved)
    if wanted > available:
        raise Problem(
            "reservation_exceeds_limit",
            f"{wanted:,} of {limit:,} requests are wanted, but {reserved:,} are reserved already: "
            f"{available:,} are left."
            if reserved
            else f"{wanted:,} requests are wanted, but the limit is {limit:,}.",
            field="share" if made.amount is None else "amount",
            limit=limit,
            reserved=reserved,
            available=available,
            wanted=wanted,
        )

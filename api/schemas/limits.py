"""Requests and responses of rate limits, reservations and quotas."""

from __future__ import annotations

from typing import Literal

from api.schemas.fields import Limit, RequestModel, ResponseModel, Share, Window


class ReservationView(ResponseModel, frozen=True, kw_only=True):
    """What a token is sure to get of an API's policy in each window: `amount` requests; where
    `share` is given, that part of the limit. It ends with the token, at `expires_at`.
    """

    api_name: str
    token_id: str
    amount: int
    share: float | None
    expires_at: int | None


class SetRateLimit(RequestModel, frozen=True, kw_only=True):
    """The user's own policy: `limit` requests in `window` seconds."""

    limit: Limit
    window: Window


class SetReservation(RequestModel, frozen=True, kw_only=True):
    """What is reserved for a token in each window of the policy: `amount` requests, or a `share` of
    the limit, which follows it when the limit changes. Give one of them.
    """

    amount: Limit | None = None
    share: Share | None = None


class ObservedWindow(ResponseModel, frozen=True, kw_only=True):
    """One limit as the upstream last described it; null where it did not say."""

    name: str
    limit: int | None
    remaining: int | None
    reset_at: int | None
    window: int | None


class ObservedQuota(ResponseModel, frozen=True, kw_only=True):
    """What the upstream last said of its limits, and when."""

    limit: int | None
    remaining: int | None
    reset_at: int | None
    updated_at: int
    windows: list[ObservedWindow]


class LimitView(ResponseModel, frozen=True, kw_only=True):
    """One limit of the quota board; null where it is not known.

    `unit` is requests, tokens, complexity, bytes … . `key_id` is the key of the pool whose answer
    said so at `seen_at`; that key is passed over until `exhausted_until`. `pace` is how many units
    a second are used at present, null after ten minutes without a call; `exhausts_at` is when the
    rest is gone at that pace, null where it lasts until `reset_at`.
    """

    name: str
    unit: str
    source: Literal["policy", "observed"]
    key_id: str | None
    limit: int | None
    remaining: int | None
    reset_at: int | None
    window: int | None
    seen_at: int | None
    exhausted_until: int | None
    pace: float | None
    exhausts_at: int | None


class RefusedKey(ResponseModel, frozen=True, kw_only=True):
    """A key that the upstream refused with 401 at `since`; it is passed over until `until`, unless
    no other is left to try.
    """

    key_id: str
    since: int
    until: int


class UsedReservation(ReservationView, frozen=True, kw_only=True):
    """A reservation, and what of it is used in the present window. Once its token has expired it
    holds nothing: `remaining` is 0, and it is not in `reserved`.
    """

    used: int
    remaining: int


class RateLimitView(ResponseModel, frozen=True, kw_only=True):
    """The limit of an API: the user's own policy where one is set, else what was observed.

    `limits` are all that are known, the policy first, then those of each key. `exhausted_until` is
    when the first key comes back where every key is exhausted; `refused_keys` are those to replace.
    `reserved` of the policy's limit is kept for tokens; `unreserved_remaining` is what a token
    without a reservation may still use.
    """

    api_name: str
    limit: int | None
    window: int | None
    remaining: int | None
    reset_at: int | None
    observed: ObservedQuota | None
    source: Literal["policy", "observed"]
    limits: list[LimitView]
    exhausted_until: int | None
    refused_keys: list[RefusedKey]
    reserved: int
    unreserved_remaining: int | None
    reservations: list[UsedReservation]

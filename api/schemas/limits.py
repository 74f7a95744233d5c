"""Request and response models of rate limits, reservations and quotas."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from msgspec import Meta

from api.schemas.fields import (
    ApiSlug,
    KeyId,
    RequestLimit,
    RequestModel,
    ResponseModel,
    Share,
    TokenIdText,
    WindowSeconds,
)

_Limit = Annotated[int | None, Meta(description="Units in one window. Null if unknown.")]
_Remaining = Annotated[
    int | None, Meta(description="What remains in the current window. Null if unknown.")
]
_ResetAt = Annotated[
    int | None, Meta(description="When the window resets, in epoch seconds. Null if unknown.")
]
_Window = Annotated[
    int | None, Meta(description="The length of the window in seconds. Null if unknown.")
]


class ReservationView(ResponseModel, frozen=True, kw_only=True):
    """A part of an API's policy that is reserved for a token."""

    api_name: ApiSlug
    token_id: TokenIdText
    amount: Annotated[
        int, Meta(description="The requests that the token is guaranteed in each window.")
    ]
    share: Annotated[
        float | None,
        Meta(description="The share of the limit. Null if a fixed amount is reserved."),
    ]
    expires_at: Annotated[
        int | None,
        Meta(
            description="When the token, and with it the reservation, expires, in epoch seconds. "
            "Null means never."
        ),
    ]


class SetRateLimit(RequestModel, frozen=True, kw_only=True):
    """The user's own policy: `limit` requests in `window` seconds."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"limit": 100, "window": 60}

    limit: RequestLimit
    window: WindowSeconds


class SetReservation(RequestModel, frozen=True, kw_only=True):
    """A reservation for a token: give either an `amount` or a `share`."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"share": 0.3}

    amount: Annotated[
        RequestLimit | None,
        Meta(description="The requests to reserve in each window of the policy."),
    ] = None
    share: Annotated[
        Share | None,
        Meta(
            description="The share of the policy's limit to reserve, more than 0, at most 1. It "
            "follows the limit when the limit changes."
        ),
    ] = None


class ObservedWindow(ResponseModel, frozen=True, kw_only=True):
    """One quota window as the upstream last reported it."""

    name: Annotated[str, Meta(description="The upstream's name for the window.")]
    limit: _Limit
    remaining: _Remaining
    reset_at: _ResetAt
    window: _Window


class ObservedQuota(ResponseModel, frozen=True, kw_only=True):
    """The quota that the upstream last reported."""

    limit: _Limit
    remaining: _Remaining
    reset_at: _ResetAt
    updated_at: Annotated[int, Meta(description="The time of that response, in epoch seconds.")]
    windows: Annotated[
        list[ObservedWindow], Meta(description="Every window that the upstream reported.")
    ]


class LimitView(ResponseModel, frozen=True, kw_only=True):
    """One limit of the quota overview."""

    name: Annotated[
        str,
        Meta(description="`policy`, the upstream's name for the window, or `retry-after`."),
    ]
    unit: Annotated[
        str,
        Meta(
            description="What is counted: `requests`, `tokens`, `complexity`, `bytes` and others."
        ),
    ]
    source: Annotated[
        Literal["policy", "observed"],
        Meta(description="`policy` is your own limit. `observed` is what the upstream reported."),
    ]
    key_id: Annotated[
        str | None,
        Meta(description="The key that the limit belongs to. Null for your own policy."),
    ]
    limit: _Limit
    remaining: _Remaining
    reset_at: _ResetAt
    window: _Window
    seen_at: Annotated[
        int | None,
        Meta(
            description="When the upstream reported it, in epoch seconds. Null for your own policy."
        ),
    ]
    exhausted_until: Annotated[
        int | None,
        Meta(
            description="The key comes last in its pool until then, in epoch seconds. Null if it "
            "is not exhausted."
        ),
    ]
    pace: Annotated[
        float | None,
        Meta(
            description="The consumption rate in units per second. Null if it is unknown, and "
            "after ten minutes without a request."
        ),
    ]
    exhausts_at: Annotated[
        int | None,
        Meta(
            description="When nothing remains at this rate, in epoch seconds. Null if it lasts "
            "until `reset_at`, or the rate is unknown."
        ),
    ]


class RefusedKey(ResponseModel, frozen=True, kw_only=True):
    """A key that the upstream refused with 401. It comes last: other keys are tried first."""

    key_id: KeyId
    since: Annotated[int, Meta(description="When the upstream refused it, in epoch seconds.")]
    until: Annotated[int, Meta(description="The key comes last until then, in epoch seconds.")]


class UsedReservation(ReservationView, frozen=True, kw_only=True):
    """A reservation and its use in the current window."""

    used: Annotated[int, Meta(description="The token's requests in the current window.")]
    remaining: Annotated[
        int,
        Meta(
            description="What remains of the reservation in the current window. 0 if the token has "
            "expired."
        ),
    ]


class RateLimitView(ResponseModel, frozen=True, kw_only=True):
    """The rate limit of an API: your own policy if there is one, otherwise the observed quota."""

    api_name: ApiSlug
    limit: _Limit
    window: _Window
    remaining: _Remaining
    reset_at: _ResetAt
    observed: Annotated[
        ObservedQuota | None,
        Meta(description="The quota that the upstream last reported. Null if it reported none."),
    ]
    source: Annotated[
        Literal["policy", "observed"],
        Meta(description="Whether the numbers are your own policy's or the upstream's."),
    ]
    limits: Annotated[
        list[LimitView],
        Meta(description="Every known limit: your own policy first, then those of each key."),
    ]
    exhausted_until: Annotated[
        int | None,
        Meta(
            description="When the first key has quota again, in epoch seconds. Null unless all "
            "keys are exhausted. Calls may use an exhausted key before that."
        ),
    ]
    refused_keys: Annotated[
        list[RefusedKey], Meta(description="The keys that the upstream refused with 401.")
    ]
    reserved: Annotated[
        int, Meta(description="The requests in each window that are reserved for tokens.")
    ]
    unreserved_remaining: Annotated[
        int | None,
        Meta(
            description="What a token without a reservation can still use in the current window. "
            "Null without a policy."
        ),
    ]
    reservations: Annotated[list[UsedReservation], Meta(description="What is reserved for tokens.")]

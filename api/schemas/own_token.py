"""Response models of `GET /api/token`: what a token may do and what is left of its limits."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from api.schemas.fields import ApiSlug, ResponseModel
from api.schemas.limits import UsedReservation
from api.schemas.tokens import TokenDescription

_ResetAt = Annotated[
    int | None,
    Meta(description="When the current window resets, in epoch seconds. Null without a limit."),
]
_ResetIn = Annotated[
    int | None, Meta(description="Seconds until `reset_at`. Null without a limit.")
]


class AllowedApi(ResponseModel, frozen=True, kw_only=True):
    """An API that the token may call, and your policy for it."""

    api_name: ApiSlug
    has_key: Annotated[
        bool,
        Meta(description="Whether a key is stored. Without one, calls get `unknown_api`."),
    ]
    limit: Annotated[
        int | None,
        Meta(description="The requests that your policy allows in a window. Null without one."),
    ]
    window: Annotated[
        int | None, Meta(description="The length of the window in seconds. Null without a policy.")
    ]
    usable: Annotated[
        int | None,
        Meta(
            description="The requests in a window that this token can make: `limit` less what is "
            "reserved for other tokens. Null without a policy."
        ),
    ]
    remaining: Annotated[
        int | None,
        Meta(
            description="What this token can still use in the current window. Null without a "
            "policy."
        ),
    ]
    reset_at: _ResetAt
    reset_in: _ResetIn
    reservation: Annotated[
        UsedReservation | None,
        Meta(description="What is reserved for the token. Null if nothing is."),
    ]


class OwnToken(TokenDescription, frozen=True, kw_only=True):
    """The token that the call was made with."""

    remaining: Annotated[
        int | None,
        Meta(
            description="What remains of the token's own limit in the current window. Null without "
            "a limit."
        ),
    ]
    reset_at: _ResetAt
    reset_in: _ResetIn
    time: Annotated[int, Meta(description="The server's time, in epoch seconds.")]
    allowed_apis: Annotated[
        list[AllowedApi],
        Meta(
            description='The APIs that the token may call, by name. For `["*"]`, those with a key '
            "or a policy."
        ),
    ]
    next_cursor: Annotated[
        str | None,
        Meta(description="The `cursor` of the next page of `allowed_apis`. Null on the last page."),
    ]

"""Request and response models of personal access tokens."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from msgspec import UNSET, Meta, UnsetType, field

from api.schemas.fields import (
    AllowedIps,
    ApiChoice,
    ClientFamily,
    CreatedAt,
    ExpiresIn,
    MethodChoice,
    PathPrefixChoice,
    RequestLimit,
    RequestModel,
    ResponseModel,
    Share,
    TokenIdText,
    TokenName,
    WindowSeconds,
)
from api.schemas.limits import ReservationView

_SHARE = "The share of requests that is rejected, more than 0, at most 1."
_SIMULATED = "Rejects a share of requests with the API's own rate-limit error. Null disables it."
_LIMIT = "The token's own limit: the number of requests in a `window`. Null means no limit."
_WINDOW = "The length of the window in seconds. Give it together with `limit`."


class SimulatedLimitSetting(RequestModel, frozen=True, kw_only=True):
    """Simulated rate limiting: rejects a share of requests without calling the API."""

    share: Annotated[Share, Meta(description=_SHARE)]


class CreateToken(RequestModel, frozen=True, kw_only=True):
    """A new token and its permissions. Without `apis`, it may call no API."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "name": "laptop",
        "apis": ["openai"],
        "methods": ["POST"],
        "path_prefixes": ["/v1/chat"],
        "expires_in": 2592000,
        "limit": 100,
        "window": 60,
        "allowed_ips": ["203.0.113.0/24"],
    }

    name: TokenName
    apis: ApiChoice = field(default_factory=list)
    methods: MethodChoice = field(default_factory=list)
    path_prefixes: PathPrefixChoice = field(default_factory=list)
    expires_in: ExpiresIn | None = None
    limit: Annotated[RequestLimit | None, Meta(description=_LIMIT)] = None
    window: Annotated[WindowSeconds | None, Meta(description=_WINDOW)] = None
    rehearsal: Annotated[SimulatedLimitSetting | None, Meta(description=_SIMULATED)] = None
    allowed_ips: AllowedIps = field(default_factory=list)


class ChangeToken(RequestModel, frozen=True, kw_only=True):
    """Changes to a token, valid from the next request on. `expires_in` counts from now."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"rehearsal": {"share": 0.2}}

    name: TokenName | UnsetType = UNSET
    apis: ApiChoice | UnsetType = UNSET
    methods: MethodChoice | UnsetType = UNSET
    path_prefixes: PathPrefixChoice | UnsetType = UNSET
    expires_in: ExpiresIn | UnsetType | None = UNSET
    limit: Annotated[RequestLimit | UnsetType | None, Meta(description=_LIMIT)] = UNSET
    window: Annotated[WindowSeconds | UnsetType | None, Meta(description=_WINDOW)] = UNSET
    rehearsal: Annotated[SimulatedLimitSetting | UnsetType | None, Meta(description=_SIMULATED)] = (
        UNSET
    )
    allowed_ips: AllowedIps | UnsetType = UNSET


class RotateToken(RequestModel, frozen=True, kw_only=True):
    """A rotation: the token gets a new text."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"overlap": 86400}

    overlap: Annotated[
        int,
        Meta(
            ge=0,
            le=604_800,
            description="Seconds for which the present text stays valid. 0 ends it at once.",
        ),
    ] = 86_400


class SimulatedLimitView(ResponseModel, frozen=True, kw_only=True):
    """Simulated rate limiting of a token."""

    share: Annotated[float, Meta(description=_SHARE)]


class ClientUse(ResponseModel, frozen=True, kw_only=True):
    """The last use of a token with one client."""

    client: ClientFamily
    last_used_at: Annotated[int, Meta(description="The last use, in epoch seconds.")]


class PreviousText(ResponseModel, frozen=True, kw_only=True):
    """The text that the last rotation replaced, while it is valid."""

    expires_at: Annotated[int, Meta(description="When it ends, in epoch seconds.")]
    last_used_at: Annotated[
        int | None,
        Meta(
            description="Its last use since the rotation, in epoch seconds. Null means that it was "
            "not used since."
        ),
    ]


class NetworkUse(ResponseModel, frozen=True, kw_only=True):
    """A network that a token was used from."""

    network: Annotated[
        str, Meta(description="An IPv4 address, or the first address of an IPv6 network (/64).")
    ]
    first_used_at: Annotated[int, Meta(description="The first use, in epoch seconds.")]


class TokenDescription(ResponseModel, frozen=True, kw_only=True):
    """What the owner and the holder of a token see of it."""

    token_id: TokenIdText
    name: Annotated[str, Meta(description="A name for people.")]
    hint: Annotated[str, Meta(description="The last characters of the token.")]
    apis: Annotated[
        list[str], Meta(description='The APIs that the token may call. `["*"]` allows every API.')
    ]
    methods: Annotated[
        list[str], Meta(description="The HTTP methods that the token may use. Empty allows all.")
    ]
    path_prefixes: Annotated[
        list[str],
        Meta(
            description="The path prefixes below `/proxy/{api_name}` that the token may call. "
            "Empty allows all."
        ),
    ]
    created_at: CreatedAt
    expires_at: Annotated[
        int | None, Meta(description="When the token expires, in epoch seconds. Null means never.")
    ]
    expires_in: Annotated[
        int | None,
        Meta(description="Seconds from `created_at` to `expires_at`. Null means never."),
    ]
    limit: Annotated[
        int | None,
        Meta(description="The token's own limit: requests in a window. Null means none."),
    ]
    window: Annotated[
        int | None,
        Meta(description="The length of the window in seconds. Null without a limit."),
    ]
    last_used_at: Annotated[
        int | None, Meta(description="The last use, in epoch seconds. Null means never.")
    ]
    clients: Annotated[
        list[ClientUse],
        Meta(
            description="The programs that use the token, the last used first, at most eight. "
            "Calls before an update of the dashboard that added this are not in it."
        ),
    ]
    expired: Annotated[bool, Meta(description="Whether the token has expired.")]
    rehearsal: Annotated[
        SimulatedLimitView | None,
        Meta(description="Simulated rate limiting. Null if it is disabled."),
    ]
    reservations: Annotated[
        list[ReservationView], Meta(description="What is reserved for the token.")
    ]
    allowed_ips: Annotated[
        list[str],
        Meta(
            description="The addresses and networks from which the token may be used. Empty allows "
            "all."
        ),
    ]
    previous: Annotated[
        PreviousText | None,
        Meta(description="The previous text during the overlap of a rotation. Null without one."),
    ]


class TokenView(TokenDescription, frozen=True, kw_only=True):
    """A token, without its text."""

    networks: Annotated[
        list[NetworkUse],
        Meta(
            description="The networks that the token was used from, the latest first, at most "
            "twenty. Calls before an update of the dashboard that added this are not in it."
        ),
    ]


class CreatedToken(TokenView, frozen=True, kw_only=True):
    """A new token, with its text."""

    token: Annotated[
        str, Meta(description="The personal access token. It is shown only in this response.")
    ]

"""Request and response models of accounts and sessions."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from msgspec import UNSET, Meta, UnsetType

from api.schemas.fields import (
    ClientFamily,
    CreatedAt,
    Email,
    NewPassword,
    Password,
    RefreshToken,
    RequestModel,
    ResponseModel,
    Username,
)


class Register(RequestModel, frozen=True, kw_only=True):
    """A new account."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "username": "ada",
        "email": "ada@example.com",
        "password": "correct horse battery staple",
    }

    username: Username
    email: Email
    password: NewPassword
    invite_code: (
        Annotated[
            str,
            Meta(max_length=256, description="Required if sign-up needs an invite."),
        ]
        | None
    ) = None


class Login(RequestModel, frozen=True, kw_only=True):
    """A sign-in. With the session `cookie`, the refresh token is never in the body."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "username": "ada",
        "password": "correct horse battery staple",
    }

    username: Username
    password: Annotated[Password, Meta(description="The password.")]
    code: (
        Annotated[
            str,
            Meta(
                min_length=1,
                max_length=64,
                description="The second factor, for scripts that sign in with one request: 6 "
                "digits of an authenticator app, or a recovery code.",
            ),
        ]
        | None
    ) = None
    session: Annotated[
        Literal["token", "cookie"],
        Meta(
            description="`token` returns the refresh token in the response. `cookie` sets it as a "
            "cookie instead."
        ),
    ] = "token"


class Refresh(RequestModel, frozen=True, kw_only=True):
    """A refresh token. Leave it out to use the cookie."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"refresh_token": "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl"}

    refresh_token: RefreshToken | None = None


class Profile(ResponseModel, frozen=True, kw_only=True):
    """An account."""

    username: Annotated[
        str, Meta(description="The account's name: letters, digits, `.`, `_` and `-`.")
    ]
    email: Annotated[
        str, Meta(description="The email address.", extra_json_schema={"format": "email"})
    ]
    created_at: CreatedAt
    second_factor: Annotated[
        bool, Meta(description="Whether the account has a passkey or an authenticator app.")
    ]
    second_factor_required: Annotated[
        bool, Meta(description="Whether this server requires a second factor from everybody.")
    ]
    second_factor_setup_required: Annotated[
        bool,
        Meta(
            description="Whether the session is good only for setting up a second factor, because "
            "the server requires one and the account has none."
        ),
    ]


class TokenPair(ResponseModel, frozen=True, kw_only=True):
    """An access token, and the refresh token unless it was set as a cookie."""

    access_token: Annotated[
        str, Meta(description="Send it as `Authorization: Bearer` at `/api` and `/proxy`.")
    ]
    expires_in: Annotated[int, Meta(description="Seconds until the access token expires.")]
    token_type: Annotated[str, Meta(description="Always `Bearer`.")] = "Bearer"
    refresh_token: (
        Annotated[str, Meta(description="Valid for one `refresh`, or for `logout`.")] | UnsetType
    ) = UNSET
    recovery_codes_left: (
        Annotated[
            int,
            Meta(description="How many recovery codes are left, after a sign-in with one of them."),
        ]
        | UnsetType
    ) = UNSET


class ChangeProfile(RequestModel, frozen=True, kw_only=True):
    """Changes to the profile."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"email": "ada@example.org"}

    email: Email


class ChangePassword(RequestModel, frozen=True, kw_only=True):
    """A new password. All sessions end."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "current_password": "correct horse battery staple",
        "new_password": "purple monkey dishwasher 9",
    }

    current_password: Password
    new_password: NewPassword


class ConfirmPassword(RequestModel, frozen=True, kw_only=True):
    """The password, which confirms the deletion of the account."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"password": "correct horse battery staple"}

    password: Password


class SessionView(ResponseModel, frozen=True, kw_only=True):
    """A sign-in on one device."""

    session_id: Annotated[str, Meta(description="The session's identifier.")]
    kind: Annotated[
        str, Meta(description="Where the client keeps the refresh token: `token` or `cookie`.")
    ]
    created_at: Annotated[int, Meta(description="When the user signed in, in epoch seconds.")]
    refreshed_at: Annotated[int, Meta(description="The last `refresh`, in epoch seconds.")]
    expires_at: Annotated[
        int, Meta(description="When the session ends without another `refresh`, in epoch seconds.")
    ]
    source: Annotated[str, Meta(description="The IP address that signed in.")]
    user_agent: Annotated[str, Meta(description="The `User-Agent` that signed in.")]
    network: Annotated[
        str,
        Meta(
            description="The IPv4 address that signed in, or the first address of its IPv6 network "
            "(/64)."
        ),
    ]
    client: ClientFamily
    verified_at: Annotated[
        int | None,
        Meta(
            description="When the user last confirmed a factor in the session, in epoch seconds. "
            "Null for a session that began before an update of the dashboard that added this."
        ),
    ]
    current: Annotated[bool, Meta(description="Whether this request uses the session.")]

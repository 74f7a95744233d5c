"""Requests and responses of accounts and sessions."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from api.schemas.fields import (
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

    username: Username
    email: Email
    password: NewPassword
    invite_code: Annotated[str, Meta(max_length=256)] | None = None


class Login(RequestModel, frozen=True, kw_only=True):
    """A sign-in. With `session` cookie the refresh token is set as a cookie and never in the
    body.
    """

    username: Username
    password: Password
    session: Literal["token", "cookie"] = "token"


class Refresh(RequestModel, frozen=True, kw_only=True):
    """A refresh token; left out where the cookie carries it."""

    refresh_token: RefreshToken | None = None


class Profile(ResponseModel, frozen=True, kw_only=True):
    """An account."""

    username: str
    email: str
    created_at: int


class SessionTokens(ResponseModel, frozen=True, kw_only=True):
    """An access token, and the refresh token unless it went into a cookie."""

    access_token: str
    expires_in: int
    token_type: str = "Bearer"
    refresh_token: str | UnsetType = UNSET


class ChangeProfile(RequestModel, frozen=True, kw_only=True):
    """What can be changed of a profile."""

    email: Email


class ChangePassword(RequestModel, frozen=True, kw_only=True):
    """A new password; every session ends."""

    current_password: Password
    new_password: NewPassword


class ConfirmPassword(RequestModel, frozen=True, kw_only=True):
    """The password, to confirm the end of the account."""

    password: Password


class SessionView(ResponseModel, frozen=True, kw_only=True):
    """A login."""

    session_id: str
    kind: str
    created_at: int
    refreshed_at: int
    expires_at: int
    source: str
    user_agent: str
    current: bool

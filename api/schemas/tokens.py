"""Requests and responses of personal access tokens."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType, field

from api.schemas.fields import (
    ApiChoice,
    ExpiresIn,
    Limit,
    Method,
    PathPrefix,
    RequestModel,
    ResponseModel,
    Share,
    TokenName,
    Window,
)
from api.schemas.limits import ReservationView


class RehearsalSetting(RequestModel, frozen=True, kw_only=True):
    """The `share` of calls that get the API's own kind of 429, without the API being asked."""

    share: Share


class CreateToken(RequestModel, frozen=True, kw_only=True):
    """A token: it may do what is said here; without `apis` nothing, with ["*"] every API.

    No `methods` or `path_prefixes` means all of them. `expires_in` null is a token without an end.
    `limit` and `window` go together.
    """

    name: TokenName
    apis: ApiChoice = field(default_factory=list)
    methods: Annotated[list[Method], Meta(max_length=7)] = field(default_factory=list)
    path_prefixes: Annotated[list[PathPrefix], Meta(max_length=20)] = field(default_factory=list)
    expires_in: ExpiresIn | None = None
    limit: Limit | None = None
    window: Window | None = None
    rehearsal: RehearsalSetting | None = None


class ChangeToken(RequestModel, frozen=True, kw_only=True):
    """Changes to a token, which hold from the next call on. `expires_in` counts from now; `limit`
    and `window` go together, null for no limit; `rehearsal` null switches it off.
    """

    name: TokenName | UnsetType = UNSET
    apis: ApiChoice | UnsetType = UNSET
    methods: Annotated[list[Method], Meta(max_length=7)] | UnsetType = UNSET
    path_prefixes: Annotated[list[PathPrefix], Meta(max_length=20)] | UnsetType = UNSET
    expires_in: ExpiresIn | UnsetType | None = UNSET
    limit: Limit | UnsetType | None = UNSET
    window: Window | UnsetType | None = UNSET
    rehearsal: RehearsalSetting | UnsetType | None = UNSET


class RehearsalView(ResponseModel, frozen=True, kw_only=True):
    """The share of calls that are refused in rehearsal."""

    share: float


class TokenView(ResponseModel, frozen=True, kw_only=True):
    """A token, without the token itself."""

    token_id: str
    name: str
    hint: str
    apis: list[str]
    methods: list[str]
    path_prefixes: list[str]
    created_at: int
    expires_at: int | None
    expires_in: int | None
    limit: int | None
    window: int | None
    last_used_at: int | None
    expired: bool
    rehearsal: RehearsalView | None
    reservations: list[ReservationView]


class CreatedToken(TokenView, frozen=True, kw_only=True):
    """A new token: `token` is shown this once."""

    token: str

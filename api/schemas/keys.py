"""Requests and responses of keys."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from api.credentials import AuthScheme
from api.schemas.fields import (
    ApiName,
    BaseUrlText,
    CheckEvery,
    Description,
    RequestModel,
    ResponseModel,
    SecretText,
)


class CreateKey(RequestModel, frozen=True, kw_only=True):
    """A key: `provider`, or `base_url` and `auth`. `api_name` is the provider's slug by default."""

    secret: SecretText
    provider: Annotated[str, Meta(max_length=48, examples=["openai"])] | None = None
    base_url: BaseUrlText | None = None
    auth: AuthScheme | None = None
    api_name: ApiName | None = None
    description: Description = ""
    check_every: CheckEvery | None = None


class ChangeKey(RequestModel, frozen=True, kw_only=True):
    """Changes to a key; when the host of `base_url` changes, `secret` must come with it."""

    base_url: BaseUrlText | UnsetType = UNSET
    auth: AuthScheme | UnsetType = UNSET
    secret: SecretText | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    check_every: CheckEvery | UnsetType | None = UNSET


class CheckResult(ResponseModel, frozen=True, kw_only=True):
    """What the provider's harmless request said, in plain words.

    `outcome`: valid; revoked (or wrong, or expired); out_of_quota; wrong_host (it is not where this
    provider's API answers); unreachable; unexpected (it says nothing of the key); or unknown where
    the provider has no such request.
    """

    outcome: Literal[
        "valid", "revoked", "out_of_quota", "wrong_host", "unreachable", "unexpected", "unknown"
    ]
    detail: str
    checked_at: int
    status: int | None = None


class KeyView(ResponseModel, frozen=True, kw_only=True):
    """A stored key. The secret is write-only: `hint` is all that is ever shown of it.

    `state` is ready, exhausted or refused: then it is passed over from `state_since` to
    `state_until`, and `state_reason` says why. It is checked every `check_every` seconds, next at
    `next_check_at`; `check` is what the last check said.
    """

    key_id: str
    api_name: str
    provider: str | None
    base_url: str
    auth: AuthScheme
    hint: str
    description: str
    created_at: int
    updated_at: int
    state: Literal["ready", "exhausted", "refused"] = "ready"
    state_until: int | None = None
    state_since: int | None = None
    state_reason: str | None = None
    check_every: int | None = None
    next_check_at: int | None = None
    check: CheckResult | None = None

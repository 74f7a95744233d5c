"""Request and response models of keys."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from api.credentials import AuthScheme
from api.schemas.fields import (
    ApiName,
    ApiSlug,
    BaseUrlText,
    CheckEvery,
    CreatedAt,
    Description,
    KeyId,
    RequestModel,
    ResponseModel,
    SecretText,
)

HeaderName = Annotated[
    str,
    Meta(min_length=1, max_length=128, description="The name of the header field."),
]


class NewHeader(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A header field with a further secret, such as Datadog's `DD-APPLICATION-KEY`."""

    name: HeaderName
    secret: SecretText


class ChangedHeader(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A header field with a further secret. Without `secret`, the stored one stays."""

    name: HeaderName
    secret: SecretText | UnsetType = UNSET


class HeaderView(ResponseModel, frozen=True, kw_only=True):
    """A header field with a further secret, which is write-only."""

    name: Annotated[str, Meta(description="The name of the header field.")]
    hint: Annotated[str, Meta(description="The last characters of its secret, at most four.")]


class CreateKey(RequestModel, frozen=True, kw_only=True):
    """A new key. Give a `provider`, or a `base_url` and `auth`."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"provider": "openai", "secret": "sk-proj-0123456789abcdef"}

    secret: SecretText
    provider: (
        Annotated[
            str,
            Meta(
                max_length=48,
                description="The slug of an entry of the catalogue.",
                examples=["openai"],
            ),
        ]
        | None
    ) = None
    base_url: Annotated[
        BaseUrlText | None, Meta(description="An https URL. The provider's own by default.")
    ] = None
    auth: Annotated[
        AuthScheme | None,
        Meta(description="Where the credential is sent. As the provider expects it by default."),
    ] = None
    api_name: Annotated[
        ApiName | None,
        Meta(description="The pool that the key joins. The provider's slug by default."),
    ] = None
    description: Description = ""
    check_every: CheckEvery | None = None
    extra_headers: Annotated[
        tuple[NewHeader, ...],
        Meta(
            max_length=8,
            description="Header fields that are sent with the credential, each with a secret "
            "of its own.",
        ),
    ] = ()


class ChangeKey(RequestModel, frozen=True, kw_only=True):
    """Changes to a key. If the host of `base_url` changes, all its secrets are required."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "secret": "sk-proj-fedcba9876543210",
        "description": "rotated",
    }

    base_url: BaseUrlText | UnsetType = UNSET
    auth: Annotated[AuthScheme, Meta(description="Where the credential is sent.")] | UnsetType = (
        UNSET
    )
    secret: SecretText | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    check_every: CheckEvery | UnsetType | None = UNSET
    api_name: (
        Annotated[
            ApiName,
            Meta(
                description="The API whose pool the key joins. Tokens that name the old API do not "
                "change."
            ),
        ]
        | UnsetType
    ) = UNSET
    extra_headers: (
        Annotated[
            list[ChangedHeader],
            Meta(max_length=8, description="All extra header fields. Those left out are removed."),
        ]
        | UnsetType
    ) = UNSET


class CheckResult(ResponseModel, frozen=True, kw_only=True):
    """The result of a check: a harmless test request with the key."""

    outcome: Annotated[
        Literal[
            "valid", "revoked", "out_of_quota", "wrong_host", "unreachable", "unexpected", "unknown"
        ],
        Meta(
            description="`revoked` also means wrong or expired. `wrong_host`: the provider's API "
            "is not at this address. `unreachable`: there was no response. `unexpected`: the "
            "response says nothing about the key. `unknown`: no harmless request is known for "
            "this API."
        ),
    ]
    detail: Annotated[str, Meta(description="The outcome in a sentence.")]
    checked_at: Annotated[int, Meta(description="When the check ran, in epoch seconds.")]
    status: Annotated[
        int | None,
        Meta(description="The provider's HTTP status. Null if there was no response."),
    ] = None


class KeyView(ResponseModel, frozen=True, kw_only=True):
    """A stored key. The secret is write-only: only its `hint` is ever returned."""

    key_id: KeyId
    api_name: ApiSlug
    provider: Annotated[
        str | None,
        Meta(description="The slug of an entry of the catalogue. Null if none was given."),
    ]
    base_url: Annotated[str, Meta(description="The URL that request paths are added to.")]
    auth: Annotated[AuthScheme, Meta(description="Where the credential is sent.")]
    extra_headers: Annotated[
        list[HeaderView],
        Meta(description="Header fields with further secrets that are sent with it."),
    ]
    hint: Annotated[str, Meta(description="The last characters of the secret, at most four.")]
    description: Annotated[str, Meta(description="A note for people.")]
    created_at: CreatedAt
    updated_at: Annotated[int, Meta(description="The last change, in epoch seconds.")]
    state: Annotated[
        Literal["ready", "exhausted", "refused"],
        Meta(
            description="`exhausted` and `refused` keys come last: their quota is exhausted, or "
            "the upstream answered 401. They are used if no other key is left, except after a 429 "
            "that asks to wait."
        ),
    ] = "ready"
    state_until: Annotated[
        int | None,
        Meta(description="When the key is ready again, in epoch seconds. Null if `ready`."),
    ] = None
    state_since: Annotated[
        int | None,
        Meta(description="Since when the key comes last, in epoch seconds. Null if `ready`."),
    ] = None
    state_reason: Annotated[
        str | None, Meta(description="Why the key comes last, in a sentence. Null if `ready`.")
    ] = None
    check_every: Annotated[
        int | None,
        Meta(description="Seconds between two scheduled checks. Null without a schedule."),
    ] = None
    next_check_at: Annotated[
        int | None,
        Meta(description="The next scheduled check, in epoch seconds. Null without a schedule."),
    ] = None
    check: Annotated[
        CheckResult | None, Meta(description="The last check. Null if the key was never checked.")
    ] = None
    notices: Annotated[
        list[str],
        Meta(
            description="What was removed from the secret of this request, such as quotes or "
            "`Bearer`, in sentences."
        ),
    ] = msgspec.field(default_factory=list)

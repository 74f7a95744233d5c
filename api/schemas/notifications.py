"""Request and response models of notifications and their targets."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from msgspec import UNSET, Meta, UnsetType, field

from api.schemas.fields import CreatedAt, RequestModel, ResponseModel

TargetKind = Literal["webhook", "email", "ntfy", "slack", "discord"]
NotificationEvent = Literal["quota", "budget", "key", "token", "sign_in", "backup"]

_Kind = Annotated[
    TargetKind,
    Meta(
        description="How it is sent: by a signed webhook, by email, or to ntfy, Slack or Discord."
    ),
]
_Events = Annotated[
    list[NotificationEvent],
    Meta(
        max_length=6,
        description="What the target is told: a quota that runs out before its reset, a budget that"
        " is nearly spent, a key that is refused, a token that expires or is used from a new"
        " network, a sign-in from a new place, a backup that failed.",
    ),
]
_Name = Annotated[str, Meta(min_length=1, max_length=100, description="A name for people.")]
_Address = Annotated[
    str,
    Meta(
        min_length=3,
        max_length=2048,
        description="The URL, or the email address. A URL is a secret: it is stored encrypted, and "
        "responses have only its host and its last characters. An ntfy URL ends with the topic.",
        examples=["https://hooks.example.com/api-dashboard"],
    ),
]
_AccessToken = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=200,
        description="The access token of an ntfy server, for a protected topic. Write-only.",
    ),
]
_Enabled = Annotated[bool, Meta(description="Whether notifications are sent to the target.")]
_ALL: list[NotificationEvent] = ["quota", "budget", "key", "token", "sign_in", "backup"]


class CreateTarget(RequestModel, frozen=True, kw_only=True):
    """A new target of notifications."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "name": "Operations",
        "kind": "webhook",
        "address": "https://hooks.example.com/api-dashboard",
        "events": ["quota", "budget", "key"],
    }

    name: _Name
    kind: _Kind
    address: _Address
    events: _Events = field(default_factory=lambda: list(_ALL))
    enabled: _Enabled = True
    access_token: _AccessToken | None = None


class ChangeTarget(RequestModel, frozen=True, kw_only=True):
    """Changes to a target. Null removes `access_token`."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"events": ["budget"], "enabled": True}

    name: _Name | UnsetType = UNSET
    address: _Address | UnsetType = UNSET
    events: _Events | UnsetType = UNSET
    enabled: _Enabled | UnsetType = UNSET
    access_token: _AccessToken | UnsetType | None = UNSET


class LastDeliveryView(ResponseModel, frozen=True, kw_only=True):
    """The outcome of the last attempt to reach a target."""

    at: Annotated[int, Meta(description="When it was, in epoch seconds.")]
    delivered: Annotated[bool, Meta(description="Whether the target accepted it.")]
    detail: Annotated[str, Meta(description="What happened, in a sentence.")]


class TargetView(ResponseModel, frozen=True, kw_only=True):
    """A target, without its secrets."""

    target_id: Annotated[str, Meta(description="The target's identifier.")]
    name: Annotated[str, Meta(description="A name for people.")]
    kind: _Kind
    address: Annotated[
        str, Meta(description="The email address, or the URL's host and its last characters.")
    ]
    events: Annotated[list[NotificationEvent], Meta(description="What the target is told.")]
    enabled: _Enabled
    has_access_token: Annotated[
        bool, Meta(description="Whether an access token is stored, for ntfy.")
    ]
    created_at: CreatedAt
    last_delivery: Annotated[
        LastDeliveryView | None, Meta(description="The last attempt. Null before the first.")
    ]
    failing_since: Annotated[
        int | None,
        Meta(
            description="Since when every attempt has failed, in epoch seconds. Null if the last "
            "one succeeded."
        ),
    ]


class CreatedTarget(TargetView, frozen=True, kw_only=True):
    """A new target, for a webhook with its signing secret."""

    secret: Annotated[
        str | None,
        Meta(
            description="The secret that verifies a webhook's signature (`whsec_…`). It is shown "
            "only in this response. Null for other kinds."
        ),
    ]


class RotatedSecret(ResponseModel, frozen=True, kw_only=True):
    """A new signing secret."""

    secret: Annotated[
        str,
        Meta(description="The new secret (`whsec_…`). It is shown only in this response."),
    ]
    previous_until: Annotated[
        int,
        Meta(
            description="Until when webhooks are signed with the old secret too, in epoch seconds."
        ),
    ]


class TestResult(ResponseModel, frozen=True, kw_only=True):
    """The outcome of a test."""

    __test__: ClassVar[bool] = False  # pytest takes the name for that of a test

    delivered: Annotated[bool, Meta(description="Whether the target accepted the test.")]
    status: Annotated[
        int | None, Meta(description="The status of the HTTP response. Null without one.")
    ]
    detail: Annotated[str, Meta(description="What happened, in a sentence.")]


class TargetViews(ResponseModel, frozen=True, kw_only=True):
    """All targets of the account."""

    items: Annotated[list[TargetView], Meta(description="The targets, at most 20.")]
    kinds: Annotated[
        list[TargetKind],
        Meta(
            description="The kinds that this server can send. `email` needs the operator's settings"
            " for mail."
        ),
    ]


class DeliveryView(ResponseModel, frozen=True, kw_only=True):
    """The delivery of a notification to a target."""

    target_id: Annotated[str, Meta(description="The target. It may be deleted.")]
    state: Annotated[
        Literal["waiting", "delivered", "given_up"],
        Meta(
            description="`waiting` for the first or the next attempt, `delivered`, or `given_up` "
            "after 24 hours."
        ),
    ]
    attempts: Annotated[int, Meta(description="The number of attempts.")]
    detail: Annotated[str, Meta(description="What the last attempt got, in a sentence.")]


class NotificationView(ResponseModel, frozen=True, kw_only=True):
    """A notification and its deliveries."""

    notification_id: Annotated[
        str, Meta(description="The identifier, which a webhook gets as `webhook-id`.")
    ]
    at: Annotated[int, Meta(description="When it was queued, in epoch seconds.")]
    event: Annotated[
        Literal["quota", "budget", "key", "token", "sign_in", "backup", "summary", "target"],
        Meta(
            description="What it is about. `summary` counts further notifications of an hour, and "
            "`target` says that another target cannot be reached."
        ),
    ]
    title: Annotated[str, Meta(description="The title, in plain text.")]
    text: Annotated[str, Meta(description="The text, in plain text.")]
    deliveries: Annotated[
        list[DeliveryView], Meta(description="The deliveries. Empty if no target wanted it.")
    ]

"""Response models of the audit log."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from api.audit_actions import AUDIT_ACTIONS, SubjectType
from api.schemas.fields import ClientFamily, ResponseModel

Outcome = Annotated[
    Literal["started", "succeeded", "failed"],
    Meta(
        description="`started` until the action ends. It stays `started` if the server was killed "
        "meanwhile, or if the database did not respond: whether the action took effect is then "
        "not known."
    ),
]


class AuditSubjectView(ResponseModel, frozen=True, kw_only=True):
    """What an action was done to."""

    type: Annotated[SubjectType, Meta(description="The kind of the subject.")]
    id: Annotated[str, Meta(description="Its identifier, empty if it has none.")]
    name: Annotated[str, Meta(description="Its name at that time, empty if it has none.")]


class AuditEntryView(ResponseModel, frozen=True, kw_only=True):
    """One action: who did what, from where, and with which outcome. It has no secret."""

    audit_id: Annotated[str, Meta(description="The entry's identifier.")]
    at: Annotated[float, Meta(description="When the action began, in epoch seconds.")]
    action: Annotated[
        str,
        Meta(
            description="The action, such as `key.update`.",
            examples=["key.update"],
            extra_json_schema={"x-known-values": list(AUDIT_ACTIONS)},
        ),
    ]
    outcome: Outcome
    code: Annotated[
        str | None, Meta(description="The problem's code if the action failed, null otherwise.")
    ]
    source: Annotated[
        str, Meta(description="The client's address. Empty for a command on the server.")
    ]
    network: Annotated[
        str,
        Meta(
            description="The IPv4 address, or the /64 of an IPv6 address, which belongs to one "
            "subscriber. Empty for a command on the server."
        ),
    ]
    client: ClientFamily
    user_agent: Annotated[str, Meta(description="The first 200 characters of the User-Agent.")]
    session_id: Annotated[str | None, Meta(description="The session that acted, null if none did.")]
    subject: Annotated[
        AuditSubjectView | None,
        Meta(description="What the action was done to, null if that is nothing in particular."),
    ]
    details: Annotated[
        dict[str, str],
        Meta(
            description="What was set, as text. A name that ends in `_before` has the earlier "
            "value. `withheld` names fields whose values are not recorded. `attempts` is the "
            "number of attempts that an entry stands for, if they were too many to have their own."
        ),
    ]

"""Response models of the service's status and of problems (RFC 9457)."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from api.problem_codes import PROBLEM_CODES
from api.schemas.fields import ResponseModel, SignUp


class ServiceStatus(ResponseModel, frozen=True, kw_only=True):
    """The status of the service. It is returned only if the database responds."""

    status: Annotated[
        Literal["ok"], Meta(description="Always `ok`. A failure is a problem document.")
    ]
    version: Annotated[str, Meta(description="The version of the dashboard.")]
    sign_up: Annotated[
        SignUp,
        Meta(description="Who can sign up: everyone, people with an invite code, or nobody."),
    ]
    time: Annotated[int, Meta(description="The server's clock, in epoch seconds.")]
    scheduled_checks: Annotated[
        bool, Meta(description="Whether scheduled checks (`check_every`) are enabled.")
    ]
    closed: Annotated[
        str | None,
        Meta(description="Why the installation is closed for writes, null if it is open."),
    ] = None


class ProblemDocument(ResponseModel, frozen=True, kw_only=True):
    """An RFC 9457 problem document."""

    type: Annotated[str, Meta(description="A link to the code in this documentation.")]
    title: Annotated[str, Meta(description="What the code means.")]
    status: Annotated[int, Meta(description="The HTTP status.")]
    code: Annotated[
        str,
        Meta(
            description="The stable code of the problem.",
            extra_json_schema={"enum": list(PROBLEM_CODES)},
        ),
    ]
    detail: Annotated[str, Meta(description="What happened, in a sentence for people.")]
    request_id: Annotated[str, Meta(description="The same as `X-Request-Id`.")]
    field: (
        Annotated[
            str,
            Meta(description="The field or parameter that is wrong. Dots lead to nested fields."),
        ]
        | UnsetType
    ) = UNSET

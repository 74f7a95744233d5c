"""The endpoints of spend (`/api/spend`)."""

from __future__ import annotations

from typing import Annotated

import msgspec
from flask import Response
from msgspec import Meta

from api.endpoint import EndpointGroup, RequestContext
from api.schemas.fields import ApiName, TimeZoneName, pattern
from api.schemas.spend import Spend

group = EndpointGroup("Spend")

_DAY = pattern(
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$(?!\n)", "A day is given as YYYY-MM-DD, such as 2026-11-30."
)


class SpendQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The spend to read."""

    time_zone: Annotated[
        TimeZoneName, Meta(description="The IANA time zone in which days and months begin.")
    ] = "UTC"
    start: Annotated[
        Annotated[str, _DAY] | None,
        Meta(description="The first day. By default the first day of this month."),
    ] = None
    end: Annotated[
        Annotated[str, _DAY] | None, Meta(description="The last day. By default today.")
    ] = None
    api_name: ApiName | None = None
    token_id: Annotated[
        Annotated[str, Meta(max_length=200)] | None,
        Meta(description="Only calls with this token. `-` means calls with an access token."),
    ] = None


@group.endpoint("GET", "/api/spend", "Read spend", query=SpendQuery, response=Spend)
def read_spend(context: RequestContext, query: SpendQuery) -> Spend:
    """Return what calls cost, by API, token, model and day, and the forecast for this month."""
    return context.services.spend.spend(
        context.username, query.time_zone, query.start, query.end, query.api_name, query.token_id
    )


@group.endpoint(
    "GET", "/api/spend.csv", "Export spend as CSV", query=SpendQuery, response=str,
    media_type="text/csv", audit="spend.export",
)  # fmt: skip
def export_spend(context: RequestContext, query: SpendQuery) -> Response:
    """Return one row for each day, API, token and model (RFC 4180)."""
    text = context.services.spend.csv(
        context.username, query.time_zone, query.start, query.end, query.api_name, query.token_id
    )
    return Response(
        text,
        content_type="text/csv; charset=utf-8; header=present",
        headers={"Content-Disposition": 'attachment; filename="spend.csv"'},
    )

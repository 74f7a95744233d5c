"""`/api/stats`, `/api/requests` and `/api/status`."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from api import __version__
from api.endpoint import EndpointGroup, RequestContext
from api.schemas.fields import ApiName, listing, pattern
from api.schemas.service import Status
from api.schemas.statistics import RequestView, Statistics
from api.storage.requests import LogEntry

group = EndpointGroup("Statistics")

Moment = Annotated[int, Meta(ge=0, le=4_102_444_800)]
StatusOrClass = Annotated[
    str,
    pattern(
        r"^[1-5](xx|[0-9]{2})$(?!\n)",
        "A status is a number from 100 to 599 such as 404, or a class of them such as 4xx.",
    ),
]
TokenId = Annotated[
    str, pattern(r"^[0-9a-z]{13}$(?!\n)", "A token's id has 13 lower-case letters and digits.")
]


class StatisticsQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which usage to read; times in epoch seconds, `end` exclusive."""

    start: Moment | None = None
    end: Moment | None = None
    granularity: Literal["hour", "day"] = "hour"
    api_name: ApiName | None = None


class RequestsQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which requests to read. `status` is a number or a class such as `4xx`."""

    limit: Annotated[int, Meta(ge=1, le=1000)] = 50
    cursor: Annotated[str, Meta(max_length=2048)] | None = None
    api_name: ApiName | None = None
    status: StatusOrClass | None = None
    token_id: TokenId | None = None
    start: Moment | None = None
    end: Moment | None = None


@group.endpoint("GET", "/api/stats", "Read usage", query=StatisticsQuery, response=Statistics)
def read_statistics(context: RequestContext, query: StatisticsQuery) -> Statistics:
    """Totals, per API, and per hour or day."""
    return context.services.statistics.statistics(
        context.username, query.start, query.end, query.granularity, query.api_name
    )


@group.endpoint(
    "GET", "/api/requests", "Read the request log", query=RequestsQuery,
    response=listing(RequestView), problems=("invalid_cursor",),
)  # fmt: skip
def list_requests(context: RequestContext, query: RequestsQuery) -> dict[str, object]:
    """The recent requests, newest first."""
    entries, cursor = context.services.statistics.requests(
        context.username,
        limit=query.limit,
        cursor=query.cursor,
        api_name=query.api_name,
        status=query.status,
        token_id=query.token_id,
        start=query.start,
        end=query.end,
    )
    return {"items": [_view(entry) for entry in entries], "next_cursor": cursor}


@group.endpoint(
    "GET", "/api/status", "Whether the service and its database answer", response=Status,
    signed_in=False,
)  # fmt: skip
def read_status(context: RequestContext) -> Status:
    """For health checks."""
    context.services.table.get("STATUS", "STATUS")
    return Status(
        status="ok",
        version=__version__,
        sign_up=context.services.accounts.sign_up,
        time=int(context.services.clock()),
        scheduled_checks=context.services.scheduled_checks,
    )


def _view(entry: LogEntry) -> RequestView:
    return RequestView(**msgspec.structs.asdict(entry))

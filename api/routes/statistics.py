"""`/api/stats`, `/api/requests` and `/api/status`."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, UnsetType

from api import __version__
from api.endpoint import EndpointGroup, RequestContext
from api.routes.paging import page_body, position
from api.schemas.fields import (
    DEFAULT_PAGE_LIMIT,
    ApiName,
    PageCursor,
    PageLimit,
    listing,
    pattern,
)
from api.schemas.service import ServiceStatus
from api.schemas.statistics import OpenRequestView, RequestView, Statistics
from api.spend.money import as_usd
from api.storage.open_calls import OpenEntry
from api.storage.requests import LogEntry, LogFilter

group = EndpointGroup("Statistics")

RequestViewList = listing(
    RequestView,
    searched_until=Annotated[
        float | UnsetType,
        Meta(
            description="Epoch seconds. If the search stopped before the page was full, no older "
            "entry than this was searched. Continue with `next_cursor`."
        ),
    ],
    open=Annotated[
        list[OpenRequestView] | UnsetType,
        Meta(
            description="The requests in progress that are older than about five seconds, newest "
            "first, at most 100. On the first page only. Left out if there are none, and on AWS."
        ),
    ],
)

Start = Annotated[int, Meta(ge=0, le=4_102_444_800, description="Epoch seconds, inclusive.")]
End = Annotated[int, Meta(ge=0, le=4_102_444_800, description="Epoch seconds, exclusive.")]
StatusOrClass = Annotated[
    str,
    pattern(
        r"^[1-5](xx|[0-9]{2})$(?!\n)",
        "A status is a number from 100 to 599, such as 404, or a class, such as 4xx.",
    ),
    Meta(description="An HTTP status, or a class such as `4xx`."),
]
TokenId = Annotated[
    str,
    pattern(r"^[0-9a-z]{13}$(?!\n)", "A token's id has 13 lower-case letters and digits."),
    Meta(description="Only requests with this token."),
]


class StatisticsQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The usage to read."""

    start: Start | None = None
    end: End | None = None
    granularity: Annotated[
        Literal["hour", "day"], Meta(description="Whether points are whole hours or days (UTC).")
    ] = "hour"
    api_name: ApiName | None = None


class RequestsQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The requests to read."""

    limit: PageLimit = DEFAULT_PAGE_LIMIT
    cursor: PageCursor | None = None
    api_name: ApiName | None = None
    status: StatusOrClass | None = None
    token_id: TokenId | None = None
    start: Start | None = None
    end: End | None = None


@group.endpoint("GET", "/api/stats", "Read usage", query=StatisticsQuery, response=Statistics)
def read_statistics(context: RequestContext, query: StatisticsQuery) -> Statistics:
    """Return usage in total, by API, and by hour or day."""
    return context.services.statistics.statistics(
        context.username, query.start, query.end, query.granularity, query.api_name
    )


@group.endpoint(
    "GET", "/api/requests", "Read the request log", query=RequestsQuery,
    response=RequestViewList, problems=("invalid_cursor",),
)  # fmt: skip
def list_requests(context: RequestContext, query: RequestsQuery) -> dict[str, object]:
    """Return the logged requests, newest first, and on the first page the requests in progress.

    A request in progress matches a filter for its status once its response has begun, and a time
    range unless the range ends before the request began.

    With a filter that matches little, a page may have fewer items than `limit`, or none, and still
    have a next page. `searched_until` then says how far back the log was searched.
    """
    log_filter = LogFilter(query.api_name, _status_range(query.status), query.token_id)
    # A cursor is valid for the same filter and range only.
    name = f"requests:{(log_filter, query.start, query.end)!r}"
    page = context.services.statistics.requests(
        context.username,
        log_filter,
        limit=query.limit,
        after=position(context, name, query.cursor),
        start=query.start,
        end=query.end,
    )
    body = page_body(context, name, [_view(entry) for entry in page.items], page.next)
    if page.searched_until is not None:
        body["searched_until"] = page.searched_until
    if page.open:
        body["open"] = [_open_view(entry) for entry in page.open]
    return body


@group.endpoint(
    "GET", "/api/status", "Check the service and its database", response=ServiceStatus,
    signed_in=False,
)  # fmt: skip
def read_status(context: RequestContext) -> ServiceStatus:
    """Return the status of the service. Use this endpoint for health checks."""
    context.services.table.require_writable()
    context.services.table.ping()
    return ServiceStatus(
        status="ok",
        version=__version__,
        sign_up=context.services.accounts.sign_up,
        time=int(context.services.clock()),
        scheduled_checks=context.services.scheduled_checks,
        closed=context.services.closed or None,
    )


def _status_range(status: str | None) -> tuple[int, int] | None:
    """Return the first and the last code of a status or class.

    Codes above 599, which a few upstreams send, are counted as 5xx.
    """
    if status is None:
        return None
    if status == "5xx":
        return 500, 999
    return int(status.replace("x", "0")), int(status.replace("x", "9"))


def _view(entry: LogEntry) -> RequestView:
    members = msgspec.structs.asdict(entry)
    cost = members.pop("cost")
    return RequestView(
        rehearsed=members.pop("simulated"),
        cost_usd=None if cost is None else as_usd(cost),
        oddities=list(members.pop("oddities")),
        **members,
    )


def _open_view(entry: OpenEntry) -> OpenRequestView:
    members = msgspec.structs.asdict(entry)
    for name in ("process", "fresh_until", "has_price"):
        del members[name]
    return OpenRequestView(**members)

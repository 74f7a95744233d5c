"""`/api/stats`, `/api/requests` and `/api/status`."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from api import __version__
from api.endpoint import Call, Group
from api.routes.paging import page_answer, position
from api.schemas.fields import ApiName, listing, pattern
from api.schemas.service import Status
from api.schemas.statistics import RequestView, Statistics
from api.storage.requests import LogEntry, LogFilter

group = Group("Statistics")

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
    """Which usage to read. Times are epoch seconds, `end` is exclusive."""

    start: Moment | None = None
    end: Moment | None = None
    granularity: Literal["hour", "day"] = "hour"
    api_name: ApiName | None = None


class RequestsQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which requests to read. `status` is a status code or a class such as `4xx`."""

    limit: Annotated[int, Meta(ge=1, le=1000)] = 50
    cursor: Annotated[str, Meta(max_length=2048)] | None = None
    api_name: ApiName | None = None
    status: StatusOrClass | None = None
    token_id: TokenId | None = None
    start: Moment | None = None
    end: Moment | None = None


@group.endpoint("GET", "/api/stats", "Read usage", query=StatisticsQuery, answer=Statistics)
def read_statistics(call: Call, query: StatisticsQuery) -> Statistics:
    """Totals, per API, and per hour or day."""
    return call.services.statistics.statistics(
        call.username, query.start, query.end, query.granularity, query.api_name
    )


@group.endpoint(
    "GET", "/api/requests", "Read the request log", query=RequestsQuery,
    answer=listing(RequestView), problems=("invalid_cursor",),
)  # fmt: skip
def list_requests(call: Call, query: RequestsQuery) -> dict[str, object]:
    """The recent requests, newest first."""
    log_filter = LogFilter(query.api_name, _status_range(query.status), query.token_id)
    # A cursor is valid for the same filter and range only.
    name = f"requests:{(log_filter, query.start, query.end)!r}"
    page = call.services.statistics.requests(
        call.username,
        log_filter,
        limit=query.limit,
        after=position(call, name, query.cursor),
        start=query.start,
        end=query.end,
    )
    return page_answer(call, name, [_view(entry) for entry in page.items], page.next)


@group.endpoint(
    "GET", "/api/status", "Whether the service and its database answer", answer=Status,
    signed_in=False,
)  # fmt: skip
def read_status(call: Call) -> Status:
    """For health checks."""
    call.services.table.ping()
    return Status(
        status="ok",
        version=__version__,
        sign_up=call.services.accounts.sign_up,
        time=int(call.services.clock()),
        scheduled_checks=call.services.scheduled_checks,
    )


def _status_range(status: str | None) -> tuple[int, int] | None:
    """Return the first and the last code of a status or class."""
    if status is None:
        return None
    return int(status.replace("x", "0")), int(status.replace("x", "9"))


def _view(entry: LogEntry) -> RequestView:
    members = msgspec.structs.asdict(entry)
    return RequestView(rehearsed=members.pop("simulated"), **members)

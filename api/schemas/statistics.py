"""Response models of statistics and the request log."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from api.errors import TimeLimit
from api.schemas.fields import ApiSlug, ClientFamily, ResponseModel, Usd

_CostBasis = Literal["reported", "price", "estimate", "unknown"]
_Percentile = Annotated[float | None, Meta(description="Milliseconds. Null without requests.")]


class Latency(ResponseModel, frozen=True, kw_only=True):
    """Percentiles of the total duration, estimated from a histogram."""

    p50: _Percentile
    p90: _Percentile
    p95: _Percentile
    p99: _Percentile


class Counts(ResponseModel, frozen=True, kw_only=True):
    """Counters of proxied requests. `failures`, `refused` and `rehearsed` are errors too."""

    requests: Annotated[int, Meta(description="All requests.")]
    errors: Annotated[
        int,
        Meta(
            description="Responses with status 400 or higher, from the upstream or the dashboard."
        ),
    ]
    failures: Annotated[
        int,
        Meta(
            description="The dashboard's own responses to requests that failed, such as "
            "502 and 504."
        ),
    ]
    refused: Annotated[
        int,
        Meta(description="Requests that a limit rejected, without a call to the upstream."),
    ]
    rehearsed: Annotated[
        int,
        Meta(
            description="Requests that simulated rate limiting rejected, without a call to the "
            "upstream."
        ),
    ]
    status_2xx: Annotated[int, Meta(description="Responses with status 200 to 299.")]
    status_3xx: Annotated[int, Meta(description="Responses with status 300 to 399.")]
    status_4xx: Annotated[int, Meta(description="Responses with status 400 to 499.")]
    status_5xx: Annotated[int, Meta(description="Responses with status 500 or higher.")]
    bytes_in: Annotated[int, Meta(description="Bytes of request bodies.")]
    bytes_out: Annotated[int, Meta(description="Bytes of response bodies.")]
    latency: Annotated[Latency, Meta(description="Percentiles of the total duration.")]


_Counts = Annotated[Counts, Meta(description="The counters.")]


class ApiCounts(ResponseModel, frozen=True, kw_only=True):
    """The counters of one API."""

    api_name: ApiSlug
    counts: _Counts


class SeriesPoint(ResponseModel, frozen=True, kw_only=True):
    """The counters of one API in one hour or day."""

    start: Annotated[int, Meta(description="The start of the hour or day, in epoch seconds.")]
    api_name: ApiSlug
    counts: _Counts


class Statistics(ResponseModel, frozen=True, kw_only=True):
    """Usage between two times, in whole hours or days (UTC)."""

    start: Annotated[int, Meta(description="Epoch seconds, inclusive.")]
    end: Annotated[int, Meta(description="Epoch seconds, exclusive.")]
    granularity: Annotated[
        Literal["hour", "day"], Meta(description="Whether points are whole hours or days (UTC).")
    ]
    totals: Annotated[Counts, Meta(description="The counters of all APIs together.")]
    apis: Annotated[list[ApiCounts], Meta(description="The counters by API.")]
    series: Annotated[
        list[SeriesPoint], Meta(description="The counters by API and time, oldest first.")
    ]


class RequestView(ResponseModel, frozen=True, kw_only=True):
    """An entry of the request log."""

    request_id: Annotated[
        str, Meta(description="The same as `X-Request-Id` or `X-Dashboard-Request-Id`.")
    ]
    at: Annotated[float, Meta(description="The start, in epoch seconds with a fraction.")]
    api_name: ApiSlug
    method: Annotated[str, Meta(description="The HTTP method.")]
    host: Annotated[str, Meta(description="The upstream's host.")]
    path: Annotated[str, Meta(description="The path, without the query.")]
    status: Annotated[int, Meta(description="The HTTP status.")]
    duration_ms: Annotated[int, Meta(description="The total duration in milliseconds.")]
    upstream_ms: Annotated[
        int | None,
        Meta(
            description="The time of the upstream in milliseconds. Null if the upstream was not "
            "called."
        ),
    ]
    bytes_in: Annotated[
        int,
        Meta(
            description="Bytes of the request body, or of a WebSocket's messages from the caller."
        ),
    ]
    bytes_out: Annotated[
        int,
        Meta(description="Bytes of the response body, or of a WebSocket's messages to the caller."),
    ]
    token_id: Annotated[
        str | None, Meta(description="The token that was used. Null for an access token.")
    ]
    key_id: Annotated[str | None, Meta(description="The key that was used. Null if none was.")]
    problem: Annotated[
        str | None,
        Meta(description="The code of the dashboard's problem. Null for an upstream's response."),
    ]
    time_limit: Annotated[
        TimeLimit | None,
        Meta(
            description="The time limit that ended the request (`upstream_timeout`), as in the "
            'table under "Limits and defaults". Null for other requests, and in entries of '
            "older versions."
        ),
    ]
    rehearsed: Annotated[
        bool,
        Meta(
            description="Whether simulated rate limiting rejected the request, without a call to "
            "the upstream."
        ),
    ]
    websocket: Annotated[bool, Meta(description="Whether the request opened a WebSocket.")]
    messages_in: Annotated[
        int, Meta(description="The number of a WebSocket's messages from the caller.")
    ]
    messages_out: Annotated[
        int, Meta(description="The number of a WebSocket's messages to the caller.")
    ]
    client: Annotated[
        ClientFamily | None,
        Meta(
            description="The family of the calling program, as in `clients` of a token. Null in "
            "entries of older versions."
        ),
    ]
    model: Annotated[
        str | None,
        Meta(description="The model that was priced. Null if the request has no price or model."),
    ]
    cost_usd: Annotated[
        Usd | None,
        Meta(
            description="What the request cost, in US dollars. Null if the API has no price, or if "
            "the cost is unknown."
        ),
    ]
    cost_basis: Annotated[
        _CostBasis | None,
        Meta(
            description="How the cost is known. `reported`: the response contains it. "
            "`price`: counted units times prices. `estimate`: estimated units times prices, "
            "because the response does not report them. `unknown`: it is not known. Null if the "
            "API has no price, or was not called."
        ),
    ]
    units: Annotated[
        dict[str, int],
        Meta(description="What was counted, such as `input_tokens`. Empty if nothing was."),
    ]
    oddities: Annotated[
        list[str],
        Meta(
            description="What was wrong with the usage or the price, in short words, such as "
            "`negative_units`. Usually empty."
        ),
    ]


class OpenRequestView(ResponseModel, frozen=True, kw_only=True):
    """A request in progress, as of `seen_at`."""

    request_id: Annotated[
        str, Meta(description="The same as `X-Request-Id` or `X-Dashboard-Request-Id`.")
    ]
    at: Annotated[float, Meta(description="The start, in epoch seconds with a fraction.")]
    seen_at: Annotated[
        float,
        Meta(
            description="When the other members were last updated, in epoch seconds with a "
            "fraction. At least once a minute."
        ),
    ]
    api_name: ApiSlug
    method: Annotated[str, Meta(description="The HTTP method.")]
    host: Annotated[
        str, Meta(description="The upstream's host. Empty until the upstream is called.")
    ]
    path: Annotated[str, Meta(description="The path, without the query.")]
    status: Annotated[
        int | None, Meta(description="The HTTP status. Null until the response begins.")
    ]
    bytes_in: Annotated[
        int, Meta(description="Bytes received from the caller so far, without the head.")
    ]
    bytes_out: Annotated[int, Meta(description="Bytes sent to the caller so far, likewise.")]
    websocket: Annotated[bool, Meta(description="Whether the request opened a WebSocket.")]
    messages_in: Annotated[
        int, Meta(description="Messages of a WebSocket received from the caller so far.")
    ]
    messages_out: Annotated[
        int, Meta(description="Messages of a WebSocket sent to the caller so far.")
    ]
    token_id: Annotated[
        str | None, Meta(description="The token that is used. Null for an access token.")
    ]
    key_id: Annotated[
        str | None, Meta(description="The key that is used. Null until one is chosen.")
    ]
    client: Annotated[
        ClientFamily | None,
        Meta(
            description="The family of the calling program, as in `clients` of a token. Null in "
            "entries of older versions."
        ),
    ]

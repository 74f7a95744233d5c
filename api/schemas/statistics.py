"""Responses of statistics and the request log."""

from __future__ import annotations

from typing import Literal

from api.schemas.fields import ResponseModel


class Latency(ResponseModel, frozen=True, kw_only=True):
    """Percentiles of the whole duration in milliseconds, estimated from a histogram; null if
    none.
    """

    p50: float | None
    p90: float | None
    p95: float | None
    p99: float | None


class Counts(ResponseModel, frozen=True, kw_only=True):
    """Counters of proxied requests. `errors` are answers of 400 and above, from whomever.

    `failures` are our own (502, 504 …), `refused` those that a limit refused, and `rehearsed` those
    that a rehearsal refused; all are errors too.
    """

    requests: int
    errors: int
    failures: int
    refused: int
    rehearsed: int
    status_2xx: int
    status_3xx: int
    status_4xx: int
    status_5xx: int
    bytes_in: int
    bytes_out: int
    latency: Latency


class ApiCounts(ResponseModel, frozen=True, kw_only=True):
    """The counts of one API."""

    api_name: str
    counts: Counts


class SeriesPoint(ResponseModel, frozen=True, kw_only=True):
    """The counts of one hour or day of one API."""

    start: int
    api_name: str
    counts: Counts


class Statistics(ResponseModel, frozen=True, kw_only=True):
    """Usage between two times, in whole hours or days (UTC)."""

    start: int
    end: int
    granularity: Literal["hour", "day"]
    totals: Counts
    apis: list[ApiCounts]
    series: list[SeriesPoint]


class RequestView(ResponseModel, frozen=True, kw_only=True):
    """An entry of the request log. Durations in milliseconds, sizes in bytes. Of a `rehearsed`
    call the API was not asked: the refusal is ours.
    """

    request_id: str
    at: float
    api_name: str
    method: str
    host: str
    path: str
    status: int
    duration_ms: int
    upstream_ms: int | None
    bytes_in: int
    bytes_out: int
    token_id: str | None
    key_id: str | None
    problem: str | None
    rehearsed: bool

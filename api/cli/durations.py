"""Durations and rate limits as options: `12h`, `100/min`."""

from __future__ import annotations

import contextlib
import datetime
import re
import time

import click

_SECONDS = {
    **dict.fromkeys(("s", "sec", "second", "seconds"), 1),
    **dict.fromkeys(("m", "min", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hour", "hours"), 3600),
    **dict.fromkeys(("d", "day", "days"), 86_400),
    **dict.fromkeys(("w", "week", "weeks"), 604_800),
}
# What the API accepts: requests, and seconds of a limit's window, of a token's life and between two
# checks, and of the overlap of a rotation.
_MOST_REQUESTS = 1_000_000_000
_LONGEST_WINDOW = 365 * 86_400
_LONGEST = 3650 * 86_400
_LONGEST_OVERLAP = 7 * 86_400
_PART = re.compile(r"([0-9]{1,10})\s*([a-z]+)\s*")
_LIMIT = re.compile(r"([0-9]{1,12})\s*(?:/|per\s)\s*(.+)")


def parse_duration(text: str) -> int:
    """Return the seconds of a duration such as `90s`, `12h` or `1d12h`. Raises ValueError."""
    text = text.strip().lower()
    seconds = position = 0
    while position < len(text):
        part = _PART.match(text, position)
        if part is None or part[2] not in _SECONDS:
            raise ValueError("not a duration")
        seconds += int(part[1]) * _SECONDS[part[2]]
        position = part.end()
    if seconds < 1:
        raise ValueError("not a duration")
    return seconds


def parse_limit(text: str) -> tuple[int, int]:
    """Return the requests and the seconds of a limit such as `100/min` or `5/10s`.

    Raises ValueError.
    """
    found = _LIMIT.fullmatch(text.strip().lower())
    if found is None or int(found[1]) < 1:
        raise ValueError("not a limit")
    window = found[2].strip()
    return int(found[1]), parse_duration(window if window[0].isdigit() else f"1{window}")


def format_duration(seconds: float) -> str:
    """Return a duration in its two largest units, such as `1d 12h` or `45s`."""
    rest = max(0, round(seconds))
    parts = []
    for unit, size in (("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)):
        if rest >= size:
            parts.append(f"{rest // size}{unit}")
            rest %= size
    return " ".join(parts[:2]) or "0s"


def format_limit(limit: int, window: int) -> str:
    """Return a limit as `parse_limit` reads it, such as `100/min`."""
    names = {1: "s", 60: "min", 3600: "hour", 86_400: "day", 604_800: "week"}
    return f"{limit}/{names.get(window) or format_duration(window).replace(' ', '')}"


def duration_value(_ctx: click.Context, _param: click.Parameter, value: str | None) -> int | None:
    """Return the seconds of an option's value: a callback of click. Raises BadParameter."""
    if value is None:
        return None
    try:
        seconds = parse_duration(value)
    except ValueError as error:
        raise click.BadParameter(
            "Give a duration with its unit, such as 30m, 12h or 7d."
        ) from error
    if seconds > _LONGEST:
        raise click.BadParameter("Give at most 3650d (ten years).")
    return seconds


def limit_value(
    _ctx: click.Context, _param: click.Parameter, value: str | None
) -> tuple[int, int] | None:
    """Return requests and seconds of an option's value: a callback of click.

    Raises BadParameter.
    """
    if value is None:
        return None
    try:
        requests, window = parse_limit(value)
    except ValueError as error:
        raise click.BadParameter(
            "Give a number of requests and a time, such as 100/min, 1000/day or 5/10s."
        ) from error
    if requests > _MOST_REQUESTS or window > _LONGEST_WINDOW:
        raise click.BadParameter("Give at most 1,000,000,000 requests, in at most 365d.")
    return requests, window


def overlap_value(_ctx: click.Context, _param: click.Parameter, value: str) -> int:
    """Return the seconds of an option's value, which may be 0: a callback of click.

    Raises BadParameter.
    """
    try:
        seconds = 0 if value.strip() == "0" else parse_duration(value)
    except ValueError as error:
        raise click.BadParameter(
            "Give a duration with its unit, such as 1h or 1d, or 0."
        ) from error
    if seconds > _LONGEST_OVERLAP:
        raise click.BadParameter("Give at most 7d.")
    return seconds


def moment_value(_ctx: click.Context, _param: click.Parameter, value: str | None) -> int | None:
    """Return epoch seconds of an option's value, a date in UTC or how long ago: a callback of
    click. Raises BadParameter.
    """
    if value is None:
        return None
    with contextlib.suppress(ValueError):
        return max(0, int(time.time()) - parse_duration(value))
    try:
        moment = datetime.datetime.fromisoformat(value.strip())
    except ValueError as error:
        raise click.BadParameter(
            "Give a date such as 2026-12-01 or 2026-12-01T08:30 (UTC), or how long ago, such as 7d."
        ) from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.UTC)
    return max(0, int(moment.timestamp()))

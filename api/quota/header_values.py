"""The values of rate-limit header fields: counts, times and structured fields.

No function raises an exception, whatever an upstream sends: an unreadable value is None.
"""

import math
import re
from datetime import UTC, datetime, timedelta, timezone
from functools import cache

MAX_VALUE = 2_048
"""Characters. A longer value is unreadable."""

MAX_INTEGER = 999_999_999_999_999
"""The largest Integer in a structured field (RFC 9651 section 3.3.1)."""

MAX_RESET_DELAY = 3660 * 86_400
"""Seconds. A later reset is treated as a mistake of the upstream."""

_DECIMAL = r"[0-9]{1,15}(?:\.[0-9]{1,20})?"
_DURATION = (
    r"(?=[0-9])(?:([0-9]{1,4})d)?(?:([0-9]{1,6})h)?(?:([0-9]{1,7})m)?"
    r"(?:([0-9]{1,9}(?:\.[0-9]{1,9})?)s)?"
)
_SUBSECOND = r"([0-9]{1,12}(?:\.[0-9]{1,9})?)(ms|us|µs|μs|Âµs|ns)"
_CLOCK = r"([0-9]{1,3}):([0-5][0-9]):([0-5][0-9])"
# What stands before the last letter of a unit below a second, and of no other.
_SUBSECOND_MARKS = frozenset("muµμn")
_SUBSECOND_UNITS = {"ms": 1e3, "ns": 1e9}

_TIME = r"([0-9]{2}):([0-9]{2}):([0-9]{2})"
_ZONE = r"(?: ?(?:GMT|UTC))?(?: ?([+-][0-9]{4}))?"
_DAY_FIRST = (
    rf"(?:[A-Za-z]{{3,9}}, )?([0-9]{{1,2}})[ -]([A-Z][a-z]{{2}})[ -]([0-9]{{2}}|[0-9]{{4}})"
    rf" {_TIME}{_ZONE}"
)
_YEAR_BEFORE_TIME = (
    rf"[A-Z][a-z]{{2}} ([A-Z][a-z]{{2}}) ([0-9]{{2}}) ([0-9]{{4}}) {_TIME}{_ZONE}"
    r"(?: \([^()]{1,64}\))?"
)
_YEAR_LAST = rf"[A-Z][a-z]{{2}} ([A-Z][a-z]{{2}}) ([ 0-9][0-9]) {_TIME}{_ZONE} ([0-9]{{4}})"
_MONTHS = (
    "",
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
)

Members = list[tuple[str | int, dict[str, int | str | None]]]
"""The members of a structured-field List, each with its Integer and String parameters."""

_STRING = r'"(?:[ !#-\[\]-~]|\\["\\])*+"'
_TOKEN = r"[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]*+"
_BARE_ITEM = (
    rf"{_STRING}|{_TOKEN}|-?[0-9]{{1,15}}(?:\.[0-9]{{1,3}})?|:[A-Za-z0-9+/=]*+:|\?[01]"
    r'|@-?[0-9]{1,15}|%"[ !#-~]*+"'
)
_KEY = r"[a-z*][a-z0-9_.*-]*+"
_ITEM = (
    rf"({_STRING}|{_TOKEN}|[0-9]{{1,15}})((?:; *+{_KEY}(?:=(?:{_BARE_ITEM}))?)*+)"
    r"[ \t]*+(,[ \t]*+|\Z)"
)
_PARAMETER = rf"; *({_KEY})(?:=({_BARE_ITEM}))?"
_ESCAPED = r"\\(.)"


def parse_number(text: str) -> float | None:
    """Parse a decimal number: ASCII digits, no sign, no exponent, at most 15 integer digits."""
    if text.isdigit() and text.isascii() and len(text) <= 15:
        return int(text)
    if not text[-1:].isdigit():
        return None
    return float(text) if _compiled(_DECIMAL).fullmatch(text) else None


def parse_count(text: str) -> int | None:
    """Parse a number of requests or tokens. Rounds down, so that the result is never too large."""
    value = parse_number(text)
    return None if value is None else int(value)


def to_epoch_second(time: float, now: float) -> int | None:
    """Round a time up to epoch seconds: now for a past time, None if it is over ten years away."""
    return None if time > now + MAX_RESET_DELAY else math.ceil(max(time, now))


def _after_delay(seconds: float, now: float) -> int | None:
    """Return the epoch second that a delay ends in: the delay is rounded up, `now` down."""
    if seconds > MAX_RESET_DELAY:
        return None
    return int(now) + math.ceil(max(seconds, 0))


def parse_seconds(text: str, scale: float = 0) -> int | None:
    """Parse the length of a window: a number of `scale` seconds, or a duration such as `15m`.

    Returns whole seconds, None for a length below one second.
    """
    value = parse_number(text)
    seconds = _parse_duration(text) if value is None else value * (scale or 1)
    return int(seconds) or None if seconds is not None and seconds <= MAX_RESET_DELAY else None


def parse_scaled_time(text: str, now: float, scale: float) -> int | None:
    """Parse a reset in a unit of `scale` seconds: since 1970 if it is so large, else from now."""
    value = parse_number(text)
    if value is None:
        return parse_time(text, now)
    seconds = value * scale
    return to_epoch_second(seconds, now) if seconds > 1e9 else _after_delay(seconds, now)


def parse_delay(text: str, now: float) -> int | None:
    """Parse a number of seconds or a Go duration (`6m0s`). Returns that time after `now`."""
    value = parse_number(text)
    if value is None:
        value = _parse_duration(text)
    return None if value is None else _after_delay(value, now)


def parse_time(text: str, now: float, *, delta_milliseconds: bool = False) -> int | None:
    """Parse a reset or `Retry-After` in any form that APIs send. Returns epoch seconds.

    A number above 1e11 is epoch milliseconds, a number above 1e9 is epoch seconds, any other
    number is seconds from now. With `delta_milliseconds`, every number is milliseconds from now.
    Other forms are a Go duration, ISO 8601 / RFC 3339, the three HTTP dates of RFC 9110 section
    5.6.7, and JavaScript's `Date.toString()`.
    """
    value = parse_number(text)
    if value is None:
        value = _parse_duration(text)
        if value is None:
            at = _parse_date(text)
            return None if at is None else to_epoch_second(at, now)
        return _after_delay(value, now)
    if delta_milliseconds:
        return _after_delay(value / 1000, now)
    if value > 1e11:
        return to_epoch_second(value / 1000, now)
    return to_epoch_second(value, now) if value > 1e9 else _after_delay(value, now)


@cache
def _compiled(source: str) -> re.Pattern[str]:
    # Compiled at first use: compiling all of them would add milliseconds to every cold start.
    return re.compile(source)


def _parse_duration(text: str) -> float | None:
    if text[-2:-1] in _SUBSECOND_MARKS:
        matched = _compiled(_SUBSECOND).fullmatch(text)
        if matched is None:
            return None
        return float(matched[1]) / _SUBSECOND_UNITS.get(matched[2], 1e6)
    if matched := _compiled(_DURATION).fullmatch(text):
        days, hours, minutes, seconds = matched.groups("0")
        return int(days) * 86_400 + int(hours) * 3_600 + int(minutes) * 60 + float(seconds)
    if matched := _compiled(_CLOCK).fullmatch(text):
        return int(matched[1]) * 3_600 + int(matched[2]) * 60 + int(matched[3])
    return None


def _parse_date(text: str) -> float | None:
    try:
        if text[4:5] == "-" and text.isascii():
            stamp = datetime.fromisoformat(text.upper())
            return (stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)).timestamp()
        if matched := _compiled(_DAY_FIRST).fullmatch(text):
            day, month, year, hour, minute, second, zone = matched.groups()
        elif matched := _compiled(_YEAR_BEFORE_TIME).fullmatch(text):
            month, day, year, hour, minute, second, zone = matched.groups()
        elif matched := _compiled(_YEAR_LAST).fullmatch(text):
            month, day, hour, minute, second, zone, year = matched.groups()
        else:
            return None
        century = 0 if len(year) == 4 else 2000 if year < "70" else 1900
        stamp = datetime(
            century + int(year),
            _MONTHS.index(month),
            int(day),
            int(hour),
            int(minute),
            int(second),
            tzinfo=_parse_zone(zone),
        )
        return stamp.timestamp()
    except (ValueError, OverflowError):
        return None


def _parse_zone(offset: str | None) -> timezone:
    if offset is None:
        return UTC
    minutes = int(offset[1:3]) * 60 + int(offset[3:5])
    return timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes))


def parse_list(text: str) -> Members | None:
    """Parse a structured-field List of Strings, Tokens or Integers with their parameters.

    Keeps parameters that are non-negative Integers or Strings, the last one of each name; any
    other parameter is None. Returns None if the field is malformed, because RFC 9651 section 4.2
    requires that the whole field is ignored then.
    """
    found: Members = []
    position, comma = 0, ""
    while position < len(text):
        matched = _compiled(_ITEM).match(text, position)
        if matched is None:
            return None
        bare, parameters, comma = matched.groups()
        found.append((_parse_bare_item(bare), _parse_parameters(parameters)))
        position = matched.end()
    return None if comma else found


def format_string(text: str) -> str:
    """Serialise a structured-field String (RFC 9651 section 4.1.6).

    Drops characters that a String cannot contain, and all characters after the 64th.
    """
    kept = text[:64]
    if not (kept.isascii() and kept.isprintable()):
        kept = "".join(character for character in kept if " " <= character <= "~")
    kept = kept.strip()
    return '"' + (kept or "default").replace("\\", "\\\\").replace('"', '\\"') + '"'


def integer_parameter(parameters: dict[str, int | str | None], name: str) -> int | None:
    """Return the Integer parameter of that name, or None if there is none."""
    value = parameters.get(name)
    return value if isinstance(value, int) else None


def _parse_bare_item(text: str) -> str | int:
    if text[0] == '"':
        return _compiled(_ESCAPED).sub(r"\1", text[1:-1])
    return int(text) if text.isdigit() else text


def _parse_parameters(text: str) -> dict[str, int | str | None]:
    return {key: _parameter_value(value) for key, value in _compiled(_PARAMETER).findall(text)}


def _parameter_value(value: str) -> int | str | None:
    return _parse_bare_item(value) if value.isdigit() or value[:1] == '"' else None

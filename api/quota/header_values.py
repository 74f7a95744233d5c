"""The values that rate-limit headers carry: counts, moments in time and structured fields.

Whatever an upstream sends is read without an exception; what cannot be read is `None`.
"""

import math
import re
from datetime import UTC, datetime, timedelta, timezone
from functools import cache

MAX_INTEGER = 999_999_999_999_999
"""The largest Integer of a structured field (RFC 9651 section 3.3.1)."""

FARTHEST_RESET = 3660 * 86_400
"""Seconds; a limit that resets later than this is taken for a mistake."""

_DECIMAL = r"[0-9]{1,15}(?:\.[0-9]{1,20})?"
_DURATION = (
    r"(?=[0-9])(?:([0-9]{1,4})d)?(?:([0-9]{1,6})h)?(?:([0-9]{1,7})m)?"
    r"(?:([0-9]{1,9}(?:\.[0-9]{1,9})?)s)?"
)
_FRACTION_OF_A_SECOND = r"([0-9]{1,12}(?:\.[0-9]{1,9})?)(ms|us|µs|μs|Âµs|ns)"
_FRACTIONS = {"ms": 1e3, "ns": 1e9}

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

Items = list[tuple[str | int, dict[str, int | str | None]]]
"""Members of a structured-field List, each with its Integer and String parameters."""

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


def number(text: str) -> float | None:
    """A plain decimal number of ASCII digits; no sign, no exponent, at most 15 whole digits."""
    if text.isdigit() and text.isascii() and len(text) <= 15:
        return int(text)
    return float(text) if _pattern(_DECIMAL).fullmatch(text) else None


def count(text: str) -> int | None:
    """A number of requests or tokens; a fraction is dropped, so it never promises too much."""
    value = number(text)
    return None if value is None else int(value)


def bounded(at: float, now: float) -> int | None:
    """Round a moment up to whole epoch seconds; the past is now, over ten years ahead unknown."""
    return None if at > now + FARTHEST_RESET else math.ceil(max(at, now))


def _after(seconds: float, now: float) -> int | None:
    """The moment a number of seconds from now: whole seconds are not rounded up once more."""
    if seconds > FARTHEST_RESET:
        return None
    return int(now) + math.ceil(max(seconds, 0))


def delay(text: str, now: float) -> int | None:
    """The epoch second that lies a number of seconds, or a Go duration (`6m0s`), after `now`."""
    value = number(text)
    if value is None:
        value = _duration(text)
    return None if value is None else _after(value, now)


def moment(text: str, now: float, *, delta_milliseconds: bool = False) -> int | None:
    """The epoch second meant by a reset or `Retry-After`, in any form that APIs use.

    A number above 1e11 is epoch milliseconds, above 1e9 epoch seconds, otherwise seconds from
    now (with `delta_milliseconds`: always milliseconds from now). Other forms: a Go duration,
    ISO 8601 / RFC 3339, the three HTTP dates of RFC 9110 section 5.6.7, JavaScript's
    `Date.toString()`.
    """
    value = number(text)
    if value is None:
        value = _duration(text)
        if value is None:
            at = _date(text)
            return None if at is None else bounded(at, now)
        return _after(value, now)
    if delta_milliseconds:
        return _after(value / 1000, now)
    if value > 1e11:
        return bounded(value / 1000, now)
    return bounded(value, now) if value > 1e9 else _after(value, now)


@cache
def _pattern(source: str) -> re.Pattern[str]:
    # Compiled at first use: together they would cost every cold start some milliseconds.
    return re.compile(source)


def _duration(text: str) -> float | None:
    if matched := _pattern(_DURATION).fullmatch(text):
        days, hours, minutes, seconds = matched.groups("0")
        return int(days) * 86_400 + int(hours) * 3_600 + int(minutes) * 60 + float(seconds)
    if matched := _pattern(_FRACTION_OF_A_SECOND).fullmatch(text):
        return float(matched[1]) / _FRACTIONS.get(matched[2], 1e6)
    return None


def _date(text: str) -> float | None:
    try:
        if text[4:5] == "-" and text.isascii():
            stamp = datetime.fromisoformat(text.upper())
            return (stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)).timestamp()
        if matched := _pattern(_DAY_FIRST).fullmatch(text):
            day, month, year, hour, minute, second, zone = matched.groups()
        elif matched := _pattern(_YEAR_BEFORE_TIME).fullmatch(text):
            month, day, year, hour, minute, second, zone = matched.groups()
        elif matched := _pattern(_YEAR_LAST).fullmatch(text):
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
            tzinfo=_zone(zone),
        )
        return stamp.timestamp()
    except (ValueError, OverflowError):
        return None


def _zone(offset: str | None) -> timezone:
    if offset is None:
        return UTC
    minutes = int(offset[1:3]) * 60 + int(offset[3:5])
    return timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes))


def items(text: str) -> Items | None:
    """Read a structured-field List of Strings, Tokens or Integers with their parameters.

    Of the parameters non-negative Integers and Strings are kept, the last of a name counting;
    any other value is `None`. `None` for the whole where the field is malformed, which RFC 9651
    section 4.2 has a reader ignore entirely.
    """
    found: Items = []
    position, comma = 0, ""
    while position < len(text):
        matched = _pattern(_ITEM).match(text, position)
        if matched is None:
            return None
        bare, parameters, comma = matched.groups()
        found.append((_bare(bare), _parameters(parameters)))
        position = matched.end()
    return None if comma else found


def quoted(text: str) -> str:
    """Write a structured-field String (RFC 9651 section 4.1.6), dropping what it cannot hold."""
    kept = "".join(character for character in text[:64] if " " <= character <= "~").strip()
    return '"' + (kept or "default").replace("\\", "\\\\").replace('"', '\\"') + '"'


def whole(parameters: dict[str, int | str | None], name: str) -> int | None:
    """The Integer parameter of that name; `None` where it is not there or not an Integer."""
    value = parameters.get(name)
    return value if isinstance(value, int) else None


def _bare(text: str) -> str | int:
    if text[0] == '"':
        return _pattern(_ESCAPED).sub(r"\1", text[1:-1])
    return int(text) if text.isdigit() else text


def _parameters(text: str) -> dict[str, int | str | None]:
    return {key: _kept(value) for key, value in _pattern(_PARAMETER).findall(text)}


def _kept(value: str) -> int | str | None:
    return _bare(value) if value.isdigit() or value[:1] == '"' else None

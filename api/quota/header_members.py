"""Values of rate-limit header fields that report several windows, or a window and its parameters.

No function raises an exception, whatever an upstream sends: an unreadable value is None or empty.
"""

import math
import re
from typing import Any, NamedTuple

import msgspec

from api.quota import header_values as values
from api.quota.header_names import window_length
from api.quota.header_words import PARAMETERS
from api.quota.units import REQUESTS
from api.quota.windows import QuotaWindow

_MOST = 16
"""The members of a value that are read."""

_PAIR = r"([0-9]{1,15}):([0-9]{1,9})(?::[0-9]{1,9})?"
_PER_TIME = r"([0-9]{1,15})/([0-9]{1,6}(?:ms|s|m|h|d))"
_PER_PERIOD = (
    r"([0-9]{1,15}) ?(?:[a-z]{1,16} ?)?(?:/|per) ?([0-9]{1,5})? ?"
    r"(s|sec|second|min|minute|m|hr|hour|h|day|d|week|month)s?"
)
_USED_OF = r"([0-9]{1,15})/([0-9]{1,15})"
_NAMED_USED_OF = r"([A-Za-z][A-Za-z0-9-]{0,63})=([0-9]{1,15})/([0-9]{1,15})(?:\([^()]{0,64}\))?"
_NAMED_COUNT = r"([A-Za-z][A-Za-z0-9._/-]{0,63});([0-9]{1,15})"
_MEMBER = r"([a-z_]{1,16}) ?[=:] ?([A-Za-z0-9_.-]{1,64})"
_LABEL = r"[A-Za-z0-9._-]{1,32}"
_THOUSANDS = r"[0-9]{1,3}(?:,[0-9]{3})+"


class Cell(NamedTuple):
    """A number of requests or tokens, and the seconds of its window if the value names them."""

    amount: int
    length: int | None = None


def parse_cells(text: str) -> list[Cell] | None:
    """Parse `100`, `200,2000`, `100;w=60`, `20:1,100:120` (Riot) `150/15m` (EVE Online), `10/s`
    or `100 requests per minute`.

    None if any member has another form.
    """
    members = text.split(",", _MOST)
    if len(members) > _MOST:
        return None
    cells = [_cell(member.strip()) for member in members]
    found = [cell for cell in cells if cell is not None]
    return found if len(found) == len(cells) else None


def _cell(text: str) -> Cell | None:
    if (number := values.parse_number(text)) is not None:
        return Cell(int(number))
    if (matched := re.fullmatch(_PAIR, text)) is not None:
        return Cell(int(matched[1]), int(matched[2]) or None)
    if (matched := re.fullmatch(_PER_TIME, text)) is not None:
        return Cell(int(matched[1]), values.parse_seconds(matched[2]))
    if (matched := re.fullmatch(_PER_PERIOD, text, re.IGNORECASE)) is not None:
        return Cell(int(matched[1]), window_length(f"{matched[2] or 1}{matched[3].lower()}"))
    if ";" not in text or (listed := values.parse_list(text)) is None or len(listed) != 1:
        return None
    ((bare, parameters),) = listed
    return Cell(bare, length_parameter(parameters)) if isinstance(bare, int) else None


def may_have_thousands(*texts: str) -> bool:
    """Return whether the comma in all of these values may separate thousands: `10,000`."""
    return all(re.fullmatch(_THOUSANDS, text) for text in texts)


def length_parameter(parameters: dict[str, int | str | None]) -> int | None:
    """Return the seconds in `w=60`, `window=60` and the like, None if there are none."""
    for name, kind in PARAMETERS.items():
        if kind == "length" and (length := values.integer_parameter(parameters, name)):
            return length
    return None


def used_of(text: str) -> tuple[int, int] | None:
    """Parse `32/40`: the used and the allowed requests."""
    matched = re.fullmatch(_USED_OF, text)
    return (int(matched[1]), int(matched[2])) if matched is not None else None


def named_windows(text: str, window: str, now: float) -> list[QuotaWindow]:
    """Parse `total=100; remaining=99; resets=41` (Zendesk), `b=per_hour;q=10;r=9;t=5` (Auth0)
    or `api-usage=18/5000` (Salesforce). Commas separate windows.
    """
    found = []
    for member in re.split(r"[,;] ?(?=[A-Za-z][A-Za-z0-9-]{0,63}=[0-9]{1,15}/)", text)[:_MOST]:
        if (matched := re.fullmatch(_NAMED_USED_OF, member.strip())) is not None:
            used, limit = int(matched[2]), int(matched[3])
            found.append(QuotaWindow(matched[1], limit, max(0, limit - used)))
    if found or "=" not in text:
        return found
    for member in text.split(",", _MOST)[:_MOST]:
        if (one := _parameter_window(member, window, now)) is not None:
            found.append(one)
    return found


def _parameter_window(text: str, window: str, now: float) -> QuotaWindow | None:
    read: dict[str, str] = {}
    for part in text.split(";", _MOST)[:_MOST]:
        matched = re.fullmatch(_MEMBER, part.strip().lower())
        if matched is not None and matched[1] in PARAMETERS:
            read[PARAMETERS[matched[1]]] = matched[2]
    limit = values.parse_count(read.get("limit", ""))
    remaining = values.parse_count(read.get("remaining", ""))
    used = values.parse_count(read.get("used", ""))
    if remaining is None and limit is not None and used is not None:
        remaining = max(0, limit - used)
    if remaining is None:
        return None
    parts = [window, read.get("name", "").replace("_", "-")]
    return QuotaWindow(
        "-".join(filter(None, parts)) or "default",
        limit,
        remaining,
        values.parse_time(read.get("reset", ""), now),
        values.parse_count(read.get("length", "")) or None,
    )


def named_counts(text: str) -> list[QuotaWindow]:
    """Parse `Microsoft.Compute/HighCostGet3Min;107, …` (Azure): what remains, by name."""
    members = [re.fullmatch(_NAMED_COUNT, one.strip()) for one in text.split(",", _MOST)[:_MOST]]
    return [
        QuotaWindow(found[1], None, int(found[2]), stated_unit=REQUESTS)
        for found in members
        if found
    ]


def keyed_windows(limit: str, remaining: str) -> list[QuotaWindow]:
    """Parse `{"minute": 10}` as the limit and `{"minute": 9}` as what remains."""
    limits, left = _counts_by_name(limit), _counts_by_name(remaining)
    return [
        QuotaWindow(name, limits[name], amount, window=window_length(name))
        for name, amount in left.items()
        if name in limits
    ]


def _counts_by_name(text: str) -> dict[str, int]:
    document = _json_object(text)
    return {
        name: number
        for name, number in list(document.items())[:_MOST]
        if type(number) is int and 0 <= number <= values.MAX_INTEGER
        if re.fullmatch(_LABEL, name)
    }


def _json_object(text: str) -> dict[str, Any]:
    try:
        document = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def percentages(text: str) -> list[QuotaWindow]:
    """Parse Meta's used percentages, such as `{"call_count": 28, "total_time": 15}`.

    `X-Business-Use-Case-Usage` has them for each kind of use case of each account.
    Source: https://developers.facebook.com/docs/graph-api/overview/rate-limiting/.
    """
    document = _json_object(text)
    found = _percent_windows(document, "")
    for account in list(document.values())[:_MOST]:
        for case in account[:_MOST] if isinstance(account, list) else ():
            if isinstance(case, dict):
                kind = case.get("type")
                prefix = f"{kind[:32]}-" if isinstance(kind, str) else ""
                found += _percent_windows(case, prefix)
    return found


def _percent_windows(members: dict[str, Any], prefix: str) -> list[QuotaWindow]:
    found = []
    for name, used in list(members.items())[:_MOST]:
        known = name.endswith(("_count", "_time", "_cputime", "_pct"))
        if known and type(used) in (int, float) and 0 <= used < 1_000:
            label = re.sub(r"[^A-Za-z0-9-]", "-", f"{prefix}{name[:32]}")
            left = max(0, 100 - math.ceil(used))
            found.append(QuotaWindow(label, 100, left, stated_unit="percent"))
    return found

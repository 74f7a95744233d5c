"""Write the IETF rate-limit header fields, and recognise an upstream that sends them."""

from collections.abc import Sequence
from math import ceil

from api.quota import header_values as values
from api.quota.units import REQUESTS
from api.quota.windows import QuotaWindow


def ietf_headers(windows: Sequence[QuotaWindow], now: float) -> list[tuple[str, str]]:
    """Return `RateLimit-Policy` (q, qu, w) and `RateLimit` (r, t) for windows.

    Follows draft-ietf-httpapi-ratelimit-headers-11, sections 3 and 4, serialised per RFC 9651. A
    window without a limit gets no policy, a window without `remaining` no state, and a field
    without members is left out. A unit is named unless it is the default, requests, although the
    draft's registry has no unit for tokens. `t` is whole seconds after `now`, rounded up.
    """
    policies, states = [], []
    for window in windows:
        name = values.format_string(window.name)
        if _is_integer(window.limit):
            unit = window.unit
            length = f";w={window.window}" if window.window and _is_integer(window.window) else ""
            quota_unit = f";qu={values.format_string(unit)}" if unit != REQUESTS else ""
            policies.append(f"{name};q={window.limit}{quota_unit}{length}")
        if _is_integer(window.remaining):
            delay = None if window.reset_at is None else max(0, ceil(window.reset_at - now))
            reset = f";t={delay}" if _is_integer(delay) else ""
            states.append(f"{name};r={window.remaining}{reset}")
    fields = (("RateLimit-Policy", ", ".join(policies)), ("RateLimit", ", ".join(states)))
    return [field for field in fields if field[1]]


def has_ietf_headers(headers: Sequence[tuple[str, str]]) -> bool:
    """Return whether an upstream sent `RateLimit` or a named `RateLimit-Policy`.

    These exist since draft 07. The proxy then adds no members, because they would break or
    contradict the list.
    """
    for name, value in headers:
        length = len(name)
        if length == 9 and name.lower() == "ratelimit":
            return True
        if length == 16 and name.lower() == "ratelimit-policy" and len(value) <= values.MAX_VALUE:
            policies = values.parse_list(value.strip()) or ()
            if any(isinstance(policy, str) for policy, _ in policies):
                return True
    return False


def _is_integer(value: int | None) -> bool:
    return value is not None and 0 <= value <= values.MAX_INTEGER

"""What an upstream's response headers say about its rate limits, and the same in IETF fields.

Pure functions on the hot path: every dialect in one pass over the headers, no exception ever.
"""

from collections.abc import Sequence
from math import ceil

import msgspec

from api.quota import header_names as names
from api.quota import header_values as values
from api.quota.windows import Group, Window, says_something, urgency
from api.quota.windows import windows as windows_of
from api.storage.sightings import REQUESTS

__all__ = [
    "DIALECTS",
    "Observation",
    "Window",
    "ietf_fields",
    "primary",
    "read",
    "speaks_ietf",
]

DIALECTS = frozenset(
    {
        "anthropic",
        "azure-openai",
        "delta-ms",
        "discord",
        "generic",
        "github",
        "gitlab",
        "linear",
        "none",
        "openai",
        "reddit",
        "shopify",
        "slack",
        "stripe",
        "x",
    }
)
"""The names that a provider's entry may carry; `read` says which of them change anything."""

_MAX_WINDOWS = 8
_MAX_VALUE = 2_048


class Observation(msgspec.Struct, frozen=True):
    """What one response said: at most 8 windows, and the epoch second until which it refused."""

    windows: tuple[Window, ...]
    retry_at: int | None = None

    @property
    def exhausted_until(self) -> int | None:
        """The epoch second before which the key need not be tried, as far as is known."""
        return self.windows_until if self.retry_at is None else self.retry_at

    @property
    def windows_until(self) -> int | None:
        """The epoch second at which every window that is used up has begun anew."""
        return _spent_until(self.windows)


def read(
    headers: Sequence[tuple[str, str]], status: int, now: float, dialect: str = "generic"
) -> Observation | None:
    """Read a response's rate-limit headers; `None` where they say nothing.

    Names are compared without case; a repeated field counts as one list (RFC 9110 section
    5.3), so two different numbers are unknown rather than guessed. `now` is in epoch seconds.

    The header names tell the dialects apart; `dialect` matters only for `delta-ms`, whose
    resets are milliseconds from now, and for `none`, where nothing but `Retry-After` counts.
    `retry_at` is taken from `retry-after-ms` or `Retry-After` on 429 and 403 alone, and on 403
    with an exhausted window from its reset (GitHub, "Rate limits for the REST API").
    `x-should-retry` and `Stripe-Should-Retry` speak of the request, not of the quota.
    """
    alone: Group = {}
    groups: dict[tuple[str, str], Group] = {}
    for name, value in headers:
        if len(name) > names.MAX_NAME or (field := names.field(name)) is None:
            continue
        family, window, kind = field
        if not family:
            _add(alone, kind, value)
        elif (group := groups.get((family, window))) is not None:
            _add(group, kind, value)
        else:
            groups[family, window] = {kind: _readable(value)}
    if not groups and not alone:
        return None

    windows: tuple[Window, ...] = ()
    if dialect != "none":
        found = windows_of(groups, alone, status, now, dialect == "delta-ms")
        windows = tuple(found[:_MAX_WINDOWS])
    retry_at = None
    if status in (403, 429):
        retry_at = _retry_at(alone, now)
        if retry_at is None and status == 403:
            retry_at = _spent_until(windows)
    return Observation(windows, retry_at) if windows or retry_at is not None else None


def primary(observation: Observation) -> Window | None:
    """The window to show: requests before tokens, then the one that runs out first."""
    return min(filter(says_something, observation.windows), key=urgency, default=None)


def ietf_fields(windows: Sequence[Window], now: float) -> list[tuple[str, str]]:
    """Write `RateLimit-Policy` (q, qu, w) and `RateLimit` (r, t) for windows.

    After draft-ietf-httpapi-ratelimit-headers-11, sections 3 and 4, serialised per RFC 9651: a
    window of unknown limit has no policy, one of unknown remaining no state, and a field
    without members is left out. Units other than requests, the default, are named, though the
    registry has none for tokens. `t` is whole seconds after `now`, rounded up.
    """
    policies, states = [], []
    for window in windows:
        name = values.quoted(window.name)
        if _writable(window.limit):
            length = f";w={window.window}" if window.window and _writable(window.window) else ""
            counted = window.unit
            unit = f";qu={values.quoted(counted)}" if counted != REQUESTS else ""
            policies.append(f"{name};q={window.limit}{unit}{length}")
        if _writable(window.remaining):
            until = None if window.reset_at is None else max(0, ceil(window.reset_at - now))
            left = f";t={until}" if _writable(until) else ""
            states.append(f"{name};r={window.remaining}{left}")
    fields = (("RateLimit-Policy", ", ".join(policies)), ("RateLimit", ", ".join(states)))
    return [field for field in fields if field[1]]


def speaks_ietf(headers: Sequence[tuple[str, str]]) -> bool:
    """Whether an upstream sent `RateLimit` or a named `RateLimit-Policy` (draft 07 or later).

    A member of ours would then break or contradict its list.
    """
    for name, value in headers:
        length = len(name)
        if length == 9 and name.lower() == "ratelimit":
            return True
        if length == 16 and name.lower() == "ratelimit-policy" and len(value) <= _MAX_VALUE:
            policies = values.items(value.strip()) or ()
            if any(isinstance(policy, str) for policy, _ in policies):
                return True
    return False


def _add(group: Group, kind: str, value: str) -> None:
    value = _readable(value)
    known = group.get(kind)
    if known is None:
        group[kind] = value
    elif known != value and len(known) <= _MAX_VALUE:
        group[kind] = f"{known}, {value}"


def _readable(value: str) -> str:
    return value.strip() if len(value) <= _MAX_VALUE else ""


def _retry_at(alone: Group, now: float) -> int | None:
    retry_at = None
    if "retry-after-ms" in alone:
        retry_at = values.moment(alone["retry-after-ms"], now, delta_milliseconds=True)
    if retry_at is None and "retry-after" in alone:
        retry_at = values.moment(alone["retry-after"], now)
    return retry_at


def _spent_until(windows: Sequence[Window]) -> int | None:
    """Requests beyond Anthropic's Priority Tier proceed at the standard one
    (https://platform.claude.com/docs/en/api/service-tiers), so its end is not the key's.
    """
    resets = [
        window.reset_at
        for window in windows
        if window.remaining == 0 and not window.name.startswith("priority-")
    ]
    return max((reset for reset in resets if reset is not None), default=None)


def _writable(value: int | None) -> bool:
    return value is not None and 0 <= value <= values.MAX_INTEGER

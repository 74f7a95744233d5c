"""How the rate-limit values of one response make windows, whatever their dialect."""

import re
from collections.abc import Iterator, Mapping
from math import ceil, inf

import msgspec

from api.quota import header_values as values
from api.storage.sightings import REQUESTS, unit_of

Group = dict[str, str]
"""The values of one family of names for one window, by kind (see `quota_names`)."""

_Policies = list[tuple[int, int | None]]

_LENGTHS = {
    "second": 1,
    "minute": 60,
    "hour": 3_600,
    "5h": 18_000,
    "day": 86_400,
    "24hour": 86_400,
    "7d": 604_800,
}
_LABEL = r"[A-Za-z0-9._:/-]{1,64}"
_CALL_LIMIT = r"([0-9]{1,15})/([0-9]{1,15})"
_MEMBER = r"(limit|remaining|reset)=([0-9]{1,15})(?:;[ -~]*)?"
_UNIT = r"[a-z][a-z0-9-]{0,31}"


class Window(msgspec.Struct, frozen=True, omit_defaults=True, array_like=False):
    """One quota: counts of requests (or tokens, ...), `reset_at` in epoch seconds rounded up,
    `window` its length in seconds, `said_unit` the unit where the API names it (`qu`). `None`
    where the API does not say."""

    name: str
    limit: int | None = None
    remaining: int | None = None
    reset_at: int | None = None
    window: int | None = None
    said_unit: str | None = None

    @property
    def unit(self) -> str:
        """What is counted: `requests` unless the API or the window's name says otherwise."""
        return self.said_unit or unit_of(self.name)


def windows(
    groups: Mapping[tuple[str, str], Group],
    alone: Group,
    status: int,
    now: float,
    delta_milliseconds: bool,
) -> list[Window]:
    """The windows that the values of a response make, one of each name.

    More left than the limit is a contradiction: what is left is then unknown, as in an API that
    gives the limit of a second and what is left of a day.
    """
    merged: dict[str, Window] = {}
    for window in _each(groups, alone, status, now, delta_milliseconds):
        other = merged.get(window.name)
        merged[window.name] = window if other is None else _merge(other, window)
    return [_consistent(window) for window in merged.values()]


def says_something(window: Window) -> bool:
    """Whether any of limit, remaining and reset is known."""
    return not (window.limit is None and window.remaining is None and window.reset_at is None)


def urgency(window: Window) -> tuple[bool, bool, float, int, str]:
    """A sort key: known before unknown, requests before tokens, the emptiest first."""
    left = window.remaining or 0
    share = 1.0 if left and not window.limit else left / (window.limit or 1)
    return (
        window.remaining is None,
        window.unit != REQUESTS,
        share,
        left,
        window.name,
    )


def _each(
    groups: Mapping[tuple[str, str], Group],
    alone: Group,
    status: int,
    now: float,
    delta_milliseconds: bool,
) -> Iterator[Window]:
    for (_, name), group in groups.items():
        for window in _of_group(name, group, now, delta_milliseconds):
            if says_something(window) and not _only_a_past_reset(window, now):
                yield window
    if "call-limit" in alone and (matched := re.fullmatch(_CALL_LIMIT, alone["call-limit"])):
        used, limit = int(matched[1]), int(matched[2])
        yield Window("default", limit, max(0, limit - used))
    if status == 429 and "reason" in alone and re.fullmatch(_LABEL, alone["reason"]):
        yield Window(alone["reason"])


def _of_group(name: str, group: Group, now: float, delta_milliseconds: bool) -> Iterator[Window]:
    policies: _Policies = []
    if "state" in group or "policy" in group:
        state = values.items(group.get("state", ""))
        if state is None:
            group = group | _dictionary(group["state"])
        policy = values.items(group.get("policy", "")) or []
        yield from _named(state or [], policy, now)
        policies = _numbered(policy)
    listed = list(_listed(policies, group, now)) if len(policies) > 1 else []
    yield from listed or [_single(name, group, policies, now, delta_milliseconds)]


def _dictionary(text: str) -> Group:
    """The `RateLimit: limit=100, remaining=50, reset=5` of draft 07, section 3.1."""
    members = [re.fullmatch(_MEMBER, member.strip()) for member in text.split(",")]
    return {member[1]: member[2] for member in members if member} if all(members) else {}


def _numbered(policy: values.Items) -> _Policies:
    """The `100;w=60` of drafts up to 07, as (limit, seconds)."""
    return [(quota, values.whole(rest, "w")) for quota, rest in policy if isinstance(quota, int)]


def _named(state: values.Items, policy: values.Items, now: float) -> Iterator[Window]:
    """The windows of draft 08 and later: each policy with its state, joined by name."""
    policies = {name: rest for name, rest in policy if isinstance(name, str)}
    stateless: values.Items = [(name, {}) for name in policies]
    for name, rest in state + stateless:
        if isinstance(name, str):
            quota = policies.get(name, {})
            seconds = values.whole(rest, "t")
            yield Window(
                name[:64] or "default",
                values.whole(quota, "q"),
                values.whole(rest, "r"),
                None if seconds is None else values.bounded(now + seconds, now),
                values.whole(quota, "w") or None,
                _said_unit(quota.get("qu")),
            )


def _said_unit(said: int | str | None) -> str | None:
    """The quota unit of draft 08 and later, section "Quota Unit Parameter"."""
    if not isinstance(said, str) or said == REQUESTS or re.fullmatch(_UNIT, said) is None:
        return None
    return said


def _listed(policies: _Policies, group: Group, now: float) -> Iterator[Window]:
    """Several windows in one field each, in the policy's order, as Brave Search sends them."""
    columns: list[list[str]] = []
    for kind in ("remaining", "reset"):
        column = group[kind].split(",") if kind in group else [""] * len(policies)
        if len(column) != len(policies):
            return
        columns.append(column)
    for (limit, length), remaining, reset in zip(policies, *columns, strict=True):
        yield Window(
            f"per-{length}s" if length else "default",
            limit,
            values.count(remaining.strip()),
            values.delay(reset.strip(), now),
            length or None,
        )


def _single(
    name: str, group: Group, policies: _Policies, now: float, delta_milliseconds: bool
) -> Window:
    limit, length = _limit(group.get("limit", ""), policies)
    if len(policies) == 1 and "limit" not in group:
        limit, length = policies[0]
    left = values.number(group.get("remaining", ""))
    used = values.number(group.get("used", ""))
    if used is not None and left is not None and "limit" not in group:
        limit = round(used + left)
    if used is not None and limit is not None and "remaining" not in group:
        left = max(0, limit - used)
    if group.get("status", "").lower() == "rejected":
        left = 0
    if not name:
        named = "name" in group and re.fullmatch(_LABEL, group["name"])
        name = group["name"] if named else "default"
    return Window(
        name,
        limit,
        None if left is None else int(left),
        _reset_at(group, now, delta_milliseconds),
        length or _LENGTHS.get(name.rpartition("-")[2]),
    )


def _limit(text: str, policies: _Policies) -> tuple[int | None, int | None]:
    """Limit and window of `100` or, as in drafts up to 06, of `100, 100;w=60, 5000;w=3600`."""
    limit = values.count(text)
    if limit is None and ";" in text:
        listed = _numbered(values.items(text) or [])
        if listed and all(length is not None for _, length in listed[1:]):
            limit, policies = listed[0][0], [*listed, *policies]
    for quota, length in policies:
        if quota == limit and length:
            return limit, length
    return limit, None


def _reset_at(group: Group, now: float, delta_milliseconds: bool) -> int | None:
    reset_at = None
    if "reset-after" in group:
        reset_at = values.delay(group["reset-after"], now)
    if reset_at is None and "reset" in group:
        reset_at = values.moment(group["reset"], now, delta_milliseconds=delta_milliseconds)
    if reset_at is None and "reset-time" in group:
        reset_at = values.moment(group["reset-time"], now)
    return reset_at


def _merge(first: Window, second: Window) -> Window:
    """One window from two spellings of it; of two different ones, that which runs out first."""
    if None not in (first.limit, second.limit) and first.limit != second.limit:
        return min(first, second, key=urgency)
    binding, other = sorted(
        (first, second), key=lambda window: inf if window.remaining is None else window.remaining
    )
    return Window(
        first.name,
        other.limit if binding.limit is None else binding.limit,
        binding.remaining,
        other.reset_at if binding.reset_at is None else binding.reset_at,
        binding.window or other.window,
        binding.said_unit or other.said_unit,
    )


def _consistent(window: Window) -> Window:
    if window.limit is None or window.remaining is None or window.remaining <= window.limit:
        return window
    return msgspec.structs.replace(window, remaining=None)


def _only_a_past_reset(window: Window, now: float) -> bool:
    return window.limit is None and window.remaining is None and (window.reset_at or 0) <= ceil(now)

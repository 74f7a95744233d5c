"""Build the quota windows of one response from its header values, in every dialect."""

import re
from collections.abc import Iterator, Mapping
from math import ceil, inf

import msgspec

from api.quota import header_values as values
from api.quota.units import REQUESTS
from api.quota.windows import QuotaWindow, has_numbers, urgency

Group = dict[str, str]
"""The values of the header fields of one family and window, by kind (see `header_names`)."""

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


def build_windows(
    groups: Mapping[tuple[str, str], Group],
    standalone: Group,
    status: int,
    now: float,
    delta_milliseconds: bool,
) -> list[QuotaWindow]:
    """Return the windows of a response, one of each name. `groups` is keyed by family and window.

    If more remains than the limit, the two do not belong together (for example, the limit of a
    second and the remainder of a day). `remaining` is None then.
    """
    merged: dict[str, QuotaWindow] = {}
    for window in _all_windows(groups, standalone, status, now, delta_milliseconds):
        other = merged.get(window.name)
        merged[window.name] = window if other is None else _merge(other, window)
    return [_consistent(window) for window in merged.values()]


def _all_windows(
    groups: Mapping[tuple[str, str], Group],
    standalone: Group,
    status: int,
    now: float,
    delta_milliseconds: bool,
) -> Iterator[QuotaWindow]:
    for (_, name), group in groups.items():
        for window in _group_windows(name, group, now, delta_milliseconds):
            if has_numbers(window) and not _only_a_past_reset(window, now):
                yield window
    if "call-limit" in standalone and (
        matched := re.fullmatch(_CALL_LIMIT, standalone["call-limit"])
    ):
        used, limit = int(matched[1]), int(matched[2])
        yield QuotaWindow("default", limit, max(0, limit - used))
    if status == 429 and "reason" in standalone and re.fullmatch(_LABEL, standalone["reason"]):
        yield QuotaWindow(standalone["reason"])


def _group_windows(
    name: str, group: Group, now: float, delta_milliseconds: bool
) -> Iterator[QuotaWindow]:
    policies: _Policies = []
    if "state" in group or "policy" in group:
        state = values.parse_list(group.get("state", ""))
        if state is None:
            group = group | _parse_dictionary(group["state"])
        policy = values.parse_list(group.get("policy", "")) or []
        yield from _named_windows(state or [], policy, now)
        policies = _unnamed_policies(policy)
    listed = list(_listed_windows(policies, group, now)) if len(policies) > 1 else []
    yield from listed or [_single_window(name, group, policies, now, delta_milliseconds)]


def _parse_dictionary(text: str) -> Group:
    """Parse `RateLimit: limit=100, remaining=50, reset=5` of draft 07, section 3.1."""
    members = [re.fullmatch(_MEMBER, member.strip()) for member in text.split(",")]
    return {member[1]: member[2] for member in members if member} if all(members) else {}


def _unnamed_policies(policy: values.Members) -> _Policies:
    """Return the `100;w=60` of drafts up to 07 as (limit, seconds)."""
    return [
        (quota, values.integer_parameter(rest, "w"))
        for quota, rest in policy
        if isinstance(quota, int)
    ]


def _named_windows(
    state: values.Members, policy: values.Members, now: float
) -> Iterator[QuotaWindow]:
    """Join policies and states by name, as in draft 08 and later."""
    policies = {name: rest for name, rest in policy if isinstance(name, str)}
    stateless: values.Members = [(name, {}) for name in policies]
    for name, rest in state + stateless:
        if isinstance(name, str):
            quota = policies.get(name, {})
            seconds = values.integer_parameter(rest, "t")
            yield QuotaWindow(
                name[:64] or "default",
                values.integer_parameter(quota, "q"),
                values.integer_parameter(rest, "r"),
                None if seconds is None else values.to_epoch_second(now + seconds, now),
                values.integer_parameter(quota, "w") or None,
                _stated_unit(quota.get("qu")),
            )


def _stated_unit(unit: int | str | None) -> str | None:
    """Return the unit in `qu`, None for the default (draft 08, "Quota Unit Parameter")."""
    if not isinstance(unit, str) or unit == REQUESTS or re.fullmatch(_UNIT, unit) is None:
        return None
    return unit


def _listed_windows(policies: _Policies, group: Group, now: float) -> Iterator[QuotaWindow]:
    """Split fields that list several windows in the order of the policy, as Brave Search does."""
    columns: list[list[str]] = []
    for kind in ("remaining", "reset"):
        column = group[kind].split(",") if kind in group else [""] * len(policies)
        if len(column) != len(policies):
            return
        columns.append(column)
    for (limit, length), remaining, reset in zip(policies, *columns, strict=True):
        yield QuotaWindow(
            f"per-{length}s" if length else "default",
            limit,
            values.parse_count(remaining.strip()),
            values.parse_delay(reset.strip(), now),
            length or None,
        )


def _single_window(
    name: str, group: Group, policies: _Policies, now: float, delta_milliseconds: bool
) -> QuotaWindow:
    limit, length = _limit(group.get("limit", ""), policies)
    if len(policies) == 1 and "limit" not in group:
        limit, length = policies[0]
    left = values.parse_number(group.get("remaining", ""))
    used = values.parse_number(group.get("used", ""))
    if used is not None and left is not None and "limit" not in group:
        limit = round(used + left)
    if used is not None and limit is not None and "remaining" not in group:
        left = max(0, limit - used)
    if group.get("status", "").lower() == "rejected":
        left = 0
    if not name:
        named = "name" in group and re.fullmatch(_LABEL, group["name"])
        name = group["name"] if named else "default"
    return QuotaWindow(
        name,
        limit,
        None if left is None else int(left),
        _reset_at(group, now, delta_milliseconds),
        length or _LENGTHS.get(name.rpartition("-")[2]),
    )


def _limit(text: str, policies: _Policies) -> tuple[int | None, int | None]:
    """Return limit and length: `100`, or `100, 100;w=60, 5000;w=3600` in drafts up to 06."""
    limit = values.parse_count(text)
    if limit is None and ";" in text:
        listed = _unnamed_policies(values.parse_list(text) or [])
        if listed and all(length is not None for _, length in listed[1:]):
            limit, policies = listed[0][0], [*listed, *policies]
    for quota, length in policies:
        if quota == limit and length:
            return limit, length
    return limit, None


def _reset_at(group: Group, now: float, delta_milliseconds: bool) -> int | None:
    reset_at = None
    if "reset-after" in group:
        reset_at = values.parse_delay(group["reset-after"], now)
    if reset_at is None and "reset" in group:
        reset_at = values.parse_time(group["reset"], now, delta_milliseconds=delta_milliseconds)
    if reset_at is None and "reset-time" in group:
        reset_at = values.parse_time(group["reset-time"], now)
    return reset_at


def _merge(first: QuotaWindow, second: QuotaWindow) -> QuotaWindow:
    """Merge two spellings of a window. Of two different windows, return the more urgent one."""
    if None not in (first.limit, second.limit) and first.limit != second.limit:
        return min(first, second, key=urgency)
    binding, other = sorted(
        (first, second), key=lambda window: inf if window.remaining is None else window.remaining
    )
    return QuotaWindow(
        first.name,
        other.limit if binding.limit is None else binding.limit,
        binding.remaining,
        other.reset_at if binding.reset_at is None else binding.reset_at,
        binding.window or other.window,
        binding.stated_unit or other.stated_unit,
    )


def _consistent(window: QuotaWindow) -> QuotaWindow:
    if window.limit is None or window.remaining is None or window.remaining <= window.limit:
        return window
    return msgspec.structs.replace(window, remaining=None)


def _only_a_past_reset(window: QuotaWindow, now: float) -> bool:
    return window.limit is None and window.remaining is None and (window.reset_at or 0) <= ceil(now)

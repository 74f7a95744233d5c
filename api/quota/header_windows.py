"""Build the quota windows of one response from its header values, in every dialect."""

import re
from collections.abc import Iterator, Mapping
from math import ceil

import msgspec

from api.quota import header_members as members
from api.quota import header_values as values
from api.quota.header_merging import merged_windows
from api.quota.header_names import window_length
from api.quota.header_words import PERIODS
from api.quota.units import REQUESTS
from api.quota.windows import QuotaWindow, has_numbers


class Group:
    """The values of the header fields of one family and window, by kind (see `header_names`).

    `scales` are the units of times in seconds, where the names state them.
    """

    __slots__ = ("needs_pair", "scales", "texts")

    def __init__(self, *, needs_pair: bool = False) -> None:
        self.texts: dict[str, str] = {}
        self.scales: dict[str, float] = {}
        self.needs_pair = needs_pair


Groups = Mapping[tuple[str, str], Group]
"""The groups of a response by family and window."""

_Policies = list[members.Cell]

_LABEL = r"[A-Za-z0-9._:/-]{1,64}"
_MEMBER = r"(limit|remaining|reset)=([0-9]{1,15}(?:\.[0-9]{1,9})?)(?:;[ -~]*)?"
_UNIT = r"[a-z][a-z0-9-]{0,31}"
_FIRST_OF_TWO_NAMES = r'"[^"]{0,64}" *; *(?=")'
_COUNTS = frozenset({"limit", "remaining", "used"})


def build_windows(
    groups: Groups,
    standalone: Mapping[str, str],
    status: int,
    now: float,
    delta_milliseconds: bool,
) -> list[QuotaWindow]:
    """Return the windows of a response, one of each name.

    If more remains than the limit, the two do not belong together (for example, the limit of a
    second and the remainder of a day). `remaining` is None then.
    """
    windows: list[QuotaWindow] = []
    for (_, name), group in _joined(groups).items():
        for window in _group_windows(name, group, now, delta_milliseconds):
            if has_numbers(window) and not _only_a_past_reset(window, now):
                windows.append(window)
    if standalone:
        windows += _standalone_windows(standalone, status, now)
    return [_consistent(window) for window in merged_windows(windows)]


def _joined(groups: Groups) -> Groups:
    """Drop groups that are not about rate limits, and join those of one window.

    A provider may name the window in some of its fields only: `X-Rate-Limit-Requests-Left` with
    `X-Rate-Limit-Time-Reset-Ms`, `RateLimit-DailyLimit` with `RateLimit-Remaining`.
    """
    kept: dict[tuple[str, str], Group] = {}
    named: dict[str, list[str]] = {}
    for key, group in groups.items():
        if not group.needs_pair or _has_pair(group.texts):
            kept[key] = group
            named.setdefault(key[0], []).append(key[1])
    for family, windows in named.items():
        if len(windows) == 2 and "" in windows:
            name = windows[0] or windows[1]
            rest, main = kept[family, ""], kept[family, name]
            if _can_be_joined(rest.texts, main.texts):
                main.texts.update(rest.texts)
                main.scales.update(rest.scales)
                del kept[family, ""]
    return kept


def _has_pair(texts: dict[str, str]) -> bool:
    limit = texts.get("limit", "")
    if "=" in limit or "/" in limit:
        return True
    return ("limit" in texts) and ("remaining" in texts or "used" in texts)


def _can_be_joined(rest: dict[str, str], main: dict[str, str]) -> bool:
    """Return whether fields without a window say what fields with one leave out."""
    counts = main.keys() & _COUNTS
    return (
        bool(counts)
        and rest.keys().isdisjoint(main)
        and rest.keys().isdisjoint({"state", "policy", "name", "status", "members"})
    )


def _standalone_windows(
    standalone: Mapping[str, str], status: int, now: float
) -> Iterator[QuotaWindow]:
    for kind, text in standalone.items():
        if kind == "call-limit" and (call_limit := members.used_of(text)) is not None:
            used, limit = call_limit
            yield QuotaWindow("default", limit, max(0, limit - used))
        elif kind == "call-limits":
            yield from members.named_windows(text, "", now)
        elif kind == "percentages":
            yield from members.percentages(text)
        elif kind == "reason" and status == 429 and re.fullmatch(_LABEL, text):
            yield QuotaWindow(text)


def _group_windows(
    name: str, group: Group, now: float, delta_milliseconds: bool
) -> Iterator[QuotaWindow]:
    texts = group.texts
    if "members" in texts:
        yield from members.named_windows(texts["members"], name, now)
    policies: _Policies = []
    if "state" in texts or "policy" in texts:
        state = _state(texts)
        policy = _parse_policy(texts.get("policy", ""))
        yield from _named_windows(state, policy, now)
        policies = _unnamed_policies(policy)
    yield from _listed_windows(name, policies, texts, now) or [
        _single_window(name, group, policies, now, delta_milliseconds)
    ]
    if "=" in texts.get("limit", "") and not texts["limit"][0].isdigit():
        yield from members.named_windows(texts["limit"], name, now)
    remaining = texts.get("remaining", "")
    if ";" in remaining:
        yield from members.named_counts(remaining)
    elif remaining.startswith("{"):
        yield from members.keyed_windows(texts.get("limit", ""), remaining)


def _state(texts: dict[str, str]) -> values.Members:
    """Return the members of a `RateLimit` field. A plain number in its place is the limit."""
    text = texts.get("state", "")
    if text[:1].isdigit() and "limit" not in texts and members.parse_cells(text) is not None:
        texts["limit"] = text
        return []
    state = values.parse_list(text)
    if state is None:
        texts.update(_parse_dictionary(text))
    return state or []


def _parse_policy(text: str) -> values.Members:
    """Parse a policy. Hugging Face sends two names: `"fixed window";"api";q=500;w=300`."""
    policy = values.parse_list(text)
    if policy is None:
        policy = values.parse_list(re.sub(_FIRST_OF_TWO_NAMES, "", text))
    return policy or []


def _parse_dictionary(text: str) -> dict[str, str]:
    """Parse `RateLimit: limit=100, remaining=50, reset=5` of draft 07, section 3.1."""
    members = [re.fullmatch(_MEMBER, member.strip()) for member in text.split(",")]
    return {member[1]: member[2] for member in members if member} if all(members) else {}


def _unnamed_policies(policy: values.Members) -> _Policies:
    """Return the `100;w=60` of drafts up to 07."""
    return [
        members.Cell(quota, members.length_parameter(rest))
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


def _listed_windows(
    name: str, policies: _Policies, texts: dict[str, str], now: float
) -> list[QuotaWindow]:
    """Split fields that list several windows, as Brave Search, Strava and Riot Games do.

    Returns an empty list unless limits and what remains of them (or is used) are of one number.
    """
    listed = policies if len(policies) > 1 else None
    limits = texts.get("limit", "")
    if listed is None and ("," in limits or ":" in limits):
        listed = members.parse_cells(limits)
    if listed is None or len(listed) < 2:
        return []
    left = _column(texts, "remaining", len(listed))
    used = _column(texts, "used", len(listed)) if "remaining" not in texts else None
    if left is None and used is None and (listed is not policies or _COUNTS & texts.keys()):
        return []
    counts = [texts[kind] for kind in ("limit", "remaining", "used") if kind in texts]
    if listed is not policies and members.may_have_thousands(*counts):
        return []
    resets = texts.get("reset", "").split(",")
    if len(resets) != len(listed):
        if listed is policies and "reset" in texts:
            return []
        resets = [""] * len(listed)
    windows = []
    for number, (limit, length) in enumerate(listed):
        remaining = None
        if left is not None:
            remaining = left[number].amount
        elif used is not None:
            remaining = max(0, limit - used[number].amount)
        label = f"per-{length}s" if length else f"window-{number + 1}"
        reset_at = values.parse_delay(resets[number].strip(), now)
        windows.append(
            QuotaWindow(f"{name}-{label}" if name else label, limit, remaining, reset_at, length)
        )
    return windows


def _column(texts: dict[str, str], kind: str, size: int) -> list[members.Cell] | None:
    cells = members.parse_cells(texts[kind]) if kind in texts else None
    return cells if cells is not None and len(cells) == size else None


def _single_window(
    name: str, group: Group, policies: _Policies, now: float, delta_milliseconds: bool
) -> QuotaWindow:
    texts = group.texts
    limit, length = _limit(texts.get("limit", ""), policies)
    if len(policies) == 1 and "limit" not in texts:
        limit, length = policies[0]
    left = _number(texts.get("remaining", ""))
    used = _number(texts.get("used", ""))
    if used is not None and left is not None and "limit" not in texts:
        limit = round(used + left)
    if used is not None and limit is not None and "remaining" not in texts:
        left = max(0, limit - used)
    if limit is None and left is None and (both := members.used_of(texts.get("limit", ""))):
        limit, left = both[1], max(0, both[1] - both[0])
    if texts.get("status", "").lower() == "rejected":
        left = 0
    if not name:
        named = "name" in texts and re.fullmatch(_LABEL, texts["name"])
        name = texts["name"] if named else "default"
    return QuotaWindow(
        name,
        limit,
        None if left is None else int(left),
        _reset_at(group, now, delta_milliseconds),
        length or _length(group, name),
    )


def _number(text: str) -> float | None:
    """Parse `76` or `76;w=21600`."""
    number = values.parse_number(text)
    if number is None and (";" in text or ":" in text):
        cells = members.parse_cells(text)
        number = cells[0].amount if cells is not None and len(cells) == 1 else None
    return number


def _limit(text: str, policies: _Policies) -> tuple[int | None, int | None]:
    """Return limit and length: `100`, or `100, 100;w=60, 5000;w=3600` in drafts up to 06."""
    number = values.parse_number(text)
    if number is not None and 0 < number < 1:
        return None, None  # Amazon's requests per second: too few for a count
    limit = None if number is None else int(number)
    if limit is None and text:
        listed = members.parse_cells(text) or []
        if listed and all(length is not None for _, length in listed[1:]):
            limit, policies = listed[0].amount, [*listed, *policies]
    for quota, length in policies:
        if quota == limit and length:
            return limit, length
    return limit, None


def _length(group: Group, name: str) -> int | None:
    text = group.texts.get("length", "")
    if text:
        unit = PERIODS.get(group.texts.get("length-unit", "").lower().rstrip("s"))
        length = values.parse_seconds(text, group.scales.get("length", unit or 0))
        return PERIODS.get(text.lower()) if length is None else length
    return window_length(name)


def _reset_at(group: Group, now: float, delta_milliseconds: bool) -> int | None:
    texts = group.texts
    reset_at = None
    if "reset-after" in texts:
        reset_at = values.parse_delay(texts["reset-after"], now)
        if reset_at is None:
            reset_at = values.parse_time(texts["reset-after"], now)
    if reset_at is None and "reset" in texts:
        reset_at = values.parse_time(texts["reset"], now, delta_milliseconds=delta_milliseconds)
        if reset_at is None and ";" in texts["reset"]:
            reset_at = values.parse_time(texts["reset"].partition(";")[0].strip(), now)
    if reset_at is None and "reset-scaled" in texts:
        scale = group.scales["reset-scaled"]
        reset_at = values.parse_scaled_time(texts["reset-scaled"], now, scale)
    if reset_at is None and "reset-time" in texts:
        reset_at = values.parse_time(texts["reset-time"], now)
    return reset_at


def _consistent(window: QuotaWindow) -> QuotaWindow:
    if window.limit is None or window.remaining is None or window.remaining <= window.limit:
        return window
    return msgspec.structs.replace(window, remaining=None)


def _only_a_past_reset(window: QuotaWindow, now: float) -> bool:
    return window.limit is None and window.remaining is None and (window.reset_at or 0) <= ceil(now)

"""What a scan finds in an account, and which of it is news.

Each scan finds what is true at that moment. The account's noted findings say what it was notified
of, so that each is notified once: for its window, or until it ends and begins again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Literal

import msgspec

from api.schemas.notifications import NotificationEvent
from api.storage.noted_findings import NotedFinding
from api.storage.notifications import Fact

_HOUR = 3600
_DAY = 86_400
# Seconds after which a finding is forgotten. It must begin a new series then, which is shorter.
_KEPT = 40 * _DAY
_SERIES = 30 * _DAY
# Something that begins and ends all the time is notified so often in an hour.
_MOST_AN_HOUR = 3
_MOST_NOTED = 2000
# The rest is found by the next scan.
_MOST_NEWS = 100


class Observation(msgspec.Struct, frozen=True):
    """Something that an account should know, as long as a scan finds it.

    `name` tells the findings of an account apart, and begins with the event. It is notified once
    until the time `until` (epoch seconds), or, without one, until a scan no longer finds it.
    `window` is for what has a window of its own, such as the period of a budget: it is never
    notified twice. What `continues` is notified only if it has begun before, and what `ends` only
    if it has not ended yet.
    """

    name: str
    event: NotificationEvent
    subject: str
    title: str
    text: str
    facts: dict[str, Fact]
    until: int | None = None
    window: str = ""
    phase: Literal["begins", "continues", "ends"] = "begins"


Noted = Mapping[str, NotedFinding]
"""The noted findings of an account, by name."""


class News(msgspec.Struct, frozen=True):
    """A finding to notify, and the window in which it is notified once."""

    finding: Observation
    window: str


def news_of(
    findings: Iterable[Observation], noted: Noted, covered: Collection[str], now: float
) -> tuple[list[News], dict[str, NotedFinding]]:
    """Return what to notify, and what is noted then.

    `covered` are the events that the scan looked for: findings of others neither begin nor end.
    """
    news: list[News] = []
    after: dict[str, NotedFinding] = {}
    found = {finding.name: finding for finding in findings}
    for name, finding in found.items():
        entry = noted.get(name) or NotedFinding(series=int(now) // _SERIES)
        if entry.at > now + _DAY:  # It was noted by a clock that was far ahead.
            entry = NotedFinding(entry.number, entry.series)
        if finding.phase == "ends":
            if entry.holds:
                news.append(News(finding, f"{_window(entry)} end"))
            after[name] = _ended(entry, now)
        elif _is_quiet(entry, now):
            after[name] = entry
        elif finding.phase == "begins" and len(news) < _MOST_NEWS and not _is_held_back(entry, now):
            news.append(News(finding, finding.window or _window(entry)))
            after[name] = _noted(finding, entry, now)
        else:
            after[name] = entry
    for name, entry in noted.items():
        if name in found:
            continue
        if name.partition(":")[0] in covered:
            entry = _ended(entry, now)
            if _may_be_forgotten(entry, now):
                continue
        after[name] = entry
    return news, _latest({name: entry for name, entry in after.items() if entry.at})


def _window(entry: NotedFinding) -> str:
    """Return the window of the next notification, without a window of its own."""
    return f"{entry.series}:{entry.number}"


def _is_quiet(entry: NotedFinding, now: float) -> bool:
    """Return whether the finding was notified and has not ended since."""
    return now < entry.until if entry.until else entry.holds


def _is_held_back(entry: NotedFinding, now: float) -> bool:
    """Return whether the finding began so often in the last hour that it has to wait."""
    return len(entry.recent) == _MOST_AN_HOUR and now - entry.recent[0] < _HOUR


def _may_be_forgotten(entry: NotedFinding, now: float) -> bool:
    """Return whether nothing is lost without the entry. It is not found any more."""
    if _is_quiet(entry, now):
        return False
    return not entry.number or now - max(entry.at, entry.until) > _KEPT


def _noted(finding: Observation, entry: NotedFinding, now: float) -> NotedFinding:
    """Return the entry of a finding that is notified now."""
    number, at = entry.number + (not finding.window), int(now)
    if finding.until is not None:
        return NotedFinding(number, entry.series, at, finding.until)
    recent = (*entry.recent[1 - _MOST_AN_HOUR :], at)
    return NotedFinding(number, entry.series, at, 0, True, recent)


def _ended(entry: NotedFinding, now: float) -> NotedFinding:
    return msgspec.structs.replace(entry, holds=False, at=int(now)) if entry.holds else entry


def _latest(noted: dict[str, NotedFinding]) -> dict[str, NotedFinding]:
    """Return the latest of too many entries: an item has a size."""
    if len(noted) <= _MOST_NOTED:
        return noted
    ordered = sorted(noted.items(), key=lambda one: one[1].at, reverse=True)
    return dict(ordered[:_MOST_NOTED])

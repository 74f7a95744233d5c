"""What of a scan's findings is news: each once, for its window or until it ends."""

from __future__ import annotations

from typing import Any, Literal

from api.detection.observation import Observation, news_of
from api.storage.noted_findings import NotedFinding

NOW = 1_790_000_000
HOUR = 3600
DAY = 86_400

Phase = Literal["begins", "continues", "ends"]


def finding(
    name: str = "key:refused:a",
    until: int | None = None,
    window: str = "",
    phase: Phase = "begins",
) -> Observation:
    return Observation(name, "key", name, "title", "text", {}, until, window, phase)


class Scans:
    """The scans of one account, one after the other."""

    def __init__(self) -> None:
        self.noted: dict[str, NotedFinding] = {}
        self.now = NOW

    def run(self, *findings: Observation, after: int = 10, covered: Any = ("key",)) -> list[str]:
        """Scan `after` seconds later. Return the windows of what is news."""
        self.now += after
        news, self.noted = news_of(findings, self.noted, covered, self.now)
        return [each.window.removeprefix(f"{NOW // (30 * DAY)}:") for each in news]


def test_what_lasts_is_notified_once_until_it_ends() -> None:
    scans = Scans()
    assert scans.run(finding()) == ["0"]
    assert scans.run(finding()) == []
    assert scans.run(finding(), after=90 * DAY) == []
    assert scans.run() == []
    assert scans.run(finding()) == ["1"]
    assert scans.run(finding()) == []


def test_what_resets_is_notified_once_before_its_reset() -> None:
    scans = Scans()
    assert scans.run(finding(until=NOW + HOUR)) == ["0"]
    # The reset that an upstream reports moves by a second, or with each call.
    assert scans.run(finding(until=NOW + HOUR + 1)) == []
    assert scans.run() == []
    assert scans.run(finding(until=NOW + HOUR + 9)) == []
    assert scans.run(finding(until=NOW + 2 * HOUR), after=HOUR) == ["1"]


def test_a_window_of_its_own_is_kept() -> None:
    scans = Scans()
    assert scans.run(finding(window="2026-12:80")) == ["2026-12:80"]
    assert scans.run(finding(window="2026-12:80")) == []
    assert scans.run() == []
    assert scans.noted == {}
    # The outbox refuses the same window again.
    assert scans.run(finding(window="2026-12:80")) == ["2026-12:80"]


def test_two_scans_of_the_same_account_have_the_same_window() -> None:
    scans = Scans()
    scans.run(finding(until=NOW + HOUR))
    noted = scans.noted
    later = NOW + 2 * HOUR
    one, after_one = news_of([finding(until=later + HOUR)], noted, ("key",), later)
    two, after_two = news_of([finding(until=later + HOUR + 2)], noted, ("key",), later + 1)
    assert (
        [each.window for each in one] == [each.window for each in two] == [f"{NOW // (30 * DAY)}:1"]
    )
    assert after_one.keys() == after_two.keys()


def test_what_continues_begins_nothing() -> None:
    scans = Scans()
    assert scans.run(finding(phase="continues")) == []
    assert scans.run(finding()) == ["0"]
    assert scans.run(finding(phase="continues")) == []
    assert scans.run(finding()) == []


def test_an_end_is_notified_once_and_only_after_a_beginning() -> None:
    scans = Scans()
    assert scans.run(finding(phase="ends")) == []
    assert scans.noted == {}
    assert scans.run(finding()) == ["0"]
    assert scans.run(finding(phase="ends")) == ["1 end"]
    assert scans.run(finding(phase="ends")) == []
    assert scans.run(finding()) == ["1"]
    assert scans.run(finding(phase="ends")) == ["2 end"]


def test_what_begins_and_ends_all_the_time_is_notified_three_times_an_hour() -> None:
    scans = Scans()
    windows = []
    for _ in range(300):
        windows += scans.run(finding())
        windows += scans.run()
    # 100 minutes.
    assert windows == ["0", "1", "2", "3", "4", "5"]
    # What was held back and still holds is notified later.
    assert scans.run(finding()) == []
    assert scans.run(finding(), after=HOUR) == ["6"]


def test_an_event_that_was_not_looked_for_does_not_end() -> None:
    scans = Scans()
    assert scans.run(finding()) == ["0"]
    assert scans.run(covered=("budget",)) == []
    assert scans.run(finding()) == []


def test_a_clock_that_was_ahead_does_not_silence_what_follows() -> None:
    scans = Scans()
    scans.now += 400 * DAY
    assert len(scans.run(finding(until=NOW + 401 * DAY))) == 1
    scans.now = NOW
    assert len(scans.run(finding(until=NOW + HOUR))) == 1
    assert scans.run(finding(until=NOW + HOUR)) == []


def test_a_clock_that_is_set_back_a_little_repeats_nothing() -> None:
    scans = Scans()
    assert scans.run(finding()) == ["0"]
    assert scans.run(finding(), after=-HOUR) == []


def test_what_is_over_for_long_is_forgotten() -> None:
    scans = Scans()
    scans.run(finding("key:a"), finding("key:b", until=NOW + HOUR))
    scans.run(after=30 * DAY)
    assert set(scans.noted) == {"key:a", "key:b"}
    scans.run(after=11 * DAY)
    assert set(scans.noted) == {"key:a"}
    scans.run(after=30 * DAY)
    assert scans.noted == {}


def test_what_was_forgotten_gets_other_windows_than_before() -> None:
    noted: dict[str, NotedFinding] = {}
    windows = []
    for at in range(NOW, NOW + 200 * DAY, 41 * DAY):
        news, noted = news_of([finding()], noted, ("key",), at)
        windows += [each.window for each in news]
        _, noted = news_of([], noted, ("key",), at)
        _, noted = news_of([], noted, ("key",), at + 40 * DAY + 1)
        assert noted == {}
    assert len(set(windows)) == len(windows) == 5


def test_what_is_noted_stays_small() -> None:
    many = {f"key:{number}": NotedFinding(1, 690, NOW + number, 0, True) for number in range(3000)}
    _, noted = news_of([], many, ("budget",), NOW)
    assert list(noted) == [f"key:{number}" for number in range(2999, 999, -1)]


def test_one_scan_has_at_most_a_hundred_news_and_the_next_one_has_the_rest() -> None:
    scans = Scans()
    many = [finding(f"key:{number}") for number in range(250)]
    assert [len(scans.run(*many)) for _ in range(4)] == [100, 100, 50, 0]

"""A search of the request log stops after a bounded time and says how far back it came."""

from __future__ import annotations

from typing import Any, cast

from api.services.statistics import StatisticsService
from api.storage.page import Page
from api.storage.requests import LogEntry, LogFilter, position_time

NOW = 1_780_000_000
ENTRY = LogEntry("r1", NOW, "github", "GET", "api.github.com", "/user", 200, 5)


class SlowLog:
    """A log of which each read takes a fifth of a second and finds the given numbers of entries."""

    def __init__(self, *found: int) -> None:
        self.found = list(found)
        self.seconds = 0.0

    def page(self, _username: str, _filter: LogFilter, **given: Any) -> Page[LogEntry]:
        self.seconds += 0.2
        reads = 1 if given["after"] is None else int(position_time(given["after"])) - NOW + 1
        items = [ENTRY] * min(given["limit"], self.found.pop(0))
        return Page(items, f"LOG#{(NOW + reads) * 1000:013d}#0" if self.found else None)

    def search(self, limit: int = 2) -> tuple[int, bool, float | None]:
        service = StatisticsService(
            cast(Any, None), cast(Any, self), lambda: NOW, lambda: self.seconds
        )
        page = service.requests(
            "ada", LogFilter("x"), limit=limit, after=None, start=None, end=None
        )
        return len(page.items), page.next is not None, page.searched_until


def test_a_search_without_a_match_stops_and_says_how_far_it_came() -> None:
    log = SlowLog(*[0] * 50)
    assert log.search() == (0, True, NOW + 3)
    assert 0.6 <= log.seconds < 0.9


def test_matches_that_do_not_fill_the_page_are_returned_with_the_position() -> None:
    assert SlowLog(0, 1, 0, 0, 0, 9).search() == (1, True, NOW + 3)


def test_a_full_page_and_a_finished_search_have_no_searched_until() -> None:
    assert SlowLog(0, 1, 5, 1).search() == (2, True, None)
    assert SlowLog(0, 1).search() == (1, False, None)

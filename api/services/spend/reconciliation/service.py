"""Compare what the dashboard counted with what providers report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol
from urllib.parse import urlsplit

from api.errors import Problem
from api.logs import log_event
from api.schemas.reconciliation import ReconciliationCandidate, ReconciliationView
from api.services.spend.reconciliation.comparison import (
    drift_percent,
    is_complete,
    reconciled_day,
)
from api.services.spend.reconciliation.days import OwnDay, compared_days
from api.services.spend.reconciliation.reports import (
    DAY,
    REPORT_DAYS,
    CostReport,
    CostSource,
    ReportFailed,
    find_source,
)
from api.spend.money import as_usd
from api.storage.keys import Keys, StoredKey
from api.storage.pools import Pools
from api.storage.reconciliations import (
    Reconciliation,
    ReconciliationChanged,
    Reconciliations,
    StoredDay,
)
from api.storage.schedules import next_midnight
from api.storage.usage import Usage

# Seconds until a run that failed temporarily is repeated.
_RETRY_AFTER = 3600
_FOR_THE_MOMENT = frozenset({"unreachable", "rate_limited"})


class Reporter(Protocol):
    """Reads cost reports. The implementation is in `api/key_checks`, because it calls upstreams."""

    def read(self, username: str, key: StoredKey, source: CostSource, start: int) -> CostReport:
        """Return the costs of the days from `start` on. Raises ReportFailed."""


class ReconciliationService:
    """Sets up, runs and shows reconciliations.

    `clock` returns epoch seconds. `is_scheduled` is whether this server runs them daily.
    """

    def __init__(
        self,
        reconciliations: Reconciliations,
        keys: Keys,
        pools: Pools,
        usage: Usage,
        reporter: Reporter,
        clock: Callable[[], float],
        is_scheduled: bool,
    ) -> None:
        self._reconciliations = reconciliations
        self._keys = keys
        self._pools = pools
        self._usage = usage
        self._reporter = reporter
        self._clock = clock
        self._is_scheduled = is_scheduled

    def all(self, username: str) -> list[ReconciliationView]:
        """Return the reconciliations of a user, by API name."""
        stored = self._reconciliations.all(username)
        return [self._view(username, one, stored) for one in stored]

    def candidates(self, username: str) -> list[ReconciliationCandidate]:
        """Return the APIs whose provider reports costs, with the APIs that may hold its admin key.

        A provider's admin key is stored under an API name of its own.
        """
        sources: dict[str, CostSource] = {}
        for pool in self._pools.all(username):
            for key in pool.keys:
                source = find_source(key.provider or pool.api_name, _host(key.base_url))
                if source is not None:
                    sources.setdefault(pool.api_name, source)
        return [
            ReconciliationCandidate(
                api_name=name,
                provider=source.provider,
                admin_api_names=[
                    other for other in sources if other != name and sources[other] == source
                ],
            )
            for name, source in sources.items()
        ]

    def set(self, username: str, api_name: str, admin_api_name: str) -> ReconciliationView:
        """Compare an API with the figures that the admin key of another API can read.

        Raises Problem(unknown_api) and Problem(invalid_field).
        """
        keys = self._keys.of_api(username, api_name)
        if not keys:
            raise Problem("unknown_api", f"No key is stored for {api_name}.")
        found = self._admin_key(username, admin_api_name)
        of_others = {source.provider for key in keys if (source := _source(key)) is not None} - (
            {found[1].provider} if found else set()
        )
        if api_name == admin_api_name or found is None or of_others:
            raise Problem(
                "invalid_field",
                "Store an admin key of the API's provider (OpenAI, Anthropic or OpenRouter) under "
                "an API name of its own, and give that name.",
                field="admin_api_name",
            )
        new = Reconciliation(api_name, admin_api_name, next_at=int(self._clock()))
        old = self._reconciliations.get(username, api_name)
        try:
            self._reconciliations.set(username, new)
        except ReconciliationChanged as error:
            raise Problem("conflict", "The account was deleted at the same time.") from error
        if old is not None and old.admin_api_name != admin_api_name:
            self._reconciliations.delete_days(username, api_name)  # They are of another account.
        log_event("reconciliation_set", user=username, api_name=api_name)
        return self._view(username, new, self._reconciliations.all(username))

    def remove(self, username: str, api_name: str) -> None:
        """Delete a reconciliation and its days. Raises Problem(reconciliation_not_found)."""
        if not self._reconciliations.delete(username, api_name):
            raise _not_found()

    def run(self, username: str, api_name: str) -> ReconciliationView:
        """Read the provider's figures, compare and store them.

        A failure of the provider is a state of the result. Raises Problem(reconciliation_not_found)
        and Problem(conflict).
        """
        stored = self._reconciliations.all(username)
        seen = next((one for one in stored if one.api_name == api_name), None)
        if seen is None:
            raise _not_found()
        now = int(self._clock())
        start = now - now % DAY - (REPORT_DAYS - 1) * DAY
        days: list[StoredDay] = []
        state, detail = "ok", ""
        try:
            report = self._report(username, seen.admin_api_name, start)
        except ReportFailed as failure:
            state, detail = failure.state, failure.detail
        else:
            before = self._reconciliations.days(username, api_name, start - DAY, now + 1)
            own = self._own_days(username, _compared(seen, stored), start, now)
            days = compared_days(before, report, own, start, now)
            if any(day.provider is None for day in days if is_complete(day)):
                detail = "The provider has no figure for some days. The causes of each day say why."
        next_at = next_midnight(now)
        if state in _FOR_THE_MOMENT:
            next_at = min(next_at, now + _RETRY_AFTER)
        new = Reconciliation(api_name, seen.admin_api_name, next_at, state, detail, now)
        try:
            self._reconciliations.save_run(username, seen, new, days)
        except ReconciliationChanged as error:
            raise Problem(
                "conflict", "Another request changed the comparison at the same time. Try again."
            ) from error
        return self._view(username, new, stored)

    def _report(self, username: str, admin_api_name: str, start: int) -> CostReport:
        found = self._admin_key(username, admin_api_name)
        if found is None:
            raise ReportFailed(
                "no_key",
                f"There is no admin key under {admin_api_name} any more. Store one, or choose "
                "another API.",
            )
        key, source = found
        try:
            return self._reporter.read(username, key, source, start)
        except Problem as problem:  # The secret cannot be decrypted.
            raise ReportFailed("no_key", problem.detail) from problem

    def _admin_key(self, username: str, api_name: str) -> tuple[StoredKey, CostSource] | None:
        for key in self._keys.of_api(username, api_name):
            source = _source(key)
            if source is not None:
                return key, source
        return None

    def _own_days(
        self, username: str, api_names: Sequence[str], start: int, now: int
    ) -> dict[int, OwnDay]:
        counted = [
            (record.start, record.counters)
            for record in self._usage.records.days(username, start, now + 1, now)
            if record.api_name in api_names
        ]
        # The rate-limit items have the counters of the last hour with calls.
        counted += [
            (limit.hour - limit.hour % DAY, limit.counters)
            for limit in self._usage.rate_limits(username, now)
            if limit.api_name in api_names
        ]
        days: dict[int, OwnDay] = {}
        for day, counters in counted:
            days[day] = days.get(day, OwnDay()).plus(counters)
        return days

    def _view(
        self, username: str, one: Reconciliation, stored: Sequence[Reconciliation]
    ) -> ReconciliationView:
        found = self._admin_key(username, one.admin_api_name)
        now = int(self._clock())
        days = self._reconciliations.days(
            username, one.api_name, now - now % DAY - (REPORT_DAYS - 1) * DAY, now + 1
        )
        complete = [day for day in days if is_complete(day) and day.provider is not None]
        provider = sum(day.provider or 0 for day in complete) if complete else None
        own = sum(day.own for day in complete)
        return ReconciliationView(
            api_name=one.api_name,
            admin_api_name=one.admin_api_name,
            provider=None if found is None else found[1].provider,
            compared_apis=_compared(one, stored),
            state=one.state,  # type: ignore[arg-type]
            detail=one.detail,
            last_run_at=one.run_at,
            next_run_at=one.next_at if self._is_scheduled else None,
            provider_usd=None if provider is None else as_usd(provider),
            own_usd=as_usd(own),
            drift_percent=drift_percent(provider, own),
            days=[reconciled_day(day) for day in reversed(days)],
        )


def _compared(one: Reconciliation, stored: Sequence[Reconciliation]) -> list[str]:
    """Return the names of all APIs that use the same admin key."""
    names = {other.api_name for other in stored if other.admin_api_name == one.admin_api_name}
    return sorted(names | {one.api_name})


def _source(key: StoredKey) -> CostSource | None:
    return find_source(key.provider, _host(key.base_url))


def _host(base_url: str) -> str:
    return (urlsplit(base_url).hostname or "").lower()


def _not_found() -> Problem:
    return Problem("reconciliation_not_found", "This API is not compared with its provider.")

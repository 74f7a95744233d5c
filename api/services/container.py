"""The services that the routes call, as one typed record made by wiring.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import msgspec

from api.models import CheckResult
from api.services.accounts import AccountService
from api.services.catalogue import Catalogue
from api.services.cursors import Cursors
from api.services.env_files import EnvFileService
from api.services.rate_limits import RateLimitService
from api.services.reservations import ReservationService
from api.services.sessions import SessionService
from api.services.statistics import StatisticsService
from api.services.tokens import TokenService
from api.services.vault import Vault
from api.storage.sessions import Sessions
from api.storage.table import Table


class Checker(Protocol):
    """Proves keys; it lives in the proxy room, since it calls upstreams."""

    def check(self, username: str, key_id: str) -> CheckResult:
        """Make the provider's harmless request."""


class Services(msgspec.Struct, frozen=True):
    """Everything under `/api` is made of these."""

    accounts: AccountService
    sessions: SessionService
    session_storage: Sessions
    vault: Vault
    catalogue: Catalogue
    env_files: EnvFileService
    tokens: TokenService
    rate_limits: RateLimitService
    reservations: ReservationService
    statistics: StatisticsService
    cursors: Cursors
    checker: Checker
    table: Table
    public_url: str | None
    api_ports: dict[str, int]
    scheduled_checks: bool
    clock: Callable[[], float]

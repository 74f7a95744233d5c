"""The services that the routes call, as one typed record made by wiring.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import msgspec

from api.schemas.keys import CheckResult
from api.services.accounts.service import AccountService
from api.services.accounts.sessions import SessionService
from api.services.cursors import Cursors
from api.services.env_files.service import EnvFileService
from api.services.keys.catalogue import Catalogue
from api.services.keys.vault import Vault
from api.services.limits.policies import RateLimitService
from api.services.limits.reservations import ReservationService
from api.services.statistics import StatisticsService
from api.services.tokens import TokenService
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

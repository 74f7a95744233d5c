"""The services that the routes call, in one typed record that `api/wiring` creates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import msgspec

from api.schemas.keys import CheckResult
from api.services.accounts.devices import Devices
from api.services.accounts.service import AccountService
from api.services.accounts.sessions import SessionService
from api.services.accounts.sign_in import SignInService
from api.services.audit.service import AuditService
from api.services.cursors import Cursors
from api.services.env_files.service import EnvFileService
from api.services.keys.catalogue import Catalogue
from api.services.keys.vault import Vault
from api.services.limits.policies import RateLimitService
from api.services.limits.reservations import ReservationService
from api.services.notifications.service import NotificationService
from api.services.own_token import OwnTokenService
from api.services.second_factor.service import SecondFactorService
from api.services.second_factor.step_up import StepUpService
from api.services.spend.budgets import BudgetService
from api.services.spend.prices import PriceService
from api.services.spend.reconciliation.service import ReconciliationService
from api.services.spend.report import SpendService
from api.services.statistics import StatisticsService
from api.services.token_rotation import TokenRotation
from api.services.tokens import TokenService
from api.storage.sessions import Sessions
from api.storage.table import Table


class Checker(Protocol):
    """Checks keys. The implementation is in `api/key_checks`, because it calls upstreams."""

    def check(self, username: str, key_id: str) -> CheckResult:
        """Make the provider's harmless request and return the outcome."""


class Services(msgspec.Struct, frozen=True):
    """The services behind the endpoints under `/api`."""

    accounts: AccountService
    sign_in: SignInService
    second_factors: SecondFactorService
    step_up: StepUpService
    audit: AuditService
    sessions: SessionService
    session_storage: Sessions
    devices: Devices
    vault: Vault
    catalogue: Catalogue
    env_files: EnvFileService
    tokens: TokenService
    token_rotation: TokenRotation
    own_token: OwnTokenService
    rate_limits: RateLimitService
    reservations: ReservationService
    spend: SpendService
    budgets: BudgetService
    prices: PriceService
    notifications: NotificationService
    reconciliations: ReconciliationService
    statistics: StatisticsService
    cursors: Cursors
    checker: Checker
    table: Table
    public_url: str | None
    proxy_url: str | None
    api_ports: dict[str, int]
    has_tls: bool
    scheduled_checks: bool
    closed: str
    clock: Callable[[], float]

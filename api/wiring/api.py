"""Builds the objects that only calls under `/api` need. Imported at the first such call."""

from __future__ import annotations

from collections.abc import Callable
from wsgiref.types import WSGIApplication

from flask import Flask

from api.app import create_app
from api.errors import Problem
from api.key_checks.checker import KeyChecker
from api.key_checks.cost_reports import CostReporter
from api.key_checks.scheduler import ScheduledChecks
from api.logs import log_event
from api.routes import install
from api.services.accounts.devices import Devices
from api.services.accounts.service import AccountService
from api.services.accounts.sign_in import SignInService
from api.services.accounts.throttling import Throttling
from api.services.audit.service import AuditService
from api.services.container import Services
from api.services.cursors import Cursors
from api.services.env_files.service import EnvFileService
from api.services.keys.catalogue import Catalogue
from api.services.keys.encryption_check import WrongEncryptionKeys, verify_encryption_keys
from api.services.keys.vault import Vault
from api.services.limits.policies import RateLimitService
from api.services.limits.reservations import ReservationService
from api.services.notifications.security_notices import SecurityNotices
from api.services.own_token import OwnTokenService
from api.services.second_factor.challenges import Challenges
from api.services.second_factor.service import SecondFactorService
from api.services.second_factor.step_up import StepUpService
from api.services.second_factor.throttling import FactorThrottling
from api.services.second_factor.verification import FactorVerifier
from api.services.spend.budgets import BudgetService
from api.services.spend.hosting import HostingCosts, Stack
from api.services.spend.prices import PriceService
from api.services.spend.reconciliation.service import ReconciliationService
from api.services.spend.report import SpendService
from api.services.statistics import StatisticsService
from api.services.sweeping import Sweeper
from api.services.token_rotation import TokenRotation
from api.services.tokens import TokenService
from api.storage.audit import AuditItems
from api.storage.batch_results import BatchResults
from api.storage.budget_counters import BudgetCounters
from api.storage.budgets import Budgets
from api.storage.own_prices import OwnPricesItems
from api.storage.passkeys import Passkeys
from api.storage.reconciliations import Reconciliations
from api.storage.second_factors import SecondFactors
from api.wiring.detection import build_security_notices
from api.wiring.notifications import build_notification_service, notification_items
from api.wiring.shared import Shared, Storage
from api.wsgi import refusing


def build_api(shared: Shared) -> Flask:
    """Build the Flask application. Raises SettingError for an invalid catalogue file."""
    storage, settings, clock = shared.storage, shared.settings, shared.clock
    catalogue = Catalogue.load(settings.providers_file)
    cursors = Cursors(shared.jwt_secret)
    budgets = _budgets(shared)
    prices = _prices(shared)
    vault = _vault(shared, catalogue, budgets.key_gone)
    devices = Devices(shared.jwt_secret, clock)
    throttling = Throttling(storage.throttles, settings.max_accounts_per_day)
    notices = build_security_notices(shared)
    accounts = AccountService(
        storage.users,
        storage.sessions,
        throttling,
        clock,
        settings.sign_up,
        settings.invite_code,
        notices,
    )
    sign_in, second_factors, step_up = _factors(shared, accounts, throttling, devices, notices)
    on_policy = shared.limit_cache.set_policy
    reservations = ReservationService(
        storage.pools, storage.policies, storage.tokens, storage.usage, clock, on_policy
    )
    tokens = TokenService(
        storage.tokens, reservations, storage.usage, shared.token_codec, budgets, clock
    )
    services = Services(
        accounts=accounts,
        sign_in=sign_in,
        second_factors=second_factors,
        step_up=step_up,
        audit=AuditService(AuditItems(storage.table, settings.audit_days), clock),
        sessions=shared.sessions,
        session_storage=storage.sessions,
        devices=devices,
        vault=vault,
        catalogue=catalogue,
        env_files=EnvFileService(vault, catalogue, tokens),
        tokens=tokens,
        token_rotation=TokenRotation(
            tokens, storage.tokens, storage.limits, shared.token_codec, clock
        ),
        own_token=OwnTokenService(
            storage.tokens, storage.pools, storage.limits, storage.usage, clock
        ),
        rate_limits=RateLimitService(
            storage.pools, storage.policies, storage.limits, storage.usage, clock, on_policy
        ),
        reservations=reservations,
        spend=SpendService(storage.usage, storage.tokens, prices, _hosting(shared), clock),
        budgets=budgets,
        prices=prices,
        notifications=build_notification_service(shared),
        reconciliations=_reconciliations(shared, vault),
        statistics=StatisticsService(
            storage.usage, storage.log, clock, open_calls=shared.open_calls.items
        ),
        cursors=cursors,
        checker=_checker(shared, vault),
        table=storage.table,
        public_url=settings.public_url,
        proxy_url=settings.proxy_url,
        api_ports=settings.api_ports,
        has_tls=settings.tls_certificate is not None,
        scheduled_checks=settings.scheduled_checks,
        closed=settings.closed,
        clock=clock,
    )
    return create_app(services, shared.jwt_secret, install)


def verified_api(shared: Shared) -> WSGIApplication:
    """Build the Flask application, or one that refuses every request if the encryption keys are
    wrong.

    A proxied call needs no such check: it fails if the secret that it uses cannot be decrypted.
    """
    storage = shared.storage
    try:
        verify_encryption_keys(
            storage.encryption_checks, storage.keys, storage.encrypted_items, shared.cipher
        )
    except WrongEncryptionKeys as error:
        log_event("encryption_keys_wrong", "error", reason=str(error))
        return refusing(Problem("encryption_keys_wrong", str(error)))
    return build_api(shared)


def build_scheduled_checks(shared: Shared) -> ScheduledChecks:
    """Build the scheduled key checks. Raises SettingError for an invalid catalogue file."""
    vault = _vault(shared, Catalogue.load(shared.settings.providers_file))
    return ScheduledChecks(
        shared.storage.schedules,
        _checker(shared, vault),
        _reconciliations(shared, vault),
        shared.clock,
    )


def _factors(
    shared: Shared,
    accounts: AccountService,
    throttling: Throttling,
    devices: Devices,
    notices: SecurityNotices,
) -> tuple[SignInService, SecondFactorService, StepUpService]:
    storage, clock = shared.storage, shared.clock
    factors, passkeys = SecondFactors(storage.table), Passkeys(storage.table)
    challenges = Challenges(shared.jwt_secret, storage.throttles, clock)
    verifier = FactorVerifier(
        factors,
        passkeys,
        challenges,
        FactorThrottling(storage.throttles),
        shared.cipher,
        notices,
        clock,
    )
    return (
        SignInService(
            storage.users,
            passkeys,
            shared.sessions,
            storage.known_sources,
            throttling,
            devices,
            verifier,
            challenges,
            notices,
            clock,
        ),
        SecondFactorService(
            storage.users,
            factors,
            passkeys,
            verifier,
            challenges,
            shared.cipher,
            notices,
            clock,
            shared.settings.require_second_factor,
        ),
        StepUpService(accounts, storage.sessions, factors, verifier, challenges, clock),
    )


def _budgets(shared: Shared) -> BudgetService:
    storage = shared.storage
    return BudgetService(
        Budgets(storage.table, storage.pools, storage.tokens),
        BudgetCounters(storage.table),
        storage.pools,
        storage.tokens,
        storage.usage,
        _prices(shared).unpriced_apis,
        shared.clock,
    )


def _prices(shared: Shared) -> PriceService:
    storage = shared.storage
    return PriceService(storage.pools, OwnPricesItems(storage.table), shared.clock)


def _vault(
    shared: Shared,
    catalogue: Catalogue,
    on_deleted: Callable[[str, str], None] = lambda username, api_name: None,
) -> Vault:
    storage = shared.storage
    return Vault(
        storage.keys,
        storage.pools,
        storage.schedules,
        shared.cipher,
        catalogue,
        shared.resolver,
        shared.settings.allowed_upstreams,
        shared.clock,
        shared.settings.scheduled_checks,
        on_deleted,
    )


def _checker(shared: Shared, vault: Vault) -> KeyChecker:
    return KeyChecker(vault, shared.upstream, shared.clock)


def _reconciliations(shared: Shared, vault: Vault) -> ReconciliationService:
    storage = shared.storage
    return ReconciliationService(
        Reconciliations(storage.table, storage.users),
        storage.keys,
        storage.pools,
        storage.usage,
        CostReporter(vault, shared.upstream),
        shared.clock,
        shared.settings.scheduled_checks,
    )


def _hosting(shared: Shared) -> HostingCosts:
    """Build the estimate of what the stack costs."""
    settings = shared.settings
    stack = None
    if settings.proxy_memory is not None:
        has_cdn = settings.cdn_secret_parameter is not None
        stack = Stack(settings.proxy_memory, has_cdn, settings.scheduled_checks)
    return HostingCosts(shared.storage.usage, stack, shared.clock)


def build_sweeper(storage: Storage, audit_days: int) -> Sweeper:
    """Build the sweeper, which deletes expired items on one machine.

    `audit_days` is how long entries of the audit log are kept.
    """
    audit = AuditItems(storage.table, audit_days)
    by_user = (
        storage.sessions,
        storage.known_sources,
        storage.tokens,
        storage.limits,
        storage.usage,
        storage.log,
        storage.open_calls,
        BatchResults(storage.table),
        Reconciliations(storage.table, storage.users),
        BudgetCounters(storage.table),
        notification_items(storage),
        audit,
    )
    return Sweeper(storage.users, storage.throttles, audit, by_user)

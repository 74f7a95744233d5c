"""Builds the objects that only calls under `/api` need. Imported at the first such call."""

from __future__ import annotations

from flask import Flask

from api.app import create_app
from api.key_checks.checker import KeyChecker
from api.key_checks.scheduler import ScheduledChecks
from api.routes import install
from api.services.accounts.service import AccountService
from api.services.accounts.throttling import Throttling
from api.services.container import Services
from api.services.cursors import Cursors
from api.services.env_files.service import EnvFileService
from api.services.keys.catalogue import Catalogue
from api.services.keys.vault import Vault
from api.services.limits.policies import RateLimitService
from api.services.limits.reservations import ReservationService
from api.services.statistics import StatisticsService
from api.services.sweeping import Sweeper
from api.services.tokens import TokenService
from api.wiring.shared import Shared, Storage


def build_api(shared: Shared) -> Flask:
    """Build the Flask application. Raises SettingError for an invalid catalogue file."""
    storage, settings, clock = shared.storage, shared.settings, shared.clock
    catalogue = Catalogue.load(settings.providers_file)
    cursors = Cursors(shared.jwt_secret)
    vault = _vault(shared, catalogue)
    on_policy = shared.limit_cache.set_policy
    reservations = ReservationService(
        storage.pools, storage.policies, storage.tokens, storage.usage, clock, on_policy
    )
    services = Services(
        accounts=AccountService(
            storage.users,
            storage.sessions,
            shared.sessions,
            Throttling(storage.throttles),
            clock,
            settings.sign_up,
            settings.invite_code,
        ),
        sessions=shared.sessions,
        session_storage=storage.sessions,
        vault=vault,
        catalogue=catalogue,
        env_files=EnvFileService(vault, catalogue),
        tokens=TokenService(storage.tokens, reservations, storage.usage, shared.token_codec, clock),
        rate_limits=RateLimitService(
            storage.pools, storage.policies, storage.limits, storage.usage, clock, on_policy
        ),
        reservations=reservations,
        statistics=StatisticsService(storage.usage, storage.log, clock),
        cursors=cursors,
        checker=_checker(shared, vault),
        table=storage.table,
        public_url=settings.public_url,
        api_ports=settings.api_ports,
        scheduled_checks=settings.scheduled_checks,
        clock=clock,
    )
    return create_app(services, shared.jwt_secret, install)


def build_scheduled_checks(shared: Shared) -> ScheduledChecks:
    """Build the scheduled key checks. Raises SettingError for an invalid catalogue file."""
    vault = _vault(shared, Catalogue.load(shared.settings.providers_file))
    return ScheduledChecks(shared.storage.schedules, _checker(shared, vault), shared.clock)


def _vault(shared: Shared, catalogue: Catalogue) -> Vault:
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
    )


def _checker(shared: Shared, vault: Vault) -> KeyChecker:
    return KeyChecker(vault, shared.upstream, shared.clock)


def build_sweeper(storage: Storage) -> Sweeper:
    """Build the sweeper, which deletes expired items on one machine."""
    by_user = (storage.sessions, storage.tokens, storage.limits, storage.usage, storage.log)
    return Sweeper(storage.users, storage.throttles, by_user)

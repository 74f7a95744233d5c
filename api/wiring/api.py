"""Builds what only the calls under `/api` need, when the first of them comes."""

from __future__ import annotations

from flask import Flask

from api.app import create_app
from api.proxy.check import KeyCheck
from api.routes import install
from api.services.accounts import AccountService
from api.services.catalogue import Catalogue
from api.services.container import Services
from api.services.cursors import Cursors
from api.services.env_files import EnvFileService
from api.services.rate_limits import RateLimitService
from api.services.statistics import StatisticsService
from api.services.sweeping import Sweeper
from api.services.throttling import Throttling
from api.services.tokens import TokenService
from api.services.vault import Vault
from api.wiring.shared import Shared, Storage


def build_api(shared: Shared) -> Flask:
    """The Flask application. Raises SettingError for a catalogue file that is wrong."""
    storage, settings, clock = shared.storage, shared.settings, shared.clock
    catalogue = Catalogue.load(settings.providers_file)
    cursors = Cursors(shared.jwt_secret)
    vault = Vault(
        storage.keys,
        storage.pools,
        shared.cipher,
        catalogue,
        shared.resolver,
        settings.allowed_upstreams,
        clock,
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
        tokens=TokenService(storage.tokens, storage.usage, shared.texts, clock),
        rate_limits=RateLimitService(
            storage.pools, storage.limits, storage.usage, clock, shared.hints.set
        ),
        statistics=StatisticsService(storage.usage, storage.log, cursors, clock),
        cursors=cursors,
        checker=KeyCheck(
            vault, shared.resolver, shared.connections, settings.allowed_upstreams, clock
        ),
        table=storage.table,
        public_url=settings.public_url,
        api_ports=settings.api_ports,
        clock=clock,
    )
    return create_app(services, install)


def build_sweeper(storage: Storage) -> Sweeper:
    """What removes expired items on one machine."""
    return Sweeper(storage.table, storage.users, storage.log, storage.usage, storage.throttles)

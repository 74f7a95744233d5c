"""Builds the application from the settings; each collaborator is handed what it needs."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from functools import lru_cache
from wsgiref.types import WSGIApplication

from api.entrance import Dashboard
from api.http.pool import ConnectionPool, TlsContexts
from api.jwt_claims import SessionTokens
from api.proxy.admission import Gate
from api.proxy.delivery import CallLimits
from api.proxy.hints import LimitHints
from api.proxy.notes import Notes
from api.proxy.pipeline import Proxy
from api.proxy.recording import Recorder
from api.proxy.selection import Selection
from api.secret import Secret
from api.services.cipher import Cipher
from api.services.sessions import SessionService
from api.services.token_format import TokenFormat
from api.settings import Settings, require_secrets
from api.upstream.addresses import Resolver
from api.wiring.shared import Clock, Shared, Storage, build_storage

__all__ = ["Storage", "build_app", "build_recorder", "build_shared", "build_storage"]


def build_app(
    settings: Settings,
    storage: Storage | None = None,
    clock: Clock = time.time,
    chance: Callable[[], float] = random.random,
    pages: WSGIApplication | None = None,
) -> Dashboard:
    """The whole application, with the dashboard's pages where they are served from here; `chance`
    decides which calls of rehearsing tokens are refused. Raises SettingError for a missing secret.
    """
    shared = build_shared(settings, storage, clock)
    return Dashboard(_proxy(shared, chance), lambda: _api(shared), pages)


def build_shared(
    settings: Settings, storage: Storage | None = None, clock: Clock = time.time
) -> Shared:
    """What all parts of the application share. Raises SettingError for a missing secret."""
    jwt_secret, fernet_keys = require_secrets(settings)
    tls = TlsContexts(settings.certificate_authorities)
    storage = storage or build_storage(settings, ConnectionPool(tls))
    return Shared(
        settings=settings,
        storage=storage,
        connections=ConnectionPool(tls),
        resolver=Resolver(),
        hints=LimitHints(),
        cipher=Cipher(fernet_keys),
        texts=TokenFormat(jwt_secret),
        jwt_secret=jwt_secret,
        sessions=SessionService(storage.sessions, _session_tokens(jwt_secret), clock),
        clock=clock,
    )


def _proxy(shared: Shared, chance: Callable[[], float]) -> Proxy:
    storage, settings, clock = shared.storage, shared.settings, shared.clock
    notes = Notes(clock)
    return Proxy(
        gate=Gate(
            storage.table, storage.limits, shared.texts, shared.sessions, shared.hints, clock
        ),
        selection=Selection(storage.spares, notes, clock),
        cipher=shared.cipher,
        resolver=shared.resolver,
        connections=shared.connections,
        recorder=build_recorder(storage, notes, clock),
        allowed=settings.allowed_upstreams,
        limits=CallLimits(
            timeout=settings.upstream_timeout,
            stream_timeout=settings.stream_timeout,
            request_bytes=settings.max_request_bytes,
            response_bytes=settings.max_response_bytes,
        ),
        public_url=settings.public_url,
        clock=clock,
        chance=chance,
    )


def build_recorder(storage: Storage, notes: Notes, clock: Clock) -> Recorder:
    """What records calls. `notes` is what this process knows of keys before the table does."""
    return Recorder(
        storage.table,
        storage.usage,
        storage.log,
        storage.pools,
        storage.spares,
        storage.tokens,
        notes,
        clock,
    )


def _api(shared: Shared) -> WSGIApplication:
    # Loaded when the first call under /api comes: a proxied call needs none of it.
    from api.wiring.api import build_api

    return build_api(shared)


def _session_tokens(secret: Secret) -> Callable[[], SessionTokens]:
    @lru_cache(maxsize=1)
    def make() -> SessionTokens:
        from api.jwt_tokens import JwtTokens

        return JwtTokens(secret)

    return make

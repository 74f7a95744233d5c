"""Builds the application from the settings and passes each object its collaborators."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from wsgiref.types import WSGIApplication

from api.http.pool import ConnectionPool, TlsContexts
from api.proxy.authorization import Authorizer
from api.proxy.exchange import UpstreamClient
from api.proxy.forwarding import Forwarder
from api.proxy.key_selection import KeySelector
from api.proxy.key_state_cache import KeyStateCache
from api.proxy.limit_cache import LimitCache
from api.proxy.pipeline import Proxy
from api.proxy.recording import Recorder
from api.proxy.response import CallLimits, Responder
from api.services.accounts.sessions import SessionService
from api.services.keys.cipher import Cipher
from api.services.token_codec import TokenCodec
from api.settings import Settings, require_secrets
from api.upstream.resolver import Resolver
from api.wiring.shared import Clock, Shared, Storage, build_storage
from api.wsgi import App

__all__ = ["Storage", "build_app", "build_proxy", "build_recorder", "build_shared", "build_storage"]


def build_app(
    settings: Settings,
    storage: Storage | None = None,
    clock: Clock = time.time,
    chance: Callable[[], float] = random.random,
    pages: WSGIApplication | None = None,
) -> App:
    """Build the whole application. `pages` serves the dashboard's pages, if this server does.

    `chance` returns a random number from 0 up to 1, for simulated rate limiting. Raises
    SettingError for a missing secret.
    """
    shared = build_shared(settings, storage, clock)
    return App(build_proxy(shared, chance), lambda: _api(shared), pages)


def build_shared(
    settings: Settings, storage: Storage | None = None, clock: Clock = time.time
) -> Shared:
    """Build what the proxy and the API share. Raises SettingError for a missing secret."""
    jwt_secret, fernet_keys = require_secrets(settings)
    tls = TlsContexts(settings.certificate_authorities)
    storage = storage or build_storage(settings, ConnectionPool(tls))
    resolver = Resolver()
    return Shared(
        settings=settings,
        storage=storage,
        resolver=resolver,
        upstream=UpstreamClient(ConnectionPool(tls), resolver, settings.allowed_upstreams),
        limit_cache=LimitCache(),
        cipher=Cipher(fernet_keys),
        token_codec=TokenCodec(jwt_secret),
        jwt_secret=jwt_secret,
        sessions=SessionService(storage.sessions, jwt_secret, clock),
        clock=clock,
    )


def build_proxy(shared: Shared, chance: Callable[[], float]) -> Proxy:
    """Build the proxy. `chance` returns a random number from 0 up to 1."""
    storage, settings, clock = shared.storage, shared.settings, shared.clock
    key_states = KeyStateCache(clock)
    recorder = build_recorder(storage, key_states, clock)
    limits = CallLimits(
        timeout=settings.upstream_timeout,
        stream_timeout=settings.stream_timeout,
        request_bytes=settings.max_request_bytes,
        response_bytes=settings.max_response_bytes,
    )
    return Proxy(
        authorizer=Authorizer(
            storage.table,
            storage.limits,
            shared.token_codec,
            shared.sessions,
            shared.limit_cache,
            clock,
        ),
        forwarder=Forwarder(
            KeySelector(storage.overflow_keys, key_states, clock),
            shared.cipher,
            shared.upstream,
            clock,
        ),
        responder=Responder(
            shared.upstream.connections, recorder, limits, settings.public_url, clock
        ),
        recorder=recorder,
        limits=limits,
        clock=clock,
        chance=chance,
    )


def build_recorder(storage: Storage, key_states: KeyStateCache, clock: Clock) -> Recorder:
    """Build the recorder of calls. `key_states` has the key states that are not stored yet."""
    return Recorder(
        storage.table,
        storage.usage,
        storage.log,
        storage.pools,
        storage.overflow_keys,
        storage.tokens,
        key_states,
        clock,
    )


def _api(shared: Shared) -> WSGIApplication:
    # Imported at the first call under /api, because a proxied call does not need it.
    from api.wiring.api import build_api

    return build_api(shared)

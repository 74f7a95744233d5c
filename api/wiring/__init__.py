"""Builds the application from the settings and passes each object its collaborators."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TYPE_CHECKING
from wsgiref.types import WSGIApplication

import msgspec

from api.http.pool import ConnectionPool, TlsContexts
from api.http.timeouts import Timeouts
from api.proxy.authorization import Authorizer
from api.proxy.exchange import UpstreamClient
from api.proxy.forwarding import Forwarder
from api.proxy.key_selection import KeySelector
from api.proxy.key_state_cache import KeyStateCache
from api.proxy.limit_cache import LimitCache
from api.proxy.open_calls import OpenCalls
from api.proxy.pipeline import Proxy
from api.proxy.price_sources import PriceSources
from api.proxy.process_budgets import ProcessBudgets
from api.proxy.recording import MAX_SEPARATE, Recorder
from api.proxy.response import CallLimits, Responder
from api.services.accounts.sessions import SessionService
from api.services.keys.cipher import Cipher
from api.services.token_codec import TokenCodec
from api.settings import Settings, require_secrets
from api.upstream.resolver import Resolver
from api.wiring.shared import Clock, Shared, Storage, build_storage
from api.wsgi import App, WebSockets

if TYPE_CHECKING:
    from api.proxy.call_slots import CallSlots
    from api.proxy.kept_ids import KeptIds
    from api.proxy.price_sources import BatchClaims, OwnPricesReader

__all__ = [
    "Storage",
    "build_app",
    "build_budgets",
    "build_proxy",
    "build_recorder",
    "build_shared",
    "build_storage",
]


def build_app(
    settings: Settings,
    storage: Storage | None = None,
    clock: Clock = time.time,
    chance: Callable[[], float] = random.random,
    pages: WSGIApplication | None = None,
    verify_keys: bool = False,
    slots: CallSlots | None = None,
    open_calls: OpenCalls | None = None,
    budgets: ProcessBudgets | None = None,
) -> App:
    """Build the whole application. `pages` serves the dashboard's pages, if this server does.
    `slots` limits the calls in progress, if this server does. `budgets` are those of
    `build_budgets`, if the caller needs them too.

    `chance` returns a random number from 0 up to 1, for simulated rate limiting. `verify_keys` is
    whether the first call under `/api` compares the encryption keys with the table. Without
    `open_calls`, calls in progress are not shown. Raises SettingError for a missing secret.
    """
    shared = build_shared(settings, storage, clock, open_calls)
    parts = build_proxy_parts(shared, slots, budgets)
    return App(
        build_proxy(shared, chance, parts),
        lambda: _api(shared, verify_keys),
        pages,
        lambda: _websockets(shared, parts, chance),
        settings.closed,
    )


def build_shared(
    settings: Settings,
    storage: Storage | None = None,
    clock: Clock = time.time,
    open_calls: OpenCalls | None = None,
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
        sessions=SessionService(
            storage.sessions, jwt_secret, clock, settings.require_second_factor
        ),
        clock=clock,
        open_calls=open_calls or OpenCalls(),
    )


class ProxyParts(msgspec.Struct, frozen=True):
    """What proxied calls and WebSockets share."""

    authorizer: Authorizer
    selector: KeySelector
    recorder: Recorder
    limits: CallLimits
    slots: CallSlots | None
    prices: PriceSources


def build_budgets(
    settings: Settings,
    storage: Storage,
    clock: Clock = time.time,
    kept_ids: KeptIds | None = None,
) -> ProcessBudgets:
    """Build what reserves and settles in the budgets of this process's calls.

    `kept_ids` are shared with the other processes of this machine.
    """
    call = settings.call_timeout or sum(
        [
            settings.connect_timeout,
            settings.send_timeout,
            settings.first_byte_timeout,
            settings.stream_timeout,
        ]
    )
    websocket = call + settings.websocket_timeout
    return ProcessBudgets(storage.table, clock, call, websocket, kept_ids)


def build_proxy_parts(
    shared: Shared, slots: CallSlots | None = None, budgets: ProcessBudgets | None = None
) -> ProxyParts:
    """Build what proxied calls and WebSockets share."""
    storage, settings, clock = shared.storage, shared.settings, shared.clock
    key_states = KeyStateCache(clock)
    limits = CallLimits(
        timeouts=Timeouts(
            connect=settings.connect_timeout,
            send=settings.send_timeout,
            first_byte=settings.first_byte_timeout,
            idle=settings.idle_timeout,
            stream=settings.stream_timeout,
        ),
        seconds=settings.call_timeout,
        request_bytes=settings.max_request_bytes,
        response_bytes=settings.max_response_bytes,
    )
    return ProxyParts(
        authorizer=Authorizer(
            storage.table,
            storage.limits,
            shared.token_codec,
            shared.sessions,
            shared.limit_cache,
            clock,
            budgets=budgets or build_budgets(settings, storage, clock),
            is_grouped=settings.has_local_database,
        ),
        selector=KeySelector(storage.pools, storage.overflow_keys, key_states, clock),
        recorder=build_recorder(
            storage,
            key_states,
            clock,
            shared.open_calls,
            is_grouped=settings.has_local_database,
        ),
        limits=limits,
        slots=slots,
        prices=PriceSources(lambda: _own_prices(storage), lambda: _batch_claims(storage)),
    )


def build_proxy(
    shared: Shared, chance: Callable[[], float], parts: ProxyParts | None = None
) -> Proxy:
    """Build the proxy. `chance` returns a random number from 0 up to 1."""
    parts = parts or build_proxy_parts(shared)
    recorder, limits, clock = parts.recorder, parts.limits, shared.clock
    return Proxy(
        authorizer=parts.authorizer,
        forwarder=Forwarder(parts.selector, shared.cipher, shared.upstream, clock),
        responder=Responder(
            shared.upstream.connections, recorder, limits, shared.settings.public_url, clock
        ),
        recorder=recorder,
        limits=limits,
        clock=clock,
        chance=chance,
        slots=parts.slots,
        prices=parts.prices,
    )


def build_recorder(
    storage: Storage,
    key_states: KeyStateCache,
    clock: Clock,
    open_calls: OpenCalls | None = None,
    is_grouped: bool = False,
) -> Recorder:
    """Build the recorder of calls. `key_states` has the key states that are not stored yet.

    With `is_grouped`, all calls that end at the same time are recorded together.
    """
    return Recorder(
        storage.table,
        storage.usage,
        storage.log,
        storage.pools,
        storage.overflow_keys,
        storage.tokens,
        key_states,
        clock,
        open_calls,
        max_separate=0 if is_grouped else MAX_SEPARATE,
    )


def _own_prices(storage: Storage) -> OwnPricesReader:
    # Imported only for an API for which the user has set prices, to keep cold starts short.
    from api.storage.own_prices import OwnPricesItems

    return OwnPricesItems(storage.table)


def _batch_claims(storage: Storage) -> BatchClaims:
    # Imported only for the results of a batch, to keep cold starts short.
    from api.storage.batch_results import BatchResults

    return BatchResults(storage.table)


def _api(shared: Shared, verify_keys: bool) -> WSGIApplication:
    # Imported at the first call under /api, because a proxied call does not need it.
    from api.wiring.api import build_api, verified_api

    return verified_api(shared) if verify_keys else build_api(shared)


def _websockets(shared: Shared, parts: ProxyParts, chance: Callable[[], float]) -> WebSockets:
    # Imported only where WebSockets can be relayed: the function does not have wsproto.
    from api.wiring.websockets import build_websockets

    return build_websockets(shared, parts, chance)

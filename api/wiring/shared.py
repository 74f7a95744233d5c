"""The objects that the proxy and the API share: storage, upstream connections and ciphers."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from api.aws.json_client import JsonClient
from api.aws.sigv4 import Credentials
from api.errors import SettingError
from api.http.pool import ConnectionPool, TlsContexts
from api.proxy.exchange import UpstreamClient
from api.proxy.limit_cache import LimitCache
from api.proxy.open_calls import OpenCalls
from api.secret import Secret
from api.services.accounts.sessions import SessionService
from api.services.keys.cipher import Cipher
from api.services.token_codec import TokenCodec
from api.settings import Settings
from api.storage.counters import Caps, Counters
from api.storage.encrypted_items import EncryptedItems
from api.storage.encryption_checks import EncryptionChecks
from api.storage.faults import is_permanent
from api.storage.keys import Keys
from api.storage.known_sources import KnownSources
from api.storage.limits import Limits
from api.storage.open_calls import OpenCallItems
from api.storage.overflow_keys import OverflowKeys
from api.storage.policies import Policies
from api.storage.pools import Pools
from api.storage.requests import RequestLog
from api.storage.schedules import Schedules
from api.storage.sessions import Sessions
from api.storage.table import Table
from api.storage.throttles import Throttles
from api.storage.tokens import Tokens
from api.storage.usage import Usage
from api.storage.users import Users
from api.storage.write_state import WriteState
from api.upstream.resolver import Resolver

Clock = Callable[[], float]

# Seconds. A function must start within ten, and cannot do anything without its secrets.
_SSM_PATIENCE = 8.0
# Seconds. A call may take 29, but its caller should get an error sooner.
_DYNAMODB_PATIENCE = 4.0


class Storage(msgspec.Struct, frozen=True):
    """The table and the storage of each entity."""

    table: Table
    users: Users
    sessions: Sessions
    known_sources: KnownSources
    counters: Counters
    pools: Pools
    keys: Keys
    overflow_keys: OverflowKeys
    schedules: Schedules
    tokens: Tokens
    limits: Limits
    policies: Policies
    usage: Usage
    log: RequestLog
    open_calls: OpenCallItems
    throttles: Throttles
    encryption_checks: EncryptionChecks
    encrypted_items: EncryptedItems


class Shared(msgspec.Struct, frozen=True):
    """The objects that the proxy and the API share."""

    settings: Settings
    storage: Storage
    resolver: Resolver
    upstream: UpstreamClient
    limit_cache: LimitCache
    cipher: Cipher
    token_codec: TokenCodec
    jwt_secret: Secret
    sessions: SessionService
    clock: Clock
    open_calls: OpenCalls = msgspec.field(default_factory=OpenCalls)


def build_storage(
    settings: Settings,
    connections: ConnectionPool | None = None,
    writes: WriteState | None = None,
) -> Storage:
    """Build the storage. `writes` says whether the last write failed, here or in other processes.

    Raises SettingError without credentials for a DynamoDB of AWS.
    """
    pool = connections or ConnectionPool(TlsContexts(settings.certificate_authorities))
    table = Table(dynamodb_client(settings, pool), settings.table_name, writes)
    users = Users(table)
    pools = Pools(table)
    schedules = Schedules(table)
    caps = Caps(settings.max_keys, settings.max_tokens, settings.max_sessions)
    counters = Counters(table, caps)
    keys = Keys(table, users, pools, schedules, counters)
    limits = Limits(table)
    return Storage(
        table=table,
        users=users,
        sessions=Sessions(table, counters),
        known_sources=KnownSources(table),
        counters=counters,
        pools=pools,
        keys=keys,
        overflow_keys=OverflowKeys(table, keys, pools),
        schedules=schedules,
        tokens=Tokens(table, users, counters),
        limits=limits,
        policies=Policies(table, pools, limits),
        usage=Usage(table),
        log=RequestLog(table, settings.request_log_days),
        open_calls=OpenCallItems(table),
        throttles=Throttles(table),
        encryption_checks=EncryptionChecks(table),
        encrypted_items=EncryptedItems(table, users),
    )


def dynamodb_client(settings: Settings, pool: ConnectionPool) -> JsonClient:
    """Build the table's client. Raises SettingError without credentials for AWS."""
    return _client(
        settings,
        pool,
        "dynamodb",
        "DynamoDB_20120810",
        "1.0",
        settings.dynamodb_endpoint,
        _DYNAMODB_PATIENCE,
    )


def ssm_client(settings: Settings, pool: ConnectionPool) -> JsonClient:
    """Build the client of SSM Parameter Store. Raises SettingError without credentials for AWS."""
    return _client(settings, pool, "ssm", "AmazonSSM", "1.1", settings.ssm_endpoint, _SSM_PATIENCE)


def _client(
    settings: Settings,
    pool: ConnectionPool,
    service: str,
    target: str,
    version: str,
    endpoint: str | None,
    patience: float,
) -> JsonClient:
    credentials = settings.credentials
    if credentials is None and endpoint is not None:
        # An emulator accepts any credentials. A real service at an endpoint needs real ones.
        credentials = Credentials("local", Secret("local"))
    if credentials is None:
        raise SettingError(
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are missing: AWS cannot be called."
        )
    return JsonClient(
        pool,
        credentials,
        service=service,
        region=settings.region,
        endpoint=endpoint or f"https://{service}.{settings.region}.amazonaws.com",
        target=target,
        content_type=f"application/x-amz-json-{version}",
        patience=patience,
        is_permanent=is_permanent,
    )

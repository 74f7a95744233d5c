"""What the proxy and the API share: the storage room, connections, and what holds the secrets."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from api.aws.json_client import JsonClient
from api.aws.sigv4 import Credentials
from api.errors import SettingError
from api.http.pool import ConnectionPool, TlsContexts
from api.proxy.admission import PolicyHints
from api.secret import Secret
from api.services.cipher import Cipher
from api.services.sessions import SessionService
from api.services.token_format import TokenFormat
from api.settings import Settings
from api.storage.keys import Keys
from api.storage.limits import Limits
from api.storage.pools import Pools
from api.storage.requests import RequestLog
from api.storage.sessions import Sessions
from api.storage.table import Table
from api.storage.throttles import Throttles
from api.storage.tokens import Tokens
from api.storage.usage import Usage
from api.storage.users import Users
from api.upstream.addresses import Resolver

Clock = Callable[[], float]


class Storage(msgspec.Struct, frozen=True):
    """The table and its entities."""

    table: Table
    users: Users
    sessions: Sessions
    pools: Pools
    keys: Keys
    tokens: Tokens
    limits: Limits
    usage: Usage
    log: RequestLog
    throttles: Throttles


class Shared(msgspec.Struct, frozen=True):
    """What the proxy and the API share."""

    settings: Settings
    storage: Storage
    connections: ConnectionPool
    resolver: Resolver
    hints: PolicyHints
    cipher: Cipher
    texts: TokenFormat
    jwt_secret: Secret
    sessions: SessionService
    clock: Clock


def build_storage(settings: Settings, connections: ConnectionPool | None = None) -> Storage:
    """The storage room. Raises SettingError when there are no credentials for a real DynamoDB."""
    pool = connections or ConnectionPool(TlsContexts(settings.certificate_authorities))
    table = Table(_dynamodb(settings, pool), settings.table_name)
    users = Users(table)
    pools = Pools(table)
    return Storage(
        table=table,
        users=users,
        sessions=Sessions(table),
        pools=pools,
        keys=Keys(table, users, pools),
        tokens=Tokens(table, users),
        limits=Limits(table),
        usage=Usage(table),
        log=RequestLog(table, settings.request_log_days),
        throttles=Throttles(table),
    )


def aws_client(
    settings: Settings, pool: ConnectionPool, service: str, target: str, version: str
) -> JsonClient:
    """A client of one of AWS's JSON services. Raises SettingError."""
    credentials = settings.credentials
    if credentials is None:
        raise SettingError(
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are missing: AWS cannot be called."
        )
    return JsonClient(
        pool,
        credentials,
        service=service,
        region=settings.region,
        endpoint=f"https://{service}.{settings.region}.amazonaws.com",
        target=target,
        content_type=f"application/x-amz-json-{version}",
    )


def _dynamodb(settings: Settings, pool: ConnectionPool) -> JsonClient:
    if settings.dynamodb_endpoint is None:
        return aws_client(settings, pool, "dynamodb", "DynamoDB_20120810", "1.0")
    return JsonClient(
        pool,
        # An emulator takes any credentials; a real one behind an endpoint takes the ones given.
        settings.credentials or Credentials("local", Secret("local")),
        service="dynamodb",
        region=settings.region,
        endpoint=settings.dynamodb_endpoint,
        target="DynamoDB_20120810",
        content_type="application/x-amz-json-1.0",
    )

"""Proving a key by its provider's harmless request."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

import msgspec

from api.http.errors import TransportError
from api.http.pool import ConnectionPool
from api.key_checks.outcome import CheckOutcome, classify_response, not_answered, not_resolved
from api.proxy.exchange import UpstreamRequest, send
from api.proxy.request_headers import with_credential
from api.quota.headers import read
from api.schemas.keys import CheckResult
from api.services.keys.vault import Vault
from api.storage.keys import StoredKey
from api.upstream.base_url import InvalidBaseUrl, parse_base_url
from api.upstream.paths import InvalidPath
from api.upstream.resolver import (
    BlockedAddress,
    ResolveFailed,
    Resolver,
    ResolveTimeout,
    resolve_public,
)
from api.upstream.target import build_target

_SECONDS = 15.0
_HEADERS = {
    "User-Agent": "api-dashboard key check",
    "Accept": "*/*",
    "Accept-Encoding": "identity",
}


class KeyChecker:
    """Checks keys. `clock` gives epoch seconds."""

    def __init__(
        self,
        vault: Vault,
        resolver: Resolver,
        connections: ConnectionPool,
        allowed: frozenset[str],
        clock: Callable[[], float],
    ) -> None:
        self._vault = vault
        self._resolver = resolver
        self._connections = connections
        self._allowed = allowed
        self._clock = clock

    def check(self, username: str, key_id: str) -> CheckResult:
        """Make the provider's harmless request and remember its outcome.

        A key without a provider, or whose provider has no such request, is `unknown`. Raises
        Problem(key_not_found).
        """
        key = self._vault.get(username, key_id)
        verdict = self._ask(username, key)
        result = CheckResult(
            outcome=verdict.outcome,
            detail=verdict.detail,
            status=verdict.status,
            checked_at=int(self._clock()),
        )
        self._vault.save_check(username, key, msgspec.structs.asdict(result), verdict.state)
        return result

    def _ask(self, username: str, key: StoredKey) -> CheckOutcome:
        provider = self._vault.provider(key.provider)
        if provider is None or provider.check is None:
            return CheckOutcome(
                "unknown", "There is no harmless request known for this API; call it to see."
            )
        check = provider.check
        secret = self._vault.reveal(username, key)
        deadline = monotonic() + _SECONDS
        try:
            base = parse_base_url(key.base_url, self._allowed, placeholder=True)
            prefix, query, headers = with_credential(
                key.auth,
                secret,
                base.prefix,
                check.query,
                list((_HEADERS | check.headers).items()),
            )
            filled = msgspec.structs.replace(base, prefix=prefix)
            allowed = base.host_and_port in self._allowed
            addresses = resolve_public(self._resolver, base, allowed, 5.0)
            connection, status, answered = send(
                self._connections,
                UpstreamRequest(
                    base=filled,
                    addresses=addresses,
                    method=check.method,
                    target=build_target(filled, check.path, query),
                    headers=headers,
                    body=b"",
                    length=0,
                ),
                deadline,
                None,
            )
        except (InvalidBaseUrl, InvalidPath, BlockedAddress) as error:
            return CheckOutcome("wrong_host", f"The address may not be called: {error}")
        except (ResolveFailed, ResolveTimeout) as error:
            return not_resolved(base.host, error)
        except TransportError as error:
            return not_answered(base.host, error)
        connection.close()
        observation = read(answered, status, self._clock(), key.rate_limit_dialect)
        return classify_response(
            check, base.host, status, answered, observation, int(self._clock())
        )

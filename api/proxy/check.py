"""Proving a key by its provider's harmless request, and saying in plain words what came back."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

import msgspec

from api.http.errors import TransportError
from api.http.pool import ConnectionPool
from api.models import CheckResult
from api.proxy.forward import Outgoing, exchange, failure
from api.proxy.outgoing import with_credential
from api.services.vault import Vault
from api.storage.keys import StoredKey
from api.upstream.addresses import RefusedAddress, ResolveFailed, Resolver, ResolveTimeout, judged
from api.upstream.target import InvalidBaseUrl, RefusedPath, join, parse_base_url

_SECONDS = 15.0
_HEADERS = {
    "User-Agent": "api-dashboard key check",
    "Accept": "*/*",
    "Accept-Encoding": "identity",
}


class KeyCheck:
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
        result = self._ask(username, key)
        self._vault.remember_check(username, key, msgspec.structs.asdict(result))
        return result

    def _ask(self, username: str, key: StoredKey) -> CheckResult:
        provider = self._vault.provider(key.provider)
        if provider is None or provider.check is None:
            return self._result(
                "unknown", "There is no harmless request known for this API; call it to see.", None
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
            addresses = judged(self._resolver, base, allowed, 5.0)
            connection, status, _ = exchange(
                self._connections,
                Outgoing(
                    base=filled,
                    addresses=addresses,
                    method=check.method,
                    target=join(filled, check.path, query),
                    headers=headers,
                    body=b"",
                    length=0,
                ),
                deadline,
                None,
            )
        except (InvalidBaseUrl, RefusedPath, RefusedAddress) as error:
            return self._result("unreachable", f"The address may not be called: {error}", None)
        except (ResolveFailed, ResolveTimeout):
            return self._result("unreachable", f"{base.host} could not be resolved.", None)
        except TransportError as error:
            return self._result("unreachable", failure(error).detail, None)
        connection.close()
        return self._judge(status, check.valid, check.invalid, base.host)

    def _judge(
        self, status: int, valid: tuple[int, ...], invalid: tuple[int, ...], host: str
    ) -> CheckResult:
        if status in valid:
            return self._result("valid", f"{host} accepted the key.", status)
        if status in invalid:
            return self._result(
                "refused",
                f"{host} refused the key with {status}: it is wrong, revoked or expired.",
                status,
            )
        if status in (402, 429):
            return self._result(
                "exhausted", f"{host} says that the quota is used up ({status}).", status
            )
        if status == 403:
            return self._result(
                "unexpected",
                f"{host} does not let this key make this request (403).",
                status,
            )
        return self._result("unexpected", f"{host} answered {status}; is the URL right?", status)

    def _result(self, outcome: str, detail: str, status: int | None) -> CheckResult:
        return msgspec.convert(
            {
                "outcome": outcome,
                "detail": detail,
                "status": status,
                "checked_at": int(self._clock()),
            },
            CheckResult,
        )

"""Checks a key with its provider's harmless request."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

import msgspec

from api.http.errors import TransportError
from api.http.timeouts import Timeouts
from api.key_checks.outcome import (
    CheckOutcome,
    classify_response,
    not_answered,
    not_resolved,
)
from api.proxy.exchange import UpstreamClient
from api.proxy.upstream_request import build_upstream_request, stored_base_url
from api.quota.headers import read_quota
from api.schemas.keys import CheckResult
from api.services.keys.vault import Vault
from api.storage.keys import StoredKey
from api.upstream.base_url import InvalidBaseUrl
from api.upstream.paths import InvalidPath
from api.upstream.resolver import BlockedAddress, ResolveFailed, ResolveTimeout

_SECONDS = 15.0
_HEADERS = {
    "User-Agent": "api-dashboard key check",
    "Accept": "*/*",
    "Accept-Encoding": "identity",
}


class KeyChecker:
    """Checks keys. `clock` returns epoch seconds."""

    def __init__(self, vault: Vault, client: UpstreamClient, clock: Callable[[], float]) -> None:
        self._vault = vault
        self._client = client
        self._clock = clock

    def check(self, username: str, key_id: str) -> CheckResult:
        """Send the provider's harmless request with a key and store the outcome.

        The outcome is `unknown` if the key has no provider, or its provider has no such request.
        Raises Problem(key_not_found).
        """
        key = self._vault.get(username, key_id)
        outcome = self._send(username, key)
        result = CheckResult(
            outcome=outcome.outcome,
            detail=outcome.detail,
            status=outcome.status,
            checked_at=int(self._clock()),
        )
        self._vault.save_check(username, key, msgspec.structs.asdict(result), outcome.state)
        return result

    def _send(self, username: str, key: StoredKey) -> CheckOutcome:
        provider = self._vault.provider(key.provider)
        if provider is None or provider.check is None:
            return CheckOutcome(
                "unknown", "No harmless request is known for this API. Call the API to find out."
            )
        check = provider.check
        credential = self._vault.credential(username, key)
        timeouts = Timeouts.overall(monotonic() + _SECONDS)
        try:
            base = stored_base_url(key.base_url, self._client.allowed)
            request = build_upstream_request(
                base,
                key.auth,
                credential,
                method=check.method,
                path=check.path,
                query=check.query,
                headers=list((_HEADERS | check.headers).items()),
            )
            addresses = self._client.resolve(base, timeouts)
            response = self._client.send(request, addresses, timeouts)
        except (InvalidBaseUrl, InvalidPath, BlockedAddress) as error:
            return CheckOutcome("wrong_host", f"The address may not be called: {error}")
        except (ResolveFailed, ResolveTimeout) as error:
            return not_resolved(base.host, error)
        except TransportError as error:
            return not_answered(base.host, error)
        response.connection.close()
        now, status, headers = self._clock(), response.status, response.headers
        reading = read_quota(headers, status, now, key.rate_limit_dialect)
        return classify_response(
            check, base.host, status, headers, reading, int(now), key.rate_limit_dialect
        )

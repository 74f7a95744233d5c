"""Chooses a key, builds its request and sends it; after a 429, tries one more key.

Every attempt is described by an `Attempt`, which no later step changes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from time import perf_counter

import msgspec

from api.errors import Problem
from api.pools import Pool, PoolKey
from api.proxy.authorization import Authorization, Identity
from api.proxy.call_context import Attempt, Forwarded, KeyReading
from api.proxy.exchange import UPSTREAM_ERRORS, UpstreamClient, to_problem
from api.proxy.key_selection import KeySelector, keys_exhausted
from api.proxy.request_headers import (
    clean_query,
    clean_request_headers,
    with_readable_codings,
    without_method_overrides,
)
from api.proxy.token_extraction import is_allowed_location, strip_token
from api.proxy.upstream_request import (
    UpstreamResponse,
    build_upstream_request,
    stored_base_url,
)
from api.quota.consumption_rate import ConsumptionRates
from api.quota.headers import read_quota
from api.quota.key_state import key_state_after
from api.quota.windows import QuotaReading
from api.raw_request import RawRequest
from api.secret import Secret
from api.services.accounts.sessions import authentication_required
from api.services.keys.cipher import Cipher, SecretUnreadable
from api.services.token_codec import contains_token
from api.upstream.base_url import InvalidBaseUrl
from api.upstream.paths import InvalidPath

# With these problems the upstream cannot have received the request.
_NOT_SENT = frozenset({"address_refused", "connect_failed", "name_not_resolved", "tls_failed"})


class CallerRequest(msgspec.Struct, frozen=True):
    """The caller's request: `raw`, its path below the API, and the part of the body that was read.

    `read_more` reads the rest of the body, and is None if there is none. A request with a
    `read_more` is sent at most once.
    """

    raw: RawRequest
    path: str
    body: bytes
    read_more: Callable[[int], bytes] | None


class Forwarder:
    """Sends a caller's request upstream with a key of the pool. `clock` returns epoch seconds."""

    def __init__(
        self,
        selector: KeySelector,
        cipher: Cipher,
        client: UpstreamClient,
        clock: Callable[[], float],
    ) -> None:
        self._selector = selector
        self._cipher = cipher
        self._client = client
        self._clock = clock
        self._rates = ConsumptionRates()

    def prepare(
        self,
        identity: Identity,
        authorization: Authorization,
        caller_request: CallerRequest,
        skip: Collection[PoolKey] = (),
    ) -> Attempt:
        """Build the request for the best key that this caller may use, except those in `skip`.

        The attempt has a request, or a problem if the request cannot be built. Costs database trips
        if no key in the pool item is ready. Raises Problem when no key can be used.
        """
        key, secret = self._choose(identity, authorization, skip)
        return self._prepared(identity, authorization, caller_request, key, secret)

    def _choose(
        self, identity: Identity, authorization: Authorization, skip: Collection[PoolKey]
    ) -> tuple[PoolKey, Secret]:
        """Return the best key that the caller may use, and its secret. Raises Problem."""
        username, pool = authorization.username, authorization.usable_pool
        rankings = [self._selector.rank(pool)]
        chosen = self._open_first(identity, username, rankings[0].ready, skip)
        if chosen is None and self._selector.has_overflow(pool):
            rankings.append(self._selector.rank_overflow(username, pool))
            chosen = self._open_first(identity, username, rankings[1].ready, skip)
        if chosen is not None:
            return chosen
        ready = [key for ranking in rankings for key in ranking.ready]
        refused = rankings[0].refused
        if not ready and (not refused or any(ranking.resets for ranking in rankings)):
            raise keys_exhausted(rankings, self._clock())
        # The upstream's 401 tells the caller more than a problem of the proxy.
        chosen = self._open_first(identity, username, refused, skip)
        if chosen is not None:
            return chosen
        if any(key not in skip and _is_allowed(identity, key) for key in (*ready, *refused)):
            raise Problem(
                "secret_unreadable",
                "The stored secret cannot be decrypted. Enter the secret again.",
            )
        raise authentication_required()

    def _open_first(
        self,
        identity: Identity,
        username: str,
        keys: Collection[PoolKey],
        skip: Collection[PoolKey],
    ) -> tuple[PoolKey, Secret] | None:
        """Return the first key that the caller may use and whose secret can be decrypted."""
        for key in keys:
            if key in skip or not _is_allowed(identity, key):
                continue
            try:
                return key, self._cipher.decrypt(username, key.key_id, key.encrypted_key)
            except SecretUnreadable:
                continue
        return None

    def send(
        self,
        identity: Identity,
        authorization: Authorization,
        caller_request: CallerRequest,
        prepared: Attempt,
        deadline: float,
    ) -> Forwarded:
        """Send a prepared request. If the API answers 429, try the next ready key once.

        `deadline` is a time of `time.monotonic()`. Problems are part of the attempts.
        """
        pool = authorization.usable_pool
        first = self._send(pool, prepared, caller_request, deadline)
        response = first.response
        if response is None or response.status != 429 or caller_request.read_more is not None:
            return Forwarded((first,), first)
        prepared_second = self._prepare_second(identity, authorization, caller_request, first)
        if prepared_second is None:
            return Forwarded((first,), first)
        second = self._send(pool, prepared_second, caller_request, deadline)
        attempts = (first, second)
        if second.problem is not None and second.problem.code in _NOT_SENT:
            return Forwarded(attempts, first)
        response.connection.close()
        return Forwarded(attempts, second)

    def _prepare_second(
        self,
        identity: Identity,
        authorization: Authorization,
        caller_request: CallerRequest,
        first: Attempt,
    ) -> Attempt | None:
        """Prepare the request for the next key. Returns None if no other key is worth trying."""
        try:
            second = self.prepare(identity, authorization, caller_request, skip=(first.key,))
        except Problem:
            return None
        # A 429 tells the caller more than the 401 of a refused key.
        refused = self._selector.is_refused(authorization.usable_pool, second.key)
        return None if refused or second.problem is not None else second

    def _prepared(
        self,
        identity: Identity,
        authorization: Authorization,
        caller_request: CallerRequest,
        key: PoolKey,
        secret: Secret,
    ) -> Attempt:
        try:
            base = stored_base_url(key.base_url, self._client.allowed)
        except InvalidBaseUrl as error:
            problem = Problem("address_refused", error.reason)
            problem.__cause__ = error
            return Attempt(key, "", problem=problem)
        host = base.host_and_port
        found = identity.found
        path: str | None = caller_request.path
        if found.location == "path":
            path = strip_token(caller_request.path, base.prefix, found.text)
        if path is None:
            return Attempt(key, host, problem=authentication_required())
        if contains_token(path):
            problem = Problem("invalid_path", "The path contains a token of the dashboard.")
            return Attempt(key, host, problem=problem)
        raw, auth, locations = caller_request.raw, key.auth, key.credential_locations
        headers = clean_request_headers(raw.headers, auth, locations, found.text)
        if key.url_fields:
            headers = with_readable_codings(headers)
        if authorization.token is not None and authorization.token.methods:
            headers = without_method_overrides(headers)
        try:
            request = build_upstream_request(
                base,
                auth,
                secret,
                method=raw.method,
                path=path,
                query=clean_query(raw.raw_query, auth, locations, found.text),
                headers=headers,
                body=caller_request.body,
                length=len(caller_request.body) if caller_request.read_more is None else raw.length,
                read_more=caller_request.read_more,
            )
        except InvalidPath as error:
            problem = Problem("invalid_path", error.reason)
            problem.__cause__ = error
            return Attempt(key, host, problem=problem)
        return Attempt(key, host, request=request)

    def _send(
        self, pool: Pool, prepared: Attempt, caller_request: CallerRequest, deadline: float
    ) -> Attempt:
        request = prepared.request
        if request is None:
            return prepared
        seconds = started = None
        try:
            addresses = self._client.resolve(request.base, deadline)
            started = perf_counter()
            response = self._client.send(request, addresses, deadline, caller_request.raw.caller)
            seconds = perf_counter() - started
        except UPSTREAM_ERRORS as error:
            problem = to_problem(error)
            problem.__cause__ = error
        except Problem as error:  # reading the caller's body failed
            problem = error
        else:
            return self._observed(pool, prepared, response, seconds)
        if started is not None:
            seconds = perf_counter() - started
        return msgspec.structs.replace(prepared, seconds=seconds, problem=problem)

    def _observed(
        self, pool: Pool, prepared: Attempt, response: UpstreamResponse, seconds: float
    ) -> Attempt:
        """Add the quota that the response reports, and the key's new state."""
        key, now = prepared.key, self._clock()
        reading = read_quota(response.headers, response.status, now, key.rate_limit_dialect)
        self._selector.observe(key, reading)
        state = key_state_after(
            response.status, reading, key.rate_limit_dialect, now, pool.states.get(key.key_id)
        )
        if state is not None:
            self._selector.set_state(key, state)
        slot = pool.slot(key.key_id)
        stored = None
        if reading is not None and reading.windows and slot is not None:
            windows = self._rates.observe(key.key_id, reading.windows, now)
            rated = QuotaReading(windows, reading.retry_at)
            stored = KeyReading(key.key_id, slot, len(pool.keys), rated)
        return msgspec.structs.replace(
            prepared,
            seconds=seconds,
            response=response,
            reading=reading,
            stored_reading=stored,
            state=state,
        )


def _is_allowed(identity: Identity, key: PoolKey) -> bool:
    """Return whether this key's API accepts a credential where the caller put its token."""
    return is_allowed_location(identity.found, key.auth, key.credential_locations)

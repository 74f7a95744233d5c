"""Chooses a key, builds its request and sends it; after a 429, tries one more key.

A held key is probed by one call: the call claims the probe in the table before it sends its
request, and stores the outcome with its record. A probe without a response ends after 60 s.

Every attempt is described by an `Attempt`, which no later step changes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from time import perf_counter

import msgspec

from api.errors import Problem, ServerStopping
from api.http.timeouts import Timeouts
from api.pools import Pool, PoolKey
from api.proxy.authorization import Authorization
from api.proxy.call_context import Attempt, Forwarded, KeyReading
from api.proxy.caller_request import CallerRequest, request_for_key
from api.proxy.exchange import UPSTREAM_ERRORS, UpstreamClient, to_problem, was_sent
from api.proxy.identity import Identity
from api.proxy.key_selection import KeySelector, keys_exhausted
from api.proxy.token_extraction import is_allowed_location
from api.proxy.upstream_request import UpstreamResponse, stored_base_url
from api.quota.consumption_rate import ConsumptionRates
from api.quota.headers import read_quota
from api.quota.key_state import KeyState, key_state_after, unanswered_probe
from api.quota.windows import QuotaReading
from api.secret import Credential
from api.services.accounts.sessions import authentication_required
from api.services.keys.cipher import Cipher, SecretUnreadable, unreadable_secret
from api.stopping import check, server_stopping
from api.upstream.base_url import InvalidBaseUrl
from api.upstream.further_hosts import find_further_call


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
        key, credential, probed = self._choose(identity, authorization, skip)
        attempt = self._prepared(identity, authorization, caller_request, key, credential)
        return attempt if probed is None else msgspec.structs.replace(attempt, probed=probed)

    def _choose(
        self, identity: Identity, authorization: Authorization, skip: Collection[PoolKey]
    ) -> tuple[PoolKey, Credential, KeyState | None]:
        """Return the best key that the caller may use, its credential, and its state if it is held.

        Raises Problem.
        """
        username, pool = authorization.username, authorization.usable_pool
        rankings = [self._selector.rank(pool)]
        chosen = self._open_first(identity, username, rankings[0].ready, skip)
        if chosen is None and self._selector.has_overflow(pool):
            rankings.append(self._selector.rank_overflow(username, pool))
            chosen = self._open_first(identity, username, rankings[1].ready, skip)
        if chosen is not None:
            return *chosen, None
        ready = [key for ranking in rankings for key in ranking.ready]
        # The upstream's response tells the caller more than a problem of the proxy.
        exhausted = [key for ranking in rankings for key in ranking.exhausted]
        chosen = self._open_first(identity, username, exhausted, skip)
        if chosen is not None:
            return *chosen, None
        held = rankings[-1].held
        for key, state in rankings[-1].probes:
            held = (*held, (key, state))
            chosen = self._open_first(identity, username, (key,), skip)
            if chosen is not None:
                return *chosen, state
        if held and not ready and not exhausted:
            raise keys_exhausted(rankings, self._clock())
        refused = rankings[0].refused
        chosen = self._open_first(identity, username, refused, skip)
        if chosen is not None:
            return *chosen, None
        for key in (*ready, *exhausted, *refused):
            if key not in skip and _is_allowed(identity, key):
                raise unreadable_secret(username, key.key_id)
        raise authentication_required()

    def _open_first(
        self,
        identity: Identity,
        username: str,
        keys: Collection[PoolKey],
        skip: Collection[PoolKey],
    ) -> tuple[PoolKey, Credential] | None:
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
        timeouts: Timeouts,
    ) -> Forwarded:
        """Send a prepared request. If the API answers 429, try the next key once.

        Both attempts together wait no longer for a response than one may, and after a late 429
        there is no second one. Problems are part of the attempts. Raises Problem(keys_exhausted) if
        another call already probes the only keys that could be used.
        """
        pool = authorization.usable_pool
        if prepared.probed is not None:
            prepared = self._claimed(identity, authorization, caller_request, prepared)
        first = self._send(pool, prepared, caller_request, timeouts)
        response, waited = first.response, first.seconds or 0.0
        if (
            response is None
            or response.status != 429
            or caller_request.read_more is not None
            or (prepared.request is not None and not prepared.request.sends_credential)
        ):
            return Forwarded((first,), first)
        if waited * 2 > timeouts.first_byte:
            return Forwarded((first,), first)
        prepared_second = self._prepare_second(identity, authorization, caller_request, first)
        if prepared_second is None:
            return Forwarded((first,), first)
        second = self._send(pool, prepared_second, caller_request, timeouts.after_waiting(waited))
        attempts = (first, second)
        if not second.was_sent:
            return Forwarded(attempts, first)
        response.connection.close()
        return Forwarded(attempts, second)

    def _claimed(
        self,
        identity: Identity,
        authorization: Authorization,
        caller_request: CallerRequest,
        attempt: Attempt,
    ) -> Attempt:
        """Return an attempt with a held key that only this call probes. Raises Problem."""
        skip: list[PoolKey] = []
        while attempt.probed is not None and attempt.problem is None:
            state = self._selector.claim_probe(
                authorization.username, authorization.usable_pool, attempt.key, attempt.probed
            )
            if state is not None:
                return msgspec.structs.replace(attempt, probed=state)
            skip.append(attempt.key)
            attempt = self.prepare(identity, authorization, caller_request, skip)
        return attempt

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
        if second.problem is not None or second.probed is not None:
            return None
        # A 429 tells the caller more than the 401 of a refused key.
        refused = self._selector.is_refused(authorization.usable_pool, second.key)
        return None if refused else second

    def _prepared(
        self,
        identity: Identity,
        authorization: Authorization,
        caller_request: CallerRequest,
        key: PoolKey,
        credential: Credential,
    ) -> Attempt:
        try:
            base = stored_base_url(key.base_url, self._client.allowed)
            further = None
            if caller_request.raw.websocket is None:
                further = find_further_call(
                    key.further_hosts, caller_request.path, base, self._client.allowed
                )
        except InvalidBaseUrl as error:
            problem = Problem("address_refused", error.reason)
            problem.__cause__ = error
            return Attempt(key, "", problem=problem)
        host = (base if further is None else further.base).host_and_port
        token = authorization.token
        try:
            request = request_for_key(
                caller_request,
                identity.found,
                base,
                key,
                credential,
                limited_methods=token is not None and bool(token.methods),
                further=further,
            )
        except Problem as problem:
            return Attempt(key, host, problem=problem)
        return Attempt(key, host, request=request)

    def _send(
        self, pool: Pool, prepared: Attempt, caller_request: CallerRequest, timeouts: Timeouts
    ) -> Attempt:
        request = prepared.request
        if request is None:
            return prepared
        seconds = started = None
        sent = True
        try:
            check()
            addresses = self._client.resolve(request.base, timeouts)
            started = perf_counter()
            response = self._client.send(
                request,
                addresses,
                timeouts,
                caller_request.raw.caller,
                caller_request.while_waiting,
            )
            seconds = perf_counter() - started
        except UPSTREAM_ERRORS as error:
            sent = was_sent(error)
            problem = to_problem(error, request)
            problem.__cause__ = error
        except Problem as error:  # reading the caller's body failed
            problem = error
        except ServerStopping as stop:
            sent = stop.request_sent
            started = started if sent else None
            problem = server_stopping(is_repeatable=not sent or request.is_idempotent)
        else:
            return self._observed(pool, prepared, response, seconds)
        if started is not None:
            seconds = perf_counter() - started
        probed, state = prepared.probed, None
        if probed is not None:
            state = unanswered_probe(probed, self._clock())
        return msgspec.structs.replace(
            prepared, seconds=seconds, problem=problem, state=state, was_sent=sent
        )

    def _observed(
        self, pool: Pool, prepared: Attempt, response: UpstreamResponse, seconds: float
    ) -> Attempt:
        """Add the quota that the response reports, and the key's new state."""
        if prepared.request is not None and not prepared.request.sends_credential:
            return msgspec.structs.replace(prepared, seconds=seconds, response=response)
        key, now = prepared.key, self._clock()
        reading = read_quota(response.headers, response.status, now, key.rate_limit_dialect)
        self._selector.observe(key, reading)
        state = key_state_after(
            response.status,
            reading,
            key.rate_limit_dialect,
            now,
            prepared.probed or pool.states.get(key.key_id),
            response.headers,
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
    return is_allowed_location(
        identity.found, key.auth, key.credential_locations, key.extra_headers
    )

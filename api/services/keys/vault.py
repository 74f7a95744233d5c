"""The vault: keys are stored sealed, changed under conditions, and never shown again."""

from __future__ import annotations

import re
import secrets
import string
from collections.abc import Callable

import msgspec
from msgspec import UNSET, UnsetType

from api.credentials import AuthScheme, InvalidAuth, check_auth, check_secret
from api.errors import Problem
from api.logs import log_event
from api.pools import Pool
from api.quota.key_state import KeyState
from api.schemas.fields import API_NAME
from api.secret import Secret, hint
from api.services.keys.catalogue import Catalogue, Provider
from api.services.keys.cipher import Cipher, SecretUnreadable
from api.storage.keys import ChangedMeanwhile, Keys, StoredKey
from api.storage.page import Page
from api.storage.pools import Pools
from api.storage.schedules import Schedules
from api.upstream.addresses import (
    RefusedAddress,
    ResolveFailed,
    Resolver,
    ResolveTimeout,
    resolve_public,
)
from api.upstream.target import BaseUrl, InvalidBaseUrl, parse_base_url

_RANDOM = string.ascii_lowercase + string.digits
_RESOLVE_SECONDS = 3.0
_ATTEMPTS = 4


class NewKey(msgspec.Struct, frozen=True):
    """A key to be stored, as the user described it."""

    secret: Secret
    provider: str | None = None
    base_url: str | None = None
    auth: AuthScheme | None = None
    api_name: str | None = None
    description: str = ""
    check_every: int | None = None


class Vault:
    """Stores, lists, changes and removes the keys of a user. `clock` gives epoch seconds;
    `scheduled_checks` says whether anything here makes checks when they are due.
    """

    def __init__(
        self,
        keys: Keys,
        pools: Pools,
        schedules: Schedules,
        cipher: Cipher,
        catalogue: Catalogue,
        resolver: Resolver,
        allowed: frozenset[str],
        clock: Callable[[], float],
        scheduled_checks: bool,
    ) -> None:
        self._keys = keys
        self._pools = pools
        self._schedules = schedules
        self._scheduled_checks = scheduled_checks
        self._cipher = cipher
        self._catalogue = catalogue
        self._resolver = resolver
        self._allowed = allowed
        self._clock = clock

    def create(self, username: str, wanted: list[NewKey]) -> list[StoredKey]:
        """Store all of `wanted`, or nothing. Raises Problem naming the field."""
        made = [self._prepare(username, new) for new in wanted]
        try:
            self._keys.create(username, made)
        except ChangedMeanwhile as error:
            raise Problem("conflict", "The account was deleted meanwhile.") from error
        for key in made:
            log_event("key_created", user=username, key_id=key.key_id)
        return made

    def page(self, username: str, limit: int, after: str | None) -> Page[StoredKey]:
        """Return a page of keys."""
        return self._keys.page(username, limit, after)

    def pools(self, username: str) -> dict[str, Pool]:
        """The pools by API name, for the state of listed keys."""
        return {pool.api_name: pool for pool in self._pools.all(username)}

    def next_checks(self, username: str) -> dict[str, int]:
        """When the keys that have a schedule are checked next, by their ids."""
        return self._schedules.of_user(username) if self._scheduled_checks else {}

    def pool(self, username: str, api_name: str) -> Pool | None:
        """One pool."""
        return self._pools.get(username, api_name)

    def get(self, username: str, key_id: str) -> StoredKey:
        """One key. Raises Problem(key_not_found), for another user's key too."""
        key = self._keys.get(username, key_id)
        if key is None:
            raise Problem("key_not_found", "There is no such key.")
        return key

    def change(
        self,
        username: str,
        key_id: str,
        *,
        base_url: str | None,
        auth: AuthScheme | None,
        secret: Secret | None,
        description: str | None,
        check_every: int | UnsetType | None,
    ) -> StoredKey:
        """Change what is not None (`check_every`: not UNSET). Raises Problem(secret_required) when
        the host changes alone.
        """
        for _ in range(_ATTEMPTS):
            old = self.get(username, key_id)
            new = self._changed(username, old, base_url, auth, secret, description)
            if check_every is not UNSET:
                self._require_schedule(check_every)
                new = msgspec.structs.replace(new, check_every=check_every)
            try:
                stored = self._keys.replace(username, old, new)
            except ChangedMeanwhile:
                continue
            given = {"base_url": base_url, "auth": auth, "secret": secret}
            changed = [name for name, value in given.items() if value is not None]
            log_event("key_changed", user=username, key_id=key_id, changed=changed)
            return stored
        raise Problem("conflict", "The key was changed by somebody else at the same time.")

    def delete(self, username: str, key_id: str) -> None:
        """Remove a key. Raises Problem(key_not_found)."""
        for _ in range(_ATTEMPTS):
            key = self.get(username, key_id)
            try:
                self._keys.delete(username, key)
            except ChangedMeanwhile:
                continue
            log_event("key_deleted", user=username, key_id=key_id)
            return
        raise Problem("conflict", "The key was changed by somebody else at the same time.")

    def reveal(self, username: str, key: StoredKey) -> Secret:
        """The clear secret, for a call upstream. Raises Problem(secret_unreadable)."""
        try:
            return self._cipher.open(username, key.key_id, key.encrypted_key)
        except SecretUnreadable as error:
            raise Problem(
                "secret_unreadable",
                "The stored secret cannot be decrypted. Enter it again.",
            ) from error

    def remember_check(
        self, username: str, key: StoredKey, result: dict[str, object], state: KeyState | None
    ) -> None:
        """Keep what a check said: a key that proved itself can be used again, one that was refused
        or is out of quota (`state`) is passed over.
        """
        self._keys.set_check(username, key, result)
        if result["outcome"] == "valid":
            if not self._pools.clear_state(username, key.api_name, key):
                self._keys.clear_state(username, key)
        elif state is not None and not self._pools.set_state(username, key.api_name, key, state):
            self._keys.set_state(username, key, state)

    def provider(self, slug: str | None) -> Provider | None:
        """The catalogue entry of a key, if it still has one."""
        return self._catalogue.get(slug) if slug is not None else None

    def _prepare(self, username: str, new: NewKey) -> StoredKey:
        provider = None
        if new.provider is not None:
            provider = self._catalogue.get(new.provider)
            if provider is None:
                raise Problem("invalid_field", "There is no such provider.", field="provider")
        auth = new.auth if new.auth is not None else (provider.auth if provider else None)
        if auth is None:
            raise Problem(
                "invalid_field", "Give `provider`, or `base_url` and `auth`.", field="auth"
            )
        text = new.base_url
        if text is None and provider is not None:
            text = provider.base_url
        if text is None:
            example = f" (such as {provider.base_url_example})" if provider else ""
            raise Problem("invalid_field", f"Give the base URL{example}.", field="base_url")
        auth = _checked_auth(auth)
        own_host = provider is not None and text == provider.base_url
        base = self._checked_base(username, text, auth, resolve=not own_host)
        _checked_secret(new.secret, auth)
        api_name = new.api_name or (provider.slug if provider else _slug(base.host))
        if not re.fullmatch(API_NAME, api_name):
            raise Problem("invalid_field", "Not a name for an API.", field="api_name")
        key_id = f"{api_name}.{''.join(secrets.choice(_RANDOM) for _ in range(16))}"
        self._require_schedule(new.check_every)
        now = int(self._clock())
        return StoredKey(
            key_id=key_id,
            api_name=api_name,
            provider=provider.slug if provider else None,
            base_url=base.url,
            auth=auth,
            encrypted_key=self._cipher.seal(username, key_id, new.secret),
            hint=hint(new.secret.reveal()),
            description=_clean(new.description),
            rate_limit_dialect=provider.rate_limit_dialect if provider else "generic",
            credential_locations=tuple(provider.credential_locations) if provider else (),
            url_fields=tuple(provider.url_fields) if provider else (),
            created_at=now,
            updated_at=now,
            check_every=new.check_every,
        )

    def _changed(
        self,
        username: str,
        old: StoredKey,
        base_url: str | None,
        auth: AuthScheme | None,
        secret: Secret | None,
        description: str | None,
    ) -> StoredKey:
        new_auth = _checked_auth(auth) if auth is not None else old.auth
        changes: dict[str, object] = {"auth": new_auth}
        if base_url is not None or auth is not None:
            before = parse_base_url(old.base_url, self._allowed | {_host_and_port(old)}, True)
            base = self._checked_base(username, base_url or old.base_url, new_auth, resolve=True)
            changes["base_url"] = base.url
            if base.origin != before.origin and secret is None:
                raise Problem(
                    "secret_required",
                    "The host changes: enter the secret again, so that nobody else's host gets it.",
                    field="secret",
                )
        if secret is not None:
            _checked_secret(secret, new_auth)
            changes["encrypted_key"] = self._cipher.seal(username, old.key_id, secret)
            changes["hint"] = hint(secret.reveal())
        elif auth is not None:
            _checked_secret(self.reveal(username, old), new_auth)
        where = (changes.get("base_url", old.base_url), new_auth)
        if secret is not None or where != (old.base_url, old.auth):
            changes["check"] = None  # It spoke of another secret or another place.
        if description is not None:
            changes["description"] = _clean(description)
        changes["updated_at"] = int(self._clock())
        changes["revision"] = old.revision + 1
        return msgspec.structs.replace(old, **changes)

    def _require_schedule(self, check_every: int | None) -> None:
        if check_every is not None and not self._scheduled_checks:
            raise Problem(
                "no_schedule_here",
                "Nothing here looks for what is due, so keys cannot be checked on a schedule.",
                field="check_every",
            )

    def _checked_base(
        self, username: str, text: str, auth: AuthScheme, *, resolve: bool
    ) -> BaseUrl:
        by_path = auth.scheme == "path"
        try:
            base = parse_base_url(text, self._allowed, placeholder=by_path)
        except InvalidBaseUrl as error:
            log_event("target_refused", level="warning", user=username, reason=error.reason)
            raise Problem("upstream_not_allowed", error.reason, field="base_url") from error
        if by_path and (
            base.placeholder is None or (auth.name is not None and base.placeholder != auth.name)
        ):
            raise Problem(
                "invalid_field",
                "With the path scheme the base URL holds a placeholder, such as /bot{token}.",
                field="base_url",
            )
        if resolve:
            self._judge(username, base)
        return base

    def _judge(self, username: str, base: BaseUrl) -> None:
        allowed = base.host_and_port in self._allowed
        try:
            resolve_public(self._resolver, base, allowed, _RESOLVE_SECONDS)
        except RefusedAddress as error:
            log_event(
                "target_refused",
                level="warning",
                user=username,
                host=error.host,
                reason=error.reason,
            )
            raise Problem(
                "upstream_not_allowed",
                f"{error.host} has an address that may not be called ({error.reason}).",
                field="base_url",
            ) from error
        except (ResolveFailed, ResolveTimeout):
            # A name that cannot be resolved now is judged at each call all the same.
            return


def state_of(key: StoredKey, pool: Pool | None, now: float) -> KeyState | None:
    """What is known against using a key now, or None when it is ready."""
    if pool is not None and key.key_id in pool.key_ids():
        return pool.state(key.key_id, now)
    return key.state if key.state is not None and key.state.until > now else None


def reason_of(state: KeyState) -> str:
    """Why a key is passed over, in a sentence."""
    if state.reason == "refused":
        return "The upstream refused it (401): it is wrong, revoked or expired."
    if state.status in (402, 403, 429):
        return f"The upstream answered {state.status} and asked to wait."
    return "Its quota is used up, as the upstream's last answer said."


def _host_and_port(key: StoredKey) -> str:
    match = re.match(r"(https?)://([^/]*)", key.base_url)
    assert match is not None
    authority = match[2]
    if re.search(r":\d+$", authority):
        return authority
    return f"{authority}:{443 if match[1] == 'https' else 80}"


def _slug(host: str) -> str:
    name = re.sub(r"[^a-z0-9]+", "-", host.removeprefix("api.")).strip("-")
    return name[:48] or "api"


def _clean(text: str) -> str:
    if any(ord(character) < 32 and character not in "\n\t" for character in text):
        raise Problem(
            "invalid_field", "A description has no control characters.", field="description"
        )
    return text


def _checked_auth(auth: AuthScheme) -> AuthScheme:
    try:
        return check_auth(auth)
    except InvalidAuth as error:
        raise Problem("invalid_field", error.reason, field=f"auth.{error.field}") from error


def _checked_secret(secret: Secret, auth: AuthScheme) -> None:
    try:
        check_secret(secret.reveal(), auth)
    except InvalidAuth as error:
        raise Problem("invalid_field", error.reason, field="secret") from error

"""Store keys encrypted, change them conditionally, and never show a secret again."""

from __future__ import annotations

import contextlib
import re
import secrets
import string
from collections.abc import Callable

import msgspec
from msgspec import UNSET, UnsetType

from api.credentials import AuthScheme
from api.errors import Problem
from api.logs import log_event
from api.pools import Pool
from api.quota.key_state import KeyState
from api.schemas.fields import API_NAME
from api.secret import Credential, Secret, hint
from api.services.audit.trail import AuditTrail
from api.services.keys.catalogue import Catalogue
from api.services.keys.catalogue_refresh import CatalogueRefresh
from api.services.keys.cipher import Cipher, SecretUnreadable, unreadable_secret
from api.services.keys.extra_headers import (
    NewExtraHeader,
    describe_extra_headers,
    keep_extra_headers,
    merge_extra_headers,
)
from api.services.keys.provider import Provider
from api.services.keys.validation import (
    BaseUrlValidator,
    check_description,
    default_api_name,
    normalise_auth,
    require_sendable,
)
from api.storage.counters import CapReached
from api.storage.keys import KeyChanged, Keys, StoredKey
from api.storage.page import Page
from api.storage.pools import Pools
from api.storage.schedules import Schedules
from api.upstream.resolver import (
    Resolver,
)

_ID_CHARACTERS = string.ascii_lowercase + string.digits
_ATTEMPTS = 4


class NewKey(msgspec.Struct, frozen=True):
    """The fields of a new key, as the user entered them."""

    secret: Secret
    provider: str | None = None
    base_url: str | None = None
    auth: AuthScheme | None = None
    api_name: str | None = None
    description: str = ""
    check_every: int | None = None
    extra_headers: tuple[NewExtraHeader, ...] = ()


class Vault:
    """Stores, lists, changes and deletes the keys of a user.

    `clock` returns epoch seconds. `scheduled_checks` is false if no process makes scheduled checks.
    `on_deleted` is called with the user and the API of each key that was deleted.
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
        on_deleted: Callable[[str, str], None] = lambda username, api_name: None,
    ) -> None:
        self._keys = keys
        self._pools = pools
        self._schedules = schedules
        self._scheduled_checks = scheduled_checks
        self._cipher = cipher
        self._catalogue = catalogue
        self._refresh = CatalogueRefresh(keys, catalogue)
        self._base_urls = BaseUrlValidator(resolver, allowed)
        self._clock = clock
        self._on_deleted = on_deleted

    def create(self, username: str, new_keys: list[NewKey]) -> list[StoredKey]:
        """Store all keys, or none. Raises Problem that names the invalid field."""
        keys = [self._build(username, new) for new in new_keys]
        try:
            self._store(username, keys)
        except CapReached as error:
            raise Problem(
                "too_many_keys",
                f"An account can have at most {error.cap} keys. Delete keys that you no longer "
                "need, or ask the operator to raise API_DASHBOARD_MAX_KEYS.",
            ) from error
        for key in keys:
            log_event("key_created", user=username, key_id=key.key_id)
        return keys

    def page(self, username: str, limit: int, after: str | None) -> Page[StoredKey]:
        """Return a page of keys."""
        page = self._keys.page(username, limit, after)
        return Page(self._refresh.refresh(username, page.items), page.next)

    def pools(self, username: str) -> dict[str, Pool]:
        """Return the pools by API name."""
        return {pool.api_name: pool for pool in self._pools.all(username)}

    def next_checks(self, username: str) -> dict[str, int]:
        """Return the times of the next scheduled checks (epoch seconds) by key id."""
        return self._schedules.of_user(username) if self._scheduled_checks else {}

    def pool(self, username: str, api_name: str) -> Pool | None:
        """Return the pool of an API, or None."""
        return self._pools.get(username, api_name)

    def get(self, username: str, key_id: str) -> StoredKey:
        """Return one key. Raises Problem(key_not_found), also for another user's key."""
        key = self._keys.get(username, key_id)
        if key is None:
            raise Problem("key_not_found", "There is no such key.")
        return self._refresh.refresh(username, [key])[0]

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
        api_name: str | None = None,
        extra_headers: tuple[NewExtraHeader, ...] | None = None,
        audit: AuditTrail,
    ) -> StoredKey:
        """Change the fields that are not None (`check_every`: not UNSET).

        A new `api_name` moves the key to that API's pool. Tokens keep the APIs that they name.

        Raises Problem(secret_required) if the host changes without new secrets.
        """
        for _ in range(_ATTEMPTS):
            old = self.get(username, key_id)
            new = self._changed(username, old, base_url, auth, secret, description, extra_headers)
            if check_every is not UNSET:
                self._require_schedule(check_every)
                new = msgspec.structs.replace(new, check_every=check_every)
            if api_name is not None:
                new = msgspec.structs.replace(new, api_name=api_name)
            save = self._keys.replace if new.api_name == old.api_name else self._keys.move
            try:
                stored = save(username, old, new)
            except KeyChanged:
                continue
            fields = {
                "base_url": base_url,
                "auth": auth,
                "secret": secret,
                "extra_headers": extra_headers,
                "api_name": api_name,
            }
            changed = [name for name, value in fields.items() if value is not None]
            audit.subject(key_id, stored.api_name)
            audit.before(old)
            log_event("key_changed", user=username, key_id=key_id, changed=changed)
            return stored
        raise Problem("conflict", "The key was changed at the same time: try again.")

    def delete(self, username: str, key_id: str, audit: AuditTrail) -> None:
        """Delete a key. Raises Problem(key_not_found)."""
        for _ in range(_ATTEMPTS):
            key = self.get(username, key_id)
            audit.subject(key_id, key.api_name)
            try:
                self._keys.delete(username, key)
            except KeyChanged:
                continue
            log_event("key_deleted", user=username, key_id=key_id)
            self._on_deleted(username, key.api_name)
            return
        raise Problem("conflict", "The key was changed at the same time: try again.")

    def reveal(self, username: str, key: StoredKey) -> Secret:
        """Decrypt the secret. Raises Problem(secret_unreadable)."""
        return self.credential(username, key).secret

    def credential(self, username: str, key: StoredKey) -> Credential:
        """Decrypt everything that an upstream request needs. Raises Problem(secret_unreadable)."""
        try:
            return self._cipher.decrypt(username, key.key_id, key.encrypted_key)
        except SecretUnreadable as error:
            raise unreadable_secret(username, key.key_id) from error

    def save_check(
        self, username: str, key: StoredKey, result: dict[str, object], state: KeyState | None
    ) -> None:
        """Store the result of a check.

        A valid key can be used again. A key that was rejected or is out of quota (`state`) is
        skipped.
        """
        self._keys.set_check(username, key, result)
        if result["outcome"] == "valid":
            if not self._pools.clear_state(username, key.api_name, key):
                self._keys.clear_state(username, key)
        elif state is not None and not self._pools.set_state(username, key.api_name, key, state):
            self._keys.set_state(username, key, state)

    def _store(self, username: str, keys: list[StoredKey]) -> None:
        for _ in range(_ATTEMPTS):
            with contextlib.suppress(KeyChanged):
                self._keys.create(username, keys)
                return
        raise Problem("conflict", "The account was deleted or changed at the same time.")

    def provider(self, slug: str | None) -> Provider | None:
        """Return the catalogue entry with this slug, or None."""
        return self._catalogue.get(slug) if slug is not None else None

    def _build(self, username: str, new: NewKey) -> StoredKey:
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
        base_url = new.base_url
        if base_url is None and provider is not None:
            base_url = provider.base_url
        if base_url is None:
            example = f" (such as {provider.base_url_example})" if provider else ""
            raise Problem("invalid_field", f"Give the base URL{example}.", field="base_url")
        auth = normalise_auth(auth)
        known_host = provider is not None and base_url == provider.base_url
        base = self._base_urls.validate(username, base_url, auth, resolve=not known_host)
        require_sendable(new.secret, auth)
        extra_headers = merge_extra_headers(new.extra_headers, None, auth)
        api_name = new.api_name or (provider.slug if provider else default_api_name(base.host))
        if not re.fullmatch(API_NAME, api_name):
            raise Problem("invalid_field", "This is not a valid API name.", field="api_name")
        key_id = f"{api_name}.{''.join(secrets.choice(_ID_CHARACTERS) for _ in range(16))}"
        self._require_schedule(new.check_every)
        now = int(self._clock())
        return StoredKey(
            key_id=key_id,
            api_name=api_name,
            provider=provider.slug if provider else None,
            base_url=base.url,
            auth=auth,
            encrypted_key=self._cipher.encrypt(
                username, key_id, Credential(new.secret, extra_headers)
            ),
            hint=hint(new.secret.reveal()),
            description=check_description(new.description),
            rate_limit_dialect=provider.rate_limit_dialect if provider else "generic",
            credential_locations=tuple(provider.credential_locations) if provider else (),
            url_fields=tuple(provider.url_fields) if provider else (),
            further_hosts=self._catalogue.further_hosts(provider, base.url),
            created_at=now,
            updated_at=now,
            check_every=new.check_every,
            extra_headers=describe_extra_headers(extra_headers),
        )

    def _changed(
        self,
        username: str,
        old: StoredKey,
        base_url: str | None,
        auth: AuthScheme | None,
        secret: Secret | None,
        description: str | None,
        extra_headers: tuple[NewExtraHeader, ...] | None,
    ) -> StoredKey:
        new_auth = normalise_auth(auth) if auth is not None else old.auth
        changes: dict[str, object] = {"auth": new_auth}
        same_host = True
        if base_url is not None or auth is not None:
            before = self._base_urls.stored(old)
            base = self._base_urls.validate(
                username, base_url or old.base_url, new_auth, resolve=True
            )
            changes["base_url"] = base.url
            changes["further_hosts"] = self._catalogue.further_hosts(
                self.provider(old.provider), base.url
            )
            same_host = base.origin == before.origin
            if not same_host and secret is None:
                raise Problem(
                    "secret_required",
                    "The host changes: enter the secret again, so that no other host gets it.",
                    field="secret",
                )
        if secret is not None:
            require_sendable(secret, new_auth)
        elif auth is not None:
            require_sendable(self.reveal(username, old), new_auth)
        if secret is not None or extra_headers is not None or (old.extra_headers and auth):
            given = extra_headers
            if given is None:
                given = keep_extra_headers(old.extra_headers)
            credential = self._merged(username, old, secret, given, new_auth, same_host)
            sealed = self._cipher.encrypt(username, old.key_id, credential)
            changes["encrypted_key"] = sealed
            changes["hint"] = hint(credential.secret.reveal())
            changes["extra_headers"] = describe_extra_headers(credential.extra_headers)
            changes["check"] = None  # The stored result is for other secrets.
        destination = (changes.get("base_url", old.base_url), new_auth)
        if destination != (old.base_url, old.auth):
            changes["check"] = None  # The stored result is for another base URL.
        if description is not None:
            changes["description"] = check_description(description)
        changes["updated_at"] = int(self._clock())
        changes["revision"] = old.revision + 1
        return msgspec.structs.replace(old, **changes)

    def _merged(
        self,
        username: str,
        old: StoredKey,
        secret: Secret | None,
        extra_headers: tuple[NewExtraHeader, ...],
        auth: AuthScheme,
        same_host: bool,
    ) -> Credential:
        """Return the new secrets of a key. Stored ones are used only for the same host."""
        stored = None
        if secret is None or (same_host and any(header.secret is None for header in extra_headers)):
            stored = self.credential(username, old)
            secret = secret or stored.secret
        merged = merge_extra_headers(extra_headers, stored if same_host else None, auth)
        return Credential(secret, merged)

    def _require_schedule(self, check_every: int | None) -> None:
        if check_every is not None and not self._scheduled_checks:
            raise Problem(
                "no_schedule_here",
                "Scheduled checks are disabled on this server.",
                field="check_every",
            )

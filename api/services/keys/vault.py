"""Store keys encrypted, change them conditionally, and never show a secret again."""

from __future__ import annotations

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
from api.secret import Secret, hint
from api.services.keys.catalogue import Catalogue
from api.services.keys.cipher import Cipher, SecretUnreadable
from api.services.keys.provider import Provider
from api.services.keys.validation import (
    BaseUrlValidator,
    check_description,
    default_api_name,
    normalise_auth,
    require_sendable,
)
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


class Vault:
    """Stores, lists, changes and deletes the keys of a user.

    `clock` returns epoch seconds. `scheduled_checks` is false if no process makes scheduled checks.
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
        self._base_urls = BaseUrlValidator(resolver, allowed)
        self._clock = clock

    def create(self, username: str, new_keys: list[NewKey]) -> list[StoredKey]:
        """Store all keys, or none. Raises Problem that names the invalid field."""
        keys = [self._build(username, new) for new in new_keys]
        try:
            self._keys.create(username, keys)
        except KeyChanged as error:
            raise Problem("conflict", "The account was deleted at the same time.") from error
        for key in keys:
            log_event("key_created", user=username, key_id=key.key_id)
        return keys

    def page(self, username: str, limit: int, after: str | None) -> Page[StoredKey]:
        """Return a page of keys."""
        return self._keys.page(username, limit, after)

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
        """Change the fields that are not None (`check_every`: not UNSET).

        Raises Problem(secret_required) if the host changes without a new secret.
        """
        for _ in range(_ATTEMPTS):
            old = self.get(username, key_id)
            new = self._changed(username, old, base_url, auth, secret, description)
            if check_every is not UNSET:
                self._require_schedule(check_every)
                new = msgspec.structs.replace(new, check_every=check_every)
            try:
                stored = self._keys.replace(username, old, new)
            except KeyChanged:
                continue
            fields = {"base_url": base_url, "auth": auth, "secret": secret}
            changed = [name for name, value in fields.items() if value is not None]
            log_event("key_changed", user=username, key_id=key_id, changed=changed)
            return stored
        raise Problem("conflict", "The key was changed at the same time: try again.")

    def delete(self, username: str, key_id: str) -> None:
        """Delete a key. Raises Problem(key_not_found)."""
        for _ in range(_ATTEMPTS):
            key = self.get(username, key_id)
            try:
                self._keys.delete(username, key)
            except KeyChanged:
                continue
            log_event("key_deleted", user=username, key_id=key_id)
            return
        raise Problem("conflict", "The key was changed at the same time: try again.")

    def reveal(self, username: str, key: StoredKey) -> Secret:
        """Decrypt the secret for an upstream request. Raises Problem(secret_unreadable)."""
        try:
            return self._cipher.decrypt(username, key.key_id, key.encrypted_key)
        except SecretUnreadable as error:
            raise Problem(
                "secret_unreadable",
                "The stored secret cannot be decrypted. Enter it again.",
            ) from error

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
            encrypted_key=self._cipher.encrypt(username, key_id, new.secret),
            hint=hint(new.secret.reveal()),
            description=check_description(new.description),
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
        new_auth = normalise_auth(auth) if auth is not None else old.auth
        changes: dict[str, object] = {"auth": new_auth}
        if base_url is not None or auth is not None:
            before = self._base_urls.stored(old)
            base = self._base_urls.validate(
                username, base_url or old.base_url, new_auth, resolve=True
            )
            changes["base_url"] = base.url
            if base.origin != before.origin and secret is None:
                raise Problem(
                    "secret_required",
                    "The host changes: enter the secret again, so that no other host gets it.",
                    field="secret",
                )
        if secret is not None:
            require_sendable(secret, new_auth)
            changes["encrypted_key"] = self._cipher.encrypt(username, old.key_id, secret)
            changes["hint"] = hint(secret.reveal())
        elif auth is not None:
            require_sendable(self.reveal(username, old), new_auth)
        destination = (changes.get("base_url", old.base_url), new_auth)
        if secret is not None or destination != (old.base_url, old.auth):
            changes["check"] = None  # The stored result is for another secret or base URL.
        if description is not None:
            changes["description"] = check_description(description)
        changes["updated_at"] = int(self._clock())
        changes["revision"] = old.revision + 1
        return msgspec.structs.replace(old, **changes)

    def _require_schedule(self, check_every: int | None) -> None:
        if check_every is not None and not self._scheduled_checks:
            raise Problem(
                "no_schedule_here",
                "Scheduled checks are disabled on this server.",
                field="check_every",
            )

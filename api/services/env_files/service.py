"""Plan, import and export `.env` files."""

from __future__ import annotations

import re

import msgspec

from api.errors import Problem
from api.schemas.env_files import EnvPlan
from api.secret import Secret, hint
from api.services.env_files.export import EnvWriter, ExportedFile
from api.services.env_files.exported_apis import exported_apis
from api.services.env_files.import_plan import ImportPlanner, PlannedLine, to_env_plan
from api.services.env_files.provider_matching import ProviderMatcher
from api.services.env_files.syntax import parse_env
from api.services.keys.catalogue import Catalogue
from api.services.keys.provider import Provider, missing_path
from api.services.keys.vault import NewKey, Vault
from api.services.token_codec import PREFIX
from api.services.tokens import TokenService
from api.storage.keys import StoredKey

MAX_KEYS = 40

_PAGE_SIZE = 200
_TOKEN = re.compile(rf"{PREFIX}[0-9A-Za-z_-]{{1,500}}")


class StoredSecretIndex:
    """Find the APIs whose pools already contain a value. Decrypts only keys with the same hint."""

    def __init__(self, vault: Vault, username: str, keys: list[StoredKey]) -> None:
        self._vault = vault
        self._username = username
        self._keys_by_hint: dict[str, list[StoredKey]] = {}
        self._decrypted: dict[str, dict[str, list[str]]] = {}
        for key in keys:
            self._keys_by_hint.setdefault(key.hint, []).append(key)

    def find_apis(self, value: Secret) -> list[str]:
        """Return the names of the APIs whose pools contain the value."""
        text = value.reveal()
        value_hint = hint(text)
        if value_hint not in self._decrypted:
            api_names: dict[str, list[str]] = {}
            for key in self._keys_by_hint.get(value_hint, []):
                try:
                    secret = self._vault.reveal(self._username, key)
                except Problem:
                    continue  # A key that cannot be decrypted counts as a different one.
                api_names.setdefault(secret.reveal(), []).append(key.api_name)
            self._decrypted[value_hint] = api_names
        return self._decrypted[value_hint].get(text, [])


class EnvFileService:
    """Plans, imports and exports the `.env` files of a user."""

    def __init__(self, vault: Vault, catalogue: Catalogue, tokens: TokenService) -> None:
        self._vault = vault
        self._tokens = tokens
        self._catalogue = catalogue
        self._matcher = ProviderMatcher(catalogue)
        self._planner = ImportPlanner(catalogue, self._matcher)

    def plan(self, username: str, content: str) -> EnvPlan:
        """Return what an import does with every statement. Raises Problem(invalid_field)."""
        return to_env_plan(self._plan_lines(username, content))

    def import_keys(self, username: str, content: str) -> tuple[list[StoredKey], EnvPlan]:
        """Store every key that `plan` would import, or none. Return the keys and the plan.

        Raises Problem(invalid_field) for more than MAX_KEYS keys, and what `Vault.create` raises.
        """
        planned = self._plan_lines(username, content)
        new_keys = [
            NewKey(
                secret=secret,
                provider=entry.provider.slug,
                base_url=entry.base_url,
                auth=entry.auth,
                extra_headers=entry.extra_headers,
                description=f"from {entry.line.name}",
            )
            for entry in planned
            if entry.action == "import" and entry.provider
            for secret in entry.secrets
        ]
        if len(new_keys) > MAX_KEYS:
            raise Problem(
                "invalid_field",
                f"At most {MAX_KEYS} keys can be imported at once. This file has {len(new_keys)}:"
                " import it in parts.",
                field="content",
            )
        return (self._create(username, new_keys) if new_keys else []), to_env_plan(planned)

    def export(
        self, username: str, token: str | None, content: str, apis: list[str] | None, url: str
    ) -> ExportedFile:
        """Return a `.env` text with `token`, or a placeholder, and base URLs below `url`.

        `apis` None means every API with a key. APIs that the token may not call are left out.
        Raises Problem(invalid_field).
        """
        if token is not None and not _TOKEN.fullmatch(token):
            raise Problem(
                "invalid_field", f"A token of this dashboard begins with {PREFIX}.", field="token"
            )
        keys = self._keys(username)
        first_keys = {key.api_name: key for key in reversed(keys)}
        for name in apis or ():
            if name not in first_keys:
                raise Problem(
                    "invalid_field", f"No key is stored for the API {name}.", field="apis"
                )
        scope = self._tokens.scope(username, token) if token is not None else None
        chosen = [
            name
            for name in (first_keys if apis is None else apis)
            if scope is None or name in scope
        ]
        writer = EnvWriter(
            exported_apis(
                {name: self._provider(first_keys[name]) for name in chosen},
                f"{url.rstrip('/')}/proxy",
            ),
            self._catalogue,
            self._matcher,
            StoredSecretIndex(self._vault, username, keys).find_apis,
            token,
        )
        return writer.write(parse_env(content))

    def _create(self, username: str, new_keys: list[NewKey]) -> list[StoredKey]:
        try:
            return self._vault.create(username, new_keys)
        except Problem as error:
            if error.field is None:
                raise
            # The request has only the file, none of a key's own fields.
            raise Problem(error.code, error.detail, field="content") from error

    def _provider(self, key: StoredKey) -> Provider | None:
        """Return the catalogue entry whose SDK reads the API's variables.

        It is the key's provider or, without one, a provider with the slug of the API.
        """
        provider = self._catalogue.get(key.provider or key.api_name)
        if provider is None:
            return None
        return msgspec.structs.replace(
            provider, sdk_path=missing_path(key.base_url, provider.sdk_path)
        )

    def _keys(self, username: str) -> list[StoredKey]:
        page = self._vault.page(username, _PAGE_SIZE, None)
        keys = page.items
        while page.next is not None:
            page = self._vault.page(username, _PAGE_SIZE, page.next)
            keys = keys + page.items
        return keys

    def _plan_lines(self, username: str, content: str) -> list[PlannedLine]:
        keys = self._keys(username)
        stored = StoredSecretIndex(self._vault, username, keys)
        keys_by_api: dict[str, list[StoredKey]] = {}
        for key in keys:
            keys_by_api.setdefault(key.api_name, []).append(key)
        return self._planner.plan(content, stored.find_apis, keys_by_api)

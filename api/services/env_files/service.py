"""`.env` files: what an import would do, the import itself, and a safe file in exchange."""

from __future__ import annotations

import re

import msgspec

from api.errors import Problem
from api.schemas.env_files import EnvPlan
from api.secret import Secret, hint
from api.services.env_files.export import EnvWriter, exported_apis
from api.services.env_files.import_plan import Finding, Planner, as_plan
from api.services.env_files.provider_matching import Recognition
from api.services.env_files.syntax import parse
from api.services.keys.catalogue import Catalogue, Provider
from api.services.keys.vault import NewKey, Vault
from api.services.token_codec import PREFIX
from api.storage.keys import StoredKey

MOST_KEYS = 40

_PAGE = 200
_TOKEN = re.compile(rf"{PREFIX}[0-9A-Za-z_-]{{1,500}}")


class StoredSecrets:
    """Tells whether a value is stored already; decrypts only what has the same hint."""

    def __init__(self, vault: Vault, username: str, keys: list[StoredKey]) -> None:
        self._vault = vault
        self._username = username
        self._locked: dict[str, list[StoredKey]] = {}
        self._open: dict[str, dict[str, list[str]]] = {}
        for key in keys:
            self._locked.setdefault(key.hint, []).append(key)

    def apis_of(self, value: Secret) -> list[str]:
        """The names of the APIs in whose pools the value is."""
        text = value.reveal()
        masked = hint(text)
        if masked not in self._open:
            opened: dict[str, list[str]] = {}
            for key in self._locked.get(masked, []):
                try:
                    secret = self._vault.reveal(self._username, key)
                except Problem:
                    continue  # a key that cannot be decrypted is not known to be the same
                opened.setdefault(secret.reveal(), []).append(key.api_name)
            self._open[masked] = opened
        return self._open[masked].get(text, [])


class EnvFileService:
    """Plans, imports and exports the `.env` files of a user."""

    def __init__(self, vault: Vault, catalogue: Catalogue) -> None:
        self._vault = vault
        self._catalogue = catalogue
        self._recognition = Recognition(catalogue)
        self._planner = Planner(catalogue, self._recognition)

    def plan(self, username: str, content: str) -> EnvPlan:
        """What an import would do, statement by statement. Raises Problem(invalid_field)."""
        return as_plan(self._findings(username, content))

    def import_(self, username: str, content: str) -> tuple[list[StoredKey], EnvPlan]:
        """Store every key that `plan` would import, or none, and say what was done.

        Raises Problem(invalid_field) for more than MOST_KEYS keys, and what `Vault.create` raises.
        """
        findings = self._findings(username, content)
        wanted = [
            NewKey(
                secret=finding.line.value,
                provider=finding.provider.slug,
                base_url=finding.base_url,
                description=f"from {finding.line.name}",
            )
            for finding in findings
            if finding.action == "import" and finding.provider and finding.line.value
        ]
        if len(wanted) > MOST_KEYS:
            raise Problem(
                "invalid_field",
                f"At most {MOST_KEYS} keys are stored at once; this file has {len(wanted)}."
                " Import it in parts.",
                field="content",
            )
        return (self._create(username, wanted) if wanted else []), as_plan(findings)

    def export(
        self, username: str, token: str | None, content: str, apis: list[str] | None, address: str
    ) -> str:
        """A `.env` text with `token`, or a placeholder, and base URLs below `address`.

        `apis` None is every API with a key. Raises Problem(invalid_field).
        """
        if token is not None and not _TOKEN.fullmatch(token):
            raise Problem(
                "invalid_field", f"A token of this dashboard begins with {PREFIX}.", field="token"
            )
        keys = self._keys(username)
        first = {key.api_name: key for key in reversed(keys)}
        for name in apis or ():
            if name not in first:
                raise Problem("invalid_field", f"No key is stored under {name}.", field="apis")
        writer = EnvWriter(
            exported_apis(
                {name: self._provider(first[name]) for name in (first if apis is None else apis)},
                f"{address.rstrip('/')}/proxy",
            ),
            self._recognition,
            StoredSecrets(self._vault, username, keys).apis_of,
            token,
        )
        return writer.write(parse(content))

    def _create(self, username: str, wanted: list[NewKey]) -> list[StoredKey]:
        try:
            return self._vault.create(username, wanted)
        except Problem as error:
            if error.field is None:
                raise
            # Of a key's members the caller gave none but the file.
            raise Problem(error.code, error.detail, field="content") from error

    def _provider(self, key: StoredKey) -> Provider | None:
        """The entry whose SDK reads the API's variables: an API called like a provider, too."""
        known = self._catalogue.get(key.provider or key.api_name)
        if known is not None and key.base_url.endswith(known.sdk_path.rstrip("/")):
            # What the SDK's base URL carries is in the stored one already.
            return msgspec.structs.replace(known, sdk_path="")
        return known

    def _keys(self, username: str) -> list[StoredKey]:
        page = self._vault.page(username, _PAGE, None)
        keys = page.items
        while page.next is not None:
            page = self._vault.page(username, _PAGE, page.next)
            keys = keys + page.items
        return keys

    def _findings(self, username: str, content: str) -> list[Finding]:
        keys = self._keys(username)
        stored = StoredSecrets(self._vault, username, keys)
        pools: dict[str, list[StoredKey]] = {}
        for key in keys:
            pools.setdefault(key.api_name, []).append(key)
        return self._planner.findings(content, stored.apis_of, pools)

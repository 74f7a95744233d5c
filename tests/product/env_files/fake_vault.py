"""An in-memory vault for tests of `.env` files."""

from __future__ import annotations

from api.credentials import AuthScheme
from api.errors import Problem
from api.secret import Secret, hint
from api.services.keys.vault import NewKey
from api.storage.keys import StoredKey
from api.storage.page import Page


class FakeVault:
    """Keep secrets unencrypted and return keys in pages of two."""

    def __init__(self) -> None:
        self.keys: list[StoredKey] = []
        self.created: list[NewKey] = []
        self.revealed: list[str] = []
        self.unreadable = False

    def add(
        self,
        api_name: str,
        secret: str,
        provider: str | None = None,
        base_url: str = "https://api.example.com",
    ) -> None:
        key = StoredKey(
            key_id=f"{api_name}.{len(self.keys):016}",
            api_name=api_name,
            base_url=base_url,
            auth=AuthScheme("bearer"),
            encrypted_key=secret,
            hint=hint(secret),
            created_at=1,
            updated_at=1,
            provider=provider,
        )
        self.keys = sorted([*self.keys, key], key=lambda key: key.key_id)

    def page(self, username: str, limit: int, after: str | None) -> Page[StoredKey]:
        assert username == "ada"
        keys = [key for key in self.keys if after is None or key.key_id > after]
        return Page(keys[:2], keys[1].key_id if len(keys) > 2 else None)

    def reveal(self, username: str, key: StoredKey) -> Secret:
        assert username == "ada"
        self.revealed.append(key.key_id)
        if self.unreadable:
            raise Problem("secret_unreadable", "It cannot be decrypted.")
        return Secret(key.encrypted_key)

    def create(self, username: str, new_keys: list[NewKey]) -> list[StoredKey]:
        assert username == "ada"
        self.created += new_keys
        return []

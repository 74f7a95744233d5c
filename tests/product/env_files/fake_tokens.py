"""Scopes of tokens for tests of `.env` files."""

from __future__ import annotations


class FakeTokens:
    """Return the scope of each token, or None."""

    def __init__(self) -> None:
        self.scopes: dict[str, tuple[str, ...]] = {}

    def scope(self, username: str, text: str) -> tuple[str, ...] | None:
        assert username == "ada"
        return self.scopes.get(text)
